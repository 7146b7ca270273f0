"""The search inside the material: which pages say what is asked for, and where on them.

Inside one application its pages are opened and looked through. Across applications few candidates
come from the blind index (`page_terms.py`), which are opened then. A search tells nobody more than
the files that they may open.
"""

from dataclasses import dataclass
from itertools import islice

from django.db.models import F, OuterRef, Q, Subquery

from accounts.roles import Role
from accounts.search import words_in
from applications.form.definition import is_hidden
from applications.models import Application, Evidence, Submission
from applications.permissions import Privacy, privacy_for
from applications.recognition import page_terms
from applications.recognition.display import masked
from applications.recognition.findings import Place
from applications.recognition.place_links import address_of
from applications.recognition.records import PageText
from applications.recognition.text_match import compared, find_every
from applications.recognition.texts import pages_of
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory

# Who searches across applications.
ACROSS = (Role.RECOMMENDER, Role.OFFICE)
# A single character stands on every other page.
SHORTEST = 2
MOST_HITS = 50
# Pages that the index names of those that the reader may see, latest first, and so many opened.
MOST_CANDIDATES, MOST_OPENED = 2000, 200
# Papers that are about a person alone: others than the owner are shown which page, and open it.
LINES_NOT_SHOWN = frozenset(
    {
        EvidenceCategory.ID_CARD,
        EvidenceCategory.POLICE,
        EvidenceCategory.VETO,
        EvidenceCategory.STAMPED,
    }
)
TOO_SHORT = "请输入两个以上的字。"


@dataclass(frozen=True)
class Hit:
    """One page that says all that is asked for.

    `parts` are pieces of the lines where it stands, each (text before, what was found, text after),
    none of `LINES_NOT_SHOWN` for others than the owner;
    `address` is that of the page with all of it marked.
    """

    file: Evidence
    page: int
    parts: tuple[tuple[str, str, str], ...]
    address: str


def words_asked(text):
    """Return the words of a search; [] where one of them is too short to look for."""
    words = words_in(text)
    return words if words and all(len(compared(word)) >= SHORTEST for word in words) else []


def hits_in(user, application, text):
    """Return the `Hit`s of an application's current files, in the order of the files and pages.

    Experts get none: what they read are marked copies.
    """
    words = words_asked(text)
    privacy = privacy_for(user, application)
    if not words or user.role == Role.EXPERT:
        return []
    files = [
        file
        for file in application.current_evidence()
        if not file.erased_at and not is_hidden(file.category, privacy)
    ]
    is_masked = privacy is not Privacy.FULL
    pages = pages_of(files)
    hits = (
        hit
        for file in files
        for page in pages[file.pk]
        if (hit := _hit(file, page, words, is_masked))
    )
    return _first(hits)


def hits_across(user, text):
    """Return the `Hit`s in the submitted files of all applications that the user may see.

    For recommending units and the office; those of the latest files first.
    """
    words = words_asked(text)
    if not words or user.role not in ACROSS:
        return []
    files = submitted_files(user)
    keys = page_terms.holding(words, MOST_CANDIDATES, files.values("sha256"))
    rows = list(
        PageText.objects.filter(pk__in=keys).order_by("-file__created_at", "file", "number")[
            :MOST_OPENED
        ]
    )
    by_digest: dict[str, list[Evidence]] = {}
    for file in as_submitted(files.filter(sha256__in={row.file_id for row in rows})):
        by_digest.setdefault(file.sha256, []).append(file)
    hits = (
        hit
        for row in rows
        for page in [row.page]
        for file in by_digest.get(row.file_id, ())
        if (hit := _hit(file, page, words, is_masked=True))
    )
    return _first(hits)


def submitted_files(user):
    """Return the `Evidence` of the latest submission of each application that a user may see.

    Of an application that is being changed, what was uploaded or removed since is the unit's own.
    """
    latest = Submission.objects.filter(application=OuterRef("application")).order_by("-version")
    files = Evidence.objects.alias(latest=Subquery(latest.values("submitted_at")[:1])).filter(
        Q(removed_at=None) | Q(removed_at__gt=F("latest")),
        uploaded_at__lte=F("latest"),
        application__in=Application.objects.visible_to(user),
        erased_at=None,
    )
    if user.role == Role.EXPERT:
        files = files.exclude(category__in=HIDDEN_FROM_EXPERTS)
    return files.select_related("application").order_by("-application_id", "pk")


def as_submitted(files):
    """Return these files, of `submitted_files`, called and sorted as at the latest submission.

    One query, none for no files.
    """
    files = list(files)
    if not files:
        return []
    versions = Submission.objects.filter(application__in={file.application_id for file in files})
    rows = {}
    for content in versions.order_by("version").values_list("content__evidence", flat=True):
        rows |= {row["id"]: row for row in content or ()}
    for file in files:
        if row := rows.get(file.pk):
            file.original_name, file.category = row["original_name"], row["category"]
    return files


def _first(hits):
    return list(islice(hits, MOST_HITS))


def _hit(file, page, words, is_masked):
    found = [find_every(word, page) for word in words]
    if not all(found):
        return None
    matches = [match for of_word in found for match in of_word if match]
    if not matches:
        return None
    places = [
        Place(file.pk, page.number, box, match.text) for match in matches for box in match.boxes
    ]
    parts = []
    if not (is_masked and file.category in LINES_NOT_SHOWN):
        parts = [_part(page, match) for match in matches[:3]]
    if is_masked:
        parts = [_masked_part(part) for part in parts]
    return Hit(file, page.number, tuple(dict.fromkeys(parts)), address_of(*places[:20]))


def _part(page, match):
    """Return what stands before a match in its line, it, and what stands behind it."""
    for line in page.lines:
        before, found, after = line.text.partition(match.text)
        if found:
            return before, found, after
    return "", match.text, ""  # over two lines


def _masked_part(part):
    """Return a piece of a line with the numbers of persons starred; found or not, all of it."""
    whole = "".join(part)
    return part if masked(whole) == whole else ("", masked(whole), "")
