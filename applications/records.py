"""What is kept of an application for the record: versions, prints, events, opinions, remarks."""

from functools import cache

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.chains import Chained, canonical, sm3
from accounts.prepared import Prepared
from applications.stages import Stage
from applications.trust.encryption import SealedContentField


class Submission(models.Model):
    """提交版本: the immutable snapshot made at every submission."""

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="submissions"
    )
    version = models.PositiveSmallIntegerField("版本")
    content = SealedContentField("内容")
    fingerprint = models.CharField("内容指纹", max_length=64, db_index=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField("提交时间", default=timezone.now)
    # Of one that came in time, and was registered only after the deadline: when it came.
    arrived_at = models.DateTimeField("送达时间", null=True, blank=True)
    # Since then the content holds no personal data, and the fingerprint cannot be recomputed.
    erased_at = models.DateTimeField("个人信息清除时间", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "提交版本"
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "version"], name="one_submission_per_version"
            )
        ]

    def __str__(self):
        return f"第 {self.version} 版"

    def save(self, *args, **kwargs):
        """Save a new snapshot; raises TypeError for one that is already saved."""
        if self.pk:
            raise TypeError("A submission is never changed.")
        super().save(*args, **kwargs)


class Rows:
    """What a page reads of one relation of a record: a constant, so that its SQL is made once.

    `relation` is the name of the reverse relation; the queryset depends on nothing but the record.
    """

    def __init__(self, relation, queryset):
        self.relation, self.queryset = relation, queryset
        self._prepared: Prepared | None = None

    def prefetch(self):
        """Return what prefetches the same rows of many records."""
        return models.Prefetch(self.relation, self.queryset)

    def of(self, record, field):
        """Return the rows whose `field`, the relation's foreign key, is the record."""
        if self._prepared is None:
            own = self.queryset.prefetch_related(None)
            self._prepared = Prepared(lambda key: own.filter(**{field.name: key}), int)
        rows = self._prepared.ask(record.pk)
        models.prefetch_related_objects(rows, *self.queryset._prefetch_related_lookups)
        for row in rows:
            field.set_cached_value(row, record)
        return rows


# The submissions without their snapshots, which are wide.
VERSIONS = Rows("submissions", Submission.objects.defer("content"))


@cache
def _all_rows(model, name):
    return Rows(name, model._meta.get_field(name).related_model._default_manager.all())


def read_related(record, *relations):
    """Read rows of one record, if they are not there yet, for `record.<relation>.all()`.

    `relations` are names of reverse relations, or `Rows` of them. It is what
    `prefetch_related_objects` does for one record, at a tenth of its cost: that one builds every
    queryset twice, to sort rows of many records, and makes its SQL anew.
    """
    read = record.__dict__.setdefault("_prefetched_objects_cache", {})
    for relation in relations:
        rows = relation if isinstance(relation, Rows) else _all_rows(record._meta.model, relation)
        if rows.relation in read:
            continue
        manager = getattr(record, rows.relation)
        known = manager.all()
        # A filter of these rows asks anew, as it does after a prefetch.
        known._result_cache, known._prefetch_done = rows.of(record, manager.field), True
        read[rows.relation] = known


def read_all(queryset):
    """Return the records of a queryset as a list, with the rows of the relations it prefetches.

    In one query a relation, for `record.<relation>.all()` and nothing else. Prefetching makes a
    queryset for each record, which costs more than its rows; this leaves a list, and filtering it
    fails.
    """
    records = list(queryset.prefetch_related(None))
    for lookup in queryset._prefetch_related_lookups:
        relation = getattr(lookup, "prefetch_through", lookup)
        read_rows(records, relation, getattr(lookup, "queryset", None))
    return records


def read_rows(records, relation, rows=None):
    """Read the rows of one relation of many records as `read_all` does.

    `rows` is a queryset of such rows, in order; by default all of them.
    """
    of_record = {record.pk: [] for record in records}
    if not of_record:
        return
    field = type(records[0])._meta.get_field(relation).field
    rows = field.model.objects.all() if rows is None else rows
    for row in rows.filter(**{f"{field.name}__in": list(of_record)}):
        of_record[getattr(row, field.attname)].append(row)
    for record in records:
        record.__dict__.setdefault("_prefetched_objects_cache", {})[relation] = of_record[record.pk]


