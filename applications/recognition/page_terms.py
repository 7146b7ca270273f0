"""What pages that were read are found by, without their text standing anywhere in plain.

Two things are kept of a page beside its encrypted text. Its terms are the pairs of neighbouring
characters, each as a part of its keyed index (`encryption.blind_indexes`): whoever looks for a word
asks for its pairs, and opens only the few pages that hold all of them. Its traces are a few numbers
that two pages share when they say nearly the same, or look nearly the same where nothing is written
on them: another scan of a paper is found by them.

Neither tells anything without the key, but how often something is said. Both go with the page.
"""

from itertools import pairwise

from cryptography.hazmat.primitives import hashes, hmac
from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from applications.recognition.page import PageState
from applications.recognition.records import PageText
from applications.recognition.text_match import compared
from applications.term_index import VECTOR, execute, sqlite_index
from applications.trust.encryption import ring

# The index of SQLite: a virtual table, which triggers keep in step.
FTS = "applications_pagetermsindex"
# 36 to this power is how many terms there are: few pages hold one by accident, and they are opened
# before anything is said of them.
TERM_LENGTH = 4
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# Less text than this is a picture with words in it: such pages are compared by how they look.
WRITTEN = 30
# Of all pairs of a page the least by each of so many orders, two of them one trace: pages that
# share four pairs of five share most traces, pages that share half of them few.
ORDERS, OF_ONE_TRACE = 16, 2
PRIME = (1 << 61) - 1
# So many bits of the 64 of a sketch may differ, and one of so many parts is the same.
MOST_BITS = 6
PARTS = MOST_BITS + 1
PART_BITS = 64 // PARTS


class PageTerms(models.Model):
    """检索词: what one page is found by; with a blank between the terms."""

    page = models.OneToOneField(PageText, models.CASCADE, primary_key=True, related_name="terms")
    terms = models.TextField("检索词")

    class Meta:
        verbose_name = "页面检索词"

    def __str__(self):
        return self.terms


class PageTrace(models.Model):
    """特征: a number that a page shares with those that are nearly the same."""

    page = models.ForeignKey(PageText, models.CASCADE, related_name="traces")
    trace = models.BigIntegerField("特征")

    class Meta:
        verbose_name = "页面特征"
        constraints = [
            # Found by the trace; the page comes from the index, too.
            models.UniqueConstraint(fields=["trace", "page"], name="one_trace_of_a_page_once")
        ]

    def __str__(self):
        return str(self.trace)


def index(row, page=None):
    """Write down what a `PageText` is found by; `page` is it as a `Page`, where that is known.

    Done once more, as after a change of the key, it replaces what stood there.
    """
    page = page or row.page
    marks = _marks(_pairs(page.text), ring()[0])
    PageTerms.objects.update_or_create(page=row, defaults={"terms": " ".join(_terms(marks))})
    row.traces.all().delete()
    # The portal's own forms, stamped and scanned, are all alike.
    traces = () if row.file.with_ink else traces_of(page)
    PageTrace.objects.bulk_create([PageTrace(page=row, trace=trace) for trace in sorted(traces)])


def _pairs(text):
    return {first + second for first, second in pairwise(compared(text))}


def _marks(pairs, key):
    """Return a number of 64 bits for each pair of characters, by a `Key` of the ring, in order."""
    marks = []
    begun = hmac.HMAC(key.index, hashes.SM3())
    begun.update(b"page:")  # not the index of a number
    for pair in sorted(pairs):
        mac = begun.copy()
        mac.update(pair.encode())
        marks.append(int.from_bytes(mac.finalize()[:8], "big"))
    return marks


def _terms(marks):
    return sorted({_term(mark) for mark in marks})


