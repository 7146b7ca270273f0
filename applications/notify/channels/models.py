"""消息渠道: where else somebody wants to be told, and what was sent there.

The portal's own messages come first (`inbox.Message`); a channel is told that there is one, and
nothing of what it says (`notifications.announcement`). The administrator says which services there
are, and to which hosts requests may go: without a host there are no channels at all.
"""

import datetime
import json
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.roles import Role
from applications.notify import retries
from applications.trust.encryption import EncryptedTextField

# A channel whose other side has refused so often, and for so long, is dead: it is paused, its
# owner told.
FAILURES = 5
DEAD_AFTER = datetime.timedelta(days=1)


class Service(models.TextChoices):
    """Of what kind a channel is."""

    WECOM = "WECOM", "企业微信群机器人"
    DINGTALK = "DINGTALK", "钉钉群机器人"
    FEISHU = "FEISHU", "飞书群机器人"
    SMS = "SMS", "手机短信"
    WEBHOOK = "WEBHOOK", "网络回调（Webhook）"
    OTHER = "OTHER", "其他服务"


# Where the public ones of these services are; a ministry may run its own, but for 飞书, whose host
# is built into Apprise.
PUBLIC_HOSTS = {
    Service.WECOM: "qyapi.weixin.qq.com",
    Service.DINGTALK: "oapi.dingtalk.com",
    Service.FEISHU: "open.feishu.cn",
}
HTTPS = 443
# Plug-ins of Apprise that ask whatever their address says, by any method: WEBHOOK is for these.
GENERIC = {"form", "forms", "json", "jsons", "xml", "xmls"}


class SecretField(EncryptedTextField):
    """A dictionary of texts, encrypted: keys of robots, addresses that are secrets, numbers."""

    def from_db_value(self, value, expression, connection):
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else {}

    def to_python(self, value):
        return value

    def get_prep_value(self, value):
        return super().get_prep_value(json.dumps(value, ensure_ascii=False) if value else "")


class AllowedHost(models.Model):
    """A host to which requests of one service may go; the administrator's."""

    service = models.CharField("服务", max_length=20, choices=Service)
    host = models.CharField("主机", max_length=253)
    port = models.PositiveIntegerField("端口", default=HTTPS)
    # Without it an address inside the own network is refused, whatever the name says.
    is_internal = models.BooleanField("位于内部网络", default=False)
    # Of other services: what an address of Apprise begins with.
    scheme = models.CharField("协议名", max_length=40, blank=True)
    # Of a gateway for SMS: what its interface asks for.
    gateway = SecretField("短信接口", blank=True, default=dict)
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    allowed_at = models.DateTimeField("允许时间", default=timezone.now)

    class Meta:
        verbose_name = "允许的消息渠道"
        ordering = ["service", "host", "port", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "host", "port", "scheme"],
                name="a_host_is_allowed_once",
                violation_error_message="该服务的这一主机已经允许。",
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(service=Service.SMS),
                name="one_gateway_for_sms",
                violation_error_message="短信网关已经设置；要更换，请先移除现有的。",
            ),
        ]

    def __str__(self):
        return self.host if self.port == HTTPS else f"{self.host}:{self.port}"


class ChannelQuerySet(models.QuerySet):
    """Named filters of channels."""

    def own(self, user):
        """Those that an account may see and change: its own, and for the office the office's."""
        own = Q(owner=user)
        return self.filter(own | Q(owner=None)) if user.role == Role.OFFICE else self.filter(own)

    def reachable(self):
        """Those that something may be sent to: a test goes to one that is paused, too."""
        is_open = Q(owner=None) | Q(owner__is_active=True)
        return self.filter(is_open, service__in=allowed_services())

    def in_use(self):
        """Those that are told of messages."""
        return self.reachable().filter(paused_at=None)


def allowed_services():
    """The services that the administrator allows, as a query."""
    return AllowedHost.objects.order_by().values("service")


