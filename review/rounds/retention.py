"""Retention: the personal data of a round is erased when its years are over (PIPL, article 47).

The record of the decision stays: unit, studio, the lead's name where it was published, stages,
scores, opinions, events, and the digests of what was submitted.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.models import ApplyingUnit
from applications.earlier_years.records import EarlierProject, Outcome
from applications.form.definition import CONTACTS, NUMBERS
from applications.models import Application, Evidence
from applications.recognition.reader import forget_unused
from applications.rounds import EvidenceCategory, Round
from applications.search import renew
from applications.stages import EDITABLE, ENDED, Stage
from review.inspection.models import InspectionPhoto, InspectionSave
from review.recommending.list_models import RecommendationList
from review.shared.attachments import Attachment

# What stands instead of a name or another word that readers would miss.
GONE = "（已清除）"
# The fields of 附件2 that are emptied. Texts about the lead's life and work are personal, too.
FIELDS = (
    *NUMBERS,
    *CONTACTS,
    "contact_name",
    "lead_sex",
    "lead_ethnicity",
    "lead_birth",
    "lead_work_start",
    "lead_politics",
    "lead_condition_basis",
    "achievements",
    "main_results",
    "report_lead",
)
# The cells that are erased from what a recommending unit's stamped 附件1 said.
CELLS = ("领办人", "主要成绩", "工作室主要成员", "单位联系人")
# What is erased, as the command and the record say it.
ERASED = (
    "身份证号、资金账号及其索引；电话、手机、电子邮箱、传真、开户银行和联系人；"
    "领办人的性别、民族、出生年月、参加工作时间、政治面貌、简介、业绩和条件说明；"
    "未入选领办人的姓名、工作室成员的姓名；上传的全部文件及缩略图、材料包、申报表文件和评审用件（保留文件摘要）；"
    "从材料中识别的文字和核对标记；消息；异议提出人和联系方式；考察联系人和参加人员；"
    "不再申报的单位的联系人和手机"
)
ERASED_OF_LISTS = "往年名单中未入选领办人的姓名"


def ended_at(round_):
    """Return when a round ended, as a datetime, or None while it is running.

    It ends with the publication of its results, or when nothing in it moves any more. Drafts, and
    what was returned and never submitted again, do not move once every deadline is past.
    """
    if round_.results_published_at:
        return round_.results_published_at
    resting = (*ENDED, *EDITABLE)
    if round_.applications.exclude(stage__in=resting).exists():
        return None
    ended = round_.applications.filter(stage__in=ENDED)
    last_step = ended.aggregate(at=Max("stage_entered_at"))["at"]
    deadlines = (round_.closes_at, round_.report_deadline, round_.review_deadline)
    last = max(filter(None, (*deadlines, last_step)))
    return last if last <= timezone.now() else None


def years_later(moment, years):
    """Return the same time some years later (on 28 February for the 29th)."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


@dataclass(frozen=True)
class Due:
    """When the personal data of a round is to be erased: `at`, or None while the round runs.

    `left` is how many applications still hold personal data.
    """

    round: Round
    ended_at: datetime.datetime | None
    at: datetime.datetime | None
    left: int

    @property
    def is_due(self):
        return self.at is not None and self.at <= timezone.now()


def with_personal_data(applications):
    """Return those that hold personal data: never erased, or typed into since."""
    return applications.filter(Q(erased_at=None) | Q(edited_at__gt=F("erased_at")))


def schedule():
    """Return a `Due` for every round, earliest first."""
    dues = []
    for round_ in Round.objects.published().order_by("opens_at", "pk"):
        ended = ended_at(round_)
        at = years_later(timezone.localtime(ended), round_.retention_years) if ended else None
        left = with_personal_data(round_.applications).count()
        dues.append(Due(round_, ended, at, left))
    return dues


