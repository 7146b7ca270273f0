"""Claims beside their proof: what the form says, and whether it is read on the papers behind it.

Of each award one finding, of each claim about the lead, the unit and the studio one. What is not
on a paper that was read is told; what could not be read is told as that, never as missing. Nothing
is said of a paper that is still being read. Finding something proves nothing: people look.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from applications.form.cells import stated
from applications.form.definition import display, mask
from applications.models import Award
from applications.recognition import documents
from applications.recognition.findings import Agreement, Finding, Place
from applications.recognition.page import PageState
from applications.recognition.text_match import (
    Kind,
    find,
    find_year,
    index_of,
    is_legible,
    is_unreadable,
    likeness,
    years_of,
)
from applications.rounds import HIDDEN_FROM_EXPERTS, EvidenceCategory

WORST_FIRST = tuple(Agreement)
ASK = "请人工核对。"
# How much it says for a page to be an award's proof that a part of the award is read there.
WEIGHTS = {
    "project": 3.0,
    "name": 3.0,
    "authority": 1.0,
    "year": 1.5,
    "lead": 2.0,
    "unit": 1.0,
    "grade": 0.5,
}
PARTS = {
    "project": "获奖项目名称",
    "name": "奖励名称",
    "authority": "授予单位",
    "year": "年度",
    "lead": "领办人姓名",
    "unit": "申报单位名称",
    "grade": "等级",
}
# A page that bears another year is hardly its proof.
OTHER_YEAR = 2.0
# From here on a page is proposed; below it something is read that is on many pages.
ENOUGH = 3.5
# A title of which so many pairs of characters are on the page is not called missing.
LIKE = 0.7
# A photograph of a room shows a board of rules at most.
WRITTEN = 250
# The papers that others give: who gives them, and what they say.
POLICE_ISSUERS = re.compile("公安(?:局|分局|部门|机关)|派出所")
CLEAN_RECORD = re.compile(
    "(?:无|未|没有|不存在|未见|未发现)[^，。；]{0,16}(?:违法|犯罪|前科|处罚|不良|案件|劣迹|异常)"
    "|无异议|同意推荐|同意申报"
)
# What an office says of what the applicant has declared, where it is the office that says it.
CONFIRMED = re.compile("(?<!不)(?:属实|同意)")
VETO_SUBJECT = re.compile("一票否决|党风廉政|廉洁|廉政|违纪|违规")
# Behind the word that denies it the matters are often listed at length.
NO_VETO = re.compile(
    "(?:无|未|没有|不存在)(?:.{0,24}(?:问题|情形|情况)|.{0,48}(?:一票否决|违纪|违规|违法|处分|问责))"
)
_BRACKETS = re.compile("[（(].*?[）)]")


@dataclass(frozen=True)
class Candidate:
    """A page that may prove an award: which parts of it are read there ("name": `Place`s).

    `is_plain` tells that what the award is for stands there, and no other year; `is_whole` that its
    year does as well, so that a page may be that of several awards.
    """

    file: int
    page: int
    parts: dict = field(default_factory=dict)
    weight: float = 0.0
    is_plain: bool = False
    is_whole: bool = False

    @property
    def words(self):
        """What of the award is read on the page, in words."""
        return "、".join(PARTS[part] for part in PARTS if part in self.parts)

    @property
    def is_good(self):
        """Whether the page says what the award is and whose."""
        return ("project" in self.parts or "name" in self.parts) and (
            "lead" in self.parts or "unit" in self.parts
        )


def findings_of(application, pages):
    """Return the `Finding`s of an application, the worst agreement first, then as the form stands.

    `pages` are those read of its current evidence, by the file's key (`texts.pages_of`); files
    that are not among them are not spoken of. Prefetch `evidence`, `awards__evidence` and
    `applying_unit`.
    """
    papers = papers_of(application, pages)
    findings = [
        *_licence(application, papers[EvidenceCategory.LICENCE]),
        *_id_card(application, papers[EvidenceCategory.ID_CARD]),
        *_certificate(application, papers[EvidenceCategory.CERTIFICATE]),
        *_founding(application, papers[EvidenceCategory.FOUNDING]),
        *award_findings_of(application, pages),
        *_police(application, papers[EvidenceCategory.POLICE]),
        *_veto(application, papers[EvidenceCategory.VETO]),
        *_photos(papers[EvidenceCategory.PHOTOS]),
        *_empty(application, papers),
    ]
    return sorted(findings, key=lambda finding: WORST_FIRST.index(finding.agreement))


# --- The papers of one category ------------------------------------------------------------------


@dataclass(frozen=True)
class Papers:
    """The pages read of one category, as (file, `Page`) in order.

    `is_complete` tells that all of its files have been read to the end.
    """

    category: str
    pages: tuple = ()
    is_complete: bool = False

    @property
    def label(self):
        return EvidenceCategory(self.category).label

    @property
    def is_legible(self):
        """Whether each page could be read and has something on it."""
        return all(is_legible(page) for _, page in self.pages)

    def find(self, claim, kind=Kind.TEXT):
        """Return the best places of a claim, of all its pages."""
        matches = []
        for file, page in self.pages:
            if match := find(claim, page, kind=kind):
                matches.append((match.quality, file, page, match))
        matches.sort(key=lambda found: -found[0])
        return [place for _, file, page, match in matches for place in places(file, page, match)]

    def every(self, look):
        """Return what a function of a page returns of each, as (file, page, what it returned)."""
        return [(file, page, each) for file, page in self.pages for each in look(page)]

    def first(self, look):
        """Return the first (text, places) of what a function of a page returns, or None."""
        for file, page, (text, match) in self.every(look):
            return text, places(file, page, match)
        return None


def places(file, page, match):
    """Return the `Place`s of a match on a page of a file."""
    return tuple(
        Place(file.pk, page.number, box, match.text, round(match.score * match.quality, 3))
        for box in match.boxes
    )


def is_read(file, read):
    """Whether all pages of a file were read."""
    return bool(read) and len(read) >= file.pages


def papers_of(application, pages):
    """Return the `Papers` of each category of an application, as a dictionary with defaults."""
    files = defaultdict(list)
    for file in application.current_evidence():
        if file.pk in pages:
            files[file.category].append(file)
    papers = {
        category: Papers(
            category,
            tuple((file, page) for file in own for page in pages[file.pk]),
            all(is_read(file, pages[file.pk]) for file in own),
        )
        for category, own in files.items()
    }
    return {category: papers.get(category, Papers(category)) for category in EvidenceCategory}


def _judged(papers, name, label, claim, found, other=None, *, sentence="", basis="", about=""):
    """Return the finding of one claim, or None while it cannot be said.

    `found` are the places where it is read; `other` is (what is read in its stead, its places).
    """
    key, about = f"{papers.category}-{name}", about or name
    if found:
        return Finding(key, about, label, claim, Agreement.FOUND, "", tuple(found), basis)
    if not papers.pages or not papers.is_complete:
        return None
    where = f"“{papers.label}”"
    if other:
        text, at = other
        told = f"{where}上读到“{text}”，与填写的“{claim}”不同，请核对。"
        return Finding(
            key, about, label, claim, Agreement.DIFFERS, sentence or told, tuple(at), basis
        )
    if not papers.is_legible:
        told = f"{where}有页面未能识别，{ASK}"
        return Finding(key, about, label, claim, Agreement.NOT_LEGIBLE, told, (), basis)
    told = sentence or f"{where}上未读到“{claim}”，请核对。"
    return Finding(key, about, label, claim, Agreement.NOT_FOUND, told, (), basis)


def _kept(*findings):
    return [finding for finding in findings if finding]


# --- The unit, the lead, the studio --------------------------------------------------------------


def _licence(application, papers):
    findings = []
    if application.unit_name:
        found = papers.find(application.unit_name, Kind.UNIT)
        other = papers.first(documents.units_on)
        findings.append(
            _judged(papers, "unit_name", "执照上的名称", application.unit_name, found, other)
        )
    code = application.applying_unit.uscc
    found = papers.find(code, Kind.NUMBER)
    other, doubtful = _other_number(papers, documents.credit_codes_on)
    if doubtful and not found:
        findings.append(_unsure(papers, "uscc", "统一社会信用代码", code, doubtful))
    else:
        findings.append(_judged(papers, "uscc", "统一社会信用代码", code, found, other))
    return _kept(*findings)


def _id_card(application, papers):
    name, number = application.lead_name, (application.lead_id_number or "").strip().upper()
    findings = []
    if name:
        findings.append(_name(papers, "lead_name", "身份证上的姓名", name))
    if number:
        basis = application.lead_id_index
        label, shown = "身份证号", mask(number)
        found = [_masked(place, number) for place in papers.find(number, Kind.NUMBER)]
        other, doubtful = _other_number(papers, documents.id_numbers_on)
        if doubtful and not found:
            at = [_masked(place, doubtful[0]) for place in doubtful[1]]
            findings.append(
                _unsure(papers, "lead_id_number", label, shown, (mask(doubtful[0]), at), basis)
            )
        else:
            sentence = "“领办人身份证复印件”上未读到填写的身份证号，请核对。"
            if other:
                sentence = _difference(number, other[0])
                other = (mask(other[0]), [_masked(place, other[0]) for place in other[1]])
            findings.append(
                _judged(
                    papers,
                    "lead_id_number",
                    label,
                    shown,
                    found,
                    other,
                    sentence=sentence,
                    basis=basis,
                )
            )
    return _kept(*findings)


def _masked(place, number):
    """Return the place of a number, its text masked."""
    return Place(place.file, place.page, place.box, mask(number), place.score)


def _difference(number, other):
    """Return which places of two ID numbers differ, without their figures."""
    differing = [
        at
        for at, pair in enumerate(zip(number, other, strict=False), start=1)
        if pair[0] != pair[1]
    ]
    where = "、".join(map(str, differing))
    told = f"第 {where} 位不同" if len(differing) <= 6 else "多位不同"
    return f"身份证复印件上读到的号码与填写的不一致（{told}），请核对。"


def _other_number(papers, look):
    """Return the first right number on the papers, and the first whose check digit is wrong.

    Each as (number, places) or None: the second may well be a slip of the reader.
    """
    right = doubtful = None
    for file, page, (number, is_right, match) in papers.every(look):
        if is_right and right is None:
            right = (number, places(file, page, match))
        elif not is_right and doubtful is None:
            doubtful = (number, places(file, page, match))
    return right, None if right else doubtful


def _unsure(papers, name, label, claim, read, basis=""):
    """Return the finding of a number whose check digit says that it was not read rightly."""
    text, at = read
    if not papers.is_complete:
        return None
    told = f"“{papers.label}”上读到“{text}”，校验码不符，可能识别有误，{ASK}"
    key = f"{papers.category}-{name}"
    return Finding(key, name, label, claim, Agreement.NOT_LEGIBLE, told, tuple(at), basis)


def _certificate(application, papers):
    findings = []
    if application.lead_name:
        name = application.lead_name
        findings.append(_name(papers, "lead_name", "证书上的姓名", name))
    if occupation := _BRACKETS.sub("", application.lead_occupation).strip():
        found = papers.find(occupation)
        other = papers.first(documents.occupations_on)
        if not found and other and other[0] in occupation:
            found, other = other[1], None  # 焊工 on the certificate of an 电焊工
        label = "证书上的职业"
        findings.append(_judged(papers, "lead_occupation", label, occupation, found, other))
    if level := application.lead_skill_level:
        every = papers.every(lambda page: documents.levels_on(page).items())
        found = [
            p for file, page, (each, m) in every if each == level for p in places(file, page, m)
        ]
        others = [(match.text, places(file, page, match)) for file, page, (_, match) in every]
        shown = display(application, "lead_skill_level")
        other = others[0] if others else None
        findings.append(_judged(papers, "lead_skill_level", "证书上的等级", shown, found, other))
    return _kept(*findings)


def _name(papers, name, label, claim):
    """Return the finding of the lead's name on papers that label whose they are."""
    found = papers.find(claim, Kind.PERSON)
    return _judged(papers, name, label, claim, found, papers.first(documents.names_on))


