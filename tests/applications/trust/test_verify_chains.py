"""verify: whoever rewrites the record by raw SQL, as an owner of the database could, is found."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.chains import follow, protect, unprotect
from accounts.roles import Role
from applications.models import Application, Event, Opinion, Submission
from applications.stages import Stage
from applications.trust.verify_chains import Finding, Heads, heads_of, verify
from applications.workflow.events import ENTER_OBJECTION, START, record
from applications.workflow.perform import perform
from tests.factories import data_for, make_application, make_people, make_round, make_user, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    """One of two applications with half a dozen events and more; the other stays as it is."""
    make_application(Stage.RECOMMENDED, people)
    found = make_application(Stage.PANEL, people)
    assert found.events.count() >= 5
    assert verify().findings == []
    return found


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def as_owner(*models):
    """What only the owner of the database can do: the triggers are off meanwhile."""
    connection.check_constraints()  # PostgreSQL changes no table that a check still waits for
    for model in models:
        unprotect(connection, model)
    yield
    connection.check_constraints()
    for model in models:
        protect(connection, model)


def place(key, sequence, to):
    sql(
        "UPDATE applications_event SET sequence = %s WHERE application_id = %s AND sequence = %s",
        to,
        key,
        sequence,
    )


def seal_anew(event, last):
    """Compute what belongs to an event's place, as somebody who knows how would."""
    follow(event, last, Event.SEALED)
    Event.objects.filter(pk=event.pk).update(
        sequence=event.sequence, previous=event.previous, digest=event.digest
    )
    return event.sequence, event.digest


# --- What somebody may do; each takes the key and the number of events, and returns what is told --


def change(key, count):
    sql("UPDATE applications_event SET note = 'x' WHERE application_id = %s AND sequence = 3", key)
    return 3, "已被改动"


def change_the_time(key, count):
    event = Event.objects.get(application=key, sequence=2)
    Event.objects.filter(pk=event.pk).update(at=event.at.replace(microsecond=1))
    return 2, "已被改动"


def change_data(key, count):
    Event.objects.filter(application=key, action="submit").update(data={})
    return Event.objects.get(application=key, action="submit").sequence, "已被改动"


def change_and_seal(key, count):
    before, event = Event.objects.filter(application=key).order_by("sequence")[1:3]
    event.note = "改写后的意见"
    Event.objects.filter(pk=event.pk).update(note=event.note)
    seal_anew(event, (before.sequence, before.digest))
    return 4, "不相接"


