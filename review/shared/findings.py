"""What was read of an application's material beside what its form says, for whoever verifies it."""

from django.conf import settings
from django.db.models import prefetch_related_objects

from accounts.roles import Role
from applications.recognition.claims import findings_of
from applications.recognition.contradictions import contradictions_of
from applications.recognition.display import shown_findings
from applications.recognition.repeats import repeats_of
from applications.recognition.stamped_scan import check_of
from applications.recognition.texts import pages_of, progress_in, texts_of
from applications.versions.snapshot import content_of, fingerprint

# Who is shown any: whoever holds claims against papers.
READERS = (Role.RECOMMENDER, Role.OFFICE)
PREFETCH = ("evidence", "awards__evidence", "members", "applying_unit")
# Comparing 300 pages takes a second, and a list is opened item by item: of so many applications
# this process keeps what came of it, until the form, a file or the reading changes.
MOST_KEPT = 32

_kept: dict[tuple, list] = {}


def read_findings(user, application):
    """Return (`ShownFinding`s of an application as it is read, how far the reading is in words).

    ([], "") where nothing is read, and for others than `READERS`. A constant number of queries.
    Proof that is used twice comes first, then the stamped form, papers that disagree, claims.
    """
    if not settings.OCR or user.role not in READERS:
        return [], ""
    prefetch_related_objects([application], *PREFETCH)
    files = [file for file in application.current_evidence() if not file.erased_at]
    texts = texts_of(files)
    findings = repeats_of(application, user)
    if any(text.pages_done for text in texts):
        findings += _compared(application, files, texts)
    shown = shown_findings(user, application, findings) if findings else []
    return shown, progress_in(texts).sentence


def _compared(application, files, texts):
    """Return the findings of what was read; what came of the same before is not compared again."""
    key = (
        application.pk,
        fingerprint(content_of(application)),
        # Which is of the form alone.
        tuple((row.pk, row.evidence_id, row.evidence_page) for row in application.awards.all()),
        tuple((file.pk, file.sha256, file.category, file.print_id) for file in files),
        frozenset((text.pk, text.state, text.pages_done, text.moved_at) for text in texts),
    )
    findings = _kept.get(key)
    if findings is None:
        findings = _compare(application, pages_of(files))
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = findings
    return findings


def _compare(application, pages):
    if not any(pages.values()):
        return []
    findings = [
        *check_of(application, pages),
        *contradictions_of(application, pages),
        *findings_of(application, pages),
    ]
    # The awards of a version that was submitted have no keys: nothing tells their findings apart.
    return [finding for finding in findings if finding.about != "award-None"]
