"""What the folder of a round holds, and what it must not hold."""

import csv
import datetime
import hashlib
import io
import json
import zipfile

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.models import Application, Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents.models import KEPT, ExportRecord
from operations.round_export import export
from operations.round_export.tables import Scope
from operations.round_export.tasks import build_round
from review.rounds import retention
from tests import factories as make
from tests.documents.archival import claim_of
from tests.operations.round_export.folders import read, recompute, unpack

pytestmark = pytest.mark.django_db
PAGE = reverse("operations:round_export")


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def everything(folder):
    """Every byte that is text: tables, chains, versions, scores, and the README."""
    return b"".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".json", ".jsonl", ".csv", ".txt"}
    ).decode()


def rows(folder, table):
    return read(folder, f"tables/{table}.json")["rows"]


def test_it_has_the_papers_of_every_application_and_of_the_round(people, tmp_path):
    application = make.make_application(Stage.AWARDED, people)
    make.publish_results(people.panel.round, people.office)
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert missing == []
    own = folder / "documents" / application.number
    assert {path.name for path in own.iterdir()} == {
        "附件2 第 1 版.pdf",
        "办理档案.pdf",
        "专家评分说明表.pdf",
        "实地考察记录.pdf",
    }
    papers = list(folder.rglob("documents/**/*.pdf"))
    assert len(papers) >= 7
    assert {claim_of(path.read_bytes()) for path in papers} == {"3A"}
    names = {path.name for path in folder.rglob("documents/**/*")}
    assert {"入选名单.pdf", "入选名单.xlsx", "评审记录存证单.pdf"} <= names


def test_every_version_has_its_form_with_the_opinions_of_its_time(people, tmp_path):
    application = make.make_application(Stage.RECOMMENDING, people)
    application = make.take(application, "return", people)
    application = make.take(application, "submit", people)
    make.take(application, "recommend", people)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    own = folder / "documents" / application.number
    assert {path.name for path in own.glob("附件2*")} == {"附件2 第 1 版.pdf", "附件2 第 2 版.pdf"}
    content = read(folder, f"versions/{application.number}-2.json")
    assert content["fields"]["unit_name"] == application.unit_name


