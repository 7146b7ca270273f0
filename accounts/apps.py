from django.apps import AppConfig, apps


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账号"

    def ready(self):
        # The bare project of `make bench` has neither allauth nor axes.
        if apps.is_installed("allauth.mfa"):
            from accounts import signals  # noqa: F401
