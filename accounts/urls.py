"""Login and registration (allauth's views under allauth's names), and the administrator's pages."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.urls import include, path, re_path

from accounts.views import colleagues, log, login, security, single_sign_on, staff
from accounts.views.reauthentication import recently_authenticated

asked = recently_authenticated(on_opening=True)

# Only what the portal offers: an account has one e-mail address, changed by the administrator.
login_urls = [
    path("login/", login.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("signup/", login.register, name="account_signup"),
    path("signup/correct/", login.registration_correct, name="registration_correct"),
    path(
        "confirm-email/",
        allauth.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$", allauth.confirm_email, name="account_confirm_email"
    ),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", asked(allauth.password_set), name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login.password_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# Second factors; whatever shows or changes one asks for the password first.
factor_urls = [
    path("", security.security, name="mfa_index"),
    path("authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("totp/", asked(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/remove/", asked(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "recovery-codes/", asked(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"
    ),
    path(
        "recovery-codes/new/",
        asked(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/file/",
        asked(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/new/", asked(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
]

# Single sign-on: 404 while no provider is set.
single_sign_on_urls = [
    path("<slug:provider_id>/login/", single_sign_on.login, name="openid_connect_login"),
    path("<slug:provider_id>/callback/", openid_connect.callback, name="openid_connect_callback"),
]

# A user's own account, besides.
security_urls = [
    path("required/", security.second_factor, name="second_factor"),
    path("passkeys/<int:pk>/remove/", security.passkey_remove, name="passkey_remove"),
    path("sessions/end/", security.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", security.session_end, name="session_end"),
]

# An applying unit's own accounts.
colleague_urls = [
    path("", colleagues.colleagues, name="colleagues"),
    path("<int:pk>/invite/", colleagues.invite_again, name="colleague_invite"),
    path("<int:pk>/remove/", colleagues.remove, name="colleague_remove"),
]

admin_urls = [
    path("", staff.staff, name="staff"),
    path("new/", staff.staff_new, name="staff_new"),
    path("<int:pk>/", staff.staff_edit, name="staff_edit"),
    path("<int:pk>/active/", staff.staff_active, name="staff_active"),
    path("log/", log.audit_log, name="audit_log"),
    path("<int:pk>/invite/", staff.invite_again, name="staff_invite"),
    path("<int:pk>/unlock/", staff.unlock_account, name="staff_unlock"),
    path("<int:pk>/factors/", staff.remove_factors, name="staff_factors"),
    path("locks/", staff.locks, name="locks"),
    path("credit-codes/", staff.admitted_codes, name="admitted_codes"),
    path("recommending-units/", staff.recommending_units, name="recommending_units"),
    path("recommending-units/new/", staff.recommending_unit_new, name="recommending_unit_new"),
    path(
        "recommending-units/<int:pk>/",
        staff.recommending_unit_edit,
        name="recommending_unit_edit",
    ),
]

named_urls = [
    path("accounts/colleagues/", include(colleague_urls)),
    path("accounts/security/", include(security_urls)),
    path("accounts-admin/", include(admin_urls)),
]

urlpatterns = [
    path("accounts/", include(login_urls)),
    path("accounts/security/", include(factor_urls)),
    path("accounts/sso/", include(single_sign_on_urls)),
    path("", include((named_urls, "accounts"))),
]
