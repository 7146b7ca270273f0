"""公示无异议证明: that a notice has run its course, and what became of the objections.

Of a whole notice, or of one of its applications.
"""

from collections import Counter

from django.template.loader import render_to_string
from django.utils import timezone

from documents.embedded_record import field, record
from documents.typesetting import chinese_date, printable
from review.publicity.models import still_listed
from review.publicity.objections.models import Objection
from review.shared.stroke_order import in_stroke_order

TITLE = "公示无异议证明"
OFFICE = "武汉市技能大师工作室评审委员会办公室"
COLUMNS = (
    "unit_name",
    "lead_name",
    "lead_occupation",
    "studio_occupation",
    "recommending_unit__name",
)

LABELS = {
    "unit": "单位",
    "lead": "领办人",
    "studio": "工作室职业（工种）",
    "occupation": "领办人工种",
    "recommending_unit": "推荐单位",
}


def refusal(notice, application=None):
    """Why the proof cannot be issued, or None; `application` is one of the notice's."""
    if sentence := notice.proof_refusal():
        return sentence
    if application is not None and not notice.listed().filter(pk=application.pk).exists():
        return "该项目有异议成立，不能出具无异议证明。"
    return None


def statement(outcomes):
    """Return the sentence about the objections; `outcomes` are theirs, all of them resolved."""
    if not outcomes:
        return "公示期间未收到异议。"
    kind, count = Objection.Outcome, Counter(outcomes)
    total = len(outcomes)
    if count[kind.DISMISSED] == total:
        return f"公示期间收到异议 {total} 件，均经核实不成立。"
    parts = [
        f"{count[outcome]} 件{words}"
        for outcome, words in (
            (kind.DECLINED, "不符合受理条件，未予受理"),
            (kind.DISMISSED, "经核实不成立"),
            (kind.UPHELD, "经核实成立，所涉项目已不再列入"),
        )
        if count[outcome]
    ]
    return f"公示期间收到异议 {total} 件，其中{'，'.join(parts)}。"


def context_of(notice, application=None):
    """Return everything that templates/documents/publicity_proof.html prints."""
    concerned = notice.applications.all()
    if application is not None:
        concerned = concerned.filter(pk=application.pk)
    objections = Objection.objects.filter(application__in=concerned.values("pk"))
    listed = still_listed(concerned).select_related("recommending_unit").only(*COLUMNS)
    rows = [
        {
            "unit": printable(each.unit_name),
            "lead": printable(each.lead_name),
            "studio": printable(each.studio_occupation),
            "occupation": printable(each.lead_occupation),
            "recommending_unit": each.recommending_unit.name,
        }
        for each in in_stroke_order(listed)
    ]
    return {
        "title": TITLE,
        "office": OFFICE,
        "notice": notice,
        "round": notice.round,
        "starts_on": chinese_date(notice.starts_on),
        "ends_on": chinese_date(notice.ends_on),
        "is_of_one": application is not None,
        "statement": statement(list(objections.values_list("outcome", flat=True))),
        "rows": rows,
        "today": chinese_date(timezone.localdate()),
    }


def render(notice, application=None):
    """Return the proof as PDF bytes; ask `refusal` first."""
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    context = context_of(notice, application)
    html = render_to_string("documents/publicity_proof.html", context)
    made = record(
        "publicity-proof",
        TITLE,
        number=field("number", "公示编号", notice.number),
        round=field("round", "评选批次", notice.round.title),
        starts_on=field("starts_on", "公示起始", context["starts_on"]),
        ends_on=field("ends_on", "公示截止", context["ends_on"]),
        statement=field("statement", "异议情况", context["statement"]),
        labels=LABELS,
        rows=context["rows"],
    )
    return to_pdf(html, "documents/letter.css", record=made)
