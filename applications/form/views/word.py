"""A Word file into a draft: the upload, what was read of it beside the draft, what was taken."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.files import libreoffice
from applications.form.definition import ITEM, SECTION_OF, SECTIONS
from applications.form.drafts import start as start_draft
from applications.form.rows import SECTION_OF_BLOCK
from applications.form.task_list import progress
from applications.form.views.editing import opened, refuse_closed
from applications.form.views.expired import editor_mark, keep_over_login, kept_page
from applications.form.word.form_reading import (
    ACCEPT,
    FormReading,
    open_word,
    read_form,
    read_report,
)
from applications.form.word.kept_reading import KeptReading, forget, keep, kept_by, kept_for
from applications.form.word.merging import SENTENCES, Left, Merge, Outcome, take
from applications.models import Application, Award, Round
from applications.workflow.events import IMPORT_WORD, names

READERS = {KeptReading.Kind.FORM: read_form, KeptReading.Kind.REPORT: read_report}
NEWER_STAYS = (
    "刚才那一页是您此前上传的 Word 文件，您后来又上传了一份。后来这一份读出的内容没有删除，请核对。"
)
BLOCKS = {level.value.lower(): level.label for level in Award.Level} | {"members": "工作室成员"}


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def start_from_word(request, round_pk):
    """Start an application in an open round with a Word form; without one that can be read, none.

    The draft is the empty one that “新建申报” opens; what was read waits beside it.
    """
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    if not round_.is_open:
        messages.error(request, "本批次不在申报时间内，不能新建申报。")
        return redirect("applications:mine")
    kind, refused = KeptReading.Kind.FORM, ""
    if request.method == "POST":
        found, reading, refused = _read(request, kind)
        if reading:
            application = start_draft(round_, request.user)
            return _keep(request, application, found, reading)
    return _upload_page(request, kind, refused, round=round_)


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def upload(request, pk, kind):
    """Read a Word file for a draft: the form or the report, by `kind`."""
    if kind not in KeptReading.Kind:
        raise Http404
    application = get_object_or_404(Application.objects.visible_to(request.user), pk=pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    kind, refused = KeptReading.Kind(kind), ""
    if request.method == "POST":
        found, reading, refused = _read(request, kind)
        if reading:
            return _keep(request, application, found, reading)
    return _upload_page(request, kind, refused, application=application)


def _upload_page(request, kind, refused, **page):
    # Other kinds than .docx are converted first.
    page |= {"kind": kind, "refused": refused, "accept": ACCEPT}
    page |= {"converts": libreoffice.is_on(), "kept": kept_by(request.user)}
    return render(request, "applications/form/word_upload.html", page)


def _read(request, kind):
    """Return (kind, reading, sentence) of the sent file: it is the other kind, if it is not `kind`.

    Of what is neither, no reading, and the sentence why it is not `kind`.
    """
    if not (file := request.FILES.get("file")):
        return kind, None, "请选择 Word 文件。"
    try:
        word = open_word(file)
    except ValidationError as refused:
        return kind, None, refused.messages[0]
    sentences = []
    for each in sorted(READERS, key=lambda other: other != kind):
        try:
            reading = READERS[each](word)
        except ValidationError as refused:
            sentences += refused.messages
            continue
        if each != kind:
            messages.info(request, f"这份文件是{each.label}，已按{each.label}读出。")
        return each, reading, ""
    return kind, None, sentences[0]


def _keep(request, application, kind, reading):
    name = request.FILES["file"].name
    keep(application, request.user, kind, name, reading.to_json())
    return redirect("applications:word", application.pk)


@keep_over_login
@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def preview(request, pk):
    """Show what was read beside what the draft says, and take what is ticked, or forget it."""
    data = request.POST if request.method == "POST" else kept_page(request)
    action = data.get("action", "") if data is not None else ""
    if action == "drop":
        return _drop(request, pk, data.get("reading"))
    outcome, merge = None, None
    if action == "confirm":
        try:
            outcome, merge = take(pk, request.user, data)
        except Application.DoesNotExist:
            raise Http404 from None
        if outcome is Outcome.TAKEN:
            messages.success(request, f"已从 Word 填入 {merge.summary}。")
            return redirect("applications:word_taken", pk)
    application = merge.application if merge else opened(request.user, pk)
    kept = kept_for(application, request.user)
    if outcome is None and not application.is_editable:
        return refuse_closed(request, application)
    if kept is None:
        return _nothing_kept(request, application)
    if merge is None:
        if data is not None and not kept.is_of(data.get("reading")):
            outcome, data = Outcome.UPLOADED_SINCE, None
        merge = Merge(application, FormReading.from_json(kept.content), data)
    if action == "use-word" and data is not None:
        chosen, left = merge.use_word()
        sentence = f"{chosen} 栏已改选 Word 的内容，确认后填入。"
        messages.info(request, sentence + (f"请核对的 {left} 栏没有改选。" if left else ""))
    if action == "tick-sure" and data is not None:
        merge.tick_sure()
        messages.info(request, "已读出的内容已勾选，请核对后确认。")
    return render(
        request,
        "applications/form/word.html",
        {
            "application": application,
            "kept": kept,
            "merge": merge,
            "is_closed": outcome is Outcome.CLOSED,
            "told": SENTENCES[outcome] if outcome else "",
            "problems": _problems(outcome, merge),
            "asks": outcome is Outcome.ASKED,
            "editor": editor_mark(request.user),
        },
    )


def _problems(outcome, merge):
    """Return (anchor, sentence) of what the page names on top."""
    if outcome is Outcome.WRONG:
        return merge.problems()
    return merge.corrected if outcome is Outcome.ASKED else merge.changed


def _drop(request, pk, mark):
    """Forget what was read of a Word file, if it is the file of the page; `mark` is the page's."""
    application = get_object_or_404(Application.objects.visible_to(request.user), pk=pk)
    kept = kept_for(application, request.user)
    if kept and not kept.is_of(mark):
        messages.warning(request, NEWER_STAYS)
        return redirect("applications:word", pk)
    if kept:
        forget(kept)
        messages.success(request, "从 Word 读出的内容已删除，没有填入任何一项。")
    return redirect("applications:overview", pk)


