"""The same proof twice: pages of an application that another one has brought as well.

The same file is known by its digest; another scan of the same paper by its traces
(`page_terms.py`), after which both pages are opened and compared. Nobody is told of an application
that is not theirs to see: the recommending unit of its own, the office of all.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Subquery

from accounts.roles import Role
from applications.models import Evidence, Submission
from applications.recognition.comparison import remembered
from applications.recognition.findings import REPEAT, Agreement, Finding, Place
from applications.recognition.material_search import as_submitted, submitted_files
from applications.recognition.page import WHOLE
from applications.recognition.page_terms import (
    MOST_BITS,
    PageTrace,
    bits_apart,
    is_written,
)
from applications.recognition.records import PageText
from applications.recognition.text_match import compared
from applications.rounds import EvidenceCategory

ROLES = (Role.RECOMMENDER, Role.OFFICE)
# A unit's licence and a person's own papers are the same wherever the unit, or the person, applies.
SAME_OF_UNIT = {EvidenceCategory.LICENCE}
# Its own papers are the same in all its applications of a round.
SAME_IN_ROUND = {EvidenceCategory.FOUNDING, EvidenceCategory.VETO, EvidenceCategory.POLICE}
SAME_OF_LEAD = {
    EvidenceCategory.ID_CARD,
    EvidenceCategory.CERTIFICATE,
    EvidenceCategory.LICENCE,
}
# Pages that share so many of their traces are compared, those that share most first.
LEAST_SHARED = {True: 3, False: 1}  # written, and looked at
MOST_COMPARED = 60
# Of the pages of others, those that share most are looked at closer, of each kind so many.
MOST_ALIKE = 200
# A published decision of more pages is not looked through for who stands in it.
MOST_READ = 120
# Two readings of one paper agree in so many of their pairs of neighbouring characters.
ALIKE = 0.85
LONG_NUMBER = 6
MOST_NAMED = 8
# Pages of the form are opened again and again; that long what was found is told again.
KEPT_SECONDS = 60


@dataclass(frozen=True)
class Repeat:
    """One page of an application beside the page of another: both as (key of the file, page).

    `is_same_file` tells that not even the scan is another one.
    """

    own: Evidence
    page: int
    other: Evidence
    other_page: int
    is_same_file: bool


def repeats_of(application, user):
    """Return the `Finding`s about proof that stands in another application, too.

    One for each file and each other application that shows it, those of others first; what the unit
    brings again from its earlier application is one finding, which is FOUND. A constant number of
    queries, one where nothing has changed in the last minute.
    """
    if user.role not in ROLES:
        return []
    own = [
        file
        for file in application.current_evidence()
        if file.category != EvidenceCategory.STAMPED and not file.erased_at
    ]
    state = _state(application, own, user)
    return list(remembered(state, lambda: _repeats_of(application, own, user), KEPT_SECONDS))


def _state(application, own, user):
    """Return what the findings depend on; what is not in it, as that another application has been
    given up, is seen within `KEPT_SECONDS`."""
    return (
        REPEAT,
        application.pk,
        application.applying_unit_id,
        application.lead_id_index,
        application.lead_name,
        application.unit_name,
        user.pk,
        user.recommending_unit_id,
        tuple((file.pk, file.sha256, file.category, file.original_name) for file in own),
        _latest(),
    )


def _latest():
    """Return the keys of the last submission and of the last trace, in one query."""
    trace = Subquery(PageTrace.objects.order_by("-pk").values("pk")[:1])
    return Submission.objects.order_by("-pk").values_list("pk", trace).first()


def _repeats_of(application, own, user):
    repeats = [*_same_files(application, own, user), *_same_pages(application, own, user)]
    return _findings(application, [each for each in repeats if not _is_natural(application, each)])


def _is_natural(application, repeat):
    """Whether a page is in both because it has to be."""
    other, category = repeat.other.application, repeat.own.category
    if other.applying_unit_id == application.applying_unit_id:
        is_in_round = other.round_id == application.round_id and category in SAME_IN_ROUND
        if is_in_round or category in SAME_OF_UNIT:
            return True
    return _has_same_lead(application, other) and category in SAME_OF_LEAD


def _names_both(text, application, other):
    """Whether a text, as `compared`, names both leads, or both units: a decision that was published
    about many, which each of them brings."""
    return any(
        _holds_both(text, compared(one), compared(two))
        for one, two in (
            (application.lead_name, other.lead_name),
            (application.unit_name, other.unit_name),
        )
    )


def _holds_both(text, one, two):
    if not one or not two or one == two:
        return False
    longer, shorter = sorted((one, two), key=len, reverse=True)
    # A name may stand within the other one.
    return longer in text and shorter in text.replace(longer, "\n")


def _has_same_lead(application, other):
    return bool(application.lead_id_index) and application.lead_id_index == other.lead_id_index


def _submitted(application, user):
    """Return the files of other applications that the user may see, as they were submitted."""
    return (
        submitted_files(user)
        .exclude(application=application.pk)
        .exclude(category=EvidenceCategory.STAMPED)
        .select_related("application__round")
        .defer("application__round__notice")
    )


def _same_files(application, own, user):
    by_digest = defaultdict(list)
    for file in own:
        by_digest[file.sha256].append(file)
    others = as_submitted(_submitted(application, user).filter(sha256__in=by_digest))
    of_others = {other.sha256 for other in others if not _is_own(application, other.application)}
    texts = _texts_of(of_others) if of_others else {}
    return [
        Repeat(file, 1, other, 1, True)
        for other in others
        if not _names_both(texts.get(other.sha256, ""), application, other.application)
        for file in by_digest[other.sha256]
    ]


def _is_own(application, other):
    return other.applying_unit_id == application.applying_unit_id and _has_same_lead(
        application, other
    )


def _texts_of(digests):
    """Return {digest: what was read of the file, as `compared`}, in one query."""
    rows = PageText.objects.filter(file__in=digests, number__lte=MOST_READ)
    texts = defaultdict(str)
    for row in rows.order_by("file_id", "number"):
        texts[row.file_id] += compared(row.page.text)
    return texts


def _same_pages(application, own, user):
    """Return the `Repeat`s of pages that were scanned anew."""
    by_digest = {file.sha256: file for file in own}
    traces = PageTrace.objects.filter(page__file__in=by_digest)
    own_by_trace = defaultdict(list)
    for trace, page in traces.values_list("trace", "page"):
        own_by_trace[trace].append(page)
    if not own_by_trace:
        return []
    # Who asks is told of no others, so no others take the place of those.
    visible = _submitted(application, user).exclude(sha256__in=by_digest).order_by()
    alike = PageTrace.objects.filter(
        trace__in=traces.values("trace"), page__file__in=visible.values("sha256")
    )
    shared = Counter()
    for trace, page in alike.filter(page__in=_most_alike(alike)).values_list("trace", "page"):
        for own_page in own_by_trace[trace]:
            # A written page has traces that are positive.
            shared[own_page, page, trace >= 0] += 1
    pairs = [
        (own_page, page)
        for (own_page, page, written), number in shared.most_common()
        if number >= LEAST_SHARED[written]
    ][:MOST_COMPARED]
    if not pairs:
        return []
    keys = {key for pair in pairs for key in pair}
    rows = {row.pk: row for row in PageText.objects.filter(pk__in=keys)}
    digests = {rows[page].file_id for _, page in pairs if page in rows}
    files = defaultdict(list)
    for other in as_submitted(_submitted(application, user).filter(sha256__in=digests)):
        files[other.sha256].append(other)
    opened = {}
    repeats, of_both = [], set()
    for own_page, page in pairs:
        if own_page not in rows or page not in rows:
            continue
        for other in files.get(rows[page].file_id, ()):
            first, second = (_open(rows[key], opened) for key in (own_page, page))
            if is_same_paper(first, second, _names(application), _names(other.application)):
                file = by_digest[rows[own_page].file_id]
                repeats.append(Repeat(file, first.number, other, second.number, False))
                if _names_both(compared(first.text), application, other.application):
                    of_both.add(repeats[-1])
    return _without_decisions(repeats, of_both)


def _without_decisions(repeats, of_both):
    """Return the repeats but those `of_both`, and those of pages that stand beside such a one: the
    pages of one decision, of which one names the two."""
    quiet = {(each.own.pk, each.other.pk, each.page) for each in of_both}
    for step in (1, -1):
        for each in sorted(repeats, key=lambda each: step * each.page):
            if (each.own.pk, each.other.pk, each.page - step) in quiet:
                quiet.add((each.own.pk, each.other.pk, each.page))
    return [each for each in repeats if (each.own.pk, each.other.pk, each.page) not in quiet]


def _most_alike(traces):
    """Return the keys of the pages that have most of these traces: so many at most of each kind."""
    keys = []
    for written in (True, False):
        of_kind = traces.filter(trace__gte=0) if written else traces.filter(trace__lt=0)
        pages = of_kind.values("page").annotate(number=Count("trace"))
        pages = pages.filter(number__gte=LEAST_SHARED[written]).order_by("-number", "-page")
        keys += [row["page"] for row in pages[:MOST_ALIKE]]
    return keys


def _open(row, opened):
    if row.pk not in opened:
        opened[row.pk] = row.page
    return opened[row.pk]


def _names(application):
    return application.lead_name, application.unit_name


def is_same_paper(first, second, names=(), other_names=()):
    """Whether two pages are scans of one paper; `names` are whose the first is, and the second.

    A paper that names its own lead or unit and not the other one is another copy of the same form:
    what units write from one template, certificates and licences of one kind.
    """
    if not (is_written(first) and is_written(second)):
        if is_written(first) or is_written(second) or not (first.sketch and second.sketch):
            return False
        return bits_apart(first.sketch, second.sketch) <= MOST_BITS
    one, two = compared(first.text), compared(second.text)
    for name in map(compared, (*names, *other_names)):
        if name and (name in one) != (name in two):
            return False
    numbers = _long_numbers(one), _long_numbers(two)
    if all(numbers) and not numbers[0] & numbers[1]:
        return False
    return _likeness(one, two) >= ALIKE


def _long_numbers(text):
    """Return the numbers with so many figures at least, a credit code's letters among them."""
    runs = re.findall("[0-9a-z]+", text)
    return {run for run in runs if sum(map(str.isdigit, run)) >= LONG_NUMBER}


