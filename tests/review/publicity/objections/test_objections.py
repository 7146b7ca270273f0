"""异议: raised by anybody while a notice runs, handled by the office step by step."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.stages import Stage
from applications.workflow.perform import refusal
from review.publicity.objections.forms import FILES_LIMIT
from review.publicity.objections.models import Objection, ObjectionStep
from review.publicity.objections.public_views import OBJECTION_RATE
from review.publicity.objections.record import NOTICE_OVER, SAME_ANSWER, TAKEN_MEANWHILE
from review.shared.attachments import Attachment
from tests.factories import image_file, make_application, make_user, pdf_file
from tests.review.publicity.test_publicity import make_notice
from tests.review.queue.test_queue import copies
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
ALLOWED = int(OBJECTION_RATE.split("/")[0])
Kind = ObjectionStep.Kind


@pytest.fixture
def application(people):
    return make_application(Stage.PUBLICITY, people)


@pytest.fixture
def notice(people, application):
    return make_notice(people, application)


def raise_(client, notice, **typed):
    """Send the public form."""
    typed = {
        "application": notice.applications.first().pk,
        "named": "named",
        "raised_by": "群众某",
        "contact": "13812345678",
        "text": "其中一项技术革新不是领办人完成的。",
        **typed,
    }
    return client.post(reverse("object_to", args=[notice.pk]), typed)


def page_of(objection):
    return reverse("review:objection", args=[objection.pk])


def read(response):
    return b"".join(response.streaming_content)


def handle(client, objection, **typed):
    """Send the office's form of the next step."""
    typed = {"steps": objection.steps.count(), **typed}
    return client.post(page_of(objection), typed)


