"""盖章申报表: the scan of the stamped 附件2 beside its print: its pages, seal, signature, date.

Rules over what was read (`Page`); they show, and refuse nothing. At the applicant's stage the box
申报单位意见 alone is signed and stamped: the others stay blank until the review fills them in.
"""

import re
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils import timezone

from applications.files.virus_state import Scan
from applications.models import FormPrint
from applications.recognition.findings import Agreement, Finding
from applications.recognition.reader import is_on
from applications.recognition.stamped_paper import (
    StampCheck,
    around,
    check_pages,
    check_turns,
    ink_area,
    listed,
    seal_finding,
    sheets_of,
    sheets_so_far,
    within,
)
from applications.recognition.text_match import normal
from applications.recognition.texts import pages_of, progress_of
from applications.rounds import EvidenceCategory

LABEL, ANCHOR = "申报单位意见", "签字盖章"
# What stands beside the same words in the boxes below, which are not the unit's.
_OTHERS = re.compile("人力|社会保|保障|财政")
_NEXT_LABEL = re.compile("区人力资源|市直.?中央驻汉")
_DATE = re.compile("[0-9]{2,4}年[0-9]{1,2}月[0-9]{1,2}日")

# Millimetres from the middle of the right end of “(签字盖章)”: left, top, right, bottom, as
# annex2.css sets the row of the unit's opinion. What is cut out to show, and where a hand signs.
SEAL_CUTTING = (-90, -34, 14, 18)
SIGNATURE, SIGNATURE_CUTTING = (-100, -11, 10, 7.5), (-90, -13, 14, 10)
DATE = (-45, 2.8, 10, 8.5)
# Where print stands in them: the words beside the signature, so much before them for a name and for
# each of its characters, and the date.
PRINT_HEIGHT, WORDS_WIDTH, NAME_GAP, CHARACTER = 2.6, 17.5, 6.0, 3.75
PRINTED_DATE = (-25, 2.9, 0.5, 8)
# The label's middle stands so far above the anchor's, and its right end so far to the left.
FROM_LABEL = (129, 14)
# Square millimetres of ink, as the map of ink counts it: a signature besides what is printed, and
# a date with the three characters that are.
SIGNED, DATED = 10.0, 22.0


@dataclass(frozen=True)
class Opinion:
    """What of 申报单位意见 a print bears: text, signatory, date ("" where nothing is printed)."""

    text: str = ""
    signatory: str = ""
    signed_on: str = ""


def scans_of(application):
    """Return the files of the scan, in order; uses a prefetched `evidence`."""
    files = application.current_evidence()
    return [row for row in files if row.category == EvidenceCategory.STAMPED]


def check_of(application, pages):
    """Return the findings about the scan of the stamped form; [] until all of it has been read.

    `pages` is what `texts.pages_of` returns for `application.current_evidence()`. Reads the prints
    in three queries at most.
    """
    scans = scans_of(application)
    sheets = sheets_of(scans, pages)
    prints = Prints.of(scans, sheets)
    if prints is None:
        return []
    content = FormPrint.objects.values_list("content", flat=True).get(pk=prints.scanned.pk)
    opinion = Opinion(**(content.get("opinion") or {}))
    known = [sheet for sheet in sheets if is_of(sheet, prints.scanned)]
    return [
        _print_finding(sheets, known, prints),
        *check_pages(sheets, known, prints.scanned.pages),
        *_box_findings(sheets, known, opinion),
    ]


def first_findings(application, pages):
    """Return what the pages that have been read tell already, while others have not.

    Pages of other papers, and those that do not stand upright.
    """
    scans = scans_of(application)
    sheets = sheets_so_far(scans, pages)
    prints = Prints.of(scans, sheets)
    if prints is None:
        return []
    known = [sheet for sheet in sheets if is_of(sheet, prints.scanned)]
    of_print = _print_finding(sheets, known, prints)
    is_other = of_print.agreement == Agreement.DIFFERS
    return [*([of_print] if is_other else []), *check_turns(sheets)]


