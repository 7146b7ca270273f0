"""Another key: everything reads afterwards, no edit is lost, and a killed run is resumed."""

import io
import threading

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import close_old_connections, connection, models, transaction
from django.urls import reverse

from accounts.audit import AuditEntry
from applications.earlier_years.waiting import EarlierFile
from applications.form.views.expired import KEY
from applications.models import AllowedHost, Application, CalendarAddress, Channel, PageText
from applications.recognition.page import Line, Page, PageState
from applications.stages import Stage
from applications.trust import key_rotation
from applications.trust.encryption import (
    blind_index,
    blind_indexes,
    check_keys,
    decrypt,
    encrypt,
    is_current,
    ring,
)
from applications.versions.snapshot import content_of, fingerprint, opened
from applications.workflow.ledger_codes import counting
from review.qualification import hints
from tests.factories import id_number, keep_text, make_application, make_people, make_round

OLD, NEW = "ab" * 32, "cd" * 32
BOTH, ALONE = f"2:{NEW},1:{OLD}", f"2:{NEW}"


@pytest.fixture
def keys(settings):
    """Sets the ring; the old key stands alone at first, as ENCRYPTION_KEY."""
    settings.ENCRYPTION_KEY = OLD

    def turn(text):
        settings.ENCRYPTION_KEYS = text

    return turn


def rotate():
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def unnumbered(token):
    """A token as they were before keys had numbers."""
    return token.replace("sm4:1:", "sm4:")


