"""The tables of a round as files: CSV for people, JSON for programs, both row by row.

A table is its model's columns; what a reader of the export may not see, and what means nothing
outside the portal, is left out by name. Identity and bank numbers are masked: a bureau's account
reads them so, one by one and on record, and so they stand in what leaves the portal at once.
"""

import csv
import datetime
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import PurePosixPath

from django.db.models import FileField, ForeignKey, Q, QuerySet
from django.utils import timezone

from accounts.models import ApplyingUnit, RecommendingUnit, User
from applications.form.definition import ITEM, mask
from applications.models import (
    Application,
    Award,
    Evidence,
    Opinion,
    Remark,
    StudioMember,
    Submission,
)
from applications.rounds import EvidenceRequirement, Round
from applications.stages import EDITABLE
from applications.trust.encryption import EncryptedTextField
from review.inspection.models import Inspection, InspectionItem, InspectionPhoto, InspectionPlan
from review.panels.models import (
    Alternate,
    Attendance,
    Declaration,
    Panel,
    PanelAssignment,
    Recusal,
    Replacement,
)
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.objections.models import Objection, ObjectionStep
from review.qualification.models import QualificationCheck
from review.recommending.list_models import RecommendationList
from review.recommending.models import AwardCheck, Verification
from review.results.models import ResultCorrection
from review.scoring.models import Criterion
from review.shared.attachments import Attachment
from review.shared.round_changes import RoundChange

CHUNK = 500
MEGABYTE = 1024 * 1024
# A cell that begins so is a formula for Excel; in the CSV an apostrophe stands before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What means nothing outside the portal, or is kept elsewhere in the folder in a better form.
LEFT_OUT = {
    "revision",
    "edited_by",
    "scan",
    "infection",
    "scanned_at",
    "thumbnail",
    "rendition_type",
    "warning",
    "examined_at",
    "last_number",
    "key",
    "edits",
    # By which equal identity numbers are found: with the portal's key it is as good as a number.
    "lead_id_index",
}
# What models call only by the names of their columns.
LABELS = {
    "position": "顺序",
    "content_type": "文件类型",
    "replaces": "所替换的材料",
    "uploaded_by": "上传人",
    "removed_by": "移除人",
    "submitted_by": "提交人",
    "user": "经办人",
    "by": "经办人",
    "judged_by": "审查人",
    "reported_by": "上报人",
    "returned_by": "退回人",
    "recorded_by": "登记人",
    "expert": "专家",
    "absent": "缺席的专家",
    "alternate": "候补专家",
    "planned_by": "安排人",
    "end_confirmed_by": "结束日期核对人",
    "published_by": "发布人",
    "changed_by": "变更人",
    "resolved_by": "办结人",
    "proposed_by": "提出人",
    "approved_by": "审批人",
    "countersigned_by": "会签人",
    "ended_by": "终止人",
}


@dataclass(frozen=True)
class Table:
    """One table: its file's name, its model, and which rows belong to a round.

    `rows(scope)` returns them as a queryset; `without` are columns that are left out besides.
    """

    name: str
    model: type
    rows: Callable
    without: frozenset = frozenset()
    # Columns beside those of the model: (key, label, how a row is read).
    more: tuple = ()
    # Names of columns that are left empty in a row.
    hidden: Callable = lambda row: ()

    @property
    def title(self):
        """What the table is called."""
        return str(self.model._meta.verbose_name)

    @property
    def fields(self):
        """The model's columns that are told."""
        return [
            field
            for field in self.model._meta.concrete_fields
            if field.name not in LEFT_OUT | self.without and not isinstance(field, FileField)
        ]

    @property
    def columns(self):
        """Every column as (key, label)."""
        labels = [(field.name, _label(field)) for field in self.fields]
        return [*labels, *((key, label) for key, label, _ in self.more)]


def _label(field):
    if field.primary_key:
        return "内部编号"
    label = str(field.verbose_name)
    if label.isascii():
        label = LABELS.get(field.name, label)
    if isinstance(field, ForeignKey):
        if label.isascii():
            label = str(field.related_model._meta.verbose_name)
        return f"{label}（内部编号）"
    return label


