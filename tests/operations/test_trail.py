"""记录校验 and 存证: the command, the page, and the files that are stamped and kept."""

import io
import json
import re

import pypdfium2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.chains import protect, sm3, unprotect
from accounts.roles import Role
from applications.models import Event
from applications.stages import Stage
from applications.versions.snapshot import in_groups
from applications.workflow.events import ENTER_OBJECTION, START, record
from operations import chain_heads
from operations.trail import AuditCheck, ChainExport
from review.shared.round_changes import RoundChange
from tests.factories import let_deadlines_pass, make_application, make_people, make_round

pytestmark = pytest.mark.django_db

PAGE = reverse("operations:audit")


@pytest.fixture
def round_():
    return make_round()


@pytest.fixture
def people(round_):
    return make_people(round_)


def verify_audit(**options):
    """Run the command; return what it prints, and whether it found anything wrong."""
    out = io.StringIO()
    try:
        call_command("verify_audit", stdout=out, **options)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode == 1
    return out.getvalue(), False


def rewrite(application, sequence):
    """Change one event, as the owner of the database could."""
    connection.check_constraints()
    unprotect(connection, Event)
    application.events.filter(sequence=sequence).update(note="改写")
    protect(connection, Event)


def remove_last(application):
    connection.check_constraints()
    unprotect(connection, Event)
    application.events.order_by("sequence").last().delete()
    protect(connection, Event)


# --- The command ---


def test_the_command_says_what_it_checked(people):
    make_application(Stage.RECOMMENDING, people)
    text, is_wrong = verify_audit()
    assert not is_wrong
    assert re.search(r"已校验：申报 1、事件 2、提交版本 1、意见 1；用时 [\d.]+ 秒。", text)
    assert "没有发现问题。" in text
    assert AuditCheck.objects.get().counts["事件"] == 2


def test_the_command_names_the_first_broken_event_of_each_application(people):
    made = [make_application(Stage.RECOMMENDED, people) for _ in range(3)]
    rewrite(made[0], 2)
    rewrite(made[2], 1)
    text, is_wrong = verify_audit()
    assert is_wrong
    assert f"{made[0].number}：第 2 条，内容与摘要不符，已被改动" in text
    assert f"{made[2].number}：第 1 条，内容与摘要不符，已被改动" in text
    assert made[1].number not in text
    assert [each["sequence"] for each in AuditCheck.objects.get().findings][:2] == [2, 1]


def test_a_file_kept_elsewhere_tells_what_the_database_no_longer_knows(people, round_, tmp_path):
    application = make_application(Stage.PANEL, people)
    record(application, people.office, ENTER_OBJECTION)
    kept = tmp_path / "heads.json"
    call_command("export_chain_heads", round=round_.pk, out=kept, stdout=io.StringIO())
    assert sm3(kept.read_bytes()) == ChainExport.objects.get().digest
    assert kept.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert not verify_audit(heads=kept)[1]
    remove_last(application)
    ChainExport.objects.all().delete()  # nor does the database know of the export any more
    assert not verify_audit()[1]
    text, is_wrong = verify_audit(heads=kept)
    assert is_wrong
    assert f"{application.number}：第" in text
    assert "缺少末尾的记录" in text


def test_the_exports_in_the_database_are_compared_with_each_time(people, round_):
    application = make_application(Stage.PANEL, people)
    record(application, people.office, ENTER_OBJECTION)
    ChainExport.make(round_)
    remove_last(application)
    assert "缺少末尾的记录" in verify_audit()[0]


def test_a_rewritten_export_is_told(people, round_):
    make_application(Stage.PANEL, people)
    export = ChainExport.make(round_)
    content = {**export.content, "made_at": "2026-01-01"}
    ChainExport.objects.update(content=content)
    assert f"{export}：内容与摘要不符" in verify_audit()[0]
    ChainExport.objects.update(content=[])
    assert f"{export}：内容与摘要不符" in verify_audit()[0]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"format": 9}'])
def test_a_file_that_is_no_export_is_refused(tmp_path, content):
    kept = tmp_path / "heads.json"
    kept.write_bytes(content)
    text, is_wrong = verify_audit(heads=kept)
    assert is_wrong
    assert "不是链头导出文件" in text
    assert "无法读取" in verify_audit(heads=tmp_path / "missing")[0]
    assert not AuditCheck.objects.exists()


