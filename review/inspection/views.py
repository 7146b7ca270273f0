"""The record of a site visit (实地考察): written on a phone, with and without a network."""

import json
import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Role, role_required
from applications.files.limits import FILE_LIMIT
from applications.files.views import file_response, neutral_picture
from applications.form.definition import ITEM, display
from applications.models import Application, StudioMember
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.inspection.forms import InspectionForm, initial_of, key_from
from review.inspection.models import InspectionPhoto, Item
from review.inspection.photos import developed
from review.inspection.record import (
    PHOTOS,
    add_photo,
    conclude,
    field_of,
    is_early,
    label_of_part,
    merge,
    parts_of,
    remove_photo,
)
from review.shared import access
from review.shared.concurrency import hold
from review.shared.fields import whole_number

# What static/js/inspection.js calls itself.
SCRIPT = "inspection"


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def inspection(request, pk):
    """Write the record, until the office has decided on it."""
    if request.method == "POST":
        by_script = request.headers.get("X-Requested-With") == SCRIPT
        return _save_for_script(request, pk) if by_script else _save(request, pk)
    return _page(request, pk)


def _page(request, pk, form=None, loaded=None, status=200):
    application = access.find(request.user, pk, "members", visit=True)
    if status == 200 and application.stage != Stage.INSPECTING:
        raise Http404
    record = getattr(application, "inspection", None)
    if record:
        prefetch_related_objects([record], "items", PHOTOS)
    plan = getattr(application, "inspection_plan", None)
    if plan:
        prefetch_related_objects([plan], "inspectors")
    values = parts_of(record)
    if form is None:
        form = InspectionForm(initial=_proposed(initial_of(values), plan))
        form.initial["passed"] = record.passed if record else None
    if loaded is None:
        loaded = record.edits if record else {}
    photos = record.present_photos() if record else {}
    context = {
        "application": application,
        "record": record,
        "plan": plan,
        "is_early": is_early(record, plan),
        "form": form,
        "items": [
            {
                "item": item,
                "declared": _declared(item, application),
                "result": form[field_of(item, "result")],
                "finding": form[field_of(item, "finding")],
                "photos": photos.get(item, []),
            }
            for item in Item
        ],
        "key": uuid.uuid4(),
        "parts": " ".join(values),
        "loaded": json.dumps(loaded),
        "values": json.dumps(values, ensure_ascii=False),
        "photo_limit": FILE_LIMIT,
    }
    return render(request, "review/inspection/inspection.html", context, status=status)


# What of the form each item is held against.
DECLARED = {
    Item.OFFICE: ("studio_area",),
    Item.EQUIPMENT: ("studio_facilities",),
    Item.MEMBERS: ("lead_name",),
    Item.SUPPORT: ("training_fund", "training_fund_skilled"),
}


def _declared(item, application):
    """Return what the unit declared about an item, as (label, text), as far as it did."""
    named = [(ITEM[name].label, display(application, name)) for name in DECLARED.get(item, ())]
    if item == Item.MEMBERS:
        members = application.members.all()
        label = f"{StudioMember._meta.verbose_name}（{len(members)} 人）"
        named.append((label, "\n".join(str(member) for member in members)))
    return [(label, text) for label, text in named if text]


def _proposed(initial, plan):
    """Fill in the day and the names of the plan, where nothing is written yet.

    Before the planned day nobody is presumed to have been there.
    """
    today = timezone.localdate()
    if not initial["visited_on"]:
        planned = timezone.localdate(plan.visit_at) if plan else today
        initial["visited_on"] = f"{planned}" if planned <= today else ""
    if plan and not initial["inspectors"]:
        initial["inspectors"] = "、".join(user.name for user in plan.inspectors.all())
    return initial


def _save(request, pk):
    """Save what the plain page sends, photos among it; remove a photo; or conclude."""
    form = InspectionForm(request.POST)
    form.is_valid()
    photos = _developed(request, form)
    action = request.POST.get("action", "")
    try:
        with hold(request.user, pk, Stage.INSPECTING) as application:
            record, replaced = merge(application, request.user, form.key, form.sent())
            _add_photos(application, request.user, photos, form)
            if action.startswith("remove-"):
                remove_photo(application, request.user, whole_number(action[len("remove-") :]))
            elif action == "conclude" and not form.errors:
                _conclude(application, request.user, form)
    except Refused as error:
        form.add_error(None, str(error))
        return _page(request, pk, form, form.loaded(), status=409)
    for words in replaced:
        messages.warning(
            request,
            f"“{label_of_part(words.part)}”刚才由{words.by}改过，已按您填写的保存。"
            f"原内容：{words.text}",
        )
    if form.errors:
        return _page(request, pk, form, _loaded_after(form, record), status=422)
    if action == "conclude":
        messages.success(request, "实地考察记录已完成，请办理考察结论。")
        return redirect(f"{access.url_of(pk)}#decision")
    messages.success(request, "已保存到服务器。全部填写后请完成考察记录。")
    return redirect("review:inspection", pk)


