"""Login and registration (allauth's views under allauth's names), and the administrator's pages."""

from allauth.account import views as allauth
from django.urls import include, path, re_path

from accounts import colleagues, log, views

# Only what the portal offers: an account has one e-mail address, changed by the administrator.
login_urls = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", views.register, name="account_signup"),
    path(
        "confirm-email/",
        allauth.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$", allauth.confirm_email, name="account_confirm_email"
    ),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# An applying unit's own accounts.
colleague_urls = [
    path("", colleagues.colleagues, name="colleagues"),
    path("<int:pk>/invite/", colleagues.invite_again, name="colleague_invite"),
    path("<int:pk>/remove/", colleagues.remove, name="colleague_remove"),
]

admin_urls = [
    path("", views.staff, name="staff"),
    path("new/", views.staff_new, name="staff_new"),
    path("<int:pk>/", views.staff_edit, name="staff_edit"),
    path("<int:pk>/active/", views.staff_active, name="staff_active"),
    path("log/", log.audit_log, name="audit_log"),
    path("recommending-units/", views.recommending_units, name="recommending_units"),
    path("recommending-units/new/", views.recommending_unit_new, name="recommending_unit_new"),
    path(
        "recommending-units/<int:pk>/",
        views.recommending_unit_edit,
        name="recommending_unit_edit",
    ),
]

named_urls = [
    path("accounts/colleagues/", include(colleague_urls)),
    path("accounts-admin/", include(admin_urls)),
]

urlpatterns = [
    path("accounts/", include(login_urls)),
    path("", include((named_urls, "accounts"))),
]
