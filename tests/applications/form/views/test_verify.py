"""The public check of a printed form: which version it is, and how often one may ask."""

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from applications.files import evidence
from applications.form.views.submission import VERIFY_RATE
from applications.models import Application
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round, pdf_file, stamp, take

pytestmark = pytest.mark.django_db

CURRENT, OLDER, UNKNOWN = "这是现行版本", "这是较早的版本", "没有查到这一指纹"
ALLOWED = int(VERIFY_RATE.split("/")[0])


@pytest.fixture
def people():
    return make_people(make_round())


def ask(client, fingerprint, **headers):
    return client.get(reverse("applications:verify", args=[fingerprint]), headers=headers)


def page(client, fingerprint):
    return ask(client, fingerprint).content.decode()


def test_a_print_is_unknown_until_it_is_submitted(client, people):
    draft = make_application(Stage.DRAFT, people)
    stamp(draft, people.applicant)
    seal = draft.prints.get().fingerprint
    found = page(client, seal)
    assert UNKNOWN in found
    assert "尚未提交" in found
    assert draft.unit_name not in found
    take(draft, "submit", people)
    assert CURRENT in page(client, seal)


def test_versions_that_differ_in_files_alone_are_both_current(client, people):
    application = make_application(Stage.RETURNED, people)
    evidence.add(application, EvidenceCategory.OTHER, pdf_file(), people.applicant)
    take(application, "submit", people)
    first, second = application.submissions.all()
    assert first.fingerprint == second.fingerprint
    found = page(client, first.fingerprint)
    assert CURRENT in found
    assert "第 2 版" in found


def test_a_version_that_was_changed_back_is_current_again(client, people):
    application = make_application(Stage.RETURNED, people)
    for post in ("新岗位", application.lead_post):
        Application.objects.filter(pk=application.pk).update(lead_post=post)
        application = take(application, "submit", people)
        if post == "新岗位":
            application = take(application, "return", people)
    first, second, third = application.submissions.all()
    assert first.fingerprint == third.fingerprint
    assert CURRENT in page(client, first.fingerprint)
    assert OLDER in page(client, second.fingerprint)


def test_a_returned_form_is_said_to_be_under_correction(client, people):
    application = make_application(Stage.RETURNED, people)
    assert "正在修改，尚未重新提交" in page(client, application.submissions.get().fingerprint)


class TestHowOften:
    def test_too_many_questions_from_one_address_are_refused_for_a_minute(self, client):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(ALLOWED):
                assert ask(client, "0" * 64).status_code == 404
            refused = ask(client, "0" * 64)
            assert refused.status_code == 429
            assert "操作过于频繁" in refused.content.decode()
            assert "请 1 分钟后返回上一页重试。" in refused.content.decode()
            clock.shift(61)
            assert ask(client, "0" * 64).status_code == 404

    def test_behind_a_proxy_each_visitor_is_counted_alone(self, client, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for _ in range(ALLOWED):
            ask(client, "0" * 64, x_forwarded_for="203.0.113.7")
        assert ask(client, "0" * 64, x_forwarded_for="203.0.113.7").status_code == 429
        assert ask(client, "0" * 64, x_forwarded_for="203.0.113.8").status_code == 404
        # What a visitor claims before the proxy adds the address it saw counts for nothing.
        claimed = ask(client, "0" * 64, x_forwarded_for="198.51.100.1, 203.0.113.7")
        assert claimed.status_code == 429

    def test_without_a_proxy_a_claimed_address_counts_for_nothing(self, client):
        for number in range(ALLOWED):
            ask(client, "0" * 64, x_forwarded_for=f"203.0.113.{number}")
        assert ask(client, "0" * 64, x_forwarded_for="203.0.113.99").status_code == 429


def test_the_short_form_at_the_foot_of_a_page_is_enough(client, people):
    submission = make_application(Stage.RECOMMENDING, people).submissions.get()
    printed = f"{submission.fingerprint[:8]} {submission.fingerprint[8:16]}"
    assert CURRENT in page(client, printed)
    assert UNKNOWN in page(client, printed[:-1])
