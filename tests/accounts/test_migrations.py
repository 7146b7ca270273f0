"""What was registered before registrations lapsed gives its code back if nobody confirmed it."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.models import ApplyingUnit, User
from accounts.roles import Role
from tests.factories import make_applying_unit, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def migrate():
    """A function that migrates to some state; all is migrated at the end."""

    def migrate(targets):
        MigrationExecutor(connection).migrate(targets)

    yield migrate
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def registered(days, *, verified=False, **fields):
    """Return the account of a registration so many days ago, with its line in the log."""
    unit = make_applying_unit()
    user = make_user(Role.APPLICANT, applying_unit=unit, **fields)
    user.emailaddress_set.update(verified=verified)
    before = timezone.now() - datetime.timedelta(days=days)
    ApplyingUnit.objects.filter(pk=unit.pk).update(created_at=before)
    log_entry(AuditEntry.Kind.ACCOUNT, user=user, subject=f"账号 {user.pk}", action="registered")
    return user


def test_what_nobody_confirmed_gives_its_code_and_its_mailbox_back(migrate):
    forgotten = registered(9)
    changed = registered(9)
    log_entry(AuditEntry.Kind.ACCOUNT, subject=f"账号 {changed.pk}", action="changed")
    kept = [
        registered(9, verified=True),
        registered(9, last_login=timezone.now()),
        registered(0),
        changed,
    ]
    migrate([("accounts", "0008_login")])
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    after = User.objects.get(pk=forgotten.pk)
    assert not after.is_active
    assert not after.has_usable_password()
    assert not User.objects.filter(email=forgotten.email).exists()
    assert not after.emailaddress_set.exists()
    assert not ApplyingUnit.objects.filter(uscc=forgotten.applying_unit.uscc).exists()
    for user in kept:
        assert User.objects.get(pk=user.pk).email == user.email
        assert ApplyingUnit.objects.filter(uscc=user.applying_unit.uscc).exists()
