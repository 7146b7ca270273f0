"""The bare project's one table."""

from django.db import models


class Row(models.Model):
    owner = models.IntegerField(db_index=True)
    title = models.CharField(max_length=100)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "bench"

    def __str__(self):
        return self.title
