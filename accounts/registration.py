"""A registration until its address is confirmed: corrected by whoever made it, void after a day.

Until then the account is nobody's for certain. A mistyped address must not hold a unit's credit
code, nor somebody else's mailbox: whoever registered puts it right (in the same browser, or with
credit code and password), and what nobody confirms is removed, by `manage.py notify` and before
the next registration.

An address that has an account already makes no second one and is told so by mail alone
(`RegistrationForm`). Then the session keeps what was typed, so that a correction of the address
makes the account, and the pages show the same in both cases.
"""

import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.allauth_internals import (
    clear_login,
    email_already_exists,
    send_verification_email_to_address,
)
from accounts.audit import AuditEntry, log_entry
from accounts.models import ApplyingUnit, RecommendingUnit, User
from accounts.roles import Role

LASTS = datetime.timedelta(days=1)
# What this browser has registered, in a session.
HELD = "registration"
# What of the unit a session keeps when there is no account.
FIELDS = ("name", "uscc", "nature", "host_kind", "address", "contact_name", "contact_mobile")


def unconfirmed():
    """Applying units whose registration nobody has confirmed, as a queryset."""
    confirmed = User.objects.filter(applying_unit=OuterRef("pk")).filter(
        Q(last_login__isnull=False) | Q(emailaddress__verified=True)
    )
    return ApplyingUnit.objects.filter(~Exists(confirmed), confirm_by__isnull=False)


def save_unconfirmed(unit):
    """Save and return an applying unit that somebody has to confirm within a day.

    Raises IntegrityError when another with its credit code was just a bit faster.
    """
    unit.confirm_by = timezone.now() + LASTS
    unit.save()
    return unit


def save_account(user, *, is_new_address):
    """Save an account that somebody else makes or edits, and the record of its address.

    A new account's address counts as verified, since only the mail sent there lets anybody set its
    password; a changed one is verified at the next login.
    """
    created = user.pk is None
    with transaction.atomic():
        if created:
            user.set_unusable_password()
        user.save()
        if created or is_new_address:
            EmailAddress.objects.filter(user=user).delete()
            # Whoever changes it vouches for the registration.
            ApplyingUnit.objects.filter(pk=user.applying_unit_id).update(confirm_by=None)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=created)


def remove_lapsed():
    """Remove what nobody confirmed in time, units with their accounts; return how many."""
    number = 0
    for pk in unconfirmed().filter(confirm_by__lt=timezone.now()).values_list("pk", flat=True):
        with transaction.atomic():
            ApplyingUnit.objects.select_for_update().filter(pk=pk).first()
            # Confirmed, or corrected, a moment ago?
            unit = unconfirmed().filter(pk=pk, confirm_by__lt=timezone.now()).first()
            if unit is None:
                continue
            accounts = list(unit.users.order_by("pk").values_list("pk", flat=True))
            unit.users.all().delete()
            unit.delete()
            for account in accounts:
                log_entry(AuditEntry.Kind.ACCOUNT, subject=f"账号 {account}", action="lapsed")
            number += 1
    return number


def hold(request, user, email, typed=None, password=""):
    """Keep in the session what this browser has just registered, so that it can be corrected.

    `user` is the new account; None when the address has one already, and then `typed` (the cleaned
    data of the form) and `password` (hashed) make it once the address is another.
    """
    kept = {}
    if user is None:
        unit = typed["recommending_unit"].pk
        kept = {name: typed[name] for name in FIELDS} | {"recommending_unit": unit}
    request.session[HELD] = {
        "user": user and user.pk,
        "email": email,
        "until": (timezone.now() + LASTS).timestamp(),
        "typed": kept,
        "password": password,
    }


def held(request):
    """Return what this browser has registered and not confirmed yet (`hold`), or None."""
    registered = request.session.get(HELD)
    if registered is None:
        return None
    is_over = registered["until"] < timezone.now().timestamp()
    if is_over or (registered["user"] and account_of(registered) is None):
        del request.session[HELD]
        # Else the registration's page leads back to the one that waits for the mail.
        clear_login(request)
        return None
    return registered


def account_of(registered):
    """Return the account of what `held` returns while it is not confirmed, or None."""
    return User.objects.filter(pk=registered["user"], applying_unit__in=unconfirmed()).first()


def correct(request, user, email, registered=None):
    """Change the address of a registration and mail the new one; the earlier link stops working.

    Without `user` the account is made of what the session kept (`found`). An address that has an
    account gets a mail that says so, and nobody else is told. Raises IntegrityError when the
    credit code was registered meanwhile.
    """
    email, is_taken = email_already_exists(email, user=user)
    with transaction.atomic():
        if user is None and not is_taken:
            user = _made(registered, email)
            log_entry(
                AuditEntry.Kind.ACCOUNT, request, subject=f"账号 {user.pk}", action="registered"
            )
        elif user is not None:
            ApplyingUnit.objects.filter(pk=user.applying_unit_id).update(
                confirm_by=timezone.now() + LASTS
            )
            if not is_taken:
                user.email = email
                user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).delete()
    sent_to = EmailAddress(email=email)
    if user is not None:
        own = EmailAddress.objects.create(user=user, email=user.email, primary=True)
        sent_to = sent_to if is_taken else own
    send_verification_email_to_address(request, sent_to, signup=True)
    kept = request.session.get(HELD) or {"typed": {}, "password": ""}
    request.session[HELD] = kept | {
        "user": user and user.pk,
        "email": email,
        "until": (timezone.now() + LASTS).timestamp(),
    }


def _made(registered, email):
    typed = registered["typed"]
    unit = ApplyingUnit.objects.create(
        **{name: typed[name] for name in FIELDS},
        recommending_unit=RecommendingUnit.objects.get(pk=typed["recommending_unit"]),
        confirm_by=timezone.now() + LASTS,
    )
    return User.objects.create(
        email=email,
        password=registered["password"],
        role=Role.APPLICANT,
        name=typed["contact_name"],
        applying_unit=unit,
    )