def _likeness(one, two):
    """Return the share of pairs of neighbouring characters that two texts have in common."""
    first, second = (
        Counter(text[at : at + 2] for at in range(len(text) - 1)) for text in (one, two)
    )
    return 2 * (first & second).total() / (first.total() + second.total())


# --- As findings ----------------------------------------------------------------------------------


def _findings(application, repeats):
    again, elsewhere = defaultdict(list), defaultdict(list)
    for repeat in repeats:
        other = repeat.other.application
        is_earlier = (
            other.applying_unit_id == application.applying_unit_id
            and other.round_id != application.round_id
        )
        if is_earlier:
            again[other.pk].append(repeat)
        else:
            elsewhere[repeat.own.pk, other.pk].append(repeat)
    findings = [_elsewhere(of_file) for of_file in elsewhere.values()]
    return [*findings, *(_again(of_other) for of_other in again.values())]


def _named(application):
    return f"{application.number}（{application.unit_name}，{application.round.year} 年）"


def _elsewhere(repeats):
    """Return the finding about a file, pages of which another application shows."""
    repeats = sorted(repeats, key=lambda each: each.page)
    own, other = repeats[0].own, repeats[0].other.application
    if any(each.is_same_file for each in repeats):
        told = (
            f"“{own}”也用于 {_named(other)}，与其“{repeats[0].other.original_name}”是同一份文件。"
        )
        places = [Place(own.pk, 1, WHOLE, ""), Place(repeats[0].other.pk, 1, WHOLE, "")]
    else:
        pages = "、".join(dict.fromkeys(str(each.page) for each in repeats))
        told = f"“{own}”第 {pages} 页与 {_named(other)}的材料相同或几乎相同。"
        places = []
        for each in repeats[:MOST_NAMED]:
            places.append(Place(own.pk, each.page, WHOLE, ""))
            places.append(Place(each.other.pk, each.other_page, WHOLE, ""))
    return Finding(
        f"{REPEAT}-{own.pk}-{other.pk}",
        REPEAT,
        own.get_category_display(),
        other.number or "",
        Agreement.DIFFERS,
        f"{told}请核对是否重复使用。",
        tuple(places),
    )


def _again(repeats):
    """Return the finding about what a unit brings again from its earlier application."""
    files = {each.own.pk: each.own for each in repeats}
    other = repeats[0].other.application
    return Finding(
        f"{REPEAT}-again-{other.pk}",
        REPEAT,
        f"沿用本单位 {other.round.year} 年的材料",
        other.number or "",
        Agreement.FOUND,
        f"有 {len(files)} 份材料与本单位以前的申报 {other.number} 相同。",
        tuple(Place(key, 1, WHOLE, "") for key in list(files)[:MOST_NAMED]),
    )
