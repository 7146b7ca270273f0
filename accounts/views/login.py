"""Login, registration and the password behind a link: allauth's pages, where ours differ."""

from allauth.account import views as allauth
from allauth.account.utils import url_str_to_user_pk
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import registration
from accounts.forms import (
    CorrectionForm,
    RegistrationForm,
)
from accounts.limits import limited
from accounts.models import User
from accounts.views import single_sign_on


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
    registered = registration.held(request)
    form = CorrectionForm(request.POST or None, request=request, found=registered)
    if form.is_valid():
        try:
            registration.correct(request, form.account, form.cleaned_data["email"], registered)
        except IntegrityError:
            form.add_error(None, RegistrationForm.Meta.error_messages["uscc"]["unique"])
        else:
            return redirect("account_email_verification_sent")
    context = {"form": form, "found": registered}
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
