"""存证单 as a PDF, to be stamped and kept: the heads of a round's chains, without personal data."""

from django.template.loader import render_to_string

from applications.versions.snapshot import in_groups

TITLE = "评审记录存证单"


def context_of(export):
    """Return everything that templates/operations/chain_heads.html prints."""
    applications = export.content["applications"]
    numbered = sorted((each for each in applications if each["number"]), key=lambda e: e["number"])
    return {
        "title": TITLE,
        "export": export,
        "rows": [{**each, "digest": in_groups(each["digest"])} for each in numbered],
        "unnumbered": len(applications) - len(numbered),
        "log_chains": len(export.content["log"]),
        "log_lines": sum(each["lines"] for each in export.content["log"]),
        "digest": in_groups(export.digest),
        "made_by": str(export.made_by) if export.made_by else "系统命令",
    }


def render(export):
    """Return the sheet of a `ChainExport` as PDF bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    html = render_to_string("operations/chain_heads.html", context_of(export))
    return to_pdf(html, "operations/chain_heads.css")
