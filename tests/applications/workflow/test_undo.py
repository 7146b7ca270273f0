"""A step that was undone: who is told, what the applicant never learns, which dates stand."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.models import Application
from applications.records import standing_moves
from applications.rounds import Round
from applications.stages import Stage, steps_of
from applications.versions.applicant_view import public_history, public_steps
from applications.versions.corrections import returns_of
from applications.workflow.perform import perform
from applications.workflow.undo import last_step
from tests import factories
from tests.factories import (
    actor_of,
    data_for,
    make_application,
    make_people,
    make_round,
    score,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


def undo(application, reason="登记错误"):
    factories.undo(application, reason)
    return Application.objects.select_related("round").get(pk=application.pk)


def told(application):
    """What the applicant reads of the history, oldest first."""
    application = Application.objects.select_related("round").get(pk=application.pk)
    return [
        line["what"] for line in public_history(application, list(application.events.all()))[::-1]
    ]


def rail(application):
    """The staff's rail: (label, state, whether it has a date)."""
    reached = {}
    for event in standing_moves(list(application.events.all())):
        reached.setdefault(Stage(event.to_stage), event.at)
    steps = steps_of(application.stage_enum, reached)
    return [(step["label"], step["state"], step["date"] is not None) for step in steps]


class TestTheApplicant:
    @pytest.mark.parametrize(
        ("ways", "after"),
        [
            (("conclude_against",), ("conclude_for", "pass_inspection", "clear", "approve")),
            (("conclude_for", "fail_inspection"), ("pass_inspection", "clear", "approve")),
            (("conclude_for", "pass_inspection", "clear", "reject"), ("approve",)),
        ],
    )
    def test_never_learns_a_result_that_was_undone(self, client, people, ways, after):
        application = make_application(Stage.PANEL, people)
        for name in ways:
            application = take(application, name, people)
        assert application.stage == Stage.NOT_SELECTED
        application = undo(application, "误判未入选")
        application.score_sheets.all().delete()
        if hasattr(application, "inspection"):
            application.inspection.delete()
        for name in (*after, "countersign"):
            application = take(Application.objects.get(pk=application.pk), name, people)
        Round.objects.update(results_published_at=timezone.now())
        assert told(application)[-1] == "入选"
        assert "未入选" not in "".join(told(application))
        client.force_login(people.applicant)
        for name in ("overview", "read", "receipt"):
            content = client.get(reverse(f"applications:{name}", args=[application.pk])).content
            assert "未入选" not in content.decode()
            assert "误判" not in content.decode()

    def test_the_rail_has_the_date_of_the_result_that_stands(self, people):
        application = undo(make_application(Stage.NOT_SELECTED, people))
        application.score_sheets.all().delete()
        for name in ("conclude_for", "pass_inspection", "clear", "reject"):
            application = take(Application.objects.get(pk=application.pk), name, people)
        Round.objects.update(results_published_at=timezone.now())
        application = Application.objects.select_related("round").get(pk=application.pk)
        events = list(application.events.all())
        last = public_steps(application, events)[-1]
        assert last["date"] == next(each.at for each in events if each.action == "clear")

    def test_reads_what_was_told_and_that_it_was_corrected(self, people):
        application = undo(make_application(Stage.DISQUALIFIED, people))
        assert told(application)[-2:] == ["资格审查不通过", "更正为“资格审查”"]

    def test_of_a_return_that_was_undone_nothing_is_left_to_correct(self, client, people):
        application = make_application(Stage.RECOMMENDING, people)
        perform(application, "return", people.recommender, **data_for("return"))
        application = undo(Application.objects.get(pk=application.pk))
        assert returns_of(application) == []
        assert told(application)[-2:] == ["退回修改", "更正为“推荐单位审核”"]
        application = take(application, "withdraw", people)
        client.force_login(people.applicant)
        page = reverse("applications:answers", args=[application.pk])
        assert client.get(page).status_code == 302  # there is nothing to answer


