"""Chains of records that cannot be rewritten unnoticed: `Event`s and `AuditEntry`s.

Each record holds its place in its chain (`sequence`, from 1), the digest of the record before it
(`previous`, "" for the first) and its own `digest`: SM3 (GB/T 32905), 64 hex digits, of its
canonical content. That is one JSON object of the fields that its model names in `SEALED`, place and
previous digest among them, in UTF-8: names sorted, no spaces, no escapes but those that JSON
demands. A time is text in UTC with six decimals, 2026-03-01T04:05:06.000000Z; a related record is
its key; a fraction in JSON data is text. Whoever changes, removes, inserts or swaps records has to
compute every later digest anew, and then no longer meets the last one as it was exported.

Triggers in the database refuse to change and to remove (`protect`); what the owner of the database
does without them, the chain tells (docs/decisions/0012-*.md).
"""

import datetime
import json

from cryptography.hazmat.primitives import hashes
from django.db import models


def sm3(data):
    """Return the SM3 digest of bytes, as 64 hex digits."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def canonical(content):
    """Return a dict as canonical JSON (bytes)."""
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_moment
    ).encode()


def _moment(value):
    if not isinstance(value, datetime.datetime):
        raise TypeError(f"not canonical: {value!r}")
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest_of(record, sealed):
    """Return the digest of a record's content: the attributes named in `sealed`."""
    return sm3(canonical({name: getattr(record, name) for name in sealed}))


def follow(record, last, sealed):
    """Give a new record its place after `last`, a pair (sequence, digest), or None for the first.

    Returns the pair of the record itself, which the next one follows.
    """
    sequence, record.previous = last or (0, "")
    record.sequence = sequence + 1
    # As it will be read back: pairs are lists then, and databases differ over fractions.
    record.data = json.loads(json.dumps(record.data), parse_float=str)
    record.digest = digest_of(record, sealed)
    return record.sequence, record.digest


class Chained(models.Model):
    """A record of a chain, written once. Models name the fields of its content in `SEALED`."""

    SEALED = ()

    sequence = models.PositiveIntegerField("序号")
    previous = models.CharField("上一条摘要", max_length=64, blank=True)
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        """Save a new record; raises TypeError for one that is already saved."""
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__}: a record of a chain is never changed.")
        super().save(*args, **kwargs)

    def follow(self, last):
        """Take the place after `last` (see `follow` of this module)."""
        return follow(self, last, self.SEALED)

    def broken(self, last):
        """Return what is wrong after `last` (sequence, digest), as (sequence, words), or None."""
        sequence, digest = last or (0, "")
        if self.sequence > sequence + 1:
            until = f"至第 {self.sequence - 1} 条" if self.sequence > sequence + 2 else ""
            return sequence + 1, f"缺少第 {sequence + 1} 条{until}"
        if self.sequence <= sequence:
            return self.sequence, "序号重复"
        if digest_of(self, self.SEALED) != self.digest:
            return self.sequence, "内容与摘要不符，已被改动"
        if self.previous != digest:
            return self.sequence, "与上一条的摘要不相接"
        return None


# --- Triggers ---------------------------------------------------------------------------------

SENTENCE = "records of this table are never changed or removed"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _statements(connection, model):
    """Return the statements that make the triggers of a table, by the triggers' names."""
    table = model._meta.db_table
    kept, whole, placed = (f"{table}_{each}" for each in ("kept", "kept_whole", "kept_placed"))
    if connection.vendor == "postgresql":
        refuse = "EXECUTE FUNCTION refuse_change()"
        return {
            kept: f"CREATE TRIGGER {kept} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
            whole: f"CREATE TRIGGER {whole} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        }
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
    # INSERT OR REPLACE removes what is in its way, and no trigger for DELETE sees that.
    (place,) = model._meta.total_unique_constraints
    columns = [model._meta.get_field(name).column for name in place.fields]
    taken = " AND ".join(f"{column} IS NEW.{column}" for column in columns)
    there = f"SELECT 1 FROM {table} WHERE id = NEW.id OR ({taken})"  # noqa: S608 # nosec B608 - no input in it
    return {
        kept: f"CREATE TRIGGER {kept} BEFORE UPDATE ON {table} {refuse}",
        whole: f"CREATE TRIGGER {whole} BEFORE DELETE ON {table} {refuse}",
        placed: f"CREATE TRIGGER {placed} BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}",
    }


def protect(connection, model):
    """Make the triggers that refuse UPDATE, DELETE and TRUNCATE on a model's table.

    Refused statements raise IntegrityError. Migrations call it. On SQLite a later migration that
    changes the table makes it anew, without them: such a migration ends with another call.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for name, statement in _statements(connection, model).items():
            cursor.execute(statement)
            if connection.vendor == "postgresql":
                # session_replication_role = replica does not pass it by either.
                cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE ALWAYS TRIGGER {name}")


def unprotect(connection, model):
    """Drop the triggers: for a migration of the table, and for the flush after a test."""
    table = f" ON {model._meta.db_table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in _statements(connection, model):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")


def missing_triggers(connection, model):
    """Return the names of the triggers that the table lacks, or that are switched off."""
    wanted = _statements(connection, model)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'",
                [model._meta.db_table],
            )
            there = {name for (name,) in cursor.fetchall()}
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            there = {name for name, sql in cursor.fetchall() if sql == wanted.get(name)}
    return sorted(set(wanted) - there)
