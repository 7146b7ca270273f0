"""The tables of a round as files: CSV for people, JSON for programs, both row by row.

A table has the columns that are named in it: a new one stays in the portal until it is named here.
Identity and bank numbers are masked: a bureau's account reads them one by one and on record, and
what leaves the portal at once must not pass that by.
"""

import csv
import datetime
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as later
from decimal import Decimal
from functools import cached_property
from pathlib import PurePosixPath

from django.db.models import ForeignKey, ManyToManyField, Q, QuerySet
from django.utils import timezone

from accounts.models import ApplyingUnit, RecommendingUnit, User
from accounts.roles import Role
from applications.form.definition import ITEM, mask
from applications.models import (
    Application,
    Award,
    Evidence,
    FormPrint,
    Opinion,
    Remark,
    StudioMember,
    Submission,
)
from applications.recognition.records import FindingMark
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
# What models call only by the names of their columns.
LABELS = {
    "position": "顺序",
    "content_type": "文件类型",
    "print": "所扫描的打印版本",
    "printed_by": "打印人",
    "experts": "专家",
    "applications": "公示的申报",
    "files": "异议材料",
    "added": "增补的申报",
    "removed": "移出的申报",
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
    """One table: its file's name, its model, the columns that are told, the rows of a round.

    `told` are names of fields besides the key, divided by blanks; `rows(scope)` are the rows.
    """

    name: str
    model: type
    told: str
    rows: Callable
    # Columns beside those of the model: (key, label, how a row is read).
    more: tuple = ()
    # Names of columns that are left empty in a row: hidden(row, scope).
    hidden: Callable = lambda row, scope: ()

    @property
    def title(self):
        """What the table is called."""
        return str(self.model._meta.verbose_name)

    @property
    def fields(self):
        """The model's columns that are told, relations to many among them."""
        return [self.model._meta.get_field(name) for name in ("id", *self.told.split())]

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
    if isinstance(field, ForeignKey | ManyToManyField):
        if label.isascii():
            label = str(field.related_model._meta.verbose_name)
        return f"{label}（内部编号）"
    return label


@dataclass
class Scope:
    """What of a round a reader may see, as it was when this was made.

    What is asked here first in one moment (`export.one_moment`) stays what it was then.
    """

    user: User
    round: Round
    now: datetime.datetime = later(default_factory=timezone.now)

    @cached_property
    def submitted_files(self):
        """{key: (category, name)} of the files that the reader may open, as the last version that
        has them calls them.

        The office opens those of every version, others those of the latest
        (`permissions.openable_files`). What was taken out before is the unit's own.
        """
        every, latest = {}, {}
        versions = self.of(Submission).order_by("application", "version")
        rows = versions.values_list("application", "content__evidence")
        for application, files in rows.iterator(chunk_size=CHUNK):
            named = {each["id"]: (each["category"], each["original_name"]) for each in files}
            latest[application] = named
            every.update(named)
        if self.user.role == Role.OFFICE:
            return every
        return {key: name for files in latest.values() for key, name in files.items()}

    @cached_property
    def submissions(self):
        """The keys of the versions."""
        return set(self.of(Submission).values_list("pk", flat=True))

    @cached_property
    def numbers(self):
        """{key: 受理编号} of the applications, in order of the numbers."""
        return dict(self.applications.order_by("number", "pk").values_list("pk", "number"))

    @cached_property
    def being_edited(self):
        """The keys of the applications that their units mend now."""
        return set(self.applications.filter(stage__in=EDITABLE).values_list("pk", flat=True))

    def evidence(self):
        """Yield the evidence that was submitted, row by row; never saved.

        Of what is being mended as it was submitted: what is done to it since is the unit's own.
        """
        for row in self.of(Evidence).iterator(chunk_size=CHUNK):
            if row.pk not in self.submitted_files:
                continue
            if row.application_id in self.being_edited:
                row.category, row.original_name = self.submitted_files[row.pk]
                row.removed_at = row.removed_by_id = None
            yield row

    def prints(self):
        """Return the printed versions of which a stamped scan was submitted."""
        keys = {row.print_id for row in self.evidence()}
        return (row for row in self.of(FormPrint).iterator(CHUNK) if row.pk in keys)

    @property
    def applications(self):
        """The applications of the round that the reader sees: no drafts."""
        return Application.objects.visible_to(self.user).filter(round=self.round)

    @property
    def attachments(self):
        """The files on record of these applications, and the stamped scans of the round's 附件1.

        A scan that was replaced names no round: it is one of the time of this one. Rows of files
        that were not found free of viruses are among them, not their bytes.
        """
        lists = RecommendationList.objects.filter(round=self.round)
        others = RecommendationList.objects.exclude(round=self.round).exclude(stamped_scan=None)
        until = self.round.results_published_at or self.now
        replaced = Q(
            kind=Attachment.Kind.LIST_SCAN,
            recommending_unit__in=lists.values("recommending_unit"),
            uploaded_at__range=(self.round.opens_at, until),
        ) & ~Q(pk__in=others.values("stamped_scan"))
        current = Q(pk__in=lists.values("stamped_scan"))
        of_these = Q(application__in=self.applications.order_by().values("pk"))
        known = Attachment.objects.known_to(self.user).filter(uploaded_at__lte=self.now)
        return known.filter(of_these | current | replaced).order_by("pk")

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


def _typed_anew(application, scope):
    """The columns that are the unit's own while it mends what was returned; see versions/."""
    return (*ITEM, *OPINION) if application.pk in scope.being_edited else ()


def _answered_anew(remark, scope):
    return ("answer",) if remark.application_id in scope.being_edited else ()


BEING_EDITED = {"application__stage__in": EDITABLE}
OPINION = ("opinion_text", "opinion_signatory", "opinion_signed_on")
ORIGINAL = (("original", "档案中的原件", _stored),)
# Of a file: what it is, not what the portal made of it to show it.
FILE = (
    "original_name content_type size sha256 pages rendition_note uploaded_at uploaded_by erased_at"
)
TABLES = (
    Table("rounds", Round,
          "title document_number year notice opens_at closes_at report_deadline review_deadline"
          " quota minimum_score trim_from half_points quorum_of quorum_out_of publicity_days"
          " retention_years most_files most_pages published_at results_published_at",
          lambda scope: Round.objects.filter(pk=scope.round.pk)),
    Table("evidence_requirements", EvidenceRequirement, "round category required_of",
          lambda scope: scope.of_round(EvidenceRequirement)),
    Table("round_changes", RoundChange, "round at user field before after",
          lambda scope: scope.of_round(RoundChange)),
    # By lead_id_index equal identity numbers are found: with the portal's key it is as good as one.
    Table("applications", Application,
          "round applying_unit recommending_unit redirected_from host_kind number stage"
          " stage_entered_at return_deadline rank created_at edited_at erased_at "
          + " ".join((*ITEM, *OPINION)),
          lambda scope: scope.applications.order_by("pk"), hidden=_typed_anew),
    Table("awards", Award,
          "application level position project name authority grade ranking part year evidence"
          " evidence_page",
          lambda scope: scope.of(Award).exclude(**BEING_EDITED)),
    Table("studio_members", StudioMember, "application position name occupation skill_level",
          lambda scope: scope.of(StudioMember).exclude(**BEING_EDITED)),
    Table("evidence", Evidence,
          f"application category {FILE} position is_signed signatures replaces print removed_at"
          " removed_by",
          lambda scope: scope.evidence(), more=ORIGINAL),
    Table("form_prints", FormPrint,
          "application version fingerprint printed_by printed_at pages erased_at",
          lambda scope: scope.prints()),
    Table("finding_marks", FindingMark, "application key verdict user marked_at",
          lambda scope: scope.of(FindingMark)),
    Table("attachments", Attachment, f"kind application recommending_unit {FILE}",
          lambda scope: scope.attachments, more=ORIGINAL),
    # What was submitted stands in versions/.
    Table("submissions", Submission,
          "application version fingerprint submitted_by submitted_at arrived_at erased_at",
          lambda scope: scope.of(Submission)),
    Table("opinions", Opinion,
          "application stage transition label text signatory signed_on user created_at reverted_at",
          lambda scope: scope.of(Opinion)),
    Table("remarks", Remark, "application event section field evidence text answer",
          lambda scope: scope.of(Remark), hidden=_answered_anew),
    Table("verifications", Verification,
          "application kind evidence attachment issuer document_date result note publicity_from"
          " publicity_to place objections checked_by checked_at",
          lambda scope: scope.of(Verification)),
    Table("award_checks", AwardCheck, "application claim verdict reason by at",
          lambda scope: scope.of(AwardCheck)),
    Table("recommendation_lists", RecommendationList,
          "round recommending_unit reporter office_phone mobile filled_on stamped_scan"
          " stamped_fingerprint reported_at reported_by returned_at returned_by returned_reason",
          lambda scope: scope.of_round(RecommendationList)),
    Table("qualification_checks", QualificationCheck,
          "application version code result fulfils note evidence judged_by judged_at",
          lambda scope: scope.of(QualificationCheck)),
    Table("criteria", Criterion, "round name description points bands position",
          lambda scope: scope.of_round(Criterion)),
    Table("panels", Panel, "round name leader experts", lambda scope: scope.of_round(Panel)),
    Table("alternates", Alternate, "panel expert position",
          lambda scope: scope.of_round(Alternate, "panel__round")),
    # Means stand in scores/, where they may be read.
    Table("panel_assignments", PanelAssignment, "application panel",
          lambda scope: scope.of(PanelAssignment)),
    Table("attendances", Attendance, "panel expert signed_in_at declared_at pledged_at pledge",
          lambda scope: scope.of_round(Attendance, "panel__round")),
    Table("declarations", Declaration, "attendance application declared_at",
          lambda scope: scope.of(Declaration)),
    Table("recusals", Recusal,
          "application expert reason is_automatic alternate recorded_by recorded_at",
          lambda scope: scope.of(Recusal)),
    Table("replacements", Replacement, "panel absent alternate reason recorded_by recorded_at",
          lambda scope: scope.of_round(Replacement, "panel__round")),
    Table("inspection_plans", InspectionPlan,
          "application visit_at place contact preparation inspectors planned_by planned_at",
          lambda scope: scope.of(InspectionPlan)),
    Table("inspections", Inspection,
          "application visited_on early_reason inspectors unit_representative findings explanation"
          " passed recorded_by recorded_at",
          lambda scope: scope.of(Inspection)),
    Table("inspection_items", InspectionItem, "inspection code result finding",
          lambda scope: scope.of(InspectionItem, "inspection__application")),
    Table("inspection_photos", InspectionPhoto,
          "inspection code attachment taken_at removed_at removed_by",
          lambda scope: scope.of(InspectionPhoto, "inspection__application")),
    Table("public_notices", PublicNotice,
          "round starts_on ends_on end_confirmed_by end_note contact published_by published_at"
          " withdrawn_at applications",
          lambda scope: scope.of_round(PublicNotice)),
    Table("notice_changes", NoticeChange,
          "notice kind ended_on ends_on reason changed_by changed_at",
          lambda scope: scope.of_round(NoticeChange, "notice__round")),
    # Who has its token follows an objection: it is nobody else's.
    Table("objections", Objection,
          "application raised_by contact text received_on outcome answer files recorded_by"
          " resolved_by resolved_at",
          lambda scope: scope.of(Objection)),
    Table("objection_steps", ObjectionStep, "objection kind text investigators outcome by at",
          lambda scope: scope.of(ObjectionStep, "objection__application")),
    Table("result_corrections", ResultCorrection,
          "round reason document_number document_date texts added removed proposed_by proposed_at"
          " approved_by approved_at countersigned_by countersigned_at ended_by ended_at ended_note"
          " edition",
          lambda scope: scope.of_round(ResultCorrection)),
)  # fmt: skip
# Whoever and whatever the others name by key, and no more than that is read of them.
NAMED = {
    "people": (User, ("id", "name", "role", "employer", "title", "occupation")),
    "applying_units": (ApplyingUnit, ("id", "name", "uscc", "nature", "host_kind")),
    "recommending_units": (RecommendingUnit, ("id", "code", "name", "kind")),
}


def _value(field, row):
    """Return a column's value as JSON has it."""
    if isinstance(field, ManyToManyField):
        return sorted(each.pk for each in getattr(row, field.name).all())
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

    def add(self, field, value):
        """Note whom a column names."""
        if field.is_relation and field.related_model in self.keys and value is not None:
            self.keys[field.related_model].update(value if isinstance(value, list) else [value])


def _rows(table, scope, named):
    """Yield each row of a table: its values by key, and its cells in order."""
    fields, rows = table.fields, table.rows(scope)
    if isinstance(rows, QuerySet):
        many = [field.name for field in fields if isinstance(field, ManyToManyField)]
        rows = rows.prefetch_related(*many).iterator(chunk_size=CHUNK)
    for row in rows:
        values, cells, hidden = {}, [], table.hidden(row, scope)
        for field in fields:
            value = None if field.name in hidden else _value(field, row)
            named.add(field, value)
            values[field.name] = value
            cells.append(_cell(field, value))
        for key, _, read in table.more:
            values[key] = read(row)
            cells.append(_cell(None, values[key]))
        yield values, cells


def write_tables(folder, scope):
    """Write every table of a round into the folder."""
    named = Named()
    for table in TABLES:
        Files(folder, table.name, table.title, table.columns).write(_rows(table, scope, named))
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