def _founding(application, papers):
    text = application.studio_founding_document
    if not text:
        return []
    name, label = "studio_founding_document", "设立文件"
    number = documents.document_number(text)
    if number is None:
        title = documents.DATE.sub("", text).strip(" ，、。（）()《》")
        found = papers.find(title) or _alike(papers, title)
        return _kept(_judged(papers, name, f"{label}的名称", title, found))
    claim = "{}〔{}〕{}号".format(*number)
    every = papers.every(documents.document_numbers_on)
    found = [
        place
        for file, page, ((whose, *rest), match) in every
        if rest == list(number[1:]) and (whose.endswith(number[0]) or number[0].endswith(whose))
        for place in places(file, page, match)
    ] or papers.find(claim, Kind.NUMBER)
    other = next(
        (
            ("{}〔{}〕{}号".format(*read), places(file, page, match))
            for file, page, (read, match) in every
            if read[0].endswith(number[0])
        ),
        None,
    )
    findings = [_judged(papers, name, f"{label}的文号", claim, found, other)]
    return _kept(*findings, _founding_date(papers, text))


def _founding_date(papers, text):
    claimed = next((date for date, _ in documents.dates_in(text)), None)
    if claimed is None:
        return None
    every = papers.every(documents.dates_on)
    found = [
        place
        for file, page, (date, match) in every
        if _is_same_date(date, claimed)
        for place in places(file, page, match)
    ]
    other = None
    if every:
        file, page, (date, match) = every[-1]  # a paper is dated at its end
        other = (written(date), places(file, page, match))
    return _judged(
        papers,
        "date",
        "设立文件的日期",
        written(claimed),
        found,
        other,
        about="studio_founding_document",
    )


