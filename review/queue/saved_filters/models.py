"""A reviewer's own filters of the queue."""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """我的筛选: what one user filters the queue by again and again, under a name of their own.

    `query` is the part of the queue's address after the question mark, as `views.queue` writes it.
    """

    MOST = 20

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField("名称", max_length=20)
    query = models.CharField("条件", max_length=1000)

    class Meta:
        verbose_name = "我的筛选"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_filter_per_name_and_user")
        ]

    def __str__(self):
        return self.name