def erase(due, report=lambda application, files: None):
    """Erase the personal data of a round that is due; return the number of applications.

    Each application is erased in a transaction of its own, so that the next run goes on where one
    was killed; `report` is then called with it and the number of its files. Raises ValueError for a
    round that is not due.
    """
    if not due.is_due:
        raise ValueError(f"{due.round} is still kept.")
    number, round_ = 0, due.round
    left = with_personal_data(round_.applications).order_by("pk")
    for pk in list(left.values_list("pk", flat=True)):
        with transaction.atomic():
            application = Application.objects.select_for_update().get(pk=pk)
            files = _erase_application(application)
            log_entry(
                AuditEntry.Kind.ERASE,
                subject=application.number or f"申报 {pk}",
                round=round_.pk,
                files=files,
                erased=ERASED,
            )
        report(application, files)
        number += 1
    for pk in list(round_.recommendation_lists.values_list("pk", flat=True)):
        with transaction.atomic():
            _erase_list(RecommendationList.objects.select_for_update().get(pk=pk), due)
    with transaction.atomic():
        _erase_contacts()
    return number


def years_of_lists():
    """Return how many years an imported list is kept: as many as the latest round is."""
    latest = Round.objects.published().only("retention_years").first() or Round()
    return latest.retention_years


def lapsed_names():
    """The rows of lists of earlier years that name a lead who was not chosen, past their years.

    The years count from the import. Who was chosen was published, and stays named.
    """
    since = years_later(timezone.now(), -years_of_lists())
    unpublished = EarlierProject.objects.exclude(outcome=Outcome.SELECTED)
    rows = unpublished.filter(list__imported_at__lte=since)
    return rows.exclude(lead=GONE).exclude(lead="", as_read={})


def erase_lapsed_names():
    """Erase these names; return how many there were."""
    with transaction.atomic():
        keys = list(lapsed_names().values_list("pk", flat=True))
        rows = EarlierProject.objects.filter(pk__in=keys)
        # What the file said before a correction names the lead, too.
        for row in rows.exclude(as_read={}):
            rows.filter(pk=row.pk).update(as_read={**row.as_read, "lead": GONE})
        rows.update(lead=GONE, lead_key=None)
        if keys:
            data = {"rows": len(keys), "erased": ERASED_OF_LISTS}
            log_entry(AuditEntry.Kind.ERASE, subject="往年名单", **data)
    return len(keys)


def _erase_application(application):
    """Erase the personal data of a locked application; return the number of files removed."""
    now = timezone.now()
    keeps_name = application.stage == Stage.AWARDED and application.round.results_published_at
    files = _erase_files(application, now)
    replacements = dict.fromkeys(FIELDS, "")
    if application.lead_name and not keeps_name:
        replacements["lead_name"] = GONE
    values = {**replacements, "lead_id_index": "", "erased_at": now}
    Application.objects.filter(pk=application.pk).update(**values)
    application.members.update(name=GONE)
    for rows in (application.submissions, application.prints):
        for row in rows.filter(erased_at=None):
            # Not save(): a snapshot refuses to be saved twice. This is the one exception.
            content = _erase_content(row.content, replacements)
            rows.filter(pk=row.pk).update(content=content, erased_at=now)
    renew(application.pk)
    application.verifications.update(lead_id_index="")
    application.messages.all().forget()
    application.objections.exclude(contact="").update(contact=GONE)
    application.objections.update(raised_by="")
    if hasattr(application, "inspection_plan"):
        type(application.inspection_plan).objects.filter(application=application).update(
            contact=GONE
        )
    if hasattr(application, "inspection"):
        _erase_inspection(application.inspection)
    return files


def _erase_content(content, replacements):
    """Return the content of a snapshot without its personal data.

    `replacements` are the texts that stand instead, by field.
    """
    fields = {
        name: replacements[name] if name in replacements and value else value
        for name, value in content["fields"].items()
    }
    return {
        **content,
        "fields": fields,
        "members": [{**member, "name": GONE} for member in content["members"]],
        "evidence": [
            {**row, "original_name": _neutral_name(row["category"])} for row in content["evidence"]
        ],
    }


def _neutral_name(category):
    """Return the name of a file whose own name, which may say whose it is, is erased."""
    return f"{EvidenceCategory(category).label}{GONE}"


