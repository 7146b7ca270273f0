"""What the folder of a round holds, and what it must not hold."""

import csv
import datetime
import hashlib
import io
import json
import os
import shutil
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry
from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.files.virus_state import Scan
from applications.models import Application, Evidence, Remark
from applications.permissions import openable_files
from applications.rounds import EvidenceCategory
from applications.stages import PRIVATE, Stage
from documents.models import KEPT, ExportRecord
from operations.backups import PASSING, named_files
from operations.round_export import export, papers
from operations.round_export.tables import TABLES, Scope
from operations.round_export.tasks import UNFINISHED, build_round
from review.recommending.list_models import RecommendationList
from review.rounds import retention
from review.shared.attachments import Attachment
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
        title = f"{people.panel.round.title}{export.TITLE}"
        assert f"{title}/recompute.py" in archive.namelist()
        # Unpacked it is one folder, wherever somebody unpacks it.
        assert {name.partition("/")[0] for name in archive.namelist()} == {title}
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
        assert any(name.endswith("/README.txt") for name in archive.namelist())
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


# --- What it is made of ---------------------------------------------------------------------------

# What belongs to a round or to what is in it, and is in no table.
ELSEWHERE = {
    "chains/": {"Event", "Draw", "ResultEdition", "ChainExport"},
    "scores/": {"ScoreSheet", "Score"},
    "README: 没有收入": {
        *("Message", "Look", "InspectionSave", "SearchText", "KeptReading"),
        *("Archive", "Package", "MarkedCopy", "KeptForm"),
    },
}


def test_every_model_and_every_relation_of_a_round_is_told_or_named_as_left_out():
    told = {table.model for table in TABLES}
    belonging = {
        model.__name__
        for model in apps.get_models(include_auto_created=False)
        if model not in told
        and any(field.related_model in told for field in model._meta.concrete_fields)
    }
    assert belonging == set().union(*ELSEWHERE.values())
    for table in TABLES:
        assert set(table.model._meta.many_to_many) <= set(table.fields), table.name


def test_no_column_is_told_that_holds_a_secret_or_only_the_portals_own():
    """Whoever adds a column names it in its table, or it stays in the portal and stands here."""
    left = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.model._meta.concrete_fields
        if column not in table.fields
    }
    of_files = ("rendition", "rendition_type", "scan", "infection", "scanned_at", "file")
    assert left == {
        "rounds.last_number",
        *(f"applications.{name}" for name in ("revision", "edited_by", "lead_id_index")),
        *(f"evidence.{name}" for name in (*of_files, "thumbnail", "warning", "examined_at")),
        *(f"attachments.{name}" for name in of_files),
        "form_prints.content",
        "finding_marks.digest",
        "submissions.content",
        "verifications.lead_id_index",
        "recommendation_lists.stamped_content",
        "panel_assignments.mean",
        "inspections.edits",
        "inspection_photos.key",
        "inspection_photos.thumbnail",
        "objections.token",
    }


def test_nothing_of_what_a_unit_is_mending_is_told(people, tmp_path):
    application = make.make_application(Stage.RETURNED, people)
    file = application.evidence.filter(removed_at=None).first()
    name = file.original_name
    make.evidence_files.rename(file, "正在改名.pdf", people.applicant)
    remark = Remark.objects.create(
        application=application, event=application.events.last(), section="unit", text="请改"
    )
    remark.answer_with("正在写的说明")
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    text = everything(folder)
    assert "正在改名" not in text
    assert "正在写的说明" not in text
    assert name in {row["original_name"] for row in rows(folder, "evidence")}
    assert recompute(folder)[0] == 0


def test_the_bureau_gets_the_files_that_the_portal_opens_for_it(people, tmp_path):
    application = make.make_application(Stage.RECOMMENDING, people)
    application = make.take(application, "return", people)
    old = application.evidence.filter(removed_at=None).first()
    make.evidence_files.replace(old, make.pdf_file("新的.pdf"), people.applicant)
    application = make.take(application, "submit", people)
    bureau = make.make_user(Role.BUREAU)
    for user, has_old in ((people.office, True), (bureau, False)):
        (tmp_path / user.role).mkdir()
        folder, _ = unpack(user, people.panel.round, tmp_path / user.role)
        told = {row["id"] for row in rows(folder, "evidence")}
        assert (old.pk in told) == has_old
        openable = openable_files(user, application)
        assert openable is None or told == openable
        readme = (folder / "README.txt").read_text(encoding="utf-8-sig")
        assert ("市人社局的档案只收入" in readme) != has_old


def test_an_attachment_that_no_virus_check_has_passed_keeps_its_row(people, tmp_path):
    make.make_application(Stage.AWARDED, people)
    number = Attachment.objects.update(scan=Scan.PENDING)
    assert number
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert len(rows(folder, "attachments")) == number
    assert {each["reason"] for each in missing} == {"未通过病毒检查"}


def test_units_of_like_names_do_not_take_each_others_file(people, tmp_path):
    kind = people.recommender.recommending_unit.kind
    for code, name in (("x1", "某某局/一"), ("x2", "某某局:一"), ("x3", "汇总")):
        unit = RecommendingUnit.objects.create(code=code, name=name, kind=kind)
        RecommendationList.objects.create(round=people.panel.round, recommending_unit=unit)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    names = {path.name[:2] for path in (folder / "documents/附件1").iterdir()}
    assert {"x1", "x2", "x3"} <= names
    assert recompute(folder)[0] == 0


