"""The administrator's pages: accounts, who cannot get in, and recommending units."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audit import AuditEntry, log_entry
from accounts.factors import of_user, remove_all_factors
from accounts.forms import (
    AccountFilterForm,
    AccountForm,
    AdmittedCodeForm,
    RecommendingUnitFilterForm,
    RecommendingUnitForm,
)
from accounts.lockout import locked_accounts, locked_addresses, locked_until, unlock
from accounts.models import AdmittedCode, RecommendingUnit, User
from accounts.roles import Role, role_required
from accounts.search import held_in
from accounts.views.reauthentication import recently_authenticated

PAGE_SIZE = 25
Kind = AuditEntry.Kind


@require_GET
@role_required(Role.ADMIN)
def staff(request):
    """List all accounts."""
    filters = AccountFilterForm(request.GET)
    accounts = User.objects.select_related("applying_unit", "recommending_unit")
    if filters.is_valid():
        if role := filters.cleaned_data["role"]:
            accounts = accounts.filter(role=role)
        if state := filters.cleaned_data["state"]:
            accounts = accounts.filter(is_active=state != "inactive")
            if state == "unused":
                accounts = accounts.filter(last_login__isnull=True)
        if text := filters.cleaned_data["q"]:
            accounts = accounts.filter(held_in(text, *User.FOUND_BY))
    page = Paginator(accounts.order_by("role", "name", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    return render(request, "accounts/staff.html", {"filters": filters, "page_obj": page})


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
@recently_authenticated
def staff_new(request):
    """Make a staff account and mail its owner the link that sets the password."""
    form = AccountForm(request.POST or None)
    if form.is_valid():
        user = form.save()
        log_entry(Kind.ACCOUNT, request, subject=f"账号 {user.pk}", action="created")
        messages.success(request, f"账号已创建，{user.name}会收到设置密码的邮件。")
        get_adapter(request).send_invitation(user)
        return redirect("accounts:staff")
    return render(request, "accounts/staff_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
@recently_authenticated
def staff_edit(request, pk):
    """Edit an account. Nobody changes the own role: the last administrator would be gone."""
    account = get_object_or_404(User.objects.select_related("applying_unit"), pk=pk)
    form = AccountForm(request.POST or None, instance=account)
    if account == request.user:
        form.fields["role"].disabled = True
    if form.is_valid():
        form.save()
        log_entry(
            Kind.ACCOUNT,
            request,
            subject=f"账号 {account.pk}",
            action="changed",
            fields=form.changed_data,
        )
        messages.success(request, f"{account.name}的账号已保存。")
        return redirect("accounts:staff")
    # A refused form has already changed the instance; the page is about the saved account.
    account.refresh_from_db(fields=["name", "role", "email"])
    context = {
        "form": form,
        "account": account,
        "locked_until": locked_until(account),
        "factors": of_user(account).count(),
        "invitation_days": settings.INVITATION_DAYS,
    }
    return render(request, "accounts/staff_form.html", context)


@require_POST
@role_required(Role.ADMIN)
@recently_authenticated
def staff_active(request, pk):
    """Deactivate an account, which ends its sessions, or activate it again."""
    account = get_object_or_404(User, pk=pk)
    if account == request.user:
        messages.error(request, "不能停用自己的账号。")
        return redirect("accounts:staff_edit", pk)
    account.set_active(request.POST.get("active") == "yes")
    log_entry(
        Kind.ACCOUNT,
        request,
        subject=f"账号 {account.pk}",
        action="activated" if account.is_active else "deactivated",
    )
    if account.is_active:
        messages.success(request, f"{account.name}的账号已启用，可以登录。")
    else:
        messages.success(request, f"{account.name}的账号已停用，不能再登录；历史记录保留。")
    return redirect("accounts:staff_edit", pk)


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
@recently_authenticated
def admitted_codes(request):
    """List the credit codes that were admitted against their check digit, and admit another."""
    form = AdmittedCodeForm(request.POST or None, instance=AdmittedCode(admitted_by=request.user))
    if form.is_valid():
        admitted = form.save()
        log_entry(
            Kind.SETTINGS, request, subject=f"特许统一社会信用代码 {admitted}", code=admitted.pk
        )
        messages.success(request, f"{admitted}已登记，该单位可以注册。")
        return redirect("accounts:admitted_codes")
    page = Paginator(AdmittedCode.objects.select_related("admitted_by"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {"form": form, "page_obj": page}
    return render(
        request, "accounts/admitted_codes.html", context, status=422 if form.errors else 200
    )


@require_GET
@role_required(Role.ADMIN)
def recommending_units(request):
    """List the recommending units."""
    filters = RecommendingUnitFilterForm(request.GET)
    units = RecommendingUnit.objects.annotate(number_of_units=Count("applying_units")).order_by(
        "position", "code"
    )
    if filters.is_valid():
        if kind := filters.cleaned_data["kind"]:
            units = units.filter(kind=kind)
        if state := filters.cleaned_data["state"]:
            units = units.filter(is_active=state == "active")
        if text := filters.cleaned_data["q"]:
            units = units.filter(held_in(text, "name", "code"))
    page = Paginator(units, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"filters": filters, "page_obj": page}
    return render(request, "accounts/recommending_units.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
def recommending_unit_new(request):
    """Make a recommending unit, for instance an enterprise that recommends itself."""
    form = RecommendingUnitForm(request.POST or None)
    if form.is_valid():
        unit = form.save()
        log_entry(Kind.SETTINGS, request, subject=f"新增推荐单位 {unit}", unit=unit.pk)
        messages.success(request, f"{unit}已添加，可为其创建账号。")
        return redirect("accounts:recommending_units")
    return render(request, "accounts/recommending_unit_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMIN)
def recommending_unit_edit(request, pk):
    """Edit a recommending unit."""
    unit = get_object_or_404(RecommendingUnit, pk=pk)
    name = unit.name
    form = RecommendingUnitForm(request.POST or None, instance=unit)
    if form.is_valid():
        form.save()
        if form.changed_data:
            log_entry(
                Kind.SETTINGS,
                request,
                subject=f"推荐单位 {unit}",
                unit=pk,
                fields=form.changed_data,
            )
        messages.success(request, f"{unit}已保存。")
        return redirect("accounts:recommending_units")
    context = {"form": form, "name": name}
    return render(request, "accounts/recommending_unit_form.html", context)


@require_POST
@role_required(Role.ADMIN)
@recently_authenticated
def invite_again(request, pk):
    """Send the owner of an account without password a new link; the one before stops working."""
    account = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    if account.is_invited:
        get_adapter().send_invitation(account)
        log_entry(Kind.ACCOUNT, request, subject=f"账号 {pk}", action="invited again")
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
    remove_all_factors(account)
    log_entry(Kind.FACTOR, request, subject=f"账号 {pk}", action="removed by administrator")
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
