"""Copying an earlier application of the same unit into a draft.

Nothing that stands in the draft is touched: copied are fields that are empty, tables without rows
and kinds of evidence without files. What is true of one year alone is not copied at all
(`DATED_FILES`, `DATED_FIELDS`). A file is copied by pointing at the same stored bytes, which are
never deleted.
"""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from applications.files import evidence as evidence_files
from applications.files.conversion import look_once_committed
from applications.files.virus_scan import scan_once_committed
from applications.files.virus_state import first_state
from applications.form.completeness import is_filled
from applications.form.definition import AWARD_FIELDS, SECTIONS
from applications.form.task_list import with_content
from applications.models import Application, Award, Evidence, StudioMember
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.versions.snapshot import MEMBER_FIELDS, as_submitted
from applications.workflow.events import COPY, record
from applications.workflow.perform import locked

DATED_FILES = {
    EvidenceCategory.POLICE: "须由推荐单位为本批次重新征求意见",
    EvidenceCategory.VETO: "须为本批次重新出具",
    EvidenceCategory.PHOTOS: "须上传现在的现场照片",
    EvidenceCategory.STAMPED: "须按本次申报的内容重新打印、盖章",
}
DATED_FIELDS = {
    "lead_is_fit": "须重新确认",
    "training_fund": "须按新的上一年度数字填写",
    "training_fund_skilled": "须按新的上一年度数字填写",
}
COPIED_OF_A_FILE = (
    "category",
    "file",
    "original_name",
    "content_type",
    "size",
    "sha256",
    "pages",
    "is_signed",
    "signatures",
    "rendition",
    "rendition_type",
    "rendition_note",
    "position",
    "thumbnail",
    "warning",
    "examined_at",
)
# Why a file stays behind for which there is no room, by what it would exceed.
FULL = {
    "files": "材料将超过 {0.files} 份的上限",
    "pages": "材料合计将超过 {0.pages} 页的上限",
    "size": "材料合计将超过 {0.megabytes} MB 的上限",
}
HOLDS_ANYTHING = Q(edited_by__isnull=False)


@dataclass(frozen=True)
class Left:
    """Something that is not copied, and why."""

    what: str
    why: str


@dataclass
class Plan:
    """What a copy would write, and what it would leave.

    `sections` are (title, labels of fields), `fields` the values by name, `awards` and `members`
    the rows as read, `files` the stored `Evidence` rows.
    """

    fields: dict = field(default_factory=dict)
    sections: list = field(default_factory=list)
    awards: list = field(default_factory=list)
    members: list = field(default_factory=list)
    files: list = field(default_factory=list)
    left: list = field(default_factory=list)

    @property
    def summary(self):
        """What is copied, in words; "" when that is nothing."""
        counts = (
            (len(self.fields), "栏内容"),
            (len(self.awards), "个奖项"),
            (len(self.members), "名成员"),
            (len(self.files), "份材料"),
        )
        return "、".join(f"{count} {what}" for count, what in counts if count)


def sources(target, user):
    """Return the unit's other applications that hold anything, the latest first."""
    others = Application.objects.visible_to(user).filter(HOLDS_ANYTHING, erased_at=None)
    return others.exclude(pk=target.pk).order_by("-pk")


def has_sources():
    """Return the expression for a queryset: whether the unit has others that hold anything."""
    others = Application.objects.filter(
        HOLDS_ANYTHING, erased_at=None, applying_unit=OuterRef("applying_unit")
    )
    return Exists(others.exclude(pk=OuterRef("pk")))


def can_receive(target):
    """Whether anything may be copied into an application: not once it has been submitted."""
    return target.stage == Stage.DRAFT


def plan(earlier, target):
    """Return the `Plan` of copying `earlier` into `target`, both read `with_content`.

    An application that was submitted is read as it was submitted last.
    """
    submission = earlier.submissions.last()
    content = as_submitted(earlier, submission) if submission else earlier
    found = Plan(left=_changed_circumstances(earlier, target))
    _plan_fields(found, content, target)
    for level in Award.Level:
        rows, present = content.awards_of(level), target.awards_of(level)
        found.awards += _rows(found, level.label, rows, present, AWARD_FIELDS)
    found.members = _rows(
        found, "工作室成员", content.members_in_order(), target.members_in_order(), MEMBER_FIELDS
    )
    _plan_files(found, content, target)
    return found


def _changed_circumstances(earlier, target):
    left = []
    now, before = target.recommending_unit, earlier.recommending_unit
    if not now.is_active:
        left.append(Left("推荐单位", f"“{now}”已不再推荐，请联系评审办公室"))
    elif now != before:
        left.append(Left("推荐单位", f"以前为“{before}”，本次为“{now}”"))
    if target.host_kind != earlier.host_kind:
        kinds = earlier.get_host_kind_display(), target.get_host_kind_display()
        left.append(Left("依托单位类别", "以前为“{}”，本次为“{}”".format(*kinds)))
    return left


