"""From what a cell of Word says to what the form's fields take: `Cell`s, sure or unsure.

Cleaning is the form's own (`applications.form.forms`); here stand only the rules for what people
put into one cell on paper: two numbers, a number and a name, a month in figures of any kind.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache

from django.core.exceptions import ValidationError
from django.forms import Textarea
from django.utils import timezone

from accounts.characters import UNPRINTABLE, compact, plain
from accounts.telephones import mobile, telephones
from applications.form.cells import stated
from applications.form.completeness import is_id_number
from applications.form.definition import ITEM, MONTHS, month_of
from applications.form.forms import draft_field
from applications.form.word.cell import READ, UNSURE, Cell
from applications.form.word.choices import choice_of
from applications.recognition.text_match import figure_of

_CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_BROKEN_LINE = re.compile(rf"(?<=[{_CJK}])\n|\n(?=[{_CJK}])")
# What a form prints in an empty cell.
_PROMPTS = re.compile(
    r"[_＿\s]*|[_＿\s]*年[_＿\s]*月(?:[_＿\s]*日)?|[（(](?:请|此处|填写|如|例|签字|盖章).{0,30}[）)]"
    r"|(?:单击|点击|请)(?:或点击)?(?:此处|这里|此)?(?:输入|填写|选择).{0,12}|[Xx×]{2,}"
)
_MOBILE = re.compile(r"(?<![0-9])(?:(?:\+|00)?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9])")
_LANDLINE = re.compile(
    r"(?<![0-9])(?:[(]?0[0-9]{2,3}[)]?[- ]?)?[2-9][0-9]{6,7}(?![0-9])"
    r"(?:[ -]*(?:转|分机|-)[ :]*[0-9]{1,6})?|(?<![0-9])[48]00[- ]?[0-9]{3}[- ]?[0-9]{4}(?![0-9])"
)
_POSTCODE = re.compile(r"(?:(邮政编码|邮编|编码)[:：\s]*)?(?<![0-9])([0-9]{6})\s*[）)]?\s*$")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){7,29}(?![0-9])")
_BANK_WORDS = re.compile(
    r"银行|信用社|信用联社|支行|分行|分理处|营业部|营业室|农商行|工行|建行|农行|中行"
)
_BANK_LABELS = re.compile(
    r"(?:开户银行|开户行|银行)(?:名称)?[:：]|(?:资金|银行|对公)?[账帐](?:户|号)[:：]?"
)
_WIDE = re.compile("[\u3000０-９－]")
_EMPTY_BRACKETS = re.compile(r"[（(][\s:：]*[)）]")
_HOLDER = re.compile(r"(?:户名|账户名称|开户名称|单位名称)[:：]\s*\S+")
_TWO_DIGITS = re.compile(r"'?([0-9]{2})[年./-]([0-9]{1,2})(?:[月./-](?:[0-9]{1,2}日?)?)?")
_MONTH = re.compile(r"[0-9]{4}[年./-]?[0-9]{1,2}(?:[月./-](?:[0-9]{1,2}日?)?)?份?")
_NUMERALS = re.compile("(?<![{0}])[{0}]+(?=年|月|日|$)".format("〇零○Ｏ一二三四五六七八九十"))
_BORN = re.compile("(?:出生|生|参加工作|入职|起)$")
_SQUARE_METRES = re.compile(r"㎡|[mMｍＭ](?:²|\^?[2２])|平方公尺|平米")
_AREA = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)(?![0-9.]|\s*[百千万])\s*(平方米|平方|平|亩)?")
# 一百五十, 三百, 一百零五; not 一百五, which is 150 in speech.
_SPELT_AREA = re.compile(
    "(?<![0-9{0}零百千万两])(?:[{0}]百(?:零[{0}]|[{0}]?十[{0}]?)?|[{0}]?十[{0}]?)(?=平|亩|$)".format(
        "一二三四五六七八九"
    )
)
_THOUSANDS = re.compile("(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")
_ACRE = Decimal("666.67")  # square metres of 1 亩
# 钱进（总经理）, 凤霞 行政主管
_TITLED = re.compile(r"([\u3400-\u9fff·]{2,}?)\s*(?:[（(].+[）)]|\s[\u3400-\u9fff]{3,})")
# A word for nothing is shorter: normalizing takes the square of a row of combining marks.
LONGEST_NOTHING = 400
MOVED = "与其他内容写在同一格里，请核对。"


@cache
def _field(name):
    return draft_field(ITEM[name].model_field)


def is_long(name):
    """Whether a field takes text of several lines."""
    return isinstance(_field(name).widget, Textarea)


def tidy(name, text):
    """Return the text of a cell as one would type it: lines that only wrapped are joined."""
    text = UNPRINTABLE.sub("", text.replace("\x0b", "\n"))
    if is_long(name):
        lines = (line.replace("\t", " ").strip() for line in text.split("\n"))
        return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip()
    text = _lines(text)
    if name != "lead_position":
        text = _BROKEN_LINE.sub("", text)
    return re.sub(r"\s+", " ", text).strip()


def _lines(text):
    """Return a text without blanks around its lines, and without empty ones."""
    return "\n".join(filter(None, (re.sub(r"\s+", " ", line).strip() for line in text.split("\n"))))


def is_blank(text):
    """Whether a cell was left as it is printed."""
    return bool(_PROMPTS.fullmatch(text.strip()))


def says_nothing(text):
    """Whether a cell was filled in with a word for nothing."""
    if len(text) > LONGEST_NOTHING:
        return False
    return not is_blank(text) and not stated(text.strip())


def cell_of(name, said):
    """Return the `Cell` of one field that stands alone in a cell of Word; None if it is empty."""
    if is_blank(said) or says_nothing(said):
        return None
    text = tidy(name, said)
    if ITEM[name].model_field.choices:
        code, why = choice_of(name, text)
        return _cell(code, why, said) if code else None
    if name in MONTHS:
        return _month(text, said)
    if name == "studio_area":
        return _area(text, said)
    if name == "lead_id_number":
        text = re.sub(r"[^0-9Xx]", "", compact(text)) if len(compact(text)) > 18 else text
    return typed(name, text, said)


def typed(name, text, said):
    """Return the `Cell` of a text that the form's own field cleans."""
    try:
        value = _field(name).clean(text)
    except ValidationError as error:
        return _cell(text, "".join(error.messages), said)
    return _cell(str(value), "", said)


