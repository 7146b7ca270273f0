"""Real paper through the real reader: a print is drawn, signed, sealed, mixed up and scanned."""

import pytest

from applications.files import evidence as evidence_files
from applications.models import Application
from applications.recognition import reader
from applications.recognition.findings import Agreement
from applications.recognition.stamped_scan import check_of
from applications.recognition.texts import pages_of
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import annex2
from documents.page_count import page_count
from tests import factories as make
from tests.applications.files.test_evidence import upload
from tests.applications.recognition import paper

pytestmark = [pytest.mark.django_db, pytest.mark.recognition]


@pytest.fixture
def reading(settings):
    settings.OCR = True
    yield
    reader.READING.end()


def printed_form(people, **changes):
    """Return a draft that is printed for the stamp, its print, and the PDF of that."""
    application = make.make_application(Stage.DRAFT, people, **changes)
    make.stamp(application, people.applicant)
    printed = application.prints.last()
    made = annex2.render_for_stamp(application, printed)
    application.prints.update(pages=page_count(made))
    return application, printed, made


def signed_and_sealed(made):
    """Return the pages of a print, signed and sealed by the unit, and which of them that is."""
    pages = paper.drawn(made)
    number, right, middle = paper.place_of(made, "(签字盖章)")
    paper.sign(pages[number], (right - 58, middle - 1))
    paper.seal(pages[number], (right - 22, middle))
    return pages, number


@pytest.fixture
def check(reading, django_capture_on_commit_callbacks):
    def upload_and_check(application, printed, scan):
        with django_capture_on_commit_callbacks(execute=True):
            evidence_files.add(
                application,
                EvidenceCategory.STAMPED,
                upload(scan, "扫描件.pdf"),
                application.edited_by,
                printed.pk,
            )
        # The factory's own scan makes room.
        application.evidence.filter(category=EvidenceCategory.STAMPED).exclude(
            original_name="扫描件.pdf"
        ).update(removed_at=printed.printed_at, removed_by=application.edited_by)
        application = Application.objects.get(pk=application.pk)
        found = check_of(application, pages_of(application.current_evidence()))
        return {each.key: each for each in found}

    return upload_and_check


def test_a_signed_and_sealed_scan_is_mixed_up_and_all_of_it_is_named(check):
    people = make.make_people(make.make_round())
    application, printed, made = printed_form(people)
    others = make.make_people(application.round)
    _, _, foreign = printed_form(others, unit_name="虚构别家公司")
    pages, own = signed_and_sealed(made)
    assert (len(pages), own) == (4, 2)
    # Page 2 is another application's, page 4 lies on its head.
    pages[1] = paper.drawn(foreign)[1]
    pages[3] = paper.turned(pages[3])
    found = check(application, printed, paper.scanned(pages, skew=0.8))

    assert found["stamp-print"].sentence == "扫描件第 2 页是另一份申报的申报表。"
    assert found["stamp-pages"].sentence == "缺打印稿第 2 页。"
    assert "扫描件第 4 页上下颠倒" in found["stamp-turned"].sentence
    for key in ("stamp-seal", "stamp-signature", "stamp-date"):
        assert found[key].agreement == Agreement.FOUND, found[key]
        assert found[key].places[0].page == 3


def test_a_grey_scan_of_unsigned_paper_is_told(check):
    people = make.make_people(make.make_round())
    application, printed, made = printed_form(people)
    page = paper.drawn(made)[2]
    found = check(application, printed, paper.scanned([page], grey=True))

    assert found["stamp-print"].agreement == Agreement.FOUND
    assert found["stamp-pages"].sentence == "缺打印稿第 1、2、4 页。"
    assert "可能是黑白扫描" in found["stamp-seal"].sentence
    assert found["stamp-signature"].agreement == Agreement.NOT_FOUND
