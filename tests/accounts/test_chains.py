"""Chains of records: the canonical content, the triggers that refuse, and lines of the log."""

import datetime
import ipaddress
import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.chains import canonical, digest_of, missing_triggers, protect, sm3, unprotect
from accounts.roles import Role
from applications.models import Application, Event
from applications.stages import Stage
from applications.workflow.events import record
from review.results.models import ResultEdition
from tests.factories import make_application, make_round, make_user, publish_results

Kind = AuditEntry.Kind
CHAINED = [Event, AuditEntry, ResultEdition]
# What is no part of the content, and why: the key and the digest itself are not known before; the
# address is sealed as its bytes (`origin`), a document's date as text (`document_day`).
UNSEALED = {"id", "digest", "address", "document_date"}


def test_sm3_is_that_of_the_standard():
    # GB/T 32905-2016, appendix A.1
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abc") == expected


def test_canonical_content_is_one_line_of_sorted_json_with_times_in_utc():
    shanghai = datetime.timezone(datetime.timedelta(hours=8))
    content = {"b": "“好”\n", "a": datetime.datetime(2026, 3, 1, 12, 5, 6, tzinfo=shanghai)}
    assert canonical(content) == '{"a":"2026-03-01T04:05:06.000000Z","b":"“好”\\n"}'.encode()
    with pytest.raises(TypeError):
        canonical({"a": datetime.date(2026, 3, 1)})


@pytest.mark.parametrize("model", CHAINED)
def test_every_column_of_a_chained_record_is_sealed(model):
    columns = {field.attname for field in model._meta.concrete_fields}
    assert columns - set(model.SEALED) == UNSEALED & columns


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "2001:db8::1", "::ffff:1.2.3.4", "::1.2.3.4", "1:0:0:2::3"]
)
def test_a_line_reads_back_as_it_was_sealed(rf, address):
    request = rf.get("/", REMOTE_ADDR=address)
    data = {"分数": 0.1, "many": [1, (2, 3)], 7: None}
    log_entry(Kind.EXPORT, request, user=make_user(Role.OFFICE), subject="清单", d=data)
    line = AuditEntry.objects.get()
    assert digest_of(line, AuditEntry.SEALED) == line.digest
    assert line.data == {"d": {"分数": "0.1", "many": [1, [2, 3]], "7": None}}
    assert ipaddress.ip_address(line.address).packed.hex() == line.origin


@pytest.mark.django_db
def test_lines_follow_one_another_by_account():
    office, bureau = make_user(Role.OFFICE), make_user(Role.BUREAU)
    for user in (office, None, bureau, office, None):
        log_entry(Kind.SETTINGS, user=user)
    lines = AuditEntry.objects.order_by("pk")
    assert [each.sequence for each in lines] == [1, 1, 1, 2, 2]
    first, second = lines.filter(user=office)
    assert second.previous == first.digest
    assert first.previous == ""


def write_one_of_each():
    make_application(Stage.RECOMMENDING)
    log_entry(Kind.SETTINGS)
    nothing = {"document_number": "", "document_date": None}
    publish_results(make_round(), make_user(Role.OFFICE), **nothing)


@pytest.mark.django_db
@pytest.mark.parametrize("model", CHAINED)
def test_a_record_of_a_chain_is_never_saved_again(model):
    write_one_of_each()
    with pytest.raises(TypeError):
        model.objects.first().save()


# --- Triggers ---


def refused(statement, *values):
    """Whether the database refuses a statement, as a breach of integrity."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except IntegrityError as error:
        return "never changed or removed" in str(error)
    return False


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("model", CHAINED)
def test_the_database_refuses_to_change_and_to_remove(model):
    write_one_of_each()
    connection.check_constraints()  # PostgreSQL empties no table that a check still waits for
    table, before = model._meta.db_table, list(model.objects.order_by("pk").values())
    column = {Event: "label", AuditEntry: "kind", ResultEdition: "document_number"}[model]
    assert refused(f"UPDATE {table} SET {column} = ''")
    assert refused(f"UPDATE {table} SET digest = digest")
    assert refused(f"DELETE FROM {table}")
    assert refused(f"DELETE FROM {table} WHERE id = %s", before[0]["id"])
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(digest="")
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=before[-1]["id"]).delete()
    if connection.vendor == "postgresql":
        assert refused(f"TRUNCATE {table} CASCADE")
        columns = ", ".join(before[0])
        assert refused(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} "
            "ON CONFLICT (id) DO UPDATE SET digest = ''"
        )
    else:
        columns = ", ".join(before[0])
        for key in ("id", "id + 1000"):  # in the way is the key, or only the place in the chain
            read = columns.replace("id,", f"{key},", 1)
            assert refused(f"REPLACE INTO {table} ({columns}) SELECT {read} FROM {table}")
    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_session_that_plays_the_replica_is_refused_too():
    if connection.vendor != "postgresql":
        return  # no other database has such sessions
    make_application(Stage.RECOMMENDING)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    assert refused("UPDATE applications_event SET note = ''")


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("model", CHAINED)
def test_missing_triggers_are_told(model):
    assert missing_triggers(connection, model) == []
    unprotect(connection, model)
    assert missing_triggers(connection, model)
    protect(connection, model)
    assert missing_triggers(connection, model) == []


# --- At once ---


def at_once(times, *writes):
    """Call each of `writes` so many times in a thread of its own; return what went wrong."""
    errors, barrier = [], threading.Barrier(len(writes))

    def run(write):
        try:
            barrier.wait()
            for _ in range(times):
                write()
        except DatabaseError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(write,)) for write in writes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def is_unbroken(records):
    """Whether records, in order of their places, form one chain."""
    last = None
    for each in records:
        if each.broken(last):
            return False
        last = each.sequence, each.digest
    return True


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_nobody", [False, True])
def test_lines_of_one_account_written_at_once_form_one_chain(of_nobody):
    user = None if of_nobody else make_user(Role.OFFICE)
    write = lambda: log_entry(Kind.DOWNLOAD, user=user, subject="附件2")  # noqa: E731
    assert at_once(50, write, write) == []
    lines = AuditEntry.objects.order_by("sequence")
    assert len(lines) == 100
    assert is_unbroken(lines)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_accounts_do_not_wait_for_one_another():
    if connection.vendor != "postgresql":
        return  # SQLite has one writer at a time, whatever is written
    slow, quick = make_user(Role.OFFICE), make_user(Role.BUREAU)
    with transaction.atomic():
        log_entry(Kind.SETTINGS, user=slow)
        began = timezone.now()
        assert at_once(1, lambda: log_entry(Kind.LOGIN, user=quick)) == []
        assert timezone.now() - began < datetime.timedelta(seconds=5)
        assert AuditEntry.objects.filter(user=quick).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_events_of_one_application_written_at_once_form_one_chain():
    application = make_application(Stage.RECOMMENDING)
    office = make_user(Role.OFFICE)
    before = application.events.count()
    # Outside any transaction: whoever forgets the lock gets it from `record` itself.
    write = lambda: record(application, office, "assign", "分配专家组")  # noqa: E731
    assert at_once(50, write, write) == []
    events = Application.objects.get().events.order_by("sequence")
    assert len(events) == before + 100
    assert is_unbroken(events)