def _cell(text, why, said):
    return Cell(text, UNSURE if why else READ, why, said)


# --- Months and areas ----------------------------------------------------------------------------


def in_figures(text):
    """Return a date's text with its Chinese figures in Arabic ones: 一九八〇年五月 as 1980年5月."""
    return _NUMERALS.sub(lambda match: figure_of(match[0]), text)


def _month(text, said):
    plain_text = _BORN.sub("", in_figures(compact(text))).strip("(),.，。")
    if re.fullmatch("[0-9]{8}", plain_text):
        plain_text = f"{plain_text[:4]}-{plain_text[4:6]}-{plain_text[6:]}"
    cell = typed("lead_birth", plain_text, said)
    if month_of(cell.text) and _MONTH.fullmatch(plain_text):
        return cell
    if match := _TWO_DIGITS.fullmatch(plain_text):
        year, month = int(match[1]), int(match[2])
        year += 2000 if year <= timezone.localdate().year % 100 else 1900
        if 1 <= month <= 12:
            return _cell(f"{year}-{month:02d}", "年份只写了两位，请核对。", said)
    # 1980年5月（46岁）
    inside = re.match(r"[0-9]{4}(?:年|[./-])[0-9]{1,2}(?![0-9])", plain_text)
    if inside and month_of(typed("lead_birth", inside[0], said).text):
        return typed("lead_birth", inside[0], said).doubted(f"Word 中写的是“{text}”，请核对。")
    return _cell(text, "没有读出年和月，请按“年-月”填写，例如 1980-05。", said)


def _area(text, said):
    # The units first: of 一百五十㎡ nothing but their 2 would be a figure.
    as_written = text = _SQUARE_METRES.sub("平方米", text)
    text = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text))
    text = _SPELT_AREA.sub(lambda match: figure_of(match[0]), text)
    found = [(match[1], match[2] or "") for match in _AREA.finditer(text)]
    if len(found) > 1:
        # 实训室3间，共360㎡
        found = [each for each in found if each[1]]
    if len(found) != 1:
        why = "没有读出面积。" if not found else "写有多个数字，请填写合计的平方米数。"
        return _cell("", why, said)
    number, unit = found[0]
    try:
        area = Decimal(number.replace(",", ""))
        metres = (area * _ACRE).quantize(Decimal("0.1")) if unit == "亩" else area
    except InvalidOperation:
        return _cell("", "没有读出面积。", said)
    if unit == "亩":
        cell = typed("studio_area", str(metres), said)
        return cell.doubted(f"{number} 亩已折合为平方米，请核对。")
    cell = typed("studio_area", f"{area:f}", said)
    rest = re.sub(r"(?:总|建筑|使用|场地)?面积|[约共计为:：\s。]", "", _AREA.sub("", text))
    is_spelt = bool(_SPELT_AREA.search(as_written))
    return cell.doubted("请核对面积。") if rest or is_spelt else cell


def settled_birth(cell, id_number):
    """Return the cell of a birth month, sure once the ID number says the same."""
    number = id_number.text if id_number and not id_number.is_unsure else ""
    if not is_id_number(number) or f"{number[6:10]}-{number[10:12]}" != cell.text:
        return cell
    return Cell(cell.text, READ, "", cell.said)


# --- Telephones, and who stands beside them ------------------------------------------------------


def numbers_in(text):
    """Return (landlines, mobiles, rest) of a text: numbers as they are kept, and what is left."""
    text = plain(text)
    mobiles = [mobile(match[0]) for match in _MOBILE.finditer(text)]
    rest = _MOBILE.sub(" ", text)
    landlines = [telephones(match[0]) for match in _LANDLINE.finditer(rest)]
    rest = _LANDLINE.sub(" ", rest)
    rest = re.sub(r"(?:办公|座机|手机|电话|联系电话|办)[:：]?|[()\[\],;、/:：\s]", "", rest)
    return [each for each in landlines if each], [each for each in mobiles if each], rest