def _nothing_kept(request, application):
    """Lead on where nothing waits: to what was taken last, or to the upload."""
    messages.warning(request, SENTENCES[Outcome.GONE])
    if _last_import(application):
        return redirect("applications:word_taken", application.pk)
    return redirect("applications:word_upload", application.pk, KeptReading.Kind.FORM)


def _last_import(application):
    return application.events.filter(action__in=names(IMPORT_WORD)).order_by("sequence").last()


@require_GET
@role_required(Role.APPLICANT)
def word_taken(request, pk):
    """What the last Word file gave, what of it stayed behind and why, and what is still to do."""
    application = opened(request.user, pk)
    event = _last_import(application)
    if event is None or not application.is_editable:
        return redirect("applications:overview", pk)
    lines = [line for line in progress(application) if line.section.key != "stamp"]
    kept = kept_for(application, request.user)
    return render(
        request,
        "applications/form/word_taken.html",
        {
            "application": application,
            "event": event,
            "kept": kept,
            "rest": Merge(application, FormReading.from_json(kept.content)) if kept else None,
            "taken": _taken(application, event.data),
            "left": _left(application, event.data),
            "problems": [(line.section.title, line.links) for line in lines if line.problems],
        },
    )


def _taken(application, said):
    """Return what was taken as [(title of a section, [(what, address)])]."""
    sections = {}
    for name in said["taken"]:
        place = _place(application, SECTION_OF[name], f"id_{name}")
        sections.setdefault(SECTION_OF[name], []).append((ITEM[name].full_label, place))
    for key, rows in said["rows"].items():
        if rows["taken"]:
            what = f"{BLOCKS[key]} {rows['taken']} 行"
            if rows["replaced"]:
                what += f"，替换了原有的 {rows['replaced']} 行"
            place = _place(application, SECTION_OF_BLOCK[key], key)
            sections.setdefault(SECTION_OF_BLOCK[key], []).append((what, place))
    return [
        (section.title, sections[section.key]) for section in SECTIONS if section.key in sections
    ]


def _left(application, said):
    """Return what was left as [(why, [(what, address)])]."""
    left = {}
    for name in [name for name in ITEM if name in said["left"]]:
        place = _place(application, SECTION_OF[name], f"id_{name}")
        left.setdefault(Left(said["left"][name]), []).append((ITEM[name].full_label, place))
    for key, rows in said["rows"].items():
        if rows["left"]:
            place = _place(application, SECTION_OF_BLOCK[key], key)
            what = f"{BLOCKS[key]} {rows['left']} 行"
            left.setdefault(Left.UNTICKED, []).append((what, place))
    return [(why.label, left[why]) for why in Left if why in left]


def _place(application, section, anchor):
    return f"{reverse('applications:section', args=[application.pk, section])}#{anchor}"
