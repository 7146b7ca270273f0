"""The tabs of an application's page: who has which, and what has come since the last look."""

import datetime

import pytest

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.stages import Stage
from review.application_page.models import Look
from tests.factories import make_application, pdf_file, take
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db


def news_of(page):
    """Return how many new things each tab says it has, by its label."""
    return {tab["label"]: tab["news"] for tab in page.context["tabs"]}


def test_each_tab_is_a_plain_link_to_an_address_of_its_own(log_in, people):
    application = make_application(Stage.QUALIFYING, people)
    client = log_in(Role.OFFICE)
    tabs = client.get(tab_of(application, "detail")).context["tabs"]
    assert [tab["label"] for tab in tabs] == [
        *("办理", "意见与评审", "版本与改动", "材料清单", "办理记录", "消息")
    ]
    for tab in tabs:
        page = client.get(tab["url"])
        assert [each["label"] for each in page.context["tabs"] if each["is_current"]] == [
            tab["label"]
        ]


def test_messages_are_the_offices_alone(log_in, people):
    application = make_application(Stage.QUALIFYING, people)
    tabs = log_in(Role.RECOMMENDER).get(tab_of(application, "detail")).context["tabs"]
    assert "消息" not in [tab["label"] for tab in tabs]
    assert log_in(Role.RECOMMENDER).get(tab_of(application, "messages")).status_code == 404


def test_what_has_come_since_the_last_look_is_marked_until_it_is_looked_at(log_in, people):
    application = make_application(Stage.RECOMMENDING, people)
    client = log_in(Role.RECOMMENDER)
    first = client.get(tab_of(application, "detail"))
    assert not any(news_of(first).values())  # at first everything is new, so nothing is
    take(take(application, "return", people), "submit", people)
    news = news_of(client.get(tab_of(application, "detail")))
    assert news["版本与改动"] == 1
    assert news["办理记录"] == 1  # the own return is no news
    history = client.get(tab_of(application, "history"))
    assert history.text.count(">新</span>") == 1
    assert news_of(client.get(tab_of(application, "detail")))["办理记录"] == 0
    assert news_of(client.get(tab_of(application, "detail")))["版本与改动"] == 1


def test_a_look_that_finds_nothing_new_writes_nothing(log_in, people):
    application = make_application(Stage.QUALIFYING, people)
    client = log_in(Role.OFFICE)
    client.get(tab_of(application, "history"))
    noted = Look.objects.get().at_tabs
    client.get(tab_of(application, "history"))
    assert Look.objects.get().at_tabs == noted


def test_news_is_what_the_reader_may_know(log_in, people):
    """Experts at work are not told, not even by a number, that another expert has scored."""
    application = make_application(Stage.PANEL, people)
    client = log_in(Role.EXPERT)
    client.get(tab_of(application, "detail"))
    Look.objects.update(first_at=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    page = client.get(tab_of(application, "detail"))
    assert news_of(page)["办理记录"] == len(
        [event for event in page.context["history"] if event.user_id != people.expert.pk]
    )


def test_a_file_is_new_until_its_version_was_looked_at(log_in, people):
    """A file that came while the unit corrected is new with the version that brings it."""
    application = make_application(Stage.RECOMMENDING, people)
    client = log_in(Role.RECOMMENDER)
    client.get(tab_of(application, "files"))
    application = take(application, "return", people)
    photo = application.evidence.get(category="PHOTOS")
    evidence_files.replace(photo, pdf_file("新照片.pdf"), people.applicant)
    page = client.get(tab_of(application, "files"))
    assert "新照片.pdf" not in page.text
    assert " 上传" in page.text
    assert "， 上传" not in page.text  # the day stands with each
    take(application, "submit", people)
    # The photo, and the form that was stamped anew.
    assert client.get(tab_of(application, "files")).text.count(">新</span>") == 2
    assert client.get(tab_of(application, "files")).text.count(">新</span>") == 0
