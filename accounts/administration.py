"""What the administrator does for somebody who cannot get in: unlock, invite again, new factors."""

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import AuditEntry, log_entry
from accounts.lockout import locked_accounts, locked_addresses, unlock
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from accounts.roles import Role, role_required


@require_POST
@role_required(Role.ADMIN)
@recently_authenticated
def invite_again(request, pk):
    """Send the owner of an account without password a new link; the one before stops working."""
    account = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    if account.is_invited:
        get_adapter().send_invitation(account)
        log_entry(AuditEntry.Kind.ACCOUNT, request, subject=f"账号 {pk}", action="invited again")
        messages.success(request, f"已再次邀请{account.name}，原来的链接不再有效。")
    else:
        messages.error(request, f"{account.name}已设置密码，忘记密码的可在登录页重置。")
    return redirect("accounts:staff_edit", pk)


@require_POST
@role_required(Role.ADMIN)
def unlock_account(request, pk):
    """Let somebody try again at once whose account is locked."""
    account = get_object_or_404(User, pk=pk)
    unlock(request, user=account)
    messages.success(request, f"{account.name}的账号已解除锁定，可以登录。")
    return redirect("accounts:staff_edit", pk)


@require_POST
@role_required(Role.ADMIN)
@recently_authenticated
def remove_factors(request, pk):
    """Remove the second factors of somebody who lost them all, and end the account's sessions."""
    account = get_object_or_404(User, pk=pk)
    if account == request.user:
        messages.error(request, "自己的二次验证方式请在“账号安全”中办理。")
        return redirect("accounts:staff_edit", pk)
    Authenticator.objects.filter(user=account).delete()
    for session in UserSession.objects.filter(user=account):
        session.end()
    log_entry(
        AuditEntry.Kind.FACTOR, request, subject=f"账号 {pk}", action="removed by administrator"
    )
    get_adapter().send_notification_mail("accounts/email/factors_removed", account)
    messages.success(request, f"{account.name}的二次验证方式已清除，下次登录时须重新设置。")
    return redirect("accounts:staff_edit", pk)


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
def locks(request):
    """List who is locked out: accounts, and network addresses, which POST unlocks."""
    if request.method == "POST":
        address = request.POST.get("address", "")
        if unlock(request, ip_address=address):
            messages.success(request, f"地址 {address} 已解除锁定。")
        return redirect("accounts:locks")
    context = {"accounts": locked_accounts(), "addresses": locked_addresses()}
    return render(request, "accounts/locks.html", context)
