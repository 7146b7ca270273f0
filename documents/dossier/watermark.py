"""Watermarks: what an expert opens bears the expert's name and the time on every page.

The stored bytes never change. A marked copy is made when an expert opens a file for the first
time, and kept for that expert; what cannot be marked is not served.
"""

import io
import tempfile
from functools import lru_cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone

from documents.dossier import copies
from documents.models import MarkedCopy

STYLE = "documents/dossier/watermark.css"
PURPOSE = "仅供评审使用"
# A stamp says the minute: whoever opens ten files in it needs one.
STAMPS = 64


def bearer_of(user):
    """How a copy of this user's begins what it says."""
    return f"{user.name}　"


def text_for(user):
    """What stands on a file that this user opens now."""
    return f"{bearer_of(user)}{timezone.localtime():%Y-%m-%d %H:%M}　{PURPOSE}"


@lru_cache(maxsize=STAMPS)
def stamp(text):
    """Return a PDF (bytes) of one page that is nothing but the text, again and again."""
    from documents.pdf import to_drawing  # loads Pango: a second that only a PDF should cost

    html = render_to_string("documents/dossier/watermark.html", {"text": text, "lines": range(9)})
    return to_drawing(html, STYLE)


def mark_own(content, text):
    """Return a PDF made by the portal itself (bytes), with the stamp on every page."""
    import pikepdf  # with Pillow 10 MB, in a process that marks the portal's own PDFs

    from documents.dossier import marks

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf, pikepdf.open(io.BytesIO(stamp(text))) as made:
        drawing = pdf.copy_foreign(made.pages[0].as_form_xobject())
        for page in pdf.pages:
            page.contents_add(b"q\n", prepend=True)
            page.contents_add(b"\nQ\n")
            marks.draw_stamp(page, drawing)
        pdf.save(out)
    return out.getvalue()


def open_marked(evidence, user):
    """Return the user's copy of an uploaded file, open, and its MIME type.

    It is made once. Raises `copies.Uncopied`, `program_pool.Unanswered`, `program_pool.Busy`, and
    FileNotFoundError when the original is gone.
    """
    copy = MarkedCopy.objects.filter(evidence=evidence, expert=user).first()
    if copy and copy.text.startswith(bearer_of(user)):
        try:
            return copy.file.open("rb"), copy.content_type
        except FileNotFoundError:
            pass  # lost: made again
    copy = _make(evidence, user, copy)
    return copy.file.open("rb"), copy.content_type


def _make(evidence, user, old):
    if not evidence.is_shown:
        raise copies.Uncopied(copies.UNSHOWN)
    is_pdf = evidence.shown_type == "application/pdf"
    copy = MarkedCopy(
        evidence=evidence,
        expert=user,
        text=text_for(user),
        content_type=evidence.shown_type if is_pdf else "image/jpeg",
    )
    with tempfile.TemporaryDirectory() as folder:
        original = copies.local_copy(evidence.shown_file, Path(folder), "original")
        out = Path(folder, "marked.pdf" if is_pdf else "marked.jpg")
        if is_pdf:
            how = {"seconds": copies.MARKING_SECONDS, "data": stamp(copy.text)}
        else:
            how = {"text": copy.text}
        action = "mark_pdf" if is_pdf else "mark_picture"
        copies.make(copies.MARKING, action, out, source=str(original), **how)
        with out.open("rb") as made:
            copy.file.save(out.name, copies.MadeFile(made), save=False)
    assert copy.file.name is not None
    try:
        MarkedCopy.objects.update_or_create(
            evidence=evidence,
            expert=user,
            defaults={
                "text": copy.text,
                "content_type": copy.content_type,
                "file": copy.file.name,
                "made_at": timezone.now(),
            },
        )
    except BaseException:
        copy.file.storage.delete(copy.file.name)
        raise
    if old:
        old.file.storage.delete(old.file.name)
    return copy
