"""The stages of an application: names, owners and the notice's seven steps."""

from django.db import models

from accounts.roles import Role


class Stage(models.TextChoices):
    """Where an application stands; the label is the name for staff (design.md section 3)."""

    DRAFT = "DRAFT", "填报中"
    DISCARDED = "DISCARDED", "已放弃"
    LAPSED = "LAPSED", "逾期未提交"
    RETURNED = "RETURNED", "退回修改"
    RECOMMENDING = "RECOMMENDING", "推荐单位审核"
    REDIRECTING = "REDIRECTING", "转交中"
    RECOMMENDED = "RECOMMENDED", "待上报"
    NOT_RECOMMENDED = "NOT_RECOMMENDED", "不予推荐"
    QUALIFYING = "QUALIFYING", "资格审查"
    DISQUALIFIED = "DISQUALIFIED", "资格审查不通过"
    PANEL = "PANEL", "专家评审"
    INSPECTING = "INSPECTING", "实地考察"
    PUBLICITY = "PUBLICITY", "公示"
    APPROVING = "APPROVING", "审定"
    COUNTERSIGNING = "COUNTERSIGNING", "财政会签"
    AWARDED = "AWARDED", "入选"
    NOT_SELECTED = "NOT_SELECTED", "未入选"
    CLOSED = "CLOSED", "批次结束未办结"

    @property
    def owner(self):
        """The one role that an application in this stage waits for, or that ended it."""
        return OWNERS[self]

    @property
    def public_label(self):
        """The name that the applicant sees, vaguer where the review is confidential."""
        return PUBLIC_LABELS.get(self, self.label)


OWNERS = {
    Stage.DRAFT: Role.APPLICANT,
    Stage.DISCARDED: Role.APPLICANT,
    Stage.LAPSED: Role.APPLICANT,
    Stage.RETURNED: Role.APPLICANT,
    Stage.RECOMMENDING: Role.RECOMMENDER,
    Stage.REDIRECTING: Role.RECOMMENDER,
    Stage.RECOMMENDED: Role.RECOMMENDER,
    Stage.NOT_RECOMMENDED: Role.RECOMMENDER,
    Stage.QUALIFYING: Role.OFFICE,
    Stage.DISQUALIFIED: Role.OFFICE,
    Stage.PANEL: Role.EXPERT,
    Stage.INSPECTING: Role.OFFICE,
    Stage.PUBLICITY: Role.OFFICE,
    Stage.APPROVING: Role.BUREAU,
    Stage.COUNTERSIGNING: Role.FINANCE,
    Stage.AWARDED: Role.BUREAU,
    Stage.NOT_SELECTED: Role.OFFICE,
    Stage.CLOSED: Role.OFFICE,
}

PUBLIC_LABELS = {
    Stage.REDIRECTING: "推荐单位审核",
    Stage.RECOMMENDED: "已同意推荐，待上报",
    Stage.PANEL: "评审中",
    Stage.INSPECTING: "评审中",
    Stage.COUNTERSIGNING: "审定",
}

EDITABLE = (Stage.DRAFT, Stage.RETURNED)
# What an applicant learns only with the publication of the results.
RESULTS = (Stage.AWARDED, Stage.NOT_SELECTED)
ENDED = (
    Stage.DISCARDED,
    Stage.LAPSED,
    Stage.NOT_RECOMMENDED,
    Stage.DISQUALIFIED,
    Stage.AWARDED,
    Stage.NOT_SELECTED,
    Stage.CLOSED,
)
# What exists for its own unit alone.
PRIVATE = (Stage.DRAFT, Stage.DISCARDED, Stage.LAPSED)
# What an application may come to from any step: the step before says how far it came.
ENDED_ANYWHERE = (Stage.NOT_SELECTED, Stage.CLOSED)

# What an expert may see: everything from the panel on.
FROM_PANEL = (
    Stage.PANEL,
    Stage.INSPECTING,
    Stage.PUBLICITY,
    Stage.APPROVING,
    Stage.COUNTERSIGNING,
    Stage.AWARDED,
    Stage.NOT_SELECTED,
)

# What takes one of the round's places: proposed by its panel, and not turned down since.
SELECTED = FROM_PANEL[1:-1]

# The bureau has approved it, whether it is countersigned or not.
APPROVED = (Stage.COUNTERSIGNING, Stage.AWARDED)

# Reported, and still on the way to a result.
UNDECIDED = (
    Stage.QUALIFYING,
    Stage.PANEL,
    Stage.INSPECTING,
    Stage.PUBLICITY,
    Stage.APPROVING,
    Stage.COUNTERSIGNING,
)

# The notice's seven steps (section 二), each with the stages that belong to it.
STEPS = (
    ("申报", (Stage.DRAFT, Stage.RETURNED, Stage.DISCARDED, Stage.LAPSED)),
    (
        "推荐单位审核",
        (Stage.RECOMMENDING, Stage.REDIRECTING, Stage.RECOMMENDED, Stage.NOT_RECOMMENDED),
    ),
    ("资格审查", (Stage.QUALIFYING, Stage.DISQUALIFIED)),
    ("专家评审", (Stage.PANEL,)),
    ("实地考察", (Stage.INSPECTING,)),
    ("公示", (Stage.PUBLICITY,)),
    (
        "审定公布",
        (Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED, Stage.NOT_SELECTED, Stage.CLOSED),
    ),
)


def public_stage(stage, results_are_public):
    """Return the stage as the applicant may know it.

    Stages with the same public name are one; a result is 审定 until it is published.
    """
    stage = Stage(stage)
    if stage in RESULTS and not results_are_public:
        stage = Stage.APPROVING
    return next(each for each in Stage if each.public_label == stage.public_label)


def steps_of(stage, reached):
    """Return the stage rail: a list of dicts with label, state (done/now/next) and date.

    `reached` maps each stage entered so far, and not undone, to the datetime of its first entry.
    An application that was not selected, or that the end of its round ended, stops at the last step
    that it reached.
    """
    last = next(index for index, (_, stages) in enumerate(STEPS) if stage in stages)
    if stage in ENDED_ANYWHERE:
        last = max(
            (
                index
                for index, (_, stages) in enumerate(STEPS)
                if any(reached.get(each) for each in stages if each not in ENDED_ANYWHERE)
            ),
            default=0,
        )
    steps = []
    for index, (label, stages) in enumerate(STEPS):
        if index < last or (index == last and stage is Stage.AWARDED):
            state = "done"
        else:
            state = "now" if index == last else "next"
        dates = [reached[each] for each in stages if reached.get(each)]
        date = min(dates) if dates and index <= last else None
        steps.append({"label": label, "state": state, "date": date})
    return steps
