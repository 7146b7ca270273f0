"""Rows of many records, read together: each record gets its own, as from a prefetch."""

import pytest
from django.db.models import Prefetch

from applications.models import Application, Award, StudioMember
from applications.records import read_all
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 30])
def test_each_record_gets_its_own_rows_in_order_in_one_query_a_relation(
    count, django_assert_num_queries
):
    people = make_people(make_round())
    applications = [make_application(Stage.DRAFT, people) for _ in range(count)]
    for application in applications[:2]:
        for position, name in ((2, "乙"), (1, "甲")):
            StudioMember.objects.create(application=application, position=position, name=name)
    awards = Prefetch("awards", Award.objects.order_by("-pk"))
    queryset = Application.objects.prefetch_related(awards, "members").order_by("pk")
    with django_assert_num_queries(3):
        read = read_all(queryset)
        rows = [
            ([award.pk for award in each.awards.all()], [row.pk for row in each.members.all()])
            for each in read
        ]
    assert rows == [
        ([award.pk for award in each.awards.all()], [row.pk for row in each.members.all()])
        for each in queryset
    ]


@pytest.mark.django_db
def test_of_no_records_nothing_is_read(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert read_all(Application.objects.prefetch_related("members")) == []


@pytest.mark.django_db
def test_what_was_read_is_not_filtered():
    """A list that was read for a page answers no other question: it fails, and says so."""
    make_application(Stage.DRAFT)
    [application] = read_all(Application.objects.prefetch_related("members"))
    with pytest.raises(AttributeError):
        application.members.filter(name="甲")