def _is_same_date(one, other):
    return all(a == b for a, b in zip(one, other, strict=True) if a and b)


def written(date):
    """Return a (year, month, day or 0) as people write it."""
    year, month, day = date
    return f"{year}年{month}月{day}日" if day else f"{year}年{month}月"


def _alike(papers, title):
    """Return the place of the page that has most of a title, as far as it has enough of it."""
    best = max(papers.pages, key=lambda pair: likeness(title, pair[1]), default=None)
    if best is None or likeness(title, best[1]) < LIKE:
        return []
    file, page = best
    return [_whole_page(file, page)]


def _whole_page(file, page):
    boxes = [line.box for line in page.lines]
    box = (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
    return Place(file.pk, page.number, box, page.lines[0].text, LIKE)


# --- Papers that others give ---------------------------------------------------------------------


def _police(application, papers):
    findings = []
    if application.lead_name:
        findings.append(_name(papers, "lead_name", "公安意见上的姓名", application.lead_name))
    findings += [
        _words(papers, "issuer", "公安部门名称", "公安部门的名称", POLICE_ISSUERS.search),
        _words(papers, "result", "公安意见的结论", "无违法犯罪等结论性意见", _police_result),
    ]
    return [_about_category(finding, papers) for finding in _kept(*findings)]


def _police_result(text):
    """Return the match of the office's conclusion in the text of a page, or None."""
    return CLEAN_RECORD.search(text) or (POLICE_ISSUERS.search(text) and CONFIRMED.search(text))


def _veto(application, papers):
    findings = []
    if application.lead_name:
        findings.append(_name(papers, "lead_name", "情况说明上的姓名", application.lead_name))
    findings += [
        _words(
            papers,
            "subject",
            "说明的事项",
            "党风廉政、“一票否决”等事项",
            VETO_SUBJECT.search,
        ),
        _words(papers, "result", "说明的结论", "不存在“一票否决”情形等结论", NO_VETO.search),
    ]
    return [_about_category(finding, papers) for finding in _kept(*findings)]


def _about_category(finding, papers):
    """Return a finding that is about the paper, not about the field that it is held against."""
    values = vars(finding)
    return Finding(**{**values, "about": str(papers.category)})


def _words(papers, name, label, claim, look):
    """Return the finding of words that a paper should have; nothing else is read in their stead.

    `look` returns the match of them in the text of a page, or None.
    """
    found = []
    for file, page in papers.pages:
        stream = index_of(page).streams[0]
        if word := look(stream.text):
            match = documents.part_of(page, stream.places[slice(*word.span())])
            found += places(file, page, match) if match else [_whole_page(file, page)]
    sentence = f"“{papers.label}”上未读到{claim}，请核对。"
    about = str(papers.category)
    return _judged(papers, name, label, claim, found, sentence=sentence, about=about)


# --- What should be a photograph, what should be written ------------------------------------------


def _photos(papers):
    """Return the findings of photographs that are full of text, one a file."""
    written_pages = defaultdict(list)
    for file, page in papers.pages:
        if is_legible(page) and (page.is_layer or index_of(page).size > WRITTEN):
            written_pages[file].append(page)
    return [
        Finding(
            f"{papers.category}-{file.pk}",
            str(papers.category),
            "现场照片",
            file.original_name,
            Agreement.DIFFERS,
            f"“{file.original_name}”第 {_numbers(pages)} 页多为文字，似乎不是照片，请核对。",
            tuple(_whole_page(file, page) for page in pages),
        )
        for file, pages in written_pages.items()
    ]


def _empty(application, papers):
    """Return the findings of papers on which nothing is written, or nothing could be read.

    Papers that something is claimed of have findings of that.
    """
    findings = []
    of_awards = {award.evidence_id for award in application.awards.all()}
    for category in (EvidenceCategory.ACHIEVEMENT, EvidenceCategory.HONOUR, EvidenceCategory.OTHER):
        by_file = defaultdict(list)
        for file, page in papers[category].pages:
            if file.pk not in of_awards:
                by_file[file].append(page)
        for file, pages in by_file.items():
            if not is_read(file, pages) or any(page.state == PageState.READ for page in pages):
                continue
            findings.append(
                Finding(
                    f"{category}-{file.pk}-text",
                    str(category),
                    "文字",
                    file.original_name,
                    Agreement.NOT_LEGIBLE,
                    f"“{file.original_name}”上没有识别出文字，请核对是否清晰、是否传错。",
                )
            )
    return findings


def _numbers(pages):
    return "、".join(str(page.number) for page in pages)


# --- Awards --------------------------------------------------------------------------------------


def parts_on(award, application, file, page):
    """Return the parts of an award that are read on a page, as {part: best `Place`s}, its weight.

    It asks the database for nothing. A 无 that was typed for nothing is looked for nowhere.
    """
    parts, weight = {}, 0.0
    for part, claim, kind in (
        ("project", stated(award.project), Kind.TEXT),
        ("name", stated(award.name), Kind.TEXT),
        ("authority", stated(award.authority), Kind.ISSUER),
        ("lead", application.lead_name, Kind.PERSON),
        ("unit", application.unit_name, Kind.UNIT),
    ):
        if claim and (match := find(claim, page, kind=kind)):
            parts[part] = places(file, page, match)
            weight += WEIGHTS[part] * match.quality
    if award.year and (match := find_year(award.year, page)):
        parts["year"] = places(file, page, match)
        weight += WEIGHTS["year"]
    if award.grade in (grades := documents.grades_on(page)):
        parts["grade"] = places(file, page, grades[award.grade])
        weight += WEIGHTS["grade"]
    return parts, weight


def candidates_of(award, application, pages):
    """Return the pages that may prove an award, best first, as `Candidate`s.

    Personal papers, which experts do not see, prove none. Of each file the best page is there, and
    every other that is as good a proof.
    """
    order, found = {}, []
    for place, file in enumerate(application.current_evidence()):
        if file.category in HIDDEN_FROM_EXPERTS:
            continue
        order[file.pk] = (file.category != EvidenceCategory.HONOUR, place)
        for page in pages.get(file.pk, ()):
            if not is_legible(page):
                continue
            parts, weight = parts_on(award, application, file, page)
            says_what = "project" in parts or "name" in parts
            says_all_else = {"authority", "year"} <= parts.keys() and (
                "lead" in parts or "unit" in parts
            )
            is_other_year = bool(award.year) and "year" not in parts and bool(_dated(page))
            weight -= OTHER_YEAR if is_other_year else 0
            if (says_what and weight >= ENOUGH) or says_all_else:
                says_which = "project" in parts or (says_what and not award.project)
                has_year = "year" in parts or not award.year
                found.append(
                    Candidate(
                        file.pk,
                        page.number,
                        parts,
                        round(weight, 3),
                        is_plain=not is_other_year
                        and (says_which or ("name" in parts and "year" in parts)),
                        is_whole=says_which and has_year,
                    )
                )
    found.sort(key=lambda each: (-each.weight, order[each.file], each.page))
    return found


def where_of(award, number):
    """Return how a row of the form is called."""
    return f"{award.get_level_display()}第 {number} 行"


def award_findings_of(application, pages):
    """Return the `Finding`s of awards, one of each row whose proof was read, in their order."""
    files = {file.pk: file for file in application.current_evidence()}
    findings = []
    for level in Award.Level:
        for number, award in enumerate(application.awards_of(level), start=1):
            file = files.get(award.evidence_id)
            if file is not None and is_read(file, pages.get(file.pk, ())):
                findings.append(
                    _award(award, application, file, pages[file.pk], where_of(award, number))
                )
    return _kept(*findings)


def _award(award, application, file, read, where):
    """Return the one finding of an award beside its proof, or None of a row with nothing in it."""
    project, name, authority = map(stated, (award.project, award.name, award.authority))
    claim = " ".join(str(value) for value in (award.year, project, name, authority) if value)
    if not (project or name):
        return None
    key = about = f"award-{award.pk}"

    def told(agreement, sentence="", at=()):
        return Finding(key, about, where, claim, agreement, sentence, tuple(at))

    by_page = {
        page.number: (page, *parts_on(award, application, file, page))
        for page in read
        if is_legible(page)
    }
    own = award.evidence_page or max(by_page, key=lambda n: (by_page[n][2], -n), default=None)
    if own not in by_page:
        page = f"第 {own} 页" if own else ""
        return told(Agreement.NOT_LEGIBLE, f"佐证“{file}”{page}未能识别，{ASK}")
    page, parts, _ = by_page[own]
    everywhere = dict(parts)
    for number in by_page:
        for part, at in by_page[number][1].items():
            everywhere.setdefault(part, at)
    found = [place for part in PARTS for place in parts.get(part, ())[:1]]
    differing, missing = _doubts(award, application, file, page, parts, everywhere)
    if differing:
        sentence = "；".join(text for text, _ in differing)
        at = [place for _, each in differing for place in each]
        return told(Agreement.DIFFERS, f"{_at(file, own)}{sentence}，请核对。", [*at, *found])
    elsewhere = _better(by_page, own)
    if not missing and not (elsewhere and award.evidence_page):
        rest = [everywhere[part][0] for part in PARTS if part in everywhere and part not in parts]
        return told(Agreement.FOUND, "", [*found, *rest])
    if any(not is_legible(each) for each in read if not award.evidence_page):
        return told(Agreement.NOT_LEGIBLE, f"佐证“{file}”有页面未能识别，{ASK}", found)
    sentence = f"{_at(file, own)}未读到{'，也未读到'.join(missing or ['奖项的名称'])}"
    if elsewhere:
        sentence += f"，似在第 {elsewhere} 页"
        found = [at[0] for at in by_page[elsewhere][1].values()]
    return told(Agreement.NOT_FOUND, f"{sentence}，请核对。", found)


def _at(file, number):
    return f"佐证“{file}”第 {number} 页" if file.pages > 1 else f"佐证“{file}”上"


def _better(by_page, own):
    """Return the page of the same file that says what the award is and whose, or None.

    None where its own page says what it is, too.
    """
    if {"project", "name"} & by_page[own][1].keys():
        return None
    good = [
        (weight, -number)
        for number, (_, parts, weight) in by_page.items()
        if {"project", "name"} & parts.keys() and {"lead", "unit"} & parts.keys()
    ]
    return -max(good)[1] if good else None


def _doubts(award, application, file, page, parts, everywhere):
    """Return what a page says otherwise, as (sentence, places), and what it does not say at all.

    Whose it is, which year and which grade stand on the very page of the certificate; of a paper
    of several pages, where the page has none of it, anywhere in it.
    """
    differing, missing = [], []
    says_what = "project" in parts or "name" in parts
    if "lead" not in parts:
        names = [pair for pair in documents.names_on(page) if says_what or len(page.lines) < 20]
        if names and not may_be(application.lead_name, names):
            text, match = names[0]
            told = f"读到的姓名为“{text}”，没有读到领办人“{application.lead_name}”"
            differing.append((told, places(file, page, match)))
        elif not {"lead", "unit"} & everywhere.keys():
            missing.append("领办人姓名或申报单位名称")
    if award.year and "year" not in parts:
        dated = _dated(page)
        if dated and (says_what or "year" not in everywhere):
            year, match = dated[-1]
            told = f"读到的年份为 {year} 年，填写的是 {award.year} 年"
            differing.append((told, places(file, page, match)))
    grades = documents.grades_on(page)
    if award.grade in {"特等奖", "一等奖", "二等奖", "三等奖"} and len(grades) == 1:
        ((grade, match),) = grades.items()
        if grade != award.grade:
            told = f"读到“{grade}”，填写的是“{award.grade}”"
            differing.append((told, places(file, page, match)))
    claims = [claim for claim in map(stated, (award.project, award.name)) if claim]
    if not {"project", "name"} & everywhere.keys() and all(
        likeness(claim, page) < LIKE for claim in claims
    ):
        missing.append("获奖项目名称和奖励名称" if len(claims) == 2 else "奖项的名称")
    return differing, missing


def _dated(page):
    """Return the years of the dates on a page, as (year, `Match`) in order."""
    return [(year, match) for year, is_date, match in years_of(page) if is_date]


def may_be(name, names):
    """Whether one of these names may be the lead's after all, for the reader does not know it."""
    return any(is_unreadable(each) for each in name) and any(
        len(text) == len(name) and any(a == b for a, b in zip(text, name, strict=True))
        for text, _ in names
    )
