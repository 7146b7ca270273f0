"""What a paper says of itself, without a claim to look for: its labelled names, numbers, dates.

It tells another name, number or level that stands where the claimed one should.
"""

import re

from stdnum.cn import uscc

from applications.form.completeness import is_id_number
from applications.national_codes import SkillLevel
from applications.recognition.names import CHINESE, names_in
from applications.recognition.text_match import (
    Match,
    compared,
    figure_of,
    index_of,
    normal,
    part_of,
    written_out,
)

_AFTER_LABEL = "[:：]?\n?"
# The long labels first, of the whole page: 职业 alone stands in many words.
_OCCUPATION_LABELS = (
    r"(?:职业名称|职业工种|职业\(工种\)(?:及等级)?(?:名称)?|工种名称|职业及工种)",
    r"(?:工种|职业(?!\n?(?:资格|技能|技术|道德|院校|教育|学院|学校|标准|能力|培训|鉴定|健康|生涯|素养"
    "|大典)))",
)
_LABELLED_OCCUPATION = tuple(
    re.compile(rf"{label}{_AFTER_LABEL}([{CHINESE}]{{2,12}})") for label in _OCCUPATION_LABELS
)
# The next label of an empty or a broken table.
_NO_OCCUPATION = re.compile("等级|级别|姓名|性别|名称|证书|编号|评定|理论|成绩|发证|身份")
_LABELLED_UNIT = re.compile(
    rf"^(?:企业|单位|机构)?(?:名称){_AFTER_LABEL}([{CHINESE}a-z0-9()·]{{4,50}})$", re.MULTILINE
)
_SCHOOL = "(?!学院|学校|培训)"  # 高级技师学院 bears a level, too


def _of_workers(level):
    """Return the pattern of 高级工 and the like; old certificates say 等级：高级 of it."""
    return rf"{level}工(?!程)|{level}技工{_SCHOOL}|等级{level}(?!技|工程)|^{level}$"


_LEVELS = {
    SkillLevel.CHIEF_TECHNICIAN: rf"首席技师{_SCHOOL}",
    SkillLevel.SPECIAL_TECHNICIAN: rf"特级技师{_SCHOOL}",
    SkillLevel.SENIOR_TECHNICIAN: (
        rf"高级技师{_SCHOOL}|(?:一|壹|1|[^i]i)级(?!建造|注册|企业|标准化)|^i级"
    ),
    SkillLevel.TECHNICIAN: (
        rf"(?<!高级)(?<!特级)(?<!首席)技师{_SCHOOL}|(?:二|贰|2|[^i]ii)级(?!建造|注册|企业|标准化)|^ii级"
    ),
    SkillLevel.SENIOR: rf"{_of_workers('高级')}|(?:三|叁|3|[^i]iii)级|^iii级",
    SkillLevel.MIDDLE: rf"{_of_workers('中级')}|(?:四|肆|4)级",
    SkillLevel.JUNIOR: rf"{_of_workers('初级')}|(?:五|伍|5)级",
}
_LEVELS = {level: re.compile(words) for level, words in _LEVELS.items()}
_ID_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9x](?![0-9])")
_CREDIT_CODE = re.compile(r"(?<![0-9a-z])[0-9][0-9a-z]{17}(?![0-9a-z])")
# 武人社发〔2017〕68号: whose, of which year, which.
DOCUMENT_NUMBER = re.compile(
    rf"([{CHINESE}]{{1,12}})[〔\[【(（{{]?((?:19|20)[0-9]{{2}})[〕\]】)）}}]?第?([0-9]{{1,5}})号"
)
DATE = re.compile(
    r"((?:19|20)[0-9]{2})年([0-9]{1,2})月(?:([0-9]{1,2})日)?"
    r"|((?:19|20)[0-9]{2})[.\-/]([0-9]{1,2})(?:[.\-/]([0-9]{1,2}))?(?![0-9])"
)
_DIGIT_RUN = re.compile("[〇零○0-9一二三四五六七八九十]{1,4}(?=[年月日])")
_GRADE = re.compile("[特一二三]等奖")
# What those won whom the lead taught is no grade of the lead's own award.
_OF_OTHERS = re.compile("(?:学生|选手(?!姓名|[:：])|徒弟|学员|弟子)[^。；;]{0,30}$")