@dataclass(frozen=True)
class Prints:
    """The prints of an application: that which was scanned, all of its own (`FormPrint`).

    `foreign` are those fingerprints among the scanned ones that belong to other applications.
    """

    scanned: FormPrint
    own: list[FormPrint]
    foreign: frozenset[str]

    @classmethod
    def of(cls, scans, sheets):
        """Return the prints that the `Sheet`s of these scans may be of; None where nothing is."""
        if not sheets or scans[-1].print_id is None:
            return None
        scan = scans[-1]
        rows = FormPrint.objects.filter(application=scan.application_id)
        own = list(rows.defer("content"))
        strange = {sheet.fingerprint for sheet in sheets} - {row.fingerprint for row in own} - {""}
        foreign = FormPrint.objects.filter(fingerprint__in=strange)
        return cls(
            next(row for row in own if row.pk == scan.print_id),
            own,
            frozenset(foreign.values_list("fingerprint", flat=True)) if strange else frozenset(),
        )


def is_of(sheet, printed):
    """Whether a page is of a print: its code says so, or the foot of a page without a code."""
    if sheet.fingerprint:
        return sheet.fingerprint == printed.fingerprint
    return bool(sheet.mark) and printed.fingerprint.startswith(sheet.mark)


# --- Which print -------------------------------------------------------------------------------


def _print_finding(sheets, known, prints):
    """Return whether all pages are of the print that was scanned, and what the others are of."""
    printed, foreign = prints.scanned, prints.foreign
    claim = f"{printed}，{_day(printed)}打印"
    label = "打印稿"
    sentences, places = [], []
    rest = [sheet for sheet in sheets if sheet not in known]
    for other in prints.own:
        if other != printed and (some := [sheet for sheet in rest if is_of(sheet, other)]):
            is_same_day = _day(other) == _day(printed)
            when = f"{_day(other)} {_time(other)}" if is_same_day else _day(other)
            sentences.append(f"扫描件{listed(some)}是 {when}的打印稿（{other}）")
            places += some
            rest = [sheet for sheet in rest if sheet not in some]
    if some := [sheet for sheet in rest if sheet.fingerprint in foreign]:
        sentences.append(f"扫描件{listed(some)}是另一份申报的申报表")
        places += some
    if some := [s for s in rest if s.fingerprint and s.fingerprint not in foreign]:
        sentences.append(f"扫描件{listed(some)}的核验码不属于本申报的任何打印稿")
        places += some
    unnamed = [sheet for sheet in rest if not sheet.fingerprint]
    if unnamed:
        what = "各页" if len(unnamed) == len(sheets) else listed(unnamed)
        sentences.append(f"扫描件{what}没有识别到核验码，请核对页脚的内容指纹")
    agreement = Agreement.FOUND
    if sentences:
        agreement = Agreement.DIFFERS if places else Agreement.NOT_LEGIBLE
    found = places or unnamed or known[:1]
    return Finding(
        "stamp-print",
        "stamp",
        label,
        claim,
        agreement,
        f"{'；'.join(sentences)}。" if sentences else "",
        tuple(sheet.place() for sheet in found),
    )


def _day(printed):
    day = timezone.localtime(printed.printed_at)
    return f"{day.month} 月 {day.day} 日"


def _time(printed):
    return f"{timezone.localtime(printed.printed_at):%H:%M} "


# --- Seal, signature, date ---------------------------------------------------------------------


def _box_findings(sheets, known, opinion):
    """Return what stands in the box of 申报单位意见: a seal, a signature, a date."""
    sheet, anchor = _anchor_of(known or sheets)
    if anchor is None:
        sentence = f"没有识别到“{LABEL}”栏，请核对签字和盖章。"
        return [
            Finding("stamp-seal", "stamp", "印章", f"“{LABEL}”栏", Agreement.NOT_LEGIBLE, sentence)
        ]
    seal = seal_finding(
        "stamp-seal",
        "印章",
        f"“{LABEL}”栏",
        sheet,
        around(sheet, anchor, *SEAL_CUTTING),
        sheets,
    )
    return [seal, _signature(sheet, anchor, opinion), _date(sheet, anchor, opinion)]


def _anchor_of(sheets):
    """Return (sheet, box of “(签字盖章)”) of the unit's own box, (None, None) where none is read.

    The words stand in several boxes: the unit's are below its label and above the next one.
    """
    for sheet in sheets:
        label = next((li for li in sheet.page.lines if LABEL in normal(li.text)), None)
        after = next((li for li in sheet.page.lines if _NEXT_LABEL.search(normal(li.text))), None)
        above = _middle(label) if label else 0.0
        below = _middle(after) if after else 1.0
        anchors = [
            line.box
            for line in sheet.page.lines
            if ANCHOR in normal(line.text)
            and not _OTHERS.search(normal(line.text))
            and above < _middle(line) < below
        ]
        if label and anchors:
            return sheet, min(anchors, key=lambda box: box[1])
        if label:
            return sheet, _from_label(sheet, label.box)
    return None, None


