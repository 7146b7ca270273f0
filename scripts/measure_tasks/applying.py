"""The sixth task: a unit applies with a folder of twenty scans, from the empty form to 提交申报.

What is typed is typed with the keyboard, from field to field by Tab; lists of choices, boxes and
buttons are clicked. A long table of awards is pasted from the unit's own. A build that sorts what
was uploaded gets all scans at once; any other gets them one kind at a time, and the proof of each
award at its row.
"""

import re
import time

from scripts.measure_tasks.hand import Lost
from tests.applications.recognition.paper import drawn, place_of, scanned, seal, sign

SORTED = "材料归类"
READ_WITHIN = 400  # seconds
CHOOSING, WAITING = "其中选类别和佐证", "等待识别（秒）"
# What the walk uploads on the page of 佐证材料 where nothing is sorted; prizes go to their rows.
KINDS = ("CERTIFICATE", "ID_CARD", "ACHIEVEMENT", "POLICE", "VETO", "FOUNDING", "PHOTOS", "LICENCE")


def fill(hand, part, values):
    """Fill in the visible fields of a part of the page, in their order; `values` are by name."""
    for control in part.locator("input, select, textarea").all():
        name = (control.get_attribute("name") or "").rpartition("-")[2]
        value = values.get(name)
        if not value or not control.is_visible():
            continue
        kind = control.get_attribute("type")
        if kind == "checkbox" or (kind == "radio" and control.get_attribute("value") == value):
            hand.tick(control)
        elif kind != "radio" and control.evaluate("element => element.tagName") == "SELECT":
            hand.choose_value(control, value)
        elif kind not in {"radio", "file"}:
            hand.key_in(control, value)


def fill_rows(hand, key, rows):
    """Fill in rows of a table of the form; the first stands there empty."""
    block = hand.page.locator(f"#{key}")
    for number, row in enumerate(rows):
        if block.locator(".form-row").count() <= number:
            hand.press(block.get_by_role("button", name="增加一行"))
        place = block.locator(".form-row").nth(number)
        if place.get_attribute("open") is None:
            hand.press(place.locator("summary").first)
        fill(hand, place, row)


def paste_rows(hand, key, rows):
    """Bring many rows from a table of Word or Excel, in the columns' order."""
    block = hand.page.locator(f"#{key}")
    hand.press(block.get_by_role("button", name="从 Excel 或 Word 粘贴"))
    columns = ("project", "name", "authority", "grade", "ranking", "part", "year")
    text = "\n".join("\t".join(row[name] for name in columns) for row in rows)
    hand.paste(hand.page.locator("#id_text"), text)
    hand.go(("button", "^预览$"))
    hand.go(("button", "^加入勾选的行$"))


def go_on(hand):
    hand.go(("button", "^保存并继续$"))


def fill_section(hand, values):
    fill(hand, hand.page.locator("form[data-draft]"), values)


def apply(hand, task):
    """Fill in the whole form, upload and sort the scans, print, stamp, and submit."""
    hand.cost.of_them = {CHOOSING: 0, WAITING: 0}
    hand.open(f"/applications/{task['applications'][0]}/")
    hand.go(("link", "^(填写|继续填写|开始填写)"), ways=())
    fields, scans = task["fields"], task["scans"]
    for _ in ("unit", "lead"):
        fill_section(hand, fields)
        go_on(hand)
    fill_section(hand, fields)
    fill_rows(hand, "members", task["members"])
    go_on(hand)
    hand.mark_main()
    fill_rows(hand, "provincial", [row for row in task["awards"] if row["level"] == "PROVINCIAL"])
    paste_rows(hand, "other", [row for row in task["awards"] if row["level"] == "OTHER"])
    is_sorting = _sorts(hand, task)
    if not is_sorting:
        with hand.apart(CHOOSING):
            _upload_at_rows(hand, task, scans)
    go_on(hand)
    for _ in ("achievements", "report", "talent"):
        fill_section(hand, fields)
        go_on(hand)
    if is_sorting:
        _upload_all(hand, scans)
    else:
        _upload_by_kind(hand, task, scans)
    _print_and_stamp(hand, task)
    hand.go(("link", "^检查并提交"))
    hand.tick(hand.reach(("checkbox", "真实|承诺")))
    hand.go(("button", "^提交申报$"))


