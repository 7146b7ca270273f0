"""The text of a Word file's paragraphs as a reader sees it: changes accepted, nothing twice.

For the program that opens uploads (`word_program.py`). What no library reads right is read here
from the XML: tracked changes, text boxes, content controls, check boxes, fields, ruby, signs,
numbers of lists. What was found on the way is told by its marks.
"""

import re
from dataclasses import dataclass, field

from applications.form.word.docx_package import attribute, child, is_on, local
from applications.form.word.list_numbers import LEVELS, ListNumbers
from applications.form.word.symbol_fonts import TICKED, UNKNOWN, UNTICKED, in_signs, sign_of

REMOVED = {"del", "moveFrom"}
ADDED = {"ins", "moveTo"}
# Containers that are read through as if they were not there.
THROUGH = {
    "hyperlink", "smartTag", "customXml", "fldSimple", "sdtContent", "dir", "bdo", "subDoc",
    "rubyBase", "Choice", "Fallback",
}  # fmt: skip
SILENT = {
    "rPr", "pPr", "instrText", "delText", "delInstrText", "rt", "footnoteReference",
    "endnoteReference", "commentReference", "annotationRef", "lastRenderedPageBreak", "softHyphen",
}  # fmt: skip
OVERLAY = re.compile(r"EQ\s+\\o", re.IGNORECASE)
LIST_DEPTH = 20


@dataclass
class Paragraph:
    """One paragraph: its text with line breaks, the number before it, its level as a heading.

    `heading` is 1 to 9, or 0 for plain text. `boxes` are the contents
    (`txbxContent`) of text boxes in it. `joins` tells one whose end was deleted: the next goes on.
    `marks`: "tracked" changes, text in a "box", "hidden" or "struck" out, a "picture", a "sign"
    that nobody knows, a control that was left unfilled ("placeholder"), something "embedded".
    """

    text: str = ""
    number: str = ""
    heading: int = 0
    is_bold: bool = False
    joins: bool = False
    marks: set = field(default_factory=set)
    boxes: list = field(default_factory=list)


