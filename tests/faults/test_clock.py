"""The clock passes a deadline between a page and its form, or is set back: the server's counts."""

import datetime
import html
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.stages import Stage
from tests.factories import (
    OPINION,
    make_application,
    make_people,
    make_round,
    prepare,
    stamp,
    stamp_list,
    take,
    undo,
    without_opinion,
)

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def people():
    return make_people(make_round())


def submission(application):
    return {
        "text": "材料真实，同意申报。",
        "signatory": "负责某",
        "signed_on": f"{timezone.localdate()}",
        "truth_declared": "on",
        "revision": application.revision,
    }


def opened(client, user, url):
    """The user has the page of a form open."""
    client.force_login(user)
    assert client.get(url).status_code == 200


def test_a_submission_sent_after_the_deadline_is_refused_and_the_draft_kept(client, people):
    draft = make_application(Stage.DRAFT, people)
    prepare(draft, "submit", people)
    without_opinion(draft)  # one that was printed is on record, and not typed here
    url = reverse("applications:submit", args=[draft.pk])
    closes_at = people.panel.round.closes_at
    with time_machine.travel(closes_at - MINUTE, tick=False) as clock:
        opened(client, people.applicant, url)
        typed = submission(draft)
        clock.move_to(closes_at)
        client.force_login(people.applicant)
        refused = client.post(url, typed)
        assert refused.status_code == 409
        assert "截止" in refused.content.decode()
        assert "材料真实，同意申报。" in refused.content.decode()
        kept = Application.objects.get(pk=draft.pk)
        assert (kept.stage, kept.achievements) == (Stage.DRAFT, draft.achievements)
        # What is typed into it is still saved: it may be returned to next year.
        section = reverse("applications:section", args=[draft.pk, "report"])
        loaded = re.search('name="loaded" value="([^"]+)"', client.get(section).content.decode())
        typed = {"report_plan": "补写的计划。", "loaded": html.unescape(loaded[1])}
        assert client.post(section, typed).status_code == 302
        assert Application.objects.get(pk=draft.pk).report_plan == "补写的计划。"
        # The clock is set back (as by NTP): server time counts again.
        clock.move_to(closes_at - MINUTE)
        draft.refresh_from_db()
        stamp(draft, people.applicant, **OPINION, opinion_signed_on=timezone.localdate())
        draft.refresh_from_db()
        assert client.post(url, submission(draft)).status_code == 302


def test_a_resubmission_sent_after_its_own_deadline_is_refused(client, people):
    application = make_application(Stage.RECOMMENDING, people)
    deadline = timezone.now() + 3 * DAY
    returned = take(application, "return", people, deadline=deadline)
    prepare(returned, "submit", people)
    url = reverse("applications:submit", args=[returned.pk])
    with time_machine.travel(deadline - MINUTE, tick=False) as clock:
        opened(client, people.applicant, url)
        typed = submission(returned)
        clock.move_to(deadline + MINUTE)
        client.force_login(people.applicant)
        refused = client.post(url, typed)
        assert refused.status_code == 409
        assert "期限" in refused.content.decode()
        assert Application.objects.get(pk=returned.pk).stage == Stage.RETURNED
        clock.move_to(deadline - MINUTE)
        assert client.post(url, typed).status_code == 302


def test_a_list_reported_after_the_deadline_is_refused(client, people):
    application = make_application(Stage.RECOMMENDED, people)
    prepare(application, "report", people)
    saved = people.panel.round.recommendation_lists.get()
    stamp_list(saved, people.recommender)
    url = reverse("review:list_report", args=[application.round_id])
    deadline = people.panel.round.report_deadline
    with time_machine.travel(deadline - MINUTE, tick=False) as clock:
        opened(client, people.recommender, url)
        clock.move_to(deadline)
        client.force_login(people.recommender)
        refused = client.post(url, {"fingerprint": saved.stamped_fingerprint})
        assert refused.status_code == 409
        assert "截止" in refused.content.decode()
        assert Application.objects.get().stage == Stage.RECOMMENDED
        clock.move_to(deadline - MINUTE)
        accepted = client.post(url, {"fingerprint": saved.stamped_fingerprint})
        assert accepted.status_code == 302
    assert Application.objects.get().stage == Stage.QUALIFYING


def test_a_clock_set_back_leaves_the_record_in_order(people):
    """Steps keep the order in which they were taken, whatever the clock says of them."""
    application = make_application(Stage.RECOMMENDING, people)
    with time_machine.travel(timezone.now() - DAY):
        application = take(application, "recommend", people)
        assert application.stage == Stage.RECOMMENDED
        taken = application.events.exclude(to_stage="").order_by("pk")
        assert [each.action for each in taken] == ["submit", "recommend"]
        last = taken.last().pk
        undone = undo(application)
        assert undone.stage == Stage.RECOMMENDING
        assert undone.events.get(action="revert").data["undone"] == last