def _erase_files(application, now):
    """Remove every stored file of an application; return how many.

    The bytes are removed before the rows: if the run is killed in between, the next one finds the
    rows again.
    """
    number = 0
    files = list(application.evidence.filter(erased_at=None).prefetch_related("marked_copies"))
    shared = _names_of_shared_files(application, files)
    for row in files:
        number += sum(_remove(file) for file in _stored(row) if file.name not in shared)
        Evidence.objects.filter(pk=row.pk).update(
            erased_at=now,
            thumbnail="",
            rendition="",
            warning="",
            signatures=None,
            original_name=_neutral_name(row.category),
        )
    for photo in InspectionPhoto.objects.filter(inspection__application=application):
        number += _remove(photo.thumbnail)
        InspectionPhoto.objects.filter(pk=photo.pk).update(thumbnail="")
    if files:
        forget_unused(*{row.sha256 for row in files})
    application.finding_marks.all().delete()
    number += _erase_attachments(application.attachments.all(), now)
    copies = [copy for row in files for copy in row.marked_copies.all()]
    for row in (*application.packages.all(), *application.kept_forms.all(), *copies):
        number += _remove(row.file)
    application.packages.all().delete()
    application.kept_forms.all().delete()
    for copy in copies:
        copy.delete()
    return number


def _names_of_shared_files(application, files):
    """Return the names of stored files that the rows of another application name, too.

    An application that was copied from an earlier one has rows of its own about the same bytes.
    They are removed with the last application that names them.
    """
    names = {file.name for row in files for file in _stored(row)}
    others = Evidence.objects.filter(erased_at=None).exclude(application=application)
    rows = others.filter(Q(file__in=names) | Q(thumbnail__in=names) | Q(rendition__in=names))
    return {name for row in rows.values_list("file", "thumbnail", "rendition") for name in row}


def _stored(row):
    """Return the stored files of an `Evidence`."""
    return [file for file in (row.file, row.thumbnail, row.rendition) if file]


def _erase_attachments(attachments, now):
    number = 0
    rows = list(attachments.filter(erased_at=None))
    for row in rows:
        number += _remove(row.file) + _remove(row.rendition)
        name = f"{row.get_kind_display()}{GONE}"
        changes = {"erased_at": now, "rendition": "", "original_name": name}
        Attachment.objects.filter(pk=row.pk).update(**changes)
    if rows:
        forget_unused(*{row.sha256 for row in rows})
    return number


def _remove(file):
    """Remove a stored file; return whether there was one."""
    if not file or not file.storage.exists(file.name):
        return False
    file.storage.delete(file.name)
    return True


def _erase_inspection(inspection):
    """Erase who met the inspectors, also from the saves of an unfinished record."""
    part = "unit_representative"
    if inspection.unit_representative:
        type(inspection).objects.filter(pk=inspection.pk).update(**{part: GONE})
    for save in inspection.saves.all():
        if part in save.parts:
            parts = {name: values for name, values in save.parts.items() if name != part}
            InspectionSave.objects.filter(pk=save.pk).update(parts=parts)


def _erase_list(recommendation_list, due):
    """Erase the personal data of a recommending unit's list, and the scans of its paper."""
    content = recommendation_list.stamped_content
    if content:
        content = {
            **content,
            "office_phone": "",
            "mobile": "",
            "rows": [_erase_row(row) for row in content["rows"]],
        }
    RecommendationList.objects.filter(pk=recommendation_list.pk).update(
        office_phone="", mobile="", stamped_content=content
    )
    of_unit = Attachment.objects.filter(
        kind=Attachment.Kind.LIST_SCAN,
        recommending_unit=recommendation_list.recommending_unit_id,
    )
    # A scan that was replaced names no round: those of the time of this one are erased with it.
    others = RecommendationList.objects.exclude(pk=recommendation_list.pk)
    replaced = Q(uploaded_at__range=(due.round.opens_at, due.ended_at)) & ~Q(
        pk__in=others.exclude(stamped_scan=None).values("stamped_scan")
    )
    current = Q(pk=recommendation_list.stamped_scan_id)
    _erase_attachments(of_unit.filter(current | replaced), timezone.now())


def _erase_row(row):
    cells = {name: GONE if name in CELLS else text for name, text in row["cells"].items()}
    return {**row, "title": GONE, "cells": cells}


def _erase_contacts():
    """Erase the contacts of units all of whose applications have been erased."""
    kept = Application.objects.filter(erased_at=None).values("applying_unit")
    erased = Application.objects.exclude(erased_at=None).values("applying_unit")
    ApplyingUnit.objects.filter(pk__in=erased).exclude(pk__in=kept).exclude(
        contact_mobile="", contact_name=""
    ).update(contact_name="", contact_mobile="")