class TestTheRail:
    def test_dates_of_undone_stages_vanish(self, people):
        application = make_application(Stage.PANEL, people)
        assert ("专家评审", "now", True) in rail(application)
        application = undo(application)
        assert ("资格审查", "now", True) in rail(application)
        assert ("专家评审", "next", False) in rail(application)

    def test_an_ended_application_that_comes_back_goes_on(self, people):
        application = undo(make_application(Stage.NOT_SELECTED, people))
        assert [state for _, state, _ in rail(application)] == ["done"] * 3 + ["now"] + ["next"] * 3

    def test_a_resubmission_starts_where_it_stands(self, people):
        application = make_application(Stage.QUALIFYING, people)
        perform(application, "return", people.office, **data_for("return"))
        application = take(Application.objects.get(pk=application.pk), "submit", people)
        assert [state for _, state, _ in rail(application)] == ["done", "now"] + ["next"] * 5


def test_points_given_for_an_earlier_version_are_drafts_again(people):
    """Experts score what they have read: what is changed after an undoing is scored anew."""
    application = make_application(Stage.PANEL, people)
    score(application, people.panel)
    application = undo(application)
    perform(application, "return", people.office, **data_for("return"))
    sheet = application.score_sheets.get()
    assert sheet.submitted_at
    take(Application.objects.get(pk=application.pk), "submit", people)
    sheet.refresh_from_db()
    assert (sheet.submitted_at, sheet.total) == (None, None)
    assert sheet.scores.filter(points__isnull=False).exists()
    assert Application.objects.get(pk=application.pk).panel_assignment.mean is None


@pytest.mark.django_db(transaction=True)
class TestLetters:
    """An undoing is told to whoever was told of the step, and to nobody else."""

    @pytest.mark.parametrize(
        ("stage", "subjects"),
        [
            (Stage.RETURNED, {"阶段更正为推荐单位审核"}),
            (Stage.RECOMMENDED, {"阶段更正为推荐单位审核"}),
            (Stage.DISQUALIFIED, {"阶段更正为资格审查"}),
            (Stage.PANEL, {"阶段更正为资格审查"}),
            (Stage.PUBLICITY, {"阶段更正为评审中"}),
            (Stage.APPROVING, {"阶段更正为公示"}),
            (Stage.INSPECTING, set()),
            (Stage.COUNTERSIGNING, set()),
            (Stage.AWARDED, set()),
            (Stage.NOT_SELECTED, set()),
        ],
    )
    def test_tell_the_unit_and_its_recommending_unit(self, people, stage, subjects):
        application = make_application(stage, people)
        mail.outbox.clear()
        undone = last_step(application)
        undo(application, "内部理由")
        # Whose work it is again is told besides: tests/applications/notify/test_notifications.py.
        corrections = [each for each in mail.outbox if "项申报等待" not in each.subject]
        letters = {letter.to[0]: letter.subject.split("：")[-1] for letter in corrections}
        assert set(letters.values()) == subjects
        if subjects:
            unit = people.recommender.recommending_unit
            assert set(letters) == {
                people.applicant.email,
                *unit.users.values_list("email", flat=True),
            }
        assert not any("内部理由" in letter.body for letter in mail.outbox)
        authority = {"RECOMMENDER": "推荐单位"}.get(undone.role, "评审办公室")
        assert all(f"已由{authority}撤销" in letter.body for letter in corrections)

    def test_what_told_nobody_is_undone_silently(self, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        perform(application, "send_back", people.finance, **data_for("send_back"))
        mail.outbox.clear()
        undo(Application.objects.get(pk=application.pk))
        # But for those at whom it arrives again: everybody there, so whoever undid it, too.
        finance = User.objects.filter(role=Role.FINANCE).values_list("email", flat=True)
        assert len(finance) == 2
        assert sorted(letter.to for letter in mail.outbox) == sorted([each] for each in finance)

    def test_the_step_taken_again_is_told_again(self, people):
        application = undo(make_application(Stage.PUBLICITY, people))
        mail.outbox.clear()
        perform(application, "pass_inspection", actor_of(application, "pass_inspection", people))
        assert [letter.subject.split("：")[-1] for letter in mail.outbox] == ["公示"]
