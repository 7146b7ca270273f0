"""The timeline: everything on record, as much of it as each role may read."""

import datetime
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.files import evidence
from applications.models import Application, Message
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from applications.workflow.events import RECUSE, RETURN, SCORE, Topic, record
from applications.workflow.perform import perform
from review.application_page.timeline import entries_for
from review.inspection.models import Item
from review.inspection.photos import developed
from review.inspection.record import add_photo
from review.publicity.objections.models import ObjectionStep
from review.shared.attachments import Attachment
from tests.factories import (
    data_for,
    image_file,
    make_application,
    make_recommending_unit,
    make_user,
    pdf_file,
    take,
    undo,
    unexamined,
    walk_application,
)
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db


def url(application, query=""):
    return reverse("review:timeline", args=[application.pk]) + query


def titles(user, application, *kinds):
    application = Application.objects.visible_to(user).get(pk=application.pk)
    return [entry.title for entry in entries_for(user, application, kinds)]


@pytest.fixture
def resubmitted(people):
    """Returned once, corrected in a field and a file, and on its way again."""
    application = make_application(Stage.RETURNED, people)
    application.edit(people.applicant, lead_post="一班班长")
    licence = application.evidence.get(category=EvidenceCategory.LICENCE)
    with unexamined():
        evidence.replace(licence, pdf_file("新执照.pdf"), people.applicant)
    for name in ("submit", "recommend", "report"):
        application = take(Application.objects.get(pk=application.pk), name, people)
    return application


def test_tells_every_step_change_and_file_in_order(people, resubmitted):
    told = titles(people.office, resubmitted)
    in_order = [
        "提交第 1 版",
        "随第 1 版提交材料 8 份",
        "退回修改",
        "替换材料",
        "提交第 2 版",
        "第 2 版较第 1 版改动 1 处",
        "同意推荐",
        "上报",
    ]
    position = -1
    for title in in_order:
        assert title in told
        assert told.index(title) > position
        position = told.index(title)


def test_names_the_changed_fields_and_the_new_files_alone(people, resubmitted):
    application = Application.objects.get(pk=resubmitted.pk)
    entries = entries_for(people.office, application, [Topic.CONTENT, Topic.FILES])
    assert "岗位" in next(each for each in entries if each.topic == Topic.CONTENT).text
    second = next(each for each in entries if each.title.startswith("随第 2 版"))
    assert {name for name, *_ in second.files} == {"新执照.pdf", "盖章申报表.pdf"}


def test_a_file_of_an_earlier_version_leads_nowhere_but_for_the_office(people, resubmitted):
    def old_licence(user):
        application = Application.objects.get(pk=resubmitted.pk)
        first = next(
            each for each in entries_for(user, application) if each.title.startswith("随第 1 版")
        )
        label = EvidenceCategory.LICENCE.label
        return next(address for name, address, note in first.files if note == label)

    assert old_licence(people.office)
    assert not old_licence(people.recommender)


def test_what_was_undone_is_shown_as_undone(log_in, people):
    application = make_application(Stage.PANEL, people)
    other = make_user(Role.OFFICE, "另一位")
    perform(application, "revert", other, **data_for("revert"))
    entries = {each.title: each for each in entries_for(people.office, application)}
    assert entries["资格审查通过"].is_undone
    assert not entries["上报"].is_undone
    assert "已撤销" in log_in(Role.OFFICE).get(url(application)).content.decode()


