"""The sweep: every field for a number, a code, an address or a telephone, in every form.

It walks the portal's packages and forms, so a field that nobody thought of here is judged, too.
"""

import importlib
import pkgutil
import re

import pytest
from django import forms
from django.core.exceptions import ValidationError

import accounts
import applications
import documents
import review
from accounts.fields import CreditCodeField, EmailField, MobileField, NameField, PhoneField
from accounts.models import HostKind
from accounts.roles import Role
from applications.form import forms as drafts
from applications.form.definition import SECTIONS
from applications.form.forms import section_form
from applications.form.rows import PageField
from applications.workflow.table import TABLE
from review.shared.decision_form import DecisionForm
from tests.factories import credit_code, id_number, make_user

pytestmark = pytest.mark.django_db

PACKAGES = (accounts, applications, review, documents)
# Programs that run by themselves, and what only commands use.
APART = re.compile(r"\.(migrations|management|demo)|program$|bounds$|pdfium$")
MARKS = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
KINDS = (forms.EmailField, forms.IntegerField, forms.DecimalField, forms.SlugField)
# What a text field is for shows in its name.
NAMED = re.compile(
    r"(^|_)(phone|mobile|fax|email|login|contact|uscc|code|number|postcode|account|birth|start|"
    r"seed|q|person)$"
)
# In the order in which they are looked for.
SAMPLES = (
    (EmailField, "unit@example.cn"),
    (drafts.EmailField, "unit@example.cn"),
    (MobileField, "13800000000"),
    (drafts.MobileField, "13800000000"),
    (PhoneField, "027-83919079"),
    (drafts.PhoneField, "027-83919079"),
    (CreditCodeField, credit_code()),
    (drafts.IdNumberField, id_number()),
    (drafts.MonthField, "1980-05"),
    (drafts.YearField, "2021"),
    (PageField, "3"),
    (forms.IntegerField, "12"),
    (forms.DecimalField, "12.5"),
    (forms.SlugField, "JA-1"),
    (forms.CharField, "123456"),
)


def form_classes(parent=forms.BaseForm):
    for child in parent.__subclasses__():
        yield child
        yield from form_classes(child)


def portal_forms():
    """Yield (name, fields) of every form of the portal, those made at run time included."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not APART.search(module.name):
                importlib.import_module(module.name)
    own = {package.__name__ for package in PACKAGES}
    for form_class in dict.fromkeys(form_classes()):
        if form_class.__module__.partition(".")[0] in own:
            yield f"{form_class.__module__}.{form_class.__name__}", form_class.base_fields
    for section in SECTIONS:
        for kind in HostKind:
            yield f"section {section.key} {kind}", section_form(section.key, kind).base_fields
    user = make_user(Role.OFFICE)
    for rule in TABLE:
        yield f"decision {rule.name}", DecisionForm(rule, user).fields


def judged():
    for form, fields in portal_forms():
        for name, field in fields.items():
            is_text = isinstance(field, forms.CharField) and NAMED.search(name)
            # A principal's or contact's name is in people's words.
            if (isinstance(field, KINDS) or is_text) and not isinstance(
                field, NameField | drafts.NameField
            ):
                yield f"{form}.{name}", field


def test_no_field_keeps_or_minds_what_nobody_sees():
    found, wrong = 0, []
    for where, field in judged():
        found += 1
        sample = next(text for kind, text in SAMPLES if isinstance(field, kind))
        if (most := getattr(field, "max_value", None)) is not None:
            sample = str(most)
        dirty = MARKS + "".join(each + MARKS for each in sample)
        try:
            if field.clean(dirty) != field.clean(sample):
                wrong.append(where)
        except ValidationError as error:
            wrong.append(f"{where}: {error.messages}")
    assert wrong == []
    assert found > 60


def test_every_name_of_one_person_is_freed_of_blanks():
    names = {
        "accounts.forms.RegistrationForm": "contact_name",
        "accounts.forms.AccountForm": "name",
        "accounts.forms.ColleagueForm": "name",
        "applications.form.rows.MemberForm": "name",
        "applications.form.forms.SubmitForm": "signatory",
        "review.recommending.list_forms.ReporterForm": "reporter",
        "section lead ENTERPRISE": "lead_name",
        "section unit SCHOOL": "principal",
        "section unit ENTERPRISE": "contact_name",
        "decision approve": "signatory",
    }
    fields = dict(portal_forms())
    for form, name in names.items():
        assert fields[form][name].clean("诸葛　明 轩") == "诸葛明轩", form
