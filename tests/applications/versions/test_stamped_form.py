"""盖章申报表: the stamped paper and the electronic record are one."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from applications.files import evidence
from applications.form.completeness import stamp_problem
from applications.models import Application, StudioMember
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.versions.snapshot import as_submitted, content_of, fingerprint, opened
from applications.versions.stamped_form import print_form
from applications.workflow.perform import Refused, perform, refusal
from tests.factories import (
    PASSWORD,
    data_for,
    make_application,
    make_people,
    make_round,
    pdf_file,
    stamp,
    take,
    without_opinion,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_application(Stage.DRAFT, people)


def fresh(application):
    return Application.objects.get(pk=application.pk)


def change(application, **values):
    Application.objects.filter(pk=application.pk).update(**values)


class TestPrint:
    def test_gives_a_number_and_keeps_what_was_printed(self, people, draft):
        printed = print_form(draft, people.applicant)
        number = fresh(draft).number
        assert number.startswith("JNDS")
        assert opened(printed.content) == content_of(fresh(draft))
        assert (printed.version, printed.content["number"]) == (1, number)
        assert printed.fingerprint == fingerprint(content_of(fresh(draft)))
        # Nothing personal stands unencrypted in what is kept.
        assert draft.lead_id_number not in str(printed.content)

    def test_the_same_content_is_not_printed_twice(self, people, draft):
        assert print_form(draft, people.applicant) == print_form(draft, people.applicant)
        change(draft, fax="027-83919079")
        print_form(draft, people.applicant)
        assert draft.prints.count() == 2
        assert draft.events.filter(action="print").count() == 2

    def test_two_rounds_of_a_year_give_no_number_twice(self):
        year = timezone.localdate().year
        numbers = []
        for _ in range(2):
            people = make_people(make_round())
            for draft in (make_application(Stage.DRAFT, people) for _ in range(2)):
                print_form(draft, people.applicant)
                numbers.append(fresh(draft).number)
        assert numbers == [f"JNDS{year}-000{count}" for count in (1, 2, 3, 4)]

    def test_the_submission_keeps_the_number_of_the_print(self, people, draft):
        print_form(draft, people.applicant)
        number = fresh(draft).number
        assert take(draft, "submit", people).number == number

    def test_an_incomplete_form_is_not_printed(self, people, draft):
        change(draft, postcode="")
        with pytest.raises(ValidationError, match="还差 1 项，补充完整后才能打印"):
            print_form(draft, people.applicant)
        assert fresh(draft).number is None

    def test_a_form_without_the_units_opinion_is_not_printed(self, people, draft):
        change(draft, opinion_text="")
        with pytest.raises(ValidationError, match="请先填写申报单位意见"):
            print_form(draft, people.applicant)
        assert fresh(draft).number is None

    def test_the_opinion_is_part_of_what_is_printed(self, people, draft):
        first = print_form(draft, people.applicant)
        second = print_form(draft, people.applicant, opinion_text="同意申报，情况属实。")
        assert first.fingerprint != second.fingerprint
        today = timezone.localdate().isoformat()
        assert second.content["opinion"] == {
            "text": "同意申报，情况属实。",
            "signatory": "签署某",
            "signed_on": today,
        }
        assert as_submitted(draft, first).opinion_text == "意见：submit"

    def test_an_opinion_is_not_kept_when_the_form_is_not_printed(self, people, draft):
        change(draft, postcode="")
        with pytest.raises(ValidationError):
            print_form(draft, people.applicant, opinion_text="另一意见")
        assert fresh(draft).opinion_text == "意见：submit"

    def test_what_is_submitted_is_not_printed_again(self, people):
        submitted = make_application(Stage.RECOMMENDING, people)
        with pytest.raises(ValidationError, match="已提交"):
            print_form(submitted, people.applicant)

    def test_another_unit_cannot_print_it(self, people, draft):
        stranger = make_people(people.panel.round).applicant
        with pytest.raises(ValidationError, match="没有找到"):
            print_form(draft, stranger)


class TestScan:
    def test_is_refused_before_anything_is_printed(self, people, draft):
        with pytest.raises(ValidationError, match="请先在本页打印"):
            evidence.add(draft, EvidenceCategory.STAMPED, pdf_file(), people.applicant)

    def test_is_bound_to_the_latest_print(self, people, draft):
        print_form(draft, people.applicant)
        change(draft, fax="027-83919079")
        latest = print_form(draft, people.applicant)
        scan = evidence.add(draft, EvidenceCategory.STAMPED, pdf_file(), people.applicant)
        assert scan.print == latest

    def test_pages_of_one_print_stay_together_and_replace_those_of_an_earlier(self, people, draft):
        stamp(draft, people.applicant)
        change(draft, fax="027-83919079")
        print_form(draft, people.applicant)
        pages = [
            evidence.add(draft, EvidenceCategory.STAMPED, pdf_file(), people.applicant)
            for _ in range(2)
        ]
        kept = draft.evidence.filter(category=EvidenceCategory.STAMPED, removed_at=None)
        assert list(kept) == pages
        assert draft.evidence.filter(category=EvidenceCategory.STAMPED).count() == 3


class TestSubmission:
    def refused(self, people, draft):
        with pytest.raises(Refused) as caught:
            perform(draft, "submit", people.applicant, **data_for("submit"))
        assert str(caught.value) == refusal(fresh(draft), "submit", people.applicant)
        return str(caught.value)

    def test_is_refused_without_a_scan(self, people, draft):
        assert self.refused(people, draft) == "请打印申报表，签字盖章后扫描上传。"

    def test_is_refused_with_the_fields_that_changed_since_the_print(self, people, draft):
        stamp(draft, people.applicant)
        change(draft, principal="另一负责人", studio_location="另一地点")
        draft.awards.update(grade="二等奖")
        StudioMember.objects.create(application=draft, name="新成员", position=1)
        sentence = self.refused(people, draft)
        assert (
            "以下内容有改动：负责人、工作室地点、工作室成员第 2 行、省部级获奖情况第 1 行。"
            in sentence
        )

    def test_is_accepted_once_the_old_content_is_back(self, people, draft):
        stamp(draft, people.applicant)
        before = draft.principal
        change(draft, principal="另一负责人")
        assert stamp_problem(fresh(draft))
        change(draft, principal=before)
        perform(draft, "submit", people.applicant, **data_for("submit"))

    def test_puts_the_printed_opinion_on_record_whatever_is_sent(self, people, draft):
        stamp(draft, people.applicant, opinion_text="情况属实，同意申报。")
        sent = {**data_for("submit"), "text": "另一意见", "signatory": "另一人"}
        perform(draft, "submit", people.applicant, **sent)
        opinion = draft.opinions.get()
        assert (opinion.text, opinion.signatory) == ("情况属实，同意申报。", "签署某")
        assert draft.submissions.get().fingerprint == draft.prints.get().fingerprint

    def test_is_refused_while_the_paper_bears_another_opinion(self, people, draft):
        stamp(draft, people.applicant)
        print_form(draft, people.applicant, opinion_text="另一意见")
        assert "以下内容有改动：申报单位意见。" in self.refused(people, draft)

    def test_takes_the_opinion_of_a_form_that_was_printed_without(self, people, draft):
        """Printed before the opinion was asked for: nothing has to be stamped anew."""
        stamp(draft, people.applicant)
        without_opinion(draft)
        content = content_of(fresh(draft))
        assert "opinion" not in content
        perform(draft, "submit", people.applicant, **{**data_for("submit"), "text": "手写意见"})
        assert draft.opinions.get().text == "手写意见"
        assert draft.submissions.get().fingerprint == fingerprint(content)

    def test_another_photograph_does_not_undo_the_stamp(self, people, draft):
        stamp(draft, people.applicant)
        evidence.add(draft, EvidenceCategory.OTHER, pdf_file(), people.applicant)
        submitted = perform(draft, "submit", people.applicant, **data_for("submit"))
        assert submitted.submissions.get().fingerprint == draft.prints.get().fingerprint

    def test_after_a_return_the_old_stamp_counts_while_nothing_changes(self, people):
        returned = make_application(Stage.RETURNED, people)
        assert stamp_problem(returned) is None
        change(returned, lead_post="焊接班组长")
        assert "岗位" in stamp_problem(fresh(returned)).message


class TestPage:
    def page(self, client, draft):
        return client.get(reverse("applications:section", args=[draft.pk, "stamp"]))

    def print(self, client, draft, **typed):
        data = {"text": "同意申报。", "signatory": "负责某", "signed_on": timezone.localdate()}
        address = reverse("documents:new_print", args=[draft.pk])
        return client.post(address, {**data, **typed}, follow=True)

    def scan(self, client, draft, pages):
        upload = {"files": pdf_file("盖章.pdf", pages=pages)}
        address = reverse("applications:evidence_upload", args=[draft.pk, "STAMPED"])
        client.post(address, upload)
        return self.page(client, draft).content.decode()

    def test_asks_for_the_opinion_and_proposes_the_principal(self, client, people, draft):
        client.force_login(people.applicant)
        without_opinion(draft)
        form = self.page(client, draft).context["form"]
        assert form["signatory"].value() == draft.principal
        assert form["text"].value() == "材料真实有效，同意申报。"
        assert form["signed_on"].value() == timezone.localdate()

    def test_proposes_the_new_principal_after_the_old_one_signed(self, client, people, draft):
        client.force_login(people.applicant)
        self.print(client, draft, text="情况属实。", signatory=draft.principal)
        change(draft, principal="新任某")
        form = self.page(client, draft).context["form"]
        assert (form["text"].value(), form["signatory"].value()) == ("情况属实。", "新任某")

    def test_keeps_what_is_typed_when_the_opinion_is_not_complete(self, client, people, draft):
        client.force_login(people.applicant)
        answer = self.print(client, draft, text="已经写好的意见", signatory="")
        assert answer.status_code == 422
        assert "请填写签署人。" in answer.content.decode()
        assert "已经写好的意见" in answer.content.decode()
        assert not draft.prints.exists()

    def test_claims_no_check_that_nobody_makes(self, client, people, draft):
        client.force_login(people.applicant)
        self.print(client, draft)
        text = self.scan(client, draft, draft.prints.get().pages)
        assert "打印后内容未改动" in text
        assert "与现有内容一致" not in text
        assert "系统不核对扫描件上的文字和印章" in text
        assert "页数不符" not in text

    def test_warns_when_the_scan_has_not_as_many_pages_as_the_print(self, client, people, draft):
        client.force_login(people.applicant)
        self.print(client, draft)
        assert draft.prints.get().pages == 4
        text = self.scan(client, draft, 1)
        sentence = "盖章申报表扫描件共 1 页，打印稿为 4 页，请核对是否为本申报表、是否缺页。"
        assert sentence in text
        assert "打印后内容未改动，页数不符" in text
        # Not forbidden: another page may have been pasted in.
        page = client.get(reverse("applications:submit", args=[draft.pk])).content.decode()
        assert sentence in page
        # Page by page it is the same paper.
        assert "页数不符" not in self.scan(client, draft, 3)

    def test_leads_from_print_to_scan(self, client, people, draft):
        client.force_login(people.applicant)
        assert "生成打印稿并盖章后，在这里上传" in self.page(client, draft).content.decode()
        answer = self.print(client, draft)
        text = answer.content.decode()
        assert draft.prints.get().fingerprint[:8] in text
        assert reverse("documents:print", args=[draft.prints.get().pk]) in text
        client.post(
            reverse("applications:evidence_upload", args=[draft.pk, "STAMPED"]),
            {"files": pdf_file("盖章.pdf")},
        )
        text = self.page(client, draft).content.decode()
        assert "盖章.pdf" in text
        assert "打印后内容未改动" in text

    def test_a_page_older_than_the_latest_print_takes_no_scan(self, client, people, draft):
        """The paper at hand is of the print that the page shows, which a colleague has replaced."""
        client.force_login(people.applicant)
        print_form(draft, people.applicant)
        page = self.page(client, draft).content.decode()
        address = re.search(r'class="upload" .*action="([^"]+)"', page)[1]
        change(draft, fax="027-83919079")
        print_form(draft, people.applicant)
        answer = client.post(address, {"files": pdf_file("盖章.pdf")}, follow=True)
        assert "已有新的打印稿" in answer.content.decode()
        assert not draft.evidence.filter(category=EvidenceCategory.STAMPED).exists()
        # The page that came back shows the new print, and takes a scan of it.
        address = re.search(r'class="upload" .*action="([^"]+)"', answer.content.decode())[1]
        client.post(address, {"files": pdf_file("盖章.pdf")})
        assert draft.evidence.get(category=EvidenceCategory.STAMPED).print == draft.prints.last()

    def test_names_what_has_changed_since_the_print(self, client, people, draft):
        client.force_login(people.applicant)
        stamp(draft, people.applicant)
        change(draft, principal="另一负责人")
        text = self.page(client, draft).content.decode()
        assert "需重新上传" in text
        assert "<li>负责人：修改</li>" in text
        assert "重新生成打印稿" in text

    def test_says_why_an_incomplete_form_is_not_printed(self, client, people, draft):
        client.force_login(people.applicant)
        change(draft, postcode="")
        assert "还差 1 项，补充完整后才能打印" in self.page(client, draft).content.decode()
        answer = self.print(client, draft)
        assert "还差 1 项，补充完整后才能打印" in answer.content.decode()
        assert not draft.prints.exists()


def test_print_stamp_change_and_be_refused(page, tmp_path, people, draft):
    page.goto("/accounts/login/")
    page.fill("#id_login", people.applicant.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login/" not in url)

    # Print, stamp, scan, upload.
    page.goto(f"/applications/{draft.pk}/edit/stamp/")
    page.fill("#id_text", "同意申报。")
    page.get_by_role("button", name="生成打印稿").click()
    printed = page.get_by_role("link", name="打开打印稿 PDF")
    paper = page.request.get(printed.get_attribute("href"))
    assert paper.headers["content-type"] == "application/pdf"
    scan = tmp_path / "盖章申报表.pdf"
    scan.write_bytes(paper.body())
    page.set_input_files("#files-STAMPED", scan)
    page.get_by_text("打印后内容未改动", exact=True).wait_for()

    # Another principal: the paper no longer says what the form says.
    page.goto(f"/applications/{draft.pk}/edit/unit/")
    page.fill("#id_principal", "另一负责人")
    with page.expect_navigation():
        page.get_by_role("button", name="保存草稿").click()
    page.goto(f"/applications/{draft.pk}/submit/")
    page.get_by_text("以下内容有改动：负责人。请重新打印、盖章").first.wait_for()
    assert page.get_by_role("button", name="提交申报").is_disabled()

    # Printed and stamped anew, it is accepted.
    page.goto(f"/applications/{draft.pk}/edit/stamp/")
    page.get_by_role("button", name="重新生成打印稿").click()
    paper = page.request.get(printed.get_attribute("href"))
    scan.write_bytes(paper.body())
    page.set_input_files("#files-STAMPED", scan)
    page.get_by_text("打印后内容未改动", exact=True).wait_for()
    page.goto(f"/applications/{draft.pk}/submit/")
    page.check("#id_truth_declared")
    page.get_by_role("button", name="提交申报").click()
    page.wait_for_url("**/receipt/")
    assert fresh(draft).stage == Stage.RECOMMENDING
