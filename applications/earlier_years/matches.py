"""往年记录: what earlier years know of a unit or a lead, from imported lists and earlier rounds.

Names alone are compared with those of an imported list: a match is something to look at, never a
decision. The notice says nothing against a unit or a lead that was chosen before.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from django.db.models import F, IntegerField, Value
from django.db.models.lookups import LessThan
from django.urls import reverse

from accounts.prepared import PreparedFor
from accounts.roles import Role
from applications.earlier_years.names import is_same_name, lead_key, unit_key
from applications.earlier_years.records import TELLING, EarlierProject, Outcome
from applications.models import Application
from applications.stages import Stage
from applications.trust.encryption import blind_indexes

# Where a row comes from: an imported list; an earlier round, by unit or by its lead's ID number.
LISTED, OF_UNIT, OF_LEAD = 0, 1, 2
# So many rows of each kind of match: however many share a lead's name, none of the unit's is lost.
MOST_READ = 30
MOST_TOLD = 20
# Of what an earlier round says, the same words as of a list.
OUTCOMES = {Stage.AWARDED: Outcome.SELECTED, Stage.NOT_SELECTED: Outcome.NOT_SELECTED}


@dataclass(frozen=True)
class EarlierYear:
    """A project of an earlier year that has the unit, or the lead, of an application.

    `outcome` is in words, `sources` are where it stands: (words, address or ""). `is_same_unit` is
    None where the names of the units are only alike. `application` is its key where it was in the
    portal, and then `is_same_person` where the ID number says so.
    """

    year: int
    unit: str
    lead: str
    occupation: str
    outcome: str
    sources: tuple[tuple[str, str], ...]
    is_same_unit: bool | None
    is_same_lead: bool
    is_same_person: bool = False
    application: int | None = None

    @property
    def match(self):
        """What of it is the same, in words."""
        same = []
        if self.is_same_unit is not False:
            same.append("单位相同" if self.is_same_unit else "单位名称相近")
        if self.is_same_person:
            same.append("领办人相同（身份证号一致）")
        elif self.is_same_lead:
            same.append("领办人同名")
        return "，".join(same)


def _rows(user, unit, lead, year, applying_unit, index):
    """Return the queryset of the rows of lists and rounds before a year that have one of these."""
    # Not `year__lt`: what stands for the year while the SQL is made is larger than any year that
    # PostgreSQL's smallint holds, and Django would leave the condition out.
    listed = EarlierProject.objects.visible_to(user).filter(LessThan(F("year"), year))
    of_round = Application.objects.visible_to(user).filter(LessThan(F("round__year"), year))
    if user.role == Role.APPLICANT:
        # A result is nobody's to know before it is published.
        of_round = of_round.filter(stage=Stage.AWARDED, round__results_published_at__isnull=False)
    columns = ("unit_name", "lead_name", "lead_occupation", "stage", "round__title", "number")
    parts = [
        _latest(listed.filter(**{name: value}), "year").values_list(
            _constant(LISTED), "pk", "list", "year",
            "unit", "lead", "occupation", "outcome", "list__title", "place",
        )
        for name, value in (("unit_key", unit), ("lead_key", lead))
    ]  # fmt: skip
    parts += [
        _latest(of_round.filter(**{name: value}), "round__year").values_list(
            _constant(kind), "pk", F("round"), "round__year", *columns
        )
        for kind, name, value in (
            (OF_UNIT, "applying_unit", applying_unit),
            (OF_LEAD, "lead_id_index", index),
        )
    ]
    first, *others = (part.order_by() for part in parts)
    return first.union(*others, all=True)


def _latest(rows, year):
    """Return the latest rows; SQLite limits no part of a union, but a subquery."""
    latest = rows.order_by(f"-{year}", "-pk").values("pk")[: MOST_READ + 1]
    return rows.model.objects.filter(pk__in=latest)


def _constant(kind):
    return Value(kind, IntegerField())


ROWS = PreparedFor(_rows, str, str, int, int, str)


def earlier_years_of(application, user, *, told=()):
    """Return the `EarlierYear`s of an application that the user may know of, and if there are more.

    The latest first; of too many those of the same unit or person are told before those of the same
    name. What is in the portal under a key of `told` is left out: it is told elsewhere. One query.
    An applicant is told of its own unit alone.
    """
    unit, lead, indexes = unit_key(application.unit_name) or None, None, []
    if user.role != Role.APPLICANT:
        lead = lead_key(application.lead_name) or None
        if application.lead_id_index:
            # While keys are being changed, some rows have the earlier one's.
            indexes = blind_indexes(application.lead_id_number)
    year, applying_unit = application.round.year, application.applying_unit_id
    rows = ROWS.ask(user, unit, lead, year, applying_unit, next(iter(indexes), None))
    for index in indexes[1:]:
        rows += ROWS.ask(user, None, None, year, None, index)
    projects = _merged(rows, application, user, set(told))
    nearest = sorted(projects, key=lambda each: (each.is_same_unit is False, -each.is_same_person))
    is_cut = len(projects) > MOST_TOLD or _is_cut(rows, unit, lead)
    return sorted(nearest[:MOST_TOLD], key=lambda each: -each.year), is_cut


def _is_cut(rows, unit, lead):
    """Whether one kind of match has more rows than were read."""
    read = defaultdict(set)
    for kind, key, _, _, row_unit, row_lead, *_ in rows:
        if kind != LISTED:
            read[kind].add(key)
            continue
        if unit_key(row_unit) == unit:
            read["unit"].add(key)
        if lead_key(row_lead) == lead:
            read["lead"].add(key)
    return any(len(keys) > MOST_READ for keys in read.values())


def _merged(rows, application, user, told):
    """Return one `EarlierYear` of each project, however many rows name it."""
    projects, told_names = {}, set()
    # What was in the portal says more of itself than a list does.
    for row in sorted(rows, key=lambda row: row[0] == LISTED):
        kind, key, source, year, unit, lead, occupation, outcome, title, place = row
        names = (year, unit_key(unit), lead_key(lead))
        if kind != LISTED and key in told:
            told_names.add(names)
        if names in told_names:
            continue
        where = _source(kind, key, source, title, place, user)
        known = projects.get(names)
        if known is None:
            projects[names] = EarlierYear(
                year,
                unit,
                lead,
                occupation,
                _outcome(kind, outcome),
                (where,),
                _is_same_unit(application, kind, unit),
                # An erased name has none that could be compared.
                bool(names[2]) and names[2] == lead_key(application.lead_name),
                kind == OF_LEAD,
                None if kind == LISTED else key,
            )
        else:
            projects[names] = _with(known, kind, outcome, where)
    return sorted(projects.values(), key=lambda project: -project.year)


def _with(known, kind, outcome, where):
    """Return a project as another row of it tells more."""
    if known.application is None:
        labels = [each.label for each in TELLING]
        outcome = min(known.outcome, _outcome(kind, outcome), key=labels.index)
    else:
        outcome = known.outcome
    sources = known.sources if where in known.sources else (*known.sources, where)
    return replace(
        known,
        outcome=outcome,
        sources=sources,
        is_same_unit=True if kind == OF_UNIT else known.is_same_unit,
        is_same_person=known.is_same_person or kind == OF_LEAD,
    )


def _outcome(kind, outcome):
    if kind == LISTED:
        return Outcome(outcome).label
    return OUTCOMES.get(outcome, Stage(outcome)).label


def _is_same_unit(application, kind, unit):
    if kind == OF_UNIT:
        return True
    if not unit or unit_key(unit) != unit_key(application.unit_name):
        return False
    return True if is_same_name(unit, application.unit_name) else None


def _source(kind, key, source, title, place, user):
    """Return where a project stands: words, and the address for whoever may open it."""
    if kind != LISTED:
        address = "" if user.role == Role.APPLICANT else reverse("review:detail", args=[key])
        return f"{title}，{place}", address
    # Its list is the office's alone to open.
    address = ""
    if user.role == Role.OFFICE:
        address = f"{reverse('review:earlier_list', args=[source])}?project={key}"
    return f"《{title}》{place}", address
