"""The dossier: the notice's order, a true catalogue, and what happens to what cannot be read."""

import datetime
import io
import json
import re
import tempfile
import uuid
import zipfile
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.roles import Role
from applications.models import Application, Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import annex2, tasks
from documents.dossier import dossier
from documents.dossier.material import Material
from documents.models import STALLED, ExportRecord, Package
from tests import factories as make
from tests.documents import archival

pytestmark = pytest.mark.django_db

QUERIES = 10
DOSSIER, ARCHIVE = Package.Kind.DOSSIER, Package.Kind.ARCHIVE
NUMBERS = re.compile(r"第(\d+)页共(\d+)页")


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of one test alone, so that those left behind can be counted."""
    options = {"location": tmp_path / "stored", "base_url": None}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options},
    }
    return tmp_path / "stored"


def material(user, application):
    visible = Application.objects.visible_to(user).select_related("recommending_unit")
    return Material(user, annex2.prepared(visible).get(pk=application.pk))


def store(application, name, content, category=EvidenceCategory.OTHER, kind="application/pdf"):
    """Store a file past the upload's checks; return its `Evidence`."""
    evidence = Evidence(
        application=application,
        category=category,
        original_name=name,
        content_type=kind,
        size=len(content),
        sha256=uuid.uuid4().hex * 2,
        uploaded_by=application.applying_unit.users.first(),
    )
    evidence.file.save("file.pdf", ContentFile(content), save=False)
    evidence.save()
    return evidence


def build(user, application):
    """Return (content, pages, notes) of the dossier."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out.pdf")
        said = dossier.write(material(user, application), path, Path(folder), lambda steps: None)
        return path.read_bytes(), said["pages"], said["notes"]


def texts(content):
    """Return the text of each page without white space."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        found = []
        for page in pdf:
            text = page.get_textpage()
            found.append(re.sub(r"[\s\ufffe]", "", text.get_text_range()))
            text.close()
            page.close()
        return found
    finally:
        pdf.close()


