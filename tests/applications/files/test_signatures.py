"""Signatures are read once, by the worker, and told wherever the file is."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.files import signatures
from applications.files.thumbnails import examine
from applications.form.copying import COPIED_OF_A_FILE
from applications.models import Evidence
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from review.rounds.retention import _erase_files
from tests.applications.files import signed_pdfs
from tests.applications.files.test_evidence import upload
from tests.factories import make_application, make_people, make_round, make_user

pytestmark = pytest.mark.django_db
SENTENCE = "签名完整，签发者未验证"


def stored(data=None, stage=Stage.DRAFT, people=None):
    draft = make_application(stage, people)
    user = draft.edited_by
    category = EvidenceCategory.OTHER
    file = evidence_files.add(
        draft, category, upload(data or signed_pdfs.signed(), "证书.pdf"), user
    )
    return draft, file


def test_they_are_read_with_the_thumbnail():
    _, file = stored()
    assert file.is_signed
    assert file.signatures is None
    assert file.signature_sentences == ["含电子签章。"]
    examine.call(file.pk)
    file.refresh_from_db()
    (said,) = file.signatures
    assert (said["state"], said["signer"]) == ("intact", "张三")
    assert SENTENCE in file.signature_sentences[0]


def test_an_unsigned_file_has_none():
    _, file = stored(signed_pdfs.blank())
    examine.call(file.pk)
    file.refresh_from_db()
    assert (file.signatures, file.signature_sentences) == (None, [])


def test_files_from_before_are_caught_up_with():
    _, file = stored()
    examine.call(file.pk)
    Evidence.objects.filter(pk=file.pk).update(signatures=None)
    assert signatures.catch_up() == 1
    file.refresh_from_db()
    assert SENTENCE in file.signature_sentences[0]
    assert signatures.catch_up() == 0


def test_a_file_that_is_gone_is_passed_over():
    _, file = stored()
    examine.call(file.pk)
    Evidence.objects.filter(pk=file.pk).update(signatures=None)
    file.file.storage.delete(file.file.name)
    assert signatures.catch_up() == 0


def test_they_go_with_the_personal_data():
    draft, file = stored()
    examine.call(file.pk)
    _erase_files(draft, timezone.now())
    file.refresh_from_db()
    assert file.signatures is None
    assert signatures.catch_up() == 0


def test_a_copy_of_a_file_keeps_them():
    assert "signatures" in COPIED_OF_A_FILE


def test_the_applicant_reads_them_beside_the_file(client):
    draft, file = stored()
    examine.call(file.pk)
    client.force_login(draft.edited_by)
    page = client.get(reverse("applications:section", args=[draft.pk, "evidence"])).content.decode()
    assert f"张三，{timezone.localtime():%Y-%m-%d}" in page
    assert SENTENCE in page


def test_a_change_is_a_warning(client):
    draft, file = stored(signed_pdfs.changed(signed_pdfs.signed()))
    examine.call(file.pk)
    client.force_login(draft.edited_by)
    page = client.get(reverse("applications:section", args=[draft.pk, "evidence"])).content.decode()
    assert 'class="note file-row__warning">电子签名' in page
    assert "现内容与签名不符" in page


class TestReviewers:
    """Staff read them in the form, beside the open file and in the list of files."""

    @pytest.fixture
    def people(self):
        return make_people(make_round())

    @pytest.fixture
    def application(self, people):
        application = make_application(Stage.PANEL, people)
        Evidence.objects.filter(application=application, category=EvidenceCategory.HONOUR).update(
            is_signed=True,
            signatures=[
                {
                    "state": "intact", "signer": "张三丰", "organisation": "某某协会",
                    "covers": True, "at": "2026-01-02T03:04:05+00:00",
                }
            ],
        )  # fmt: skip
        assert application.evidence.filter(is_signed=True).exists()
        return application

    def told(self, client, user, address):
        client.force_login(user)
        page = client.get(address, follow=True)
        assert page.status_code == 200
        return page.content.decode()

    @pytest.mark.parametrize("tab", ["", "files/"])
    def test_the_office(self, client, application, tab):
        office = make_user(Role.OFFICE)
        page = self.told(client, office, f"/review/{application.pk}/{tab}")
        assert "电子签名：某某协会 张三丰，2026-01-02 11:04。签名完整，签发者未验证。" in page
        names = page.split('id="proof-names"')[1].split("</script>")[0].split(">", 1)[1]
        assert any(SENTENCE in told[3] for told in json.loads(names).values())

    def test_whoever_verifies_the_original(self, client, people):
        application = make_application(Stage.RECOMMENDING, people)
        file = application.evidence.filter(category=EvidenceCategory.HONOUR).first()
        Evidence.objects.filter(pk=file.pk).update(
            is_signed=True, signatures=[{"state": "changed", "signer": "张三丰"}]
        )
        address = f"{reverse('review:verify', args=[application.pk])}?item=original-{file.pk}"
        page = self.told(client, people.recommender, address)
        assert "<dt>电子签名</dt>" in page
        assert '<dd class="long">张三丰。签名后文件有改动，现内容与签名不符。</dd>' in page

    def test_an_expert_is_told_no_person(self, client, people, application):
        page = self.told(client, people.expert, reverse("review:score", args=[application.pk]))
        assert "电子签名：某某协会，2026-01-02 11:04。签名完整，签发者未验证。" in page
        assert "张三丰" not in page