def names_on(page):
    """Return the names of persons that a page labels as such, as (name, `Match`) in order.

    张三 of “姓名：张三”, of “授予张三同志” and of “张三（某某公司）”; other names are not told from
    words.
    """
    text, places = written_out(page)
    found = {}
    for name, span in names_in(text):
        if name not in found and (match := part_of(page, places[slice(*span)])):
            found[name] = match
    return list(found.items())


def occupations_on(page):
    """Return what a certificate labels as its occupation, the likeliest first."""
    return [
        found
        for pattern in _LABELLED_OCCUPATION
        for found in _captured(pattern, page)
        if not _NO_OCCUPATION.match(found[0])
    ]


def units_on(page):
    """Return what a licence labels as the unit's name, as (text, `Match`) in order."""
    return list(_captured(_LABELLED_UNIT, page))


def _captured(pattern, page):
    """Yield (text, `Match`) of the first group of a pattern in the lines of a page."""
    text, places = written_out(page)
    for found in pattern.finditer(text):
        if match := part_of(page, places[slice(*found.span(1))]):
            yield found[1], match


def levels_on(page):
    """Return the skill levels that a page names, each with its `Match`, as {level: match}."""
    found: dict[str, Match] = {}
    for number, line in enumerate(index_of(page).lines):
        for level, words in _LEVELS.items():
            if level not in found and (word := words.search(line.text)):
                match = part_of(page, index_of(page).lines[number].places[slice(*word.span())])
                if match:
                    found[str(level)] = match
    return found


def grades_on(page):
    """Return the grades of prizes that a page names (一等奖), as {grade: `Match`}.

    Without those that pupils are said to have won.
    """
    found = index_of(page).found
    if "grades" not in found:
        found["grades"] = dict(reversed(list(_grades(page))))
    return found["grades"]


def _grades(page):
    text, places = written_out(page)
    for grade in _GRADE.finditer(text):
        if not _OF_OTHERS.search(text[: grade.start()]) and (
            match := part_of(page, places[slice(*grade.span())])
        ):
            yield grade[0], match


def id_numbers_on(page):
    """Return the ID numbers on a page, as (number, whether its check digit is right, `Match`)."""
    return [(number, is_id_number(number), match) for number, match in _numbers(_ID_NUMBER, page)]


def credit_codes_on(page):
    """Return the 统一社会信用代码 on a page, as (code, whether its check digit is right, match)."""
    return [(code, uscc.is_valid(code), match) for code, match in _numbers(_CREDIT_CODE, page)]


def _numbers(pattern, page):
    for line in index_of(page).lines:
        text = line.text.replace("o", "0").replace("l", "1").replace("i", "1")
        for found in pattern.finditer(text):
            if match := part_of(page, line.places[slice(*found.span())]):
                yield found[0].upper(), match


def document_numbers_on(page):
    """Return the numbers of official papers on a page, as ((whose, year, number), `Match`)."""
    found = []
    for number, line in enumerate(page.lines):
        text, places = _with_places(number, line.text)
        found += [
            ((each[1], int(each[2]), int(each[3])), part_of(page, places[slice(*each.span())]))
            for each in DOCUMENT_NUMBER.finditer(text)
        ]
    return found


def document_number(text):
    """Return the (whose, year, number) of an official paper that a text names, or None."""
    found = DOCUMENT_NUMBER.search(normal(text))
    return (found[1], int(found[2]), int(found[3])) if found else None


def dates_on(page):
    """Return the dates on a page in order, as ((year, month, day or 0), `Match`)."""
    found = []
    for number, line in enumerate(page.lines):
        text, places = _with_places(number, line.text)
        found += [
            (date, match)
            for date, span in dates_in(text)
            if (match := part_of(page, places[slice(*span)]))
        ]
    return found


def dates_in(text):
    """Yield the dates in a text, as ((year, month, day or 0), (start, end))."""
    for found in DATE.finditer(_DIGIT_RUN.sub(lambda run: figure_of(run[0]), text)):
        year, month, day = found.groups()[:3] if found[1] else found.groups()[3:]
        if 1 <= int(month) <= 12 and int(day or 0) <= 31:
            yield (int(year), int(month), int(day or 0)), found.span()


def _with_places(number, text):
    """Return the normal text of a line and the place of each of its characters."""
    pairs = [
        (each, (number, at)) for at, character in enumerate(text) for each in normal(character)
    ]
    return "".join(each for each, _ in pairs), [place for _, place in pairs]


def is_same_name(one, other):
    """Whether two names are the same as they are compared."""
    return compared(one) == compared(other)
