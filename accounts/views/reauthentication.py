"""Once more, who is there: asked before what weighs most, if the login is some minutes old.

An unlocked desk must not report a list, approve, publish or read a full number. What was typed
is carried through the question and arrives at the view as the very same POST.
"""

import time
from functools import wraps

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.allauth_internals import (
    begin_authentication,
    get_authentication_records,
    reauthenticate_by_password,
)
from accounts.factors import UsedOnce
from accounts.fields import CompactField

PREFIX = "reauthentication"
# A page with a file on it asks before it is shown. From then on there is this much time, in
# multiples of the usual, to choose the file: a file cannot be carried through the question.
FILE_FACTOR = 3


class PasswordForm(forms.Form):
    """The password of whoever is logged in."""

    password = forms.CharField(
        label="密码",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "请填写。"},
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self):
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password

    def save(self):
        """Note in the session that the password was given just now."""
        reauthenticate_by_password(context.request)


class CodeForm(UsedOnce, ReauthenticateForm):
    """A one-time code, or a recovery code."""

    code = CompactField(
        label="动态验证码或恢复码",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "请填写。"},
    )


# What may be answered with, by the name of the field that is sent.
ANSWERS = {"code": CodeForm, "credential": ReauthenticateWebAuthnForm, "password": PasswordForm}


def _answers(user):
    """Return the names of what the user can answer with."""
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    can = {
        "code": Authenticator.Type.TOTP in kinds,
        "credential": Authenticator.Type.WEBAUTHN in kinds,
        "password": user.has_usable_password(),
    }
    return [name for name in ANSWERS if can[name]]


def authenticated_at(request):
    """When the user last proved who it is in this session, in seconds since 1970; 0 if never."""
    records = get_authentication_records(request, request.user)
    return max((record["at"] for record in records), default=0)


def is_recent(request, factor=1):
    """Whether that was within the time that settings.REAUTHENTICATION_MINUTES gives."""
    limit = settings.REAUTHENTICATION_MINUTES * 60 * factor
    return time.time() - authenticated_at(request) < limit


def ask_again(request, factor=1):
    """Return the page that asks who is there, or None when nothing need be asked (any more).

    Sent with the right password, one-time code or passkey, `request.POST` is what was typed
    before the question. `factor` multiplies the usual time.
    A script gets 401: it cannot show the page.
    """
    if is_recent(request, factor):
        return None
    if request.headers.get("X-Requested-With"):
        return HttpResponse(status=401)
    possible = _answers(request.user)
    given = next((name for name in possible if f"{PREFIX}-{name}" in request.POST), None)
    asked = {
        name: ANSWERS[name](
            request.POST if name == given else None, user=request.user, prefix=PREFIX
        )
        for name in possible
    }
    is_opened = request.method in {"GET", "HEAD"} or f"{PREFIX}-opened" in request.POST
    if given and asked[given].is_valid():
        asked[given].save()
        if is_opened:
            return redirect(request.get_full_path())
        request.POST = _typed(request)
        return None
    carried = [(name, value) for name, values in _typed(request).lists() for value in values]
    if is_opened:
        # The page was only being opened: after the answer it is opened again.
        carried.append((f"{PREFIX}-opened", "yes"))
    shown = {
        "forms": asked,
        "given": asked.get(given),
        "carried": carried,
        "is_opened": is_opened,
        "field": f"{PREFIX}-credential",
        "options": begin_authentication(request.user) if "credential" in asked else None,
        "files": [file.name for file in request.FILES.values()],
        "minutes": settings.REAUTHENTICATION_MINUTES,
    }
    status = 422 if given else 401
    return render(request, "accounts/reauthenticate.html", shown, status=status)


def _typed(request):
    """What was typed before the question."""
    typed = request.POST.copy()
    for name in list(typed):
        if name.startswith(f"{PREFIX}-") or name == "csrfmiddlewaretoken":
            del typed[name]
    typed._mutable = False
    return typed


def recently_authenticated(view=None, *, on_opening=False):
    """Ask for the password before a function view is sent something, unless it was given lately.

    `on_opening=True` asks before the page is opened, too: for pages that send a file. Stands
    below `role_required`: nobody is asked about a page that does not exist for them.
    """

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if request.method in {"GET", "HEAD"} and not on_opening:
                return view(request, *args, **kwargs)
            factor = FILE_FACTOR if on_opening and request.method == "POST" else 1
            return ask_again(request, factor) or view(request, *args, **kwargs)

        return wrapped

    return decorate if view is None else decorate(view)
