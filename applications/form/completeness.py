"""What a submission still needs: strict checks, each with the field that it is about.

Drafts are never checked by these rules; they are shown as a list of what is missing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from stdnum.cn import ric
from stdnum.exceptions import ValidationError as StdnumValidationError

from accounts.fields import EMAIL_SENTENCE, validate_address
from accounts.models import HostKind, validate_mobile, validate_postcode
from accounts.telephones import validate_phone
from applications.form.cells import date_doubt
from applications.form.definition import (
    AWARD_FIELDS,
    DATELESS,
    ITEM,
    MONTHS,
    SECTION_OF,
    SECTIONS,
    month_of,
)
from applications.models import Award
from applications.national_codes import LEAD_SKILL_LEVELS, Sex
from applications.rounds import EvidenceCategory
from applications.versions.comparison import form_changes
from applications.versions.snapshot import as_submitted, content_of, fingerprint

WORKING_AGE = 16
OLDEST = 100  # years: an older lead, or a longer working life, is a slip of the keyboard
FUND_SHARE = 50  # per cent
STAMP_ANCHOR = f"category-{EvidenceCategory.STAMPED}"


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where (`section`, `anchor` on its page) and what.

    `sentence` may be a function that words it: a page that only counts asks for no words.
    `is_missing` tells what was never filled in from what was filled in wrongly. Of a row of a
    table, `table` is the title and `row` the number from 1.
    """

    section: str
    anchor: str
    sentence: str | Callable[[], str]
    is_missing: bool = False
    table: str = ""
    row: int = 0

    @property
    def message(self):
        """What to mend, as a sentence for the user."""
        sentence = self.sentence if isinstance(self.sentence, str) else self.sentence()
        return f"{self.table}第 {self.row} 行：{sentence}" if self.row else sentence

    def url(self, application):
        """The address of the very field, on a page that also shows what is missing."""
        page = reverse("applications:section", args=[application.pk, self.section])
        return f"{page}?check=1#{self.anchor}"


def grouped(all_problems, application):
    """Return (sentence, address) of problems; one of many rows of a table is told once.

    The address is that of the first row.
    """
    groups = {}
    for problem in all_problems:
        key = (problem.table, problem.sentence) if problem.row else problem
        groups.setdefault(key, []).append(problem)
    return [(_told(group), group[0].url(application)) for group in groups.values()]


def _told(group):
    first, *others = group
    if not others:
        return first.message
    rows = "、".join(_spans([problem.row for problem in group]))
    return f"{first.table}第 {rows} 行：{first.sentence}"


