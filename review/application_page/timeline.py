"""时间线: everything on record about one application in one list, for the page and its PDF.

As much of it as the user may read: `history.py` for events, opinions and remarks, the
permissions of `applications` and of `Attachment` for files; messages are the office's alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.form.definition import is_hidden
from applications.permissions import openable_files, privacy_for
from applications.rounds import EvidenceCategory
from applications.versions.comparison import changes, predecessors
from applications.versions.snapshot import as_submitted
from applications.workflow.events import ENTER_OBJECTION, RETURN, SUBMIT, Topic, kind_of
from review.application_page.history import readable_events, readable_opinions
from review.permissions import CITY
from review.publicity.objections.models import ObjectionStep
from review.shared.attachments import Attachment

# How many fields an entry names before it counts the rest.
NAMED = 12


def topics_for(user):
    """Return the topics that the user's role reads at all."""
    return [topic for topic in Topic if topic != Topic.MESSAGES or user.role == Role.OFFICE]


@dataclass
class Entry:
    """One thing that happened.

    `facts` are (label, text) pairs, `files` (name, address, note) with "" for no address, `link`
    is (text, address) of a page with more, `more` a long text that a page folds away.
    """

    at: datetime
    topic: Topic
    title: str
    actor: str = ""
    move: str = ""
    text: str = ""
    facts: list = field(default_factory=list)
    files: list = field(default_factory=list)
    link: tuple = ()
    more: str = ""
    is_undone: bool = False


def entries_for(user, application, topics=None):
    """Return the entries of a visible application that the user may read, oldest first.

    `topics` are those wanted, all by default. The queries do not grow with what there is.
    """
    wanted = set(topics_for(user)) & set(topics or Topic)
    prefetch_related_objects([application], "events", "opinions", "submissions")
    events = list(application.events.all())
    submissions = list(application.submissions.all())
    returns = [event for event in events if kind_of(event) == RETURN]
    prefetch_related_objects(returns, "remarks__evidence")
    steps = []
    if Topic.REVIEW in wanted and user.role in CITY:
        steps = _objection_steps(application)
    # The step in which an objection was decided says more than the event of that decision.
    decided = {step.at for step in steps if step.outcome}
    events = [
        event for event in events if kind_of(event) != ENTER_OBJECTION or event.at not in decided
    ]
    entries = _from_events(user, application, events, submissions)
    if wanted & {Topic.CONTENT, Topic.FILES}:
        entries += _from_submissions(user, application, submissions)
    if Topic.FILES in wanted:
        entries += _from_attachments(user, application)
    entries += _from_objections(steps)
    if Topic.MESSAGES in wanted:
        entries += _from_messages(application)
    entries = [entry for entry in entries if entry.topic in wanted]
    return sorted(entries, key=lambda entry: entry.at)


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
        (opinion.transition, opinion.created_at): opinion
        for opinion in readable_opinions(user, application)
    }
    versions = {submission.submitted_at: submission for submission in submissions}
    entries = []
    for event in reversed(readable_events(user, application, events, submissions)):
        entry = Entry(
            event.at,
            kind_of(event).topic,
            event.label,
            event.actor,
            text=event.note,
            is_undone=event.undoing is not None,
        )
        if event.to_stage:
            before = f"{event.get_from_stage_display()} → " if event.from_stage else ""
            entry.move = f"{before}{event.get_to_stage_display()}"
        if version := versions.get(event.at) if kind_of(event) == SUBMIT else None:
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


def _inspectors_for(user, event):
    """Who comes to a visit, for those who may know the experts' names."""
    return event.data["inspectors"] if user.role in CITY else ""


def _from_submissions(user, application, submissions):
    """Return the entries of each version: the fields that it changed, and its new files."""
    privacy = privacy_for(user, application)
    openable = openable_files(user, application)
    earlier = predecessors(application.pk) if len(submissions) > 1 else {}
    contents = [as_submitted(application, submission) for submission in submissions]
    entries = []
    for (since, before), (until, after) in pairwise(zip(submissions, contents, strict=True)):
        changed = [
            change
            for change in changes(before, after, privacy, earlier)
            if not change.is_about_files
        ]
        labels = list(dict.fromkeys(change.label for change in changed))
        text = "、".join(labels[:NAMED])
        if len(labels) > NAMED:
            text += f"等 {len(labels)} 项"
        address = reverse("applications:compare", args=[application.pk])
        address += f"?from={since.version}&to={until.version}"
        entries.append(
            Entry(
                until.submitted_at,
                Topic.CONTENT,
                f"{until}较{since}改动 {len(changed)} 处",
                text=text,
                link=("对比这两版", address),
            )
        )
    earlier_files = set()
    for submission, content in zip(submissions, contents, strict=True):
        rows = content.current_evidence()
        new = [
            row
            for row in rows
            if row.pk not in earlier_files and not is_hidden(row.category, privacy)
        ]
        earlier_files |= {row.pk for row in rows}
        if new:
            entries.append(
                Entry(
                    submission.submitted_at,
                    Topic.FILES,
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
    """Return the entries of attachments; those of one kind, person and day are one entry."""
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
                Topic.FILES,
                f"{Attachment.Kind(kind).label} {len(files)} 份",
                last.uploaded_by.name if last.uploaded_by else "",
                files=[
                    (file.original_name, file.get_absolute_url(), _about(file)) for file in files
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
    """Return the entries of objections that the public raised, and of every decision about one.

    Only the office and the bureau read them. The office's other steps are events.
    """
    entries, answered = [], set()
    for step in steps:
        objection = step.objection
        if step.kind == ObjectionStep.Kind.RECEIVED and step.by is None:
            entries.append(
                Entry(step.at, Topic.REVIEW, "收到异议", objection.raiser, text=objection.text)
            )
        elif step.outcome:
            is_correction = step.objection_id in answered
            entries.append(
                Entry(
                    step.at,
                    Topic.REVIEW,
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
    """Return the entries of messages: one for all people who were told the same words."""
    messages = (
        application.messages.select_related(
            "recipient__applying_unit", "recipient__recommending_unit"
        )
        .defer("last_error")
        .order_by("key", "pk")
    )
    entries = []
    for _, group in groupby(messages, lambda message: message.key):
        of_event = list(group)
        # The two sides may be told the same event in different words.
        for subject in dict.fromkeys(message.subject for message in of_event):
            same = [message for message in of_event if message.subject == subject]
            people = "、".join(
                f"{message.recipient.unit_name or message.recipient.get_role_display()} "
                f"{message.recipient.name}"
                for message in same
            )
            unread = sum(message.read_at is None for message in same)
            failed = sum(message.is_given_up for message in same)
            state = "全部已读" if not unread else f"{len(same)} 人中 {unread} 人未读"
            state += f"，{failed} 人的邮件未能发出" if failed else ""
            entries.append(
                Entry(
                    same[0].created_at,
                    Topic.MESSAGES,
                    subject.split("：", 1)[-1],
                    facts=[("发给", people), ("阅读", state)],
                    more=same[0].text,
                )
            )
    return entries
