"""One page of an uploaded file: its picture, what was read of it, and the places of interest.

For whoever may open the file, but for experts: theirs are marked copies (`documents.views`).
"""

import datetime

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.files import program_pool
from applications.files.views import confined, log_opened, neutral_picture, readable, withheld
from applications.recognition.display import masked
from applications.recognition.place_links import address_of_page, box_of, box_text
from applications.recognition.reader import is_on
from applications.recognition.records import PageText

DRAWING = program_pool.Program("applications.recognition.page_picture_program", wall_seconds=30)
LONG_SIDE = 1400
# More places than this on one page guide nobody.
MOST_BOXES = 40
# A box hugs its line; what is marked stands a little off it. Shares of the page.
MARGIN = 0.004
# The browser of who opens a page asks for its picture at once: the record has one line of both.
ONE_OPENING = datetime.timedelta(minutes=5)
LATEST_LINES = 20


def find_page(user, pk, number):
    """Return (evidence, its `Page` or None) of a page the user may see; raises Http404."""
    if user.role == Role.EXPERT:
        raise Http404
    evidence = readable(user, pk)
    if not 1 <= number <= evidence.pages:
        raise Http404
    row = PageText.objects.filter(file=evidence.sha256, number=number).first()
    return evidence, row.page if row else None


@require_GET
@xframe_options_sameorigin  # it opens beside the form, too
def page(request, pk, number):
    """Show one page of a file, with the boxes of the address marked on it."""
    evidence, read = find_page(request.user, pk, number)
    if evidence.withheld:
        return withheld(request, evidence)
    _log_once(request, evidence, number)
    texts = request.GET.getlist("box")[:MOST_BOXES]
    try:
        boxes = [box_of(text) for text in texts]
    except ValueError:
        return HttpResponseBadRequest()
    context = {
        "evidence": evidence,
        "number": number,
        "read": read,
        "lines": _lines(request.user, read) if is_on() else [],
        "boxes": [_rectangle(box) for box in boxes],
        # What the address marks stays marked while the page is looked at larger.
        "marked": "".join(f"&box={box_text(box)}" for box in boxes),
        "is_large": request.GET.get("size") == "large",
        "previous": number > 1 and address_of_page(pk, number - 1),
        "next": number < evidence.pages and address_of_page(pk, number + 1),
        "is_pdf": evidence.shown_type == "application/pdf",
    }
    return render(request, "applications/recognition/page.html", context)


@require_GET
def picture(request, pk, number):
    """Draw one page of a file, or the part of it that `crop` names, upright."""
    evidence, read = find_page(request.user, pk, number)
    if evidence.withheld:
        return neutral_picture()
    try:
        crop = box_of(request.GET["crop"]) if "crop" in request.GET else None
    except ValueError:
        return HttpResponseBadRequest()
    _log_once(request, evidence, number)
    return drawn(evidence, number, read, crop)


def drawn(file, number, read, crop):
    """Answer with the picture of a page of a stored file, or of the part `crop`, upright.

    `read` is the page as it was read, or None. Who may see it, and the record, are the caller's.
    """
    question = {
        "type": file.shown_type,
        "page": number,
        "turn": read.turn if read else 0,
        "crop": crop,
        "pixels": LONG_SIDE,
    }
    try:
        with file.shown_file.open("rb") as stored:
            verdict, jpeg = DRAWING.ask(question, stored.read())
    except program_pool.Busy:
        return HttpResponse(program_pool.BUSY, status=503, headers={"Retry-After": "5"})
    except (program_pool.Unanswered, FileNotFoundError):
        return neutral_picture()
    if "refused" in verdict:
        return neutral_picture()
    return confined(HttpResponse(jpeg, content_type="image/jpeg"))


def _lines(user, read):
    """Return the texts of a page's lines; a number of a person is copied by nobody but the owner.

    Who may see one in full asks for it, and it goes on record (`permissions.REVEALED_AT`).
    """
    texts = [line.text for line in read.lines] if read else []
    return texts if user.role == Role.APPLICANT else [masked(text) for text in texts]


def _log_once(request, evidence, number):
    what = f"{evidence.get_category_display()}第 {number} 页"
    log_page_once(request, evidence.number, what, evidence=evidence.pk, page=number)


def log_page_once(request, number, what, **data):
    """Put on record that somebody opens a page, once for what a browser asks of it at a time.

    Arguments as of `log_opened`; `data` names file and page.
    """
    lines = AuditEntry.objects.filter(user=request.user).order_by("-sequence")
    for line in lines.values("kind", "at", "data")[:LATEST_LINES]:
        is_opening = line["kind"] == AuditEntry.Kind.DOWNLOAD and line["data"] == data
        if is_opening and line["at"] > timezone.now() - ONE_OPENING:
            return
    log_opened(request, number, what, **data)


def _rectangle(box):
    """Return a box as (left, top, width, height) in thousandths, with a margin, within the page."""
    left, top, right, bottom = box
    left, top = max(0, left - MARGIN), max(0, top - MARGIN)
    width, height = min(1, right + MARGIN) - left, min(1, bottom + MARGIN) - top
    return [round(1000 * share, 1) for share in (left, top, width, height)]
