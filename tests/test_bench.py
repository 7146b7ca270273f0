"""What `make bench` tells of a run. That it runs, `make test` sees by a short one."""

from types import SimpleNamespace

import pytest

from scripts.bench import report
from scripts.bench.pages import WHOLE, Page

SQLITE = "SQLite 3.40.1"


def target(*times, memory=90):
    figures = {"rate": 10, "queries": 3, "bytes": 2000, "memory": memory}
    return SimpleNamespace(times=list(times), figures=figures)


def measured(ratio, goal, memory=90):
    bare = Page("bare view", target(10, 10))
    save = Page("bare save", target(10, 10))
    page = Page("queue", target(10 * ratio, 10 * ratio, memory=memory), bare.here, goal=goal)
    page.ratios["bare"] = ratio
    return [bare, save, page]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A page of benchmarks in which the queue took 1.5 times the bare view at 200 applications."""
    path = tmp_path / "benchmarks.md"
    path.write_text(f"Before.\n{report.BEGIN}\nold\n{report.END}After.\n", encoding="utf-8")
    monkeypatch.setattr(report, "REPORT", path)
    results = [((SQLITE, 200), measured(1.5, 1.4)), ((SQLITE, 10_000), measured(2.5, 1.4))]
    report.keep(report.report(results, 0.1, "1234567", None))
    return path


def test_a_goal_that_was_missed_is_named_with_both_figures(recorded):
    text = recorded.read_text(encoding="utf-8")

    assert "- queue, SQLite 3.40.1: 2.5 where 1.4 was meant\n" in text
    assert "was meant" not in text.partition("Goals missed")[0]


def test_a_goal_is_missed_by_more_than_its_last_digit_shows():
    at_goal = [((SQLITE, 10_000), measured(1.449, 1.4))]

    assert "None." in report.verdict(at_goal, 10_000)


def test_memory_is_judged_by_the_largest_worker_of_the_portal():
    results = [((SQLITE, 10_000), measured(1, 1.4, memory=141))]

    assert "memory of a worker, SQLite 3.40.1: 141 MB" in report.verdict(results, 10_000)


def test_a_short_run_shows_the_last_recorded_ratio_of_each_page(recorded):
    text = report.report([(("SQLite 3.50", 50), measured(2, 1.4))], 0.1, "1234567", None, 200)

    line = next(line for line in text.splitlines() if line.startswith("| queue"))
    assert line.split(" | ")[3:6] == ["2.0", "1.4", "1.5"]


def test_what_was_never_recorded_has_no_ratio_to_show(recorded):
    assert report.recorded_ratios("PostgreSQL 15", 200) == {}


def test_another_build_has_a_column_of_its_own():
    pages = measured(2, 3)
    pages[2].ratios["base"] = 0.35

    text = report.report([((SQLITE, 200), pages)], 0.1, "1234567", "89abcde")

    assert "Commit 1234567, beside 89abcde" in text
    assert "| × base |" in text
    assert "| 0.35 |" in text


def test_a_kept_run_replaces_the_one_before_and_nothing_else(recorded):
    report.keep("new")

    text = recorded.read_text(encoding="utf-8")
    assert text == f"Before.\n{report.BEGIN}\nnew\n{report.END}After.\n"


def test_a_page_that_posts_uses_up_one_draft_a_request():
    assert WHOLE.forms == 1 + 10 + 50 + 8 * 10