def _middle(line):
    return (line.box[1] + line.box[3]) / 2


def _from_label(sheet, label):
    """Return where “(签字盖章)” would be, below and to the right of its label."""
    (right, down), (across, high) = FROM_LABEL, sheet.millimetre
    x = min(1.0, label[2] + right * across)
    y = (label[1] + label[3]) / 2 + down * high
    return within(x - 17 * across, y - 2 * high, x, y + 2 * high)


def _signature(sheet, anchor, opinion):
    claim = f"{opinion.signatory}（签字）" if opinion.signatory else "签字"
    name = NAME_GAP + CHARACTER * len(opinion.signatory) if opinion.signatory else 0
    printed = [
        around(sheet, anchor, -WORDS_WIDTH - name, -PRINT_HEIGHT, 0.5, PRINT_HEIGHT),
        around(sheet, anchor, *PRINTED_DATE),
        # The last lines of a long opinion.
        *(line.box for line in sheet.page.lines if _is_part(line.text, opinion.text)),
    ]
    ink = ink_area(sheet, around(sheet, anchor, *SIGNATURE), printed)[0]
    cutting = around(sheet, anchor, *SIGNATURE_CUTTING)
    return _ink_finding("stamp-signature", "签字", claim, sheet, cutting, ink >= SIGNED)


def _date(sheet, anchor, opinion):
    box = around(sheet, anchor, *DATE)
    dates = [
        line.text
        for line in sheet.page.lines
        if _overlap(line.box, box) > 0.4 and _DATE.search(normal(line.text))
    ]
    is_dated = bool(dates or opinion.signed_on) or ink_area(sheet, box)[0] >= DATED
    claim = opinion.signed_on or "日期"
    return _ink_finding("stamp-date", "日期", claim, sheet, box, is_dated)


def _ink_finding(key, label, claim, sheet, box, is_there):
    """Return whether something is written in a place, and the place."""
    if is_there:
        agreement, sentence = Agreement.FOUND, ""
    elif not sheet.page.ink:
        agreement, sentence = Agreement.NOT_LEGIBLE, f"{label}处未能识别，请核对。"
    else:
        what = {"签字": "手写签名", "日期": "日期"}[label]
        agreement = Agreement.NOT_FOUND
        sentence = f"“{LABEL}”栏的{label}处未发现{what}，请核对。"
    return Finding(key, "stamp", label, claim, agreement, sentence, (sheet.place(box, ""),))


def _is_part(line, text):
    """Whether a line that was read is one of a longer text."""
    line, text = normal(line), normal(text)
    return len(line) > 1 and (line in text or text in line) and bool(text)


def _overlap(line, box):
    """Return how much of a line's box (0 to 1) lies in another."""
    wide = min(line[2], box[2]) - max(line[0], box[0])
    high = min(line[3], box[3]) - max(line[1], box[1])
    area = (line[2] - line[0]) * (line[3] - line[1])
    return max(0.0, wide) * max(0.0, high) / area if area else 0.0


# --- What the pages say ------------------------------------------------------------------------


def stamp_check(application, pages):
    """Return the `StampCheck` of an application's scan, None until all of it has been read.

    `pages` is what `texts.pages_of` returns.
    """
    checked = check_of(application, pages)
    if not checked:
        return None
    return StampCheck(tuple(checked), f"打印稿{checked[0].claim.partition('，')[0]}")


def stamp_context(application):
    """Return what _stamp_check.html shows of an application's scan, to whoever may open it.

    `stamp_waits` tells a scan of which more may be known in some seconds; until then `stamp_first`
    are the sentences of what is known already.
    """
    prefetch_related_objects([application], "evidence")
    scans = scans_of(application)
    if not (scans and is_on()):
        return {"stamp_check": None, "stamp_waits": False, "stamp_first": []}
    pages = pages_of(scans)
    check = stamp_check(application, pages)
    is_coming = any(row.scan == Scan.PENDING for row in scans)
    waits = is_coming or not progress_of(scans).is_finished
    first = first_findings(application, pages) if waits and not check else []
    return {
        "stamp_check": check,
        "stamp_waits": waits,
        "stamp_first": [each.sentence for each in first],
    }