@dataclass
class Scope:
    """What of a round a reader may see."""

    user: User
    round: Round

    @cached_property
    def submitted_files(self):
        """The keys of the files that some version has: what was taken out before is the unit's."""
        versions = self.of(Submission).values_list("content__evidence", flat=True)
        return {row["id"] for rows in versions.iterator(chunk_size=CHUNK) for row in rows}

    def evidence(self):
        """Yield the evidence that was ever submitted, row by row."""
        for row in self.of(Evidence).iterator(chunk_size=CHUNK):
            if row.pk in self.submitted_files:
                yield row

    @property
    def applications(self):
        """The applications of the round that the reader sees: no drafts."""
        return Application.objects.visible_to(self.user).filter(round=self.round)

    @property
    def attachments(self):
        """The files on record of these applications, and the stamped scans of the round's 附件1."""
        lists = RecommendationList.objects.filter(round=self.round)
        of_lists = Q(pk__in=lists.values("stamped_scan"))
        of_these = Q(application__in=self.applications.order_by().values("pk"))
        seen = Attachment.objects.visible_to(self.user)
        return seen.filter(of_these | of_lists).order_by("pk")

    def of(self, model, path="application", **more):
        """Return a model's rows that belong to the applications, in order."""
        keys = self.applications.order_by().values("pk")
        return model.objects.filter(**{f"{path}__in": keys}, **more).order_by("pk")

    def of_round(self, model, path="round"):
        """Return a model's rows that belong to the round, in order."""
        return model.objects.filter(**{path: self.round}).order_by("pk")


def original_path(row):
    """Return where the folder has an uploaded file, by its digest."""
    suffix = PurePosixPath(row.file.name or "").suffix.lower()
    return f"originals/{row.sha256[:2]}/{row.sha256}{suffix}"


def _stored(row):
    return "" if row.erased_at else original_path(row)


def _typed_anew(application):
    """The columns that are the unit's own while it mends what was returned; see versions/."""
    return (*ITEM, *OPINION) if application.is_editable else ()


BEING_EDITED = {"application__stage__in": EDITABLE}
OPINION = ("opinion_text", "opinion_signatory", "opinion_signed_on")
ORIGINAL = (("original", "档案中的原件", _stored),)
TABLES = (
    Table("rounds", Round, lambda scope: Round.objects.filter(pk=scope.round.pk)),
    Table("evidence_requirements", EvidenceRequirement,
          lambda scope: scope.of_round(EvidenceRequirement)),
    Table("round_changes", RoundChange, lambda scope: scope.of_round(RoundChange)),
    Table("applications", Application, lambda scope: scope.applications.order_by("pk"),
          hidden=_typed_anew),
    Table("awards", Award, lambda scope: scope.of(Award).exclude(**BEING_EDITED)),
    Table("studio_members", StudioMember,
          lambda scope: scope.of(StudioMember).exclude(**BEING_EDITED)),
    Table("evidence", Evidence, lambda scope: scope.evidence(), more=ORIGINAL),
    Table("attachments", Attachment, lambda scope: scope.attachments, more=ORIGINAL),
    # What was submitted stands in versions/.
    Table("submissions", Submission, lambda scope: scope.of(Submission), frozenset({"content"})),
    Table("opinions", Opinion, lambda scope: scope.of(Opinion)),
    Table("remarks", Remark, lambda scope: scope.of(Remark)),
    Table("verifications", Verification, lambda scope: scope.of(Verification)),
    Table("award_checks", AwardCheck, lambda scope: scope.of(AwardCheck)),
    Table("recommendation_lists", RecommendationList,
          lambda scope: scope.of_round(RecommendationList), frozenset({"stamped_content"})),
    Table("qualification_checks", QualificationCheck, lambda scope: scope.of(QualificationCheck)),
    Table("criteria", Criterion, lambda scope: scope.of_round(Criterion)),
    Table("panels", Panel, lambda scope: scope.of_round(Panel).prefetch_related("experts"),
          more=(("experts", "专家（内部编号）",
                 lambda panel: [each.pk for each in panel.experts.all()]),)),
    Table("alternates", Alternate, lambda scope: scope.of_round(Alternate, "panel__round")),
    # Means stand in scores/, where they may be read.
    Table("panel_assignments", PanelAssignment, lambda scope: scope.of(PanelAssignment),
          frozenset({"mean"})),
    Table("attendances", Attendance, lambda scope: scope.of_round(Attendance, "panel__round")),
    Table("declarations", Declaration, lambda scope: scope.of(Declaration)),
    Table("recusals", Recusal, lambda scope: scope.of(Recusal)),
    Table("replacements", Replacement, lambda scope: scope.of_round(Replacement, "panel__round")),
    Table("inspection_plans", InspectionPlan, lambda scope: scope.of(InspectionPlan)),
    Table("inspections", Inspection, lambda scope: scope.of(Inspection)),
    Table("inspection_items", InspectionItem,
          lambda scope: scope.of(InspectionItem, "inspection__application")),
    Table("inspection_photos", InspectionPhoto,
          lambda scope: scope.of(InspectionPhoto, "inspection__application")),
    Table("public_notices", PublicNotice,
          lambda scope: scope.of_round(PublicNotice).prefetch_related("applications"),
          more=(("applications", "公示的申报（内部编号）",
                 lambda notice: [each.pk for each in notice.applications.all()]),)),
    Table("notice_changes", NoticeChange,
          lambda scope: scope.of_round(NoticeChange, "notice__round")),
    # Who has its token follows an objection: it is nobody else's.
    Table("objections", Objection, lambda scope: scope.of(Objection), frozenset({"token"})),
    Table("objection_steps", ObjectionStep,
          lambda scope: scope.of(ObjectionStep, "objection__application")),
    Table("result_corrections", ResultCorrection, lambda scope: scope.of_round(ResultCorrection)),
)  # fmt: skip
# Whoever and whatever the others name by key, and no more than that is read of them.
NAMED = {
    "people": (User, ("id", "name", "role", "employer", "title", "occupation")),
    "applying_units": (ApplyingUnit, ("id", "name", "uscc", "nature", "host_kind")),
    "recommending_units": (RecommendingUnit, ("id", "code", "name", "kind")),
}


