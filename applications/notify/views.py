"""Messages: everybody's own, and for the office what was sent to whom."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.fields import TextField
from accounts.models import User
from accounts.roles import Role, role_required
from accounts.search import held_in
from applications.models import Application
from applications.notify.channels.models import Delivery
from applications.notify.channels.views import offered
from applications.notify.inbox import Message
from applications.notify.retries import TRIES

PAGE_SIZE = 25


@require_GET
def inbox(request):
    """List the user's own messages, newest first, in full.

    A recused expert is shown none of those about that application any more.
    """
    own = Message.objects.filter(recipient=request.user)
    if request.user.role == Role.EXPERT:
        own = own.exclude(application__in=request.user.recusals.values("application"))
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "has_channels": bool(offered(request.user))}
    return render(request, "applications/notify/messages.html", context)


# Not with GET: a browser that loads links ahead would mark as read what nobody has seen.
@require_POST
def open_message(request, pk):
    """Mark a message as read and lead on to what it is about."""
    own = Message.objects.filter(recipient=request.user)
    message = get_object_or_404(own, pk=pk)
    own.filter(pk=pk).mark_read(request.user)
    about = message.application_id
    if about and not Application.objects.visible_to(request.user).filter(pk=about).exists():
        messages.warning(request, "该申报目前不能查看：已撤回，或不再由您办理。")
        return redirect("applications:messages")
    return redirect(message.url)


@require_POST
def read_all(request):
    """Mark all of the user's messages as read."""
    Message.objects.mark_read(request.user)
    messages.success(request, "消息已全部标为已读。")
    return redirect("applications:messages")


class SentFilterForm(forms.Form):
    """Filters of the office's list of what was sent."""

    state = forms.ChoiceField(
        label="状态",
        choices=[
            ("", "全部"),
            ("failed", "邮件未发出"),
            ("channel", "渠道未发出"),
            ("unread", "未读"),
        ],
        required=False,
    )
    number = TextField(label="受理编号", required=False, max_length=20)
    unit = TextField(label="单位", required=False, max_length=100)


@require_GET
@role_required(Role.OFFICE)
def sent(request):
    """List what was sent to whom, newest first.

    Of an application that does not exist for the office, a draft, it shows that and when the unit
    was reminded, but neither the application nor the text.
    """
    filters = SentFilterForm(request.GET)
    sent_messages = Message.objects.with_deliveries()
    visible = Application.objects.visible_to(request.user)
    if filters.is_valid():
        sent_messages = _filtered(sent_messages, visible, **filters.cleaned_data)
    page = Paginator(sent_messages, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    about = visible.only("number", "lead_name", "unit_name").in_bulk(
        {row.application_id for row in rows if row.application_id}
    )
    for row in rows:
        row.about = about.get(row.application_id)
        row.is_shown = row.application_id is None or row.about is not None
    context = {"filters": filters, "page_obj": page, "rows": rows, "tries": TRIES}
    return render(request, "applications/notify/messages_sent.html", context)


def _filtered(sent_messages, visible, *, state, number, unit):
    if state == "failed":
        sent_messages = sent_messages.filter(mailed_at__isnull=True, attempts__gt=0)
    elif state == "channel":
        undelivered = Delivery.objects.filter(sent_at__isnull=True, attempts__gt=0)
        sent_messages = sent_messages.filter(pk__in=undelivered.values("message"))
    elif state == "unread":
        sent_messages = sent_messages.filter(read_at__isnull=True)
    if number:
        sent_messages = sent_messages.filter(
            application__in=visible.filter(held_in(number, "number"))
        )
    if unit:
        of_unit = held_in(unit, "applying_unit__name", "recommending_unit__name")
        sent_messages = sent_messages.filter(recipient__in=User.objects.filter(of_unit))
    return sent_messages