def _spans(numbers):
    """Yield ascending numbers in words, three and more that follow each other as 1—24."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        span = [number for _, number in run]
        yield from [f"{span[0]}—{span[-1]}"] if len(span) > 2 else map(str, span)


def problems(application):
    """Return every `Problem` of the application, in form order; empty when it is complete."""
    problem = stamp_problem(application)  # its section is the last one
    return [*content_problems(application), *([problem] if problem else [])]


def content_problems(application):
    """Return the `problems` of what is typed and uploaded, without those of the stamped form."""
    all_problems = [*_missing(application), *value_problems(application)]
    for check in (_studio, _funds, _awards, _evidence):
        all_problems += check(application)
    sections = [section.key for section in SECTIONS]
    fields = {f"id_{name}": index for index, name in enumerate(ITEM)}
    # Rows and files stand below the fields of their page.
    return sorted(
        all_problems,
        key=lambda problem: (
            sections.index(problem.section),
            fields.get(problem.anchor, len(fields)),
        ),
    )


def value_problems(application):
    """Return the `Problem`s of what was typed about the unit and the lead, also before it is kept.

    It reads no rows: the application may be one that was never saved.
    """
    checks = (_phones, _months, _identity, _level)
    return [problem for check in checks for problem in check(application)]


def _at(name, message, is_missing=False):
    return Problem(SECTION_OF[name], f"id_{name}", message, is_missing)


def is_filled(application, name):
    """Whether anything stands in a field; the number 0 does, an empty box does not."""
    value = getattr(application, name)
    return value is not None and value is not False and value != ""


def _missing(application):
    problems = []
    for section in SECTIONS:
        for item in section.items:
            if not item.required or not item.is_asked_of(application.host_kind):
                continue
            if not is_filled(application, item.name):
                verb = "请选择" if item.model_field.choices else "请填写"
                if item.name == "lead_is_fit":
                    verb = "请确认"
                problems.append(_at(item.name, f"{verb}{item.full_label}。", is_missing=True))
    return problems


def _phones(application):
    checks: dict[str, Callable[[str], object]] = {
        "principal_phone": validate_phone,
        "contact_phone": validate_phone,
        "fax": validate_phone,
        "contact_mobile": validate_mobile,
        "postcode": validate_postcode,
        "email": validate_address,
    }
    problems = []
    for name, validate in checks.items():
        value = getattr(application, name)
        if value:
            try:
                validate(value)
            except ValidationError as error:
                message = error.messages[0]
                if message == EMAIL_SENTENCE:
                    message = "请填写有效的 E-mail 地址。"
                problems.append(_at(name, message))
    if application.bank_account and not re.fullmatch(
        r"[0-9]{8,30}", re.sub(r"[\s-]", "", application.bank_account)
    ):
        problems.append(_at("bank_account", "资金账号应为 8 至 30 位数字。"))
    return problems


def _months(application):
    problems = []
    today = timezone.localdate()
    for name in MONTHS:
        text = getattr(application, name)
        if not text:
            continue
        month = month_of(text)
        label = "出生年月" if name == "lead_birth" else "参加工作时间"
        if month is None:
            problems.append(_at(name, f"{label}请按“年-月”填写，例如 1980-05。"))
        elif month > (today.year, today.month):
            problems.append(_at(name, f"{label}不能晚于今天。"))
        elif month < (today.year - OLDEST, today.month):
            problems.append(_at(name, f"{label}早于 {today.year - OLDEST} 年，请核对。"))
        elif name == "lead_birth" and month > (today.year - WORKING_AGE, today.month):
            problems.append(_at(name, f"领办人不满 {WORKING_AGE} 周岁，请核对出生年月。"))
    birth, start = month_of(application.lead_birth), month_of(application.lead_work_start)
    if birth and start and start < (birth[0] + WORKING_AGE, birth[1]):
        problems.append(
            _at(
                "lead_work_start",
                f"参加工作时领办人不满 {WORKING_AGE} 周岁，请核对出生年月和参加工作时间。",
            )
        )
    return problems


def is_id_number(number):
    """Whether a text is an 18-digit ID number with a real birth date and the right check digit.

    `ric.is_valid` is stricter and wrong here: it wants the district to have existed in the year
    of birth, but numbers have been given out since 1984, with the districts of that time.
    """
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        return False
    try:
        ric.get_birth_date(number)
    except StdnumValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1]


def _identity(application):
    number = (application.lead_id_number or "").strip().upper()
    if not number:
        return []
    if not is_id_number(number):
        return [_at("lead_id_number", "身份证号不正确：应为 18 位，且校验码须正确。")]
    problems = []
    born = ric.get_birth_date(number)
    birth = month_of(application.lead_birth)
    if birth and birth != (born.year, born.month):
        problems.append(
            _at(
                "lead_birth",
                f"出生年月与身份证号不一致（身份证号为 {born.year} 年 {born.month} 月）。",
            )
        )
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    if application.lead_sex and application.lead_sex != sex:
        problems.append(_at("lead_sex", f"性别与身份证号不一致（身份证号为{sex.label}）。"))
    return problems


def _level(application):
    level = application.lead_skill_level
    if level and level not in LEAD_SKILL_LEVELS:
        return [_at("lead_skill_level", "领办人应具有技师或以上职业技能等级。")]
    return []


def _studio(application):
    problems = []
    if application.studio_area is not None and application.studio_area <= 0:
        problems.append(_at("studio_area", "工作室面积应大于 0。"))
    members = application.members_in_order()
    if not members:
        problems.append(Problem("studio", "members", "请至少填写一名工作室成员。", is_missing=True))
    for number, member in enumerate(members, start=1):
        if not member.name:
            problems.append(
                Problem(
                    "studio", f"member-{member.pk}", "请填写姓名。", table="工作室成员", row=number
                )
            )
    return problems


def _funds(application):
    total, part = application.training_fund, application.training_fund_skilled
    if application.host_kind != HostKind.ENTERPRISE:
        return []
    problems = []
    if total is not None and total <= 0:
        problems.append(_at("training_fund", "职工教育经费应大于 0。"))
    if part is not None and part < 0:
        problems.append(_at("training_fund_skilled", "费用不能为负数。"))
    if total is not None and part is not None and part > total > 0:
        problems.append(
            _at("training_fund_skilled", "用于高技能人才的费用不能超过职工教育经费总额。")
        )
    return problems


def _awards(application):
    problems = []
    this_year = timezone.localdate().year
    needed = ("project", "name", "authority", "year")
    for level in Award.Level:
        for number, award in enumerate(application.awards_of(level), start=1):
            told = partial(Problem, "awards", f"award-{award.pk}", table=level.label, row=number)
            missing = [
                str(Award._meta.get_field(name).verbose_name)
                for name in AWARD_FIELDS
                if name in needed and not getattr(award, name)
            ]
            if missing:
                problems.append(told(f"请填写{'、'.join(missing)}。"))
            if award.year and not 1949 <= award.year <= this_year:
                problems.append(told(f"年度应在 1949 至 {this_year} 之间。"))
            for name in DATELESS:
                if doubt := date_doubt(getattr(award, name)):
                    label = Award._meta.get_field(name).verbose_name
                    problems.append(told(f"{label}{doubt}"))
            if not award.is_proven:
                problems.append(told("请指明佐证材料。"))
            elif problem := page_problem(award.evidence_page, award.evidence):
                problems.append(told(problem))
    return problems


def page_problem(page, evidence):
    """Return what is wrong with the page at which an award is to be found in a file, or None.

    How many pages a file has that is not shown (yet), nobody knows.
    """
    if page and evidence.is_shown and page > evidence.pages:
        return f"佐证材料“{evidence}”只有 {evidence.pages} 页，请核对页码。"
    return None


def _evidence(application):
    present = {row.category for row in application.current_evidence()}
    return [
        Problem(
            "evidence",
            f"category-{category}",
            f"请上传{EvidenceCategory(category).label}。",
            is_missing=True,
        )
        for category in application.round.required_categories(application.host_kind)
        if category not in present
    ]


def spends_enough(application):
    """Whether an enterprise spends enough of its training fund on highly skilled workers.

    At least half (notice, section 一 (二) 3). True while a figure is missing, and for schools.
    """
    total, part = application.training_fund, application.training_fund_skilled
    if application.host_kind != HostKind.ENTERPRISE or None in (total, part):
        return True
    return part * 100 >= total * FUND_SHARE


def warnings(application):
    """Return what may well fail later, but is the reviewers' to judge, as a list of `Problem`."""
    problems = []
    if not spends_enough(application):
        problems.append(
            _at(
                "training_fund_skilled",
                f"低于职工教育经费的 {FUND_SHARE}%，不符合通知第一条（二）3 的规定，"
                "资格审查可能不通过，请核对。",
            )
        )
    if sentence := scan_warning(application.current_evidence()):
        problems.append(Problem("stamp", STAMP_ANCHOR, sentence))
    return problems


