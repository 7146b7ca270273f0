"""A prepared query makes the objects that Django makes, of what stands in the database now."""

import pytest
from django.db.models import F

from accounts.prepared import Prepared
from applications.models import Application, Award, Evidence
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def application():
    return make_application(Stage.RECOMMENDING, make_people(make_round()))


def values(made):
    deferred = made.get_deferred_fields()
    return {
        field.attname: getattr(made, field.attname)
        for field in made._meta.concrete_fields
        if field.attname not in deferred
    }


def test_objects_are_those_of_the_query(application):
    files = Evidence.objects.select_related("print").defer("print__content", "warning")
    for build in (
        lambda key: Application.objects.select_related("round", "redirected_from").filter(pk=key),
        lambda key: Award.objects.filter(application=key),
        lambda key: files.filter(application=key, removed_at=None),
    ):
        prepared, asked = Prepared(build)(application.pk), list(build(application.pk))
        assert prepared == asked
        assert prepared
        for mine, theirs in zip(prepared, asked, strict=True):
            assert values(mine) == values(theirs)
            assert mine.get_deferred_fields() == theirs.get_deferred_fields()
            assert mine._state.fields_cache.keys() == theirs._state.fields_cache.keys()
            for name, related in mine._state.fields_cache.items():
                theirs_related = getattr(theirs, name)
                assert (related and values(related)) == (theirs_related and values(theirs_related))


def test_keys_stand_where_they_were_asked_for(application):
    prepared = Prepared(
        lambda unit, key: Application.objects.annotate(again=F("revision")).filter(
            pk=key, stage=Stage.RECOMMENDING, applying_unit=unit
        )
    )
    (made,) = prepared(application.applying_unit_id, application.pk)
    assert (made.pk, made.again) == (application.pk, application.revision)
    assert prepared(application.applying_unit_id + 1, application.pk) == []
    assert prepared(application.applying_unit_id, application.pk + 1) == []


def test_every_call_is_one_query_and_reads_anew(application, django_assert_num_queries):
    prepared = Prepared(lambda key: Application.objects.filter(pk=key))
    prepared(application.pk)
    Application.objects.filter(pk=application.pk).update(fax="027-1")
    with django_assert_num_queries(1):
        (first,) = prepared(application.pk)
    assert first.fax == "027-1"
    Application.objects.filter(pk=application.pk).update(fax="027-2")
    assert prepared(application.pk)[0].fax == "027-2"
    assert first.fax == "027-1"
