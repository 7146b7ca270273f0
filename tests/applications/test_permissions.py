"""Who sees which application: every stage, every role, own and another's."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.roles import Role
from applications.form.definition import NOT_SHOWN, display
from applications.models import Application
from applications.permissions import Privacy, privacy_for, visible_application, work_stages
from applications.stages import ENDED, OWNERS, Stage
from tests.factories import make_application, make_people, make_round, make_user

pytestmark = pytest.mark.django_db

PRIVATE = {Stage.DRAFT, Stage.DISCARDED, Stage.LAPSED}
EARLY = {*PRIVATE, Stage.RETURNED, Stage.RECOMMENDING, Stage.REDIRECTING, Stage.RECOMMENDED}
BEFORE_PANEL = EARLY | {Stage.NOT_RECOMMENDED, Stage.QUALIFYING, Stage.DISQUALIFIED}
EVERYWHERE = set(Stage)
# design.md section 4, written out: the stages in which each role sees an application of its own.
SEEN = {
    Role.APPLICANT: EVERYWHERE,
    Role.RECOMMENDER: EVERYWHERE - PRIVATE,
    Role.OFFICE: EVERYWHERE - PRIVATE,
    Role.EXPERT: EVERYWHERE - BEFORE_PANEL - {Stage.CLOSED},
    Role.BUREAU: EVERYWHERE - PRIVATE,
    Role.FINANCE: {Stage.APPROVING, Stage.COUNTERSIGNING, Stage.AWARDED},
    Role.ADMIN: set(),
}


@pytest.mark.parametrize("stage", Stage)
def test_each_role_sees_exactly_its_stages(stage):
    people = make_people(make_round())
    strangers = make_people(people.panel.round)
    application = make_application(stage, people)
    for role in Role:
        seen = Application.objects.visible_to(people.of(role)).filter(pk=application.pk).exists()
        assert seen == (stage in SEEN[role]), role
        for lock in (False, True):
            one = visible_application(people.of(role), application.pk, lock=lock)
            assert one == (application if seen else None), role
    # Offices of the city see every unit's; the others nothing that is not their own.
    for role in (Role.APPLICANT, Role.RECOMMENDER, Role.EXPERT, Role.ADMIN):
        assert not Application.objects.visible_to(strangers.of(role)).exists(), role


def test_nobody_sees_anything_without_an_active_account():
    people = make_people(make_round())
    make_application(Stage.QUALIFYING, people)
    people.office.is_active = False
    assert not Application.objects.visible_to(people.office).exists()
    assert not Application.objects.visible_to(AnonymousUser()).exists()


def test_what_waits_for_a_role_is_what_it_owns():
    owned = [stage for role in Role for stage in work_stages(role)]
    assert sorted(owned) == sorted(set(Stage) - set(ENDED))
    assert all(OWNERS[stage] == role for role in Role for stage in work_stages(role))


def test_personal_numbers_are_full_masked_or_hidden():
    people = make_people(make_round())
    application = make_application(Stage.PANEL, people)
    assert privacy_for(people.applicant, application) is Privacy.FULL
    assert privacy_for(people.office, application) is Privacy.MASKED
    assert privacy_for(people.expert, application) is Privacy.HIDDEN
    other = make_user(Role.OFFICE)
    number = application.lead_id_number
    assert display(application, "lead_id_number", Privacy.FULL) == number
    masked = display(application, "lead_id_number", privacy_for(other, application))
    assert masked == f"{number[:3]}{'*' * 11}{number[-4:]}"
    for name in ("lead_id_number", "bank_account", "contact_mobile", "principal_phone", "email"):
        assert display(application, name, Privacy.HIDDEN) == NOT_SHOWN
