"""Form and material are compared once, until one of them changes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApplyingUnit
from applications.models import Application, Award, FileText
from applications.recognition import comparison
from applications.recognition.comparison import apply_rules, remembered
from tests.applications.recognition.pages import keep_pages, page_of
from tests.factories import credit_code, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    keep_pages(draft.awards.get().evidence, page_of("荣誉证书"))
    return draft


class Rule:
    """Counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, application, pages):
        self.asked += 1
        return [page.text for read in pages.values() for page in read]


def ask(draft, *rules):
    """As the next request does."""
    return apply_rules(Application.objects.get(pk=draft.pk), *rules)


def test_what_was_compared_is_kept(draft):
    rule = Rule()

    assert ask(draft, rule) == ask(draft, rule) == [["荣誉证书"]]
    assert rule.asked == 1


def test_another_rule_is_asked_beside_one_that_is_kept(draft):
    first, other = Rule(), Rule()

    ask(draft, first)
    ask(draft, first, other)

    assert (first.asked, other.asked) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: Application.objects.update(lead_name="别人"),
        lambda draft: Award.objects.update(year=2001),
        lambda draft: Award.objects.update(evidence_page=1),
        lambda draft: draft.evidence.filter(category="HONOUR").update(category="OTHER"),
        lambda draft: draft.evidence.filter(category="HONOUR").update(original_name="另一份.pdf"),
        lambda draft: draft.evidence.filter(category="HONOUR").update(pages=7),
        lambda draft: FileText.objects.update(state="READING"),
        lambda draft: ApplyingUnit.objects.update(uscc=credit_code()),
    ],
    ids=["form", "award", "page of a proof", "category", "name", "pages", "reading", "unit"],
)
def test_whatever_changes_is_compared_anew(draft, change):
    rule = Rule()
    ask(draft, rule)

    change(draft)
    ask(draft, rule)

    assert rule.asked == 2


def test_while_pages_are_being_read_it_is_compared_now_and_then(draft, monkeypatch):
    monkeypatch.setattr(comparison, "READING_SECONDS", 10**9)
    FileText.objects.update(state="READING")
    rule = Rule()
    ask(draft, rule)
    FileText.objects.update(moved_at=timezone.now(), pages_done=2)
    ask(draft, rule)
    assert rule.asked == 1

    FileText.objects.update(state="DONE")
    ask(draft, rule)
    assert rule.asked == 2

    FileText.objects.update(state="READING")
    monkeypatch.setattr(comparison, "READING_SECONDS", 1e-9)
    ask(draft, rule)
    ask(draft, rule)
    assert rule.asked == 4


def test_what_is_remembered_is_made_once_for_so_long():
    rule = Rule()

    def made(seconds):
        remembered(("of a test", id(rule)), lambda: rule(None, {}), seconds)
        return rule.asked

    assert [made(60), made(60), made(-1), made(60)] == [1, 1, 2, 2]


def test_where_nothing_was_read_nothing_is_compared(draft):
    FileText.objects.all().delete()
    rule = Rule()

    assert ask(draft, rule, rule) == [None, None]
    assert rule.asked == 0


def test_of_so_many_applications_alone_is_anything_kept(draft, monkeypatch):
    monkeypatch.setattr(comparison, "MOST_KEPT", 2)
    monkeypatch.setattr(comparison, "_kept", {})
    rule = Rule()

    for year in (2001, 2002, 2003):
        Award.objects.update(year=year)
        ask(draft, rule)

    assert len(comparison._kept) == 2


def test_pages_are_loaded_only_to_be_compared(draft):
    rule, counts = Rule(), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            ask(draft, rule)
        counts.append(len(queries))

    assert counts[1] == counts[0] - 1
