"""Dates that people type: how far from today each may be, in one table, on every form."""

import datetime
import importlib
import pkgutil

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

import accounts
import applications
import documents
import review
from accounts import dates
from accounts.dates import DayField, MomentField
from accounts.models import User
from accounts.roles import Role
from applications.workflow.table import TRANSITIONS
from review.shared.decision_form import DecisionForm

TODAY = datetime.date(2026, 5, 20)
SLIPS = ("0001-01-01", "1926-05-20", "2126-05-20", "9999-12-31")


@pytest.fixture(autouse=True)
def today(time_machine):
    # Half past midnight in Shanghai; in UTC it is still the day before.
    time_machine.move_to(datetime.datetime(2026, 5, 19, 16, 30, tzinfo=datetime.UTC), tick=False)


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def fields_of_all_forms():
    """Every field of every form of the portal, as (form and name, field)."""
    packages = (accounts, applications, review, documents)
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.endswith("_program"):
                importlib.import_module(module.name)
    names = {package.__name__ for package in packages}
    for form in subclasses(forms.BaseForm):
        if form.__module__.partition(".")[0] in names:
            for name, field in getattr(form, "base_fields", {}).items():
                yield f"{form.__name__}.{name}", field
    # Its fields are those that a transition asks for.
    for rule in TRANSITIONS.values():
        for name, field in DecisionForm(rule, User(role=Role.OFFICE)).fields.items():
            yield f"{rule.name}.{name}", field


def test_no_form_has_a_date_without_bounds():
    kinds = (forms.DateField, forms.DateTimeField, forms.SplitDateTimeField)
    found = {name: field for name, field in fields_of_all_forms() if isinstance(field, kinds)}
    assert {"RoundForm.review_deadline", "SubmitForm.signed_on", "return.deadline"} <= found.keys()
    assert len(found) > 20
    for name, field in found.items():
        assert type(field) in {DayField, MomentField}, name
        for slip in SLIPS:
            if field.span == dates.ANY and slip == "2126-05-20":
                slip = "2101-01-01"
            typed = f"{slip}T09:00" if isinstance(field, MomentField) else slip
            with pytest.raises(ValidationError):
                field.clean(typed)


@pytest.mark.parametrize(
    ("span", "right", "wrong"),
    [
        (
            dates.DONE,
            ("2025-05-19", "2026-05-20"),
            {
                "2025-05-18": "签署日期不得早于 2025-05-19，请核对年份。",
                "2026-05-21": "签署日期不能晚于今天。",
            },
        ),
        (
            dates.DOCUMENT,
            ("2023-05-18", "2026-05-20"),
            {"2023-05-17": "签署日期不得早于 2023-05-18，请核对年份。"},
        ),
        (
            dates.COMING,
            ("2026-05-20", "2027-05-21"),
            {
                "2026-05-19": "签署日期不得早于今天。",
                "2027-05-22": "签署日期不能晚于 2027-05-21，请核对年份。",
            },
        ),
        (dates.ENDING, ("2023-05-18", "2027-05-21"), {}),
        (
            dates.ANY,
            ("2000-01-01", "2100-12-31"),
            {"1999-12-31": "年份有误，应在 2000 至 2100 之间。"},
        ),
    ],
)
def test_a_day_is_within_its_span(span, right, wrong):
    field = DayField(span, label="签署日期")
    for typed in right:
        assert field.clean(typed) == datetime.date.fromisoformat(typed)
    for typed, sentence in wrong.items():
        with pytest.raises(ValidationError) as refused:
            field.clean(typed)
        assert refused.value.messages == [sentence]


def test_a_moment_to_come_is_later_than_now_not_merely_today():
    field = MomentField(dates.COMING, label="修改期限")
    assert timezone.localtime(field.clean("2026-05-20T00:31")).date() == TODAY
    for typed, sentence in {
        "2026-05-20T00:30": "修改期限须晚于现在。",
        "2027-05-22T00:00": "修改期限不能晚于 2027-05-21，请核对年份。",
        "明天": "请按“年-月-日 时:分”填写，例如 2026-05-01 17:00。",
    }.items():
        with pytest.raises(ValidationError) as refused:
            field.clean(typed)
        assert refused.value.messages == [sentence]


def test_a_date_that_a_record_begins_with_is_proposed_by_its_form():
    """A field that a model form declares does not take over the model's default by itself."""
    list(fields_of_all_forms())  # every module is read
    proposed = set()
    for form in subclasses(forms.BaseModelForm):
        for name, field in getattr(form, "base_fields", {}).items():
            if isinstance(field, DayField | MomentField):
                of_model = form._meta.model._meta.get_field(name)
                if of_model.has_default():
                    proposed.add(name)
                    assert field.initial == of_model.default, (form, name)
    assert proposed == {"starts_on", "received_on", "filled_on"}


def test_what_may_be_left_out_has_no_bounds_to_break():
    assert DayField(dates.DONE, required=False).clean("") is None
    assert MomentField(dates.ANY, required=False).clean("") is None


def test_the_browser_offers_no_other_day_and_learns_of_the_next_one(time_machine):
    class Form(forms.Form):
        day = DayField(dates.DONE)
        moment = MomentField(dates.COMING)

    html = str(Form())
    assert 'min="2025-05-19" max="2026-05-20"' in html
    assert 'min="2026-05-20T00:00" max="2027-05-21T23:59"' in html
    time_machine.shift(datetime.timedelta(days=1))
    assert 'max="2026-05-21"' in str(Form())
