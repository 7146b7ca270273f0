"""时间线: everything on record about one application in one list, for the page and its PDF.

As much of it as the user may read: `history.py` for events, opinions and remarks, the
permissions of `applications` and of `Attachment` for files; messages are the office's alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise

from django.db import models
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.files.evidence import FILE_EVENTS
from applications.form.definition import is_hidden
from applications.permissions import openable_files, privacy_for
from applications.rounds import EvidenceCategory
from applications.versions.comparison import changes, predecessors
from applications.versions.snapshot import as_submitted
from review.application_page.history import readable_events, readable_opinions
from review.permissions import CITY
from review.publicity.objections.models import ObjectionStep
from review.shared.attachments import Attachment

# How many fields an entry names before it counts the rest.
NAMED = 12


class Kind(models.TextChoices):
    """What an entry is about; the filter of the page."""

    STAGE = "stage", "阶段与意见"
    CONTENT = "content", "内容改动"
    FILES = "files", "材料"
    REVIEW = "review", "核验与评分"
    MESSAGES = "messages", "消息"


def kinds_for(user):
    """Return the kinds that the user's role reads at all."""
    return [kind for kind in Kind if kind != Kind.MESSAGES or user.role == Role.OFFICE]


@dataclass
class Entry:
    """One thing that happened.

    `facts` are (label, text) pairs, `files` (name, address, note) with "" for no address, `link`
    is (text, address) of a page with more, `more` a long text that a page folds away.
    """

    at: datetime
    kind: Kind
    title: str
    actor: str = ""
    move: str = ""
    text: str = ""
    facts: list = field(default_factory=list)
    files: list = field(default_factory=list)
    link: tuple = ()
    more: str = ""
    is_undone: bool = False


def entries_for(user, application, kinds=None):
    """Return the entries of a visible application that the user may read, oldest first.

    `kinds` are those wanted, all by default. The queries do not grow with what there is.
    """
    wanted = set(kinds_for(user)) & set(kinds or Kind)
    prefetch_related_objects([application], "events", "opinions", "submissions")
    events = list(application.events.all())
    submissions = list(application.submissions.all())
    returns = [each for each in events if each.action == "return"]
    prefetch_related_objects(returns, "remarks__evidence")
    steps = []
    if Kind.REVIEW in wanted and user.role in CITY:
        steps = _objection_steps(application)
    decided = {each.at for each in steps if each.outcome}
    # What was decided about an objection says more than the event of the decision.
    events = [each for each in events if each.action != "objection" or each.at not in decided]
    found = _from_events(user, application, events, submissions)
    if wanted & {Kind.CONTENT, Kind.FILES}:
        found += _from_submissions(user, application, submissions)
    if Kind.FILES in wanted:
        found += _from_attachments(user, application)
    found += _from_objections(steps)
    if Kind.MESSAGES in wanted:
        found += _from_messages(application)
    return sorted((each for each in found if each.kind in wanted), key=lambda each: each.at)


def title_of(application):
    """Return how the studio is called, as it was submitted: what is being changed is not."""
    submissions = list(application.submissions.all())
    if application.is_editable and submissions:
        return as_submitted(application, submissions[-1]).studio_title
    return application.studio_title


def by_day(entries):
    """Return entries, in whichever order, as (local date, entries of that day)."""
    return [
        (day, list(of_day))
        for day, of_day in groupby(entries, lambda entry: timezone.localdate(entry.at))
    ]


# --- Where the entries come from ---


def _from_events(user, application, events, submissions):
    opinions = {
        (each.transition, each.created_at): each for each in readable_opinions(user, application)
    }
    versions = {each.submitted_at: each for each in submissions}
    entries = []
    for event in reversed(readable_events(user, application, events, submissions)):
        entry = Entry(
            event.at,
            _kind_of(event),
            event.label,
            event.actor,
            text=event.note,
            is_undone=event.undoing is not None,
        )
        if event.to_stage:
            before = f"{event.get_from_stage_display()} → " if event.from_stage else ""
            entry.move = f"{before}{event.get_to_stage_display()}"
        if version := versions.get(event.at) if event.action == "submit" else None:
            entry.title = f"{event.label}{version}"
            entry.facts.append(("内容指纹", version.fingerprint))
        if opinion := opinions.get((event.action, event.at)):
            if opinion.signatory:
                signed = f"{opinion.signatory}　{opinion.signed_on:%Y-%m-%d}"
                entry.facts.append(("签署", signed))
            if opinion.reverted_at:
                entry.is_undone = True
        if names := event.data.get("inspectors") and _inspectors_for(user, event):
            entry.facts.append(("考察人员", names))
        for remark in event.given_remarks:
            entry.facts.append((remark.where, remark.text))
            if remark.answer and event.is_answered:
                entry.facts.append(("修改说明", remark.answer))
        entries.append(entry)
    return entries


def _kind_of(event):
    if event.to_stage:
        return Kind.STAGE
    return Kind.FILES if event.action in FILE_EVENTS else Kind.REVIEW


def _inspectors_for(user, event):
    """Who comes to a visit, for those who may know the experts' names."""
    return event.data["inspectors"] if user.role in CITY else ""


