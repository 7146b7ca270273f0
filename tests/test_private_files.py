"""Private files: no public path leads to one, and no way of asking gets more than a plain GET."""

import io
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from django.views.static import serve
from moto.server import ThreadedMotoServer

from accounts.roles import Role
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import annex2, pdf
from documents.models import ExportRecord, Package
from review.shared.attachments import Attachment
from tests.factories import make_application, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db


# --- On this machine's disk -----------------------------------------------------------------------


def views(patterns=None):
    """Yield the view behind every address."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from views(pattern.url_patterns)


def test_no_public_path_leads_to_a_private_file(client):
    application = make_application(Stage.RECOMMENDING)
    file = application.evidence.first().file
    folder = Path(default_storage.location)

    public = [
        settings.STATIC_ROOT,
        *(each[1] if isinstance(each, tuple) else each for each in settings.STATICFILES_DIRS),
    ]
    for each in map(Path, public):
        assert not folder.is_relative_to(each)
        assert not each.is_relative_to(folder)
    assert settings.MEDIA_URL in {"", "/"}
    assert settings.MEDIA_ROOT == ""
    assert serve not in set(views())
    assert client.get(f"/{file.name}").status_code == 404
    steps_up = "/".join([".."] * 3)
    for path in ("media", "evidence", "static", "static/..", f"static/{steps_up}", "static/%2e%2e"):
        got = client.get(f"/{path}/{file.name}")
        # An address of the portal, at most, that leads to the login.
        assert got.status_code in {302, 404}, path


class Files:
    """One application with a file of every kind, its people, and others of the same roles."""

    def __init__(self, monkeypatch):
        blank = pdf_file(pages=2).read()
        monkeypatch.setattr(pdf, "to_pdf", lambda *args, **kwargs: blank)
        monkeypatch.setattr(annex2, "print_form", lambda *args: blank)
        round_ = make_round()
        self.people = make_people(round_)
        self.strangers = make_people(round_)
        self.application = make_application(Stage.RECOMMENDING, self.people)
        self.licence = self.application.evidence.get(category=EvidenceCategory.LICENCE)
        self.licence.thumbnail.save("a.png", ContentFile(b"\x89PNG" * 100))
        kind = Attachment.Kind.VERIFICATION
        self.paper = Attachment.store(pdf_file(), kind, application=self.application)
        self.export = ExportRecord.objects.create(
            requested_by=self.people.recommender,
            role=Role.RECOMMENDER,
            state=ExportRecord.State.READY,
            finished_at=timezone.now(),
        )
        self.export.file.save("a.xlsx", ContentFile(b"PK" * 500))

    def addresses(self):
        """The address of each, and by which role it is read."""
        application = self.application.pk
        yield reverse("applications:evidence_file", args=[self.licence.pk]), Role.RECOMMENDER
        yield reverse("applications:evidence_thumbnail", args=[self.licence.pk]), Role.RECOMMENDER
        yield reverse("review:attachment", args=[self.paper.pk]), Role.RECOMMENDER
        yield reverse("applications:evidence_original", args=[self.licence.pk]), Role.RECOMMENDER
        yield reverse("review:attachment_original", args=[self.paper.pk]), Role.RECOMMENDER
        yield reverse("documents:export_file", args=[self.export.pk]), Role.RECOMMENDER
        yield reverse("documents:annex2", args=[application]), Role.APPLICANT
        yield reverse("documents:print", args=[self.application.prints.get().pk]), Role.APPLICANT
        yield reverse("documents:package", args=[application, "ARCHIVE"]), Role.RECOMMENDER


@pytest.fixture
def files(monkeypatch):
    return Files(monkeypatch)


def body(response):
    return response.getvalue() if response.streaming else response.content


RANGES = ("bytes=0-9", "bytes=10-", "bytes=-5", "bytes=0-0,5-9", "bytes=999999-", "pages=1")


def test_a_range_or_a_head_gets_no_more_than_a_plain_get(client, files):
    """The portal serves no parts: whoever may read gets the whole, whoever may not gets nothing."""
    client.force_login(files.people.recommender)
    client.post(reverse("documents:dossier", args=[files.application.pk]), {"kind": "ARCHIVE"})
    assert Package.objects.get(kind="ARCHIVE").is_ready
    for url, role in files.addresses():
        client.force_login(files.people.of(role))
        whole = client.get(url)
        content = body(whole)
        assert (whole.status_code, len(content) > 100) == (200, True), url
        assert not whole.has_header("Accept-Ranges")
        for asked in RANGES:
            part = client.get(url, headers={"Range": asked})
            assert (part.status_code, len(body(part))) == (200, len(content)), (url, asked)
        head = client.head(url)
        assert body(head) == b""
        assert head.status_code in {200, 405}
        if head.status_code == 200:
            assert head["Cache-Control"] == whole["Cache-Control"] == "private, no-store"

        strangers = [None, files.strangers.of(role), files.people.admin]
        for stranger in strangers:
            client.logout()
            if stranger:
                client.force_login(stranger)
            for asked in ({}, *({"Range": each} for each in RANGES)):
                for method in (client.get, client.head):
                    refused = method(url, headers=asked)
                    allowed = {404, 405} if stranger else {302, 405}
                    assert refused.status_code in allowed, (url, asked, stranger)
                    assert b"%PDF" not in body(refused)


# --- In a bucket ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3():
    """An S3 endpoint that really answers over HTTP, on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, settings):
    """The evidence lies in a bucket; the settings are those of production, but for the address."""
    options = {
        "bucket_name": "evidence",
        "endpoint_url": s3,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        **settings.S3_OPTIONS,
    }
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="evidence")
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "applications.files.bucket.Bucket", "OPTIONS": options}
    }
    return client


