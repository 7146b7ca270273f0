"""Another key: everything that is encrypted, encrypted anew with the ring's first key.

Application by application, each under its lock and with all that hangs on it at once: nobody ever
reads a half of one, no edit is lost, and what a killed run has not done the next one does.
"""

import time
from collections import Counter

from django.apps import apps
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from applications.earlier_years.waiting import EarlierFile
from applications.form.definition import NUMBERS
from applications.models import Application
from applications.notify.calendar.models import CalendarAddress
from applications.notify.channels.models import AllowedHost, Channel
from applications.recognition import page_terms
from applications.recognition.records import PageText
from applications.trust.encryption import (
    BlindIndexField,
    EncryptedTextField,
    SealedContentField,
    blind_index,
    blind_indexes,
    is_current,
)
from applications.versions.snapshot import opened, sealed

KINDS = (EncryptedTextField, SealedContentField, BlindIndexField)
# Models whose rows belong to no application: encrypted row by row. The text of a page is found by
# what is made with the key, too.
OF_NO_APPLICATION = (PageText, AllowedHost, Channel, CalendarAddress, EarlierFile)
BATCH = 20
# Seconds between two batches: whoever waits for SQLite's one lock only gets it while it is free.
PAUSE = 0.1
# The column that blind indexes are made of.
INDEXED = "lead_id_number"


def holders():
    """Return [(model, lookup of its application, its fields of `KINDS`)], the record itself first.

    Raises LookupError for a model that holds such a field but belongs to no application: whoever
    adds one has to say here how it is reached.
    """
    found = []
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, KINDS)]
        if not fields or model in OF_NO_APPLICATION:
            continue
        if model is Application:
            found.insert(0, (model, "pk", fields))
        elif any(field.related_model is Application for field in model._meta.concrete_fields):
            found.append((model, "application_id", fields))
        else:
            raise LookupError(f"{model.__name__} holds encrypted values of no application.")
    return found


def rotate(progress=lambda done, counts: None):
    """Encrypt everything anew that the ring's first key did not encrypt; return what was done.

    A `Counter` of rows by model name, with "applications" looked through, and of "unresolved"
    indexes: those of a number that is written nowhere any more. `progress` is called after every
    batch, which is committed then.
    """
    counts, last = Counter(), 0
    while True:
        with transaction.atomic():
            batch = list(
                Application.objects.select_for_update()
                .filter(pk__gt=last)
                .order_by("pk")
                .values_list("pk", flat=True)[:BATCH]
            )
            if not batch:
                break
            by_pk = {pk: {} for pk in batch}
            for model, lookup, fields in holders():
                for row in _rows(model, lookup, fields, batch):
                    changes = _changes(row, fields, by_pk[getattr(row, lookup)], counts)
                    if changes:
                        # Not save(): the record refuses to be saved twice, and means it.
                        model.objects.filter(pk=row.pk).update(**changes)
                        counts[model.__name__] += 1
        counts["applications"] += len(batch)
        last = batch[-1]
        progress(last, counts)
        time.sleep(PAUSE)
    for model in OF_NO_APPLICATION:
        _rotate_rows(model, counts)
    return counts


def _rotate_rows(model, counts):
    """Encrypt the rows of a model of `OF_NO_APPLICATION` anew, some at a time."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, KINDS)]
    last = 0
    while True:
        with transaction.atomic():
            keys = model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
            batch = list(keys[:BATCH])
            if not batch:
                return
            for row in _rows(model, "pk", fields, batch):
                changes = _changes(row, fields, {}, counts)
                if changes:
                    model.objects.filter(pk=row.pk).update(**changes)
                    if model is PageText:
                        page_terms.index(row)
                    counts[model.__name__] += 1
        last = batch[-1]
        time.sleep(PAUSE)


def _rows(model, lookup, fields, batch):
    """Return the rows of a model that belong to these applications, with their raw tokens."""
    raw = {
        f"raw_{field.name}": Cast(field.name, TextField())
        for field in fields
        if isinstance(field, EncryptedTextField)
    }
    names = {"pk", lookup, *(field.name for field in fields)}
    rows = model.objects.filter(**{f"{lookup}__in": batch}).annotate(**raw).only(*names)
    return rows.order_by("pk").iterator(chunk_size=BATCH)


def _changes(row, fields, indexes, counts):
    """Return what has to be written of a row; notes in `indexes` the {any index: present one}."""
    changes = {}
    for field in fields:
        value = getattr(row, field.name)
        if isinstance(field, EncryptedTextField):
            token = getattr(row, f"raw_{field.name}")
            if token and not is_current(token):
                changes[field.name] = value
            if field.name == INDEXED:
                indexes |= dict.fromkeys(blind_indexes(value), blind_index(value))
        elif isinstance(field, SealedContentField):
            tokens = [value["fields"].get(name) for name in NUMBERS]
            plain = opened(value)
            number = plain["fields"].get(INDEXED) or ""
            indexes |= dict.fromkeys(blind_indexes(number), blind_index(number))
            if any(token and not is_current(token) for token in tokens):
                changes[field.name] = sealed(plain)
    for field in fields:
        index = getattr(row, field.name) if isinstance(field, BlindIndexField) else ""
        if index and index not in indexes:
            counts["unresolved"] += 1
        elif index and indexes[index] != index:
            changes[field.name] = indexes[index]
    return changes
