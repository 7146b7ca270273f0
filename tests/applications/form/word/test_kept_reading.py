"""What was read of a Word file waits for a day, for one account, and nowhere in plain."""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection

from applications.form.drafts import start
from applications.form.word.kept_reading import KEPT, KeptReading, forget, keep, kept_for
from applications.trust.key_rotation import holders
from tests.factories import make_people, make_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return start(people.panel.round, people.applicant)


def keep_one(draft, user, content="王强 420106198005010171"):
    keep(draft, user, KeptReading.Kind.FORM, "王强申报表.docx", content)


def age(days):
    KeptReading.objects.update(read_at=KeptReading.objects.get().read_at - days)


def test_neither_content_nor_file_name_is_stored_in_plain(people, draft):
    keep_one(draft, people.applicant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM applications_keptreading")
        row = str(cursor.fetchone())
    assert "王强" not in row
    assert "420106198005010171" not in row
    assert kept_for(draft, people.applicant).file_name == "王强申报表.docx"


def test_another_key_encrypts_it_anew(people, draft):
    assert KeptReading in [model for model, *_ in holders()]


def test_the_next_file_takes_the_place_of_the_one_before(people, draft):
    keep_one(draft, people.applicant, "一")
    keep_one(draft, people.applicant, "二")
    assert KeptReading.objects.get().content == "二"


def test_what_was_confirmed_takes_no_later_file_with_it(people, draft):
    keep_one(draft, people.applicant, "一")
    confirmed = kept_for(draft, people.applicant)
    keep_one(draft, people.applicant, "二")
    forget(confirmed)
    assert kept_for(draft, people.applicant).content == "二"


def test_a_colleague_does_not_see_it(people, draft):
    keep_one(draft, people.applicant)
    colleague = make_user(people.applicant.role, applying_unit=people.applicant.applying_unit)
    assert kept_for(draft, colleague) is None


def test_after_a_day_it_is_gone_and_the_next_run_of_notify_erases_it(people, draft):
    keep_one(draft, people.applicant)
    age(KEPT - datetime.timedelta(minutes=1))
    assert kept_for(draft, people.applicant)
    age(datetime.timedelta(minutes=1))
    assert kept_for(draft, people.applicant) is None
    call_command("notify")
    assert not KeptReading.objects.exists()