def _loaded_after(form, record):
    """Return what `loaded` of the page is, now that some of the words sent are saved."""
    values, edits = parts_of(record), record.edits if record else {}
    saved = {part for part, (_, value) in form.sent().items() if value == values[part]}
    return form.loaded() | {part: edits.get(part, 0) for part in saved}


def _conclude(application, user, form):
    passed = form.cleaned_data["passed"]
    if passed is None:
        form.add_error("passed", "请选择考察结论。")
        return
    for field, sentence in conclude(application, user, passed).items():
        form.add_error(field, sentence)


def _developed(request, form):
    """Return the photos that a plain page sends as (key, item, photograph); note what is refused.

    Before anything is locked: a large photo takes a while.
    """
    photos = []
    for item in Item:
        for number, upload in enumerate(request.FILES.getlist(f"photo-{item}")):
            # The same page sent twice brings the same photos.
            key = uuid.uuid5(form.key, f"{item} {number}")
            try:
                photos.append((key, item, developed(upload)))
            except ValidationError as error:
                form.add_error(None, f"{item.label}，{upload.name}：{error.message}")
    return photos


def _add_photos(application, user, photos, form):
    for key, item, photograph in photos:
        try:
            add_photo(application, user, key, item, photograph)
        except ValidationError as error:
            form.add_error(None, f"{item.label}，{photograph.file.name}：{error.message}")


def _save_for_script(request, pk):
    """Save the parts that a script sends; answer what the record says now, as JSON."""
    form = InspectionForm(request.POST)
    form.is_valid()
    try:
        with hold(request.user, pk, Stage.INSPECTING) as application:
            record, replaced = merge(application, request.user, form.key, form.sent())
            if request.POST.get("remove"):
                remove_photo(application, request.user, whole_number(request.POST["remove"]))
    except Refused as error:
        return JsonResponse({"refused": str(error)}, status=409)
    return JsonResponse(
        {
            "saved": f"{timezone.localtime():%H:%M}",
            "loaded": record.edits if record else {},
            "values": parts_of(record),
            "errors": {name: errors[0] for name, errors in form.errors.items()},
            "replaced": [
                f"“{label_of_part(words.part)}”刚才由{words.by}（{words.at}）改过，"
                f"已按您填写的保存。原内容：{words.text}"
                for words in replaced
            ],
        }
    )


@require_POST
@role_required(Role.OFFICE)
def photo_new(request, pk):
    """Take one photo that a script sends; sent again under the same key it is stored once."""
    key, code = key_from(request.POST.get("key")), request.POST.get("code")
    if key is None or code not in Item or "photo" not in request.FILES:
        return JsonResponse({"refused": "没有收到照片，请重新选择。"}, status=422)
    try:
        photograph = developed(request.FILES["photo"])
        with hold(request.user, pk, Stage.INSPECTING) as application:
            photo = add_photo(application, request.user, key, code, photograph)
    except ValidationError as error:
        return JsonResponse({"refused": error.message}, status=422)
    except Refused as error:
        return JsonResponse({"refused": str(error)}, status=409)
    context = {"photo": photo, "may_remove": True}
    html = render_to_string("review/inspection/_inspection_photo.html", context)
    return JsonResponse({"saved": f"{timezone.localtime():%H:%M}", "html": html})


@require_GET
@role_required(Role.OFFICE, Role.BUREAU, Role.FINANCE)
def thumbnail(request, pk):
    """The small copy of a photo, for those who may see the photo."""
    visible = Application.objects.visible_to(request.user)
    photo = get_object_or_404(
        InspectionPhoto.objects.select_related("attachment").filter(
            inspection__application__in=visible, attachment__erased_at=None
        ),
        pk=pk,
    )
    if photo.attachment.withheld:
        return neutral_picture()
    return file_response(photo.thumbnail, "缩略图.jpg", "image/jpeg")
