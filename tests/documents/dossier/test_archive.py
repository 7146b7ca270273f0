"""The archive: the originals, named in the order of the notice."""

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from applications.models import Application, Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import annex2
from documents.dossier import archive
from documents.dossier.material import Material
from tests import factories as make

CASES = Path(__file__).parents[1] / "cases"
pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def build(user, application):
    """Return (the opened archive, notes)."""
    visible = Application.objects.visible_to(user).select_related("recommending_unit")
    material = Material(user, annex2.prepared(visible).get(pk=application.pk))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out.zip")
        said = archive.write(material, path, Path(folder), lambda steps: None)
        return zipfile.ZipFile(io.BytesIO(path.read_bytes())), said["notes"]


def upload(application, user, name, category=EvidenceCategory.OTHER):
    file = make.pdf_file(name)
    return make.evidence_files.add(application, category, file, user)


def test_the_files_are_named_in_the_order_of_the_notice(people):
    application = make.make_application(Stage.DRAFT, people)
    upload(application, people.applicant, "照片甲.pdf", EvidenceCategory.PHOTOS)
    made, notes = build(people.applicant, application)
    names = sorted(made.namelist())

    assert notes == []
    assert names[:2] == [
        "00 目录.txt",
        "01 附件1 武汉市技能大师工作室建设项目申报情况一览表（摘录）.pdf",
    ]
    assert [name[:2] for name in names if not name.startswith(("05", "02"))] == [
        "00",
        "01",
        "03",
        "04",
    ]
    assert "02 附件2 武汉市技能大师工作室申报表.pdf" in names
    photos = [name for name in names if name.startswith("05-08 ")]
    assert photos[-1].endswith("照片甲.pdf")
    listed = made.read("00 目录.txt").decode("utf-8-sig").split("\r\n")
    assert listed == names[1:]
    # What is compressed already is stored as it is.
    assert {info.compress_type for info in made.infolist()} == {zipfile.ZIP_STORED}


def test_the_originals_are_byte_for_byte(people):
    application = make.make_application(Stage.DRAFT, people)
    evidence = upload(application, people.applicant, "原件.pdf")
    made, _ = build(people.applicant, application)
    (name,) = [name for name in made.namelist() if name.endswith("原件.pdf")]
    with evidence.file.open("rb") as stored:
        assert made.read(name) == stored.read()


def test_equal_names_stay_apart(people):
    application = make.make_application(Stage.DRAFT, people)
    for _ in range(3):
        upload(application, people.applicant, "奖状.pdf", EvidenceCategory.HONOUR)
    made, _ = build(people.applicant, application)
    names = made.namelist()
    assert len(names) == len({name.casefold() for name in names})
    assert sum(name.endswith("奖状.pdf") for name in names) == 3


def test_an_expert_gets_no_personal_papers(people):
    application = make.make_application(Stage.PANEL, people)
    made, _ = build(people.expert, application)
    assert not any(name.startswith(("05-02", "05-05", "05-06")) for name in made.namelist())
    assert not any("盖章" in name for name in made.namelist())
    assert any(name.startswith("05-01") for name in made.namelist())


def test_a_file_that_is_lost_is_noted(people):
    application = make.make_application(Stage.DRAFT, people)
    evidence = upload(application, people.applicant, "丢失.pdf")
    evidence.file.storage.delete(evidence.file.name)
    made, notes = build(people.applicant, application)
    assert notes == ["“丢失.pdf”已不在存储中，未能加入。"]
    assert notes[0] in made.read("00 目录.txt").decode("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("证书.pdf", "证书.pdf"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\windows\\a?.jpg", "C windows a .jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("名\x00称\n.pdf", "名 称 .pdf"),
        (" . ", "未命名"),
        ("长" * 300 + ".jpeg", "长" * 55 + ".jpeg"),
    ],
)
def test_names_are_safe_everywhere(name, kept):
    assert archive.safe(name) == kept


def test_the_longest_name_can_be_unpacked(people, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    evidence = upload(application, people.applicant, "x.pdf")
    Evidence.objects.filter(pk=evidence.pk).update(original_name="𬱖" * 250 + ".pdf")
    made, _ = build(people.applicant, application)
    made.extractall(tmp_path)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == len(made.namelist())


@pytest.mark.parametrize("name", ["signed-with-link.pdf", "signed-with-tail.pdf"])
def test_a_signed_original_is_in_it_byte_for_byte(people, name):
    application = make.make_application(Stage.DRAFT, people)
    original = CASES.joinpath(name).read_bytes()
    file = SimpleUploadedFile(name, original, "application/pdf")
    row = make.evidence_files.add(application, EvidenceCategory.OTHER, file, people.applicant)
    assert row.is_signed
    made, _ = build(people.applicant, application)
    (kept,) = [each for each in made.namelist() if each.endswith(name)]
    assert made.read(kept) == original