def bookmarks(content):
    """Return (level, title, page number) of each bookmark."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        return [
            (mark.level, mark.get_title(), mark.get_dest().get_index() + 1)
            for mark in pdf.get_toc()
        ]
    finally:
        pdf.close()


def blank_pdf(pages=1):
    return make.pdf_file(pages=pages).read()


# --- Order and numbers ---


def test_the_dossier_is_in_the_order_of_the_notice(people):
    application = make.make_application(Stage.QUALIFYING, people)
    content, pages, notes = build(people.office, application)
    found = texts(content)

    assert notes == []
    assert pages == len(found)
    for number, text in enumerate(found, start=1):
        assert (str(number), str(pages)) in NUMBERS.findall(text)
    heads = [
        "附件1（摘录）",
        "附件2武汉市技能大师工作室申报表",
        "申报报告申报单位",
        "申报单位高技能人才建设情况申报单位",
    ]
    assert "建设项目申报材料" in found[0]
    assert "目录" in found[1]
    first_of = [
        next(page for page, text in enumerate(found) if head in text and page > 1) for head in heads
    ]
    assert first_of == sorted(first_of)
    assert application.number in found[0]


def test_bookmarks_and_catalogue_lead_to_their_pages(people):
    application = make.make_application(Stage.DRAFT, people)
    store(application, "三页.pdf", blank_pdf(3))
    store(application, "尾页.pdf", blank_pdf(1))
    content, pages, _ = build(people.applicant, application)
    marks = bookmarks(content)
    by_title = {title: page for _, title, page in marks}

    tops = [title for level, title, _ in marks if level == 0]
    assert [title[:1] for title in tops] == ["封", "目", "1", "2", "3", "4", "5"]
    assert by_title["5.10.2　尾页.pdf"] == pages
    assert by_title["5.10.1　三页.pdf"] == pages - 3
    assert [page for _, _, page in marks] == sorted(page for _, _, page in marks)
    # The catalogue prints those pages and links to them.
    catalogue = texts(content)[1]
    assert f"5.10.1三页.pdf{pages - 3}" in catalogue
    with pikepdf.open(io.BytesIO(content)) as pdf:
        order = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        linked = [order[link.Dest[0].objgen] for link in pdf.pages[1].Annots]
        assert all("/A" not in link for link in pdf.pages[1].Annots)
    assert set(by_title.values()) - {1, 2} <= set(linked)


def test_a_long_catalogue_moves_the_numbers(people):
    application = make.make_application(Stage.DRAFT, people)
    for number in range(60):
        store(
            application,
            f"第{number}份材料的名称比较长以至于在目录里要占去两行左右的位置.pdf" * 2,
            blank_pdf(),
        )
    content, pages, _ = build(people.applicant, application)
    found = texts(content)
    (last,) = [page for _, title, page in bookmarks(content) if title.startswith("5.10.60　")]
    assert last == pages
    assert "目录" in found[1]
    assert "附件1（摘录）" in found[bookmarks(content)[2][2] - 1]
    assert bookmarks(content)[2][2] > 3


def test_a_picture_carries_its_caption(people):
    application = make.make_application(Stage.DRAFT, people)
    store(
        application,
        "实训场<i>.jpg",
        make.image_file(size=(1600, 900)).read(),
        EvidenceCategory.PHOTOS,
        "image/jpeg",
    )
    content, _, notes = build(people.applicant, application)
    assert notes == []
    assert any("技能大师工作室三室一场现场照片实训场<i>.jpg" in text for text in texts(content))


# --- What cannot be read ---


def test_what_cannot_be_read_becomes_a_note_and_stops_nothing(people):
    application = make.make_application(Stage.DRAFT, people)
    whole = blank_pdf(2)
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    store(application, "加密.pdf", locked.getvalue())
    store(application, "截断.pdf", whole[: len(whole) - 60])
    store(application, "空.pdf", b"")
    store(application, "坏图.jpg", b"\xff\xd8\xff", kind="image/jpeg")
    gone = store(application, "丢失.pdf", whole)
    gone.file.storage.delete(gone.file.name)
    store(application, "完好.pdf", whole)
    content, pages, notes = build(people.applicant, application)
    found = texts(content)

    for number, (name, reason) in enumerate(
        (
            ("加密.pdf", "文件已加密"),
            ("截断.pdf", "文件不完整，后面的内容已丢失"),
            ("空.pdf", "文件是空的"),
            ("坏图.jpg", "图片已损坏，无法打开"),
            ("丢失.pdf", "文件已不在存储中"),
        ),
        start=1,
    ):
        note = found[pages - 8 + number]
        assert "此材料无法并入本册，请见原件" in note
        assert name in note
        assert reason in note
        assert f"未能并入（{reason}），请见原件" in found[1]
        assert f"5.10.{number}　其他佐证材料“{name}”{reason}，已用说明页代替。" in notes
    assert len(notes) == 5


def test_a_damaged_page_is_replaced_alone(people):
    application = make.make_application(Stage.DRAFT, people)
    with pikepdf.open(io.BytesIO(blank_pdf(3))) as pdf:
        broken = pikepdf.Stream(pdf, b"x\x9cnot deflated")
        broken.Filter = pikepdf.Name.FlateDecode
        pdf.pages[1].Contents = broken
        out = io.BytesIO()
        pdf.save(out)
    store(application, "三页.pdf", out.getvalue())
    content, _, notes = build(people.applicant, application)
    assert notes == ["5.10.1　其他佐证材料“三页.pdf”第 2 页页面已损坏，已用说明页代替。"]
    last = texts(content)[-3:]
    assert ["此页无法并入本册" in text for text in last] == [False, True, False]
    assert "三页.pdf第2页" in last[1]


def test_scripts_and_attachments_do_not_survive(people):
    application = make.make_application(Stage.DRAFT, people)
    with pikepdf.open(io.BytesIO(blank_pdf())) as pdf:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        pdf.Root.OpenAction = action
        pdf.attachments["evil.exe"] = b"ATTACHED"
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("name"),
            Rect=pikepdf.Array([0, 0, 50, 20]),
            A=action,
        )
        pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array([pdf.pages[0].Annots[0]]),
            XFA=pikepdf.Stream(pdf, b"<xdp:xdp/>"),
        )
        out = io.BytesIO()
        pdf.save(out)
    store(application, "活动内容.pdf", out.getvalue())
    content, _, notes = build(people.applicant, application)
    assert notes == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert set(pdf.Root.keys()) == {
            *("/Type", "/Pages", "/Outlines", "/PageMode", "/Lang"),
            # What the dossier says of itself: no file of anybody's.
            *("/AF", "/Metadata", "/Names", "/OutputIntents"),
        }
        assert list(pdf.attachments) == ["record.json"]
        assert "/Annots" not in pdf.pages[-1]
        plain = io.BytesIO()
        pdf.save(
            plain,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    for word in (b"JavaScript", b"alert", b"ATTACHED", b"AcroForm", b"XFA"):
        assert word not in plain.getvalue()


# --- For whom ---


def test_an_expert_gets_neither_papers_nor_numbers(people):
    application = make.make_application(Stage.PANEL, people)
    full, masked, hidden = (
        material(people.of(role), application)
        for role in (Role.APPLICANT, Role.OFFICE, Role.EXPERT)
    )
    papers = {EvidenceCategory.ID_CARD, EvidenceCategory.STAMPED}
    assert papers <= {row.category for row in full.files}
    assert papers <= {row.category for row in masked.files}
    assert not papers & {row.category for row in hidden.files}

    content, *_ = build(people.expert, application)
    text = "".join(texts(content))
    for secret in (
        application.lead_id_number,
        application.bank_account,
        application.contact_mobile,
        "身份证复印件",
        "盖章申报表",
    ):
        assert secret not in text
    assert len({each.key for each in (full, masked, hidden)}) == 3


def test_others_get_what_was_submitted(people):
    application = make.make_application(Stage.RETURNED, people)
    store(application, "退回后上传.pdf", blank_pdf())
    own = [row.original_name for row in material(people.applicant, application).files]
    submitted = [row.original_name for row in material(people.recommender, application).files]
    assert "退回后上传.pdf" in own
    assert "退回后上传.pdf" not in submitted
    assert material(people.recommender, application).edition.version == "第 1 版"


def test_the_rank_is_for_reviewers_alone(people):
    application = make.make_application(Stage.PANEL, people)
    shown = {
        role: material(people.of(role), application).annex1_row["cells"][0]["text"]
        for role in (Role.APPLICANT, Role.OFFICE, Role.EXPERT)
    }
    assert shown == {Role.APPLICANT: "", Role.OFFICE: "1", Role.EXPERT: ""}


def test_a_list_that_is_not_reported_says_so(people):
    application = make.make_application(Stage.RECOMMENDED, people)
    assert material(people.office, application).annex1_row["filled_on"] == "尚未上报"


# --- Built once, kept until the content changes ---


@pytest.fixture
def quick(monkeypatch):
    """Writes a small file instead of the real ones; counts how often."""
    asked = []

    def write(material, path, folder, progress):
        asked.append(material.key)
        progress(1)
        path.write_bytes(b"made")
        return {"pages": 7, "notes": ["一份没有放入。"]}

    monkeypatch.setattr(tasks, "writer_of", lambda kind: write)
    return asked


def page_url(application):
    return reverse("documents:dossier", args=[application.pk])


def progress_url(application):
    return reverse("documents:dossier_progress", args=[application.pk])


def file_url(application, kind=DOSSIER):
    return reverse("documents:package", args=[application.pk, kind])


def stored_files(storage):
    return [path for path in (storage / "packages").rglob("*") if path.is_file()]


def test_it_is_built_once_until_the_content_changes(client, people, quick, storage):
    application = make.make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    for _ in range(2):
        assert client.post(page_url(application), {"kind": DOSSIER}).status_code == 302
    assert len(quick) == 1
    page = client.get(page_url(application)).content.decode()
    assert "7 页" in page
    assert "一份没有放入。" in page
    assert client.get(file_url(application)).getvalue() == b"made"

    Application.objects.filter(pk=application.pk).update(main_results="又有新成绩。")
    page = client.get(page_url(application)).content.decode()
    assert "材料有了变化" in page
    assert client.get(file_url(application)).status_code == 302
    client.post(page_url(application), {"kind": DOSSIER})
    assert len(quick) == 2
    # The outdated file is gone.
    assert Package.objects.count() == len(stored_files(storage)) == 1


def test_readers_with_the_same_view_share_a_file(people, quick):
    application = make.make_application(Stage.QUALIFYING, people)
    another = make.make_user(Role.OFFICE)
    for user in (people.office, another, people.bureau):
        tasks.request(material(user, application), DOSSIER, user)
    assert len(quick) == 1
    tasks.request(material(people.recommender, application), DOSSIER, people.recommender)
    tasks.request(material(people.applicant, application), DOSSIER, people.applicant)
    assert len(quick) == 3
    assert Package.objects.count() == 3


def test_a_build_that_stopped_can_be_started_again(client, people, quick):
    application = make.make_application(Stage.DRAFT, people)
    made = material(people.applicant, application)
    package = Package.objects.create(
        application=application,
        kind=DOSSIER,
        audience=made.audience,
        key=made.key,
        state=Package.State.BUILDING,
        done=3,
        total=10,
        requested_by=people.applicant,
    )
    client.force_login(people.applicant)
    page = client.get(page_url(application)).content.decode()
    assert "已完成 3 / 10" in page
    assert reverse("documents:dossier_progress", args=[application.pk]) in page
    progress = client.get(reverse("documents:dossier_progress", args=[application.pk])).json()
    assert progress == {DOSSIER: {"text": "正在生成，已完成 3 / 10", "done": 3, "total": 10}}
    client.post(page_url(application), {"kind": DOSSIER})
    assert quick == []

    Package.objects.update(moved_at=timezone.now() - STALLED * 2)
    assert "生成中断" in client.get(page_url(application)).content.decode()
    client.post(page_url(application), {"kind": DOSSIER})
    assert len(quick) == 1
    # Whoever was building it before finds out that it is no longer theirs.
    assert not package.move(done=4)
    package.refresh_from_db()
    assert package.is_ready


def test_a_failure_is_told_and_can_be_tried_again(client, people, monkeypatch, storage, caplog):
    application = make.make_application(Stage.DRAFT, people)

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(tasks, "writer_of", lambda kind: fail)
    client.force_login(people.applicant)
    client.post(page_url(application), {"kind": ARCHIVE})
    page = client.get(page_url(application)).content.decode()
    assert tasks.FAILED in page
    assert "重新生成原件压缩包" in page
    assert "disk full" in caplog.text
    assert "disk full" not in page
    assert not (storage / "packages").exists()


def test_what_changed_while_it_waited_is_not_built_and_the_page_says_so(client, people, quick):
    application = make.make_application(Stage.DRAFT, people)
    made = material(people.applicant, application)
    package = Package.objects.create(
        application=application,
        kind=DOSSIER,
        audience=made.audience,
        key=made.key,
        requested_by=people.applicant,
    )
    Application.objects.filter(pk=application.pk).update(lead_name="另一人")
    client.force_login(people.applicant)
    for turn in ("before its turn", "after its turn"):
        page = client.get(page_url(application)).content.decode()
        assert "材料在排队期间有了变化，请重新生成。" in page, turn
        assert "重新生成材料合订本" in page, turn
        assert client.get(progress_url(application)).json() == {}
        tasks.build.call(package.pk, str(package.run))
    assert quick == []

    client.post(page_url(application), {"kind": DOSSIER})
    assert "材料在排队期间有了变化" not in client.get(page_url(application)).content.decode()
    # The one that was not made is gone with the new one.
    assert [each.is_ready for each in Package.objects.all()] == [True]


def test_a_stale_wait_is_not_told_once_a_newer_one_was_made(client, people, quick):
    """The worker came to it after the newer: what is outdated now is that one."""
    application = make.make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    waiting(people.applicant, application, key="0" * 64)
    client.post(page_url(application), {"kind": DOSSIER})
    waiting(people.applicant, application, key="1" * 64, state="FAILED", notes=[tasks.FAILED])
    Application.objects.filter(pk=application.pk).update(lead_name="另一人")
    page = client.get(page_url(application)).content.decode()
    assert "原来生成的文件已不是最新" in page
    assert "排队期间" not in page


def waiting(user, application, minutes=0, key=None, **fields):
    """Save and return a package asked for so many minutes ago, that nobody builds."""
    made = material(user, application)
    return Package.objects.create(
        application=application,
        kind=DOSSIER,
        audience=made.audience,
        key=key or made.key,
        requested_by=user,
        moved_at=timezone.now() - datetime.timedelta(minutes=minutes),
        **fields,
    )


def test_one_that_waits_tells_how_many_are_before_it(client, people, quick):
    mine, other = (make.make_application(Stage.DRAFT, people) for _ in range(2))
    waiting(people.applicant, mine, minutes=7)
    client.force_login(people.applicant)

    def told():
        page = client.get(page_url(mine)).content.decode()
        text = client.get(progress_url(mine)).json()[DOSSIER]["text"]
        assert text in page
        assert "排队中" in page
        return text

    # Seven minutes are no reason to take it for dead: nobody had come to it.
    assert told() == "等待处理，可以离开本页，稍后再来下载。"
    waiting(people.applicant, other, minutes=9, key="0" * 64)
    waiting(people.applicant, other, minutes=1, key="1" * 64, state="BUILDING")
    export = {"requested_by": people.office, "role": Role.OFFICE}
    before = timezone.now() - datetime.timedelta(minutes=8)
    ExportRecord.objects.create(**export, moved_at=before)
    assert told() == "前面约有 3 份，可以离开本页，稍后再来下载。"
    # Behind it, done, or dead.
    waiting(people.applicant, other, minutes=5, key="2" * 64)
    waiting(people.applicant, other, minutes=9, key="3" * 64, state="READY")
    waiting(people.applicant, other, minutes=9, key="4" * 64, state="BUILDING")
    waiting(people.applicant, other, minutes=90, key="5" * 64)
    assert told() == "前面约有 3 份，可以离开本页，稍后再来下载。"


def test_one_that_nobody_came_to_for_an_hour_can_be_asked_for_again(client, people, quick):
    application = make.make_application(Stage.DRAFT, people)
    waiting(people.applicant, application, minutes=61)
    client.force_login(people.applicant)
    assert "生成中断" in client.get(page_url(application)).content.decode()
    client.post(page_url(application), {"kind": DOSSIER})
    assert len(quick) == 1


def test_a_file_that_is_lost_can_be_made_again(client, people, quick, storage):
    application = make.make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    client.post(page_url(application), {"kind": DOSSIER})
    for path in stored_files(storage):
        path.unlink()
    response = client.get(file_url(application), follow=True)
    assert "文件已不在存储中" in response.content.decode()
    client.post(page_url(application), {"kind": DOSSIER})
    assert client.get(file_url(application)).getvalue() == b"made"


def test_the_real_files_come_out_of_the_worker(client, people):
    application = make.make_application(Stage.QUALIFYING, people)
    client.force_login(people.office)
    for kind in Package.Kind:
        client.post(page_url(application), {"kind": kind})
    pdf, archive = (client.get(file_url(application, kind)) for kind in Package.Kind)
    for response, suffix in ((pdf, "pdf"), (archive, "zip")):
        assert response["Content-Type"] == f"application/{suffix}"
        assert response["Cache-Control"] == "private, no-store"
        assert application.number in response["Content-Disposition"]
        assert response["Content-Disposition"].startswith("attachment")
    package = Package.objects.get(kind=DOSSIER)
    assert len(texts(pdf.getvalue())) == package.pages
    assert package.done == package.total
    assert zipfile.ZipFile(io.BytesIO(archive.getvalue())).testzip() is None


# --- The page ---


def test_nobody_else_gets_page_or_file(client, people, quick):
    application = make.make_application(Stage.PANEL, people)
    tasks.request(material(people.expert, application), DOSSIER, people.expert)
    stranger = make.make_people(make.make_round())
    for user in (stranger.applicant, stranger.recommender, stranger.expert, people.admin):
        client.force_login(user)
        for url in (page_url(application), file_url(application)):
            assert client.get(url).status_code == 404
        assert client.post(page_url(application), {"kind": DOSSIER}).status_code == 404
    # Another reader's file is no answer to mine.
    client.force_login(people.office)
    assert client.get(file_url(application)).status_code == 302


def test_a_kind_that_there_is_not_is_refused(client, people, quick):
    application = make.make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    assert client.post(page_url(application), {"kind": "EVERYTHING"}).status_code == 400
    assert client.get(file_url(application, "EVERYTHING")).status_code == 404
    assert quick == []


def test_queries_do_not_grow_with_the_files(client, people, quick, django_assert_num_queries):
    application = make.make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    client.get(page_url(application))
    for _ in range(2):
        with django_assert_num_queries(QUERIES):
            client.get(page_url(application))
        for number in range(30):
            store(application, f"{number}.pdf", b"x")


def test_the_catalogue_says_which_file_is_signed(people):
    application = make.make_application(Stage.DRAFT, people)
    case = Path(__file__).parents[1] / "cases" / "licence-with-seal-field.pdf"
    store(application, "电子执照.pdf", case.read_bytes())
    application.evidence.filter(original_name="电子执照.pdf").update(is_signed=True)
    content, _, notes = build(people.applicant, application)
    assert notes == []
    assert "含电子签章" in "".join(texts(content)[:3])


# --- For the archive ---


def picture(kind="JPEG", **how):
    out = io.BytesIO()
    Image.new(how.pop("mode", "RGB"), (60, 40), **how).save(out, kind)
    return out.getvalue()


def archive_note(user, application):
    """Return (content, what is said of its format) of the dossier."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out.pdf")
        said = dossier.write(material(user, application), path, Path(folder), lambda steps: None)
        return path.read_bytes(), said["archive_note"]