def _term(mark):
    digits = []
    for _ in range(TERM_LENGTH):
        mark, digit = divmod(mark, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(digits)


# --- Pages that are nearly the same ---------------------------------------------------------------


def is_written(page):
    """Whether a page is told from others by what is written on it."""
    return len(compared(page.text)) >= WRITTEN


def traces_of(page):
    """Return the traces of a page (a set of 64-bit numbers); none of a page that shows nothing."""
    if page.state == PageState.FAILED:
        return set()
    if is_written(page):
        return _traces_of_marks(_marks(_pairs(page.text), ring()[0]))
    return {-(1 + (number << PART_BITS) + part) for number, part in enumerate(_parts(page.sketch))}


def _traces_of_marks(marks):
    least = []
    for order in range(ORDERS):
        # Any factor will do, as long as it stays the same and has nothing to do with the others.
        factor = pow(6364136223846793005, order + 1, PRIME)
        least.append(min(mark * factor % PRIME for mark in marks))
    bands = zip(*[iter(least)] * OF_ONE_TRACE, strict=True)
    return {(first * 31 + second * 17 + band) % PRIME for band, (first, second) in enumerate(bands)}


def _parts(sketch):
    """Return the parts of a sketch as numbers; [] where there is none."""
    if not sketch:
        return []
    bits, mask = int(sketch, 16), (1 << PART_BITS) - 1
    return [bits >> (PART_BITS * number) & mask for number in range(PARTS)]


def bits_apart(sketch, other):
    """Return in how many of their 64 bits two sketches differ."""
    return (int(sketch, 16) ^ int(other, 16)).bit_count()


# --- Finding --------------------------------------------------------------------------------------


def holding(words, most, digests=None):
    """Return the keys of at most so many `PageText`s that may hold all words, the latest first.

    A word has two characters at least. A few of them hold it by accident only: open them.
    `digests` is a queryset of SHA-256 of the files that count; None means all.
    """
    asked = [_condition(words, key) for key in ring()]
    sql, page = _ASKED[connection.vendor][2:]
    of_files: tuple = ()
    if digests is not None:
        try:
            inner, of_files = digests.order_by().query.sql_with_params()
        except EmptyResultSet:
            return []
        sql += f" AND {page} IN (SELECT id FROM applications_pagetext WHERE file_id IN ({inner}))"  # noqa: S608 # nosec B608 - what Django wrote
    keys = set()
    with connection.cursor() as cursor:
        for condition in asked:
            cursor.execute(f"{sql} ORDER BY {page} DESC LIMIT %s", [condition, *of_files, most])
            keys.update(key for (key,) in cursor.fetchall())
    return sorted(keys, reverse=True)[:most]


def _condition(words, key):
    both, quoted = _ASKED[connection.vendor][:2]
    terms = _terms(_marks(set().union(*map(_pairs, words)), key))
    return both.join(quoted.format(term) for term in terms)


# --- The index ------------------------------------------------------------------------------------

# By database: how terms are joined and quoted, the keys of the pages that hold them all, and what
# these are called.
_ASKED = {
    "sqlite": (
        " AND ",
        '"{}"',
        f"SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s",  # noqa: S608 # nosec B608 - fixed names
        "rowid",
    ),
    "postgresql": (
        " & ",
        "'{}'",
        f"SELECT page_id FROM applications_pageterms WHERE {VECTOR} @@ (%s)::tsquery",  # noqa: S608 # nosec B608 - fixed names
        "page_id",
    ),
}
_MAKE_FTS, _REMOVE_FTS = sqlite_index(FTS, "applications_pageterms", "page_id")
_MAKE = {
    "sqlite": _MAKE_FTS,
    "postgresql": (f"CREATE INDEX {FTS} ON applications_pageterms USING gin (({VECTOR}))",),
}
_REMOVE = {"sqlite": _REMOVE_FTS, "postgresql": (f"DROP INDEX {FTS}",)}


def make_index(connection):
    """Make the index of the terms; for the migration."""
    execute(connection, _MAKE)


def remove_index(connection):
    """Remove the index of the terms; for the migration."""
    execute(connection, _REMOVE)