def _value(field, row):
    """Return a column's value as JSON has it."""
    value = getattr(row, field.attname)
    if value is None:
        return None
    if isinstance(field, EncryptedTextField):
        return mask(value)
    return plain(value)


def plain(value):
    """Return a value as JSON has it: times are Beijing's, numbers with fractions are text."""
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def _cell(field, value):
    """Return a value as the CSV has it: in words where there are any, never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field is not None and field.choices:
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class Files:
    """The two files of one table, written row by row into the folder."""

    def __init__(self, folder, name, title, columns):
        self.folder, self.name = folder, name
        self.title, self.columns = title, columns

    def write(self, rows):
        """Write both files; `rows` yields pairs: values by key, and cells in order."""
        head = {
            "table": self.name,
            "title": self.title,
            "columns": [{"key": key, "label": label} for key, label in self.columns],
        }
        start = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
        # Only one file of an archive can be written at a time: the other one waits on disk.
        with tempfile.TemporaryFile("w+", encoding="utf-8-sig", newline="") as text:
            writer = csv.writer(text)
            writer.writerow([label for _, label in self.columns])
            with self.folder.entry(f"tables/{self.name}.json") as out:
                out.write(f'{start},\n "rows": ['.encode())
                for number, (values, cells) in enumerate(rows):
                    line = json.dumps(values, ensure_ascii=False)
                    out.write(f"{',' if number else ''}\n  {line}".encode())
                    writer.writerow(cells)
                out.write(b"\n ]\n}\n")
            text.flush()
            text.buffer.seek(0)
            pieces = iter(lambda: text.buffer.read(MEGABYTE), b"")
            self.folder.add(f"tables/{self.name}.csv", pieces)


class Named:
    """The keys of the people and units that the tables name."""

    def __init__(self):
        self.keys = {model: set() for model, _ in NAMED.values()}

    def add(self, field, key):
        """Note whom a column names."""
        if isinstance(field, ForeignKey) and field.related_model in self.keys and key is not None:
            self.keys[field.related_model].add(key)


def _rows(table, scope, named):
    """Yield each row of a table: its values by key, and its cells in order."""
    fields = table.fields
    rows = table.rows(scope)
    for row in rows.iterator(chunk_size=CHUNK) if isinstance(rows, QuerySet) else rows:
        values, cells, hidden = {}, [], table.hidden(row)
        for field in fields:
            value = None if field.name in hidden else _value(field, row)
            named.add(field, value)
            values[field.name] = value
            cells.append(_cell(field, value))
        for key, _, read in table.more:
            values[key] = read(row)
            cells.append(_cell(None, values[key]))
        yield values, cells


def write_tables(folder, scope, progress):
    """Write every table of a round into the folder; calls `progress` with 1 after each."""
    named = Named()
    for table in TABLES:
        Files(folder, table.name, table.title, table.columns).write(_rows(table, scope, named))
        progress(1)
    named.keys[User].update(
        User.objects.filter(panels__round=scope.round).values_list("pk", flat=True)
    )
    for name, (model, names) in NAMED.items():
        fields = [model._meta.get_field(each) for each in names]
        columns = [(field.name, _label(field)) for field in fields]
        rows = model.objects.in_bulk(named.keys[model])
        Files(folder, name, str(model._meta.verbose_name), columns).write(
            (
                {field.name: _value(field, row) for field in fields},
                [_cell(field, _value(field, row)) for field in fields],
            )
            for _, row in sorted(rows.items())
        )