class FormPrint(models.Model):
    """打印版本: 附件2 as it was printed for the stamp; never changed.

    A scan of the stamped paper is bound to the print that it is a scan of.
    """

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="prints"
    )
    version = models.PositiveSmallIntegerField("版本")
    content = SealedContentField("内容")
    fingerprint = models.CharField("内容指纹", max_length=64, db_index=True)
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_at = models.DateTimeField("打印时间", default=timezone.now)
    # As `documents.annex2` prints it; nothing of prints made before pages were counted.
    pages = models.PositiveSmallIntegerField("页数", null=True, blank=True, editable=False)
    # As of a `Submission`.
    erased_at = models.DateTimeField("个人信息清除时间", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "打印版本"
        ordering = ["pk"]

    def __str__(self):
        return f"第 {self.version} 版"


class Event(Chained):
    """事件: one line of the audit trail; those of an application form a chain (`accounts.chains`).

    Written whole by `workflow.events.record`, never changed or removed. What the kinds are
    (`action`), and who may know of which, is the table in `workflow/events.py`.
    """

    SEALED = (
        "application_id",
        "sequence",
        "previous",
        "at",
        "user_id",
        "actor",
        "role",
        "action",
        "label",
        "from_stage",
        "to_stage",
        "note",
        "data",
    )

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="events"
    )
    at = models.DateTimeField("时间", default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="events")
    actor = models.CharField("经办人", max_length=200)
    role = models.CharField("角色", max_length=20)
    action = models.CharField("动作", max_length=30)
    label = models.CharField("事项", max_length=50)
    from_stage = models.CharField("原阶段", max_length=20, choices=Stage, blank=True)
    to_stage = models.CharField("新阶段", max_length=20, choices=Stage, blank=True)
    note = models.TextField("说明", blank=True)
    # What an undoing of the step needs to know: the rank that a return took away. Of an undoing:
    # the key of the step that it undid. Of a submission: what was submitted (`submitted`).
    data = models.JSONField("数据", default=dict, blank=True)

    class Meta:
        verbose_name = "事件"
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["application", "at"]),
            models.Index(fields=["user", "at"]),
            models.Index(fields=["at"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["application", "sequence"], name="one_event_per_place")
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.label}"


def submitted(version, fingerprint, files):
    """Return what the `Event` of a submission says of it (`data`), so that the chain seals it.

    `files` are the rows of the content's evidence.
    """
    return {"version": version, "fingerprint": fingerprint, "files": sm3(canonical(files))}


class Opinion(models.Model):
    """意见: what one stage's owner decided, in words; fills the 意见 boxes of 附件2."""

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="opinions"
    )
    stage = models.CharField("阶段", max_length=20, choices=Stage)
    transition = models.CharField("决定", max_length=30)
    label = models.CharField("决定名称", max_length=50)
    text = models.TextField("意见", max_length=1000)
    signatory = models.CharField("签署人", max_length=50, blank=True)
    signed_on = models.DateField("日期", default=timezone.localdate)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("记录时间", default=timezone.now)
    # The decision was undone: its opinion stays on record, but no longer stands.
    reverted_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = "意见"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.label}：{self.text}"


class Remark(models.Model):
    """退回意见: what one field, section or file needs, given with a return.

    `field` is a field, or a category of evidence; `evidence` one file of that category.
    """

    application = models.ForeignKey(
        "applications.Application", models.PROTECT, related_name="remarks"
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="remarks")
    section = models.CharField("部分", max_length=20)
    field = models.CharField("栏目", max_length=50, blank=True)
    evidence = models.ForeignKey(
        "applications.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="材料",
        related_name="remarks",
    )
    text = models.CharField("修改要求", max_length=500)
    answer = models.CharField("修改说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "修改要求"
        ordering = ["pk"]

    def __str__(self):
        return self.text

    def answer_with(self, text):
        """Write what the unit answers: how it was corrected, or why not."""
        self.answer = text
        self.save(update_fields=["answer"])
