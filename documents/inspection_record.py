"""实地考察记录: the record of a site visit as a PDF, for the signatures of both parties."""

from django.template.loader import render_to_string

from documents.typesetting import chinese_date, printable
from review.inspection.models import Item
from review.inspection.record import PHOTOS

TITLE = "武汉市技能大师工作室实地考察记录"
PREFETCH = ("items", PHOTOS)


def context_of(inspection):
    """Return everything that templates/documents/inspection.html prints; uses `PREFETCH`."""
    application = inspection.application
    found = {item.code: item for item in inspection.items.all()}
    photos = inspection.present_photos()
    return {
        "title": TITLE,
        "round": application.round,
        "number": application.number,
        "studio": printable(application.studio_title),
        "unit_name": printable(application.unit_name),
        "lead_name": printable(application.lead_name),
        "place": printable(application.studio_location),
        "visited_on": chinese_date(inspection.visited_on),
        "early_reason": printable(inspection.early_reason),
        "inspectors": printable(inspection.inspectors),
        "unit_representative": printable(inspection.unit_representative),
        "items": [
            {
                "label": item.label,
                "result": found[item].get_result_display() if item in found else "",
                "finding": printable(found[item].finding) if item in found else "",
                "photos": len(photos.get(item, [])),
            }
            for item in Item
        ],
        "findings": printable(inspection.findings),
        "result": inspection.get_passed_display(),
        "explanation": printable(inspection.explanation),
        "photos": [
            {
                "address": address_of(photo),
                "label": photo.get_code_display(),
                "taken_at": photo.taken_at,
                "digest": photo.attachment.sha256[:16],
            }
            for item in Item
            for photo in photos.get(item, [])
        ],
    }


def address_of(photo):
    """Return the name by which the document asks for a photo's small copy."""
    return f"photo:{photo.pk}"


def render(inspection):
    """Return the record as PDF bytes. A photo that storage has lost, or that was not
    found free of viruses, is left out of its frame."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    pictures = {}
    for photos in inspection.present_photos().values():
        for photo in photos:
            if not photo.attachment.withheld:
                pictures[address_of(photo)] = photo.thumbnail
    html = render_to_string("documents/inspection.html", context_of(inspection))
    return to_pdf(html, "documents/inspection.css", pictures)
