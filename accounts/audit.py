"""The log of what is done with the portal: logins, numbers seen, files taken, settings changed.

What happens to one application is its `Event`s; what happens around them is an `AuditEntry`.
"""

from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.chains import Chained

# PostgreSQL's advisory locks, of which nothing else in the portal takes any: this and an account.
LOCK = 2026


class AuditEntry(Chained):
    """操作日志: one line; written once, never changed or removed (等保2.0 7.1.4.3).

    The lines of each account form a chain (`accounts.chains`), those of nobody one more: accounts
    never wait for one another.
    """

    SEALED = (
        "sequence",
        "previous",
        "at",
        "kind",
        "user_id",
        "actor",
        "role",
        "origin",
        "subject",
        "data",
    )

    class Kind(models.TextChoices):
        LOGIN = "LOGIN", "登录"
        LOGIN_FAILED = "LOGIN_FAILED", "登录失败"
        LOGOUT = "LOGOUT", "退出登录"
        LOCKED = "LOCKED", "登录锁定"
        UNLOCKED = "UNLOCKED", "解除锁定"
        PASSWORD = "PASSWORD", "修改密码"
        FACTOR = "FACTOR", "修改验证方式"
        SESSION = "SESSION", "结束会话"
        ACCOUNT = "ACCOUNT", "账号管理"
        SETTINGS = "SETTINGS", "修改设置"
        REVEAL = "REVEAL", "查看完整号码"
        DOWNLOAD = "DOWNLOAD", "打开文件"
        EXPORT = "EXPORT", "导出"
        ERASE = "ERASE", "清除个人信息"
        KEY = "KEY", "更换密钥"

    at = models.DateTimeField("时间", default=timezone.now)
    kind = models.CharField("类别", max_length=20, choices=Kind)
    # Nobody for a failed login and for what a command does.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor = models.CharField("操作人", max_length=200, blank=True)
    role = models.CharField("角色", max_length=20, blank=True)
    address = models.GenericIPAddressField("来源地址", null=True, blank=True)
    # What it was about, in words that hold no personal data: a number, a page, an account's key.
    subject = models.CharField("对象", max_length=200, blank=True)
    data = models.JSONField("数据", default=dict, blank=True)

    class Meta:
        verbose_name = "操作日志"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["kind", "at"]),
            models.Index(fields=["user", "at"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "sequence"], name="one_line_per_place"),
            models.UniqueConstraint(
                fields=["sequence"], condition=models.Q(user=None), name="one_line_of_nobody"
            ),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.get_kind_display()} {self.subject}"

    @property
    def origin(self):
        """The address as it is sealed: its bytes in hex, because databases print IPv6 in two ways;
        "" for none."""
        return ip_address(self.address).packed.hex() if self.address else ""


def log_entry(kind, request=None, user=None, subject="", **data):
    """Write and return one `AuditEntry`.

    `user` is whoever did it, by default the one logged in at `request`; `subject` and `data`
    (what JSON can hold) hold no personal data. The account's next line waits until this one is
    committed: in a long transaction, call it last.
    """
    if user is None and request is not None and request.user.is_authenticated:
        user = request.user
    entry = AuditEntry(
        kind=kind,
        user=user,
        actor=f"{user.unit_name} {user.name}".strip() if user else "",
        role=user.role if user else "",
        address=get_adapter().get_client_ip(request) if request is not None else None,
        subject=subject[:200],
        data=data,
    )
    # No savepoint inside another transaction: a line that fails takes that one with it.
    with transaction.atomic(savepoint=False):
        # On SQLite the transaction itself is the lock.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, entry.user_id or 0])
        lines = AuditEntry.objects.filter(user=user).order_by("-sequence")
        entry.follow(lines.values_list("sequence", "digest").first())
        entry.save()
    return entry
