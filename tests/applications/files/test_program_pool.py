"""Programs that open uploads: bounded, without secrets, replaced when one fails."""

import os
import sys
import threading

import pytest

from applications.files import program_bounds, program_pool
from applications.files.program_pool import Busy, Program, Unanswered

TELLING = "tests.applications.files.telling_program"


@pytest.fixture
def program():
    return Program(TELLING, wall_seconds=20)


def test_questions_and_answers_of_any_length(program):
    data = os.urandom(3_000_000)
    told, same = program.ask({"do": "echo", "word": "问"}, data)
    assert told["word"] == "问"
    assert same == data


def test_it_knows_no_secret_of_the_portal(program, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    told, _ = program.ask({"do": "tell"})
    assert "SECRET_KEY" not in told["environment"]
    assert "django" not in told["modules"]


def test_it_is_bounded_and_comes_last(program):
    told, _ = program.ask({"do": "tell"})
    assert told["memory"] == program_bounds.MEMORY
    assert told["written"] == 0
    assert told["nice"] == min(19, os.nice(0) + program_bounds.NICE)
    if sys.platform == "linux":
        assert told["oom_score"] == program_bounds.OOM_SCORE


def test_one_process_answers_again_and_again(program):
    first, second = (program.ask({"do": "tell"})[0]["pid"] for _ in range(2))
    assert first == second


def test_one_that_fails_costs_its_own_question_alone(program):
    with pytest.raises(Unanswered):
        program.ask({"do": "die"})
    assert program.ask({"do": "tell"})[0]["pid"]


def test_one_that_takes_too_long_is_ended(program):
    program.wall_seconds = 0.2
    with pytest.raises(Unanswered):
        program.ask({"do": "sleep"})


def test_no_more_than_so_many_at_once(program, monkeypatch):
    monkeypatch.setattr(program_pool, "PATIENCE_SECONDS", 0.05)
    program.wall_seconds = 3
    threads = [
        threading.Thread(target=pytest.raises, args=[Unanswered, program.ask, {"do": "sleep"}])
        for _ in range(program_pool.AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    while program_pool._turns._value:
        threading.Event().wait(0.01)
    with pytest.raises(Busy):
        program.ask({"do": "tell"})
    for thread in threads:
        thread.join()
    assert program.ask({"do": "tell"})[0]["pid"]
