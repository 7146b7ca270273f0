"""What stands many times on one page: every text is escaped, whatever is in it."""

import pytest
from django.utils.html import format_html

from applications.form.patterns import draw, draw_each
from applications.models import Evidence
from applications.records import VERSIONS, read_related
from applications.stages import Stage
from tests.factories import make_application

RESULT = "review/qualification/_result.html"


def test_texts_are_escaped_and_braces_are_text():
    row = {"name": "a-result", "value": '"><b>', "label": "{name} <i>", "state": ""}
    html = draw_each(RESULT, [row, row])
    assert html.count('name="a-result" value="&quot;&gt;&lt;b&gt;"> {name} &lt;i&gt;</label>') == 2


def test_html_is_filled_in_as_it_is():
    row = {"name": "a", "value": 1, "label": format_html("<b>{}</b>", "<"), "state": " checked"}
    assert draw(RESULT, row).endswith('value="1" checked> <b>&lt;</b></label>')


def test_nothing_is_drawn_of_no_rows():
    assert draw_each(RESULT, []) == ""


@pytest.mark.django_db
def test_rows_of_one_record_are_read_once(django_assert_num_queries):
    application = make_application(Stage.RECOMMENDING)
    application._prefetched_objects_cache = {}
    with django_assert_num_queries(2):
        read_related(application, "awards", "evidence")
        read_related(application, "evidence")
        application.link_proofs()
        assert all(file.application == application for file in application.evidence.all())
        assert {type(award.evidence) for award in application.awards.all()} == {Evidence}


@pytest.mark.django_db
def test_rows_know_their_record_and_a_filter_of_them_asks_anew(django_assert_num_queries):
    application = make_application(Stage.RECOMMENDING)
    application._prefetched_objects_cache = {}
    read_related(application, VERSIONS)
    with django_assert_num_queries(0):
        [submission] = application.submissions.all()
        assert submission.application is application
    assert submission.get_deferred_fields() == {"content"}
    with django_assert_num_queries(1):
        assert not application.submissions.filter(version=2).exists()


@pytest.mark.django_db
def test_rows_of_each_record_are_its_own():
    records = [make_application(Stage.RECOMMENDING) for _ in range(2)]
    for record in records:
        record._prefetched_objects_cache = {}
        read_related(record, VERSIONS, "members")
        assert {row.application_id for row in record.submissions.all()} == {record.pk}
        assert {row.application_id for row in record.members.all()} <= {record.pk}