def drawing_pdf(commands, **resources):
    """Return a PDF of one page with these commands."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Contents = pikepdf.Stream(pdf, commands)
    page.Resources = pikepdf.Dictionary(**resources)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("role", ["applicant", "office"])
def test_one_of_scans_and_pictures_is_for_the_archive(people, role):
    application = make.make_application(Stage.RECOMMENDED, people)
    store(application, "照片.jpg", picture(), kind="image/jpeg")
    # Its colours are made those of the screen.
    store(application, "四色.jpg", picture(mode="CMYK"), kind="image/jpeg")
    content, said = archive_note(getattr(people, role), application)
    assert said == "PDF/A-3b，可长期保存"
    assert archival.claim_of(content) == "3B"
    assert archival.faults(content, "B") == []


def test_an_experts_one_is_too_and_its_data_hold_no_number(people):
    application = make.make_application(Stage.PANEL, people)
    content, _ = archive_note(people.expert, application)
    assert archival.faults(content, "B") == []
    told = archival.record_of(content).decode()
    for number in (
        application.lead_id_number,
        application.bank_account,
        application.contact_mobile,
    ):
        assert number not in told
    assert application.unit_name in told
    # Nor a digest, which no page prints.
    assert re.search(r"[0-9a-f]{64}", told) is None
    assert "身份证" not in {each["category"] for each in json.loads(told)["files"]}


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("四色.pdf", drawing_pdf(b"0 1 0 0 k 10 10 90 90 re f"), "含印刷四色（CMYK）颜色"),
        (
            "文字.pdf",
            drawing_pdf(
                b"BT /F 12 Tf (text) Tj ET",
                Font=pikepdf.Dictionary(
                    F=pikepdf.Dictionary(
                        Type=pikepdf.Name.Font,
                        Subtype=pikepdf.Name.Type1,
                        BaseFont=pikepdf.Name.Helvetica,
                    )
                ),
            ),
            "含外来字体，无法确认其长期可读",
        ),
        (
            "设置.pdf",
            drawing_pdf(
                b"/G gs 0 0 9 9 re f",
                ExtGState=pikepdf.Dictionary(G=pikepdf.Dictionary(TR=pikepdf.Name.Identity)),
            ),
            "含不允许的绘图设置",
        ),
    ],
)
def test_one_with_a_page_that_may_not_stand_there_bears_no_mark_and_says_why(
    people, name, content, why
):
    application = make.make_application(Stage.DRAFT, people)
    store(application, name, content)
    made, said = archive_note(people.applicant, application)
    told, line = said.split("\n")
    assert told.startswith("普通 PDF，未标注 PDF/A-3，不影响使用")
    assert line == f"{why}：5.10.1“{name}”"
    assert archival.claim_of(made) == ""
    assert json.loads(archival.record_of(made))["format"] == "wuhan-skills-studio/dossier"


def test_every_file_that_may_not_stand_there_is_named(people):
    application = make.make_application(Stage.DRAFT, people)
    for number in range(3):
        commands = b"0 1 0 0 k %d 10 90 90 re f" % number
        store(application, f"四色{number}.pdf", drawing_pdf(commands))
    _, said = archive_note(people.applicant, application)
    names = "、".join(f"5.10.{number + 1}“四色{number}.pdf”" for number in range(3))
    assert said.split("\n")[1] == f"含印刷四色（CMYK）颜色：{names}"