def remove(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s AND sequence = 3", key)
    return 3, "缺少第 3 条"


def remove_several(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s AND sequence IN (2, 3)", key)
    return 2, "缺少第 2 条至第 3 条"


def remove_the_first(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s AND sequence = 1", key)
    return 1, "缺少第 1 条"


def remove_and_close_the_gap(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s AND sequence = 3", key)
    for sequence in range(4, count + 1):
        place(key, sequence, sequence - 1)
    return 3, "已被改动"


def remove_the_last_move(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s AND sequence = %s", key, count)
    return 0, "最后一步到的是“资格审查”"


def insert(key, count):
    """A forged event, sealed as it should be, with the later ones moved up."""
    for sequence in range(count, 2, -1):
        place(key, sequence, sequence + 1)
    before = Event.objects.get(application=key, sequence=2)
    forged = Event.objects.get(application=key, sequence=2)
    forged.pk, forged._state.adding, forged.note = None, True, "伪造"
    forged.follow((before.sequence, before.digest))
    forged.save()
    return 4, "已被改动"


def swap(key, count):
    for sequence, to in ((3, 1000), (4, 3), (1000, 4)):
        place(key, sequence, to)
    return 3, "已被改动"


def swap_contents(key, count):
    third, fourth = Event.objects.filter(application=key, sequence__in=[3, 4]).order_by("sequence")
    names = [each for each in Event.SEALED if each not in {"sequence", "application_id"}]
    rows = [{name: getattr(each, name) for name in names} for each in (third, fourth)]
    digests = third.digest, fourth.digest
    Event.objects.filter(pk=third.pk).update(**rows[1], digest=digests[1])
    Event.objects.filter(pk=fourth.pk).update(**rows[0], digest=digests[0])
    return 3, "已被改动"


def move_the_stage(key, count):
    Application.objects.filter(pk=key).update(stage=Stage.PUBLICITY)
    return 0, "当前阶段为“公示”，而最后一步到的是“专家评审”"


def remove_all_events(key, count):
    sql("DELETE FROM applications_event WHERE application_id = %s", key)
    return 1, "已不是填报中，却没有任何事件"


@pytest.mark.parametrize(
    "rewrite",
    [
        change,
        change_the_time,
        change_data,
        change_and_seal,
        remove,
        remove_several,
        remove_the_first,
        remove_and_close_the_gap,
        remove_the_last_move,
        insert,
        swap,
        swap_contents,
        move_the_stage,
        remove_all_events,
    ],
)
def test_a_rewritten_record_is_named_with_its_first_broken_event(application, rewrite):
    with as_owner(Event):
        sequence, words = rewrite(application.pk, application.events.count())
    first = verify().findings[0]
    assert (first.about, first.sequence) == (application.number, sequence)
    assert words in first.problem
    assert {each.about for each in verify().findings} == {application.number}


def test_of_each_rewritten_application_the_first_broken_event_is_named(people):
    made = [make_application(Stage.QUALIFYING, people) for _ in range(3)]
    with as_owner(Event):
        change(made[0].pk, 0)
        remove(made[2].pk, 0)
    found = [(each.about, each.sequence) for each in verify().findings if each.sequence]
    assert found == [(made[0].number, 3), (made[2].number, 3)]


# --- Heads exported earlier ---


def exported(people):
    heads = Heads()
    heads.add(heads_of(people.panel.round))
    return heads


def test_exported_heads_are_found_again_however_far_the_chains_have_grown(people, application):
    heads = exported(people)
    take(application, "conclude_for", people)
    log_entry(AuditEntry.Kind.SETTINGS, user=people.office)
    assert verify(heads).findings == []


def test_whoever_computes_all_later_digests_anew_no_longer_meets_the_exported_head(
    people, application
):
    heads = exported(people)
    with as_owner(Event):
        last = None
        for event in application.events.order_by("sequence"):
            if event.sequence == 3:
                event.note = "改写后的意见"
                Event.objects.filter(pk=event.pk).update(note=event.note)
            last = seal_anew(event, last)
    count = application.events.count()
    assert not [each for each in verify().findings if each.sequence]
    assert (application.number, count) in {
        (each.about, each.sequence) for each in verify(heads).findings
    }


def test_a_tail_that_is_gone_is_missed(people, application):
    note = record(application, people.office, ENTER_OBJECTION)  # moves nothing
    heads = exported(people)
    with as_owner(Event):
        sql("DELETE FROM applications_event WHERE id = %s", note.pk)
    assert verify().findings == []
    assert verify(heads).findings == [
        Finding(
            application.number,
            note.sequence,
            f"缺少末尾的记录：导出时有 {note.sequence} 条，现有 {note.sequence - 1} 条",
        )
    ]


def test_an_application_that_is_gone_is_missed(people):
    application = make_application(Stage.DRAFT, people)
    record(application, people.applicant, START, to_stage=Stage.DRAFT)
    heads = exported(people)
    with as_owner(Event):
        for table in ("award", "studiomember", "evidence", "event", "searchtext"):
            sql(f"DELETE FROM applications_{table} WHERE application_id = %s", application.pk)
        sql("DELETE FROM applications_application WHERE id = %s", application.pk)
    (found,) = verify(heads).findings
    assert (found.about, found.sequence) == (f"未编号申报 {application.pk}", 1)
    assert "全部事件已不存在" in found.problem


@pytest.mark.parametrize("content", [{}, [], {"format": 2}, {"format": 1, "applications": [1]}])
def test_what_is_no_export_is_refused(content):
    with pytest.raises(ValueError, match=r".+"):
        Heads().add(content)


# --- The log ---


def test_a_rewritten_log_is_found(people):
    for _ in range(3):
        log_entry(AuditEntry.Kind.DOWNLOAD, user=people.office, subject="附件2")
        log_entry(AuditEntry.Kind.LOGIN_FAILED)
    heads = exported(people)
    assert verify(heads).findings == []
    with as_owner(AuditEntry):
        lines = AuditEntry.objects.filter(user=people.office).order_by("sequence")
        sql("UPDATE accounts_auditentry SET subject = 'x' WHERE id = %s", lines[1].pk)
        sql("DELETE FROM accounts_auditentry WHERE user_id IS NULL AND sequence = 3")
    found = {(each.about, each.sequence) for each in verify(heads).findings}
    assert found == {(f"操作日志（账号 {people.office.pk}）", 2), ("操作日志（无账号）", 3)}


# --- What the events vouch for ---


def submission_of(application):
    return Submission.objects.get(application=application)


def rewrite_content(submission):
    fields = {**submission.content["fields"], "lead_name": "另一人"}
    return {"content": {**submission.content, "fields": fields}}


def rewrite_files(submission):
    rows = [{**each, "sha256": "0" * 64} for each in submission.content["evidence"]]
    return {"content": {**submission.content, "evidence": rows}}


def rewrite_fingerprint(submission):
    return {"fingerprint": "0" * 64}


def spoil(submission):
    fields = {**submission.content["fields"], "lead_id_number": "sm4:AAAA"}
    return {"content": {**submission.content, "fields": fields}}


@pytest.mark.parametrize("rewrite", [rewrite_content, rewrite_files, rewrite_fingerprint, spoil])
def test_a_rewritten_submission_is_named_with_its_event(application, rewrite):
    submission = submission_of(application)
    Submission.objects.filter(pk=submission.pk).update(**rewrite(submission))
    (found,) = verify().findings
    event = application.events.get(action="submit")
    assert (found.about, found.sequence) == (application.number, event.sequence)
    assert "第 1 版" in found.problem


def test_a_version_that_is_gone_or_was_put_in_is_found(application):
    submission = submission_of(application)
    Submission.objects.filter(pk=submission.pk).update(version=2)
    found = {each.problem for each in verify().findings}
    assert found == {"第 2 版的版本号与提交事件不符", "所提交的第 1 版已不存在"}
    Submission.objects.filter(pk=submission.pk).update(submitted_at=timezone.now())
    found = {each.problem for each in verify().findings}
    assert found == {"第 2 版没有提交事件", "所提交的第 1 版已不存在"}


def test_an_opinion_in_other_words_than_its_event_is_found(application):
    opinion = application.opinions.first()
    Opinion.objects.filter(pk=opinion.pk).update(text="另一种意见")
    (found,) = verify().findings
    assert found.about == application.number
    assert f"意见“{opinion.label}”与事件不符" in found.problem


def test_missing_triggers_are_found(application):
    connection.check_constraints()
    unprotect(connection, Event)
    (found,) = verify().findings
    assert "数据库触发器缺失或已停用" in found.problem
    protect(connection, Event)


# --- Nothing is wrong with what really happens ---


def test_every_kind_of_step_leaves_an_unbroken_chain(people):
    application = make_application(Stage.RETURNED, people)
    take(application, "extend", people, deadline=application.return_deadline.replace(year=2999))
    for name in ("submit", "redirect", "accept_redirect"):
        application = take(application, name, people)
    people.recommender = make_user(
        Role.RECOMMENDER, recommending_unit=application.recommending_unit
    )
    for name in ("recommend", "report", "send_list_back", "report", "qualify"):
        application = take(application, name, people)
    perform(application, "revert", make_user(Role.OFFICE), **data_for("revert"))
    others = make_people(people.panel.round)
    at_the_end = (Stage.CLOSED, Stage.LAPSED)  # of the round, whose deadlines are past then
    for stage in (*(each for each in Stage if each not in at_the_end), *at_the_end):
        make_application(stage, others)
    result = verify()
    assert result.findings == []
    assert result.counts["申报"] == Application.objects.exclude(stage=Stage.DRAFT).count()
    assert result.counts["事件"] == Event.objects.count()
    assert result.counts["提交版本"] == Submission.objects.count()
