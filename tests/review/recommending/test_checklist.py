"""What a recommending unit goes through: what proves a condition is what the office is shown."""

import pytest

from applications.files import evidence
from applications.rounds import EvidenceCategory
from review.qualification.forms import qualification_forms
from review.recommending.checklist import CONDITION, work_list
from tests.factories import make_draft, pdf_file, take, unexamined

pytestmark = pytest.mark.django_db


def test_recommending_unit_and_office_are_shown_the_same_proof_of_a_condition(people):
    draft = make_draft(people.panel.round, people.applicant)
    with unexamined():
        file = pdf_file("内部管理制度.pdf")
        other = evidence.add(draft, EvidenceCategory.OTHER, file, people.applicant)
    application = take(draft, "submit", people)
    addresses = [
        {address.split("#")[0] for _, address in item.files}
        for item in work_list(application)
        if item.group == CONDITION
    ]
    offered = [
        {file.url for _, file, _ in form.files_to_choose()[0]}
        for form in qualification_forms(application)
    ]
    assert addresses == offered
    # A host's system of training is proven by whatever paper lays it down.
    assert other.get_absolute_url() in addresses[3]
