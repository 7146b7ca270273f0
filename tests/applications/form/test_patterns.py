"""What stands many times on one page: every text is escaped, whatever is in it."""

import pytest

from applications.form.patterns import draw_each
from applications.models import Evidence
from applications.records import read_related
from applications.stages import Stage
from tests.factories import make_application

RESULT = "review/qualification/_result.html"


def test_texts_are_escaped_and_braces_are_text():
    row = {"name": "a-result", "value": '"><b>', "label": "{name} <i>", "state": ""}
    html = draw_each(RESULT, [row, row])
    assert html.count('name="a-result" value="&quot;&gt;&lt;b&gt;"> {name} &lt;i&gt;</label>') == 2


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
