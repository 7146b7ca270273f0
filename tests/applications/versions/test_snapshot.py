"""Canonical content, its fingerprint, and a submission read back."""

import json
from decimal import Decimal

import pytest

from applications.form.display import form_reading
from applications.form.task_list import with_content
from applications.models import Application, Award, Submission
from applications.permissions import Privacy
from applications.stages import Stage
from applications.versions.snapshot import as_submitted, content_of, fingerprint, opened, sealed
from tests.factories import make_application, pdf_file

pytestmark = pytest.mark.django_db


def stored(application):
    return with_content(Application.objects.all()).get(pk=application.pk)


def test_content_survives_json_and_sealing():
    content = content_of(stored(make_application()))
    again = json.loads(json.dumps(sealed(content)))
    assert again["fields"]["lead_id_number"].startswith("sm4:")
    assert opened(again) == content
    assert fingerprint(opened(again)) == fingerprint(content)


def test_the_fingerprint_is_of_what_is_said_not_of_how_it_is_kept():
    application = make_application()
    first = fingerprint(content_of(stored(application)))
    assert len(first) == 64
    Application.objects.filter(pk=application.pk).update(studio_area=Decimal("120.50"))
    assert fingerprint(content_of(stored(application))) == first
    Application.objects.filter(pk=application.pk).update(studio_area=Decimal("120.6"))
    assert fingerprint(content_of(stored(application))) != first


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.awards.update(grade="二等奖"),
        lambda a: a.members.update(name="另某"),
        lambda a: Application.objects.filter(pk=a.pk).update(number="JNDS2026-9999"),
    ],
)
def test_all_that_is_stamped_counts_in_the_fingerprint(change):
    application = make_application()
    first = fingerprint(content_of(stored(application)))
    change(application)
    assert fingerprint(content_of(stored(application))) != first


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.awards.update(evidence=None),
        lambda a: a.evidence.filter(category="LICENCE").update(sha256="0" * 64),
    ],
)
def test_files_are_in_the_content_but_not_in_the_fingerprint(change):
    application = make_application()
    before = content_of(stored(application))
    change(application)
    after = content_of(stored(application))
    assert after != before
    assert fingerprint(after) == fingerprint(before)


def test_a_submission_reads_as_it_was_whatever_changed_since():
    application = make_application(Stage.RETURNED)
    before = _read(stored(application))
    submission = application.submissions.get()
    Application.objects.filter(pk=application.pk).update(
        lead_name="改某", studio_area=None, lead_is_fit=False
    )
    application.awards.all().delete()
    Award.objects.create(application=application, level=Award.Level.OTHER, name="新奖")
    assert _read(stored(application)) != before
    assert _read(as_submitted(stored(application), submission)) == before


def test_what_became_known_of_a_file_later_is_read_of_it():
    application = make_application(Stage.RETURNED)
    submission = application.submissions.get()
    file = application.evidence.filter(category="LICENCE").get()
    # As of a document that was converted after it was submitted.
    file.rendition.save("rendition.pdf", pdf_file(pages=4), save=False)
    file.rendition_type, file.rendition_note, file.pages = "application/pdf", "以原件为准。", 4
    file.save()
    application = stored(application)
    before = submission.fingerprint
    row = next(r for r in as_submitted(application, submission).evidence.all() if r.pk == file.pk)
    assert (row.pages, row.rendition_note, row.is_shown) == (4, "以原件为准。", True)
    assert row.shown_file.name == file.rendition.name
    assert fingerprint(opened(submission.content)) == before


def _read(application):
    """The reading view without the objects in it."""
    sections = form_reading(application, Privacy.FULL)
    return [
        (
            section["head"],
            [rows for *_, rows in section.get("award_tables", [])],
            section.get("members"),
            [(category, [row.row for row in rows]) for category, rows in section.get("files", [])],
        )
        for section in sections
    ]


def test_a_submission_is_never_changed():
    submission = make_application(Stage.RECOMMENDING).submissions.get()
    submission.fingerprint = "0" * 64
    with pytest.raises(TypeError, match="never changed"):
        submission.save()
    assert Submission.objects.get().fingerprint != "0" * 64