class TestRaising:
    def test_gives_a_number_under_which_anybody_follows_it(self, client, notice):
        response = raise_(client, notice)
        objection = Objection.objects.get()
        assert response.status_code == 302
        assert response.url == objection.get_absolute_url()
        page = client.get(response.url)
        content = page.content.decode()
        assert objection.number in content
        assert "已收到，待审查是否受理" in content
        assert page["Cache-Control"] == "private, no-store"
        # Whoever finds the number learns neither who objected nor what was said.
        for private in ("群众某", "13812345678", "技术革新"):
            assert private not in content
        assert len(objection.token) == 16
        lookup = reverse("objection_lookup")
        typed = objection.number.lower()
        assert client.get(lookup, {"number": typed}).url == response.url
        assert client.get(lookup, {"number": "0"}).status_code == 404
        assert client.get(reverse("objection_status", args=["A" * 16])).status_code == 404

    def test_tells_the_office_but_not_who_it_was(self, client, notice, people, mailoutbox):
        raise_(client, notice)
        message = Message.objects.get(kind=Message.Kind.OBJECTION)
        assert message.recipient == people.office
        assert message.url == page_of(Objection.objects.get())
        assert "群众某" not in message.text + mailoutbox[-1].body

    def test_may_be_anonymous_without_a_contact_and_says_what_follows(self, client, log_in, notice):
        page = client.get(reverse("object_to", args=[notice.pk])).content.decode()
        assert "您也不能收到答复，只能凭受理号查询办理情况和结果" in page
        assert (
            raise_(client, notice, named="anonymous", raised_by="误填", contact="").status_code
            == 302
        )
        objection = Objection.objects.get()
        assert (objection.raiser, objection.contact) == ("匿名", "")
        page = log_in(Role.OFFICE).get(page_of(objection)).content.decode()
        assert "没有留下，提出人只能凭受理号查询答复" in page

    def test_asks_a_contact_of_whoever_gives_a_name(self, client, notice):
        refused = raise_(client, notice, contact="")
        assert refused.status_code == 422
        assert "实名提出的，请填写联系方式，以便答复。" in refused.content.decode()
        assert "其中一项技术革新" in refused.content.decode()  # kept
        assert raise_(client, notice, named="named", raised_by="").status_code == 422
        for named in ("named", "anonymous"):
            assert raise_(client, notice, named=named, contact="门卫处").status_code == 422
        assert not Objection.objects.exists()

    def test_takes_files_checked_by_their_content(self, client, notice):
        fake = pdf_file("假.pdf")
        fake.file.seek(0)
        fake.file.write(b"MZ")
        fake.file.seek(0)
        refused = raise_(client, notice, files=[pdf_file("真.pdf"), fake])
        assert refused.status_code == 422
        assert (
            "“假.pdf”：名称以 .pdf 结尾，实际是程序。只接受 PDF、OFD 或图片文件"
            in refused.content.decode()
        )
        many = [pdf_file(f"{number}.pdf") for number in range(FILES_LIMIT + 1)]
        assert "最多上传 5 个文件" in raise_(client, notice, files=many).content.decode()
        assert not Attachment.objects.filter(kind=Attachment.Kind.OBJECTION).exists()
        raise_(client, notice, files=[pdf_file("真.pdf"), image_file("照片.jpg")])
        stored = Objection.objects.get().files.all()
        assert [each.original_name for each in stored] == ["真.pdf", "照片.jpg"]
        assert {each.kind for each in stored} == {Attachment.Kind.OBJECTION}

    def test_keeps_nothing_when_a_file_cannot_be_kept(self, client, notice, monkeypatch):
        kept, store = [], Attachment.store.__func__

        def store_one(cls, upload, *args, **kwargs):
            if kept:
                raise OSError("disk full")
            kept.append(store(cls, upload, *args, **kwargs))
            return kept[0]

        monkeypatch.setattr(Attachment, "store", classmethod(store_one))
        with pytest.raises(OSError, match="disk full"):
            raise_(client, notice, files=[pdf_file("1.pdf"), pdf_file("2.pdf")])
        assert not Objection.objects.exists()
        assert not kept[0].file.storage.exists(kept[0].file.name)

    def test_is_text_not_markup(self, log_in, notice):
        raise_(log_in(Role.OFFICE), notice, text="<script>x</script> http://example.invalid/")
        content = log_in(Role.OFFICE).get(page_of(Objection.objects.get())).content.decode()
        assert "&lt;script&gt;" in content
        assert 'href="http://example.invalid/' not in content

    def test_a_program_that_fills_in_every_field_is_refused(self, client, notice):
        assert raise_(client, notice, website="http://example.invalid").status_code == 422
        assert not Objection.objects.exists()

    def test_is_limited_per_address_and_keeps_what_was_typed(self, client, notice):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for number in range(ALLOWED):
                # What is refused for another reason does not count.
                assert raise_(client, notice, contact="").status_code == 422
                assert raise_(client, notice, raised_by=f"第 {number} 人").status_code == 302
            refused = raise_(client, notice)
            assert refused.status_code == 429
            assert "其中一项技术革新" in refused.content.decode()
            assert "请 1 小时后再提交" in refused.content.decode()
            assert Objection.objects.count() == ALLOWED
            clock.shift(3601)
            assert raise_(client, notice).status_code == 302

    def test_sent_twice_leads_to_the_one_that_is_there(self, client, notice):
        first, second = raise_(client, notice), raise_(client, notice)
        assert first.url == second.url == Objection.objects.get().get_absolute_url()
        assert "没有重复登记" in client.get(second.url).content.decode()

    def test_is_closed_once_the_notice_is_over(self, client, people):
        ended = make_application(Stage.APPROVING, people).public_notices.get()
        assert client.get(reverse("object_to", args=[ended.pk])).url == ended.get_absolute_url()
        refused = raise_(client, ended)
        assert refused.status_code == 409
        assert NOTICE_OVER in refused.content.decode()
        assert not Objection.objects.exists()

    def test_only_against_what_stands_on_the_list(self, client, notice, people):
        other = make_application(Stage.PUBLICITY, people)
        refused = raise_(client, notice, application=other.pk)
        assert refused.status_code == 422
        assert "请选择公示名单中的项目。" in refused.content.decode()

    def test_loses_against_a_decision_taken_in_the_same_moment(self, client, notice, application):
        Application.objects.filter(pk=application.pk).update(stage=Stage.APPROVING)
        assert raise_(client, notice).status_code == 409
        assert not Objection.objects.exists()

    @pytest.mark.parametrize("copied", [0, 29])
    def test_costs_the_same_with_1_and_30_rows(
        self, client, notice, application, copied, django_assert_num_queries
    ):
        notice.applications.add(*copies(application, copied))
        with django_assert_num_queries(2):
            content = client.get(reverse("object_to", args=[notice.pk])).content.decode()
        assert content.count("<option") == copied + 2


