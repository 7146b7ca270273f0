"""Many applications at once: the preview, what is refused, and what a second sending does."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Event, Opinion
from applications.notify.inbox import Message
from applications.notify.notifications import about_arrivals
from applications.records import Submission
from applications.stages import Stage
from applications.workflow.perform import perform
from applications.workflow.table import TABLE, TRANSITIONS
from review.qualification.models import QualificationCheck
from review.shared.bulk_actions import MOST, actions_of
from tests.factories import data_for, make_application, make_people, make_user, prepare
from tests.review.queue.test_queue import copies

pytestmark = pytest.mark.django_db
TODAY = {"signatory": "签署某", "signed_on": f"{timezone.localdate()}"}


def address(name):
    return reverse("review:bulk", args=[name])


def sent(applications, **typed):
    """What a preview of these applications sends."""
    typed["pk"] = [each.pk for each in applications]
    return typed | {f"revision-{each.pk}": each.revision for each in applications}


def names(pairs):
    return [application.lead_name for application, _ in pairs]


@pytest.fixture
def three(people):
    """Two applications ready to be qualified, and one that is not judged yet."""
    made = [
        make_application(
            Stage.QUALIFYING,
            people if name == "甲某" else make_people(people.panel.round),
            lead_name=name,
        )
        for name in ("甲某", "乙某", "丙某")
    ]
    for each in made[:2]:
        prepare(each, "qualify", people)
    return made


class TestWhoIsTold:
    """One message for each person and act, however many it brings."""

    def told(self, user):
        return list(
            Message.objects.filter(recipient=user, kind=Message.Kind.ARRIVED)
            .order_by("pk")
            .values_list("subject", flat=True)
        )

    def test_the_bureau_and_the_finance_bureau_once_for_all(self, client, people, mailoutbox):
        made = [make_application(Stage.APPROVING, people) for _ in range(3)]
        Message.objects.all().delete()
        mailoutbox.clear()
        client.force_login(people.bureau)
        typed = {**TODAY, "text": "同意。", "document_number": "武人社发〔2026〕1号"}
        typed["document_date"] = TODAY["signed_on"]
        assert client.post(address("approve"), sent(made, **typed)).status_code == 302
        assert self.told(people.finance) == ["有 3 项申报等待会签"]
        [letter] = [each for each in mailoutbox if each.to == [people.finance.email]]
        for each in made:
            assert letter.body.count(each.number) == 1
            each.refresh_from_db()
        client.force_login(people.finance)
        typed = sent(made, **TODAY, reason="请核对文号。")
        assert client.post(address("send_back"), typed).status_code == 302
        assert self.told(people.bureau) == ["有 3 项申报等待审定"]

    def test_each_expert_once_for_the_own_panels(self, client, people, three, mailoutbox):
        first, second, _ = three
        other = make_people(people.panel.round)
        both = make_user(Role.EXPERT)
        for panel in (people.panel, other.panel):
            panel.experts.add(both)
        second.panel_assignment.panel = other.panel
        second.panel_assignment.save()
        mailoutbox.clear()
        client.force_login(people.office)
        assert client.post(address("qualify"), sent([first, second])).status_code == 302
        assert self.told(people.expert) == ["有 1 项申报等待您评审"]
        assert self.told(other.expert) == ["有 1 项申报等待您评审"]
        assert self.told(both) == ["有 2 项申报等待您评审"]
        urls = [Message.objects.get(recipient=user).url for user in (people.expert, both)]
        assert urls == [
            reverse("review:panel_desk", args=[people.panel.pk]),
            reverse("review:desks"),
        ]
        assert sum(each.to == [both.email] for each in mailoutbox) == 1
        # Applicants are told of their own, each.
        assert sum("资格审查通过" in each.subject for each in mailoutbox) == 2

    def test_what_a_stopped_server_left_untold_is_made_up_for_in_one(self, people):
        made = [make_application(Stage.APPROVING, people) for _ in range(2)]
        Message.objects.all().delete()
        for each in made:
            perform(each, "approve", people.bureau, batch="b" * 32, **data_for("approve"))
        assert self.told(people.finance) == []
        for _ in range(2):
            with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
                call_command("notify")
        assert self.told(people.finance) == ["有 2 项申报等待会签"]

    def test_costs_the_same_however_many_arrive(self, people):
        counted = []
        for number in (1, 3):
            made = [make_application(Stage.PANEL, people) for _ in range(number)]
            moves = list(Event.objects.filter(application__in=made, action="qualify"))
            with CaptureQueriesContext(connection) as queries:
                assert about_arrivals(moves)
            counted.append(len(queries))
        assert counted[0] == counted[1]


class TestWhoMayDoWhat:
    def test_the_table_says_what_may_be_done_with_many(self):
        in_bulk = {rule.name for rule in TABLE if rule.in_bulk}
        assert in_bulk == {"qualify", "clear", "approve", "reject", "countersign", "send_back"}
        # A reason that is one application's own is written for it alone.
        assert not TRANSITIONS["disqualify"].in_bulk

    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            (Role.OFFICE, ["assign", "qualify", "clear"]),
            (Role.BUREAU, ["approve", "reject"]),
            (Role.FINANCE, ["countersign", "send_back"]),
            (Role.RECOMMENDER, []),
            (Role.EXPERT, []),
        ],
    )
    def test_each_role_is_offered_its_own(self, log_in, role, expected):
        assert [name for name, _ in actions_of(role)] == expected
        client = log_in(role)
        for name in ("qualify", "approve", "countersign"):
            asked = client.get(address(name), {"pk": "1"}).status_code
            assert asked == (302 if name in expected else 404)

    def test_a_row_of_the_table_that_is_not_for_many_is_not_found(self, log_in):
        assert log_in(Role.OFFICE).get(address("disqualify"), {"pk": 1}).status_code == 404
        assert log_in(Role.OFFICE).get(address("nonsense"), {"pk": 1}).status_code == 404


class TestSelecting:
    """Without a script: a page of rows, or all that the filter finds."""

    def content(self, client, query=""):
        return client.get(f"/review/{query}").content.decode()

    def test_ticks_the_page(self, log_in, people):
        copies(make_application(Stage.APPROVING, people), 29)
        client = log_in(Role.BUREAU)
        assert self.content(client).count(' form="bulk" checked') == 0
        assert self.content(client, "?select=page").count(' form="bulk" checked') == 25

    def test_or_takes_the_filter_along(self, log_in, people):
        copies(make_application(Stage.APPROVING, people, lead_name="甲某"), 29)
        client = log_in(Role.BUREAU)
        assert "选择全部 30 项" in self.content(client, "?q=甲")
        content = self.content(client, "?q=甲&select=all")
        assert "已选择筛选出的全部 30 项" in content
        assert 'name="filter" value="q=%E7%94%B2"' in content

    @pytest.mark.parametrize(("copied", "offered"), [(0, False), (99, True), (100, False)])
    def test_all_are_no_more_than_may_be_done_at_once(self, log_in, people, copied, offered):
        copies(make_application(Stage.APPROVING, people), copied)
        assert ("选择全部" in self.content(log_in(Role.BUREAU))) is offered

    @pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.EXPERT])
    def test_roles_without_such_actions_have_no_boxes(self, log_in, people, role):
        make_application(Stage.PANEL, people)
        assert 'form="bulk"' not in self.content(log_in(role), "?stage=all")


class TestPreview:
    def test_lists_who_is_affected_and_who_is_refused_and_why(self, log_in, three):
        response = log_in(Role.OFFICE).get(address("qualify"), {"pk": [e.pk for e in three]})
        assert [each.lead_name for each in response.context["movable"]] == ["甲某", "乙某"]
        refused = response.context["refused"]
        assert names(refused) == ["丙某"]
        assert "资格审查还有 5 项没有结论。" in response.content.decode()
        assert not Opinion.objects.filter(transition="qualify").exists()

    @pytest.mark.parametrize("copied", [0, 29])
    @pytest.mark.parametrize(
        ("role", "stage", "name", "queries"),
        [
            (Role.OFFICE, Stage.QUALIFYING, "qualify", 6),
            (Role.OFFICE, Stage.PUBLICITY, "clear", 7),
            (Role.OFFICE, Stage.APPROVING, "qualify", 5),
            (Role.BUREAU, Stage.APPROVING, "approve", 5),
            (Role.FINANCE, Stage.COUNTERSIGNING, "countersign", 5),
        ],
    )
    def test_costs_the_same_for_1_and_30(
        self, log_in, people, django_assert_num_queries, role, stage, name, queries, copied
    ):
        application = make_application(stage, people)
        if stage == Stage.QUALIFYING:
            prepare(application, "qualify", people)
        made = copies(application, copied)
        content = application.submissions.get().content
        Submission.objects.bulk_create(
            Submission(application=each, version=1, content=content, submitted_by=people.applicant)
            for each in made
        )
        QualificationCheck.objects.bulk_create(
            QualificationCheck(application=each, code="lead_level", result="MET") for each in made
        )
        Event.objects.bulk_create(
            Event(
                application=each,
                user=people.office,
                role=Role.OFFICE,
                action="clear",
                from_stage=Stage.PUBLICITY,
                to_stage=Stage.APPROVING,
                sequence=1,
            )
            for each in made
        )
        client = log_in(role)
        with django_assert_num_queries(queries):
            response = client.get(address(name), {"pk": [application.pk, *(e.pk for e in made)]})
        shown = response.context["movable"] + response.context["refused"]
        assert len(shown) == 1 + copied

    def test_takes_all_that_a_filter_finds(self, log_in, people):
        application = make_application(Stage.APPROVING, people, lead_name="甲某")
        copies(application, 30, lead_name="乙某")
        response = log_in(Role.BUREAU).get(address("approve"), {"filter": "q=乙"})
        assert len(response.context["movable"]) == 30

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({}, "请先勾选要办理的申报。"),
            ({"pk": ["x", "-1"]}, "请先勾选要办理的申报。"),
            ({"pk": ["999999"]}, "没有找到所选的申报"),
            ({"pk": [str(n) for n in range(1, MOST + 2)]}, "一次最多办理 100 项"),
        ],
    )
    def test_nothing_or_too_much_is_said_so(self, log_in, asked, sentence):
        response = log_in(Role.BUREAU).get(address("approve"), asked, follow=True)
        assert sentence in response.content.decode()

    def test_shows_nothing_that_is_out_of_sight(self, log_in, people):
        draft = make_application(Stage.DRAFT, people)
        hidden = make_application(Stage.QUALIFYING, make_people(people.panel.round))
        response = log_in(Role.FINANCE).get(
            address("countersign"), {"pk": [draft.pk, hidden.pk]}, follow=True
        )
        assert "没有找到所选的申报" in response.content.decode()


class TestCarryingOut:
    def test_each_goes_through_the_workflow_with_the_common_words(self, log_in, people):
        made = [
            make_application(Stage.APPROVING, each)
            for each in (people, make_people(people.panel.round))
        ]
        typed = {
            "text": "同意。",
            **TODAY,
        }
        response = log_in(Role.BUREAU).post(address("approve"), sent(made, **typed), follow=True)
        assert "已对 2 项申报办理“同意”。" in response.content.decode()
        for each in made:
            each.refresh_from_db()
            assert each.stage == Stage.COUNTERSIGNING
            assert each.opinions.get(transition="approve").signatory == "签署某"

    def test_what_moved_meanwhile_is_refused_and_the_rest_is_done(self, log_in, people, three):
        typed = sent(three)
        prepare(three[2], "qualify", people)
        QualificationCheck.objects.filter(application=three[1]).update(result="NOT_MET")
        response = log_in(Role.OFFICE).post(address("qualify"), typed)
        assert response.status_code == 200
        content = response.content.decode()
        assert "已办理 2 项，未办理 1 项" in content
        assert "有不符合的资格条件，不能通过。" in content
        stages = [Application.objects.get(pk=each.pk).stage for each in three]
        assert stages == [Stage.PANEL, Stage.QUALIFYING, Stage.PANEL]

    def test_sending_the_same_page_again_decides_nothing_twice(self, log_in, three):
        client, typed = log_in(Role.OFFICE), sent(three[:2])
        client.post(address("qualify"), typed)
        events = Event.objects.count()
        response = client.post(address("qualify"), typed)
        assert response.status_code == 409
        assert "已办理 0 项，未办理 2 项" in response.content.decode()
        assert Event.objects.count() == events

    def test_a_page_without_revisions_decides_nothing(self, log_in, three):
        response = log_in(Role.OFFICE).post(address("qualify"), {"pk": [three[0].pk]})
        assert response.status_code == 409

    def test_missing_words_keep_the_selection_and_what_was_typed(self, log_in, people):
        made = [make_application(Stage.APPROVING, people)]
        response = log_in(Role.BUREAU).post(
            address("reject"), sent(made, reason="", signatory="局长某", signed_on="2026-05-06")
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "请填写理由。" in content
        assert "局长某" in content
        assert response.context["movable"] == made


class TestAssigning:
    URL = "/review/bulk/assign/"

    def test_leads_on_to_the_proposal_with_what_waits_for_a_panel(self, log_in, people, three):
        later = make_application(Stage.INSPECTING, make_people(people.panel.round))
        client = log_in(Role.OFFICE)
        chosen = [each.pk for each in (*three, later)]
        response = client.get(self.URL, {"pk": chosen}, follow=True)
        assert [row["application"] for row in response.context["rows"]] == three
        assert "有 1 项不在资格审查阶段" in response.content.decode()
        response = client.get(self.URL, {"pk": [later.pk]}, follow=True)
        assert "都不在资格审查阶段" in response.content.decode()