# --- The page ---


def test_the_page_shows_the_last_result_and_no_personal_data(client, people):
    application = make_application(Stage.PANEL, people, lead_name="龘某某")
    verify_audit()
    client.force_login(people.admin)
    assert "没有发现问题" in client.get(PAGE).content.decode()
    rewrite(application, 3)
    verify_audit()
    page = client.get(PAGE).content.decode()
    assert "没有发现问题" not in page
    assert application.number in page
    assert "已被改动" in page
    assert "龘某某" not in page


def test_before_the_first_verification_the_page_says_so(client, people):
    client.force_login(people.office)
    page = client.get(PAGE).content.decode()
    assert "还没有校验过" in page
    assert "还没有存证单" in page


@pytest.mark.parametrize("user", ["office", "admin"])
def test_a_round_is_exported_stamped_and_kept(client, people, round_, user):
    application = make_application(Stage.RECOMMENDED, people, lead_name="龘某某")
    make_application(Stage.DRAFT, people)
    draft = make_application(Stage.DRAFT, people)
    record(draft, people.applicant, START, to_stage=Stage.DRAFT)
    client.force_login(getattr(people, user))
    assert client.post(PAGE, {"round": round_.pk}).status_code == 302
    export = ChainExport.objects.get()

    made = client.get(reverse("operations:chain_export_json", args=[export.pk]))
    made = b"".join(made.streaming_content)
    assert sm3(made) == export.digest
    rows = json.loads(made)["applications"]
    last = application.events.order_by("sequence").last()
    assert rows == [
        {
            "key": application.pk,
            "number": application.number,
            "events": last.sequence,
            "digest": last.digest,
        },
        {
            "key": draft.pk,
            "number": None,
            "events": 1,
            "digest": draft.events.get().digest,
        },
    ]

    made = client.get(reverse("operations:chain_export_pdf", args=[export.pk]))
    assert made["Cache-Control"] == "private, no-store"
    pdf = pypdfium2.PdfDocument(b"".join(made.streaming_content))
    text = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in pdf))
    for expected in (application.number, last.digest, export.digest, "1项尚未编号", round_.title):
        assert expected in text
    assert "龘某某" not in text
    kinds = [line.kind for line in AuditEntry.objects.order_by("pk")]
    assert kinds == ["EXPORT", "DOWNLOAD", "DOWNLOAD"]


@pytest.mark.parametrize("asked", ["", "0", "x", "99999999999999999999"])
def test_no_round_leads_back_with_a_sentence(client, people, asked):
    client.force_login(people.office)
    response = client.post(PAGE, {"round": asked}, follow=True)
    assert "请选择评选批次。" in response.content.decode()


@pytest.mark.parametrize("copies", [1, 30])
def test_costs_the_same_with_1_and_30_exports(
    client, people, round_, django_assert_num_queries, copies
):
    for _ in range(copies):
        ChainExport.make(round_, people.office)
        verify_audit()
    client.force_login(people.office)
    with django_assert_num_queries(5):  # session, user, checks, exports, rounds
        client.get(PAGE)


def test_making_an_export_costs_the_same_with_1_and_10_applications(
    people, round_, django_assert_num_queries
):
    for _ in range(2):
        make_application(Stage.RECOMMENDING, people)
        with django_assert_num_queries(4):  # applications, log of nobody, of accounts, the export
            ChainExport.make(round_)


def test_a_long_list_repeats_its_head_and_breaks_no_digest(people, round_):
    application = make_application(Stage.RECOMMENDED, people)
    export = ChainExport.make(round_)
    row = export.content["applications"][0]
    export.content["applications"] = [row] * 80
    pdf = pypdfium2.PdfDocument(chain_heads.render(export))
    texts = [page.get_textpage().get_text_range() for page in pdf]
    assert len(texts) > 1
    assert all("受理编号" in text for text in texts)
    assert in_groups(application.events.order_by("sequence").last().digest) in texts[0]


# --- What of opening and taking is on record ---


