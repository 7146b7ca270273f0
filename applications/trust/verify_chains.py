"""Whether what is on record was rewritten: chains, stages, submissions and opinions.

Everything is read as a stream, chain by chain: memory does not grow with the records.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby, islice

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from accounts.audit import AuditEntry
from accounts.chains import canonical, missing_triggers, sm3
from applications.models import Application, Event, Opinion, Submission
from applications.stages import Stage
from applications.versions.snapshot import fingerprint, opened
from applications.workflow.events import REVERT, SUBMIT, kind_of

FORMAT = 1
CHUNK = 2000
# So many applications' submissions are read at once: their snapshots are wide.
BATCH = 50


@dataclass(frozen=True)
class Finding:
    """The first thing wrong with one chain: what it is about, at which place in it (or 0)."""

    about: str
    sequence: int
    problem: str

    def __str__(self):
        place = f"第 {self.sequence} 条，" if self.sequence else ""
        return f"{self.about}：{place}{self.problem}"


@dataclass
class Result:
    """What a verification found: how many of what were read (label → number), what is wrong."""

    counts: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)

    def find(self, about, sequence, problem):
        """Note something wrong."""
        self.findings.append(Finding(about, sequence, problem))

    def count(self, label, number=1):
        """Note how much of something was read."""
        self.counts[label] = self.counts.get(label, 0) + number


# --- Heads of chains ------------------------------------------------------------------------------


def heads_of(round):
    """Return the present heads of a round's chains, and of the log's, as JSON-ready data.

    Of each application with any event its key, number, number of events and last digest; of each
    account with any line in the log its key (None: nobody), number of lines and last digest.
    """
    last = Event.objects.filter(application=OuterRef("pk")).order_by("-sequence")
    rows = (
        Application.objects.filter(round=round)
        .annotate(last=Subquery(last.values("sequence")[:1]))
        .filter(last__isnull=False)
        .annotate(head=Subquery(last.values("digest")[:1]))
        .order_by("pk")
        .values_list("pk", "number", "last", "head")
    )
    later = AuditEntry.objects.filter(user=OuterRef("user"), sequence__gt=OuterRef("sequence"))
    lines = AuditEntry.objects.order_by("user").filter(~Exists(later), user__isnull=False)
    nobody = AuditEntry.objects.filter(user=None).order_by("-sequence")[:1]
    return {
        "format": FORMAT,
        "round": round.title,
        "year": round.year,
        "applications": [
            {"key": key, "number": number, "events": count, "digest": digest}
            for key, number, count, digest in rows
        ],
        "log": [
            {"account": account, "lines": count, "digest": digest}
            for found in (nobody, lines)
            for account, count, digest in found.values_list("user", "sequence", "digest")
        ],
    }


class Heads:
    """Heads exported earlier, which have to be found again: by chain and place the digests."""

    def __init__(self):
        self.events = defaultdict(lambda: defaultdict(set))
        self.lines = defaultdict(lambda: defaultdict(set))
        self.numbers = {}

    def add(self, content):
        """Add one export (`heads_of`); raises ValueError for what is none."""
        try:
            if content["format"] != FORMAT:
                raise ValueError("another format")
            for row in content["applications"]:
                self.events[row["key"]][row["events"]].add(row["digest"])
                self.numbers[row["key"]] = row["number"]
            for row in content["log"]:
                self.lines[row["account"]][row["lines"]].add(row["digest"])
        except (KeyError, TypeError) as error:
            raise ValueError("no export of chain heads") from error


def _first_broken(records, heads):
    """Return (sequence, words) of the first thing wrong with a chain, or None; reads all of it.

    `heads` are digests that have to be found, by their place.
    """
    last = found = None
    for record in records:
        if found is None:
            found = record.broken(last)
        if found is None and heads.get(record.sequence, {record.digest}) != {record.digest}:
            found = record.sequence, "与以前导出的链头不符，该条或以前的记录已被改写"
        last = record.sequence, record.digest
    there = last[0] if last else 0
    if found is None and (exported := max(heads, default=0)) > there:
        found = there + 1, f"缺少末尾的记录：导出时有 {exported} 条，现有 {there} 条"
    return found


# --- Events ---------------------------------------------------------------------------------------


class _Moves:
    """Where an application's events say that it stands, and the first of them that does not fit."""

    def __init__(self):
        self.count, self.stage, self.sources, self.problem = 0, None, {}, None
        self.application = None

    def along(self, events):
        """Yield the events on, having looked at them."""
        for event in events:
            self.count, self.application = self.count + 1, event.application
            if event.to_stage:
                self.problem = self.problem or self._misfit(event)
                self.stage = event.to_stage
                self.sources[event.pk] = event.from_stage
            yield event

    def _misfit(self, event):
        if self.stage is not None and event.from_stage != self.stage:
            return event.sequence, "与前一步所到的阶段不相接"
        if kind_of(event) == REVERT and self.sources.get(_said(event, "undone")) != event.to_stage:
            return event.sequence, "与所撤销的步骤不符"
        return None

    def misplaced(self):
        """Return (0, words) when the application is not where its moves have led, or None."""
        led = self.stage or Stage.DRAFT
        if self.application.stage == led:
            return None
        is_at = self.application.get_stage_display()
        return 0, f"当前阶段为“{is_at}”，而最后一步到的是“{dict(Stage.choices).get(led, led)}”"