class Text:
    """Reads the paragraphs of one file, in order: fields and lists go on from one to the next."""

    def __init__(self, package):
        self._styles = _styles(package.styles)
        self._lists = ListNumbers(package.numbering)
        self._fields = []  # the complex fields that are open: _Field

    def read(self, element):
        """Return the `Paragraph` of a <w:p>."""
        properties = child(element, "pPr")
        paragraph = Paragraph()
        self._pieces, self._marks, self._bold = [], paragraph.marks, []
        self._boxes = paragraph.boxes
        style = _value(child(properties, "pStyle"))
        self._is_hidden_style = self._of_style(style, "vanish") or False
        self._is_bold_style = self._of_style(style, "b") or False
        self._walk(element)
        paragraph.text = "".join(self._pieces)
        paragraph.is_bold = bool(self._bold) and all(self._bold)
        paragraph.heading = self._heading(properties, style)
        if paragraph.text.strip():
            paragraph.number = self._number(properties, style)
        end = child(properties, "rPr", "del")
        paragraph.joins = end is not None
        if end is not None or child(properties, "rPr", "ins") is not None:
            paragraph.marks.add("tracked")
        return paragraph

    # --- Runs -------------------------------------------------------------------------------

    def _walk(self, element):
        for each in element:
            name = local(each)
            if name in REMOVED:
                self._marks.add("tracked")
            elif name in ADDED:
                self._marks.add("tracked")
                self._walk(each)
            elif name == "r":
                self._run(each)
            elif name == "sdt":
                self._control(each)
            elif name == "AlternateContent":
                self._alternative(each)
            elif name in THROUGH or name == "ruby":
                self._walk(each)
            elif name in {"oMath", "oMathPara"}:
                self._say("".join(part.text or "" for part in each.iter() if local(part) == "t"))

    def _run(self, run):
        properties = child(run, "rPr")
        if self._is_hidden(properties):
            if any(local(each) == "t" and (each.text or "").strip() for each in run):
                self._marks.add("hidden")
            return
        if is_on(child(properties, "strike")) or is_on(child(properties, "dstrike")):
            if any(local(each) == "t" and (each.text or "").strip() for each in run):
                self._marks.add("struck")
            return
        font = _font(properties)
        for each in run:
            self._part(each, font, properties)

    def _part(self, each, font, properties):
        name = local(each)
        if name == "t":
            text = in_signs(font, each.text or "")
            if UNKNOWN in text:
                self._marks.add("sign")
            if text.strip():
                self._bold.append(self._is_bold(properties))
            self._say(text)
        elif name in {"tab", "ptab"}:
            self._say("\t")
        elif name in {"br", "cr"}:
            self._say("\n")
        elif name == "noBreakHyphen":
            self._say("-")
        elif name == "sym":
            self._sign(each)
        elif name == "fldChar":
            self._field_mark(each)
        elif name == "instrText":
            if self._fields:
                self._fields[-1].code += each.text or ""
        elif name == "AlternateContent":
            self._alternative(each)
        elif name in {"drawing", "pict", "object"}:
            self._drawing(each, name)
        elif name == "ruby":
            self._walk(each)
        elif name not in SILENT:
            self._walk([each])

    def _say(self, text):
        if not any(each.is_silent for each in self._fields):
            self._pieces.append(text)

    def _sign(self, element):
        code = attribute(element, "char", "")
        if not re.fullmatch("[0-9A-Fa-f]{1,6}", code):
            return
        sign = sign_of(attribute(element, "font"), int(code, 16))
        if sign == UNKNOWN:
            self._marks.add("sign")
        self._say(sign)

    def _is_hidden(self, properties):
        own = child(properties, "vanish")
        if own is not None:
            return is_on(own)
        style = _value(child(properties, "rStyle"))
        return self._of_style(style, "vanish") or self._is_hidden_style

    def _is_bold(self, properties):
        own = child(properties, "b")
        if own is not None:
            return is_on(own)
        return self._of_style(_value(child(properties, "rStyle")), "b") or self._is_bold_style

    # --- Controls and fields ----------------------------------------------------------------

    def _control(self, control):
        """A content control in a line: its box, or what was chosen or typed in it."""
        properties = child(control, "sdtPr")
        box = child(properties, "checkbox")
        if box is not None:
            self._say(TICKED if is_ticked(box) else UNTICKED)
        elif is_unfilled(properties):
            self._marks.add("placeholder")
        else:
            content = child(control, "sdtContent")
            if content is not None:
                self._walk(content)

    def _field_mark(self, mark):
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            opened = _Field()
            data = child(mark, "ffData")
            if (box := child(data, "checkBox")) is not None:
                now = child(box, "checked")
                opened.shown = TICKED if is_on(_or(now, child(box, "default"))) else UNTICKED
            elif (choices := child(data, "ddList")) is not None:
                opened.shown = _chosen(choices)
            self._fields.append(opened)
            del self._fields[LIST_DEPTH:]
        elif kind == "separate" and self._fields:
            self._fields[-1].is_in_result = True
        elif kind == "end" and self._fields:
            closed = self._fields.pop()
            if closed.shown is not None:
                self._say(closed.shown)
            elif OVERLAY.search(closed.code):
                self._say(_overlaid(closed.code))

    def _alternative(self, element):
        """Markup for new programs and the same for old ones: one of them."""
        for each in element:
            if local(each) == "Choice":
                self._walk_drawing(each)
                return
        for each in element:
            self._walk_drawing(each)

    def _walk_drawing(self, branch):
        for each in branch:
            if local(each) in {"drawing", "pict", "object"}:
                self._drawing(each, local(each))
            else:
                self._part(each, None, None)

    def _drawing(self, element, name):
        boxes = list(_outermost(element, "txbxContent"))
        if boxes:
            self._boxes += boxes
        elif any(local(each) in {"blip", "imagedata"} for each in element.iter()):
            self._marks.add("picture")
        elif name == "object":
            self._marks.add("embedded")

    # --- Styles and lists -------------------------------------------------------------------

    def _of_style(self, key, name):
        """Return whether a style, or one that it is based on, switches something on; or None."""
        for style in self._chain(key):
            for properties in ("rPr", "pPr"):
                if (switch := child(style, properties, name)) is not None:
                    return is_on(switch)
        return None

    def _chain(self, key):
        for _ in range(LIST_DEPTH):
            style = self._styles.get(key)
            if style is None:
                return
            yield style
            key = _value(child(style, "basedOn"))

    def _heading(self, properties, key):
        level = _value(child(properties, "outlineLvl"))
        if level is None:
            for style in self._chain(key):
                level = _value(child(style, "pPr", "outlineLvl"))
                if level is not None:
                    break
                named = re.fullmatch(
                    "(?:heading|标题) ?([1-9])", _value(child(style, "name")) or "", re.IGNORECASE
                )
                if named:
                    return int(named[1])
        return int(level) + 1 if re.fullmatch("[0-8]", level or "") else 0

    def _number(self, properties, key):
        numbering = [child(properties, "numPr")]
        numbering += [child(style, "pPr", "numPr") for style in self._chain(key)]
        levels = [_value(child(each, "ilvl")) for each in numbering]
        keys = [_value(child(each, "numId")) for each in numbering]
        list_key = next((each for each in keys if each is not None), None)
        level = next((each for each in levels if each is not None), "0")
        if list_key in {None, "0"} or not re.fullmatch(f"[0-{LEVELS - 1}]", level):
            return ""
        return self._lists.next(list_key, int(level))