class TestWhoReadsWhat:
    def test_messages_are_the_offices_alone(self, people):
        application = walk_application(Stage.PANEL, people)
        assert "已提交" in titles(people.office, application, Topic.MESSAGES)
        for role in (Role.RECOMMENDER, Role.EXPERT, Role.BUREAU):
            assert titles(people.of(role), application, Topic.MESSAGES) == []

    def test_a_message_says_to_whom_and_whether_it_was_read(self, people):
        application = walk_application(Stage.RECOMMENDING, people)
        Message.objects.filter(recipient=people.applicant).mark_read(people.applicant)
        entries = entries_for(people.office, application, [Topic.MESSAGES])
        submitted = next(each for each in entries if each.title == "已提交")
        assert people.applicant.name in submitted.facts[0][1]
        assert submitted.facts[1][1] == "全部已读"
        assert "受理编号" in submitted.more

    def test_experts_see_nothing_of_one_another_before_their_panel_has_concluded(
        self, client, people
    ):
        application = make_application(Stage.PANEL, people)
        first, second = people.panel.experts.order_by("pk")[:2]
        record(application, first, SCORE)
        assert "提交评分" in titles(first, application)
        assert "提交评分" not in titles(second, application)
        client.force_login(second)
        assert first.name not in client.get(url(application)).content.decode()

    def test_nor_of_a_conclusion_that_was_undone(self, client, people):
        application = make_application(Stage.INSPECTING, people)
        application = undo(application)
        second = people.panel.experts.exclude(pk=people.expert.pk).first()
        for user, is_told in ((people.expert, True), (second, False)):
            client.force_login(user)
            for page in (url(application), tab_of(application, "record")):
                content = client.get(page).content.decode()
                assert ("意见：conclude_for" in content) is is_told

    def test_experts_see_no_hidden_paper(self, client, people):
        application = make_application(Stage.INSPECTING, people)
        client.force_login(people.expert)
        content = client.get(url(application)).content.decode()
        assert EvidenceCategory.LICENCE.label in content
        for category in (EvidenceCategory.ID_CARD, EvidenceCategory.POLICE):
            assert category.label not in content

    def test_the_recommending_unit_learns_nothing_of_the_experts(self, log_in, people):
        application = make_application(Stage.AWARDED, people)
        record(
            application,
            people.office,
            RECUSE,
            note=f"{people.expert.name}：同单位",
        )
        content = log_in(Role.RECOMMENDER).get(url(application)).content.decode()
        assert people.expert.name not in content
        assert "意见：conclude_for" not in content
        assert "提交评分" not in content

    def test_nor_before_the_publication_why_a_bureaus_step_was_undone(self, log_in, people):
        application = make_application(Stage.APPROVING, people)
        application = take(application, "reject", people)
        undo(application, reason="局领导误选了不同意")
        pages = [url(application), reverse("review:detail", args=[application.pk])]
        for page in pages:
            assert "局领导误选" not in log_in(Role.RECOMMENDER).get(page).content.decode()
            assert "局领导误选" in log_in(Role.BUREAU).get(page).content.decode()
        Round.objects.update(results_published_at=timezone.now())
        assert "局领导误选" in log_in(Role.RECOMMENDER).get(pages[0]).content.decode()

    def test_photos_of_the_visit_are_the_citys(self, people):
        application = make_application(Stage.INSPECTING, people)
        add_photo(application, people.office, uuid.uuid4(), Item.OFFICE, developed(image_file()))
        assert "考察照片 1 份" in titles(people.office, application)
        assert "考察照片 1 份" not in titles(people.recommender, application)
        assert "考察照片 1 份" not in titles(people.expert, application)

    def test_what_the_unit_is_changing_is_not_told(self, log_in, people):
        application = make_application(Stage.RETURNED, people)
        Application.objects.filter(pk=application.pk).update(lead_name="改了一半")
        content = log_in(Role.OFFICE).get(url(application)).content.decode()
        assert "改了一半" not in content

    def test_another_units_application_does_not_exist(self, client, people):
        application = make_application(Stage.AWARDED, people)
        client.force_login(make_user(Role.RECOMMENDER, recommending_unit=make_recommending_unit()))
        assert client.get(url(application)).status_code == 404


def test_a_citizens_objection_is_told_to_the_office_and_the_bureau_alone(people):
    application = make_application(Stage.PUBLICITY, people)
    objection = application.objections.create(
        raised_by="群众某", contact="13800000001", text="排名不实。"
    )
    objection.take_step(ObjectionStep.Kind.RECEIVED, None)
    for role in (Role.OFFICE, Role.BUREAU):
        told = {each.title: each for each in entries_for(people.of(role), application)}
        assert (told["收到异议"].actor, told["收到异议"].text) == ("群众某", "排名不实。")
    for role in (Role.RECOMMENDER, Role.EXPERT):
        fresh = Application.objects.get(pk=application.pk)
        assert "收到异议" not in {each.title for each in entries_for(people.of(role), fresh)}


