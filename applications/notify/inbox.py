"""消息: what the portal tells a user, to be read on its own page and mailed besides.

Who is told what is in `notifications.py`, when it is due in `reminders.py`; `mailing.py` mails, and
what goes where people look more often is in `channels/`.
"""

import re

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from applications.notify.channels.models import Delivery
from applications.notify.retries import Tried, claim


class MessageQuerySet(models.QuerySet):
    """All that writes messages is here: each write leaves `User.unread_messages` exact."""

    def tell(self, messages):
        """Save new messages. Whoever has one with the same key already is told nothing twice."""
        if not messages:
            return
        with transaction.atomic():
            self.bulk_create(messages, ignore_conflicts=True)
            _count_unread({message.recipient_id for message in messages})
            Delivery.objects.plan(messages)

    def mark_read(self, user):
        """Mark those of the messages that are the user's as read."""
        with transaction.atomic():
            unread = self.filter(recipient=user, read_at__isnull=True)
            if unread.update(read_at=timezone.now()):
                _count_unread({user.pk})

    def forget(self):
        """Delete the messages."""
        with transaction.atomic():
            recipients = set(self.order_by().values_list("recipient", flat=True))
            self.delete()
            _count_unread(recipients)

    def with_deliveries(self):
        """Read with whom they are to, and what became of each on every channel."""
        deliveries = Delivery.objects.select_related("channel").order_by("pk")
        return self.select_related(
            "recipient__applying_unit", "recipient__recommending_unit"
        ).prefetch_related(Prefetch("deliveries", deliveries))

    def claim(self, limit=50):
        """Take up to `limit` messages whose mail is due, oldest first, and return them.

        What is taken is not due again before its next try: two workers never mail the same one.
        """
        due = self.filter(recipient__is_active=True).select_related("recipient")
        return claim(due, limit)


def _count_unread(user_ids):
    # Locked before counting: who writes to the same user at the same time waits, and then counts
    # these messages too.
    users = User.objects.filter(pk__in=user_ids)
    list(users.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    unread = (
        Message.objects.filter(recipient=OuterRef("pk"), read_at__isnull=True)
        .order_by()
        .values("recipient")
        .annotate(number=Count("pk"))
    )
    users.update(unread_messages=Coalesce(Subquery(unread.values("number")), 0))


class Message(Tried):
    """消息: one thing told to one user."""

    class Kind(models.TextChoices):
        SUBMITTED = "SUBMITTED", "提交"
        ARRIVED = "ARRIVED", "待办理"
        WITHDRAWN = "WITHDRAWN", "撤回"
        RETURNED = "RETURNED", "退回修改"
        RECOMMENDATION = "RECOMMENDATION", "推荐结果"
        REPORTED = "REPORTED", "上报"
        QUALIFICATION = "QUALIFICATION", "资格审查"
        PANEL = "PANEL", "专家评审"
        PROGRESS = "PROGRESS", "进展"
        OBJECTION = "OBJECTION", "异议"
        RESULT = "RESULT", "评选结果"
        REMINDER = "REMINDER", "截止提醒"
        CHANNEL = "CHANNEL", "消息渠道"

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    application = models.ForeignKey(
        "applications.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
    )
    # What it is about, as a text: nobody is told the same thing twice.
    key = models.CharField(max_length=100)
    kind = models.CharField("类别", max_length=20, choices=Kind)
    subject = models.CharField("标题", max_length=200)
    text = models.TextField("内容")
    url = models.CharField("办理页面", max_length=200)
    created_at = models.DateTimeField("时间", default=timezone.now)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    # What is due until when (`Deadline.as_json`), which the mail has with it as a calendar.
    deadline = models.JSONField("期限", null=True, editable=False)
    # The mail, which is what is tried.
    mailed_at = models.DateTimeField("邮件发出时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key", "recipient"], name="nobody_is_told_twice")
        ]
        indexes = [
            models.Index(fields=["recipient", "created_at", "id"]),
            models.Index(fields=["created_at", "id"]),
            models.Index(
                name="unread_messages_of_user",
                fields=["recipient"],
                condition=Q(read_at__isnull=True),
            ),
            models.Index(
                name="unread_messages_in_time",
                fields=["created_at", "id"],
                condition=Q(read_at__isnull=True),
            ),
            models.Index(
                name="messages_not_mailed",
                fields=["created_at", "id"],
                condition=Q(mailed_at__isnull=True),
            ),
            models.Index(
                name="messages_mail_due",
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.subject

    @property
    def lines(self):
        """The text as (line, link): a line that is an address of the portal links the one before.

        A mail shows the address itself.
        """
        lines = []
        for line in self.text.split("\n"):
            path = line.removeprefix(settings.SITE_URL)
            # Reviewers type lines, too, and "//host" would lead to another host.
            if lines and path != line and re.match(r"/\w", path):
                lines[-1] = (lines[-1][0], path)
            else:
                lines.append((line, ""))
        return lines

    @property
    def is_given_up(self):
        """Whether the mail was tried as often as it is, or was cut off at the last try."""
        return self.mailed_at is None and self.next_attempt_at is None
