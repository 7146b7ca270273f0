"""How an application comes to each stage: once, and computed from the table of transitions.

The table (`applications.workflow.table`) says who may take which step from which stage, and where
it leads. Here stands what it cannot say: what must be on record before a step is taken, who puts it
there, and what they write. The demo types it into forms, the bench writes it in bulk, the tests
save it as rows, one test types it into a browser, and the whole round sends it to addresses; what
has to be there, in which order and by whom, all of them read here.
"""

import datetime
from collections import deque
from dataclasses import dataclass
from enum import StrEnum, auto

from accounts.roles import Role
from applications.stages import Stage
from applications.workflow.ledger_codes import Check
from applications.workflow.table import TABLE, TRANSITIONS, Transition

DAY = datetime.timedelta(days=1)


class Record(StrEnum):
    """What the guards of a step find on record, in the order of the procedure."""

    STAMPED_FORM = auto()  # 附件2 printed, and the scan of the stamped paper
    LEDGER = auto()  # the recommending unit's checks; originals and awards compared
    LIST = auto()  # 附件1 ranked, with who filled it in, and the scan of the stamped paper
    ELIGIBILITY = auto()  # every condition judged as met
    PANEL = auto()  # assigned to one, with alternates for those who are recused
    SEATS = auto()  # its experts signed in, without interest in the application, and pledged
    SCORES = auto()  # every score sheet submitted
    FIT_VISIT = auto()  # the record of an inspection that was passed
    UNFIT_VISIT = auto()  # the record of one that was not
    NOTICE = auto()  # a public notice whose period is over
    UPHELD_OBJECTION = auto()  # raised during the notice, and found to be true
    DEADLINES = auto()  # the round's deadlines are past
    EDITION = auto()  # the round's results are published


# Who puts it there; deadlines pass by themselves, and anybody may object.
KEEPERS = {
    Record.STAMPED_FORM: Role.APPLICANT,
    Record.LEDGER: Role.RECOMMENDER,
    Record.LIST: Role.RECOMMENDER,
    Record.ELIGIBILITY: Role.OFFICE,
    Record.PANEL: Role.OFFICE,
    Record.SEATS: Role.EXPERT,
    Record.SCORES: Role.EXPERT,
    Record.FIT_VISIT: Role.OFFICE,
    Record.UNFIT_VISIT: Role.OFFICE,
    Record.NOTICE: Role.OFFICE,
    Record.UPHELD_OBJECTION: Role.OFFICE,
    Record.EDITION: Role.OFFICE,
}
# What a step needs besides what it is given itself; the others need nothing.
BEFORE = {
    "submit": (Record.STAMPED_FORM,),
    "recommend": (Record.LEDGER,),
    "report": (Record.LIST,),
    "qualify": (Record.ELIGIBILITY, Record.PANEL),
    "conclude_for": (Record.SEATS, Record.SCORES),
    "conclude_against": (Record.SEATS, Record.SCORES),
    "pass_inspection": (Record.FIT_VISIT,),
    "fail_inspection": (Record.UNFIT_VISIT,),
    "clear": (Record.NOTICE,),
    "uphold": (Record.NOTICE, Record.UPHELD_OBJECTION),
    "lapse": (Record.DEADLINES,),
    "close": (Record.DEADLINES,),
    "strike": (Record.EDITION,),
    "add": (Record.EDITION,),
}
# Steps that another must have taken before: the office lengthens only the time that it gave itself.
AFTER = {"extend_by_office": ("report", "return")}
# Why no way takes these: the table names no stage that they lead to.
NO_WAY = {
    "revert": "leads back to where the last step came from",
    "agree_to_undo": "moves nothing",
}


@dataclass(frozen=True)
class Step:
    """One transition on a way, taken from `source`."""

    source: Stage
    rule: Transition

    @property
    def name(self):
        return self.rule.name

    @property
    def target(self):
        return self.rule.target

    @property
    def owner(self):
        """The role that takes it."""
        return self.rule.sources[self.source]

    @property
    def records(self):
        """What must be on record before, in order, as a tuple of `Record`."""
        return BEFORE.get(self.name, ())


def way_to(stage, *via):
    """Return the shortest way from a new draft to a stage, as a tuple of `Step`.

    `via` names transitions that it takes in this order, and what they need before them. A step of
    the whole round is taken where nothing else leads, or where `via` names it.
    Raises ValueError where there is no such way.
    """
    names = [name for last in via for name in (*AFTER.get(last, ()), last)]
    one_by_one = [rule for rule in TABLE if not rule.of_round or rule.name in names]
    for rules in (one_by_one, TABLE):
        way = _shortest(stage, names, [rule for rule in rules if rule.name not in NO_WAY])
        if way is not None:
            return way
    raise ValueError(f"no way to {stage} via {names}")


def _shortest(stage, names, rules):
    start = (Stage.DRAFT, 0)  # where it stands, and how many of `names` are behind it
    ways = {start: ()}
    waiting = deque([start])
    while waiting:
        here, behind = place = waiting.popleft()
        if here == stage and behind == len(names):
            return ways[place]
        for rule in rules:
            if here in rule.sources:
                is_next = behind < len(names) and rule.name == names[behind]
                target = (rule.target, behind + is_next)
                if target not in ways:
                    ways[target] = (*ways[place], Step(here, rule))
                    waiting.append(target)
    return None


def names_to(stage, *via):
    """Return the names of the transitions on the way to a stage."""
    return tuple(step.name for step in way_to(stage, *via))


# --- What is written ---------------------------------------------------------------------------

PHONE = "027-83919079"
REPORTER = {"reporter": "填报某", "office_phone": PHONE, "mobile": "13900000000"}
VISIT = {
    "inspectors": "考察某、考察另某",
    "unit_representative": "联系某",
    "findings": "三室一场齐备。",
}
OBJECTION = {
    "raised_by": "群众某",
    "contact": "13812345678",
    "text": "其中一项革新不是领办人完成的。",
}


def check(kind, today):
    """Return what the recommending unit writes into one check of its ledger, `kind` a `Check`.

    Dates are dates: 公示 has ended the day before.
    """
    written = {"issuer": "出具某", "document_date": today, "result": "PASSED"}
    if kind == Check.PUBLICITY:
        written |= {
            "publicity_from": today - 8 * DAY,
            "publicity_to": today - DAY,
            "place": "厂区公告栏",
            "objections": "无",
        }
    return written


def notice_period(today):
    """Return the days of a public notice that is over, and whom to ask."""
    return {"starts_on": today - 8 * DAY, "ends_on": today - DAY, "contact": PHONE}


def owner_of(name, stage):
    """Return the role that takes a transition from a stage."""
    return TRANSITIONS[name].sources[Stage(stage)]
