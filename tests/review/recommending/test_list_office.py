"""The office's page of all lists: who has reported, who is late, sending one back."""

import datetime
import html

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.stages import Stage
from applications.workflow.recommendation_list import report_list
from review.recommending.list_models import RecommendationList
from tests.factories import make_application, make_people, make_recommending_unit, prepare, take
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
URL = "/review/lists/reported/"


def reported(people, count=2):
    """Report a list of so many; return its applications."""
    listed = [make_application(Stage.RECOMMENDED, people) for _ in range(count)]
    for each in listed:
        prepare(each, "report", people)
    report_list(RecommendationList.objects.latest("pk"), people.recommender)
    return listed


def send_back(client, saved, reason="第 2 项的工种有误。"):
    return client.post(reverse("review:list_send_back", args=[saved.pk]), {"reason": reason})


def rows_of(response):
    return {row["unit"]: row for row in response.context["rows"]}


def content_of(response):
    return html.unescape(response.content.decode())


class TestOverview:
    def test_each_unit_with_its_state_and_numbers(self, log_in, people, round_):
        reported(people)
        others = make_people(round_)
        make_application(Stage.RECOMMENDED, others)
        make_application(Stage.RECOMMENDING, others)
        silent = make_recommending_unit()
        response = log_in(Role.OFFICE).get(URL)
        rows = rows_of(response)
        own = rows[people.recommender.recommending_unit]
        assert (own["state"], own["reported"], own["waiting"]) == ("REPORTED", 2, 0)
        assert not own["is_owed"]
        late = rows[others.recommender.recommending_unit]
        assert (late["state"], late["waiting"], late["reviewing"]) == ("UNREPORTED", 1, 1)
        assert late["is_owed"]
        assert not late["is_overdue"]
        assert silent in response.context["silent"]
        page = content_of(response)
        saved = RecommendationList.objects.get()
        assert saved.stamped_scan.get_absolute_url() in page
        assert reverse("documents:annex1", args=[round_.pk]) in page
        assert reverse("review:list_send_back", args=[saved.pk]) in page

    def test_what_is_late_is_marked(self, log_in, people, round_):
        make_application(Stage.RECOMMENDED, people)
        round_.closes_at = round_.report_deadline = timezone.now() - datetime.timedelta(days=1)
        round_.save()
        assert "已逾期" in content_of(log_in(Role.OFFICE).get(URL))

    @pytest.mark.parametrize("query", ["?round=x", "?round=99999", ""])
    def test_nonsense_is_ignored(self, log_in, people, round_, query):
        make_application(Stage.RECOMMENDED, people)
        assert log_in(Role.OFFICE).get(URL + query).context["round"] == round_

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_units(
        self, log_in, people, round_, django_assert_num_queries, copied
    ):
        application = reported(people, 1)[0]
        saved = RecommendationList.objects.get()
        for number in range(copied):
            unit = make_recommending_unit()
            Application.objects.filter(pk=application.pk).update(recommending_unit=unit)
            saved.pk, saved.recommending_unit, saved._state.adding = None, unit, True
            saved.save()
            copy = Application.objects.get(pk=application.pk)
            copy.pk, copy.number, copy._state.adding = None, f"C-{number}", True
            copy.save()
        client = log_in(Role.OFFICE)
        with django_assert_num_queries(6):
            response = client.get(URL)
        assert len(response.context["rows"]) == 1 + copied - bool(copied)


class TestSendBack:
    def test_the_whole_list_goes_back_with_a_reason(self, log_in, people, round_):
        listed = reported(people)
        saved = RecommendationList.objects.get()
        client = log_in(Role.OFFICE)
        confirm = content_of(client.get(reverse("review:list_send_back", args=[saved.pk])))
        assert "2 项申报都回到待上报" in confirm
        assert send_back(client, saved).url == f"{URL}?round={round_.pk}"
        assert {each.stage for each in Application.objects.all()} == {Stage.RECOMMENDED}
        saved.refresh_from_db()
        assert saved.reported_at is None
        assert (saved.state, saved.returned_reason) == ("SENT_BACK", "第 2 项的工种有误。")
        assert saved.returned_by == people.office
        page = content_of(
            log_in(Role.RECOMMENDER).get(reverse("review:recommendation_list", args=[round_.pk]))
        )
        assert "退回整张推荐一览表" in page
        assert "理由：第 2 项的工种有误。" in page
        assert rows_of(log_in(Role.OFFICE).get(URL))[saved.recommending_unit]["state"] == (
            "SENT_BACK"
        )
        assert len(listed) == 2

    def test_its_unit_is_told_once(self, log_in, people, round_):
        reported(people)
        mail.outbox.clear()
        send_back(log_in(Role.OFFICE), RecommendationList.objects.get())
        [message] = Message.objects.filter(recipient=people.recommender, kind=Message.Kind.RETURNED)
        assert message.subject == f"{round_}推荐一览表已退回，待重新上报"
        assert message.text.count("JNDS") == 2
        assert "理由：第 2 项的工种有误。" in message.text
        assert message.url == reverse("review:recommendation_list", args=[round_.pk])

    def test_what_was_not_changed_is_reported_again_with_the_same_stamp(
        self, log_in, people, round_
    ):
        reported(people)
        round_.closes_at = round_.report_deadline = timezone.now()
        round_.save()
        send_back(log_in(Role.OFFICE), RecommendationList.objects.get())
        address = reverse("review:list_report", args=[round_.pk])
        response = log_in(Role.RECOMMENDER).post(address)
        assert response.status_code == 302
        assert {each.stage for each in Application.objects.all()} == {Stage.QUALIFYING}
        assert RecommendationList.objects.get().state == "REPORTED"

    def test_a_reason_is_asked_for(self, log_in, people):
        reported(people)
        response = send_back(log_in(Role.OFFICE), RecommendationList.objects.get(), reason=" ")
        assert response.status_code == 422
        assert "请填写理由。" in content_of(response)

    def test_not_once_a_part_of_it_is_decided(self, log_in, people):
        first, _ = reported(people)
        take(Application.objects.get(pk=first.pk), "disqualify", people)
        client = log_in(Role.OFFICE)
        response = send_back(client, RecommendationList.objects.get())
        assert response.status_code == 409
        page = content_of(response)
        assert "其中 1 项已作出资格审查决定，不能整表退回" in page
        assert "第 2 项的工种有误。" in page
        [row] = rows_of(client.get(URL)).values()
        assert "不能整表退回" in row["refused"]

    def test_not_from_the_page_of_one_application(self, log_in, people):
        application = reported(people, 1)[0]
        client = log_in(Role.OFFICE)
        address = reverse("review:decide", args=[application.pk, "send_list_back"])
        assert client.post(address, {"reason": "不"}).status_code == 404
        page = read_all_tabs(client, application)
        assert f"{URL}?round={application.round_id}" in page
        assert "到推荐一览表退回" in page


def test_the_offices_home_counts_the_lists_that_are_overdue(log_in, people, round_):
    for _ in range(2):
        make_application(Stage.RECOMMENDED, people)
    make_application(Stage.RECOMMENDED, make_people(round_))
    office = log_in(Role.OFFICE)
    assert URL not in [url for *_, url in office.get(reverse("home")).context["counts"]]
    round_.closes_at = round_.report_deadline = timezone.now()
    round_.save(update_fields=["closes_at", "report_deadline"])
    work = office.get(reverse("home")).context["counts"]
    assert (2, "逾期未上报的一览表", URL) in work
