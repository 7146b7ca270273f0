"""The table of events: every kind names who may know of it, and nothing is written beside it."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from accounts.roles import Role
from applications.models import Event
from applications.notify.notifications import LETTERS
from applications.workflow import events
from applications.workflow.events import KINDS, UNKNOWN, Audience, EventKind, Topic, kind_of
from applications.workflow.table import TABLE

ROWS = [row for row in vars(events).values() if isinstance(row, EventKind) and row is not UNKNOWN]
TRANSITIONS = {rule.name for rule in TABLE}
MOVES = {rule.name for rule in TABLE if rule.moves} | {"start"}

A, R, O, E, B, F = list(Role)[:6]  # noqa: E741
# Who may know of an event, by role; of a move everybody who sees the application.
MAY_KNOW = {
    "copy": {A},
    "import_word": {A},
    "print": {A},
    "rename_file": {A, O},
    "replace_file": {A, O},
    "remove_file": {A, O},
    "sort_files": {A, O},
    "unsort_files": {A, O},
    "verify": {R, O, E, B, F},
    "rank": {R, O, B, F},
    "correct_unit": {A, R, O, E, B, F},
    "qualification": {R, O, E, B, F},
    "assign": {R, O, E, B, F},
    "recuse": {O, E, B},
    "step_in": {O, E, B},
    "replace_expert": {O, E, B},
    "score": {O, E, B},
    "reopen_score": {O, E, B},
    "plan_inspection": {A, R, O, E, B, F},
    "cancel_inspection": {A, R, O, E, B, F},
    "inspection": {R, O, E, B, F},
    "publish": {A, R, O, E, B, F},
    "objection": {O, B, F},
    "correct_result": {R, O, E, B, F},
    "reveal": {O, B},
    "agree_to_undo": {R, O, E, B, F},
}
MAY_KNOW |= {name: {A, R, O, E, B, F} for name in MOVES}


def test_every_kind_says_who_may_know_of_it():
    assert {name: set(kind.audience.value) for name, kind in KINDS.items()} == MAY_KNOW


def test_administrators_keep_accounts_and_know_of_no_event():
    assert not any(Role.ADMIN in audience.value for audience in Audience)


def test_of_what_the_table_does_not_name_nobody_knows():
    kind = kind_of(Event(action="nobody_declared_this"))
    assert kind is UNKNOWN
    assert not kind.audience.value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.label}")
def test_rows_with_one_name_differ_in_their_label_alone(row):
    kind = KINDS[row.name]
    assert all(
        getattr(row, field.name) == getattr(kind, field.name)
        for field in fields(EventKind)
        if field.name != "label"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.label}")
def test_names_and_labels_fit_their_columns(row):
    assert len(row.name) <= Event._meta.get_field("action").max_length
    assert 0 < len(row.label) <= Event._meta.get_field("label").max_length


def test_every_transition_leaves_an_event_of_its_own_kind():
    assert len(TRANSITIONS) == len(TABLE)
    assert all(KINDS[rule.name] is rule.kind for rule in TABLE)


def test_what_moves_an_application_stands_among_the_stages_on_the_timeline():
    assert {name for name, kind in KINDS.items() if kind.topic is Topic.STAGE} == MOVES


def test_the_changes_of_files_stand_among_the_files():
    names = {name for name, kind in KINDS.items() if kind.topic is Topic.FILES}
    assert names == {
        "rename_file",
        "replace_file",
        "remove_file",
        "sort_files",
        "unsort_files",
    }


def test_only_decisions_of_reviewers_are_undone():
    undoable = {name for name, kind in KINDS.items() if kind.undo_refusal == events.UNDOABLE}
    assert undoable == {
        "recommend",
        "return",
        "decline",
        "qualify",
        "disqualify",
        "conclude_for",
        "conclude_against",
        "pass_inspection",
        "fail_inspection",
        "clear",
        "uphold",
        "approve",
        "reject",
        "countersign",
        "send_back",
        "close",
    }


def test_whoever_is_told_of_an_event_by_message_may_know_of_it():
    of_experts = {"SCORERS", "NAMED"}
    for (kind, _), letters in LETTERS.items():
        if isinstance(kind, EventKind):
            for letter in letters:
                name = "EXPERT" if letter.to.name in of_experts else letter.to.name
                assert Role[name] in kind.audience.value, (kind.name, letter)


def test_a_label_takes_the_words_that_it_needs():
    kind = events.REVEAL.labelled(number="银行账号")
    assert kind.label == "查看完整银行账号"
    assert kind == events.REVEAL


# The lookups of queries on `Event.action`.
OF_ACTION = ("action", "events__action")


def _sources():
    root = Path(settings.BASE_DIR)
    for package in (
        "accounts",
        "applications",
        "review",
        "documents",
        "operations",
        "demo",
        "tests",
    ):
        for path in (root / package).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _is_string(node):
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_no_event_is_recorded_or_asked_for_by_a_string():
    """`record` takes a kind, and the product compares `Event.action` with no name typed anew."""
    typed = []
    for path, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
                kinds = [*node.args[2:3], *(k.value for k in node.keywords if k.arg == "kind")]
                if any(map(_is_string, kinds)):
                    typed.append(f"{path}:{node.lineno}")
            if "tests" in path.parts:
                continue
            if isinstance(node, ast.Compare) and getattr(node.left, "attr", "") == "action":
                typed.append(f"{path}:{node.lineno}")
            is_lookup = isinstance(node, ast.keyword) and (node.arg or "").startswith(OF_ACTION)
            if is_lookup and getattr(node.value, "value", "") in KINDS:
                typed.append(f"{path}:{node.value.lineno}")
    assert not typed
