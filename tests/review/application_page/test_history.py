"""What each role reads of each kind of event: on the page, the timeline, the applicant's page."""

import datetime

import pytest

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.versions.applicant_view import public_history
from applications.workflow.events import KINDS, Audience, EventKind, Topic, record
from review.application_page.history import readable_events
from review.application_page.timeline import entries_for
from tests.factories import make_application, make_user

pytestmark = pytest.mark.django_db

READERS = (Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE)
# What moves nothing, and who did it → what the recommending unit, the office, an expert, the bureau
# and the finance bureau read of it once the panel has concluded: the note, too (+), that it
# happened (o) or nothing (-).
READ = {
    ("copy", Role.APPLICANT): "-----",
    ("import_word", Role.APPLICANT): "-----",
    ("print", Role.APPLICANT): "-----",
    ("rename_file", Role.APPLICANT): "-+---",
    ("replace_file", Role.APPLICANT): "-+---",
    ("remove_file", Role.APPLICANT): "-+---",
    ("sort_files", Role.APPLICANT): "-+---",
    ("unsort_files", Role.APPLICANT): "-+---",
    # Its note may name a file that is hidden from experts.
    ("verify", Role.RECOMMENDER): "++o++",
    ("rank", Role.RECOMMENDER): "++-++",
    ("correct_unit", Role.OFFICE): "+++++",
    ("qualification", Role.OFFICE): "o+o++",
    ("assign", Role.OFFICE): "o+o++",
    ("recuse", Role.OFFICE): "-+o+-",
    ("recuse", Role.EXPERT): "-+++-",
    ("step_in", Role.OFFICE): "-+o+-",
    ("step_in", Role.EXPERT): "-+++-",
    ("replace_expert", Role.OFFICE): "-+o+-",
    ("score", Role.EXPERT): "-+++-",
    ("reopen_score", Role.EXPERT): "-+++-",
    ("plan_inspection", Role.OFFICE): "+++++",
    ("cancel_inspection", Role.OFFICE): "+++++",
    ("inspection", Role.OFFICE): "o+o++",
    ("publish", Role.OFFICE): "+++++",
    ("objection", Role.OFFICE): "-+-++",
    ("correct_result", Role.OFFICE): "o+o++",
    ("reveal", Role.RECOMMENDER): "++-+-",
    ("reveal", Role.OFFICE): "-+-+-",
    ("reveal", Role.BUREAU): "-+-+-",
    ("reveal", Role.FINANCE): "-+-++",
    ("agree_to_undo", Role.RECOMMENDER): "++o++",
    ("agree_to_undo", Role.EXPERT): "-++++",
    ("agree_to_undo", Role.BUREAU): "o+o++",
    ("agree_to_undo", Role.FINANCE): "o+o++",
}
# Of what names experts, another expert learns nothing while the panel is at work.
AT_WORK = {
    key: marks[:2] + "-" + marks[3:]
    for key, marks in READ.items()
    if KINDS[key[0]].audience.name == "PANEL" or key == ("agree_to_undo", Role.EXPERT)
}


@pytest.fixture
def application(people):
    """Submitted twice, at the panel, with an event of every kind that moves nothing."""
    application = make_application(Stage.PANEL, people)
    first = application.submissions.get()
    at = first.submitted_at + datetime.timedelta(microseconds=1)
    application.submissions.create(
        version=2,
        content=first.content,
        fingerprint=first.fingerprint,
        submitted_by=people.applicant,
        submitted_at=at + datetime.timedelta(days=1),
    )
    for name, role in READ:
        data = {"total": "90"} if name == "reopen_score" else None
        record(application, people.of(role), KINDS[name], f"{name}，{role}", data=data, at=at)
    return application


def marks(events, written):
    """Return "+", "o" or "-" for each (kind, role) of `written`."""
    by_key = {(event.action, event.role): event for event in events if not event.to_stage}
    return {key: "-" if key not in by_key else "+" if by_key[key].note else "o" for key in written}


def read_by(user, application, written):
    fresh = Application.objects.get(pk=application.pk)
    events, submissions = list(fresh.events.all()), list(fresh.submissions.all())
    return marks(readable_events(user, fresh, events, submissions), written)


@pytest.mark.parametrize(("stage", "expected"), [("INSPECTING", READ), ("PANEL", READ | AT_WORK)])
def test_each_role_reads_of_each_kind_what_it_may(people, application, stage, expected):
    Application.objects.filter(pk=application.pk).update(stage=stage)
    other = people.panel.experts.exclude(pk=people.expert.pk).first()
    users = [other if role == Role.EXPERT else people.of(role) for role in READERS]
    columns = [read_by(user, application, READ) for user in users]
    assert {key: "".join(column[key] for column in columns) for key in READ} == expected


def test_every_kind_that_moves_nothing_is_asked_for():
    assert {name for name, _ in READ} == {
        name for name, kind in KINDS.items() if kind.topic is not Topic.STAGE
    }


def test_experts_read_what_they_did_and_nobody_the_revealing_of_a_colleague(people, application):
    own = {key: "+" for key in READ if key[1] == Role.EXPERT}
    assert read_by(people.expert, application, own) == own
    for role in (Role.RECOMMENDER, Role.FINANCE):
        other = make_user(role, recommending_unit=people.of(role).recommending_unit)
        assert read_by(other, application, [("reveal", role)]) == {("reveal", role): "-"}


def test_the_timeline_tells_the_same_under_its_topics(people, application):
    Application.objects.filter(pk=application.pk).update(stage=Stage.INSPECTING)
    for role in READERS:
        fresh = Application.objects.get(pk=application.pk)
        told = {entry.text: entry.topic for entry in entries_for(people.of(role), fresh)}
        fresh = Application.objects.get(pk=application.pk)
        events, submissions = list(fresh.events.all()), list(fresh.submissions.all())
        for event in readable_events(people.of(role), fresh, events, submissions):
            if event.note and not event.to_stage:
                is_file = event.action.endswith(("_file", "_files"))
                assert told[event.note] == (Topic.FILES if is_file else Topic.REVIEW)


def test_the_applicant_is_told_of_the_papers_and_of_moves_alone(application):
    lines = public_history(application, list(application.events.all()))
    told = [line["what"] for line in lines if line["note"] and "，APPLICANT" in line["note"]]
    assert told == ["打印盖章稿", "导入 Word", "复制以前的申报"]
    words = "".join(line["what"] + line["who"] + line["note"] for line in lines)
    assert not any(f"{name}，{role}" in words for name, role in READ if role != Role.APPLICANT)


def test_what_no_kind_is_known_of_is_shown_to_nobody(people, application):
    """As an old row could be that the table has lost."""
    lines = public_history(application, list(application.events.all()))
    unknown = EventKind("unheard_of", "不明事项", Audience.EVERYBODY)
    record(application, people.office, unknown)
    record(application, people.office, unknown, from_stage=Stage.PANEL, to_stage=Stage.PANEL)
    for role in READERS:
        fresh = Application.objects.get(pk=application.pk)
        events, submissions = list(fresh.events.all()), list(fresh.submissions.all())
        read = readable_events(people.of(role), fresh, events, submissions)
        assert "不明事项" not in {event.label for event in read}
        assert "不明事项" not in {entry.title for entry in entries_for(people.of(role), fresh)}
    assert public_history(fresh, list(fresh.events.all())) == lines
