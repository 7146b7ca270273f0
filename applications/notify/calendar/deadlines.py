"""A deadline as a calendar holds it: what is due and when, and which application by its number.

No names and no place: a calendar is read on telephones and by the servers of others.
"""

import datetime
from dataclasses import asdict, dataclass

from django.urls import reverse

from applications.stages import Stage

# What an applicant has to do until a stage's own deadline.
OWN = {Stage.DRAFT: "申报截止，尚未提交", Stage.RETURNED: "修改期限，尚未重新提交"}


@dataclass(frozen=True)
class Deadline:
    """One entry: `what` makes its UID, the same as long as it is the same work; `path` leads there.

    `is_visit` says that it is an appointment.
    """

    what: str
    label: str
    at: datetime.datetime
    path: str
    number: str = ""
    is_visit: bool = False

    @property
    def title(self):
        """What the calendar shows."""
        return f"{self.label}（{self.number}）" if self.number else self.label

    @property
    def as_json(self):
        """Return it as JSON holds it; `read_deadline` reads that."""
        return {**asdict(self), "at": self.at.isoformat()}


def read_deadline(saved):
    """Return the `Deadline` that `as_json` made."""
    return Deadline(**{**saved, "at": datetime.datetime.fromisoformat(saved["at"])})


def own_deadline(application):
    """Return the applicant's deadline of a draft or a correction; None of anything else.

    Reads the round. A correction that is extended stays the same entry, another return is another.
    """
    if application.stage not in OWN:
        return None
    entered = f"{application.stage_entered_at.astimezone(datetime.UTC):%Y%m%d%H%M%S}"
    return Deadline(
        f"application-{application.pk}-{entered}",
        OWN[application.stage],
        application.due_at,
        reverse("applications:overview", args=[application.pk]),
        application.number or "",
    )


def report_deadline(round_pk, at):
    """Return a recommending unit's deadline of a round's list."""
    path = f"{reverse('review:queue')}?round={round_pk}"
    return Deadline(f"report-{round_pk}", "推荐单位上报截止", at, path)


def score_deadline(round_):
    """Return an expert's deadline of a round; None while it has none."""
    if round_.review_deadline is None:
        return None
    path = reverse("review:desks")
    return Deadline(f"score-{round_.pk}", "专家评分截止", round_.review_deadline, path)