@pytest.mark.parametrize(
    ("role", "name", "subject"),
    [
        (Role.OFFICE, "documents:annex2", "附件2"),
        (Role.EXPERT, "documents:annex2", "附件2"),
        (Role.OFFICE, "documents:annex2_word", "附件2（Word 版）"),
        (Role.OFFICE, "documents:timeline", "办理档案"),
        (Role.BUREAU, "documents:inspection", "实地考察记录"),
        (Role.OFFICE, "documents:score_sheet", "专家评分说明表"),
        (Role.OFFICE, "documents:publicity_proof_of", "公示无异议证明"),
    ],
)
def test_whoever_opens_a_document_of_others_is_on_record(client, people, role, name, subject):
    application = make_application(Stage.AWARDED, people)
    client.force_login(people.of(role))
    response = client.get(reverse(name, args=[application.pk]))
    assert list(response.streaming_content)
    line = AuditEntry.objects.get()
    assert (line.kind, line.user, line.address) == ("DOWNLOAD", people.of(role), "127.0.0.1")
    assert line.subject.startswith(f"{application.number} {subject}")
    client.force_login(people.applicant)
    assert client.get(reverse("documents:annex2", args=[application.pk])).status_code == 200
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.OFFICE, Role.EXPERT])
def test_whoever_opens_a_file_of_others_is_on_record(client, people, role):
    application = make_application(Stage.PANEL, people)
    file = application.evidence.get(category="LICENCE")
    client.force_login(people.of(role))
    response = client.get(file.get_absolute_url(), follow=True)
    list(response.streaming_content)
    line = AuditEntry.objects.get()
    assert line.subject == f"{application.number} {file.get_category_display()}"
    assert ".pdf" not in line.subject  # names of files may say anything
    assert line.data == {"evidence": file.pk}


def test_a_list_that_is_taken_out_points_to_its_export_record(client, people):
    make_application(Stage.QUALIFYING, people)
    client.force_login(people.office)
    client.post(reverse("documents:exports"))
    line = AuditEntry.objects.get()
    assert (line.kind, line.subject) == ("EXPORT", f"申报清单（导出记录 {line.data['export']}）")


def test_a_changed_setting_is_on_record_without_its_words(client, people, round_):
    client.force_login(people.office)
    url = reverse("review:expert", args=[people.expert.pk])
    client.post(url, {"employer": "虚构大学", "title": "教授", "occupation": "焊工"})
    line = AuditEntry.objects.get()
    assert line.kind == "ACCOUNT"
    assert line.data == {
        "account": people.expert.pk,
        "fields": ["employer", "title", "occupation"],
    }


def test_the_publication_of_results_is_on_record(client, people, round_):
    make_application(Stage.AWARDED, people)
    client.force_login(people.office)
    let_deadlines_pass(round_)
    document = {"document_number": "武人社发〔2026〕1号", "document_date": timezone.localdate()}
    for _ in range(2):  # the second click publishes nothing
        client.post(reverse("review:publish_results", args=[round_.pk]), document)
    line = AuditEntry.objects.get()
    assert (line.kind, line.subject) == ("SETTINGS", f"{round_.title} 公布结果")


def test_recommending_units_made_and_changed_are_on_record(client, people):
    client.force_login(people.admin)
    typed = {"kind": "SELF", "name": "虚构集团", "code": "XG", "position": 1, "is_active": "on"}
    client.post(reverse("accounts:recommending_unit_new"), typed)
    unit = people.recommender.recommending_unit._meta.model.objects.get(code="XG")
    url = reverse("accounts:recommending_unit_edit", args=[unit.pk])
    client.post(url, {**typed, "position": 2})
    client.post(url, {**typed, "position": 2})
    made, changed = AuditEntry.objects.order_by("pk")
    assert (made.subject, made.data) == ("新增推荐单位 虚构集团", {"unit": unit.pk})
    assert changed.data == {"unit": unit.pk, "fields": ["position"]}


def test_settings_of_a_round_and_its_panels_name_what_changed(client, people, round_):
    assert RoundChange.write(round_, people.office, {"名额": "5"}, {"名额": "5"}) == 0
    RoundChange.write(round_, people.office, {"名额": "5"}, {"名额": "6"})
    line = AuditEntry.objects.get()
    assert (line.kind, line.user, line.subject) == ("SETTINGS", people.office, round_.title)
    assert line.data == {"round": round_.pk, "settings": ["名额"]}
