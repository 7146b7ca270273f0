"""The portal with its files in an S3-compatible bucket, over HTTP, through its own pages.

The bucket is moto's, or that of the server at TEST_S3_URL (TEST_S3_KEY, TEST_S3_SECRET):
`make test-bucket` names OpenStack Swift's.
"""

import io
import logging
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
import zipfile

import boto3
import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer

from applications.files.storage import StorageDown
from applications.models import Application, Evidence
from applications.stages import Stage
from documents import inspection_record, tasks
from documents.models import ExportRecord, Package
from operations import backups
from review.inspection.models import InspectionPhoto
from review.publicity.objections.models import Objection
from review.shared.attachments import Attachment
from tests import factories as make
from wsgsite import settings as portal

pytestmark = pytest.mark.django_db
BUCKET = "portal-files"
KEY = os.environ.get("TEST_S3_KEY", "portal")
SECRET = os.environ.get("TEST_S3_SECRET", "not-a-secret")
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def endpoint():
    if address := os.environ.get("TEST_S3_URL"):
        yield address
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client_of_store(endpoint):
    """The store's own client, beside the portal's."""
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)


@pytest.fixture
def use(settings, monkeypatch):
    """A function that has the portal read its bucket from the environment, as in production."""

    def use(endpoint, bucket):
        environment = {
            "S3_BUCKET": bucket,
            "S3_ENDPOINT_URL": endpoint,
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY": KEY,
            "S3_SECRET_KEY": SECRET,
            "S3_ADDRESSING_STYLE": "path",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = {**settings.STORAGES, "default": portal.evidence_storage()}

    return use


@pytest.fixture
def bucket(client_of_store, endpoint, use):
    """An empty bucket that the portal uses; a function that lists what is in it."""
    name = f"{BUCKET}-{uuid.uuid4().hex[:8]}"
    client_of_store.create_bucket(Bucket=name)
    use(endpoint, name)

    def stored():
        found = client_of_store.list_objects_v2(Bucket=name).get("Contents", [])
        return {each["Key"] for each in found}

    stored.name = name
    return stored


@pytest.fixture
def broken(use):
    """A function that has the bucket fail from then on: nobody listens at its address."""

    def broken():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        use(f"http://127.0.0.1:{port}", BUCKET)

    return broken


@pytest.fixture
def people(bucket):
    return make.make_people(make.make_round())


def followed(response):
    """What a browser gets from the signed link that a response leads to."""
    assert response.status_code == 302, response.content[:300]
    assert "X-Amz-Signature=" in response["Location"]
    with urllib.request.urlopen(response["Location"], timeout=10) as answer:  # noqa: S310
        return answer.read()


def upload(client, application, file, category="OTHER"):
    url = reverse("applications:evidence_upload", args=[application.pk, category])
    return client.post(url, {"files": file}, headers={"Accept": "application/json"})


class TestEvidence:
    def test_is_uploaded_examined_and_opened_by_a_signed_link(
        self, client, people, bucket, django_capture_on_commit_callbacks
    ):
        application = make.make_application(Stage.DRAFT, people)
        client.force_login(people.applicant)
        before, sent = bucket(), make.image_file("现场.jpg", size=(1600, 1200))
        with django_capture_on_commit_callbacks(execute=True):
            response = upload(client, application, sent)
        assert response.json()["errors"] == []
        evidence = Evidence.objects.latest("pk")
        assert bucket() - before == {evidence.file.name, evidence.thumbnail.name}
        sent.seek(0)
        assert followed(client.get(evidence.get_absolute_url())) == sent.read()
        small = client.get(reverse("applications:evidence_thumbnail", args=[evidence.pk]))
        assert followed(small)[:8] == b"\x89PNG\r\n\x1a\n"

    def test_an_expert_gets_it_marked_and_never_by_a_link(self, client, people):
        application = make.make_application(Stage.PANEL, people)
        proof = application.evidence.filter(category="HONOUR").get()
        client.force_login(people.expert)
        response = client.get(proof.get_absolute_url(), follow=True)
        assert response.status_code == 200
        with pikepdf.open(io.BytesIO(b"".join(response))) as marked:
            assert len(marked.pages) == proof.pages

    def test_attachments_of_the_review_lie_in_it_too(self, client, people, bucket):
        make.make_application(Stage.QUALIFYING, people)
        client.force_login(people.office)
        scan = Attachment.objects.get(kind="LIST_SCAN")
        assert scan.file.name in bucket()
        assert followed(client.get(scan.get_absolute_url()))[:5] == b"%PDF-"


def build(client, people, application, kind):
    """Have a package made, and return it as it is downloaded."""
    client.post(reverse("documents:dossier", args=[application.pk]), {"kind": kind})
    assert Package.objects.latest("pk").state == Package.State.READY
    return followed(client.get(reverse("documents:package", args=[application.pk, kind])))


class TestMaterial:
    def test_the_dossier_is_built_from_it_and_kept_in_it(self, client, people, bucket):
        application = make.make_application(Stage.PANEL, people)
        client.force_login(people.office)
        dossier = build(client, people, application, "DOSSIER")
        package = Package.objects.get()
        assert (package.notes, package.size) == ([], len(dossier))
        assert package.file.name in bucket()
        with pikepdf.open(io.BytesIO(dossier)) as pdf:
            assert len(pdf.pages) == package.pages
        # An expert's bears the expert's name, so no link leads to it.
        client.force_login(people.expert)
        client.post(reverse("documents:dossier", args=[application.pk]), {"kind": "DOSSIER"})
        response = client.get(reverse("documents:package", args=[application.pk, "DOSSIER"]))
        assert response.status_code == 200
        with pikepdf.open(io.BytesIO(b"".join(response))) as pdf:
            assert len(pdf.pages) > 5

    def test_an_archive_holds_the_originals_and_takes_an_old_one_s_place(
        self, client, people, bucket
    ):
        application = make.make_application(Stage.DRAFT, people)
        client.force_login(people.applicant)
        build(client, people, application, "ARCHIVE")
        old = Package.objects.get().file.name
        assert old in bucket()
        upload(client, application, make.pdf_file())
        made = build(client, people, application, "ARCHIVE")
        assert old not in bucket()
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            names = [name for name in archive.namelist() if name.startswith(("02 附件2 ", "05-"))]
            contents = {archive.read(name) for name in names}
        for each in application.evidence.exclude(category="STAMPED"):
            with each.file.open("rb") as stored:
                assert stored.read() in contents

    def test_a_long_export_is_kept_in_it(self, client, people, bucket):
        make.make_application(Stage.RECOMMENDING, people)
        export = ExportRecord(requested_by=people.office, role="OFFICE", filter_text="全部")
        tasks.request_export(export)
        export.refresh_from_db()
        assert export.state == ExportRecord.State.READY, export.notes
        assert export.file.name in bucket()
        client.force_login(people.office)
        url = reverse("documents:export_file", args=[export.pk])
        assert followed(client.get(url))[:2] == b"PK"


class TestPhotographs:
    def test_are_stored_shown_and_printed(self, client, people, bucket):
        application = make.make_application(Stage.INSPECTING, people)
        client.force_login(people.office)
        sent = {"key": f"{uuid.uuid4()}", "code": "OFFICE", "photo": make.image_file()}
        url = reverse("review:inspection_photo_new", args=[application.pk])
        assert "saved" in client.post(url, sent).json()
        photo = InspectionPhoto.objects.get()
        assert {photo.thumbnail.name, photo.attachment.file.name} <= bucket()
        small = client.get(reverse("review:inspection_thumbnail", args=[photo.pk]))
        assert followed(small)[:3] == b"\xff\xd8\xff"
        photo.inspection.passed, photo.inspection.visited_on = True, timezone.localdate()
        assert inspection_record.render(photo.inspection)[:5] == b"%PDF-"


class TestFailing:
    """A bucket that does not answer costs a sentence, and leaves nothing half-stored."""

    def test_an_upload_is_refused_with_a_sentence(self, client, people, broken):
        application = make.make_application(Stage.DRAFT, people)
        client.force_login(people.applicant)
        before = Evidence.objects.count()
        broken()
        answer = upload(client, application, make.pdf_file("材料.pdf"))
        assert answer.json()["errors"] == ["文件没有保存成功，请稍后重新上传。"]
        assert Evidence.objects.count() == before

    def test_a_reviewers_file_is_refused_with_a_sentence(self, client, people, broken):
        application = make.make_application(Stage.RECOMMENDED, people)
        client.force_login(people.recommender)
        before = Attachment.objects.count()
        url = reverse("review:recommendation_list", args=[application.round_id])
        reporter = {"reporter": "填报某", "office_phone": "027-83919079", "mobile": "13900000000"}
        reporter["filled_on"] = f"{timezone.localdate()}"
        client.post(url, {"action": "rank", f"rank-{application.pk}": 1})
        client.post(url, {"action": "reporter", **reporter})
        broken()
        response = client.post(url, {"action": "scan", "scan": make.pdf_file("盖章.pdf")})
        assert response.status_code == 422
        assert "文件没有保存成功，请稍后重新上传。" in response.content.decode()
        assert Attachment.objects.count() == before

    def test_an_objection_with_a_file_is_refused_and_its_text_kept(self, client, people, broken):
        application = make.make_application(Stage.PUBLICITY, people)
        client.force_login(people.office)
        broken()
        typed = {
            "raised_by": "异议某",
            "contact": "027-80000000",
            "received_on": timezone.localdate(),
            "text": "其中一项革新不是领办人完成的。",
            "files": make.pdf_file("来信.pdf"),
        }
        url = reverse("review:objection_new", args=[application.pk])
        response = client.post(url, typed)
        page = response.content.decode()
        assert (response.status_code, Objection.objects.count()) == (422, 0), page
        assert "文件没有保存成功" in page
        assert "其中一项革新不是领办人完成的。" in page

    def test_a_file_that_must_be_read_answers_503_with_a_way_back(self, client, people, broken):
        application = make.make_application(Stage.PANEL, people)
        proof = application.evidence.filter(category="HONOUR").get()
        client.force_login(people.expert)
        broken()
        client.raise_request_exception = False
        response = client.get(reverse("documents:marked_evidence", args=[proof.pk]))
        assert response.status_code == 503
        assert response["Retry-After"]
        assert "返回首页" in response.content.decode()

    def test_a_package_says_that_it_failed_and_can_be_asked_for_again(
        self, client, people, broken, endpoint, bucket, use
    ):
        application = make.make_application(Stage.DRAFT, people)
        client.force_login(people.applicant)
        broken()
        url = reverse("documents:dossier", args=[application.pk])
        client.post(url, {"kind": "ARCHIVE"})
        assert Package.objects.get().state == Package.State.FAILED
        use(endpoint, bucket.name)
        assert build(client, people, application, "ARCHIVE")[:2] == b"PK"

    def test_a_bucket_that_refuses_the_key_is_no_other_error(self, people, use, endpoint):
        use(endpoint, "no-such-bucket")
        with pytest.raises(StorageDown):
            default_storage.save("1/a.pdf", make.pdf_file())
        with pytest.raises(FileNotFoundError):
            default_storage.open("1/a.pdf")


READER = """
import resource, django
django.setup()
from django.core.files.storage import default_storage
default_storage.open("1/small.bin").read()
before, read = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
with default_storage.open("1/large.bin") as stored:
    for chunk in stored.chunks(1024 * 1024):
        read += len(chunk)
print(read, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_is_not_held_in_memory(bucket):
    size = 96 * MEGABYTE
    default_storage.save("1/small.bin", ContentFile(b"small"))
    default_storage.save("1/large.bin", ContentFile(b"\0" * size))
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "wsgsite.settings"}
    reader = subprocess.run(
        [sys.executable, "-c", READER], env=environment, capture_output=True, check=True
    )
    read, grown = map(int, reader.stdout.split())
    assert read == size
    # Ten parts of 8 MB may be under way at once.
    assert grown * 1024 < size * 0.9, f"{grown // 1024} MB"


def test_links_are_signed_for_the_address_that_browsers_use(use, monkeypatch):
    monkeypatch.setenv("S3_PUBLIC_URL", "https://files.example.org")
    use("http://minio:9000", BUCKET)
    link = default_storage.url("1/a.pdf")
    assert link.startswith(f"https://files.example.org/{BUCKET}/1/a.pdf?")
    assert "X-Amz-Expires=300" in link


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_backup_takes_the_bucket_s_files(people, bucket, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    call_command("backup", to=tmp_path, verbosity=0)
    (folder,) = tmp_path.glob("portal-*")
    assert set(backups.check(folder)["files"]) == bucket()
    assert Application.objects.get() == application