@dataclass
class _Field:
    """A complex field that is open: `shown` is what it shows in place of its result."""

    code: str = ""
    is_in_result: bool = False
    shown: str | None = None

    @property
    def is_silent(self):
        return not self.is_in_result or self.shown is not None


def is_ticked(box):
    """Whether a box (of a content control) is ticked."""
    checked = child(box, "checked")
    return checked is not None and is_on(checked)


def is_unfilled(properties):
    """Whether a content control shows but its prompt."""
    return is_on(child(properties, "showingPlcHdr"))


def _or(element, other):
    return other if element is None else element


def _chosen(choices):
    entries = [attribute(each, "val", "") for each in choices if local(each) == "listEntry"]
    result = _or(child(choices, "result"), child(choices, "default"))
    at = "0" if result is None else attribute(result, "val", "0")
    return entries[int(at)] if re.fullmatch("[0-9]{1,4}", at) and int(at) < len(entries) else ""


def _overlaid(code):
    r"""Return what an overlay such as `EQ \o\ac(□,√)` shows."""
    inside = re.search(r"\(([^()]*)\)", code)
    parts = [part.strip() for part in re.split("[,;，；]", inside[1])] if inside else []
    signs = set("".join(parts))
    if signs & set("□○") and signs & set("√✓✔×"):
        return TICKED
    if len(parts) == 2 and parts[0] in "○□◯" and re.fullmatch("[0-9]{1,2}", parts[1]):
        number = int(parts[1])
        return chr(0x2460 + number - 1) if 1 <= number <= 20 else parts[1]
    return parts[-1] if parts else ""


def _outermost(element, name):
    """Yield the descendants of this name that stand in no other one; of alternatives, the first."""
    for each in element:
        if local(each) == name:
            yield each
        elif local(each) == "AlternateContent":
            branches = [branch for branch in each if local(branch) in {"Choice", "Fallback"}]
            for branch in branches[:1]:
                yield from _outermost(branch, name)
        else:
            yield from _outermost(each, name)


def _styles(root):
    styles = () if root is None else root
    return {attribute(each, "styleId"): each for each in styles if local(each) == "style"}


def _value(element):
    return None if element is None else attribute(element, "val")


def _font(properties):
    fonts = child(properties, "rFonts")
    if fonts is None:
        return None
    return attribute(fonts, "ascii") or attribute(fonts, "hAnsi") or attribute(fonts, "cs")
