"""The work list of a recommending unit: what it looks at before it recommends, item by item."""

from dataclasses import dataclass, field

from django.db import models

from applications.form.display import AWARD_LABELS
from applications.models import Application, Award, Evidence
from applications.recognition.display import ShownFinding
from applications.records import Rows
from applications.rounds import EvidenceCategory
from applications.workflow import ledger_codes
from review.recommending.models import AwardCheck, Verification
from review.shared.conditions import conditions

AWARD, CONDITION, CHECK, ORIGINAL = "award", "condition", "check", "original"
GROUPS = {
    AWARD: "获奖情况",
    CONDITION: "申报条件（对照查看）",
    ORIGINAL: "原件核对",
    CHECK: "必办核验",
}
# The category of the applicant's own paper about a check.
PAPER_OF = {
    ledger_codes.Check.POLICE: EvidenceCategory.POLICE,
    ledger_codes.Check.VETO: EvidenceCategory.VETO,
}
# How a result reads for an original, and the colour of each state's tag.
ORIGINAL_WORDS = {ledger_codes.Result.PASSED: "已核", ledger_codes.Result.FAILED: "不符"}
TONES = {
    ledger_codes.Result.PASSED: "pass",
    ledger_codes.Result.FAILED: "seal",
    ledger_codes.Verdict.VERIFIED: "pass",
    ledger_codes.Verdict.STRUCK: "seal",
}


@dataclass
class Item:
    """One item of the work list.

    `key` names it in the address. `row` is the `AwardCheck` or `Verification` that counts, or None,
    and `earlier` are those that it replaced. `lines` are (label, text) of what is claimed; `files`
    are (name, address) of its proof, the first of which opens. `about` is the target of a remark
    about it (`remark_targets`). `categories` are those of the papers of a condition, and `findings`
    what was read of its papers (`attach`).
    """

    group: str
    key: str
    title: str
    subject: Award | Evidence | ledger_codes.Check | None
    row: models.Model | None
    state: str
    lines: list = field(default_factory=list)
    files: list = field(default_factory=list)
    earlier: list = field(default_factory=list)
    about: str = ""
    categories: tuple[EvidenceCategory, ...] = ()
    findings: list[ShownFinding] = field(default_factory=list)

    @property
    def takes_mark(self):
        """Whether it takes a mark; conditions are only looked at."""
        return self.group != CONDITION

    @property
    def is_done(self):
        """Whether it has a mark that counts."""
        return self.row is not None

    @property
    def tone(self):
        """The colour of its state's tag."""
        if self.row is None:
            return "wait" if self.takes_mark else "plain"
        return TONES[getattr(self.row, "verdict", None) or self.row.result]

    @property
    def proof(self):
        """(name, address) of the proof that opens with it, or None: the place that needs eyes."""
        for finding in sorted(self.findings, key=lambda finding: finding.rank):
            if finding.links:
                return finding.links[0]
        return self.files[0] if self.files else None

    @property
    def doubt(self):
        """The worst finding of it that nobody has looked at yet, or None.

        Not of a condition: what is read of its papers stands at these, too.
        """
        if self.group == CONDITION:
            return None
        doubts = [finding for finding in self.findings if finding.needs_eyes]
        return min(doubts, key=lambda finding: finding.rank, default=None)

    @property
    def doubt_words(self):
        """What its doubt is, in words; the rows of awards are named by their title."""
        doubt = self.doubt
        return doubt.tag if self.group == AWARD else f"{doubt.tag}：{doubt.label}"

    @property
    def is_doubtfully_signed(self):
        """Whether an electronic signature of its file says that something is wrong with it."""
        return self.group == ORIGINAL and self.subject.is_doubtfully_signed

    @property
    def is_unseen(self):
        """Whether it is a file without a mark that may be marked together with all others."""
        return self.group == ORIGINAL and not self.is_done and not self.is_doubtfully_signed

    @property
    def is_provable(self):
        """Whether an award may be marked as true at all (附件1, 备注1)."""
        return self.group != AWARD or self.subject.is_proven


def address(file, page=None):
    """Return the address at which a file, at this page of it, opens in the frame of proofs."""
    fragment = f"page={page}&" if page else ""
    return f"{file.get_absolute_url()}#{fragment}navpanes=0"


def work_list(application: Application):
    """Return the `Item`s of an application, in the order in which one goes through them.

    Reads awards with their evidence, evidence, verifications and award_checks; prefetch them.
    """
    files = application.current_evidence()
    ledger = _Ledger(application)
    return [
        *_awards(application),
        *_conditions(application, files),
        *_originals(files, ledger),
        *_checks(files, ledger),
    ]


class _Ledger:
    """The verifications of an application: of each check the row that counts, and the others."""

    def __init__(self, application):
        self.counting = ledger_codes.counting(application)
        self.rows = {}
        for row in application.verifications.all():
            evidence_id = row.evidence_id if row.kind == ledger_codes.Check.ORIGINAL else None
            self.rows.setdefault((row.kind, evidence_id), []).append(row)

    def of(self, kind, evidence_id=None):
        """Return (row that counts or None, the others) of a check, or of a file's original."""
        row = self.counting.get((kind, evidence_id))
        return row, [other for other in self.rows.get((kind, evidence_id), []) if other != row]


