"""What is seen in an OFD is seen in the expert's copy and the dossier; the ZIP has the original."""

import io
import zipfile

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from applications.files import evidence as evidence_files
from applications.files import file_kinds
from applications.files.thumbnails import examine
from applications.stages import Stage
from documents.models import Package
from tests import factories as make
from tests.applications.files.ofd.samples import (
    image,
    members_of,
    packed,
    picture,
    signed,
    square,
    text,
)
from tests.review.inspection.test_photos import PLACE, phone_photo

pytestmark = pytest.mark.django_db
GREEN, RED = (0, 120, 0), (255, 0, 0)


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def licence():
    """A page of 100 mm with a green square, and a red seal below it on the right."""
    members = members_of(
        text("电子执照样张", steps="g 5 10") + square(10, 60, 20, "0 120 0"),
        fonts=[("f", "宋体", None)],
    )
    return packed(signed(members, [(0, "60 60 30 30", "")], picture=picture()))


def add(application, data, user):
    file = SimpleUploadedFile("电子执照.ofd", data)
    return evidence_files.add(application, "OTHER", file, user)


def seen(content, wanted):
    """Return whether some page of a PDF has the words, and both colours on that page."""
    with pypdfium2.PdfDocument(content) as pdf:
        for page in pdf:
            said = page.get_textpage()
            words = "".join(said.get_text_range().split())
            said.close()
            colours = page.render(scale=1).to_pil().convert("RGB").getcolors(1 << 24)
            page.close()
            if wanted in words and {GREEN, RED} <= {colour for _, colour in colours}:
                return True
    return False


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_experts_copy(people, licence):
    application = make.make_draft(people.panel.round, people.applicant)
    row = add(application, licence, people.applicant)
    examine.call(row.pk)
    make.walk(application, Stage.PANEL, people)
    client = Client()
    client.force_login(people.expert)
    copy = client.get(reverse("documents:marked_evidence", args=[row.pk]))
    assert copy["Content-Type"] == "application/pdf"
    assert seen(body(copy), "电子执照样张")
    # The copy is a PDF, and is saved as one.
    assert "%E7%94%B5%E5%AD%90%E6%89%A7%E7%85%A7.pdf" in copy["Content-Disposition"]
    original = client.get(reverse("applications:evidence_original", args=[row.pk]))
    assert original.status_code == 404


def test_where_a_photo_was_taken_is_told_to_nobody_but_with_the_original():
    members = members_of(image("p", ["10", "10", "50", "50"]), media=[("p", "jpg", phone_photo())])
    verdict, pdf = evidence_files.OPENED_BY[file_kinds.OFD].ask({}, packed(members))
    assert verdict["notes"] == []
    assert PLACE not in pdf


def test_dossier_and_archive(people, licence):
    application = make.make_draft(people.panel.round, people.applicant)
    add(application, licence, people.applicant)
    client = Client()
    client.force_login(people.applicant)
    for kind in ("DOSSIER", "ARCHIVE"):
        client.post(reverse("documents:dossier", args=[application.pk]), {"kind": kind})
    contents = {}
    for package in Package.objects.filter(application=application):
        with package.file.open() as stored:
            contents[package.kind] = stored.read()
    assert seen(contents["DOSSIER"], "电子执照样张")
    with zipfile.ZipFile(io.BytesIO(contents["ARCHIVE"])) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("电子执照.ofd")]
        assert archive.read(name) == licence
