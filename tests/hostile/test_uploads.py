"""Hostile files: each gets its sentence, or is kept so that nothing in it can act.

They are sent to the applicant's page; the others (objections, scans, papers, photos of a visit) go
through the same check, which the last tests show.
"""

import io
import re
import time

import pikepdf
import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.roles import Role
from applications.files import archives
from applications.files.evidence import OPENING, REFUSALS
from applications.models import Archive, Evidence
from tests.factories import pdf_file
from tests.hostile.files import KEPT, REFUSED, TAG, archive, pdf, sent, with_link
from tests.hostile.world import ANONYMOUS, upload_address

pytestmark = pytest.mark.django_db
ACTS = re.compile(rb"/JavaScript|/JS\b|/Launch|/URI|/EmbeddedFile|/AA\b")


def test_refused(world):
    client = world.client(Role.APPLICANT)

    def check(case):
        make, filename, content_type, sentence = case
        file = sent(make(), filename, content_type)
        began = time.monotonic()
        answer = client.post(
            upload_address(world), {"files": file}, headers={"Accept": "application/json"}
        )
        assert time.monotonic() - began < OPENING.wall_seconds
        assert answer.status_code == 200
        (told,) = answer.json()["errors"]
        assert sentence in told
        assert told.endswith("。")
        assert world.changed() == set()

    world.run(REFUSED, check)


def test_kept_so_that_it_cannot_run(world):
    client = world.client(Role.APPLICANT)

    def check(case):
        make, filename, kept_name = case
        answer = client.post(upload_address(world), {"files": sent(make(), filename)}, follow=True)
        assert answer.status_code == 200
        assert TAG not in answer.content.decode()
        row = Evidence.objects.latest("pk")
        assert row.application == world.draft
        assert row.original_name == kept_name
        # Where it lies has nothing of its name.
        assert re.fullmatch(rf"{world.draft.pk}/[0-9a-f]{{32}}\.(pdf|jpg|png)", row.file.name)
        with row.file.open("rb") as stored:
            data = stored.read()
        assert row.size == len(data)
        if row.content_type == "application/pdf":
            assert not ACTS.search(plain(data))
        assert_confined(client.get(row.get_absolute_url()), row.shown_type)

    world.run(KEPT, check)


def plain(data):
    """The bytes of a PDF with every object readable."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as opened:
        opened.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return out.getvalue()


def assert_confined(answer, content_type):
    """Served as what it is, in nobody's name, under a name of one line."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-store"
    disposition = answer["Content-Disposition"]
    assert re.fullmatch(
        r"(inline|attachment); filename(=\"[^\"\r\n]*(\\\"[^\"\r\n]*)*\"|\*=utf-8''[\w%.~!$&+-]*)",
        disposition,
    ), disposition
    answer.getvalue()


def test_a_file_that_bursts_its_reader_costs_its_own_upload_alone(world, monkeypatch):
    """The process that opens files is killed by its limits; the next file gets another."""
    monkeypatch.setattr(OPENING, "wall_seconds", 0.0)
    client = world.client(Role.APPLICANT)
    accept = {"Accept": "application/json"}
    answer = client.post(upload_address(world), {"files": pdf_file()}, headers=accept)
    assert answer.json()["errors"] == [
        "文件过于复杂，无法在规定时间内检查，请用“打印为 PDF”重新生成后上传。"
    ]
    assert world.changed() == set()
    monkeypatch.undo()
    answer = client.post(upload_address(world), {"files": pdf_file()}, headers=accept)
    assert answer.json()["errors"] == []


def test_the_same_file_without_its_links_is_known_again(world):
    client, data = world.client(Role.APPLICANT), pdf(with_link)
    for expected in ([], ["这份文件已经上传过了，名为“证书.pdf”。"]):
        answer = client.post(
            upload_address(world), {"files": sent(data)}, headers={"Accept": "application/json"}
        )
        assert answer.json()["errors"] == expected


@pytest.mark.parametrize("name", ["a.zip", "a.pdf"])
def test_of_a_zip_of_pages_and_scripts_nothing_is_taken(world, name):
    """Whatever it calls itself: the list of what it holds says why nothing of it is taken."""
    client = world.client(Role.APPLICANT)
    answer = client.post(upload_address(world), {"files": sent(archive(), name)}, follow=True)
    assert "可以上传 0 个" in answer.content.decode()
    archives.remove(Archive.objects.get())
    assert world.changed() == set()


def test_every_refusal_says_what_to_do():
    assert all(each.endswith("上传。") for each in REFUSALS.values())


ELSEWHERE = {
    name: REFUSED[name]
    for name in ("a page", "script at opening", "PDF and ZIP", "an attachment", "half a picture")
}


def test_the_other_doors_lead_through_the_same_check(world):
    """Objections of the public, papers and scans of the recommending unit, photos of a visit."""
    public, recommender = world.client(ANONYMOUS), world.client(Role.RECOMMENDER)
    office = world.client(Role.OFFICE)
    objection = {
        "application": world.publicity.pk, "named": "named", "raised_by": "某",
        "contact": "13812345678", "text": "其中一项技术革新不是领办人完成的。",
    }  # fmt: skip
    visit = {"key": "8f14e45f-ceea-467f-a0e6-1b1f1f1f1f1f", "code": "OFFICE"}

    def check(case):
        make, filename, content_type, sentence = case

        def file():
            return sent(make(), filename, content_type)

        answer = public.post(
            reverse("object_to", args=[world.notice.pk]), {**objection, "files": file()}
        )
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        answer = recommender.post(
            reverse("review:recommendation_list", args=[world.round.pk]),
            {"action": "scan", "scan": file()},
        )
        assert answer.status_code in {302, 409, 422}
        answer = recommender.post(
            reverse("review:verify", args=[world.recommending.pk]),
            {"item": "check-police", "action": "PASSED", "upload": file()},
        )
        assert answer.status_code in {404, 409, 422}
        answer = office.post(
            reverse("review:inspection_photo_new", args=[world.inspecting.pk]),
            {**visit, "photo": file()},
        )
        assert answer.status_code == 422
        assert answer.json()["refused"].endswith("。")
        assert world.changed() == set()

    cache.clear()
    world.run(ELSEWHERE, check)