def scan_warning(files):
    """Return why the scan among these files may not be of the print, or None.

    Nobody has read it; but a scan of the whole print has as many pages.
    """
    scans = [row for row in files if row.category == EvidenceCategory.STAMPED]
    printed = scans[-1].print if scans else None
    pages = sum(row.pages for row in scans)
    if printed is None or printed.pages in (None, pages):
        return None
    return (
        f"盖章申报表扫描件共 {pages} 页，打印稿为 {printed.pages} 页，"
        "请核对是否为本申报表、是否缺页。"
    )


def stamp_problem(application):
    """Return what is wrong with the scan of the stamped form, or None.

    A scan counts while the form says what it said when it was printed; otherwise the sentence
    names what has changed since.
    """
    scans = [
        row for row in application.current_evidence() if row.category == EvidenceCategory.STAMPED
    ]
    if not scans:
        message = "请打印申报表，签字盖章后扫描上传。"
        return Problem("stamp", STAMP_ANCHOR, message, is_missing=True)
    printed = scans[-1].print
    if printed.fingerprint == fingerprint(content_of(application)):
        return None
    return Problem("stamp", STAMP_ANCHOR, partial(_changed_since, printed, application))


def _changed_since(printed, application):
    changed = form_changes(as_submitted(application, printed), application)
    labels = "、".join(dict.fromkeys(change.label for change in changed))
    return (
        f"盖章的申报表打印后，以下内容有改动：{labels}。"
        "请重新打印、盖章、扫描上传，或者改回原内容。"
    )