def _awards(application):
    verdicts = ledger_codes.verdicts(application)
    items = []
    for level in Award.Level:
        for award in application.awards_of(level):
            row = ledger_codes.verdict_on(award, verdicts)
            number = len(items) + 1
            cells = ["" if value is None else str(value) for value in award.claim[1:8]]
            lines = [("类别", level.label), *zip(AWARD_LABELS, cells, strict=True)]
            files = []
            if award.is_proven:
                page = award.evidence_page
                name = f"{award.evidence.original_name}{f' 第 {page} 页' if page else ''}"
                files = [(name, address(award.evidence, page))]
                lines += _signatures(award.evidence)
            items.append(
                Item(
                    AWARD,
                    f"{AWARD}-{number}",
                    str(award) or f"第 {number} 项",
                    award,
                    row,
                    row.get_verdict_display() if row else "未核实",
                    lines,
                    files,
                    [
                        check
                        for check in application.award_checks.all()
                        if check.claim == award.claim and check != row
                    ],
                    f"evidence:file-{award.evidence_id}" if award.is_proven else "awards:",
                )
            )
    return items


def _conditions(application, files):
    items = []
    for number, condition in enumerate(conditions(application), start=1):
        proofs = [
            file for category in condition.proof for file in files if file.category == category
        ]
        items.append(
            Item(
                CONDITION,
                f"{CONDITION}-{number}",
                condition.text,
                None,
                None,
                "查看",
                [("申报单位填报", condition.claim or "见申报表")],
                [(file.original_name, address(file)) for file in proofs],
                about=f"{condition.section}:",
                categories=condition.proof,
            )
        )
    return items


def _originals(files, ledger):
    items = []
    for file in files:
        row, earlier = ledger.of(ledger_codes.Check.ORIGINAL, file.pk)
        section = "stamp" if file.category == EvidenceCategory.STAMPED else "evidence"
        items.append(
            Item(
                ORIGINAL,
                f"{ORIGINAL}-{file.pk}",
                file.original_name,
                file,
                row,
                ORIGINAL_WORDS[row.result] if row else "未核",
                [("材料类别", file.get_category_display()), *_signatures(file)],
                [(file.original_name, address(file))],
                earlier,
                f"{section}:file-{file.pk}",
            )
        )
    return items


def _signatures(file):
    """Return what the electronic signatures of a file say, as lines of an item."""
    sentences = file.signature_sentences
    return [("电子签名", each.removeprefix("电子签名").lstrip("：。")) for each in sentences]


def _checks(files, ledger):
    items = []
    for kind in ledger_codes.ABOUT_LEAD:
        row, earlier = ledger.of(kind)
        papers = [file for file in files if file.category == PAPER_OF.get(kind)]
        if row:
            papers = [file for file in (row.attachment, row.evidence) if file]
        items.append(
            Item(
                CHECK,
                f"{CHECK}-{kind.lower()}",
                kind.label,
                kind,
                row,
                row.get_result_display() if row else "未办",
                [],
                [(file.original_name, address(file)) for file in papers],
                earlier,
                f"evidence:{PAPER_OF[kind]}" if kind in PAPER_OF else "unit:",
            )
        )
    return items


def attach(items, findings):
    """Give each item the `ShownFinding`s of its papers, in place.

    A finding stands at one item that takes a mark, and at the condition that its paper proves.
    """
    awards = {item.subject.pk: item for item in items if item.group == AWARD}
    files = {item.subject.pk: item for item in items if item.group == ORIGINAL}
    checks = {
        PAPER_OF[item.subject]: item
        for item in items
        if item.group == CHECK and item.subject in PAPER_OF
    }
    of_category: dict[str, Item] = {}
    for item in files.values():
        of_category.setdefault(item.subject.category, item)
    for shown in findings:
        finding = shown.finding
        name, _, key = finding.about.partition("-")
        if name == AWARD and key.isdecimal():
            item = awards.get(int(key))
        else:
            category = _category_of(finding)
            at = [files[place.file] for place in finding.places if place.file in files]
            item = checks.get(category) or next(iter(at), None) or of_category.get(category)
            for condition in items:
                if category and category in condition.categories:
                    condition.findings.append(shown)
        if item is not None:
            item.findings.append(shown)


def _category_of(finding):
    """Return the category of the papers that a finding is about, or None."""
    if finding.about == "stamp":
        return EvidenceCategory.STAMPED
    for name in (finding.about, finding.key.partition("-")[0]):
        if name in EvidenceCategory:
            return EvidenceCategory(name)
    return None


def in_order_of_doubt(items):
    """Return the items with those first that somebody should look at, the worst of them first."""
    doubtful = sorted((item for item in items if item.doubt), key=lambda item: item.doubt.rank)
    return [*doubtful, *(item for item in items if not item.doubt)]


def count_marks(items):
    """Return (how many items have a mark, how many take one)."""
    markable = [item for item in items if item.takes_mark]
    return sum(item.is_done for item in markable), len(markable)


def next_open(items, key=""):
    """Return the first item without a mark, after `key` if there is one, or None."""
    start = next((index for index, item in enumerate(items) if item.key == key), -1) + 1
    ordered = items[start:] + items[:start]
    return next((item for item in ordered if item.takes_mark and not item.is_done), None)


# To prefetch for a page that shows the ledger.
PREFETCH = (
    Rows(
        "verifications",
        Verification.objects.select_related("checked_by", "attachment", "evidence"),
    ),
    Rows("award_checks", AwardCheck.objects.select_related("by")),
)