def phone_cells(name, said, mobile_name=None):
    """Return the cells of a telephone cell: {`name`: ..., `mobile_name`: a mobile found in it}."""
    if is_blank(said) or says_nothing(said):
        return {}
    landlines, mobiles, rest = numbers_in(said)
    kept = telephones(said)
    if kept is None and not (landlines or mobiles):
        return {name: typed(name, tidy(name, said), said).doubted("没有读出电话号码。")}
    cells = {}
    if mobile_name and mobiles:
        cells[mobile_name] = Cell(mobiles[0], UNSURE, f"取自{ITEM[name].full_label}一格。", said)
    numbers = landlines if landlines and mobile_name else [*landlines, *mobiles]
    text = kept if kept and not (landlines and mobiles and mobile_name) else "、".join(numbers)
    cells[name] = _cell(text, MOVED if rest and not kept else "", said)
    return cells


def mobile_cells(name, said, phone_name):
    """Return the cells of a mobile's cell: {`name`: ..., `phone_name`: a landline found in it}."""
    if is_blank(said) or says_nothing(said):
        return {}
    if number := mobile(said):
        return {name: Cell(number, READ, "", said)}
    landlines, mobiles, rest = numbers_in(said)
    cells = {}
    if landlines:
        why = f"取自{ITEM[name].label}一格。"
        cells[phone_name] = Cell("、".join(landlines), UNSURE, why, said)
    if mobiles:
        why = "写有多个手机号码，取第一个。" if len(mobiles) > 1 else MOVED if rest else ""
        cells[name] = _cell(mobiles[0], why, said)
    elif not landlines:
        cells[name] = typed(name, tidy(name, said), said).doubted("没有读出手机号码。")
    return cells


def person_cells(name, said, phone_name, mobile_name=None):
    """Return the cells of a person's cell, which may hold telephones too."""
    landlines, mobiles, rest = numbers_in(said)
    if not (landlines or mobiles):
        cell = cell_of(name, said)
        if cell and (match := _TITLED.fullmatch(said.strip())):
            cell = typed(name, match[1], said).doubted(f"Word 中写的是“{said.strip()}”，请核对。")
        return {name: cell} if cell else {}
    cells = {name: typed(name, rest, said).doubted(MOVED)} if rest else {}
    where = f"取自{ITEM[name].label}一格。"
    if mobile_name and mobiles:
        cells[mobile_name] = Cell(mobiles[0], UNSURE, where, said)
        mobiles = mobiles[1:]
    if numbers := [*landlines, *mobiles]:
        cells[phone_name] = Cell("、".join(numbers), UNSURE, where, said)
    return cells


# --- Addresses and banks -------------------------------------------------------------------------


def address_cells(said):
    """Return the cells of an address, and of the postcode behind it."""
    cell = cell_of("address", said)
    if cell is None:
        return {}
    match = _POSTCODE.search(cell.text)
    if not match or not cell.text[: match.start()].strip():
        return {"address": cell}
    address = typed("address", cell.text[: match.start()].rstrip("，,;；:： （("), said)
    state, why = (READ, "") if match[1] else (UNSURE, "取自通信地址一格。")
    return {"address": address, "postcode": Cell(match[2], state, why, said)}


def bank_cells(said):
    """Return the cells of 开户银行及资金账号, in either order, with labels or without."""
    if is_blank(said) or says_nothing(said):
        return {}
    # The brackets of a bank's name stay as they are written.
    text = _WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), said)
    text = _lines(text)
    text = re.sub(r"([账帐开户行名号称])\s+(?=[号户行名称银]\s*\S{0,2}\s*[:：])", r"\1", text)
    holder = _HOLDER.search(text)
    text = _HOLDER.sub("", text)
    numbers = [match[0] for match in _ACCOUNT.finditer(text)]
    name = _ACCOUNT.sub("\n", text)
    name = _BANK_LABELS.sub("", re.sub(r"\s*\n\s*", " ", name).strip())
    name = _EMPTY_BRACKETS.sub("", re.sub(r"\s+", " ", _BANK_LABELS.sub("", name)))
    name = name.strip(" ,，;；:：、/")
    if len(re.findall("[（(]", name)) != len(re.findall("[)）]", name)):
        name = name.strip("()（） ")
    cells = {}
    is_bank = bool(_BANK_WORDS.search(name))
    doubt = "" if is_bank and len(numbers) == 1 and not holder else "请核对开户银行和账号。"
    if name:
        cells["bank_name"] = typed("bank_name", name, said)
        if doubt:
            cells["bank_name"] = cells["bank_name"].doubted(doubt)
    if numbers:
        cells["bank_account"] = typed("bank_account", re.sub("[ -]", "", numbers[0]), said)
        if doubt or len(re.sub("[ -]", "", numbers[0])) < 12:
            cells["bank_account"] = cells["bank_account"].doubted(doubt or "账号较短，请核对。")
    return cells