def _sorts(hand, task):
    """Whether this build proposes how to sort what is uploaded; looking costs nothing."""
    address = f"{hand.host}/applications/{task['applications'][0]}/sorting/"
    return hand.page.request.get(address).ok


def _upload_all(hand, scans):
    """Upload all scans at once, wait until they are read, and take what is proposed."""
    with hand.apart(CHOOSING):
        hand.attach(hand.page.locator("#files-batch"), *(str(scan.path) for scan in scans))
        began = time.monotonic()
        heading = hand.page.get_by_role("heading", name=SORTED, level=1)
        heading.wait_for(timeout=READ_WITHIN * 1000)
        while hand.page.locator("[data-reading][data-unfinished]").count():
            sentence = hand.page.locator("[data-reading]").text_content()
            if not re.search("正在识别", sentence):
                break
            if time.monotonic() - began > READ_WITHIN:
                raise Lost(f"{hand.path}: {sentence}")
            hand.page.wait_for_timeout(200)
        hand.cost.of_them[WAITING] = time.monotonic() - began
        hand.settle()
        hand.go(("button", "^确认归类"))
    check_kinds(hand, scans)
    hand.go(("link", "^继续：打印盖章$"))


def check_kinds(hand, scans):
    """Say where a scan is not where it belongs."""
    for scan in scans:
        kind = hand.page.locator(f"#category-{scan.category} .file-list").text_content()
        if scan.path.name not in kind:
            print(f"note: {scan.path.name} is not in {scan.category}")


def _upload_at_rows(hand, task, scans):
    """Upload the proof of each award at its row, but for what is proof of achievements as well."""
    _unfold(hand, "provincial", "other")
    for scan, place in _rows_of(hand, task, scans):
        if scan.category == "HONOUR":
            hand.attach(place.locator("input[type=file]"), str(scan.path))


def _upload_by_kind(hand, task, scans):
    for kind in KINDS:
        paths = [str(scan.path) for scan in scans if scan.category == kind]
        with hand.apart(CHOOSING):
            hand.attach(hand.page.locator(f"#files-{kind}"), *paths)
            hand.page.wait_for_timeout(300 * len(paths))
            hand.settle()
    hand.go(("link", "^获奖情况"))
    with hand.apart(CHOOSING):
        _unfold(hand, "other")
        for scan, place in _rows_of(hand, task, scans):
            if scan.category != "HONOUR":
                hand.press(place.locator("[data-pick-proof]"))
                choice = hand.page.locator(".picker__file", has_text=scan.path.name)
                hand.press(choice.locator("[data-choose]"))
    hand.page.wait_for_timeout(2_500)  # it is saved by itself
    hand.go(("link", "^盖章申报表"))


def _unfold(hand, *tables):
    """Unfold all rows of these tables, where any is folded."""
    for key in tables:
        block = hand.page.locator(f"#{key}")
        if block.locator(".form-row:not([open])").count() > 1:
            hand.press(block.get_by_role("button", name="全部展开"))


def _rows_of(hand, task, scans):
    """Return (scan, its row on the page) of the scans that prove an award."""
    seen = {"PROVINCIAL": 0, "OTHER": 0}
    places = []
    for row in task["awards"]:
        block = hand.page.locator(f"#{row['level'].lower()} .form-row")
        places.append(block.nth(seen[row["level"]]))
        seen[row["level"]] += 1
    return [(scan, places[scan.award]) for scan in scans if scan.award is not None]


def _print_and_stamp(hand, task):
    fill(hand, hand.page.locator("form.record-form"), {"text": "经研究，同意申报。"})
    hand.go(("button", "^生成打印稿$"))
    opening = hand.reach(("link", "^打开打印稿 PDF$"))
    hand._count()
    paper = hand.page.request.get(hand.host + opening.get_attribute("href")).body()
    pictures = drawn(paper)
    number, right, middle = place_of(paper, "(签字盖章)")
    sign(pictures[number], (right - 62, middle))
    seal(pictures[number], (right - 8, middle - 10), task["fields"]["unit_name"][:10])
    scan = {"name": "scan0021.pdf", "mimeType": "application/pdf", "buffer": scanned(pictures)}
    hand.attach(hand.page.locator("#files-STAMPED"), scan)
    hand.page.wait_for_timeout(1_500)
    hand.settle()
