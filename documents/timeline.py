"""办理档案: the timeline of one application as a PDF for the archive."""

from django.template.loader import render_to_string
from django.utils import timezone

from applications.versions.snapshot import in_groups
from documents.embedded_record import field, record
from documents.typesetting import printable
from review.application_page.timeline import by_day, entries_for, title_of

TITLE = "武汉市技能大师工作室申报办理档案"


def context_of(user, application):
    """Return everything that templates/documents/timeline.html prints, as the user may read it."""
    entries = entries_for(user, application)
    read = title_of(application)
    return {
        "title": TITLE,
        "application": application,
        "number": application.number,
        "studio": printable(read),
        "unit_name": printable(application.applying_unit.name),
        "stage": application.get_stage_display(),
        "submissions": [
            {
                "version": str(each),
                "at": each.submitted_at,
                "fingerprint": in_groups(each.fingerprint),
            }
            for each in application.submissions.all()
        ],
        "days": [(day, [_printed(entry) for entry in of_day]) for day, of_day in by_day(entries)],
        "count": len(entries),
        "made_at": timezone.now(),
        "made_by": printable(f"{user.unit_name} {user.name}".strip()),
    }


def _printed(entry):
    return {
        "at": entry.at,
        "kind": entry.topic.label,
        "title": printable(entry.title),
        "actor": printable(entry.actor),
        "move": entry.move,
        "text": printable(entry.text),
        "facts": [
            (label, in_groups(text) if label == "内容指纹" else printable(text))
            for label, text in entry.facts
        ],
        "files": [(printable(name), note) for name, _, note in entry.files],
        "more": printable(entry.more),
        "is_undone": entry.is_undone,
    }


def record_of(context):
    """Return what an archive says, as data."""
    return record(
        "timeline",
        TITLE,
        number=field("number", "受理编号", context["number"]),
        studio=field("studio", "工作室", context["studio"]),
        unit=field("unit", "申报单位", context["unit_name"]),
        stage=field("stage", "当前阶段", context["stage"]),
        made_by=field("made_by", "生成人", context["made_by"]),
        submissions=[
            {
                "label": each["version"],
                "at": _moment(each["at"]),
                "fingerprint": each["fingerprint"],
            }
            for each in context["submissions"]
        ],
        labels={
            "at": "时间",
            "kind": "类别",
            "title": "事项",
            "actor": "经办",
            "move": "阶段变化",
            "text": "内容",
            "facts": "要点",
            "files": "文件",
            "more": "附记",
            "is_undone": "已撤销",
        },
        entries=[
            {
                **entry,
                "at": _moment(entry["at"]),
                "facts": [{"label": str(label), "text": text} for label, text in entry["facts"]],
                "files": [{"name": name, "note": str(note)} for name, note in entry["files"]],
            }
            for _, of_day in context["days"]
            for entry in of_day
        ],
    )


def _moment(at):
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def render(user, application):
    """Return the archive's PDF as bytes."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    context = context_of(user, application)
    html = render_to_string("documents/timeline.html", context)
    return to_pdf(html, "documents/timeline.css", record=record_of(context))
