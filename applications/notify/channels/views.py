"""消息渠道: everybody's own and the office's; which services there are, for the administrator."""

import uuid

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.limits import limited
from accounts.roles import Role, role_required
from accounts.views.reauthentication import recently_authenticated
from applications.notify.channels.forms import CHANNEL_FORMS, HOST_FORMS, AllowedHostForm
from applications.notify.channels.models import (
    PUBLIC_HOSTS,
    AllowedHost,
    Channel,
    Delivery,
    Service,
    allowed_services,
)
from applications.notify.inbox import Message
from applications.notify.notifications import kinds_for
from applications.notify.tasks import send_by_channels

# Of one account, and of the office as a whole.
MOST = 5
DELIVERIES_SHOWN = 20
# Tests and saves reach out to a stranger's server.
TRY_RATE = "30/h/user"


def offered(user):
    """Return the services that the administrator allows, in the order of `Service`.

    None to whom the portal tells nothing: there would be no kind of message to choose.
    """
    if not kinds_for(user.role):
        return []
    allowed = set(allowed_services().values_list("service", flat=True))
    return [service for service in Service if service in allowed]


def _own(request):
    """Return the user's channels; there are none, and no page, while no service is offered."""
    own = Channel.objects.own(request.user)
    if not offered(request.user) and not own.exists():
        raise Http404
    return own


@require_safe
def channels(request):
    """List the user's channels, what was sent there lately, and what may be added."""
    own = list(_own(request))
    services = offered(request.user)
    kinds = dict(Message.Kind.choices)
    for channel in own:
        channel.kind_labels = [kinds[kind] for kind in channel.kinds]
        channel.is_withdrawn = channel.service not in services
    deliveries = list(
        Delivery.objects.filter(channel__in=own).select_related("channel", "message")[
            :DELIVERIES_SHOWN
        ]
    )
    context = {
        "channels": own,
        "services": services,
        "deliveries": deliveries,
        "is_under_way": any(_is_under_way(delivery) for delivery in deliveries),
        "most": MOST,
    }
    return render(request, "applications/notify/channels/channels.html", context)


def _is_under_way(delivery):
    """Whether a test waits for the worker."""
    return delivery.message_id is None and delivery.next_attempt_at is not None


