"""Writing the record of a site visit: part by part, by several inspectors, on unsteady networks.

A save may arrive late, twice, or after a colleague's. Each has a key, so that one that arrives
again is recognised. A part that was not touched on the page never replaces newer words. Of a part
that two inspectors wrote, the last words stand, and whoever sent them is told what they replaced.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from accounts.roles import Role
from applications.files.evidence import keep
from applications.stages import Stage
from applications.workflow import events
from applications.workflow.events import CORRECT_INSPECTION, OVERWRITE_INSPECTION, record
from applications.workflow.guards import moment
from applications.workflow.perform import Refused
from review.inspection.models import (
    Inspection,
    InspectionItem,
    InspectionPhoto,
    Item,
)
from review.inspection.plan import plan_of
from review.shared.attachments import Attachment

PHOTO_LIMIT = 100
# What to prefetch before photos are shown.
PHOTOS = Prefetch("photos", InspectionPhoto.objects.select_related("attachment"))
REQUIRED = {
    "visited_on": "请填写考察日期。",
    "inspectors": "请填写考察人员。",
    "unit_representative": "请填写申报单位参加人员。",
    "findings": "请填写考察情况。",
}
RESULTS = dict(InspectionItem.Result.choices)


@dataclass(frozen=True)
class Replaced:
    """A colleague's words that a save has replaced: of which part, whose, when, and what."""

    part: str
    by: str
    at: str
    text: str


def parts_of(inspection):
    """Return the present values of every part, as {part: {field: text}}; None is a blank record.

    Fields are those of `Inspection.PARTS`, and `result` and `finding` of each item.
    """
    values = {part: {part: ""} for part in Inspection.PARTS}
    values |= {code: {"result": "", "finding": ""} for code in Item.values}
    if inspection is None:
        return values
    for part in Inspection.PARTS:
        values[part][part] = str(getattr(inspection, part) or "")
    for item in inspection.items.all():
        values[item.code] = {"result": item.result, "finding": item.finding}
    return values


def inspection_context(user, application):
    """Return what the detail page shows of plan and record.

    The office sees both; others of the city the record, once it is concluded.
    """
    is_office = user.role == Role.OFFICE
    may_inspect = is_office and application.stage == Stage.INSPECTING
    context = {"may_inspect": may_inspect}
    inspection = getattr(application, "inspection", None)
    if inspection is not None and (is_office or inspection.is_concluded):
        prefetch_related_objects([inspection], "items", PHOTOS)
        photos = inspection.present_photos()
        items = {item.code: item for item in inspection.items.all()}
        context["inspection"] = inspection
        context["inspected_items"] = [
            (item, items.get(item), photos.get(item, []))
            for item in Item
            if item in items or item in photos
        ]
    plan = getattr(application, "inspection_plan", None)
    if is_office and plan is not None:
        prefetch_related_objects([plan], "inspectors")
        context["inspection_plan"] = plan
    return context


def in_words(value):
    """Return the values of a part as somebody reads them."""
    texts = [RESULTS.get(text, text) for name, text in value.items() if text]
    return "：".join(texts) or "（空白）"


def label_of_part(part):
    """What a part is called."""
    if part in Item.values:
        return Item(part).label
    return Inspection._meta.get_field(part).verbose_name


def merge(application, user, key, sent):
    """Write the parts sent by one page into the record of a held application.

    `sent` maps each part to (base, value): the `edits` that the page was made from, and the
    values by field. Returns (inspection, list of `Replaced`). Sent again under the same key,
    nothing is written. A concluded record that changes is open again.
    """
    inspection = Inspection.objects.filter(application=application).first()
    is_new = inspection is None
    if not is_new and inspection.saves.filter(key=key).exists():
        return inspection, []
    changed, replaced = _news(inspection, sent)
    if not changed:
        return inspection, []
    if is_new:
        inspection = Inspection.objects.create(application=application, recorded_by=user)
        _record_start(application, user)
    elif inspection.is_concluded:
        record(application, user, CORRECT_INSPECTION, note="须重新给出考察结论。")
    for words in replaced:
        note = f"{label_of_part(words.part)}，原由{words.by}于 {words.at} 填写：{words.text}"
        record(application, user, OVERWRITE_INSPECTION, note=note)
    save = inspection.saves.create(key=key, parts=changed, saved_by=user, saved_at=timezone.now())
    _write(inspection, changed)
    inspection.passed = None
    inspection.recorded_by = user
    inspection.edits |= dict.fromkeys(changed, save.pk)
    inspection.save()
    return inspection, replaced


def _record_start(application, user):
    plan = plan_of(application)
    note = f"早于{_planned(plan)}" if plan and plan.is_before(None) else ""
    record(application, user, events.START_INSPECTION, note)


def _planned(plan):
    return f"安排的考察时间（{moment(plan.visit_at)}）"


