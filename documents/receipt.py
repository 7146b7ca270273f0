"""回执: what one submission holds, as a PDF that the unit and the reviewers keep."""

import segno
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from applications.rounds import EvidenceCategory
from applications.versions.snapshot import in_groups
from documents.typesetting import printable

TITLE = "申报回执"


QR_TITLE = "二维码：打开核验页面"


def qr_code(address):
    """Return an address as a QR code: inline SVG without colours or sizes of its own."""
    return mark_safe(  # noqa: S308 # nosec B308 B703 - drawn from our own address
        segno.make(address, error="m", micro=False).svg_inline(
            omitsize=True, border=0, title=QR_TITLE
        )
    )


def _files(content):
    order = list(EvidenceCategory)
    rows = sorted(content["evidence"], key=lambda row: order.index(row["category"]))
    return [
        {
            "category": EvidenceCategory(row["category"]).label,
            "name": printable(row["original_name"]),
            "pages": row["pages"],
            "size": filesizeformat(row["size"]),
            "digest": in_groups(row["sha256"]),
        }
        for row in rows
    ]


def context_of(submission):
    """Return everything that templates/documents/receipt.html prints."""
    application, content = submission.application, submission.content
    fields = content["fields"]
    address = reverse("applications:verify", args=[submission.fingerprint])
    return {
        "title": TITLE,
        "number": application.number,
        "version": str(submission),
        "submitted_at": submission.submitted_at,
        "arrived_at": submission.arrived_at,
        "submitted_by": printable(str(submission.submitted_by)),
        "round": application.round,
        "recommending_unit": application.responsible_unit,
        "unit_name": printable(fields["unit_name"]),
        "studio": printable(fields["studio_occupation"]),
        "lead_name": printable(fields["lead_name"]),
        "fingerprint": in_groups(submission.fingerprint),
        "qr_code": qr_code(settings.SITE_URL + address),
        "files": _files(content),
    }


def render(submission):
    """Return the receipt of a submission as PDF bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    html = render_to_string("documents/receipt.html", context_of(submission))
    return to_pdf(html, "documents/receipt.css")
