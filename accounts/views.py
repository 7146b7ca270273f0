"""Registration, and the administrator's pages: accounts and recommending units."""

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.utils import url_str_to_user_pk
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import make_password
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import registration, single_sign_on
from accounts.audit import AuditEntry, log_entry
from accounts.factors import of_user
from accounts.forms import (
    AccountFilterForm,
    AccountForm,
    AdmittedCodeForm,
    CorrectionForm,
    RecommendingUnitFilterForm,
    RecommendingUnitForm,
    RegistrationForm,
)
from accounts.limits import limited
from accounts.lockout import locked_until
from accounts.models import AdmittedCode, RecommendingUnit, User
from accounts.reauthentication import recently_authenticated
from accounts.roles import Role, role_required

PAGE_SIZE = 25
Kind = AuditEntry.Kind


class LoginView(allauth.LoginView):
    """Login by password, passkey or, where there is a provider, single sign-on."""

    def get_context_data(self, **kwargs):
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(
            single_sign_on=name, sso_provider=single_sign_on.PROVIDER, **kwargs
        )


login = LoginView.as_view()


class RegisterView(allauth.SignupView):
    """Registration of an applying unit; the form is named in settings.ACCOUNT_FORMS."""

    def post(self, request, *args, **kwargs):
        registration.remove_lapsed()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        typed, password = form.cleaned_data, ""
        if form.account_already_exists:
            # As slow as a registration that makes an account, which hashes the password.
            password = make_password(typed["password1"])
        try:
            response = super().form_valid(form)
        except IntegrityError:
            # Somebody registered the same unit a moment ago: checked again, the form says so.
            form = self.get_form_class()(**self.get_form_kwargs())
            return self.form_valid(form) if form.is_valid() else self.form_invalid(form)
        registration.hold(self.request, self.user, typed["email"], typed, password)
        return response


register = RegisterView.as_view()


@login_not_required
@limited("registration", settings.AN_OFFICE)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def registration_correct(request):
    """Put right the address of a registration that is not confirmed yet, and mail it again.

    In the browser that registered; in another with credit code and password. The answer does not
    tell whether the address has an account.
    """
    if request.user.is_authenticated:
        return redirect("home")
    registration.remove_lapsed()
    found = registration.held(request)
    form = CorrectionForm(request.POST or None, request=request, found=found)
    if form.is_valid():
        try:
            registration.correct(request, form.account, form.cleaned_data["email"], found)
        except IntegrityError:
            form.add_error(None, RegistrationForm.Meta.error_messages["uscc"]["unique"])
        else:
            return redirect("account_email_verification_sent")
    context = {"form": form, "found": found}
    return render(
        request, "account/signup_correct.html", context, status=422 if form.errors else 200
    )


class PasswordFromKeyView(allauth.PasswordResetFromKeyView):
    """Sets the password behind the link of a reset or an invitation."""

    def get_context_data(self, **kwargs):
        """Add whether the account is only invited: what is to be done then is another thing."""
        try:
            pk = url_str_to_user_pk(self.kwargs["uidb36"])
        except ValueError:  # no link of ours
            pk = None
        user = User.objects.filter(pk=pk, is_active=True).first()
        return super().get_context_data(is_invitation=bool(user and user.is_invited), **kwargs)


password_from_key = PasswordFromKeyView.as_view()


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
            accounts = accounts.filter(
                Q(name__icontains=text)
                | Q(email__icontains=text)
                | Q(applying_unit__name__icontains=text)
                | Q(recommending_unit__name__icontains=text)
            )
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
    account.is_active = request.POST.get("active") == "yes"
    account.save(update_fields=["is_active"])
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
            units = units.filter(Q(name__icontains=text) | Q(code__icontains=text))
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
        log_entry(AuditEntry.Kind.SETTINGS, request, subject=f"新增推荐单位 {unit}", unit=unit.pk)
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
                AuditEntry.Kind.SETTINGS,
                request,
                subject=f"推荐单位 {unit}",
                unit=pk,
                fields=form.changed_data,
            )
        messages.success(request, f"{unit}已保存。")
        return redirect("accounts:recommending_units")
    context = {"form": form, "name": name}
    return render(request, "accounts/recommending_unit_form.html", context)