def test_originals_are_there_byte_for_byte_under_their_digests(people, tmp_path):
    application = make.make_application(Stage.RECOMMENDED, people)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    evidence = rows(folder, "evidence")
    assert len(evidence) == application.evidence.count()
    for row in evidence:
        data = (folder / row["original"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert row["sha256"] in row["original"]


def test_what_is_lost_is_said_and_stops_nothing(people, tmp_path):
    application = make.make_application(Stage.RECOMMENDED, people)
    lost = application.evidence.first()
    lost.file.storage.delete(lost.file.name)
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert [each["reason"] for each in missing] == ["已不在存储中"]
    assert lost.sha256 in (folder / "README.txt").read_text(encoding="utf-8-sig")
    assert recompute(folder)[0] == 0


def test_what_retention_erased_is_said_and_the_chain_still_holds(people, tmp_path):
    application = make.make_application(Stage.NOT_SELECTED, people)
    make.publish_results(people.panel.round, people.office)
    over = retention.years_later(timezone.now(), people.panel.round.retention_years)
    with time_machine.travel(over + datetime.timedelta(days=1)):
        call_command("retention", "--erase", stdout=io.StringIO())
        folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert "个人信息已按期限清除" in {each["reason"] for each in missing}
    assert not list(folder.glob("originals/*/*"))
    assert application.lead_id_number not in everything(folder)
    readme = (folder / "README.txt").read_text(encoding="utf-8-sig")
    assert "1 项申报的个人信息已按保存期限清除" in readme
    code, said = recompute(folder)
    assert code == 0, said


# --- What must not be in it --------------------------------------------------------------------


def test_no_identity_or_bank_number_is_in_any_table(people, tmp_path):
    application = make.make_application(Stage.AWARDED, people)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    text = everything(folder)
    for number in (application.lead_id_number, application.bank_account):
        assert number not in text
        assert f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" in text


def test_a_draft_is_its_units_own(people, tmp_path):
    draft = make.make_draft(people.panel.round, people.applicant, lead_name="填报某")
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    assert "填报某" not in everything(folder)
    assert rows(folder, "applications") == []
    assert rows(folder, "evidence") == []
    assert draft.evidence.exists()
    assert "（1 项）属申报单位自己" in (folder / "README.txt").read_text(encoding="utf-8-sig")


def test_what_is_being_mended_is_there_as_it_was_submitted(people, tmp_path):
    application = make.make_application(Stage.RETURNED, people)
    Application.objects.filter(pk=application.pk).update(address="正在修改的地址")
    application.awards.update(project="正在修改的奖项")
    make.evidence_files.add(
        application, EvidenceCategory.OTHER, make.pdf_file("正在补充.pdf"), people.applicant
    )
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    text = everything(folder)
    for typed in ("正在修改的地址", "正在修改的奖项", "正在补充.pdf"):
        assert typed not in text
    assert application.address in text
    assert len(rows(folder, "evidence")) == Evidence.objects.count() - 1


def test_scores_are_not_there_before_the_panel_has_concluded(people, tmp_path):
    application = make.make_application(Stage.PANEL, people)
    make.score(application, people.panel, "0.5")
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    (panel,) = read(folder, "scores/scores.json")["panels"]
    (told,) = panel["applications"]
    assert (told["cards"], told["mean"], told["rank"]) == ([], None, None)
    chain = json.loads((folder / "chains/events.jsonl").read_text(encoding="utf-8"))
    last = application.events.last()
    assert chain["events"][-1] == {
        "sequence": last.sequence,
        "previous": last.previous,
        "digest": last.digest,
    }
    assert recompute(folder)[0] == 0


def test_a_cell_is_never_a_formula(people, tmp_path):
    make.make_application(Stage.RECOMMENDED, people, lead_post="=1+1")
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    text = (folder / "tables/applications.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["岗位"] == "'=1+1"
    assert rows(folder, "applications")[0]["lead_post"] == "=1+1"
    assert (folder / "tables/applications.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_every_column_has_a_label_for_a_stranger(people, tmp_path):
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    labels = {
        column["label"]
        for path in folder.glob("tables/*.json")
        for column in json.loads(path.read_text(encoding="utf-8"))["columns"]
    }
    assert {label for label in labels if label.isascii()} == {"E-mail", "SHA-256"}


def test_people_are_named_and_nothing_else_is_told_of_them(people, tmp_path):
    make.make_application(Stage.AWARDED, people)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    named = rows(folder, "people")
    assert people.expert.name in {row["name"] for row in named}
    assert set(named[0]) == {"id", "name", "role", "employer", "title", "occupation"}
    assert people.expert.email not in everything(folder)


# --- Asked for by the page -----------------------------------------------------------------------


def test_the_office_asks_for_a_round_and_downloads_it(client, people):
    make.make_application(Stage.RECOMMENDED, people)
    client.force_login(people.office)
    assert people.panel.round.title in client.get(PAGE).content.decode()
    answer = client.post(PAGE, {"round": people.panel.round_id}, follow=True)
    assert "批次档案正在生成" in answer.content.decode()
    record = ExportRecord.objects.get()
    assert (record.kind, record.rows, record.state) == ("ROUND", 1, "READY")
    assert record.file.name.endswith(".zip")
    page = client.get(reverse("documents:exports")).content.decode()
    assert f"批次档案：{people.panel.round.title}" in page
    answer = client.get(reverse("documents:export_file", args=[record.pk]))
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        assert "recompute.py" in archive.namelist()
    kinds = AuditEntry.objects.filter(user=people.office).values_list("kind", flat=True)
    assert {"EXPORT", "DOWNLOAD"} <= set(kinds)


def test_a_folder_is_its_requesters_alone_for_a_day(client, people):
    client.force_login(people.office)
    client.post(PAGE, {"round": people.panel.round_id})
    record = ExportRecord.objects.get()
    address = reverse("documents:export_file", args=[record.pk])
    client.force_login(make.make_user(Role.OFFICE))
    assert client.get(address).status_code == 404
    ExportRecord.objects.update(finished_at=timezone.now() - KEPT - datetime.timedelta(minutes=1))
    client.force_login(people.office)
    page = client.get(reverse("documents:exports")).content.decode()
    assert "已过保存期限" in page
    # The next one that is made takes the old one's file away.
    storage, name = record.file.storage, record.file.name
    client.post(PAGE, {"round": people.panel.round_id})
    assert not storage.exists(name)


def test_whoever_has_become_something_else_gets_nothing(client, people):
    client.force_login(people.office)
    record = ExportRecord.objects.create(
        requested_by=people.office,
        role=Role.BUREAU,
        kind=ExportRecord.Kind.ROUND,
        asked={"round": people.panel.round_id},
        filter_text="批次",
    )
    build_round.call(record.pk, str(record.run))
    record.refresh_from_db()
    assert record.state == "FAILED"
    assert record.notes == ["账号的权限已改变，请重新导出。"]


def test_a_round_that_there_is_not_is_refused_in_words(client, people):
    client.force_login(people.office)
    for asked in ({"round": "0"}, {"round": "a"}, {}):
        page = client.post(PAGE, asked, follow=True).content.decode()
        assert "请选择评选批次。" in page
    assert not ExportRecord.objects.exists()


@pytest.mark.parametrize("applications", [1, 5])
def test_the_page_costs_the_same_however_many_there_are(
    client, people, applications, django_assert_num_queries
):
    for _ in range(applications):
        make.make_application(Stage.RECOMMENDED, people)
    client.force_login(people.office)
    client.get(PAGE)
    with django_assert_num_queries(3):  # session, account, rounds
        client.get(PAGE)


# --- Asked for by the command --------------------------------------------------------------------


def test_the_command_writes_the_same_and_leaves_it_on_record(people, tmp_path):
    make.make_application(Stage.RECOMMENDED, people)
    out, said = tmp_path / "档案.zip", io.StringIO()
    options = {"round": people.panel.round_id, "account": people.office.email, "stdout": said}
    call_command("export_round", out=out, **options)
    assert f"{out}" in said.getvalue()
    assert "python3 recompute.py" in said.getvalue()
    with zipfile.ZipFile(out) as archive:
        assert "README.txt" in archive.namelist()
    assert AuditEntry.objects.filter(kind="EXPORT", user=people.office).exists()
    with pytest.raises(CommandError, match="已存在"):
        call_command("export_round", out=out, **options)


def test_the_command_wants_an_account_of_office_or_bureau(people, tmp_path):
    for account in (people.applicant.email, people.admin.email, "nobody@demo.invalid"):
        with pytest.raises(CommandError, match="不是评审办公室或市人社局的有效账号"):
            call_command(
                "export_round",
                round=people.panel.round_id,
                out=tmp_path / "a.zip",
                account=account,
            )


def test_a_folder_that_cannot_be_written_leaves_nothing_half_done(people, tmp_path):
    with pytest.raises(CommandError, match="无法写入"):
        call_command(
            "export_round",
            round=people.panel.round_id,
            out=tmp_path / "nowhere" / "a.zip",
            account=people.office.email,
        )
    assert list(tmp_path.iterdir()) == []


def test_the_steps_that_are_promised_are_taken(people, tmp_path):
    make.make_application(Stage.AWARDED, people)
    scope, taken = Scope(people.office, people.panel.round), []
    export.write(scope, tmp_path / "round.zip", taken.append)
    assert sum(taken) == export.steps_of(scope)
