"""A round's call: how it reads, what is missing before it is published, and its publication."""

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from applications.rounds import EvidenceRequirement, Round
from applications.workflow.guards import moment
from applications.workflow.perform import Refused
from review.rounds.defaults import ASSUMPTION, has_default_criteria
from review.rounds.settings import digest_of, points_problem, settings_of
from review.shared.round_changes import RoundChange

USUAL_PUBLICITY_DAYS = 5  # working days
CALL_TEMPLATE = "review/public/round.html"
HEADING = re.compile(r"[一二三四五六七八九十]+、")
CLOSING_LINES = 3


def call_context(round, requirements):
    """Return what `CALL_TEMPLATE` shows of a round, saved or as it is being typed.

    `requirements` are its `EvidenceRequirement`s in the order of the notice.
    """
    nobody = EvidenceRequirement.RequiredOf.NOBODY
    return {
        "round": round,
        "requirements": [row for row in requirements if row.required_of != nobody],
        "notice": notice_lines(round.notice),
    }


def notice_lines(text):
    """Return the text of a notice as (kind, line) pairs, as official documents are set.

    Kinds are "heading" (一、二、…), "opening" (whom it addresses), "closing" (who issued it and
    when: the few lines after the last empty one) and "" for a paragraph.
    """
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", text.strip())]
    lines = []
    for number, block in enumerate(blocks):
        is_last = number == len(blocks) - 1 and number > 0 and len(block) <= CLOSING_LINES
        for line in filter(None, (line.strip() for line in block)):
            if is_last:
                kind = "closing"
            elif not lines and line.endswith(("：", ":")):
                kind = "opening"
            else:
                kind = "heading" if HEADING.match(line) else ""
            lines.append((kind, line))
    return lines


@dataclass(frozen=True)
class Check:
    """One setting to look at before the call is published.

    `anchor` is its place on the page, `problem` what is wrong, or "". A problem that does not block
    the publication may be intended.
    """

    label: str
    anchor: str
    problem: str = ""
    blocks: bool = True


def checklist(round):
    """Return a `Check` of each setting that the call rests on, in the order of the page."""
    return [
        Check(
            "文号",
            "id_document_number",
            "" if round.document_number else "没有填写文号，已有文号的请填写。",
            blocks=False,
        ),
        _period(round),
        Check(
            "专家评分截止时间",
            "id_review_deadline",
            "" if round.review_deadline else "没有填写，请在评分开始前填写。",
            blocks=False,
        ),
        Check(
            "公示工作日数",
            "id_publicity_days",
            f"少于 {USUAL_PUBLICITY_DAYS} 个工作日，请核对。"
            if round.publicity_days < USUAL_PUBLICITY_DAYS
            else "",
            blocks=False,
        ),
        Check("通知正文", "id_notice", "" if round.notice.strip() else "请填写通知正文。"),
        _evidence(round),
        _criteria(round),
    ]


def _period(round):
    label, now = "申报时间", timezone.now()
    if round.closes_at <= now:
        return Check(label, "id_closes_at", f"申报截止时间{moment(round.closes_at)}已过，请修改。")
    if round.opens_at <= now:
        return Check(
            label,
            "id_opens_at",
            f"申报开始时间{moment(round.opens_at)}已过，发布后立即开始申报。",
            blocks=False,
        )
    return Check(label, "id_opens_at")


def _evidence(round):
    nobody = EvidenceRequirement.RequiredOf.NOBODY
    is_required = any(row.required_of != nobody for row in round.evidence_requirements.all())
    problem = "" if is_required else "没有一项材料是必须提供的，请设置。"
    return Check("材料要求", "requirements", problem)


def _criteria(round):
    criteria = list(round.criteria.all())
    if problem := points_problem(criterion.points for criterion in criteria):
        return Check("评分标准", "criteria", problem)
    problem = ASSUMPTION if has_default_criteria(criteria) else ""
    return Check("评分标准", "criteria", problem, blocks=False)


def publish_round(round, user, seen):
    """Make the call of a draft public, on record.

    `seen` is the digest of the settings that the user has confirmed. Raises Refused, and changes
    nothing, when the call is public already, when the settings were changed since, and when a
    problem blocks.
    """
    with transaction.atomic():
        draft = Round.objects.select_for_update().get(pk=round.pk)
        if not draft.is_draft:
            raise Refused(f"本批次已于{moment(draft.published_at)}发布。")
        if digest_of(settings_of(draft)) != seen:
            raise Refused("本批次的设置刚有修改，没有发布，请核对后再发布。")
        if any(check.problem and check.blocks for check in checklist(draft)):
            raise Refused("发布前须办的事项还没有办完，没有发布。")
        draft.published_at = timezone.now()
        draft.save(update_fields=["published_at"])
        RoundChange.write(draft, user, {"发布批次": "草稿"}, {"发布批次": "已发布"})
