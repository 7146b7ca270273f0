"""评分说明表 of one application and 评审汇总表 of a panel, as PDFs for signature."""

from django.db.models import prefetch_related_objects
from django.template.loader import render_to_string
from django.utils import timezone

from documents.embedded_record import field, record
from documents.typesetting import chinese_date, printable
from review.scoring.score_sheet import conclusion_of
from review.scoring.wording import BELOW_MINIMUM, OUTLIERS, TIED, number, rank_in_words
from review.shared.stroke_order import stroke_key

SHEET_TITLE = "专家评分说明表"
SUMMARY_TITLE = "专家组评审汇总表"


def _signing(panel, entries, leader):
    """Return the names of who signs besides `leader` (a key): who scored any entry, in order."""
    names = {}
    for entry in entries:
        for seat in entry.scored:
            names[seat.expert.pk] = seat.expert.name + ("（递补）" if seat.replaces else "")
    names.pop(leader, None)
    listed = [expert.pk for expert in panel.seated() if expert.pk in names]
    # Who stepped in stands after the panel's own.
    order = [*listed, *sorted(set(names).difference(listed), key=lambda pk: stroke_key(names[pk]))]
    return [printable(names[pk]) for pk in order]


def _recusals(entry):
    return [
        f"{recusal.expert.name}回避"
        + (f"，由{recusal.alternate.name}递补" if recusal.alternate else "")
        for recusal in entry.recusals
    ]


def _frame(title, panel):
    return {
        "title": title,
        "panel": panel,
        "round": panel.round,
        "leader": printable(panel.leader.name),
        "printed_on": chinese_date(timezone.localdate()),
    }


def sheet_context(application, explained):
    """Return what templates/documents/scores/score_sheet.html prints.

    `explained` is what `explained` of review/scoring/score_sheet.py says of it, its scores open.
    """
    entry, standing = explained["entry"], explained["standing"]
    conclusion = explained["conclusion"]
    # Who concludes signs as leader: not one who is recused.
    leading = application.panel_assignment.leading
    names = {expert.pk: expert.name for expert in standing.panel.experts.all()}
    return {
        **_frame(SHEET_TITLE, standing.panel),
        "leader": printable(names.get(leading, "")),
        "number": application.number,
        "studio": printable(application.studio_title),
        "unit_name": printable(application.unit_name),
        "lead_name": printable(application.lead_name),
        "occupation": printable(application.lead_occupation),
        "criteria": standing.criteria,
        "rows": [
            {
                "name": printable(seat.expert.name),
                "is_leader": seat.expert.pk == leading,
                "is_alternate": seat.replaces is not None,
                "points": [number(points) for points in seat.points],
                "total": number(seat.total),
                "mark": seat.mark,
                "is_outlier": seat.is_outlier,
                "comment": printable(seat.sheet.comment),
            }
            for seat in entry.scored
        ],
        "has_comments": any(seat.sheet.comment for seat in entry.scored),
        "recusals": _recusals(entry),
        "mean": "" if entry.result.mean is None else entry.result.mean,
        # Closed before anybody scored it, it has neither.
        "rank": entry.place.rank if explained["ranks_shown"] and entry.place else "",
        "steps": [(title, printable(sentence)) for title, sentence in explained["steps"]],
        "conclusion": conclusion,
        "conclusion_text": printable(conclusion.text) if conclusion else "",
        "signing": _signing(standing.panel, [entry], leading),
    }


def sheet_record(context):
    """Return what a 评分说明表 says, as data; points in the order of the criteria."""
    conclusion = context["conclusion"]
    return record(
        "score-sheet",
        SHEET_TITLE,
        number=field("number", "受理编号", context["number"]),
        unit=field("unit", "申报单位", context["unit_name"]),
        lead=field("lead", "领办人", context["lead_name"]),
        panel=field("panel", "专家组", context["panel"].name),
        mean=field("mean", "平均分", str(context["mean"])),
        rank=field("rank", "本组名次", str(context["rank"])),
        criteria=[
            {"label": criterion.name, "full_points": str(criterion.points)}
            for criterion in context["criteria"]
        ],
        labels={
            "name": "专家",
            "points": "各项得分",
            "total": "总分",
            "mark": "说明",
            "comment": "专家意见",
            "is_leader": "组长",
            "is_alternate": "递补",
            "is_outlier": "差异较大",
        },
        rows=[{**row, "points": [str(each) for each in row["points"]]} for row in context["rows"]],
        recusals=context["recusals"],
        steps=[{"label": title, "text": text} for title, text in context["steps"]],
        conclusion={
            **field("conclusion", "专家组评审意见", context["conclusion_text"]),
            "outcome": conclusion.label,
            "signatory": printable(conclusion.signatory),
            "date": chinese_date(conclusion.signed_on),
        }
        if conclusion
        else None,
    )


def score_sheet(application, explained):
    """Return the 评分说明表 of an application as PDF bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    context = sheet_context(application, explained)
    html = render_to_string("documents/scores/score_sheet.html", context)
    return to_pdf(html, "documents/scores/scores.css", record=sheet_record(context))


def summary_context(standing, entries):
    """Return what templates/documents/scores/panel_summary.html prints; `entries` in order."""
    panel = standing.panel
    prefetch_related_objects([entry.application for entry in entries], "opinions")
    rows = []
    for entry in entries:
        result, place = entry.result, entry.place
        conclusion = conclusion_of(entry.application)
        is_below = result.number and result.mean < panel.round.minimum_score
        rows.append(
            {
                "rank": place.rank if place else "—",
                "number": entry.application.number,
                "studio": printable(entry.application.studio_title),
                "unit_name": printable(entry.application.unit_name),
                "totals": [
                    {"text": number(seat.total), "is_dropped": bool(seat.mark)}
                    for seat in entry.scored
                ],
                "highest": number(result.totals[result.highest]) if result.is_trimmed else "—",
                "lowest": number(result.totals[result.lowest]) if result.is_trimmed else "—",
                "whole": number(result.whole),
                "mean": result.mean,
                "conclusion": conclusion.label if conclusion else "",
                "notes": [
                    *([TIED] if place and place.is_tied else []),
                    *([BELOW_MINIMUM] if is_below else []),
                    *([OUTLIERS.format(number=len(result.outliers))] if result.outliers else []),
                    *map(printable, _recusals(entry)),
                ],
            }
        )
    settled = [
        f"{entry.application.number}：{printable(rank_in_words(entry, standing))}"
        for entry in entries
        if entry.place and entry.place.equals
    ]
    return {
        **_frame(SUMMARY_TITLE, panel),
        "rows": rows,
        "settled": settled,
        "hidden": len(standing.entries) - len(entries),
        "trim_from": max(panel.round.trim_from, 3),
        "minimum": number(panel.round.minimum_score),
        "signing": _signing(panel, entries, panel.leader_id),
    }


def panel_summary(standing, entries):
    """Return the 评审汇总表 of a panel as PDF bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    html = render_to_string(
        "documents/scores/panel_summary.html", summary_context(standing, entries)
    )
    return to_pdf(html, "documents/scores/scores.css")
