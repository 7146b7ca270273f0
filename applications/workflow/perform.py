"""The one function that moves an application. Nothing else writes `Application.stage`."""

from typing import Any

from django.db import transaction as database
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Opinion, Remark
from applications.notify.tasks import tell
from applications.notify.workers import queue_of
from applications.permissions import actor_shown, visible_application
from applications.stages import EDITABLE, Stage
from applications.workflow import guards
from applications.workflow.events import record
from applications.workflow.table import NEEDS, TABLE, TRANSITIONS
from applications.workflow.undo import is_own_decision, last_step


class Refused(Exception):
    """A transition that is not possible; its text is a sentence for the user."""


def _refuse_stale(application, user):
    last = last_step(application)
    actor = actor_shown(user, last) if last else ""
    step = f"已由{actor}于{guards.moment(last.at)}办理“{last.label}”，" if actor else ""
    label = application.get_stage_display()
    if user.role == Role.APPLICANT:
        label = application.public_stage.public_label
    return f"该申报{step}当前阶段为“{label}”，请刷新后再操作。"


def _refuse_role(rule, stage):
    return f"只有{'、'.join(role.label for role in rule.roles(stage))}可以办理“{rule.label}”。"


def _refuse_published(application, rule):
    if application.round.results_published_at is None or rule.of_round:
        return None
    return f"本批次结果已公布，不能再办理“{rule.label}”。"


def refusal(application, name, user, data=None):
    """Return why `user` cannot take the transition now, or None; the disabled button's tooltip.

    Judges stage, role and guards; without `data`, only the guards that need nothing typed.
    """
    rule = TRANSITIONS[name]
    stage = Stage(application.stage)
    if stage not in rule.sources:
        return _refuse_stale(application, user)
    if user.role not in rule.roles(stage):
        return _refuse_role(rule, stage)
    if sentence := _refuse_published(application, rule):
        return sentence
    for guard in rule.guards:
        if sentence := guard(application, user, data):
            return sentence
    return None


def offered(application, user):
    """Return the rows of the table that belong to the user's role at the present stage.

    Steps of the whole round are not offered. The undoing of the last step is offered only to the
    office and to the authority that decided it. Uses prefetched `events`.
    """
    stage = Stage(application.stage)
    rules = [rule for rule in TABLE if user.role in rule.roles(stage) and not rule.of_round]
    if user.role == Role.OFFICE or is_own_decision(application, user):
        return rules
    return [rule for rule in rules if rule.target]


def locked(pk, user, *, unseen=False):
    """Lock an application and return it as it is now, or None when the user may not see it.

    With `unseen`, it is returned whether the user may see it or not. Call it in a transaction,
    which holds the lock until it ends.
    """
    Application.objects.lock(pk)
    return Application.objects.whole(pk) if unseen else visible_application(user, pk)


def _follow_unit(application):
    """Copy the office's corrections of the unit into an application that can be changed again."""
    unit = application.applying_unit
    since = application.submissions.latest("version").submitted_at
    if corrections := list(unit.corrections.filter(at__gt=since)):
        application.follow_unit(unit, corrections)


def move(application, rule, user, *, at=None, batch=None, **data):
    """Write the stage, opinion, remarks and event of a transition; return the `Event`.

    It checks nothing and tells nobody: that is `perform`, whose parameters these are.
    """
    stage = Stage(application.stage)
    text = (data.get("text") or data.get("reason") or "").strip()
    if explanation := (data.get("explanation") or "").strip():
        text = f"{text}\n超出名额的理由：{explanation}"
    at = at or timezone.now()
    words: dict[str, Any] = {"note": text}
    if rule.effect:
        words |= rule.effect(application, user, {**data, "text": text}, at)
    if batch:
        words["data"] = {**words.get("data", {}), "batch": batch}
    if not rule.moves:
        return record(application, user, rule.kind, at=at, is_locked=True, **words)
    target = rule.target or Stage(last_step(application).from_stage)
    words |= {"from_stage": stage, "to_stage": target}
    event = record(application, user, rule.kind, at=at, is_locked=True, **words)
    if remarks := data.get("remarks"):
        Remark.objects.bulk_create(
            Remark(application=application, event=event, **remark) for remark in remarks
        )
    if text:
        Opinion.objects.create(
            application=application,
            stage=stage,
            transition=rule.name,
            label=rule.label,
            text=text,
            signatory=data.get("signatory") or "",
            signed_on=data.get("signed_on") or timezone.localdate(event.at),
            user=user,
            created_at=event.at,
        )
    if target != stage:
        application.stage_entered_at = event.at
    application.stage = target
    application.revision += 1
    application.save(
        update_fields=[
            "stage",
            "stage_entered_at",
            "revision",
            "recommending_unit",
            "redirected_from",
            "return_deadline",
            "rank",
        ]
    )
    if target in EDITABLE and stage not in EDITABLE:
        _follow_unit(application)
    return event


def perform(application, name, user, *, revision=None, at=None, batch=None, **data):
    """Take one transition; return the application as it is afterwards.

    In one database transaction it locks the row, checks visibility, freshness (`revision`: that of
    the page that asks, as it was sent), stage, role, guards and needed data, writes the stage, the
    `Opinion`, the `Event` and the row's own effect (`move`), and enqueues the messages to whom it
    concerns (`notifications.LETTERS`).

    `data`: text or reason (the opinion), signatory, signed_on (date), deadline (datetime),
    remarks (list of dicts section, field, text and, about a file, evidence), truth_declared,
    arrived_at (when a submission reached the portal; now by default), explanation, to_unit (a
    `RecommendingUnit`), whole_unit, recommendation_list, correction (of the published list, to
    which the step belongs).

    `at` is the moment that all steps of a whole list share; now by default. `batch` is the name of
    an act on many applications at once: whoever acts next is then told once of all of them, by
    `tell_batch`, which the caller has to enqueue.

    Raises Refused with a sentence for the user; nothing is written then.
    """
    rule = TRANSITIONS[name]
    with database.atomic():
        current = locked(application.pk, user, unseen=rule.of_round)
        if current is None:
            raise Refused("没有找到该申报，可能已撤回或不属于您办理。")
        # Compared as text: nobody has to make a number of what a page sent.
        if revision is not None and str(revision) != str(current.revision):
            raise Refused(_refuse_stale(current, user))
        if rule.on_record:
            data |= rule.on_record(current)
        if sentence := refusal(current, name, user, data):
            raise Refused(sentence)
        for need in rule.needs:
            if not str(data.get(need) or "").strip():
                raise Refused(NEEDS[need])
        event = move(current, rule, user, at=at, batch=batch, **data)
        if not rule.moves:
            return current
        # The queue is a table: the worker sees the task when this transaction commits, and not
        # at all when it does not.
        tell.using(queue_name=queue_of(user)).enqueue(event.pk)
    return current
