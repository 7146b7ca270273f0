"""Retention: past its years a round keeps the record of its decisions, and nothing personal."""

import datetime
import io
import uuid

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from applications.earlier_years.records import EarlierList, EarlierProject, Outcome
from applications.form import copying
from applications.form.drafts import start
from applications.models import Application, Evidence, FileText, Submission
from applications.notify.inbox import Message
from applications.recognition.page import Line, Page, PageState
from applications.search import Holds
from applications.stages import Stage
from applications.trust import verify_chains
from applications.versions.snapshot import opened
from documents.models import Package
from review.inspection.models import Item
from review.inspection.photos import developed
from review.inspection.record import add_photo
from review.publicity.objections.models import Objection
from review.rounds import retention
from review.rounds.next_year import next_year
from review.shared.attachments import Attachment
from tests.factories import (
    id_number,
    image_file,
    keep_text,
    make_application,
    make_people,
    make_round,
    pdf_file,
    publish_results,
)
from tests.leaks import stored_names, stored_rows

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# Values that stand nowhere else, one for each kind of personal data.
PERSONAL = {
    "principal_phone": "027-51230001",
    "contact_phone": "027-51230002",
    "contact_mobile": "13951230003",
    "email": "persoenlich@example.invalid",
    "fax": "027-51230004",
    "bank_name": "某某银行某某支行五一二三",
    "contact_name": "联系人甲乙",
    "lead_birth": "1980-05",
    "lead_condition_basis": "曾获某称号五一二三。",
    "achievements": "业绩五一二三。",
    "main_results": "成绩五一二三。",
    "report_lead": "简介五一二三。",
}
ALL = (0, 0, 1, 1)
LEAD, MEMBER = "领办人丙丁", "成员某"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Files of other tests are none of ours."""
    own = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": own}


@pytest.fixture
def round_():
    """Five years and a day after its publication it is due."""
    return make_round(results_published_at=timezone.now())


def make(round_, stage, **changes):
    people = make_people(round_)
    # Nothing moves any more in a round that is published: it is made before.
    published_at, own = round_.results_published_at, type(round_).objects.filter(pk=round_.pk)
    own.update(results_published_at=None)
    made = make_application(stage, people, **{**PERSONAL, "lead_name": LEAD, **changes})
    own.update(results_published_at=published_at)
    return made, people


def run(*options):
    out = io.StringIO()
    call_command("retention", *options, stdout=out)
    return out.getvalue()


def later(years=5, days=1):
    return time_machine.travel(
        retention.years_later(timezone.now(), years) + datetime.timedelta(days=days)
    )


def with_every_kind_of_file(application, people):
    """Give an application a thumbnail, a package, a photo, an objection with a paper."""
    evidence = application.evidence.first()
    evidence.thumbnail.save("a.png", ContentFile(b"png"))
    evidence.rendition.save("a.jpg", ContentFile(b"jpg"))
    package = Package(application=application, kind="ARCHIVE", requested_by=people.office)
    package.file.save(".zip", ContentFile(b"zip"))
    inspection = application.inspection
    inspection.unit_representative = "参加人五一二三"
    inspection.save()
    part = {"unit_representative": {"unit_representative": "参加人五一二三"}}
    inspection.saves.create(key=uuid.uuid4(), parts=part, saved_by=people.office)
    add_photo(application, people.office, uuid.uuid4(), Item.OFFICE, developed(image_file()))
    objection = Objection.objects.create(
        application=application, raised_by="举报人五一二三", contact="13951230009", text="异议"
    )
    kind = Attachment.Kind.OBJECTION
    paper = pdf_file("举报人五一二三.pdf")
    objection.files.add(Attachment.store(paper, kind, application=application))


def test_a_round_is_kept_while_it_runs_and_for_its_years(round_):
    make(round_, Stage.AWARDED)
    running = make_round(title="进行中的批次")
    make(running, Stage.PANEL)
    before = stored_rows()
    with later(days=-2):
        said = run("--erase")
        assert f"{round_}：保存 5 年，至 " in said
        assert "1 份申报保留" in said
        assert "进行中的批次：进行中，保留" in said
        assert {**stored_rows()} == before
    with later(years=30):
        # However long ago: what nobody has decided is not erased.
        assert "进行中的批次：进行中，保留" in run("--erase")
    assert Application.objects.filter(round=running, erased_at=None).count() == 1


def test_without_erase_it_only_lists(round_):
    make(round_, Stage.AWARDED)
    before = stored_rows()
    with later():
        said = run()
    assert "1 份申报待清除" in said
    assert "身份证号、资金账号及其索引" in said
    assert stored_rows() == before


def test_past_its_years_nothing_personal_is_left_and_the_decision_is(round_):
    awarded, people = make(round_, Stage.AWARDED)
    refused, _ = make(round_, Stage.NOT_SELECTED)
    draft, _ = make(round_, Stage.DRAFT)
    with_every_kind_of_file(awarded, people)
    keep_text(awarded.evidence.first(), Page(1, PageState.READ, lines=(Line(MEMBER, ALL),)))
    key = "award-1"
    awarded.finding_marks.create(key=key, digest="", verdict="CHECKED", user=people.office)
    submission = awarded.submissions.get()
    events = list(awarded.events.values())
    opinions = list(awarded.opinions.values())
    scores = list(awarded.score_sheets.values("total", "comment"))
    digests = list(awarded.evidence.order_by("pk").values_list("sha256", flat=True))
    assert len(list(stored_names())) > 20
    with later():
        said = run("--erase")
        # The rows that stay name files that are gone: nobody misses them.
        call_command("sweep_files")
    assert f"{round_}：已清除 3 份申报。" in said

    # Not one of the values stands in any table, nor is any file left.
    gone = {
        *PERSONAL.values(),
        id_number(),
        MEMBER,
        "13951230009",
        "举报人五一二三",
        "参加人五一二三",
    }
    left = {
        (value, table)
        for table, rows in stored_rows().items()
        for value in gone
        if any(value in row for row in rows)
    }
    assert left == set()
    assert list(stored_names()) == []
    assert not FileText.objects.exists()
    assert not awarded.finding_marks.exists()

    awarded.refresh_from_db()
    assert (awarded.lead_name, awarded.unit_name) == (LEAD, awarded.applying_unit.name)
    assert awarded.stage == Stage.AWARDED
    assert (awarded.lead_id_number, awarded.bank_account, awarded.lead_id_index) == ("", "", "")
    assert list(awarded.events.values()) == events
    assert list(awarded.opinions.values()) == opinions
    assert list(awarded.score_sheets.values("total", "comment")) == scores
    rows = awarded.evidence.order_by("pk")
    assert list(rows.values_list("sha256", flat=True)) == digests
    assert all(row.erased_at and "（已清除）" in row.original_name for row in rows)
    kept = awarded.submissions.get()
    assert (kept.fingerprint, kept.erased_at is not None) == (submission.fingerprint, True)
    assert opened(kept.content)["fields"]["unit_name"] == awarded.unit_name
    assert opened(kept.content)["fields"]["lead_name"] == LEAD
    # Whoever was not awarded is named nowhere.
    refused.refresh_from_db()
    assert refused.lead_name == "（已清除）"
    assert not Application.objects.filter(Holds(LEAD), pk=refused.pk).exists()
    assert refused.submissions.get().content["fields"]["lead_name"] == "（已清除）"
    assert refused.prints.get().erased_at
    draft.refresh_from_db()
    assert draft.erased_at
    unit = awarded.applying_unit
    unit.refresh_from_db()
    assert (unit.contact_name, unit.contact_mobile) == ("", "")
    assert not Message.objects.filter(application__round=round_).exists()

    entries = AuditEntry.objects.filter(kind=AuditEntry.Kind.ERASE)
    assert {entry.subject for entry in entries} == {
        awarded.number,
        refused.number,
        f"申报 {draft.pk}",
    }
    assert entries.get(subject=awarded.number).data["files"] > 12


def test_the_record_still_verifies_unless_nobody_logged_the_erasure(round_):
    make(round_, Stage.AWARDED)
    other, _ = make(make_round(), Stage.RECOMMENDING)
    with later():
        run("--erase")
    assert verify_chains.verify().findings == []
    Submission.objects.filter(application=other).update(erased_at=timezone.now())
    (finding,) = verify_chains.verify().findings
    assert finding.about == other.number
    assert "没有清除记录" in finding.problem


def test_a_copy_in_a_later_round_keeps_its_files(round_):
    """Its rows name the same bytes; they go with the last of them."""
    earlier, people = make(round_, Stage.AWARDED)
    later_round = make_round()
    target = start(later_round, people.applicant)
    copying.copy(earlier, target, people.applicant)
    text = keep_text(target.evidence.first(), Page(1, PageState.BLANK))
    names = [each.file.name for each in target.evidence.all()]
    assert names
    with later():
        run("--erase")
        assert Application.objects.get(pk=earlier.pk).erased_at
        assert Application.objects.get(pk=target.pk).erased_at is None
        assert all(default_storage.exists(name) for name in names)
        assert FileText.objects.filter(pk=text.pk).exists()
        assert earlier not in copying.sources(target, people.applicant)
        type(later_round).objects.filter(pk=later_round.pk).update(
            results_published_at=timezone.now() - datetime.timedelta(days=3000)
        )
        run("--erase")
    assert not any(default_storage.exists(name) for name in names)
    assert not FileText.objects.exists()


def test_a_second_run_does_nothing(round_):
    make(round_, Stage.AWARDED)
    with later():
        run("--erase")
        before = stored_rows()
        assert "已无可清除的内容" in run("--erase")
    assert stored_rows() == before


def test_a_draft_that_is_typed_into_afterwards_is_erased_again(round_):
    draft, people = make(round_, Stage.DRAFT)
    with later():
        run("--erase")
    with later(days=9):
        draft.edit(people.applicant, lead_id_number=id_number())
        assert "1 份申报待清除" in run()
        assert "已清除 1 份申报。" in run("--erase")
    draft.refresh_from_db()
    assert draft.lead_id_number == ""


def test_a_killed_run_is_resumed(round_, monkeypatch):
    """Killed after the files of the second application went, before its rows say so."""
    applications = [make(round_, Stage.NOT_SELECTED)[0] for _ in range(3)]
    second = applications[1]

    class Killed(BaseException):
        """What ends a process in the middle."""

    kept = Evidence.objects.filter(application=second).last().file.name
    remove = default_storage.delete

    def delete(name):
        if name == kept:
            raise Killed
        remove(name)

    with later():
        monkeypatch.setattr(default_storage, "delete", delete, raising=False)
        with pytest.raises(Killed):
            run("--erase")
        assert Application.objects.filter(round=round_, erased_at=None).count() == 2
        monkeypatch.undo()
        assert "已清除 2 份申报。" in run("--erase")
    assert list(stored_names()) == []
    assert not Application.objects.filter(round=round_, erased_at=None).exists()


def test_who_was_not_chosen_in_an_earlier_year_is_forgotten(round_):
    office = make_people(round_).office
    earlier = EarlierList.objects.create(year=2015, title="一览表", imported_by=office)
    read = {"lead": "李德胜", "unit": "虚构厂"}
    for lead, outcome, as_read in (
        ("张明远", Outcome.SELECTED, {}),
        ("欧阳静怡", Outcome.NOT_SELECTED, {}),
        ("李得胜", Outcome.RECOMMENDED, read),
        ("", Outcome.RECOMMENDED, {}),
    ):
        row = EarlierProject(list=earlier, year=2015, unit="虚构厂", lead=lead, as_read=as_read)
        row.outcome = outcome
        row.make_comparable({})
        row.save()
    assert "往年名单" not in run()
    with later():
        assert "往年名单中未入选领办人的姓名：2 项待清除" in run()
        assert earlier.projects.filter(lead="欧阳静怡").exists()
        assert "往年名单中未入选领办人的姓名：已清除 2 项" in run("--erase")
        assert "往年名单" not in run("--erase")
    rows = earlier.projects.order_by("pk")
    assert [row.lead for row in rows] == ["张明远", retention.GONE, retention.GONE, ""]
    assert [row.lead_key for row in rows] == ["张明远", None, None, None]
    assert rows[2].as_read == {"lead": retention.GONE, "unit": "虚构厂"}
    assert AuditEntry.objects.get(kind=AuditEntry.Kind.ERASE, subject="往年名单").data["rows"] == 2


def test_a_unit_that_applied_again_keeps_its_contact(round_):
    application, _ = make(round_, Stage.NOT_SELECTED)
    with later():
        again = make_round(title="后来的批次")
        Application.objects.create(
            round=again,
            applying_unit=application.applying_unit,
            recommending_unit=application.recommending_unit,
            host_kind=application.host_kind,
        )
        run("--erase")
    application.applying_unit.refresh_from_db()
    assert application.applying_unit.contact_mobile == "13800000000"


def test_a_round_without_a_publication_ends_when_nothing_moves_any_more():
    round_ = make_round()
    make(round_, Stage.DRAFT)
    make(round_, Stage.NOT_RECOMMENDED)
    assert retention.ended_at(round_) is None  # its deadlines are still to come
    with time_machine.travel(round_.report_deadline + datetime.timedelta(days=1)):
        assert retention.ended_at(round_) == round_.report_deadline
        (due,) = retention.schedule()
        assert not due.is_due
        with pytest.raises(ValueError, match="is still kept"):
            retention.erase(due)
    make(round_, Stage.QUALIFYING)
    with later(years=9):
        assert retention.ended_at(round_) is None


def test_pages_of_an_erased_application_still_open(client):
    round_ = make_round()
    application, people = make(round_, Stage.AWARDED)
    publish_results(round_, people.office)
    with_every_kind_of_file(application, people)
    licence = application.evidence.first()
    photo = application.attachments.first()
    with later():
        run("--erase")
        client.force_login(people.office)
        page = client.get(reverse("review:detail", args=[application.pk]))
        assert "个人信息和上传的文件已于" in page.text
        assert "号码已按保存年限清除。" in page.text
        assert page.context["has_proofs"] is False
        for name in (
            "review:timeline",
            "documents:inspection",
            "documents:annex2",
            "documents:annex2_word",
            "review:reveal",
        ):
            assert client.get(reverse(name, args=[application.pk])).status_code == 200, name
        for url in (licence.get_absolute_url(), photo.get_absolute_url()):
            assert client.get(url).status_code == 404
        client.force_login(people.applicant)
        for name in ("applications:overview", "applications:read"):
            assert client.get(reverse(name, args=[application.pk])).status_code == 200, name
        fingerprint = application.submissions.get().fingerprint
        client.logout()
        public = client.get(reverse("applications:verify", args=[fingerprint]))
        assert application.number in public.text
        assert LEAD in client.get(reverse("results", args=[round_.pk])).text


def test_the_office_sets_the_years_and_they_go_to_the_next_round(client, round_):
    people = make_people(round_)
    client.force_login(people.office)
    page = client.get(reverse("review:round_edit", args=[round_.pk]))
    assert "个人信息保存年限" in page.text
    assert "自结果公布之日起计算" in page.text
    round_.retention_years = 3
    round_.save()

    assert next_year(round_).retention_years == 3
