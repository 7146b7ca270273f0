"""How far each section of a draft is: the applicant's task list."""

from dataclasses import dataclass

from django.urls import reverse

from applications.form.completeness import grouped, is_filled, problems
from applications.form.definition import SECTIONS, Section
from applications.models import Application
from applications.rounds import EvidenceCategory
from applications.versions.snapshot import CONTENT

STATES = {
    "todo": "未开始",
    "doing": "进行中",
    "done": "已完成",
    "optional": "选填",
    "correct": "需修改",
}


def with_content(queryset):
    """Return applications with all that the checks, the pages and the exports read of them."""
    return queryset.select_related("round").prefetch_related(
        *CONTENT, "round__evidence_requirements"
    )


@dataclass(frozen=True)
class Progress:
    """One line of the task list."""

    application: Application
    section: Section
    url: str
    state: str
    problems: list
    asked: list  # what a return asks of it, as long as that is not answered (`remark_lines`)

    @property
    def label(self):
        return STATES[self.state]

    @property
    def missing(self):
        """How many things are still to be mended."""
        return len(self.problems)

    @property
    def is_finished(self):
        """Whether nothing is left to do in it."""
        return not self.problems and self.state != "correct"

    @property
    def links(self):
        """What is to be mended as (sentence, address of the very field)."""
        return grouped(self.problems, self.application)


def progress(application, remarks=()):
    """Return a `Progress` for each section; `remarks` are the `remark_lines` of the last return."""
    all_problems = problems(application)
    lines = []
    for section in SECTIONS:
        own = [problem for problem in all_problems if problem.section == section.key]
        asked = [line for line in remarks if line["section"] == section.key and not line["answer"]]
        url = reverse("applications:section", args=[application.pk, section.key])
        state = "correct" if asked else _state(application, section, own)
        lines.append(Progress(application, section, url, state, own, asked))
    return lines


def states_of(lines):
    """Return {section: [state, label]}, as scripts write it into the list of sections."""
    return {line.section.key: [line.state, line.label] for line in lines}


def next_step(lines, after=None):
    """Return (label, address) of what an applicant does next, given the lines of the task list.

    With `after`, a `Section`: what comes behind it.
    """
    application = lines[0].application
    at = [line.section for line in lines].index(after) + 1 if after else 0
    to_fill = [line for line in lines[at:] if line.problems and line.section.rows != "stamp"]
    to_correct = [line for line in lines[at:] if line.asked]
    if to_fill:
        return "继续填写", to_fill[0].links[0][1]
    if to_correct:
        return "按要求修改", to_correct[0].asked[0]["url"]
    if lines[-1].problems:
        return "打印盖章", lines[-1].url
    return "检查并提交", reverse("applications:submit", args=[application.pk])


def _state(application, section, own):
    names = section.fields_for(application.host_kind)
    started = any(is_filled(application, name) for name in names)
    if section.rows in {"evidence", "stamp"}:
        started = any(
            (row.category == EvidenceCategory.STAMPED) == (section.rows == "stamp")
            for row in application.current_evidence()
        )
    elif section.rows:
        started = started or bool(getattr(application, section.rows).all())
    if own:
        return "doing" if started else "todo"
    return "done" if started else "optional"
