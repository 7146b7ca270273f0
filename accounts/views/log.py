"""The administrator's page of the log: filtered by kind, person and day."""

import datetime

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import dates
from accounts.audit import AuditEntry
from accounts.dates import DayField
from accounts.fields import TextField
from accounts.forms import PlainFields
from accounts.models import User
from accounts.roles import Role, role_required
from accounts.search import held_in

PAGE_SIZE = 50
# Whose lines are looked for at once: more names than these are no answer to "who".
PEOPLE = 100


class LogFilterForm(PlainFields, forms.Form):
    """What of the log is shown."""

    kind = forms.ChoiceField(
        label="类别", choices=[("", "全部"), *AuditEntry.Kind.choices], required=False
    )
    person = TextField(label="姓名、邮箱或单位", max_length=100, required=False)
    since = DayField(dates.ANY, label="从", required=False)
    until = DayField(dates.ANY, label="到", required=False)

    def clean_person(self):
        """Refuse what fits too many accounts."""
        text = self.cleaned_data["person"]
        self.people = None
        if text:
            users = User.objects.filter(held_in(text, *User.FOUND_BY))
            self.people = list(users.order_by("pk").values_list("pk", flat=True)[: PEOPLE + 1])
            if len(self.people) > PEOPLE:
                raise forms.ValidationError(f"符合的账号超过 {PEOPLE} 个，请写得更具体。")
        return text

    def clean(self):
        """Refuse a span that ends before it begins."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "结束日期早于开始日期，请重新选择。")
        return self.cleaned_data

    def lines(self):
        """Return the lines that fit, the latest first; none for a refused form."""
        if not self.is_valid():
            return AuditEntry.objects.none()
        filters, entries = self.cleaned_data, AuditEntry.objects.all()
        if filters["kind"]:
            entries = entries.filter(kind=filters["kind"])
        if self.people is not None:
            entries = entries.filter(user__in=self.people)
        if filters["since"]:
            entries = entries.filter(at__gte=_midnight(filters["since"]))
        if filters["until"]:
            entries = entries.filter(
                at__lt=_midnight(filters["until"] + datetime.timedelta(days=1))
            )
        return entries.order_by("-at", "-pk")

    def in_words(self):
        """What was asked for, in words."""
        filters = self.cleaned_data
        parts = [
            filters["kind"] and AuditEntry.Kind(filters["kind"]).label,
            filters["person"],
            filters["since"] and f"从 {filters['since']}",
            filters["until"] and f"到 {filters['until']}",
        ]
        return "、".join(part for part in parts if part) or "全部"


def _midnight(day):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


@require_GET
@role_required(Role.ADMIN)
def audit_log(request):
    """Show the log, the latest lines first."""
    form = LogFilterForm(request.GET)
    page = Paginator(form.lines(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"filters": form, "page_obj": page}
    return render(request, "accounts/log.html", context, status=422 if form.errors else 200)