@require_safe
def progress(request):
    """Which of the own tests wait for the worker, as JSON, by key; empty once there is none."""
    own = Delivery.objects.filter(channel__in=_own(request), message=None).waiting()
    return JsonResponse(
        {str(row.pk): {"text": "正在发送", "done": 0, "total": 1} for row in own[:DELIVERIES_SHOWN]}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@limited("channel_save", TRY_RATE)
def channel_new(request, service):
    """Add a channel of one service that is allowed."""
    if service not in offered(request.user):
        raise Http404
    form = CHANNEL_FORMS[service](
        request.POST or None, instance=Channel(service=service), user=request.user
    )
    if form.is_valid():
        owner = None if form.cleaned_data.get("for_office") else request.user
        if Channel.objects.filter(owner=owner).count() >= MOST:
            form.add_error(None, f"最多添加 {MOST} 个渠道，请先移除不用的。")
        else:
            channel = form.save()
            _log(request, channel, "added")
            _test(channel)
            messages.success(request, f"“{channel}”已添加，并发送了一条测试消息，结果见下方。")
            return redirect("applications:channels")
    return _form_page(request, form, service)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("channel_save", TRY_RATE)
def channel_edit(request, pk):
    """Change a channel: its name, which messages go there, or a new key."""
    channel = get_object_or_404(_own(request), pk=pk)
    form = CHANNEL_FORMS[channel.service](request.POST or None, instance=channel, user=request.user)
    if form.is_valid():
        try:
            form.save()
        except Channel.DoesNotExist as error:
            raise Http404 from error
        _log(request, channel, "changed")
        messages.success(request, f"“{channel}”已保存。")
        return redirect("applications:channels")
    return _form_page(request, form, channel.service, get_object_or_404(_own(request), pk=pk))


def _form_page(request, form, service, channel=None):
    context = {"form": form, "service": Service(service), "channel": channel}
    template = "applications/notify/channels/channel_form.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@require_POST
@limited("channel_test", TRY_RATE)
def channel_test(request, pk):
    """Have the worker send a test; a channel that was paused may be tested before it goes on."""
    channel = get_object_or_404(_own(request), pk=pk)
    _test(channel)
    messages.success(request, f"测试消息已交后台发往“{channel}”，结果见下方。")
    return redirect("applications:channels")


def _test(channel):
    # Of tests the last one tells enough.
    channel.deliveries.filter(message=None).delete()
    test = Delivery.objects.create(channel=channel, key=f"test:{uuid.uuid4().hex}")
    send_by_channels(Delivery.objects.filter(pk=test.pk))


@require_POST
def channel_pause(request, pk):
    """Pause a channel, or send there again from now on."""
    channel = get_object_or_404(_own(request), pk=pk)
    if request.POST.get("pause") == "yes":
        channel.pause()
        messages.success(request, f"“{channel}”已暂停，消息不再发往该渠道。")
    else:
        channel.resume()
        messages.success(request, f"“{channel}”已启用，今后的消息会发往该渠道。")
    _log(request, channel, "paused" if channel.paused_at else "resumed")
    return redirect("applications:channels")


@require_POST
def channel_remove(request, pk):
    """Remove a channel with its key and the record of what was sent there."""
    channel = get_object_or_404(_own(request), pk=pk)
    _log(request, channel, "removed")
    channel.delete()
    messages.success(request, f"“{channel}”已移除，保存的地址和密钥已删除。")
    return redirect("applications:channels")


def _log(request, channel, action):
    subject = f"消息渠道 {channel.get_service_display()}"
    data = {"action": action, "channel": channel.pk, "of_office": channel.owner_id is None}
    log_entry(AuditEntry.Kind.SETTINGS, request, subject=subject, **data)


# --- The administrator ----------------------------------------------------------------------------


@require_safe
@role_required(Role.ADMIN)
def services(request):
    """List which services are allowed, and the hosts that their requests go to."""
    rows = list(AllowedHost.objects.select_related("allowed_by"))
    has_gateway = any(row.service == Service.SMS for row in rows)
    context = {
        "rows": rows,
        "services": [each for each in Service if not (has_gateway and each == Service.SMS)],
    }
    return render(request, "applications/notify/channels/services.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.ADMIN)
@recently_authenticated
def service_new(request, service):
    """Allow a service with the host that its requests go to."""
    if service not in Service.values:
        raise Http404
    form = HOST_FORMS.get(service, AllowedHostForm)(
        request.POST or None,
        instance=AllowedHost(service=service, allowed_by=request.user),
        initial={"host": PUBLIC_HOSTS.get(service, "")},
    )
    if form.is_valid():
        allowed = form.save()
        _log_service(request, allowed, "allowed")
        messages.success(request, f"已允许{allowed.get_service_display()}，请求只发往 {allowed}。")
        return redirect("applications:channel_services")
    return _service_page(request, form, service)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.ADMIN)
@recently_authenticated
def service_edit(request, pk):
    """Change a host that is allowed; who changed it has allowed it."""
    allowed = get_object_or_404(AllowedHost, pk=pk)
    form = HOST_FORMS.get(Service(allowed.service), AllowedHostForm)(
        request.POST or None, instance=allowed
    )
    if form.is_valid():
        allowed.allowed_by, allowed.allowed_at = request.user, timezone.now()
        form.save()
        _log_service(request, allowed, "changed")
        messages.success(request, f"{allowed.get_service_display()}已保存，请求只发往 {allowed}。")
        return redirect("applications:channel_services")
    return _service_page(request, form, allowed.service, is_change=True)


def _service_page(request, form, service, *, is_change=False):
    context = {"form": form, "service": Service(service), "is_change": is_change}
    template = "applications/notify/channels/service_form.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@require_POST
@role_required(Role.ADMIN)
@recently_authenticated
def service_remove(request, pk):
    """Allow a host no more: from now on nothing is sent there."""
    allowed = get_object_or_404(AllowedHost, pk=pk)
    _log_service(request, allowed, "withdrawn")
    allowed.delete()
    messages.success(request, f"不再允许向 {allowed} 发送{allowed.get_service_display()}消息。")
    return redirect("applications:channel_services")


def _log_service(request, allowed, action):
    subject = f"消息渠道 {allowed.get_service_display()} {allowed}"
    log_entry(
        AuditEntry.Kind.SETTINGS,
        request,
        subject=subject,
        action=action,
        is_internal=allowed.is_internal,
    )
