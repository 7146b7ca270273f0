"""A panel's or a round's applications with their scores, read in a constant few queries and ranked.

The arithmetic is in `arithmetic.py`; who may read what of it, in review/permissions.py.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    Field,
    OuterRef,
    Subquery,
    prefetch_related_objects,
)

from accounts.models import User
from applications.models import Application, Event
from applications.records import read_rows
from applications.stages import FROM_PANEL, SELECTED, Stage
from applications.workflow.events import CONCLUDE_AGAINST, CONCLUDE_FOR, names
from review.panels.models import PanelAssignment, Recusal, Replacement
from review.scoring import arithmetic
from review.scoring.models import Score, ScoreSheet

CONCLUDED = FROM_PANEL[1:]
CONCLUSIONS = names(CONCLUDE_FOR, CONCLUDE_AGAINST)
HIGHEST, LOWEST = "去掉的最高分", "去掉的最低分"
# What a row shows of an application, and nothing else of the wide record.
COLUMNS = (
    "number",
    "lead_name",
    "unit_name",
    "lead_occupation",
    "stage",
    "round_id",
)

ONE_PLACE = Decimal("0.1")


@dataclass
class Seat:
    """One expert who has to score an application, with the sheet; `replaces`, if an alternate.

    `total` is what the sheet adds up to once it is in; `mark` says whether that is left out.
    """

    expert: User
    sheet: Any  # a row of `_sheets()`, or None
    points: tuple  # Decimals, one a criterion in order of position; None where not given
    replaces: User | None = None
    total: Decimal | None = None
    mark: str = ""
    is_outlier: bool = False

    @property
    def is_in(self):
        """Whether the sheet is submitted."""
        return self.sheet is not None and self.sheet.submitted_at is not None


@dataclass
class Entry:
    """One application among those that are ranked together.

    `seats` are in the order in which the experts are listed, alternates last; `result` adds up the
    sheets that are in, those of `scored`; `place` and `side` are set when the list is ranked.
    """

    application: Application
    assignment: PanelAssignment
    seats: list[Seat]
    result: arithmetic.Result
    place: arithmetic.Place | None = None
    side: arithmetic.Side | None = None

    @property
    def panel(self):
        """The panel that scores it."""
        return self.assignment.panel

    @cached_property
    def scored(self):
        """The seats whose sheets are in: one for each of the result's totals, in their order."""
        return [seat for seat in self.seats if seat.is_in]

    @property
    def recusals(self):
        """Who is recused from it."""
        return self.application.recusals.all()

    @property
    def is_open(self):
        """Whether the panel has not concluded yet."""
        return self.application.stage == Stage.PANEL

    @property
    def missing(self):
        """The seats whose sheets are still due; none once the panel has concluded."""
        return [seat for seat in self.seats if not seat.is_in] if self.is_open else []

    def __post_init__(self):
        marks = {self.result.highest: HIGHEST, self.result.lowest: LOWEST}
        for index, seat in enumerate(self.scored):
            seat.total = self.result.totals[index]
            seat.mark = marks.get(index, "")
            seat.is_outlier = index in self.result.outliers


def _entries(assignments, round_):
    """Return the entries of a queryset of assignments of one round, and its criteria."""
    criteria = list(round_.criteria.all())
    assignments = list(
        assignments.select_related("application", "panel")
        .only("mean", "panel__name", "panel__leader", *(f"application__{c}" for c in COLUMNS))
        .order_by("application__number")
    )
    applications = [assignment.application for assignment in assignments]
    read_rows(applications, "recusals", Recusal.objects.select_related("expert", "alternate"))
    panels = {assignment.panel_id: assignment.panel for assignment in assignments}
    prefetch_related_objects(list(panels.values()), "experts")
    experts_of = {pk: _PanelExperts(panel) for pk, panel in panels.items()}
    keys = [application.pk for application in applications]
    sheets, points = _sheets(keys), _points(keys)
    keys_of_criteria = [criterion.pk for criterion in criteria]
    left = _experts_left(sheets)
    entries = []
    for assignment in assignments:
        assignment.application.round = round_
        assignment.panel = panels[assignment.panel_id]
        experts = experts_of[assignment.panel_id]
        own = sheets.get(assignment.application_id, {})
        seats = _seats(assignment, experts, own, left, keys_of_criteria, points)
        cards = [seat.points for seat in seats if seat.is_in]
        result = arithmetic.add_up(cards, round_.trim_from)
        entries.append(Entry(assignment.application, assignment, seats, result))
    return entries, criteria


def _points(applications):
    """Return {sheet: {criterion: points, a Decimal or None}} of applications, all by their keys."""
    scores = Score.objects.filter(sheet__application__in=applications).order_by()
    # A few dozen different values stand in thousands of rows.
    decimals: dict[Any, Decimal | None] = {None: None}
    points: dict[int, dict[int, Decimal | None]] = {}
    as_stored = ExpressionWrapper(F("points"), Field())
    for sheet, criterion, value in scores.values_list("sheet", "criterion", as_stored):
        if value not in decimals:
            # SQLite keeps 9.0 as 9.
            decimals[value] = Decimal(str(value)).quantize(ONE_PLACE)
        points.setdefault(sheet, {})[criterion] = decimals[value]
    return points


class _PanelExperts:
    """A panel's experts by key, and the order in which they are listed, sorted once."""

    def __init__(self, panel):
        self._panel = panel
        self.by_key = {expert.pk: expert for expert in panel.experts.all()}
        self._seated = panel.seated(self.by_key.values())

    def seated(self, others):
        """Return the experts as they are listed, with `others` by key, who sat there before."""
        if not others:
            return self._seated
        return self._panel.seated((self.by_key | others).values())


