"""An applying unit's own accounts: its first account invites colleagues and removes them."""

import datetime

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import AuditEntry, log_entry
from accounts.forms import ColleagueForm
from accounts.models import ApplyingUnit, User
from accounts.roles import Role, role_required

# Nobody's mailbox is filled by pressing a button, nor many mailboxes by inviting and removing.
INVITE_AGAIN_AFTER = datetime.timedelta(minutes=5)
INVITATIONS_A_DAY = 20
NOT_FIRST = "只有本单位最早的账号可以邀请和移除同事。"


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def colleagues(request):
    """List the unit's accounts, and let its first account invite one more."""
    unit = request.user.applying_unit
    if request.method == "POST":
        return _invite(request, unit)
    return _page(request, unit)


def _page(request, unit, form=None, status=200):
    accounts = list(unit.users.filter(is_active=True).order_by("pk"))
    first = unit.first_account
    context = {
        "unit": unit,
        "accounts": accounts,
        "first": first,
        "limit": ApplyingUnit.ACCOUNT_LIMIT,
        "may_invite": request.user == first,
        "is_full": len(accounts) >= ApplyingUnit.ACCOUNT_LIMIT,
        "form": form or ColleagueForm(),
    }
    return render(request, "accounts/colleagues.html", context, status=status)


def _invite(request, unit):
    form = ColleagueForm(
        request.POST,
        instance=User(role=Role.APPLICANT, applying_unit=unit, invited_at=timezone.now()),
    )
    try:
        with transaction.atomic():
            # Locked, so that two invitations at once cannot both be the last one.
            ApplyingUnit.objects.select_for_update().get(pk=unit.pk)
            refused = _refusal(request.user, unit)
            if form.is_valid() and not refused:
                form.save()
    except IntegrityError:
        # Somebody took the same address a moment ago.
        form.add_error("email", form.fields["email"].error_messages["unique"])
    if refused:
        form.add_error(None, refused)
    if not form.is_valid():
        return _page(request, unit, form, status=422)
    _log(request, form.instance, "invited")
    messages.success(request, f"已邀请{form.instance.name}，设置密码的邮件发到其邮箱。")
    get_adapter(request).send_invitation(form.instance, inviter=request.user)
    return redirect("accounts:colleagues")


def _log(request, colleague, action):
    subject = f"账号 {colleague.pk}"
    log_entry(AuditEntry.Kind.ACCOUNT, request, subject=subject, action=action)


def _refusal(user, unit):
    """Return why the user cannot invite anybody now, or None."""
    if user != unit.first_account:
        return NOT_FIRST
    if unit.users.filter(is_active=True).count() >= ApplyingUnit.ACCOUNT_LIMIT:
        return f"本单位已有 {ApplyingUnit.ACCOUNT_LIMIT} 个账号，移除不用的账号后才能再邀请。"
    yesterday = timezone.now() - datetime.timedelta(days=1)
    if unit.users.filter(date_joined__gt=yesterday).count() >= INVITATIONS_A_DAY:
        return "今天邀请的人数较多，请明天再试。"
    return None


@require_POST
@role_required(Role.APPLICANT)
def invite_again(request, pk):
    """Send a colleague who has not set a password yet another invitation."""
    unit = request.user.applying_unit
    colleague = get_object_or_404(unit.users.filter(is_active=True), pk=pk)
    if request.user != unit.first_account:
        messages.error(request, NOT_FIRST)
    elif not colleague.is_invited:
        messages.error(request, f"{colleague.name}的账号已启用，忘记密码的可在登录页重置。")
    elif not colleague.mark_invited(pause=INVITE_AGAIN_AFTER):
        messages.error(request, f"邀请刚刚发给{colleague.name}，请 5 分钟后再重发。")
    else:
        _log(request, colleague, "invited again")
        messages.success(request, f"已再次邀请{colleague.name}。")
        get_adapter(request).send_invitation(colleague, inviter=request.user)
    return redirect("accounts:colleagues")


@require_POST
@role_required(Role.APPLICANT)
def remove(request, pk):
    """Remove a colleague: the account is deactivated, which ends its sessions; records stay."""
    unit = request.user.applying_unit
    colleague = get_object_or_404(unit.users.filter(is_active=True), pk=pk)
    if request.user != unit.first_account:
        messages.error(request, NOT_FIRST)
    elif colleague == request.user:
        messages.error(request, "不能移除自己的账号。")
    else:
        colleague.set_active(False)
        _log(request, colleague, "deactivated")
        messages.success(request, f"已移除{colleague.name}，不能再登录；办理过的记录保留。")
    return redirect("accounts:colleagues")