class TestHandling:
    @pytest.fixture
    def office(self, log_in):
        return log_in(Role.OFFICE)

    @pytest.fixture
    def objection(self, client, notice):
        raise_(client, notice)
        return Objection.objects.get()

    def test_goes_step_by_step_to_an_answer(self, office, objection, application, people):
        assert handle(office, objection, decision="ACCEPTED", text="").status_code == 302
        handle(office, objection, investigators="调查甲、调查乙", text="走访了班组。")
        handle(office, objection, outcome="DISMISSED", answer="经查，确系领办人主持完成。")
        steps = [(each.kind, each.by) for each in objection.steps.all()]
        assert steps == [
            (Kind.RECEIVED, None),
            (Kind.ACCEPTED, people.office),
            (Kind.INVESTIGATED, people.office),
            (Kind.ANSWERED, people.office),
        ]
        objection.refresh_from_db()
        assert (objection.outcome, objection.resolved_by) == ("DISMISSED", people.office)
        assert objection.resolved_at == objection.steps.last().at
        labels = list(application.events.values_list("label", flat=True))[-3:]
        assert labels == ["异议已受理", "异议已调查", "异议已答复"]
        office.logout()
        content = office.get(objection.get_absolute_url()).content.decode()
        assert "经查，确系领办人主持完成。" in content
        assert "异议不成立" in content
        for private in ("走访了班组", "调查甲", "办公室某"):
            assert private not in content

    def test_is_counted_on_the_offices_home_until_answered(self, office, objection):
        page = reverse("review:objections")
        work = office.get(reverse("home")).context["counts"]
        assert (1, "待处理的异议", page) in work
        Objection.objects.filter(pk=objection.pk).update(
            outcome=Objection.Outcome.DISMISSED, answer="不成立。", resolved_at=timezone.now()
        )
        assert page not in [url for *_, url in office.get(reverse("home")).context["counts"]]

    def test_each_step_asks_for_its_own(self, office, objection):
        assert handle(office, objection, decision="DECLINED", text="").status_code == 422
        assert handle(office, objection).status_code == 422
        # A later step cannot be taken before an earlier one.
        assert handle(office, objection, outcome="UPHELD", answer="属实。").status_code == 422
        handle(office, objection, decision="ACCEPTED")
        assert handle(office, objection, text="查了。", investigators="").status_code == 422
        handle(office, objection, text="查了。", investigators="调查甲、调查乙")
        refused = handle(office, objection, answer="属实。")
        assert "处理结论：请选择。" in refused.content.decode()
        assert "属实。" in refused.content.decode()

    def test_what_is_not_accepted_needs_a_reason_and_no_investigation(
        self, office, objection, application, people
    ):
        assert "还有 1 件异议没有处理结论" in self.refusal(application, people)
        handle(office, objection, decision="DECLINED", text="没有具体事实。")
        assert "还有" not in self.refusal(application, people)
        content = office.get(objection.get_absolute_url()).content.decode()
        assert "不予受理" in content
        assert "没有具体事实。" in content
        # The office may think better of it.
        handle(office, objection, decision="ACCEPTED", text="已补充事实。")
        assert "还有 1 件异议没有处理结论" in self.refusal(application, people)
        objection.refresh_from_db()
        assert (objection.answer, objection.resolved_at) == ("", None)
        assert objection.state == Kind.ACCEPTED

    def refusal(self, application, people):
        """Why the application cannot be cleared once its notice is over."""
        application = Application.objects.get(pk=application.pk)
        with time_machine.travel(timezone.now() + datetime.timedelta(days=30)):
            return refusal(application, "clear", people.office) or ""

    def test_upheld_takes_the_application_off_the_list_at_once(
        self, office, objection, notice, application, people
    ):
        handle(office, objection, decision="ACCEPTED")
        handle(office, objection, investigators="调查甲、调查乙", text="属实。")
        assert application.unit_name in office.get(notice.get_absolute_url()).content.decode()
        handle(office, objection, outcome="UPHELD", answer="经查属实。")
        assert application.unit_name not in office.get(notice.get_absolute_url()).content.decode()
        assert "有异议成立" in self.refusal(application, people)
        handle(office, objection, outcome="DISMISSED", answer="复核后不成立。")  # a correction
        assert application.unit_name in office.get(notice.get_absolute_url()).content.decode()
        assert objection.steps.filter(kind=Kind.ANSWERED).count() == 2

    def test_the_same_correction_is_not_saved_twice(self, office, objection, application):
        handle(office, objection, decision="ACCEPTED")
        handle(office, objection, investigators="调查甲、调查乙", text="属实。")
        handle(office, objection, outcome="UPHELD", answer="经查属实。")
        corrected = {"outcome": "DISMISSED", "answer": "复核后不成立。"}
        assert handle(office, objection, **corrected).status_code == 302
        # The form begins with what stands.
        form = office.get(page_of(objection)).context["form"]
        assert {name: form[name].value() for name in corrected} == corrected
        for _ in range(2):
            refused = handle(office, objection, **corrected)
            assert refused.status_code == 409
            assert SAME_ANSWER in refused.content.decode()
        assert objection.steps.filter(kind=Kind.ANSWERED).count() == 2
        assert application.events.filter(label="异议已答复").count() == 2

    def test_nor_the_same_reason_for_not_accepting_it(self, office, objection):
        for status in (302, 409):
            refused = handle(office, objection, decision="DECLINED", text="没有具体事实。")
            assert refused.status_code == status
        assert objection.steps.filter(kind=Kind.DECLINED).count() == 1

    def test_two_people_do_not_take_the_same_step(self, office, objection):
        stale = {"steps": 1, "decision": "ACCEPTED"}
        office.post(page_of(objection), stale)
        late = office.post(
            page_of(objection), {"steps": 1, "investigators": "调查甲", "text": "又一次"}
        )
        assert late.status_code == 409
        assert TAKEN_MEANWHILE in late.content.decode()
        assert "又一次" in late.content.decode()
        assert objection.steps.count() == 2

    def test_a_step_is_never_changed(self, objection):
        with pytest.raises(TypeError):
            objection.steps.get().save()

    def test_is_closed_once_the_application_has_moved_on(self, office, objection, application):
        Application.objects.filter(pk=application.pk).update(stage=Stage.APPROVING)
        assert "异议不能再办理" in office.get(page_of(objection)).content.decode()
        assert handle(office, objection, decision="ACCEPTED").status_code == 409
        assert objection.steps.count() == 1

    def test_who_objected_stays_inside_the_office_and_the_bureau(
        self, log_in, objection, application
    ):
        for role in (Role.OFFICE, Role.BUREAU):
            assert "群众某" in read_all_tabs(log_in(role), application)
        assert "群众某" not in read_all_tabs(log_in(Role.RECOMMENDER), application)
        own = reverse("applications:overview", args=[application.pk])
        content = log_in(Role.APPLICANT).get(own).content.decode()
        assert "群众某" not in content
        assert "异议" not in content

    def test_the_office_enters_what_it_received_by_letter(self, office, application, notice):
        new = reverse("review:objection_new", args=[application.pk])
        typed = {
            "raised_by": "异议某",
            "contact": "027-80000000",
            "received_on": timezone.localdate(),
            "text": "获奖情况不实。",
        }
        assert "异议内容：请填写。" in office.post(new, {**typed, "text": ""}).content.decode()
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        refused = office.post(new, {**typed, "received_on": tomorrow})
        assert "收到日期不能晚于今天。" in refused.content.decode()
        office.post(new, {**typed, "files": [pdf_file("来信.pdf")]})
        objection = Objection.objects.get()
        assert objection.number in office.get(page_of(objection)).content.decode()
        file = objection.files.get()
        assert read(office.get(file.get_absolute_url())).startswith(b"%PDF-")

    @pytest.mark.parametrize("copied", [0, 29])
    def test_the_list_costs_the_same_with_1_and_30_rows(
        self, office, objection, application, copied, django_assert_num_queries
    ):
        for each in copies(application, copied):
            other = Objection.objects.create(application=each, contact="1", text="异议")
            other.take_step(Kind.RECEIVED, None)
        with django_assert_num_queries(5):
            response = office.get(reverse("review:objections"))
        assert response.context["page_obj"].paginator.count == copied + 1
        assert (
            "没有符合条件的异议"
            in office.get(reverse("review:objections"), {"state": "UPHELD"}).content.decode()
        )

    def test_files_are_read_by_the_office_and_the_bureau_alone(self, log_in, notice):
        raise_(log_in(make_user(Role.EXPERT)), notice, files=[pdf_file()])
        url = Attachment.objects.get(kind=Attachment.Kind.OBJECTION).get_absolute_url()
        for role in (Role.RECOMMENDER, Role.EXPERT, Role.FINANCE, Role.APPLICANT):
            assert log_in(role).get(url).status_code == 404
        assert read(log_in(Role.BUREAU).get(url)).startswith(b"%PDF-")