def _said(event, name):
    """Return what an event's data hold under a name, or None; somebody may have changed them."""
    return event.data.get(name) if isinstance(event.data, dict) else None


def check_events(result, heads):
    """Check the chain of each application, and that its stage is where its moves have led."""
    events = (
        Event.objects.order_by("application_id", "sequence")
        .select_related("application")
        .only(*_columns(Event), "digest", "application__number", "application__stage")
    )
    seen = set()
    stream = events.iterator(chunk_size=CHUNK)
    for key, group in groupby(stream, lambda event: event.application_id):
        moves = _Moves()
        found = _first_broken(moves.along(group), heads.events.get(key, {}))
        if found := found or moves.problem or moves.misplaced():
            result.find(_called(key, moves.application.number), *found)
        result.count("申报")
        result.count("事件", moves.count)
        if key in heads.events:
            seen.add(key)
    for key in sorted(set(heads.events) - seen):
        count = max(heads.events[key])
        result.find(_called(key, heads.numbers[key]), 1, f"全部事件已不存在，导出时有 {count} 条")
    owner = Application.objects.filter(pk=OuterRef("application_id"))
    lost = Event.objects.filter(~Exists(owner)).order_by("application_id")
    for key in lost.values_list("application_id", flat=True).distinct():
        result.find(_called(key, None), 1, "有事件而申报已不存在")
    without = Application.objects.filter(~Exists(Event.objects.filter(application=OuterRef("pk"))))
    for key, number in without.exclude(stage=Stage.DRAFT).values_list("pk", "number"):
        if key not in heads.events:
            result.find(_called(key, number), 1, "已不是填报中，却没有任何事件")


def _called(key, number):
    return number or f"未编号申报 {key}"


def _columns(model):
    """The columns that go into a record's digest."""
    return [name.replace("origin", "address") for name in model.SEALED]


def check_log(result, heads):
    """Check the chain of each account's lines in the log."""
    lines = AuditEntry.objects.order_by("user_id", "sequence").only(*_columns(AuditEntry), "digest")
    seen, counted = set(), _counting(result, "操作日志", lines.iterator(chunk_size=CHUNK))
    for key, group in groupby(counted, lambda line: line.user_id):
        seen.add(key)
        if found := _first_broken(group, heads.lines.get(key, {})):
            result.find(_account(key), *found)
    for key in set(heads.lines) - seen:
        count = max(heads.lines[key])
        result.find(_account(key), 1, f"全部记录已不存在，导出时有 {count} 条")