def test_what_is_withdrawn_meanwhile_is_said_and_what_it_types_is_not_there(
    people, tmp_path, monkeypatch
):
    application = make.make_application(Stage.RECOMMENDING, people)
    write_papers = papers.write_papers_of_round

    def withdraw_first(folder, scope):
        make.take(Application.objects.get(pk=application.pk), "withdraw", people)
        Application.objects.filter(pk=application.pk).update(address="撤回后的地址")
        write_papers(folder, scope)

    monkeypatch.setattr(papers, "write_papers_of_round", withdraw_first)
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert "撤回后的地址" not in everything(folder)
    code, said = recompute(folder)
    assert code == 0, said
    is_private = Application.objects.get(pk=application.pk).stage in PRIVATE
    assert bool(missing) == is_private


@pytest.mark.django_db(transaction=True)
def test_it_is_of_one_moment_whatever_moves_meanwhile(people, tmp_path, monkeypatch):
    """Another connection moves an application between chains and tables, and does not wait."""
    application = make.make_application(Stage.RECOMMENDING, people)
    write_tables = export.write_tables

    def move():
        make.take(Application.objects.get(pk=application.pk), "recommend", people)
        connection.close()

    def move_first(folder, scope):
        mover = threading.Thread(target=move)
        mover.start()
        mover.join(timeout=30)
        assert not mover.is_alive()
        write_tables(folder, scope)

    monkeypatch.setattr(export, "write_tables", move_first)
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    assert Application.objects.get().stage == Stage.RECOMMENDED
    assert rows(folder, "applications")[0]["stage"] == Stage.RECOMMENDING
    code, said = recompute(folder)
    assert code == 0, said


# --- How long it stays ----------------------------------------------------------------------------


def made_for(client, people):
    client.force_login(people.office)
    client.post(PAGE, {"round": people.panel.round_id})
    return ExportRecord.objects.get()


def test_an_expired_file_goes_by_itself(client, people):
    record = made_for(client, people)
    with time_machine.travel(timezone.now() + KEPT + datetime.timedelta(minutes=1)):
        call_command("notify", stdout=io.StringIO())
    assert not record.file.storage.exists(record.file.name)
    assert "清单（MANIFEST.json）的 SHA-256" in client.get(reverse("documents:exports")).text


def test_erased_data_are_in_no_exported_file(client, people):
    make.make_application(Stage.NOT_SELECTED, people)
    make.publish_results(people.panel.round, people.office)
    over = retention.years_later(timezone.now(), people.panel.round.retention_years)
    with time_machine.travel(over + datetime.timedelta(days=1)):
        record = made_for(client, people)
        waiting = ExportRecord.objects.create(
            requested_by=people.office, role=Role.OFFICE, kind="ROUND", filter_text="批次"
        )
        call_command("retention", "--erase", stdout=io.StringIO())
    assert not record.file.storage.exists(record.file.name)
    waiting.refresh_from_db()
    assert waiting.state == "FAILED"


def test_no_backup_keeps_what_is_kept_for_a_day(client, people):
    record = made_for(client, people)
    with closing(named_files(connection.cursor, PASSING)) as named:
        names = {name for (name,) in named.execute("SELECT name FROM named")}
    assert record.file.name not in names
    # As it is where a backup was restored.
    record.file.storage.delete(record.file.name)
    answer = client.get(reverse("documents:export_file", args=[record.pk]), follow=True)
    assert "文件已过保存期限" in answer.text


def test_what_a_killed_worker_left_is_removed(tmp_path, settings, client, people):
    record = made_for(client, people)
    exports = Path(record.file.path).parent
    left, fresh = exports / f"{UNFINISHED}left", exports / f"{UNFINISHED}fresh"
    for folder in (left, fresh):
        folder.mkdir()
        (folder / "made.zip").write_bytes(b"PK")
    for path in (left / "made.zip", left):
        os.utime(path, (0, 0))
    call_command("notify", stdout=io.StringIO())
    assert not left.exists()
    assert fresh.exists()
    shutil.rmtree(fresh)


def test_what_was_made_is_on_record_by_the_digest_of_its_manifest(client, people, tmp_path):
    record = made_for(client, people)
    with record.file.open("rb") as stored, zipfile.ZipFile(stored) as archive:
        digest = hashlib.sha256(
            archive.read(f"{people.panel.round.title}{export.TITLE}/MANIFEST.json")
        ).hexdigest()
    entry = AuditEntry.objects.get(data__manifest_sha256=digest)
    assert (entry.kind, entry.user, entry.data["export"]) == ("EXPORT", people.office, record.pk)
    assert digest in client.get(reverse("documents:exports")).text
    out = tmp_path / "a.zip"
    call_command(
        "export_round",
        round=people.panel.round_id,
        out=out,
        account=people.office.email,
        stdout=io.StringIO(),
    )
    assert out.stat().st_mode & 0o777 == 0o600
    assert AuditEntry.objects.filter(data__has_key="manifest_sha256").count() == 2


def test_a_round_is_asked_for_and_given_to_who_has_just_proved_who_it_is(client, people, settings):
    record = made_for(client, people)
    settings.REAUTHENTICATION_MINUTES = 0
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    assert client.post(PAGE, {"round": people.panel.round_id}).status_code == 401
    assert client.get(reverse("documents:export_file", args=[record.pk])).status_code == 401
    assert ExportRecord.objects.count() == 1
