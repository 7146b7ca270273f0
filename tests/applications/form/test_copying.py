"""Copying an earlier application: what comes along, what does not, and nothing is overwritten."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import HostKind
from applications.files import evidence
from applications.files.limits import APPLICATION_LIMIT
from applications.form import copying
from applications.form.definition import AWARD_FIELDS, ITEM
from applications.form.drafts import start
from applications.models import Application, Award, Evidence
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from applications.trust.encryption import blind_index
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_draft, make_people, make_round, pdf_file, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round(year=timezone.localdate().year - 1))


@pytest.fixture
def earlier(people):
    """An application of the year before, awarded."""
    return make_application(Stage.AWARDED, people)


@pytest.fixture
def target(people, earlier):
    """A draft of this year, as it is started."""
    return start(make_round(), people.applicant)


def fresh(application):
    return Application.objects.get(pk=application.pk)


class TestWhatComesAlong:
    def test_fields_rows_and_files_are_those_of_the_earlier_application(
        self, people, earlier, target
    ):
        copying.copy(earlier, target, people.applicant)
        copy = fresh(target)
        differing = {
            name for name in ITEM if getattr(copy, name) != getattr(earlier, name)
        } - copying.DATED_FIELDS.keys()
        # What the unit has registered stands in the draft already, and stays.
        assert differing == {"email"}
        assert copy.lead_id_index == blind_index(earlier.lead_id_number)
        assert copy.edited_by == people.applicant
        (old,), (new,) = earlier.awards.all(), copy.awards.all()
        assert [getattr(new, n) for n in AWARD_FIELDS] == [getattr(old, n) for n in AWARD_FIELDS]
        assert [str(each) for each in copy.members.all()] == [
            str(each) for each in earlier.members.all()
        ]

    def test_an_award_points_at_the_copied_file_which_is_the_same_stored_one(
        self, people, earlier, target
    ):
        earlier.awards.update(evidence_page=1)
        earlier = take_again(earlier, people)
        copying.copy(earlier, target, people.applicant)
        proof = target.awards.get().evidence
        original = earlier.awards.get().evidence
        assert proof.application_id == target.pk
        assert proof.pk != original.pk
        assert proof.file.name == original.file.name
        assert proof.sha256 == original.sha256

    def test_files_of_one_year_stay_behind_with_the_reason(self, people, target):
        earlier = make_draft(people.panel.round, people.applicant)
        evidence.add(earlier, EvidenceCategory.POLICE, pdf_file(), people.applicant)
        done = copying.copy(earlier, target, people.applicant)
        here = {row.category for row in target.evidence.all()}
        there = {row.category for row in earlier.current_evidence()}
        assert there - here == set(copying.DATED_FILES) & there
        reasons = {line.what.split("：")[0]: line.why for line in done.left}
        assert "重新征求意见" in reasons[EvidenceCategory.POLICE.label]
        assert "现在的现场照片" in reasons[EvidenceCategory.PHOTOS.label]

    def test_what_is_true_of_one_year_is_asked_again(self, people, earlier, target):
        done = copying.copy(earlier, target, people.applicant)
        copy = fresh(target)
        assert copy.training_fund is None
        assert copy.lead_is_fit is False
        labels = [line.what for line in done.left]
        assert "职工教育经费" in labels
        assert ITEM["lead_is_fit"].label in labels

    def test_a_submitted_application_is_read_as_it_was_submitted(self, people, target):
        returned = make_application(Stage.RETURNED, people)
        proof = returned.awards.get().evidence
        evidence.remove(proof, people.applicant)
        returned.awards.all().delete()
        Application.objects.filter(pk=returned.pk).update(lead_post="后来改的岗位")
        copying.copy(returned, target, people.applicant)
        assert fresh(target).lead_post == "焊接班长"
        assert target.awards.get().evidence.file.name == proof.file.name

    def test_a_draft_is_read_as_it_stands(self, people, target):
        draft = make_draft(people.panel.round, people.applicant, lead_post="草稿岗位")
        copying.copy(draft, target, people.applicant)
        assert fresh(target).lead_post == "草稿岗位"

    def test_it_stands_in_the_record(self, people, earlier, target, client):
        copying.copy(earlier, target, people.applicant)
        event = target.events.get(action="copy")
        assert earlier.number in event.note
        assert "1 个奖项、1 名成员" in event.note
        client.force_login(people.applicant)
        page = client.get(reverse("applications:overview", args=[target.pk])).content.decode()
        assert event.note in page

    def test_a_school_gets_no_field_of_an_enterprise(self, people, earlier, target):
        Application.objects.filter(pk=target.pk).update(host_kind=HostKind.SCHOOL)
        done = copying.copy(earlier, fresh(target), people.applicant)
        assert fresh(target).training_fund is None
        assert "依托单位类别" in [line.what for line in done.left]
        assert "职工教育经费" not in [line.what for line in done.left]


def take_again(application, people):
    """Send an application back and submit it anew, so that its snapshot is of now."""
    Application.objects.filter(pk=application.pk).update(stage=Stage.DRAFT)
    return take(fresh(application), "submit", people)


class TestNothingIsOverwritten:
    def test_what_is_filled_in_stays_and_is_named(self, people, earlier, target):
        Application.objects.filter(pk=target.pk).update(lead_name="新领办人")
        Award.objects.create(application=target, level=Award.Level.PROVINCIAL, name="新奖")
        done = copying.copy(earlier, target, people.applicant)
        assert fresh(target).lead_name == "新领办人"
        assert [award.name for award in target.awards.all()] == ["新奖"]
        left = {line.what: line.why for line in done.left}
        assert left["领办人（技能大师），技能大师姓名"] == "已有内容，保持不变"
        assert left["省部级获奖情况"] == "已有 1 行，保持不变"

    def test_a_kind_of_material_with_files_keeps_them(self, people, earlier, target):
        own = make_draft(target.round, people.applicant)
        own.awards.all().delete()
        honour = own.evidence.get(category=EvidenceCategory.HONOUR)
        done = copying.copy(earlier, own, people.applicant)
        assert own.evidence.filter(category=EvidenceCategory.HONOUR).get() == honour
        assert "该类材料已有文件，保持不变" in [line.why for line in done.left]
        # Its file was not copied, so it proves nothing here.
        assert own.awards.get().evidence is None

    def test_a_second_click_copies_nothing(self, people, earlier, target):
        copying.copy(earlier, target, people.applicant)
        counts = [target.awards.count(), target.members.count(), target.evidence.count()]
        again = copying.copy(earlier, target, people.applicant)
        assert again.summary == ""
        assert counts == [target.awards.count(), target.members.count(), target.evidence.count()]
        assert target.events.filter(action="copy").count() == 1
        # What cannot come along is still named, what came along is not.
        assert {line.why for line in again.left} >= set(copying.DATED_FIELDS.values())
        assert "该类材料已有文件，保持不变" not in {line.why for line in again.left}

    def test_no_more_than_the_limit_of_all_files(self, people, earlier, target):
        Evidence.objects.filter(application=earlier, category="HONOUR").update(
            size=APPLICATION_LIMIT
        )
        Application.objects.filter(pk=earlier.pk).update(stage=Stage.DRAFT)
        earlier.submissions.all().delete()
        done = copying.copy(earlier, target, people.applicant)
        assert "材料合计将超过 300 MB 的上限" in [line.why for line in done.left]
        assert not target.evidence.filter(category="HONOUR").exists()

    @pytest.mark.parametrize(
        ("limit", "sentence"),
        [
            ({"most_files": 2}, "材料将超过 2 份的上限"),
            ({"most_pages": 2}, "材料合计将超过 2 页的上限"),
        ],
    )
    def test_no_more_files_and_pages_than_this_years_round_allows(
        self, people, earlier, target, limit, sentence
    ):
        Round.objects.filter(pk=target.round_id).update(**limit)
        done = copying.copy(earlier, fresh(target), people.applicant)
        assert [file.pages for file in target.evidence.all()] == [1, 1]
        behind = [line.what for line in done.left if line.why == sentence]
        kinds = {EvidenceCategory(file.category).label for file in earlier.evidence.all()}
        assert behind
        assert {what.partition("：")[0] for what in behind} < kinds

    @pytest.mark.parametrize("stage", [Stage.RECOMMENDING, Stage.RETURNED])
    def test_what_was_submitted_receives_nothing(self, people, earlier, stage):
        submitted = make_application(stage, people, make_round(), achievements="原来的业绩")
        with pytest.raises(ValidationError, match="只有尚未提交的申报"):
            copying.copy(earlier, submitted, people.applicant)
        assert fresh(submitted).achievements == "原来的业绩"


class TestPages:
    @pytest.fixture
    def applicant(self, client, people):
        client.force_login(people.applicant)
        return client

    def test_from_the_list_to_what_is_left_to_do(self, applicant, people, earlier):
        round_ = make_round()
        mine = applicant.get(reverse("applications:mine")).content.decode()
        assert "复制以前的申报" in mine
        started = applicant.post(
            reverse("applications:start", args=[round_.pk]), {"copy": "1"}, follow=True
        )
        target = Application.objects.get(round=round_)
        assert earlier.number in started.content.decode()
        address = reverse("applications:copy", args=[target.pk, earlier.pk])
        assert address in started.content.decode()
        preview = applicant.get(address).content.decode()
        assert "湖北省技术能手" in preview
        assert "不复制" in preview
        assert target.awards.count() == 0
        done = applicant.post(address, follow=True).content.decode()
        assert "已复制" in done
        assert "没有复制" in done
        assert f"/applications/{target.pk}/edit/talent/?check=1#id_training_fund" in done
        assert target.awards.count() == 1

    def test_a_fresh_draft_offers_it_until_it_is_done(self, applicant, people, earlier, target):
        page = reverse("applications:overview", args=[target.pk])
        address = reverse("applications:copy_sources", args=[target.pk])
        assert address in applicant.get(page).content.decode()
        copying.copy(earlier, target, people.applicant)
        assert address not in applicant.get(page).content.decode()

    def test_a_unit_without_others_is_not_asked(self, applicant, people):
        only = start(people.panel.round, people.applicant)
        page = applicant.get(reverse("applications:overview", args=[only.pk])).content.decode()
        assert "复制以前的申报" not in page

    def test_a_recommending_unit_that_stopped_is_told(self, applicant, earlier, target):
        unit = target.recommending_unit
        unit.is_active = False
        unit.save()
        page = applicant.get(reverse("applications:copy", args=[target.pk, earlier.pk]))
        assert f"“{unit}”已不再推荐，请联系评审办公室" in page.content.decode()

    def test_another_units_application_is_out_of_reach(self, applicant, target):
        foreign = make_application(Stage.AWARDED)
        for name in ("copy", "copied"):
            address = reverse(f"applications:{name}", args=[target.pk, foreign.pk])
            assert applicant.get(address).status_code == 404
            assert applicant.post(address).status_code in {404, 405}
        own = reverse("applications:copy", args=[target.pk, target.pk])
        assert applicant.get(own).status_code == 404

    @pytest.mark.parametrize("count", [1, 30])
    def test_the_choice_costs_the_same_with_1_and_30_rows(
        self, applicant, people, count, django_assert_num_queries
    ):
        round_, unit = people.panel.round, people.applicant.applying_unit
        rows = [
            Application(
                round=round_,
                applying_unit=unit,
                recommending_unit=unit.recommending_unit,
                edited_by=people.applicant,
            )
            for _ in range(count + 1)
        ]
        target = Application.objects.bulk_create(rows)[0]
        # session, user, target with its six relations, count, page
        with django_assert_num_queries(9):
            applicant.get(reverse("applications:copy_sources", args=[target.pk]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390])
def test_at_a_browser_the_copy_is_made_and_what_is_left_is_one_link_away(page, people, width):
    earlier = make_application(Stage.AWARDED, people)
    target = start(make_round(), people.applicant)
    page.set_viewport_size({"width": width, "height": 800})
    log_in(page, people.applicant)
    page.goto(reverse("applications:overview", args=[target.pk]))
    page.get_by_role("link", name="复制以前的申报").click()
    for press in (
        page.get_by_role("link", name=earlier.studio_title),
        page.get_by_role("button", name="复制到本次申报"),
        page.get_by_role("link", name="请填写职工教育经费。"),
    ):
        press.wait_for()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        press.click()
    field = page.locator("#id_training_fund")
    expect(field).to_be_focused()
    assert target.awards.count() == 1