def _account(key):
    return f"操作日志（账号 {key}）" if key else "操作日志（无账号）"


def _counting(result, label, records):
    for record in records:
        result.count(label)
        yield record


# --- What the events vouch for --------------------------------------------------------------------


def check_submissions(result):
    """Check each version's fingerprint against its content, and both against its event."""
    keys = Application.objects.order_by("pk").values_list("pk", "number").iterator(CHUNK)
    submits = Event.objects.filter(action=SUBMIT.name)
    while batch := dict(islice(keys, BATCH)):
        # What an event says may have been changed to anything: compared as text.
        events = {
            (event.application_id, str(_said(event, "version"))): event
            for event in submits.filter(application__in=batch)
        }
        # What retention has erased cannot be compared any more; the log says of what it has.
        called = {_called(key, number) for key, number in batch.items()}
        erasures = AuditEntry.objects.filter(kind=AuditEntry.Kind.ERASE, subject__in=called)
        erased = set(erasures.values_list("subject", flat=True))
        for submission in Submission.objects.filter(application__in=batch).order_by("pk"):
            result.count("提交版本")
            about = _called(submission.application_id, batch[submission.application_id])
            event = events.pop((submission.application_id, str(submission.version)), None)
            # Submitted since the events were read: looked for once more.
            of_this = submits.filter(
                application=submission.application_id, at=submission.submitted_at
            )
            if event is None and (event := of_this.first()) is None:
                result.find(about, 0, f"第 {submission.version} 版没有提交事件")
            elif submission.erased_at and about not in erased:
                problem = "标为已清除，操作日志却没有清除记录"
                result.find(about, event.sequence, f"第 {submission.version} 版{problem}")
            elif problem := _changed(submission, event):
                result.find(about, event.sequence, f"第 {submission.version} 版{problem}")
        for (key, version), event in events.items():
            problem = f"所提交的第 {version} 版已不存在"
            result.find(_called(key, batch[key]), event.sequence, problem)


def _changed(submission, event):
    """Return how a submission is not what its event says, or None."""
    if submission.version != _said(event, "version"):
        return "的版本号与提交事件不符"
    if submission.fingerprint != _said(event, "fingerprint"):
        return "的指纹与提交事件不符"
    if submission.erased_at:
        return None
    try:
        is_same = submission.fingerprint == fingerprint(opened(submission.content))
        files = sm3(canonical(submission.content["evidence"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "的内容无法读取"
    if not is_same:
        return "的内容与指纹不符，已被改动"
    return None if files == _said(event, "files") else "的材料清单与提交事件不符"


def check_opinions(result):
    """Check that each opinion is in the words of an event of its own."""
    opinions = Opinion.objects.all()
    said = Event.objects.filter(
        application=OuterRef("application"),
        at=OuterRef("created_at"),
        action=OuterRef("transition"),
        user=OuterRef("user"),
        note__contains=OuterRef("text"),
    )
    result.count("意见", opinions.count())
    changed = opinions.filter(~Exists(said)).order_by("application", "pk")
    for key, number, label in changed.values_list(
        "application", "application__number", "label"
    ).iterator(CHUNK):
        result.find(_called(key, number), 0, f"意见“{label}”与事件不符，或没有事件")


def check_triggers(result, models=(Event, AuditEntry)):
    """Check that the database still refuses to change and to remove records of these models."""
    for model in models:
        if missing := missing_triggers(connection, model):
            label = model._meta.verbose_name
            result.find(label, 0, f"数据库触发器缺失或已停用，共 {len(missing)} 个")


def verify(heads=None):
    """Check everything; return the `Result`. `heads` are `Heads` exported earlier."""
    heads, result = heads or Heads(), Result()
    check_triggers(result)
    check_events(result, heads)
    check_submissions(result)
    check_opinions(result)
    check_log(result, heads)
    return result
