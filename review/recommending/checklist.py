"""What a recommending unit has to look at before it recommends: one item after another."""

from dataclasses import dataclass, field

from django.db import models

from applications.form.display import AWARD_LABELS
from applications.models import Application, Award, Evidence
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
# The applicant's own paper, if there is one.
PAPER_OF = {
    ledger_codes.Check.POLICE: EvidenceCategory.POLICE,
    ledger_codes.Check.VETO: EvidenceCategory.VETO,
}
# How a result reads for an original, and how each state is drawn.
ORIGINAL_WORDS = {ledger_codes.Result.PASSED: "已核", ledger_codes.Result.FAILED: "不符"}
TONES = {
    ledger_codes.Result.PASSED: "pass",
    ledger_codes.Result.FAILED: "seal",
    ledger_codes.Verdict.VERIFIED: "pass",
    ledger_codes.Verdict.STRUCK: "seal",
}


@dataclass
class Item:
    """One item. `key` names it in the address; `row` is what counts of the record, or None.

    `lines` are (label, text) of what is claimed; `files` the (name, address) of its proof, the
    first of which opens. `about` is the target of a remark about it (`remark_targets`).
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

    @property
    def is_marked(self):
        """Whether it is to be marked at all; conditions are only looked at."""
        return self.group != CONDITION

    @property
    def is_done(self):
        """Whether it has a mark that counts."""
        return self.row is not None

    @property
    def tone(self):
        """How its state is drawn."""
        if self.row is None:
            return "wait" if self.is_marked else "plain"
        return TONES[getattr(self.row, "verdict", None) or self.row.result]

    @property
    def proof(self):
        """The address of the proof that opens with it, or ""."""
        return self.files[0][1] if self.files else ""

    @property
    def is_provable(self):
        """Whether an award may be marked as true at all (附件1, 备注1)."""
        return self.group != AWARD or self.subject.is_proven


def address(file, page=None):
    """Return where an `Evidence` or `Attachment` opens in the proof frame, at a page."""
    at = f"page={page}&" if page else ""
    return f"{file.get_absolute_url()}#{at}navpanes=0"


def work_list(application: Application):
    """Return the `Item`s of an application, in the order in which one goes through them.

    Reads awards with their evidence, evidence, verifications and award_checks; prefetch them.
    """
    files = application.current_evidence()
    counting = ledger_codes.counting(application)
    by_key = {}
    for row in application.verifications.all():
        key = row.evidence_id if row.kind == ledger_codes.Check.ORIGINAL else None
        by_key.setdefault((row.kind, key), []).append(row)
    return [
        *_awards(application),
        *_conditions(application, files),
        *_originals(files, counting, by_key),
        *_checks(files, counting, by_key),
    ]


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
                        each
                        for each in application.award_checks.all()
                        if each.claim == award.claim and each != row
                    ],
                    f"evidence:file-{award.evidence_id}" if award.is_proven else "awards:",
                )
            )
    return items


def _conditions(application, files):
    items = []
    for number, each in enumerate(conditions(application), start=1):
        proofs = [row for category in each.proof for row in files if row.category == category]
        items.append(
            Item(
                CONDITION,
                f"{CONDITION}-{number}",
                each.text,
                None,
                None,
                "查看",
                [("申报单位填报", each.claim or "见申报表")],
                [(row.original_name, address(row)) for row in proofs],
                about=f"{each.section}:",
            )
        )
    return items


def _originals(files, counting, by_key):
    kind = ledger_codes.Check.ORIGINAL
    items = []
    for file in files:
        row = counting.get((kind, file.pk))
        section = "stamp" if file.category == EvidenceCategory.STAMPED else "evidence"
        items.append(
            Item(
                ORIGINAL,
                f"{ORIGINAL}-{file.pk}",
                file.original_name,
                file,
                row,
                ORIGINAL_WORDS[row.result] if row else "未核",
                [("材料类别", file.get_category_display())],
                [(file.original_name, address(file))],
                [each for each in by_key.get((kind, file.pk), []) if each != row],
                f"{section}:file-{file.pk}",
            )
        )
    return items


def _checks(files, counting, by_key):
    items = []
    for kind in ledger_codes.ABOUT_LEAD:
        row = counting.get((kind, None))
        papers = [each for each in files if each.category == PAPER_OF.get(kind)]
        if row:
            papers = [each for each in (row.attachment, row.evidence) if each]
        items.append(
            Item(
                CHECK,
                f"{CHECK}-{kind.lower()}",
                kind.label,
                kind,
                row,
                row.get_result_display() if row else "未办",
                [],
                [(each.original_name, address(each)) for each in papers],
                [each for each in by_key.get((kind, None), []) if each != row],
                f"evidence:{PAPER_OF[kind]}" if kind in PAPER_OF else "unit:",
            )
        )
    return items


def progress_of(items):
    """Return how many items are marked, and how many are to be."""
    marked = [each for each in items if each.is_marked]
    return sum(each.is_done for each in marked), len(marked)


def next_open(items, key=""):
    """Return the first item without a mark, after `key` if there is one, or None."""
    after = next((index for index, each in enumerate(items) if each.key == key), -1) + 1
    return next(
        (each for each in items[after:] + items[:after] if each.is_marked and not each.is_done),
        None,
    )


# What a page about the ledger reads.
PREFETCH = (
    models.Prefetch(
        "verifications",
        Verification.objects.select_related("checked_by", "attachment", "evidence"),
    ),
    models.Prefetch("award_checks", AwardCheck.objects.select_related("by")),
    models.Prefetch("awards", Award.objects.select_related("evidence")),
)
