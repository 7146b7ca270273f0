"""推荐一览表: the scan of the stamped 附件1 beside what 附件1 said when it was stamped.

The notice's form has no room for a code; the foot of its pages has the mark of its content and the
number of the page (documents/annex1.py), and its rows are read. Shown, and never in the way.
"""

from difflib import SequenceMatcher

from django.urls import reverse

from applications.files.virus_state import Scan
from applications.recognition.findings import Agreement, Finding
from applications.recognition.place_links import box_text
from applications.recognition.reader import is_on
from applications.recognition.stamped_paper import (
    StampCheck,
    around,
    check_pages,
    listed,
    numbers,
    seal_finding,
    sheets_of,
)
from applications.recognition.text_match import Kind, find, normal
from applications.recognition.texts import pages_of, progress_of
from applications.versions.snapshot import GROUP, in_groups

TITLE = "武汉市技能大师工作室建设项目申报情况一览表"
# The sheet of what found no room in the rows; its foot has no mark.
CONTINUATION = "续页"
SEAL_LINE = "推荐单位(盖章)"
# Millimetres from the left end of that line.
SEAL_CUTTING = (-8, -22, 130, 24)
# A mark that is read with as many slips is still the same one.
LIKELY_MARK = 0.85


def check_of_list(scan, content, fingerprint, pages):
    """Return the findings about a scan (`Attachment`) of a stamped 附件1, [] until it is read.

    `content` and `fingerprint` are what 附件1 said when it was stamped (`RecommendationList`),
    `pages` is what `texts.pages_of` returns.
    """
    sheets = sheets_of([scan], pages)
    if not sheets:
        return []
    numbered = [sheet for sheet in _listing(sheets) if sheet.number]
    return [
        _mark_finding(sheets, fingerprint[: 2 * GROUP]),
        *check_pages(_listing(sheets), numbered, None),
        _rows_finding(sheets, content.get("rows", [])),
        _seal_finding(sheets),
    ]


def _listing(sheets):
    """Return the pages that are numbered as one paper.

    Some programs number the continuation sheet as what follows, some by itself.
    """
    listing = [s for s in sheets if f"{TITLE}{CONTINUATION}" not in normal(s.page.text)]
    taken = {sheet.number for sheet in listing if sheet.number}
    is_by_itself = any(sheet.number in taken for sheet in sheets if sheet not in listing)
    return listing if is_by_itself else sheets


def _mark_finding(sheets, mark):
    claim = f"内容指纹 {in_groups(mark)}"
    label = "内容指纹"
    marked = [sheet for sheet in sheets if sheet.mark]
    others = [sheet for sheet in marked if not _is_alike(sheet.mark, mark)]
    if others:
        sentence = (
            f"扫描件{listed(others)}页脚的内容指纹与上传时的附件1不同，请核对是否为最新的稿。"
        )
        places = tuple(sheet.place(text=sheet.mark) for sheet in others)
        return Finding("stamp-print", "stamp", label, claim, Agreement.DIFFERS, sentence, places)
    if marked:
        place = marked[0].place(text=mark)
        return Finding("stamp-print", "stamp", label, claim, Agreement.FOUND, "", (place,))
    if not any(find(TITLE, sheet.page) for sheet in sheets):
        sentence = "没有读到附件1的标题和页脚的内容指纹，请核对扫描件是否为推荐一览表。"
    else:
        sentence = "没有读到页脚的内容指纹，请核对其与附件1相同。"
    return Finding("stamp-print", "stamp", label, claim, Agreement.NOT_LEGIBLE, sentence)


def _is_alike(read, mark):
    return SequenceMatcher(None, read, mark, autojunk=False).ratio() >= LIKELY_MARK


def _rows_finding(sheets, rows):
    """Return whether the lead of every row is read, and in the order of the ranks."""
    claim = f"共 {len(rows)} 项"
    where, missing = [], []
    for number, row in enumerate(rows, start=1):
        place = _place_of(sheets, row["cells"])
        if place is None:
            missing.append((number, row))
        else:
            where.append((number, place))
    agreement, sentence = Agreement.FOUND, ""
    if missing:
        named = "、".join(
            f"第 {number} 项（{row['cells']['领办人']}）" for number, row in missing[:3]
        )
        more = f"等 {len(missing)} 项" if len(missing) > 3 else ""
        agreement = Agreement.NOT_FOUND
        sentence = f"扫描件上未读到{named}{more}，请核对。"
    elif [place[:2] for _, place in where] != sorted(place[:2] for _, place in where):
        order = sorted(where, key=lambda pair: pair[1][:2])
        agreement = Agreement.DIFFERS
        sentence = (
            f"扫描件上各项的顺序为第 {numbers((n for n, _ in order), 20)} 项，与推荐排序不同。"
        )
    places = tuple(place[2] for _, place in where)
    return Finding("stamp-rows", "stamp", "各项", claim, agreement, sentence, places)


def _place_of(sheets, cells):
    """Return (page in the scan, height, `Place`) of a row by its lead, or by its unit; None."""
    for text, kind in ((cells["领办人"], Kind.PERSON), (cells["单位"], Kind.UNIT)):
        for sheet in sheets:
            if match := find(text, sheet.page, kind=kind):
                box = match.boxes[0]
                return sheet.position, box[1], sheet.place(box, match.text)
    return None


def _seal_finding(sheets):
    claim = "“推荐单位（盖章）”处"
    for sheet in sheets:
        for line in sheet.page.lines:
            if SEAL_LINE in normal(line.text):
                left, top, _, bottom = line.box
                box = around(sheet, (left, top, left, bottom), *SEAL_CUTTING)
                return seal_finding("stamp-seal", "印章", claim, sheet, box, sheets)
    sentence = f"没有识别到{claim}，请核对印章。"
    return Finding("stamp-seal", "stamp", "印章", claim, Agreement.NOT_LEGIBLE, sentence)


def list_scan_context(saved):
    """Return what _list_scan.html shows of the scan of a saved list (or None).

    `stamp_waits` tells a scan of which more may be known in some seconds.
    """
    scan = saved.stamped_scan if saved else None
    if scan is None or scan.withheld or scan.erased_at or not is_on():
        is_coming = bool(scan and scan.scan == Scan.PENDING and is_on())
        return {"stamp_check": None, "stamp_waits": is_coming}
    checked = check_of_list(
        scan, saved.stamped_content, saved.stamped_fingerprint, pages_of([scan])
    )
    check = None
    if checked:
        check = StampCheck(
            tuple(checked),
            "附件1",
            lambda place: f"{scan.get_absolute_url()}#page={place.page}&navpanes=0",
            lambda place: (
                f"{reverse('review:list_scan_picture', args=[scan.pk, place.page])}"
                f"?crop={box_text(place.box)}"
            ),
        )
    waits = not progress_of([scan]).is_finished
    return {"stamp_check": check, "stamp_waits": waits}