def whole_database():
    """Everything that the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_the_first_key_encrypts_and_every_key_decrypts(keys):
    old = encrypt("420102", "a")
    assert old.startswith("sm4:1:")
    keys(BOTH)
    new = encrypt("420102", "a")
    assert new.startswith("sm4:2:")
    assert [is_current(token) for token in (old, new)] == [False, True]
    assert {decrypt(token, "a") for token in (old, new, unnumbered(old))} == {"420102"}
    assert len(set(blind_indexes("420102"))) == 2
    assert blind_indexes("420102")[0] == blind_index("420102")
    keys(ALONE)
    assert decrypt(new, "a") == "420102"
    with pytest.raises(ValueError, match=r"key 1, which ENCRYPTION_KEYS lacks"):
        decrypt(old, "a")
    with pytest.raises(ValueError, match="ENCRYPTION_KEY is another one"):
        decrypt(unnumbered(old), "a")


@pytest.mark.parametrize(
    "text",
    ["2", f"{NEW}", f"x:{NEW}", "2:abcd", f"2:{NEW},2:{OLD}", f"2:{NEW},1:{NEW}", f"2:{NEW},"],
)
def test_a_ring_of_the_wrong_form_is_refused_at_the_start(keys, text):
    assert check_keys(None) == []
    keys(text)
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEY"):
        ring()
    assert [found.id for found in check_keys(None)] == ["applications.E001"]


def test_every_model_that_holds_a_secret_is_reached():
    found = {
        model.__name__: [field.name for field in fields]
        for model, _, fields in key_rotation.holders()
    }
    assert next(iter(found)) == "Application"
    assert set(found["Application"]) == {"lead_id_number", "bank_account", "lead_id_index"}
    assert found["Submission"] == found["FormPrint"] == ["content"]
    assert found["Verification"] == ["lead_id_index"]
    # Of no application: encrypted row by row.
    assert set(key_rotation.OF_NO_APPLICATION) == {
        PageText,
        AllowedHost,
        Channel,
        CalendarAddress,
        EarlierFile,
    }
    # Whatever is called so is one of them: nobody can add one that is passed over.
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name.endswith(("id_index", "id_number", "bank_account")):
                assert isinstance(field, key_rotation.KINDS), f"{model.__name__}.{field.name}"


@pytest.mark.django_db
@pytest.mark.postgres
def test_everything_reads_without_the_old_key(keys):
    application = make_application(Stage.QUALIFYING)
    # One was encrypted before keys had numbers.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE applications_application SET bank_account = "
            "REPLACE(bank_account, 'sm4:1:', 'sm4:')"
        )
    before = application.submissions.get()
    checks = len(counting(application))
    page = Page(1, PageState.READ, lines=(Line("荣誉证书", (0, 0, 1, 1)),))
    text = keep_text(application.evidence.first(), page)
    channel = Channel.objects.create(service="SMS", name="短信", access={"mobile": "13800000000"})
    keys(BOTH)
    said = rotate()

    assert "Channel：重写 1 行" in said
    assert "Application：重写 1 行" in said
    assert "PageText：重写 1 行" in said
    assert "sm4:1:" not in whole_database()
    keys(ALONE)
    fresh = Application.objects.get(pk=application.pk)
    assert (fresh.lead_id_number, fresh.bank_account) == (id_number(), "6222020000001234567")
    assert fresh.lead_id_index == blind_index(id_number())
    assert text.read_pages.get().page == page
    assert Channel.objects.get(pk=channel.pk).access == {"mobile": "13800000000"}
    after = fresh.submissions.get()
    assert after.content != before.content
    # What was stamped says the same as before.
    assert fingerprint(opened(after.content)) == after.fingerprint == before.fingerprint
    assert fingerprint(content_of(fresh)) == after.fingerprint
    assert opened(fresh.prints.get().content)["fields"]["lead_id_number"] == id_number()
    # What the recommending unit found out about the lead is still about the lead.
    assert len(counting(fresh)) == checks > 3
    assert all(row.lead_id_index in {"", fresh.lead_id_index} for row in fresh.verifications.all())
    (entry,) = AuditEntry.objects.filter(kind=AuditEntry.Kind.KEY)
    assert (entry.subject, entry.data["Application"]) == ("密钥 2", 1)


@pytest.mark.django_db
def test_a_second_run_has_nothing_left_to_do(keys):
    make_application(Stage.RECOMMENDING)
    keys(BOTH)
    rotate()
    before = whole_database().replace("auditentry", "")
    assert "没有需要处理的内容。" in rotate()
    stored = Application.objects.values_list("pk", "lead_id_index").get()
    assert str(stored[1]) in before


@pytest.mark.django_db
def test_an_index_of_a_number_that_is_written_nowhere_is_told(keys):
    application = make_application(Stage.QUALIFYING)
    application.verifications.filter(kind="POLICE").update(lead_id_index="0" * 64)
    keys(BOTH)
    assert "1 个索引所对应的号码已不存在" in rotate()


class Killed(BaseException):
    """What ends a process in the middle."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_killed_run_is_resumed_and_loses_nothing(keys, monkeypatch):
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    people = make_people(make_round())
    applications = [make_application(Stage.DRAFT, people) for _ in range(4)]
    keys(BOTH)

    def kill(last, counts):
        if counts["applications"] == 2:
            raise Killed

    with pytest.raises(Killed):
        key_rotation.rotate(kill)
    stored = whole_database()
    assert stored.count("sm4:1:") == stored.count("sm4:2:") == 4
    # In between everything is read, and equal numbers are still found beside one another.
    everything = Application.objects.order_by("pk")
    assert {each.lead_id_number for each in everything} == {id_number()}
    first, last = applications[0], applications[-1]
    for each, other in ((first, last), (last, first)):
        each.refresh_from_db()
        found = hints.others_of(each, people.applicant)
        assert other.pk in {row.pk for row in found}

    counts = key_rotation.rotate()
    assert (counts["applications"], counts["Application"]) == (4, 2)
    assert "sm4:1:" not in whole_database()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_an_edit_at_the_same_time_survives(keys):
    """A unit saves another number while the rotation waits for its lock, or just before it."""
    application = make_application(Stage.DRAFT)
    typed = id_number(order="035")
    keys(BOTH)
    done = []

    def rotation_elsewhere():
        try:
            done.append(key_rotation.rotate())
        finally:
            connection.close()

    other = threading.Thread(target=rotation_elsewhere)
    with transaction.atomic():
        mine = Application.objects.select_for_update().get(pk=application.pk)
        other.start()
        other.join(0.3)  # it waits for the lock
        assert done == []
        mine.edit(application.edited_by, lead_id_number=typed, bank_account="6222029999")
    other.join(20)
    close_old_connections()
    keys(ALONE)
    after = Application.objects.get(pk=application.pk)
    assert done[0]["applications"] == 1
    assert (after.lead_id_number, after.bank_account) == (typed, "6222029999")
    assert after.lead_id_index == blind_index(typed)


class Stray(models.Model):
    """An encrypted number that belongs to no application."""

    number = key_rotation.EncryptedTextField()

    class Meta:
        app_label = "nowhere"
        managed = False

    def __str__(self):
        return self.number


def test_a_secret_that_cannot_be_reached_is_refused(monkeypatch):
    monkeypatch.setattr(apps, "get_models", lambda: [Stray])
    with pytest.raises(LookupError, match="Stray"):
        key_rotation.holders()


@pytest.mark.django_db
def test_a_page_kept_over_the_login_with_a_key_that_is_gone_is_forgotten(keys, client):
    application = make_application(Stage.DRAFT)
    url = reverse("applications:section", args=[application.pk, "unit"])
    client.force_login(application.edited_by)
    editor = client.get(url).context["editor"]
    client.logout()
    client.post(url, {"editor": editor, "principal": "另一位"})
    assert KEY in client.session
    keys(BOTH)
    rotate()
    keys(ALONE)
    kept = client.session[KEY]
    client.force_login(application.edited_by)
    session = client.session
    session[KEY] = kept
    session.save()
    assert client.get(url).status_code == 200
    assert KEY not in client.session
    application.refresh_from_db()
    assert application.principal == "负责某"
