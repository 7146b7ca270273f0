"""账号安全: a user's own password, second factors, sessions and recent logins."""

import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import factors
from accounts.allauth_internals import (
    end_other_sessions,
    end_sessions,
    remove_authenticator,
    validate_can_add_authenticator,
)
from accounts.audit import AuditEntry, log_entry
from accounts.middleware import idle_minutes
from accounts.views.reauthentication import recently_authenticated

LOGINS_SHOWN = 10
LOGINS_SINCE = datetime.timedelta(days=90)
# What a login was made with.
METHODS = {
    "password": "密码",
    "mfa": "二次验证",
    "socialaccount": "统一身份认证",
    "password_reset": "重置密码",
}
# The first name that a browser's long description of itself holds is the truest.
BROWSERS = {
    "Edg": "Edge 浏览器",
    "Firefox": "Firefox 浏览器",
    "MicroMessenger": "微信",
    "Chrome": "Chrome 内核浏览器",
    "Safari": "Safari 浏览器",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "安卓手机",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "苹果电脑",
    "Linux": "Linux",
}


@require_GET
def security(request):
    """Show everything that protects the user's own account."""
    user = request.user
    found = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = [each for each in found if each.type == Authenticator.Type.RECOVERY_CODES]
    removable = factors.FactorAdapter().can_delete_authenticator
    try:
        validate_can_add_authenticator(user)
        refused = ""
    except ValidationError as error:
        refused = error.messages[0]
    context = {
        "totp": next((each for each in found if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in found if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "is_required": factors.is_required(user),
        # What holds of one holds of all: another has to be left.
        "may_remove": all(removable(each) for each in found if each.type in factors.KINDS),
        "refused": refused,
        "sessions": own_sessions(request),
        "logins": recent_logins(user),
    }
    return render(request, "accounts/security.html", context)


def own_sessions(request):
    """Return the user's sessions that have not run out, the latest first, the present one marked.

    Three queries, however many there are.
    """
    user = request.user
    alive_since = timezone.now() - datetime.timedelta(minutes=idle_minutes(user))
    rows = list(
        UserSession.objects.filter(user=user, last_seen_at__gte=alive_since).order_by("-created_at")
    )
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    sessions = []
    for row in rows:
        if row.session_key in alive:
            row.is_present = row.session_key == request.session.session_key
            row.device = device(row.user_agent)
            sessions.append(row)
    return sessions


def device(user_agent):
    """What a browser says that it is, in a few words."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "其他程序")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser}，{system}" if system else browser


def recent_logins(user):
    """Return the last logins of the account and the attempts that failed, the latest first."""
    entries = AuditEntry.objects.filter(at__gte=timezone.now() - LOGINS_SINCE).order_by("-at")
    kinds = AuditEntry.Kind
    made = entries.filter(user=user, kind=kinds.LOGIN)[:LOGINS_SHOWN]
    failed = entries.filter(kind=kinds.LOGIN_FAILED, subject=f"账号 {user.pk}")[:LOGINS_SHOWN]
    shown = sorted([*made, *failed], key=lambda entry: entry.at, reverse=True)[:LOGINS_SHOWN]
    for entry in shown:
        names = [METHODS.get(method, method) for method in entry.data.get("methods", [])]
        entry.how = "、".join(dict.fromkeys(names))
    return shown


@require_GET
def second_factor(request):
    """Tell whoever must have a second factor what to do before anything else."""
    if not factors.is_required(request.user) or factors.is_proven(request):
        return redirect("home")
    has_one = factors.of_user(request.user).exists()
    return render(request, "accounts/second_factor.html", {"has_one": has_one})


@require_POST
@recently_authenticated
def passkey_remove(request, pk):
    """Remove one of the user's own passkeys, unless it is the last factor of who must have one."""
    passkeys = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
    passkey = get_object_or_404(passkeys, pk=pk)
    adapter = factors.FactorAdapter()
    if adapter.can_delete_authenticator(passkey):
        remove_authenticator(request, passkey)
    else:
        messages.error(request, adapter.error_messages["cannot_delete_authenticator"])
    return redirect("mfa_index")


@require_POST
def session_end(request, pk):
    """End one of the user's own sessions."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    log_entry(AuditEntry.Kind.SESSION, request, subject=device(session.user_agent))
    messages.success(request, "已退出该处登录。")
    end_sessions(request, [session])
    return redirect("mfa_index")


@require_POST
def sessions_end(request):
    """End every session of the user but the present one."""
    end_other_sessions(request, request.user)
    log_entry(AuditEntry.Kind.SESSION, request, subject="其他全部")
    messages.success(request, "已退出其他各处登录。")
    return redirect("mfa_index")
