"""入选通知 and 未入选告知: what each applying unit gets once the results are published.

A letter says what the last edition of the published list says, and of whoever was taken off it why.
It names no score and no other reason: those are the review's own (design.md section 4).
"""

from django.template.loader import render_to_string
from django.utils import timezone

from applications.stages import RESULTS
from documents.publicity_proof import OFFICE
from documents.typesetting import chinese_date, printable
from review.results.models import Change, row_of

AWARDED_TITLE = "武汉市技能大师工作室建设项目入选通知书"
NOT_SELECTED_TITLE = "武汉市技能大师工作室建设项目评选结果告知书"
BUREAU = "武汉市人力资源和社会保障局"
COLUMNS = (
    "number",
    "stage",
    "unit_name",
    "lead_name",
    "lead_occupation",
    "studio_occupation",
    "recommending_unit__name",
    "round__title",
    "round__document_number",
    "round__results_published_at",
)


def with_letters(applications):
    """Return those of a queryset of applications that have a letter: their result is public."""
    return (
        applications.filter(stage__in=RESULTS, round__results_published_at__isnull=False)
        .select_related("round", "recommending_unit")
        .only(*COLUMNS)
        .prefetch_related("round__result_editions")
    )


def letter_of(application):
    """Return what the template prints of one letter; uses prefetched `result_editions`."""
    editions = list(application.round.result_editions.all())
    edition, key = editions[-1], application.pk
    row = next((each for each in edition.rows if each["application"] == key), None)
    is_awarded = row is not None
    taken_off = [
        each
        for each in editions
        for change in each.changes
        if change["kind"] == Change.REMOVED and change["row"]["application"] == key
    ]
    row = row or row_of(application)
    at = taken_off[-1].at if taken_off else editions[0].at
    return {
        "title": AWARDED_TITLE if is_awarded else NOT_SELECTED_TITLE,
        "is_awarded": is_awarded,
        "number": application.number,
        "unit": printable(row["unit_name"]),
        "lead": printable(row["lead_name"]),
        "studio": printable(row["studio_occupation"]),
        "recommending_unit": row["recommending_unit"],
        "round": application.round.title,
        "call": application.round.document_number,
        "document_number": edition.document_number if is_awarded else "",
        "document_date": chinese_date(edition.document_date) if is_awarded else "",
        "published_on": chinese_date(timezone.localtime(at)),
        # Why it was on the list, and is not any more; public, as the correction is.
        "taken_off": printable(taken_off[-1].reason) if taken_off and not is_awarded else "",
        "signed_by": BUREAU if is_awarded else OFFICE,
    }


def render(applications):
    """Return the letters of these applications as one PDF (bytes), each on a page of its own."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    letters = [letter_of(each) for each in applications]
    html = render_to_string("documents/result_letter.html", {"letters": letters})
    return to_pdf(html, "documents/letter.css")
