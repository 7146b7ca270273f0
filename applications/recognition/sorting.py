"""归类: which category each uploaded file belongs to, and which awards its pages prove.

A proposal by the words that were read; where nothing was read yet, by the file's name. It moves
nothing: `files.evidence.sort` does, once somebody has confirmed it.
"""

import re
from dataclasses import dataclass, field

from applications.models import Award
from applications.recognition.claims import NO_VETO, candidates_of, is_read, where_of
from applications.recognition.findings import Agreement, Finding, Place
from applications.recognition.page import WHOLE, PageState
from applications.recognition.place_links import address_of
from applications.recognition.text_match import index_of
from applications.rounds import HIDDEN_FROM_EXPERTS, PROOFS, EvidenceCategory

CATEGORY = EvidenceCategory
# The words of each kind of paper; one that bears words of several kinds is of the first of them:
# the police and the certificate of a skill name the ID card, a prize may be for a patent.
WORDS = (
    (CATEGORY.POLICE, "(?:无|未发现|没有)[^，。]{0,8}违法犯罪|无犯罪记录|公安(?:部门|机关)意见"),
    (CATEGORY.VETO, "一票否决|党风廉政"),
    (CATEGORY.LICENCE, "营业执照|事业单位法人证书|法人登记证书|民办非企业单位登记"),
    (
        CATEGORY.FOUNDING,
        "(?:成立|设立|组建)[^，。]{0,24}工作室[^，。]{0,12}(?:通知|决定|批复)"
        "|工作室[^，。]{0,8}(?:成立|设立|组建)的?(?:通知|决定|批复)",
    ),
    (
        CATEGORY.CERTIFICATE,
        "职业资格证书|职业技能等级证书|技能等级认定|国家职业资格|专业技术职务|专业技术资格|职业名称",
    ),
    (CATEGORY.ID_CARD, "居民身份证|公民身份号码|永久居留身份证"),
    (
        CATEGORY.ACHIEVEMENT,
        "专利证书|发明专利|实用新型|外观设计专利|软件著作权|成果鉴定|鉴定证书|经济效益证明|应用证明",
    ),
    (
        CATEGORY.HONOUR,
        "荣誉证书|获奖证书|奖励证书|奖状|以资鼓励|特发此证|授予[^，。]{0,30}(?:称号|奖)|被评为"
        "|荣获|表彰|[特一二三]等奖|先进个人|劳动模范|技术能手|劳动奖章",
    ),
)
WORDS = tuple((category, re.compile(words)) for category, words in WORDS)
# Praise and rules speak of 党风廉政, too; the statement is called so, or says that nothing is.
STATEMENT = re.compile("情况的?(?:说明|证明)")
# Parties to a contract name their licences.
CONTRACT = re.compile("合同|协议书|甲方|乙方")
# What people call their files.
NAMES = (
    (CATEGORY.ID_CARD, "身份证"),
    (CATEGORY.LICENCE, "执照|法人证"),
    (CATEGORY.POLICE, "公安|无犯罪|派出所"),
    (CATEGORY.VETO, "廉政|廉洁|一票否决"),
    (CATEGORY.FOUNDING, "成立|设立|红头"),
    (CATEGORY.CERTIFICATE, "职业资格|技能等级|等级证|资格证|技师证"),
    (CATEGORY.PHOTOS, "照片|现场|三室一场|培训室|研发室|资料室|实训"),
    (CATEGORY.ACHIEVEMENT, "专利|成果|鉴定|效益|工法"),
    (CATEGORY.HONOUR, "荣誉|获奖|奖|表彰|称号|能手|劳模"),
)
NAMES = tuple((category, re.compile(words)) for category, words in NAMES)
# What they call folders, besides: the short word alone says which.
FOLDERS = (*NAMES, (CATEGORY.CERTIFICATE, re.compile("证书")))
# A photograph shows a board or a slogan at most.
FEW = 40


@dataclass(frozen=True)
class ProposedProof:
    """An award that a page of the file may prove: its row in words, what is read there, where."""

    award: Award
    where: str
    page: int
    words: str
    address: str


@dataclass(frozen=True)
class Line:
    """One file: the category proposed for it, why, and the awards that its pages may prove.

    `category` is its own where nothing else is proposed; `is_waiting` tells one still being read.
    """

    file: object
    category: str
    why: str = ""
    place: Place | None = None
    proofs: list[ProposedProof] = field(default_factory=list)
    is_waiting: bool = False

    @property
    def address(self):
        """Where the words stand, or ""."""
        return address_of(self.place) if self.place else ""

    @property
    def is_moved(self):
        """Whether the file would go to another category."""
        return self.category != self.file.category

    @property
    def changes(self):
        """Whether anything is proposed for it."""
        return self.is_moved or bool(self.proofs)


def proposed_sorting(application, pages):
    """Return the `Line`s of the files that may be sorted, as they stand on the evidence page.

    Those are what stands among the other papers, what may prove an award that has no proof yet, and
    what plainly belongs elsewhere. `pages` are those read, by file. Files behind an award stay.
    Prefetch `evidence` and `awards__evidence`.
    """
    behind = {award.evidence_id for award in application.awards.all() if award.is_proven}
    proofs = proposed_proofs(application, pages)
    lines = []
    for file in application.current_evidence():
        if file.category not in PROOFS:
            continue
        own = proofs.get(file.pk, [])
        read = pages.get(file.pk, [])
        found = None if file.pk in behind else _category(file, read, own)
        category, why, place = found or (file.category, "", None)
        if category != CATEGORY.OTHER and not _may_leave(file, own, is_sure=place is not None):
            category, why, place = file.category, "", None
        line = Line(file, category, why, place, own, not is_read(file, read))
        if line.changes or file.category == CATEGORY.OTHER:
            lines.append(line)
    return lines