def _plan_fields(plan, content, target):
    for section in SECTIONS:
        labels = []
        for item in section.items:
            if not item.is_asked_of(target.host_kind) or not is_filled(content, item.name):
                continue
            value = getattr(content, item.name)
            if is_filled(target, item.name):
                if getattr(target, item.name) != value and item.name not in DATED_FIELDS:
                    where = f"{section.title}，{item.full_label}"
                    plan.left.append(Left(where, "已有内容，保持不变"))
            elif item.name in DATED_FIELDS:
                plan.left.append(Left(item.full_label, DATED_FIELDS[item.name]))
            else:
                plan.fields[item.name] = value
                labels.append(item.full_label)
        if labels:
            plan.sections.append((section.title, labels))


def _rows(plan, title, rows, present, names):
    """Return the rows to copy into a table: all of them, or none when it has rows of its own."""
    if not present:
        return rows

    def texts(row):
        return [getattr(row, name) for name in names]

    if rows and [*map(texts, rows)] != [*map(texts, present)]:
        plan.left.append(Left(title, f"已有 {len(present)} 行，保持不变"))
    return []


def _plan_files(plan, content, target):
    # A snapshot knows a file's digest, but not where it is stored.
    stored = Evidence.objects.in_bulk([row.pk for row in content.current_evidence()])
    present = target.current_evidence()
    taken = {row.category for row in present}
    present_files = {(row.category, row.sha256) for row in present}
    most = evidence_files.room(target.round, EvidenceCategory.OTHER)
    total, left = evidence_files.taken(target, EvidenceCategory.OTHER), []
    for row in content.current_evidence():
        category = EvidenceCategory(row.category)
        if (category, row.sha256) in present_files:
            continue
        if stored[row.pk].withheld:
            left.append(Left(f"{category.label}：{row.original_name}", "未通过病毒检查"))
            continue
        if category in taken:
            if category not in DATED_FILES:
                left.append(Left(category.label, "该类材料已有文件，保持不变"))
        elif category in DATED_FILES:
            left.append(Left(category.label, DATED_FILES[category]))
        elif excess := most.excess(total, total.with_one(stored[row.pk])):
            what = f"{category.label}：{row.original_name}"
            left.append(Left(what, FULL[excess].format(most)))
        else:
            total = total.with_one(stored[row.pk])
            plan.files.append(stored[row.pk])
    # Several files of one kind stay behind for one reason.
    plan.left += dict.fromkeys(left)


def copy(earlier, target, user):
    """Copy `earlier` into the draft `target`; return the `Plan` that was carried out.

    In one transaction, with the draft locked. A second click finds nothing left to copy.
    Raises ValidationError with a sentence when the draft has been submitted meanwhile.
    """
    with transaction.atomic():
        current = locked(target.pk, user)
        if current is None or not can_receive(current):
            raise ValidationError("只有尚未提交的申报可以复制以前的内容。")
        current = loaded(user).get(pk=target.pk)
        planned = plan(loaded(user).get(pk=earlier.pk), current)
        if not planned.summary:
            return planned
        _write(planned, current, user)
        note = f"从“{earlier}”（{earlier.round}）复制了 {planned.summary}。"
        record(current, user, COPY, note=note)
    return planned


def loaded(user):
    """The applications visible to a user, with all that a plan reads of them."""
    return with_content(Application.objects.visible_to(user)).select_related("recommending_unit")


def _write(plan, target, user):
    files = Evidence.objects.bulk_create(
        Evidence(
            application=target,
            uploaded_by=user,
            # Stored before there was a clamd: checked now.
            scan=row.scan or first_state(),
            **{name: getattr(row, name) for name in COPIED_OF_A_FILE},
        )
        for row in plan.files
    )
    for row in files:
        scan_once_committed(row)
        if row.examined_at is None:
            look_once_committed(row)
    by_digest = {row.sha256: row for row in [*target.current_evidence(), *files]}
    Award.objects.bulk_create(
        Award(
            application=target,
            level=award.level,
            position=award.position,
            evidence=by_digest.get(award.evidence.sha256) if award.is_proven else None,
            evidence_page=award.evidence_page,
            **{name: getattr(award, name) for name in AWARD_FIELDS},
        )
        for award in plan.awards
    )
    StudioMember.objects.bulk_create(
        StudioMember(
            application=target,
            position=member.position,
            **{name: getattr(member, name) for name in MEMBER_FIELDS},
        )
        for member in plan.members
    )
    target.edit(user, **plan.fields)
