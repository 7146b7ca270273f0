"""What every request passes: who may keep the answer, the login, idleness, the second factor."""

import time

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import factors
from accounts.adapter import SEEN
from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role

# The session's row is written this often at most.
WRITE_EVERY = 60
# What a script asks says so (static/js/asking.js): nobody sees the page that a redirect leads to.
SCRIPT = "X-Requested-With"
# What a page asks by itself, again and again, says so too: nobody has to sit before it.
UNATTENDED = "X-Unattended"


class StoredByNobodyMiddleware:
    """Keeps the answers of a session out of every cache: after the logout, Back shows none of them.

    A public page names the account in its top bar, so it is kept by nobody either. Strangers have
    no session. Views have nothing to add.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        began_with_one = bool(request.session.session_key)
        response = self.get_response(request)
        if began_with_one or not request.session.is_empty():
            response["Cache-Control"] = "private, no-store"
        return response


class LoginMiddleware(LoginRequiredMiddleware):
    """Leads whoever is not logged in to the login; answers a script 401.

    A view may have a `before_login`, which is called with the request first.
    """

    def handle_no_permission(self, request, view_func):
        if SCRIPT in request.headers:
            return HttpResponse(status=401)
        if before_login := getattr(view_func, "before_login", None):
            before_login(request)
        return super().handle_no_permission(request, view_func)


class IdleMiddleware:
    """Ends a session in which nothing was asked for some time (等保2.0 7.1.4.1), or whose account
    was closed: it would go on once the account is opened again.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if SESSION_KEY in request.session:
            if request.user.is_authenticated:
                self._look(request)
            else:
                request.session.flush()
        return self.get_response(request)

    def _look(self, request):
        minutes = idle_minutes(request.user)
        now = time.time()
        idle = now - request.session.get(SEEN, 0)
        if idle > minutes * 60:
            log_entry(AuditEntry.Kind.LOGOUT, request, reason="idle")
            logout(request)
            messages.info(request, f"超过 {minutes} 分钟没有操作，已自动退出，请重新登录。")
        elif idle > WRITE_EVERY and UNATTENDED not in request.headers:
            request.session[SEEN] = now
            UserSession.objects.filter(session_key=request.session.session_key).update(
                last_seen_at=timezone.now()
            )


def idle_minutes(user):
    """How long a session of this user may be idle; applicants fill in a long form."""
    if user.role == Role.APPLICANT:
        return settings.APPLICANT_IDLE_MINUTES
    return settings.STAFF_IDLE_MINUTES


class SecondFactorMiddleware:
    """Keeps whoever must have a second factor, and has not given one, to setting it up.

    Whoever has one already, but logged in before it was set up, has to log in again: a stolen
    password alone must not add another.
    """

    LEAVING = {"accounts:second_factor", "account_logout", "privacy", "guides", "guide"}
    SETTING_UP = {"mfa_activate_totp", "mfa_add_webauthn"}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Return the way to the set-up, or None when nothing is in the way."""
        user = request.user
        if not user.is_authenticated or not factors.is_required(user):
            return None
        name = request.resolver_match.view_name
        if factors.is_proven(request) or name in self.LEAVING:
            return None
        if name in self.SETTING_UP and not factors.of_user(user).exists():
            return None
        if SCRIPT in request.headers:
            return HttpResponse(status=401)
        return redirect("accounts:second_factor")
