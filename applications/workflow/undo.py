"""撤销上一步: when the last step may be taken back, by whom, and what that changes.

First what the last step is, then the guards and the effects of the table's rows REVERT and
AGREE_TO_UNDO (decision 0009). Which kinds of step can be undone at all, `events.py` says.
"""

from typing import Any

from accounts.roles import Role
from applications.stages import Stage
from applications.workflow import events, guards

# How whoever decided is called, as an authority.
AUTHORITIES = {
    Role.RECOMMENDER: "推荐单位",
    Role.OFFICE: "评审办公室",
    Role.EXPERT: "专家组组长",
    Role.BUREAU: "市人社局",
    Role.FINANCE: "市财政局",
}


def last_step(application):
    """The `Event` of the last transition, or None; uses prefetched `events`.

    It is the one written last, not the one with the latest time: a clock may have been set back.
    """
    moves = (event for event in application.events.all() if event.to_stage)
    return max(moves, key=lambda event: event.pk, default=None)


def undoable(application, user, data):
    """The last step is a reviewer's decision, and nobody outside has been told to rely on it."""
    step = last_step(application)
    kind = events.kind_of(step) if step else events.UNKNOWN
    if kind.undo_refusal:
        return kind.undo_refusal
    if application.stage == Stage.PUBLICITY and guards.standing_notice(application):
        return "已发布公示，不能撤销；如有问题，请按异议处理。"
    if application.stage == Stage.INSPECTING and hasattr(application, "inspection_plan"):
        return "已安排实地考察并通知申报单位，请先取消考察安排。"
    return None


def consent_to_undo(application):
    """The `Event` by which whoever decided the last step agreed to its undoing, or None.

    Uses prefetched `events`.
    """
    step = last_step(application)
    return next(
        (
            event
            for event in application.events.all()
            if events.kind_of(event) == events.AGREE_TO_UNDO and event.data["step"] == step.pk
        ),
        None,
    )


def is_own_decision(application, user):
    """Whether the last step was decided by the user's own authority; uses prefetched `events`.

    A recommending unit sees no application whose last step another one decided.
    """
    step = last_step(application)
    return step is not None and step.role == user.role


def of_its_authority(application, user, data):
    """The authority that decided undoes; the office may, too, once it has that one's consent."""
    if is_own_decision(application, user):
        return None
    step = last_step(application)
    authority = AUTHORITIES[step.role]
    if user.role != Role.OFFICE:
        return f"“{step.label}”由{authority}办理，不由{user.get_role_display()}撤销。"
    if consent_to_undo(application):
        return None
    if step.role == Role.EXPERT:
        return f"“{step.label}”由{authority}办理，须先由{authority}在本页登记同意撤销。"
    return (
        f"“{step.label}”由{authority}办理，须由{authority}的另一位工作人员撤销；"
        f"或由{authority}在本页登记同意后，再由评审办公室撤销。"
    )


def not_own_step(application, user, data):
    """A second person undoes: nobody takes back what they decided themselves."""
    step = last_step(application)
    if step and step.user_id == user.pk:
        return f"“{step.label}”由您本人办理，须由另一位工作人员撤销。"
    return None


def speaks_for_its_authority(application, user, data):
    """Only the authority that decided agrees; for a panel that is its leader."""
    step = last_step(application)
    if not is_own_decision(application, user):
        return f"“{step.label}”由{AUTHORITIES[step.role]}办理，须由其同意撤销。"
    return guards.is_leader(application, user, data) if user.role == Role.EXPERT else None


def not_yet_agreed(application, user, data):
    """Consent to undo this step is recorded once."""
    if consent := consent_to_undo(application):
        return f"已于{guards.moment(consent.at)}登记同意，由评审办公室撤销。"
    return None


def unchanged_since(application, user, data):
    """What a return opened has not been changed since, and the rank that it took is still free."""
    step = last_step(application)
    if step is None or events.kind_of(step) != events.RETURN:
        return None
    if application.edited_at > step.at:
        return "申报单位已开始修改，不能撤销退回。"
    rank = step.data.get("rank")
    taken = type(application).objects.filter(
        round_id=application.round_id,
        recommending_unit_id=application.recommending_unit_id,
        rank=rank,
    )
    if rank is not None and taken.exists():
        return f"原推荐排序 {rank} 已由其他申报使用，不能撤销退回。"
    return None


def revert(application, user, data, at):
    undone = last_step(application)
    kind = events.kind_of(undone)
    application.opinions.filter(transition=undone.action, created_at=undone.at).update(
        reverted_at=at
    )
    if kind == events.RETURN:
        application.rank = undone.data.get("rank")
        application.return_deadline = None
    elif kind == events.RECOMMEND:
        application.rank = None  # it is on no list any more, and takes no place on it
    elif kind == events.CLOSE and undone.from_stage == Stage.REDIRECTING:
        application.redirected_from = application.recommending_unit
        application.recommending_unit_id = undone.data["redirected_to"]
    words: dict[str, Any] = {
        "note": f"撤销“{undone.label}”：{data['text']}",
        "data": {"undone": undone.pk},
    }
    if undone.role != user.role:
        # By authority alone: not everybody who reads it may know an expert's name.
        words["note"] += f"（{AUTHORITIES[undone.role]}已登记同意）"
        words["data"]["consent"] = consent_to_undo(application).pk
    return words


def agree_to_undo(application, user, data, at):
    step = last_step(application)
    return {"note": f"同意撤销“{step.label}”：{data['text']}", "data": {"step": step.pk}}
