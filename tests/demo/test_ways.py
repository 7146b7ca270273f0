"""The one way to each stage: what the table and the declarations beside it lead to."""

import pytest

from applications.models import Application
from applications.notify.inbox import Message
from applications.stages import Stage
from applications.workflow.table import TABLE, TRANSITIONS
from demo.ways import AFTER, BEFORE, KEEPERS, NO_WAY, Record, names_to, way_to
from review.publicity.models import PublicNotice
from tests.factories import make_application, make_draft, make_people, make_round, take, walk

TO_PUBLICITY = ("submit", "recommend", "report", "qualify", "conclude_for", "pass_inspection")


@pytest.mark.parametrize(
    ("stage", "via", "names"),
    [
        (Stage.DRAFT, (), ()),
        (Stage.DRAFT, ("withdraw",), ("submit", "withdraw")),
        (Stage.AWARDED, (), (*TO_PUBLICITY, "clear", "approve", "countersign")),
        (Stage.NOT_SELECTED, (), (*TO_PUBLICITY[:4], "conclude_against")),
        (Stage.NOT_SELECTED, ("uphold",), (*TO_PUBLICITY, "uphold")),
        (Stage.QUALIFYING, ("return", "submit"), ("submit", "return", *TO_PUBLICITY[:3])),
        # Nothing else leads there.
        (Stage.LAPSED, (), ("lapse",)),
        (Stage.CLOSED, (), ("submit", "close")),
        # The office lengthens the time that it gave itself.
        (
            Stage.RETURNED,
            ("extend_by_office",),
            ("submit", "recommend", "report", "return", "extend_by_office"),
        ),
    ],
)
def test_the_way_is_the_shortest_that_takes_what_it_is_told_to(stage, via, names):
    assert names_to(stage, *via) == names


def test_a_way_goes_from_stage_to_stage_and_each_step_has_its_owner():
    for stage in Stage:
        here = Stage.DRAFT
        for step in way_to(stage):
            assert step.source == here
            assert step.owner in step.rule.roles(here)
            here = step.target
        assert here == stage


def test_no_way_is_found_where_none_is():
    with pytest.raises(ValueError, match="no way"):
        way_to(Stage.DISCARDED, "submit", "approve")


def test_every_transition_is_on_a_way_or_says_why_not():
    for rule in TABLE:
        if rule.name in NO_WAY:
            assert rule.target is None
        else:
            assert way_to(rule.target, rule.name)[-1].name == rule.name


def test_what_is_declared_belongs_to_the_table():
    assert {*BEFORE, *AFTER, *NO_WAY} <= set(TRANSITIONS)
    assert {record for records in BEFORE.values() for record in records} == set(Record)
    assert set(Record) - set(KEEPERS) == {Record.DEADLINES}


@pytest.fixture
def people(db):
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


# Keys, digests and bytes are each application's own.
OWN = {"id", "key", "digest", "previous", "sha256", "size", "file", "fingerprint", "content"}
OWN |= {"claim", "data", "note", "lead_id_index", "actor", "terms"}
# Nobody is told of what `make_application` makes; a notice is a row of its own.
NOT_COMPARED = {Message, PublicNotice.applications.through}


def what_stands(application):
    """Return all rows that belong to an application, by model, without what is its own."""
    application = Application.objects.get(pk=application.pk)
    rows = {"Application": [(application.stage, application.revision, application.rank)]}
    for relation in Application._meta.related_objects:
        model = relation.related_model
        if model in NOT_COMPARED:
            continue
        fields = [
            field
            for field in model._meta.concrete_fields
            if field.name not in OWN and not field.is_relation and field.name[-3:] != "_at"
        ]
        rows[model.__name__] = [
            {field.name: getattr(row, field.name) for field in fields if field.name != "at"}
            for row in model._base_manager.filter(**{relation.field.name: application})
        ]
    return rows


@pytest.mark.parametrize("stage", Stage)
def test_the_way_reaches_the_stage_and_leaves_what_the_tests_begin_with(stage, draft, people):
    walked = walk(draft, stage, people)
    assert walked.stage == stage

    made = make_application(stage, make_people(make_round()))
    assert what_stands(made) == what_stands(walked)
    assert sum(map(len, what_stands(made).values())) > 9
    last = None
    for event in made.events.order_by("sequence"):
        assert event.broken(last) is None
        last = event.sequence, event.digest


# The ways to the stages take the others.
BESIDE = sorted(
    {rule.name for rule in TABLE if rule.target}
    - {name for stage in Stage for name in names_to(stage)}
)


@pytest.mark.parametrize("name", BESIDE)
def test_the_way_takes_the_transition(name, draft, people):
    application = draft
    for step in way_to(TRANSITIONS[name].target, name):
        application = take(application, step.name, people)

    assert application.stage == TRANSITIONS[name].target
    assert application.events.latest("sequence").action == name