def sortable_of(application, pages):
    """Return for how many files something is proposed."""
    return sum(line.changes for line in proposed_sorting(application, pages))


def _may_leave(file, proofs, *, is_sure):
    """Whether a file may be proposed for another category than its own.

    What somebody put into a category by hand leaves it only for what its words plainly say.
    """
    return file.category == CATEGORY.OTHER or (is_sure and not proofs)


def _category(file, read, proofs):
    """Return (category, why, `Place` of the words or None) proposed for a file, or None.

    A page that proves an award is of the honours, whatever it names besides: only the papers that
    experts are not to see go before.
    """
    if found := _category_by_words(file, read, is_proof=bool(proofs)):
        return found
    if proofs:
        return CATEGORY.HONOUR, f"读到{proofs[0].words}", None
    is_picture = file.shown_type.startswith("image/")
    if is_picture and is_read(file, read) and all(_is_photograph(page) for page in read):
        return CATEGORY.PHOTOS, "图片上几乎没有文字", None
    if by_name := _category_called(file.original_name, NAMES):
        return by_name, "按文件名", None
    return None


def _category_called(name, table):
    return next((category for category, words in table if words.search(name)), None)


def category_by_name(name):
    """Return the category that a file's name with its folders (a/b/file.pdf) tells, or None.

    The innermost folder that tells one goes before the file's own name, but for papers that experts
    are not to see: an ID card among the honours stays one.
    """
    *folders, own = name.split("/")
    by_name = _category_called(own, NAMES)
    if by_name in HIDDEN_FROM_EXPERTS:
        return by_name
    told = (_category_called(folder, FOLDERS) for folder in reversed(folders))
    return next(filter(None, told), by_name)


def _category_by_words(file, read, *, is_proof):
    for category, words in WORDS:
        if is_proof and category not in HIDDEN_FROM_EXPERTS:
            continue
        for page in read:
            index = index_of(page)
            if not index.lines or _only_speaks_of(category, index.streams[0].text, is_proof):
                continue
            for at, line in enumerate(page.lines):
                if found := words.search(index.lines[at].text):
                    return category, f"读到“{_shown(found[0])}”", _place(file, page, line, found[0])
            if found := words.search(index.streams[0].text):
                return category, f"读到“{_shown(found[0])}”", _place(file, page, None, found[0])
    return None


def _only_speaks_of(category, text, is_proof):
    """Whether a page names a category's words, if at all, without being such a paper."""
    if category == CATEGORY.VETO:
        # A decision on awards may say that nobody has violated anything.
        return not (STATEMENT.search(text) or (NO_VETO.search(text) and not is_proof))
    return category == CATEGORY.LICENCE and bool(CONTRACT.search(text))


def _is_photograph(page):
    return page.state == PageState.BLANK or (
        page.state == PageState.READ and index_of(page).size < FEW
    )


def _shown(words):
    return words if len(words) <= 20 else f"{words[:20]}…"


def _place(file, page, line, text):
    return Place(file.pk, page.number, line.box if line else WHOLE, text)


def misplaced(application, pages):
    """Return a `Finding` for each paper that experts are not to see, and stands where they would.

    An ID card among the other papers, say, as it stands there until a batch is sorted.
    """
    return [
        Finding(
            f"place-{line.file.pk}",
            str(line.file.category),
            "材料类别",
            line.file.original_name,
            Agreement.DIFFERS,
            f"“{line.file.original_name}”似为{CATEGORY(line.category).label}，现在"
            f"“{line.file.get_category_display()}”中，评审专家可以看到，建议归入相应类别。",
            (line.place,),
        )
        for line in proposed_sorting(application, pages)
        if line.place
        and line.category in HIDDEN_FROM_EXPERTS
        and line.file.category not in HIDDEN_FROM_EXPERTS
    ]


def proposed_proofs(application, pages):
    """Return {key of a file: [`ProposedProof`]} for the awards that have no proof yet.

    Each award gets the page that says most of it, if that says plainly what the award is for. No
    page is given twice unless it says all of both, as a list of awards does.
    """
    wanted = {}
    for level in Award.Level:
        for number, award in enumerate(application.awards_of(level), start=1):
            if not award.is_proven:
                wanted[award.pk] = (award, where_of(award, number))
    pairs = [
        (candidate, award, where)
        for award, where in wanted.values()
        for candidate in candidates_of(award, application, pages)
        if candidate.is_plain
    ]
    pairs.sort(key=lambda pair: -pair[0].weight)
    used, given, found = set(), set(), {}
    for may_share in (False, True):
        for candidate, award, where in pairs:
            page = (candidate.file, candidate.page)
            if award.pk in given or (page in used and not (may_share and candidate.is_whole)):
                continue
            used.add(page)
            given.add(award.pk)
            places = [place for at in candidate.parts.values() for place in at]
            found.setdefault(candidate.file, []).append(
                ProposedProof(award, where, candidate.page, candidate.words, address_of(*places))
            )
    for proofs in found.values():
        proofs.sort(key=lambda proof: (proof.page, proof.award.level, proof.award.position))
    return found