def test_tells_what_became_of_an_objection_and_every_correction(log_in, people):
    application = make_application(Stage.PUBLICITY, people)
    objection = application.objections.create(contact="13800000001", text="排名不实。")
    objection.take_step(ObjectionStep.Kind.RECEIVED, None)
    page = reverse("review:objection", args=[objection.pk])
    office = log_in(Role.OFFICE)
    for steps, typed in enumerate(
        (
            {"decision": "ACCEPTED"},
            {"investigators": "调查甲、调查乙", "text": "走访了班组。"},
            {"outcome": "UPHELD", "answer": "经查属实。"},
            {"outcome": "DISMISSED", "answer": "复核后不成立。"},
        ),
        start=1,
    ):
        assert office.post(page, {"steps": steps, **typed}).status_code == 302
    for role in (Role.OFFICE, Role.BUREAU):
        told = [
            (each.title, each.text, dict(each.facts))
            for each in entries_for(people.of(role), Application.objects.get(pk=application.pk))
            if "异议" in each.title
        ]
        number = {"受理号": objection.number}
        assert told == [
            ("收到异议", "排名不实。", {}),
            ("异议已受理", "", {}),
            ("异议已调查", "", {}),
            ("异议已答复", "经查属实。", {**number, "处理结论": "成立"}),
            ("更正异议答复", "复核后不成立。", {**number, "处理结论": "不成立"}),
        ]
    for role in (Role.RECOMMENDER, Role.EXPERT):
        fresh = Application.objects.get(pk=application.pk)
        texts = [each.text for each in entries_for(people.of(role), fresh)]
        assert "复核后不成立。" not in texts


class TestPage:
    def test_filters_and_turns(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        office = log_in(Role.OFFICE)
        content = office.get(url(application, "?kind=stage&order=old")).content.decode()
        assert content.index("提交第 1 版") < content.index("资格审查通过")
        assert "随第 1 版提交材料" not in content
        content = office.get(url(application)).content.decode()
        assert content.index("资格审查通过") < content.index("提交第 1 版")
        assert "随第 1 版提交材料" in content

    def test_a_kind_that_a_role_does_not_read_filters_nothing(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        content = log_in(Role.BUREAU).get(url(application, "?kind=messages&kind=x"))
        assert "提交第 1 版" in content.content.decode()

    def test_says_when_there_is_nothing_of_a_kind(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        content = log_in(Role.OFFICE).get(url(application, "?kind=content")).content.decode()
        assert "没有这些类别的记录" in content

    @pytest.mark.parametrize("more", [0, 29])
    def test_costs_the_same_with_little_and_much_on_record(
        self, log_in, people, resubmitted, django_assert_num_queries, more
    ):
        first = resubmitted.submissions.first()
        Attachment.store(
            pdf_file(), Attachment.Kind.VERIFICATION, people.office, application=resubmitted
        )
        for number in range(more):
            record(resubmitted, people.office, RETURN)
            resubmitted.submissions.create(
                version=3 + number,
                content=first.content,
                fingerprint=first.fingerprint,
                submitted_by=people.applicant,
                submitted_at=timezone.now() + datetime.timedelta(days=number),
            )
        attachment = Attachment.objects.last()
        for _ in range(more):
            attachment.pk = None
            attachment.save()
        Message.objects.tell(
            [
                Message(
                    recipient=people.applicant,
                    application=resubmitted,
                    key=f"k{number}",
                    kind="PROGRESS",
                    subject=f"消息{number}",
                    text="某",
                    url="/",
                )
                for number in range(more)
            ]
        )
        client = log_in(Role.OFFICE)
        with django_assert_num_queries(11):
            response = client.get(url(resubmitted))
        assert response.status_code == 200