def _experts_left(sheets):
    """Return by key the experts who left their panels only after what they scored was concluded."""
    keys = {pk for own in sheets.values() for pk, sheet in own.items() if sheet.was_of_panel}
    return User.objects.in_bulk(keys) if keys else {}


def _sheets(applications):
    """Return {application: {expert: sheet}} of applications, all by their keys.

    A sheet is a row of its columns below. `was_of_panel` says whether the expert's seat went to an
    alternate only after the panel had concluded the application: the sheet counted, and counts for
    good.
    """
    conclusions = Event.objects.filter(
        application=OuterRef(OuterRef("application")), action__in=CONCLUSIONS
    )
    left_later = Replacement.objects.filter(
        panel=OuterRef("application__panel_assignment__panel"),
        absent=OuterRef("expert"),
        recorded_at__gt=Subquery(conclusions.order_by("-at").values("at")[:1]),
    )
    rows = ScoreSheet.objects.filter(application__in=applications).annotate(
        was_of_panel=Exists(left_later)
    )
    columns = ("pk", "application_id", "expert_id", "comment", "submitted_at", "was_of_panel")
    sheets: dict[int, dict[int, Any]] = {}
    for sheet in rows.values_list(*columns, named=True):
        sheets.setdefault(sheet.application_id, {})[sheet.expert_id] = sheet
    return sheets


def _seats(assignment, experts, sheets, left, criteria, points):
    application = assignment.application
    is_concluded = application.stage in CONCLUDED
    others = {}
    if is_concluded:
        # Who sits on the panel now decides nothing about what it concluded before.
        others = {pk: left[pk] for pk, sheet in sheets.items() if sheet.was_of_panel}
    scorers = assignment.scorers({*experts.by_key, *others})
    if is_concluded:
        scorers = {pk for pk in scorers if pk in sheets and sheets[pk].submitted_at}
    listed = {expert.pk: (expert, None) for expert in experts.seated(others)}
    for recusal in application.recusals.all():
        if recusal.alternate_id:
            listed.setdefault(recusal.alternate_id, (recusal.alternate, recusal.expert))
    seats = []
    for pk, (expert, replaces) in listed.items():
        if pk in scorers:
            sheet = sheets.get(pk)
            by_criterion = points.get(sheet.pk, {}) if sheet else {}
            card = tuple(map(by_criterion.get, criteria))
            seats.append(Seat(expert, sheet, card, replaces))
    return seats


def _rank(entries, criteria, places):
    """Set every entry's place and, with `places` on the quota line, its side."""
    results = [entry.result for entry in entries]
    ranked = arithmetic.ranking(results, [criterion.points for criterion in criteria])
    for entry, place in zip(entries, ranked, strict=True):
        entry.place = place
    ranks = [place.rank if place else None for place in ranked]
    for entry, side in zip(entries, arithmetic.sides(ranks, places), strict=True):
        entry.side = side


def by_rank(entries):
    """Return entries in order of rank; tied ones by number, those without a rank last."""
    return sorted(
        entries,
        key=lambda entry: (
            entry.place is None,
            entry.place.rank if entry.place else 0,
            entry.application.number,
        ),
    )


@dataclass
class Standing:
    """A panel's applications, ranked among one another as far as their sheets are in.

    `places` is how many of the round's places the panel can still fill: its quota without what
    other panels have proposed.
    """

    panel: object
    criteria: list
    places: int
    taken: int  # by other panels
    entries: list[Entry] = field(default_factory=list)

    @property
    def round(self):
        """The round that the panel belongs to."""
        return self.panel.round

    @property
    def is_complete(self):
        """Whether every sheet that is due is in, so that the ranks are final."""
        return bool(self.entries) and not any(entry.missing for entry in self.entries)

    @property
    def is_concluded(self):
        """Whether the panel has concluded every application."""
        return bool(self.entries) and not any(entry.is_open for entry in self.entries)

    @property
    def quorum(self):
        """How many experts must have scored an application."""
        return self.round.quorum(len(self.panel.experts.all()))

    @property
    def heaviest(self):
        """The indices of the criteria that break ties (`arithmetic.heaviest`)."""
        return arithmetic.heaviest([criterion.points for criterion in self.criteria])

    @property
    def ranked(self):
        """The entries in order of rank."""
        return by_rank(self.entries)

    def of(self, application_pk):
        """Return the entry of one application."""
        return next(entry for entry in self.entries if entry.application.pk == application_pk)


def of_application(application, panel):
    """Return the `Entry` of one application, not ranked, in a constant few queries."""
    assignments = PanelAssignment.objects.filter(application=application)
    [entry], _ = _entries(assignments, panel.round)
    return entry


def of_panel(panel):
    """Return the `Standing` of a panel, read with its round, in a constant few queries."""
    assignments = PanelAssignment.objects.filter(panel=panel, application__stage__in=FROM_PANEL)
    entries, criteria = _entries(assignments, panel.round)
    own = sum(entry.application.stage in SELECTED for entry in entries)
    taken = panel.round.number_selected - own
    places = max(panel.round.quota - taken, 0)
    _rank(entries, criteria, places)
    return Standing(panel, criteria, places, taken, entries)


def places(round_, applications):
    """Return {application key: place in the order of rank} of a round's concluded applications."""
    ranked = of_round(round_, applications)
    return {entry.application.pk: place for place, entry in enumerate(ranked)}


def of_round(round_, applications):
    """Return a round's concluded applications among `applications` (a queryset), ranked.

    Over all panels: a list of entries in order of rank.
    """
    concluded = applications.filter(round=round_, stage__in=CONCLUDED)
    assignments = PanelAssignment.objects.filter(application__in=concluded)
    entries, criteria = _entries(assignments, round_)
    _rank(entries, criteria, round_.quota)
    return by_rank(entries)