def _news(inspection, sent):
    """Return what of `sent` is new, as {part: value}, and what of a colleague's it replaces."""
    present, blank = parts_of(inspection), parts_of(None)
    edits = inspection.edits if inspection else {}
    changed, replaced, saves = {}, [], {}
    if any(base != edits.get(part, 0) for part, (base, _) in sent.items()):
        keys = {base for base, _ in sent.values()} | set(edits.values())
        saves = inspection.saves.select_related("saved_by").in_bulk(keys) if inspection else {}
    for part, (base, value) in sent.items():
        if value == present[part]:
            continue
        last = edits.get(part, 0)
        if base != last and last in saves:
            was = saves[base].parts.get(part) if base in saves else None
            if value == (was or blank[part]):
                continue  # as the page was made: nobody has touched it there
            at = f"{timezone.localtime(saves[last].saved_at):%H:%M}"
            by = saves[last].saved_by.name
            replaced.append(Replaced(part, by, at, in_words(present[part])))
        changed[part] = value
    return changed, replaced


def _write(inspection, changed):
    items = {item.code: item for item in inspection.items.all()}
    for part, value in changed.items():
        if part in Inspection.PARTS:
            setattr(inspection, part, value[part] or (None if part == "visited_on" else ""))
            continue
        item = items.get(part) or InspectionItem(inspection=inspection, code=part)
        item.result, item.finding = value["result"], value["finding"]
        item.save()


def problems(inspection, passed, plan=None):
    """Return what is still missing for the conclusion `passed`, as {field: sentence}.

    `inspection` is the record, or None; `plan` that of the visit, if there is one; a field is one
    of the page's (`field_of`). A result for every item, findings where one is not met, for 合格 in
    spite of it the reason, and why a visit was made before the time that the unit was told.
    """
    values = parts_of(inspection)
    sentences = {
        part: sentence for part, sentence in REQUIRED.items() if not values[part][part].strip()
    }
    if is_early(inspection, plan) and not values["early_reason"]["early_reason"].strip():
        sentences["early_reason"] = (
            f"早于{_planned(plan)}，请写明提前考察的理由；时间有变的，请先更改考察安排。"
        )
    not_met = []
    for item in Item:
        value = values[item]
        if not value["result"]:
            sentences[field_of(item, "result")] = f"请选择“{item.label}”的结果。"
        elif value["result"] == InspectionItem.Result.NOT_MET:
            not_met.append(item.label)
            if not value["finding"].strip():
                sentences[field_of(item, "finding")] = f"“{item.label}”不符合，请写明情况。"
    if passed and not_met and not values["explanation"]["explanation"].strip():
        sentences["explanation"] = (
            f"{'、'.join(not_met)}不符合，仍判合格的，请写明理由；没有理由的，结论应为不合格。"
        )
    return sentences


def is_early(inspection, plan):
    """Whether a record, None before anything is written, is of a visit before its planned time."""
    return plan is not None and plan.is_before(inspection.visited_on if inspection else None)


def field_of(part, name):
    """Return what a part's value is called on the page."""
    return name if part == name else f"{name}-{part}"


def conclude(application, user, passed):
    """Give the record of a held application its conclusion; return {field: sentence} if refused."""
    inspection = Inspection.objects.filter(application=application).first()
    plan = plan_of(application)
    sentences = problems(inspection, passed, plan)
    if sentences:
        return sentences
    assert inspection is not None
    inspection.passed = passed
    inspection.recorded_by = user
    inspection.save()
    note = inspection.get_passed_display()
    if is_early(inspection, plan):
        note += f"。早于{_planned(plan)}，理由：{inspection.early_reason}"
    record(application, user, events.CONCLUDE_INSPECTION, note)
    return {}


def add_photo(application, user, key, code, photograph):
    """Store a `Photograph` with one item of a held application's record, once for a key.

    Raises ValidationError with a sentence when it is refused.
    """
    inspection, is_new = Inspection.objects.get_or_create(
        application=application, defaults={"recorded_by": user}
    )
    stored = InspectionPhoto.objects.filter(key=key).first()
    if stored is not None:
        if stored.inspection_id != inspection.pk:
            raise ValidationError("这张照片已属于另一份考察记录，请重新选择。")
        return stored
    if inspection.photos.filter(removed_at=None).count() >= PHOTO_LIMIT:
        raise ValidationError(f"考察照片已达 {PHOTO_LIMIT} 张，请先移除不需要的照片。")
    # Both rows or none, and no row without its bytes: a refused photo leaves the others be.
    with transaction.atomic():
        attachment = Attachment.store(
            photograph.file, Attachment.Kind.INSPECTION, user, application=application
        )
        photo = InspectionPhoto(
            key=key,
            inspection=inspection,
            code=code,
            attachment=attachment,
            taken_at=photograph.taken_at,
        )
        try:
            keep(photo.thumbnail, "thumbnail.jpg", ContentFile(photograph.thumbnail))
            photo.save()
        except BaseException:
            attachment.delete_stored()
            if photo.thumbnail.name:
                photo.thumbnail.storage.delete(photo.thumbnail.name)
            raise
    if is_new:
        _record_start(application, user)
    return photo


def remove_photo(application, user, pk):
    """Take a photo out of a held application's record; it stays stored.

    Raises Refused when there is no such photo any more.
    """
    photo = InspectionPhoto.objects.filter(
        inspection__application=application, pk=pk, removed_at=None
    ).first()
    if photo is None:
        raise Refused("这张照片已经移除，请刷新页面。")
    photo.removed_at, photo.removed_by = timezone.now(), user
    photo.save(update_fields=["removed_at", "removed_by"])
    note = f"{photo.get_code_display()}：{photo.attachment.original_name}"
    record(application, user, events.REMOVE_PHOTO, note)
