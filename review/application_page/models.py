"""When a reviewer last looked at an application: what has come since is marked on its page."""

from django.conf import settings
from django.db import models

from applications.models import Application


class Look(models.Model):
    """The last look of one user at each tab of one application's page.

    `at_tabs` maps the name of a tab (`tabs.TABS`) to the time in ISO 8601; a tab that was never
    opened counts as seen at `first_at`, when the user first opened the page at all.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, models.CASCADE, related_name="+")
    first_at = models.DateTimeField("首次打开时间")
    at_tabs = models.JSONField("各页打开时间", default=dict)

    class Meta:
        verbose_name = "查看记录"
        constraints = [
            models.UniqueConstraint(fields=["user", "application"], name="one_look_per_reader")
        ]

    def __str__(self):
        return f"{self.user_id}: {self.application_id}"
