"""入选通知 and 未入选告知: what each applying unit gets once the results are published.

A letter names no score and no reason: those are the review's own (design.md section 4).
"""

from django.template.loader import render_to_string
from django.utils import timezone

from applications.stages import RESULTS, Stage
from documents.publicity_proof import OFFICE
from documents.typesetting import chinese_date, printable

AWARDED_TITLE = "武汉市技能大师工作室建设项目入选通知书"
NOT_SELECTED_TITLE = "武汉市技能大师工作室建设项目评选结果告知书"
BUREAU = "武汉市人力资源和社会保障局"
COLUMNS = (
    "number",
    "stage",
    "unit_name",
    "lead_name",
    "studio_occupation",
    "award_document_number",
    "award_document_date",
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
    )


def letter_of(application):
    """Return what the template prints of one letter."""
    is_awarded = application.stage == Stage.AWARDED
    published = timezone.localtime(application.round.results_published_at)
    return {
        "title": AWARDED_TITLE if is_awarded else NOT_SELECTED_TITLE,
        "is_awarded": is_awarded,
        "number": application.number,
        "unit": printable(application.unit_name),
        "lead": printable(application.lead_name),
        "studio": printable(application.studio_occupation),
        "recommending_unit": application.recommending_unit.name,
        "round": application.round.title,
        "call": application.round.document_number,
        "document_number": application.award_document_number if is_awarded else "",
        "document_date": chinese_date(application.award_document_date) if is_awarded else "",
        "published_on": chinese_date(published),
        "signed_by": BUREAU if is_awarded else OFFICE,
    }


def render(applications):
    """Return the letters of these applications as one PDF (bytes), each on a page of its own."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    letters = [letter_of(each) for each in applications]
    html = render_to_string("documents/result_letter.html", {"letters": letters})
    return to_pdf(html, "documents/letter.css")