def _from_submissions(user, application, submissions):
    """What each version brought: the fields that it changed, and its new files."""
    privacy = privacy_for(user, application)
    openable = openable_files(user, application)
    earlier = predecessors(application.pk) if len(submissions) > 1 else {}
    read = [as_submitted(application, each) for each in submissions]
    entries = []
    for (since, before), (until, after) in pairwise(zip(submissions, read, strict=True)):
        changed = [
            each for each in changes(before, after, privacy, earlier) if not each.is_about_files
        ]
        labels = list(dict.fromkeys(each.label for each in changed))
        text = "、".join(labels[:NAMED])
        if len(labels) > NAMED:
            text += f"等 {len(labels)} 项"
        address = reverse("applications:compare", args=[application.pk])
        address += f"?from={since.version}&to={until.version}"
        entries.append(
            Entry(
                until.submitted_at,
                Kind.CONTENT,
                f"{until}较{since}改动 {len(changed)} 处",
                text=text,
                link=("对比这两版", address),
            )
        )
    known = set()
    for submission, content in zip(submissions, read, strict=True):
        rows = content.current_evidence()
        new = [row for row in rows if row.pk not in known and not is_hidden(row.category, privacy)]
        known |= {row.pk for row in rows}
        if new:
            entries.append(
                Entry(
                    submission.submitted_at,
                    Kind.FILES,
                    f"随{submission}提交材料 {len(new)} 份",
                    files=[
                        (
                            row.original_name,
                            row.get_absolute_url()
                            if openable is None or row.pk in openable
                            else "",
                            EvidenceCategory(row.category).label,
                        )
                        for row in new
                    ],
                )
            )
    return entries


def _from_attachments(user, application):
    """What reviewers, or the public, added: what was added by one person on one day is one."""
    attachments = (
        Attachment.objects.visible_to(user)
        .filter(application=application)
        .select_related("uploaded_by", "inspection_photo")
        .order_by("kind", "uploaded_by", "uploaded_at", "pk")
    )
    entries = []
    for (kind, _, _), group in groupby(attachments, _occasion):
        files = list(group)
        last = files[-1]
        entries.append(
            Entry(
                last.uploaded_at,
                Kind.FILES,
                f"{Attachment.Kind(kind).label} {len(files)} 份",
                last.uploaded_by.name if last.uploaded_by else "",
                files=[
                    (each.original_name, each.get_absolute_url(), _about(each)) for each in files
                ],
            )
        )
    return entries


def _occasion(attachment):
    return attachment.kind, attachment.uploaded_by_id, timezone.localdate(attachment.uploaded_at)


def _about(attachment):
    photo = getattr(attachment, "inspection_photo", None)
    if photo is None:
        return ""
    return photo.get_code_display() + ("，已移除" if photo.removed_at else "")


def _objection_steps(application):
    """Return the steps of every objection against it, in order."""
    steps = ObjectionStep.objects.filter(objection__application=application)
    return list(steps.select_related("objection", "by"))


def _from_objections(steps):
    """What was received without an account, and what was decided about it.

    Who objected stays inside the office and the bureau. What else the office did are events.
    """
    entries, answered = [], set()
    for step in steps:
        objection = step.objection
        if step.kind == ObjectionStep.Kind.RECEIVED and step.by is None:
            entries.append(
                Entry(step.at, Kind.REVIEW, "收到异议", objection.raiser, text=objection.text)
            )
        elif step.outcome:
            is_correction = step.objection_id in answered
            entries.append(
                Entry(
                    step.at,
                    Kind.REVIEW,
                    "更正异议答复" if is_correction else f"异议{step.get_kind_display()}",
                    step.by.name if step.by else "",
                    text=step.text,
                    facts=[
                        ("受理号", objection.number or "—"),
                        ("处理结论", step.get_outcome_display()),
                    ],
                )
            )
            answered.add(step.objection_id)
    return entries


def _from_messages(application):
    """What was told, to whom: one entry for all who were told the same thing."""
    messages = (
        application.messages.select_related(
            "recipient__applying_unit", "recipient__recommending_unit"
        )
        .defer("last_error")
        .order_by("key", "pk")
    )
    entries = []
    for _, group in groupby(messages, lambda each: each.key):
        told = list(group)
        # The two sides may be told the same event in different words.
        for subject in dict.fromkeys(each.subject for each in told):
            same = [each for each in told if each.subject == subject]
            people = "、".join(
                f"{each.recipient.unit_name or each.recipient.get_role_display()} "
                f"{each.recipient.name}"
                for each in same
            )
            unread = sum(each.read_at is None for each in same)
            failed = sum(each.is_given_up for each in same)
            state = "全部已读" if not unread else f"{len(same)} 人中 {unread} 人未读"
            state += f"，{failed} 人的邮件未能发出" if failed else ""
            entries.append(
                Entry(
                    same[0].created_at,
                    Kind.MESSAGES,
                    subject.split("：", 1)[-1],
                    facts=[("发给", people), ("阅读", state)],
                    more=same[0].text,
                )
            )
    return entries