def fetch(url, **headers):
    """Ask the bucket itself; return the answer and its body."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - this machine's own
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return answer, answer.read()


def test_a_link_to_the_bucket_is_signed_for_minutes_and_says_what_it_serves(client, bucket):
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDING, people)
    licence = application.evidence.get(category=EvidenceCategory.LICENCE)
    url = reverse("applications:evidence_file", args=[licence.pk])
    client.force_login(people.recommender)

    link = client.get(url)
    assert link.status_code == 302
    assert link["Cache-Control"] == "private, no-store"
    asked = parse_qs(urlsplit(link.url).query)
    assert asked["X-Amz-Expires"] == ["300"]
    assert asked["X-Amz-Signature"]
    answer, content = fetch(link.url)
    assert content.startswith(b"%PDF-")
    assert len(content) == licence.size
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    said = unquote(answer.headers["Content-Disposition"])
    assert said == f"inline; filename*=utf-8''{licence.original_name}"
    # A part of it is the bucket's to give, for whoever has the link.
    part, first = fetch(link.url, Range="bytes=0-4")
    assert (part.status, first) == (206, b"%PDF-")
    head = client.head(url)
    assert head.status_code in {302, 405}
    licence.thumbnail.save("a.png", ContentFile(b"\x89PNG"))
    small, content = fetch(
        client.get(reverse("applications:evidence_thumbnail", args=[licence.pk])).url
    )
    assert (small.headers["Content-Type"], content) == ("image/png", b"\x89PNG")

    # Stored publicly is nothing, and a link of somebody else's making is none.
    grants = bucket.get_object_acl(Bucket="evidence", Key=licence.file.name)["Grants"]
    assert all(grant["Grantee"]["Type"] == "CanonicalUser" for grant in grants)
    # Strangers get no link.
    for stranger in (None, make_people(people.panel.round).recommender, people.admin):
        client.logout()
        if stranger:
            client.force_login(stranger)
        refused = client.get(url, headers={"Range": "bytes=0-4"})
        assert refused.status_code == (404 if stranger else 302)
        assert "X-Amz" not in refused.get("Location", "")


def test_what_a_browser_would_run_is_saved_not_shown(client, bucket):
    people = make_people(make_round())
    export = ExportRecord.objects.create(
        requested_by=people.office,
        role=Role.OFFICE,
        state=ExportRecord.State.READY,
        finished_at=timezone.now(),
    )
    export.file.save("a.xlsx", ContentFile(b"<script>alert(1)</script>"))
    client.force_login(people.office)
    link = client.get(reverse("documents:export_file", args=[export.pk]))
    answer, _ = fetch(link.url)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")


def test_an_expert_gets_a_marked_copy_through_the_portal_never_a_link(client, bucket):
    people = make_people(make_round())
    application = make_application(Stage.PANEL, people)
    proof = application.evidence.get(category=EvidenceCategory.HONOUR)
    client.force_login(people.expert)
    first = client.get(proof.get_absolute_url())
    assert first.url == reverse("documents:marked_evidence", args=[proof.pk])
    copy = client.get(first.url)
    assert copy.status_code == 200
    assert b"%PDF" in body(copy)[:10]


def test_a_package_is_fetched_from_the_bucket_by_a_signed_link(client, bucket):
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDING, people)
    client.force_login(people.recommender)
    client.post(reverse("documents:dossier", args=[application.pk]), {"kind": "ARCHIVE"})
    link = client.get(reverse("documents:package", args=[application.pk, "ARCHIVE"]))
    assert link.status_code == 302
    answer, content = fetch(link.url)
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
