"""The office corrects a unit's registration: drafts follow, submitted ones say so."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import HostKind, UnitCorrection
from applications.form.completeness import problems
from applications.models import Application
from applications.stages import Stage
from applications.units import correct
from applications.workflow.perform import Refused, perform
from tests.factories import (
    make_application,
    make_draft,
    make_people,
    make_round,
    second_of,
    take,
)
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
NAME, REASON = "虚构重型机械有限公司", "与营业执照核对，注册时写错"


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def unit(people):
    return people.applicant.applying_unit


def put_right(unit, people, **changes):
    said = {"name": NAME, "host_kind": unit.host_kind, "reason": REASON, **changes}
    return correct(unit, people.office, **said)


def again(application):
    return Application.objects.get(pk=application.pk)


def returned(people, application):
    perform(
        application,
        "return",
        people.recommender,
        reason="请修改。",
        deadline=timezone.now() + datetime.timedelta(days=5),
    )


def test_a_correction_is_on_record_with_its_reason(unit, people):
    before = unit.name
    correction = put_right(unit, people, host_kind=HostKind.SCHOOL)
    unit.refresh_from_db()
    assert (unit.name, unit.host_kind) == (NAME, HostKind.SCHOOL)
    assert (correction.by, correction.reason) == (people.office, REASON)
    assert f"单位名称由“{before}”更正为“{NAME}”" in str(correction)
    assert "由“企业”更正为“职业院校（高技能人才培训基地）”" in str(correction)


def test_nothing_to_correct_is_refused(unit, people):
    with pytest.raises(Refused, match="没有改动"):
        put_right(unit, people, name=unit.name)
    assert not UnitCorrection.objects.exists()


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.RETURNED])
def test_what_the_unit_can_change_follows(unit, people, stage):
    application = make_application(stage, people)
    put_right(unit, people, host_kind=HostKind.SCHOOL)
    application = again(application)
    assert (application.unit_name, application.host_kind) == (NAME, HostKind.SCHOOL)
    event = application.events.latest("pk")
    assert (event.label, event.user) == ("更正单位信息", people.office)
    assert REASON in event.note
    # A school is not asked for its training fund.
    asked = {problem.anchor for problem in problems(application)}
    assert "id_training_fund" not in asked


def test_the_kind_alone_leaves_the_name_as_it_was_typed(unit, people):
    draft = make_draft(people.panel.round, people.applicant, unit_name="本单位所写的名称")
    put_right(unit, people, name=unit.name, host_kind=HostKind.SCHOOL)
    assert again(draft).unit_name == "本单位所写的名称"


def test_a_draft_that_nobody_touched_is_still_the_one_that_a_second_click_opens(
    unit, people, client
):
    client.force_login(people.applicant)
    start = reverse("applications:start", args=[people.panel.round_id])
    client.post(start)
    put_right(unit, people)
    client.post(start)
    assert Application.objects.get().unit_name == NAME


@pytest.mark.parametrize("stage", [Stage.RECOMMENDING, Stage.PANEL, Stage.AWARDED])
def test_what_was_submitted_stays_and_says_so(unit, people, stage, client):
    application = make_application(stage, people)
    before = application.unit_name
    put_right(unit, people)
    assert again(application).unit_name == before
    readers = {people.office: "review:detail", people.applicant: "applications:overview"}
    if stage == Stage.RECOMMENDING:
        readers[people.recommender] = "review:detail"
    for user, page in readers.items():
        client.force_login(user)
        text = client.get(reverse(page, args=[application.pk])).content.decode()
        assert f"更正为“{NAME}”" in text
        assert REASON in text


def test_it_follows_once_it_comes_back(unit, people, client):
    application = make_application(Stage.RECOMMENDING, people)
    put_right(unit, people, host_kind=HostKind.SCHOOL)
    returned(people, application)
    application = again(application)
    assert (application.unit_name, application.host_kind) == (NAME, HostKind.SCHOOL)
    client.force_login(people.applicant)
    page = client.get(reverse("applications:overview", args=[application.pk])).content.decode()
    assert "须重新打印盖章" in page


def test_what_followed_a_return_is_not_undone_with_it(unit, people):
    """What was submitted must be what is judged."""
    application = make_application(Stage.RECOMMENDING, people)
    put_right(unit, people)
    returned(people, application)
    with pytest.raises(Refused, match="已开始修改"):
        perform(again(application), "revert", second_of(people.recommender), reason="退错了。")


def test_once_submitted_again_nothing_is_said_any_more(unit, people, client):
    application = make_application(Stage.RETURNED, people)
    put_right(unit, people)
    take(again(application), "submit", people)
    client.force_login(people.recommender)
    page = read_all_tabs(client, application)
    assert "评审办公室更正了申报单位信息" not in page
