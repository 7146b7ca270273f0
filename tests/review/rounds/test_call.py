"""A round is a draft of the office until its call is published: checked, confirmed, on record."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from review.rounds import retention
from review.rounds.call import checklist
from review.rounds.defaults import ASSUMPTION
from tests.factories import make_application, make_people, make_round, make_user
from tests.test_access import EXPECTED

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
TITLE = "明年的草稿批次"
# The office's own pages of a draft, and its preview of the public one.
OF_DRAFTS = {
    "round",
    "review:round_edit",
    "review:round_preview",
    "review:round_copy",
    "review:round_publish",
}
OF_A_ROUND = [name for name, rule in EXPECTED.items() if rule.argument == "round"]


@pytest.fixture
def draft():
    now = timezone.now()
    return make_round(
        title=TITLE,
        published_at=None,
        notice="现将有关事项通知如下。",
        document_number="虚构〔2027〕1号",
        opens_at=now - DAY,
        closes_at=now + 20 * DAY,
        report_deadline=now + 30 * DAY,
        review_deadline=now + 40 * DAY,
    )


@pytest.fixture
def office(client):
    user = make_user(Role.OFFICE, "办公室")
    client.force_login(user)
    client.user = user
    return client


def wrong(round_):
    return {each.label: each.problem for each in checklist(round_) if each.problem}


def publish(client, round_):
    page = client.get(reverse("review:round_publish", args=[round_.pk]))
    return client.post(
        reverse("review:round_publish", args=[round_.pk]), {"seen": page.context["seen"]}
    )


class TestADraft:
    @pytest.mark.parametrize("name", OF_A_ROUND)
    def test_has_no_page_for_anybody_but_the_office(self, client, draft, name):
        people = make_people(make_round())
        address = reverse(name, args=[draft.pk, *EXPECTED[name].extra])
        for role in (None, *Role.values):
            if role == Role.OFFICE and name in OF_DRAFTS:
                continue
            client.logout()
            if role:
                client.force_login(people.of(role))
            response = client.get(address)
            if response.status_code == 405:
                response = client.post(address)
            if role is None and response.status_code == 302:
                assert "login" in response.url
            else:
                assert response.status_code == 404, role

    @pytest.mark.parametrize("role", [None, *Role.values])
    def test_stands_on_no_list_but_the_offices(self, client, draft, role):
        people = make_people(make_round())
        make_application(Stage.QUALIFYING, people)
        if role:
            client.force_login(people.of(role))
        names = ["home", "applications:mine", "review:queue", "review:dashboard"]
        names += ["review:lists_reported", "review:recommendation_lists", "review:panels"]
        names += ["review:experts", "review:publicity_notices", "operations:audit"]
        for name in names:
            response = client.get(reverse(name))
            is_told = role == Role.OFFICE and name == "home"
            if response.status_code == 200:
                assert (TITLE in response.content.decode()) == is_told, name

    def test_takes_no_application(self, client, draft):
        client.force_login(make_people(make_round()).applicant)
        assert not draft.is_open
        assert draft not in Round.objects.open_now()
        response = client.post(reverse("applications:start", args=[draft.pk]))
        assert response.status_code == 404
        assert not Application.objects.filter(round=draft).exists()

    def test_is_neither_the_latest_round_nor_one_to_erase(self, client, draft):
        Round.objects.filter(pk=draft.pk).update(retention_years=29)
        assert "29 年" not in client.get(reverse("privacy")).content.decode()
        assert draft.pk not in {due.round.pk for due in retention.schedule()}

    def test_is_seen_by_the_office_with_its_state_as_it_will_look(self, office, draft):
        assert "草稿" in office.get(reverse("review:rounds")).content.decode()
        assert "草稿，尚未公开" in office.get(draft.get_absolute_url()).content.decode()
        home = office.get(reverse("home")).content.decode()
        assert "批次尚未发布" in home
        assert reverse("review:round_edit", args=[draft.pk]) in home

    def test_that_was_never_published_is_forgotten_after_its_closing(self, office, draft):
        Round.objects.filter(pk=draft.pk).update(closes_at=timezone.now() - DAY / 2)
        assert TITLE not in office.get(reverse("home")).content.decode()


class TestTheCheckList:
    def test_finds_nothing_wrong_but_the_assumed_criteria(self, draft):
        draft.opens_at = timezone.now() + DAY
        assert wrong(draft) == {"评分标准": ASSUMPTION}

    def test_names_what_is_missing_or_wrong_at_its_field(self, office, draft):
        draft.criteria.filter(position=1).update(points=20)
        draft.evidence_requirements.update(required_of="NOBODY")
        Round.objects.filter(pk=draft.pk).update(
            notice=" ", document_number="", review_deadline=None, publicity_days=4
        )
        fresh = Round.objects.get(pk=draft.pk)
        assert list(wrong(fresh)) == [
            "文号",
            "申报时间",
            "专家评分截止时间",
            "公示工作日数",
            "通知正文",
            "材料要求",
            "评分标准",
        ]
        blocking = {each.label for each in checklist(fresh) if each.problem and each.blocks}
        assert blocking == {"通知正文", "材料要求", "评分标准"}
        content = office.get(reverse("review:round_edit", args=[draft.pk])).content.decode()
        for each in checklist(fresh):
            assert f'href="#{each.anchor}"' in content
            assert f'id="{each.anchor}"' in content
            assert each.problem in content

    def test_wants_a_closing_that_is_still_to_come(self, draft):
        draft.closes_at = timezone.now()
        problem = next(each for each in checklist(draft) if each.label == "申报时间")
        assert problem.blocks
        assert "已过，请修改" in problem.problem

    def test_is_gone_once_the_round_is_public(self, office, draft):
        publish(office, draft)
        content = office.get(reverse("review:round_edit", args=[draft.pk])).content.decode()
        assert "发布前核对" not in content


class TestPublishing:
    def test_makes_the_call_public_and_open_on_record(self, office, client, draft):
        response = publish(office, draft)
        assert response.url == reverse("review:round_edit", args=[draft.pk])
        draft.refresh_from_db()
        assert (draft.is_draft, draft.is_open, draft.state) == (False, True, "申报中")
        change = draft.changes.get()
        assert (change.field, change.before, change.after) == ("发布批次", "草稿", "已发布")
        assert change.user == office.user
        assert AuditEntry.objects.filter(kind="SETTINGS", data__round=draft.pk).exists()
        client.logout()
        assert TITLE in client.get("/").content.decode()
        assert client.get(draft.get_absolute_url()).status_code == 200

    def test_is_refused_while_something_is_missing(self, office, draft):
        Round.objects.filter(pk=draft.pk).update(notice="")
        page = office.get(reverse("review:round_publish", args=[draft.pk]))
        assert "确认发布" not in page.content.decode()
        assert "请填写通知正文。" in page.content.decode()
        response = publish(office, draft)
        assert response.status_code == 409
        assert "还没有办完" in response.content.decode()
        draft.refresh_from_db()
        assert draft.is_draft

    def test_is_refused_for_settings_that_were_not_seen(self, office, draft):
        seen = office.get(reverse("review:round_publish", args=[draft.pk])).context["seen"]
        Round.objects.filter(pk=draft.pk).update(quota=3)
        address = reverse("review:round_publish", args=[draft.pk])
        response = office.post(address, {"seen": seen})
        assert response.status_code == 409
        assert "刚有修改，没有发布" in response.content.decode()

    def test_happens_once(self, office, draft):
        address = reverse("review:round_publish", args=[draft.pk])
        seen = office.get(address).context["seen"]
        office.post(address, {"seen": seen})
        response = office.post(address, {"seen": seen})
        assert response.status_code == 409
        assert "已于" in response.content.decode()
        assert draft.changes.count() == 1
        assert office.get(address).status_code == 302

    def test_a_call_that_opens_later_is_announced_and_takes_none_yet(self, office, draft):
        Round.objects.filter(pk=draft.pk).update(opens_at=timezone.now() + DAY)
        publish(office, draft)
        draft.refresh_from_db()
        assert (draft.is_open, draft.state) == (False, "即将开始")
        office.logout()
        assert "即将开始" in office.get("/").content.decode()