class Channel(models.Model):
    """消息渠道 of one account, or (without an owner) of the office as a whole."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="channels"
    )
    service = models.CharField("服务", max_length=20, choices=Service)
    name = models.CharField("名称", max_length=30)
    # What is asked for by the service's form: address and key, or a number.
    access = SecretField("接入信息", default=dict)
    # Which messages go there: values of `Message.Kind`.
    kinds = models.JSONField("发送哪些消息", default=list)
    added_at = models.DateTimeField("添加时间", default=timezone.now)
    # Nothing older is sent there: since it was added, or was in use again.
    since = models.DateTimeField("启用时间", default=timezone.now)
    paused_at = models.DateTimeField("暂停时间", null=True, blank=True)
    # How often its other side has refused in a row, and since when; none once its owner paused it.
    failures = models.PositiveIntegerField("连续失败次数", default=0)
    failing_since = models.DateTimeField("开始失败时间", null=True, blank=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = "消息渠道"
        ordering = ["pk"]

    def __str__(self):
        return self.name

    def is_for(self, user):
        """Whether it is told what this account is told."""
        return user.role == Role.OFFICE if self.owner_id is None else self.owner_id == user.pk

    @property
    def is_dead(self):
        """Whether it was paused because it failed, and not by its owner."""
        return self.paused_at is not None and self.failures > 0

    @property
    def last_error(self):
        """The sentence of the last delivery that failed, or ""; one query."""
        failed = self.deliveries.exclude(last_error="").values_list("last_error", flat=True)
        return failed.first() or ""

    @property
    def masked(self):
        """Where it leads, without what lets anybody send there."""
        if mobile := self.access.get("mobile"):
            return f"{mobile[:3]}****{mobile[-4:]}"
        parts = urlsplit(self.access.get("url", ""))
        if self.service == Service.OTHER:
            return f"{parts.scheme}://****"
        secret = parts.query or parts.path
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}/****{secret[-4:] if len(secret) > 16 else ''}"

    def pause(self):
        """Send nothing there any more; what waited is given up."""
        self.paused_at, self.failures, self.failing_since = timezone.now(), 0, None
        self.save(update_fields=["paused_at", "failures", "failing_since"])
        self.deliveries.waiting().update(next_attempt_at=None)

    def resume(self):
        """Send there from now on."""
        self.paused_at, self.failures, self.failing_since = None, 0, None
        self.since = timezone.now()
        self.save(update_fields=["paused_at", "failures", "failing_since", "since"])

    def note_success(self):
        """Whatever failed before is over: one that was dead, and has taken a test, goes on."""
        failing = Channel.objects.filter(pk=self.pk, failures__gt=0)
        failing.exclude(paused_at=None).update(since=timezone.now())
        failing.update(failures=0, failing_since=None, paused_at=None)

    def note_failure(self):
        """Count one more failure in a row; pause the channel when it is dead, and say whether.

        Of one that was removed or paused meanwhile nothing is counted.
        """
        now = timezone.now()
        with transaction.atomic():
            in_use = Channel.objects.filter(pk=self.pk, paused_at=None)
            channel = in_use.select_for_update(of=("self",)).first()
            if channel is None:
                return False
            channel.failures += 1
            channel.failing_since = channel.failing_since or now
            is_dead = channel.failures >= FAILURES and now - channel.failing_since >= DEAD_AFTER
            if is_dead:
                channel.paused_at = now
                channel.deliveries.waiting().update(next_attempt_at=None)
            channel.save(update_fields=["failures", "failing_since", "paused_at"])
            return is_dead


class DeliveryQuerySet(models.QuerySet):
    """All that plans deliveries, and who takes the next one."""

    def plan(self, messages):
        """Plan to tell channels of these messages, which are saved: each channel once of each key.

        Three queries at most, however many messages; one while nobody has a channel.
        """
        recipients = {message.recipient_id: message.recipient for message in messages}
        own = Q(owner__in=list(recipients))
        if any(user.role == Role.OFFICE for user in recipients.values()):
            own |= Q(owner=None)
        channels = list(Channel.objects.in_use().filter(own))
        if not channels:
            return
        kinds = {kind for channel in channels for kind in channel.kinds}
        saved = Delivery.message.field.related_model.objects.filter(
            key__in={message.key for message in messages},
            recipient__in=list(recipients),
            kind__in=kinds,
        ).order_by("pk")
        planned = [
            Delivery(channel=channel, message=message, key=message.key)
            for message in saved.only("pk", "key", "kind", "recipient_id", "created_at")
            for channel in channels
            if message.kind in channel.kinds
            and message.created_at >= channel.since
            and channel.is_for(recipients[message.recipient_id])
        ]
        Delivery.objects.bulk_create(planned, ignore_conflicts=True)

    def waiting(self):
        """Those that will be tried, now or later."""
        return self.filter(next_attempt_at__isnull=False)


class Delivery(retries.Tried):
    """One message as one channel is told of it, or a test of the channel (without a message)."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries")
    message = models.ForeignKey(
        "applications.Message", models.CASCADE, null=True, related_name="deliveries"
    )
    # The message's, or the test's own: nothing goes to a channel twice.
    key = models.CharField(max_length=100)
    planned_at = models.DateTimeField("时间", default=timezone.now)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "渠道发送"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="no_channel_is_told_twice")
        ]
        indexes = [
            models.Index(
                name="deliveries_due",
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
            ),
            models.Index(fields=["channel", "id"]),
            models.Index(
                name="deliveries_not_sent",
                fields=["message"],
                condition=Q(sent_at__isnull=True),
            ),
        ]

    def __str__(self):
        return f"{self.channel} {self.key}"

    @property
    def is_given_up(self):
        """Whether it is not tried any more, and was not sent."""
        return self.sent_at is None and self.next_attempt_at is None
