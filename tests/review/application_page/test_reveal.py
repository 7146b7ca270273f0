"""A number in full: for who needs it at that stage alone, with a reason on record, once."""

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.models import Application
from applications.permissions import REVEALED_AT
from applications.stages import Stage
from tests.factories import id_number, make_application, make_people, make_round
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
REASON = "与身份证复印件核对。"
BANK = "6222020000001234567"


@pytest.fixture
def people():
    return make_people(make_round())


def ask(client, application, number="lead_id_number", reason=REASON):
    url = reverse("review:reveal", args=[application.pk])
    return client.post(url, {"number": number, "reason": reason})


@pytest.mark.parametrize(
    ("role", "stage"),
    [
        (Role.RECOMMENDER, Stage.RECOMMENDING),
        (Role.OFFICE, Stage.QUALIFYING),
        (Role.BUREAU, Stage.APPROVING),
        (Role.FINANCE, Stage.AWARDED),
    ],
)
@pytest.mark.parametrize(
    ("number", "whole"), [("lead_id_number", id_number()), ("bank_account", BANK)]
)
def test_who_needs_it_is_shown_one_number_once_and_it_goes_on_record(
    client, people, role, stage, number, whole
):
    application = make_application(stage, people)
    user = people.of(role)
    client.force_login(user)
    url = reverse("review:reveal", args=[application.pk])
    asked = client.get(url)
    assert whole not in asked.text
    assert f"{whole[:3]}{'*' * (len(whole) - 7)}{whole[-4:]}" in asked.text
    assert not application.events.filter(action="reveal").exists()

    shown = ask(client, application, number)
    assert (shown.status_code, whole in shown.text) == (200, True)
    (other,) = {id_number(), BANK} - {whole}
    assert other not in shown.text
    assert shown["Cache-Control"] == "private, no-store"
    event = application.events.get(action="reveal")
    assert (event.user, event.note, event.to_stage) == (user, REASON, "")
    entry = AuditEntry.objects.get(kind=AuditEntry.Kind.REVEAL)
    assert (entry.user, entry.subject, entry.data) == (user, application.number, {"number": number})
    # Neither page shows it again by itself.
    for page in (url, reverse("review:detail", args=[application.pk])):
        assert whole not in client.get(page).text


@pytest.mark.parametrize("reason", ["", "  ", f"核对{id_number()}", "核对 6222 0200 0000"])
def test_without_a_reason_or_with_a_number_in_it_nothing_is_shown(client, people, reason):
    application = make_application(Stage.QUALIFYING, people)
    client.force_login(people.office)
    response = ask(client, application, reason=reason)
    assert response.status_code == 422
    assert "请填写查看理由。" in response.text or "请删去其中的号码" in response.text
    assert not application.events.filter(action="reveal").exists()
    assert not AuditEntry.objects.filter(kind=AuditEntry.Kind.REVEAL).exists()


def test_at_other_stages_the_button_is_dead_and_says_why(client, people):
    application = make_application(Stage.PANEL, people)
    for role in REVEALED_AT.keys() - {Role.FINANCE}:
        client.force_login(people.of(role))
        page = client.get(reverse("review:reveal", args=[application.pk]))
        sentence = f"{role.label}只在“"
        assert 'type="submit" disabled' in page.text
        assert sentence in page.text
        refused = ask(client, application)
        assert refused.status_code == 409
        assert id_number() not in refused.text
        assert sentence in client.get(reverse("review:detail", args=[application.pk])).text
    assert not application.events.filter(action="reveal").exists()


def test_a_unit_to_which_it_is_redirected_does_not_see_it_yet(client, people):
    application = make_application(Stage.REDIRECTING, people)
    client.force_login(people.recommender)
    assert ask(client, application).status_code == 409
    Application.objects.filter(pk=application.pk).update(
        stage=Stage.RECOMMENDING, redirected_from=None
    )
    # It has gone to another unit: for this one it does not exist any more.
    assert ask(client, application).status_code == 404


def test_experts_and_the_applicant_have_no_such_page_and_read_nothing_of_it(client, people):
    application = make_application(Stage.APPROVING, people)
    client.force_login(people.bureau)
    assert ask(client, application).status_code == 200
    for user in (people.expert, people.applicant, people.admin):
        client.force_login(user)
        assert ask(client, application).status_code == 404
    client.force_login(people.office)
    assert REASON in read_all_tabs(client, application)
    for user in (people.expert, people.recommender, people.finance):
        client.force_login(user)
        assert REASON not in read_all_tabs(client, application)
        assert "查看完整身份证号" not in read_all_tabs(client, application)


def test_everybody_else_reads_it_masked(client, people):
    application = make_application(Stage.AWARDED, people)
    for role in (Role.RECOMMENDER, Role.OFFICE, Role.BUREAU, Role.FINANCE):
        client.force_login(people.of(role))
        page = client.get(reverse("review:detail", args=[application.pk])).text
        assert f"420{'*' * 11}{id_number()[-4:]}" in page
        assert id_number() not in page
        assert BANK not in page
