"""The search for applications: what each is found by, and which of them hold what is typed.

A row of `SearchText` keeps the terms of one application: of what its row in a list shows (lead,
studio, unit, trades, number) and of the awards that were submitted last. Nothing else is in it, so
that a search tells nobody more than list and page do.

A term is one character or two neighbours; a run of letters or digits counts as one character,
blanks and punctuation as none: 周某乙 has 周, 某, 乙, 周某 and 某乙. A word is held where all its
pairs are; letters and digits at its end are held as the beginning of a term. With the pairs stand
the readings: zhoumouyi, mouyi, yi and zmy, my, y. So both databases find parts of words by whole
terms, in an index: SQLite by FTS5, PostgreSQL by GIN (`make_index`).
"""

import os
import re
from functools import cache
from itertools import islice, pairwise, product

from django.db import connection, models, transaction
from django.db.models import BooleanField, F, Func, OuterRef, Subquery
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from accounts.search import words_in
from applications.term_index import VECTOR, execute, sqlite_index

# The index of SQLite: a virtual table, which triggers keep in step.
FTS = "applications_searchindex"
# Characters that Python does not know yet, and those of private use, count as others do.
_UNITS = re.compile("[a-z]+|[0-9]+|[^\\W_]|[\ue000-\uf8ff\U00020000-\U0003ffff]")
# So many readings of one name are kept, and so many syllables of a text behind each character.
READINGS, SYLLABLES = 64, 6
FEW = 500
SHOWN = ("number", "unit_name", "lead_name", "lead_occupation", "studio_occupation")


class SearchText(models.Model):
    """What one application is found by: its terms, with a blank between them."""

    application = models.OneToOneField(
        "applications.Application",
        models.CASCADE,
        primary_key=True,
        related_name="search_text",
    )
    terms = models.TextField("检索词")

    class Meta:
        verbose_name = "检索内容"

    def __str__(self):
        return self.terms


# --- Terms ------------------------------------------------------------------------------------


def _units(text):
    """Return the characters of a text that count, in order; letters and digits in runs."""
    return _UNITS.findall("".join(words_in(text)))


def _pairs(units):
    return [first + second for first, second in pairwise(units)]


def _asked(word):
    """Return the terms of whatever holds the word; none of a word that is punctuation alone."""
    units = _units(word)
    return _pairs(units) or units


def _is_open(word):
    """Whether the last term of a word may be the beginning of one: somebody is still typing it."""
    return _units(word)[-1].isascii()


def _terms_of(text):
    units = _units(text)
    return {*units, *_pairs(units)}


def _pypinyin():
    """Return the library with its characters alone: 12 MB, and 57 with its phrases."""
    os.environ["PYPINYIN_NO_PHRASES"] = "1"
    import pypinyin

    return pypinyin


@cache
def _load_phrases():
    """Load the phrases, too: for the worker, which reads names of units and trades."""
    library = _pypinyin()
    from pypinyin.phrases_dict import phrases_dict

    library.load_phrases_dict(phrases_dict)


def _readings_of_each(text):
    """Return the readings of each Chinese character of a text: 曾 is zeng and ceng."""
    library, readings = _pypinyin(), []
    for character in text:
        if not character.isascii():
            (all_of_it,) = library.pinyin(character, style=library.Style.NORMAL, heteronym=True)
            # 吕 is lv on keyboards, lyu in passports.
            as_typed = [each.replace("v", u) for each in all_of_it for u in ("v", "yu")]
            readings.append([each for each in dict.fromkeys(as_typed) if each.isascii()])
    return [each for each in readings if each]


def _readings_of_name(name):
    """Return the readings of a person's name, each a list of syllables."""
    readings = _readings_of_each(name)
    count = 1
    for each in readings:
        count *= len(each)
    if count > READINGS:  # of a long name only the surname
        readings[1:] = [each[:1] for each in readings[1:]]
    return islice(product(*readings), READINGS)


def _reading(text):
    """Return the syllables of a text as phrases are read: 长江 is chang jiang, 行业 hang ye."""
    _load_phrases()
    chinese = "".join(unit for unit in _units(text) if not unit.isascii())
    return [each for each in _pypinyin().lazy_pinyin(chinese, errors="ignore") if each.isascii()]


def _terms_of_syllables(syllables, most=None):
    """Yield a reading in whole and as initials, from each of its syllables on."""
    for start in range(len(syllables)):
        part = syllables[start : start + most] if start and most else syllables[start:]
        yield "".join(part)
        yield "".join(syllable[0] for syllable in part)


def terms_of(shown, awards):
    """Return the terms of an application, with blanks between them.

    `shown` are the values of its fields SHOWN by name; `awards` texts.
    """
    lead, number = shown["lead_name"], shown["number"] or ""
    texts = [shown["unit_name"], shown["lead_occupation"], shown["studio_occupation"], *awards]
    terms = set()
    # Its number is typed without the hyphen, too.
    titles = [f"{lead}技能大师工作室"] if lead else []
    for text in (*texts, *titles, lead, number, number.replace("-", "")):
        terms |= _terms_of(text)
    for syllables in _readings_of_name("".join(_units(lead))):
        terms.update(_terms_of_syllables(syllables))
    for text in texts:
        terms.update(_terms_of_syllables(_reading(text), SYLLABLES))
    return " ".join(sorted(terms))


@task()
def renewal(key):
    """Write anew what one application is found by, after the change that asks for it.

    The worker's: the readings take longer than a save, and the phrases 45 MB of every process that
    has them.
    """
    renew(key)


def renew(*keys):
    """Write anew what these applications (their keys) are found by.

    Each is locked before it is read: of two at once the later writes what is true.
    """
    _load_phrases()  # takes a while, in which nobody shall wait for a lock
    with transaction.atomic():
        _renew(keys)


def _renew(keys):
    from applications.models import Application, Submission

    latest = Submission.objects.filter(application=OuterRef("pk")).order_by("-version")
    rows = (
        Application.objects.filter(pk__in=keys)
        .select_for_update(no_key=True)
        .order_by("pk")
        .annotate(awards_submitted=Subquery(latest.values("content__awards")[:1]))
        .values("pk", "awards_submitted", *SHOWN)
    )
    SearchText.objects.bulk_create(
        [
            SearchText(
                application_id=row["pk"], terms=terms_of(row, awards_in(row["awards_submitted"]))
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=["terms"],
    )


def awards_in(rows):
    """Return the texts by which the awards of a snapshot are found: name and project."""
    return [award[name] for award in rows or () for name in ("name", "project")]


def renew_missed():
    """Write anew what applications are found by whose renewal failed; return how many they were."""
    failed = DBTaskResult.objects.failed().filter(task_path=renewal.module_path)
    missed = {each.pk: each.args_kwargs["args"][0] for each in failed}
    renew(*missed.values())
    DBTaskResult.objects.filter(pk__in=missed).delete()
    return len(missed)


# --- Finding ----------------------------------------------------------------------------------


def words_asked(text):
    """Return the words of a search that have something to look for."""
    return [word for word in words_in(text) if _asked(word)]


_terms_of_name = cache(_terms_of)
_readings_in_name = cache(_readings_of_each)


def is_in(name, word):
    """Whether the name of a unit or a page, one of few, holds a word of `words_asked`."""
    terms, (*whole, last) = _terms_of_name(name), _asked(word)
    if not _is_open(word):
        return terms.issuperset((*whole, last))
    if terms.issuperset(whole) and any(term.startswith(last) for term in terms):
        return True
    return word.isascii() and word.isalpha() and _is_read(_readings_in_name(name), word)


def _is_read(readings, word):
    """Whether letters are a reading from some character on, in whole or as initials.

    Every reading of a character counts, and the last syllable may be incomplete. The terms of
    applications are stricter: they are read by phrases, which a web process does not load.
    """
    rests = (readings[start:] for start in range(len(readings)))
    return any(_spell(rest, word) or _abbreviate(rest, word) for rest in rests)


def _spell(readings, word):
    if not word or not readings:
        return not word
    return any(
        syllable.startswith(word)
        or (word.startswith(syllable) and _spell(readings[1:], word[len(syllable) :]))
        for syllable in readings[0]
    )


def _abbreviate(readings, word):
    return len(word) <= len(readings) and all(
        any(syllable[0] == letter for syllable in each)
        for each, letter in zip(readings, word, strict=False)
    )


def _keys_of(words, vendor):
    """Return SQL for the keys of the applications that hold all words, and its parameter."""
    both, quoted, beginning, sql = _ASKED[vendor]
    # Terms are letters and digits alone: they need no escaping.
    condition = both.join(
        both.join(quoted.format(term) for term in _asked(word))
        + (beginning if _is_open(word) else "")
        for word in words
    )
    return sql, condition


class Holds(Func):
    """Whether an application holds all words: a condition for `filter()`."""

    output_field = BooleanField()

    def __init__(self, *words):
        super().__init__(F("pk"))
        self.words = words

    def as_sql(self, compiler, connection, **context):
        column, parameters = compiler.compile(self.source_expressions[0])
        keys, condition = _keys_of(self.words, connection.vendor)
        # The sign keeps SQLite from looking up the wide row of each that holds the words: it goes
        # through an index of the list, and asks which of these do.
        sign = "+" if connection.vendor == "sqlite" else ""
        return f"({sign}{column} IN ({keys}))", [*parameters, condition]


def holding(applications, words):
    """Return those of the applications that hold all words.

    Few are named by their keys, so that nothing but their rows is read: few that hold the words at
    all, or few of the applications.
    """
    sql, condition = _keys_of(words, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {FEW + 1}", [condition])
        keys = [key for (key,) in cursor.fetchall()]
    if len(keys) > FEW:
        applications_holding = applications.filter(Holds(*words))
        if applications.order_by()[: FEW + 1].count() > FEW:
            return applications_holding
        keys = list(applications_holding.values_list("pk", flat=True))
    return applications.filter(pk__in=keys)


# --- The index --------------------------------------------------------------------------------

# A function, because of what is set in it: for a word that many hold, PostgreSQL would read the
# whole table and make every vector anew, which takes a second.
_FUNCTION = f"""
CREATE FUNCTION {FTS}_keys(asked text) RETURNS SETOF bigint LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$ SELECT application_id FROM applications_searchtext WHERE {VECTOR} @@ asked::tsquery $$
"""  # noqa: S608 # nosec B608 - fixed names
# By database: how terms are joined, quoted and left open, and the keys of what holds them.
_ASKED = {
    "sqlite": (" AND ", '"{}"', "*", f"SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s"),  # noqa: S608 # nosec B608 - fixed names
    "postgresql": (" & ", "'{}'", ":*", f"SELECT {FTS}_keys(%s)"),  # nosec B608 - fixed names
}
_MAKE_FTS, _REMOVE_FTS = sqlite_index(FTS, "applications_searchtext", "application_id")
_MAKE = {
    "sqlite": _MAKE_FTS,
    "postgresql": (
        # The terms are kept apart from the keys, which alone are read.
        "ALTER TABLE applications_searchtext SET (toast_tuple_target = 128)",
        f"CREATE INDEX {FTS} ON applications_searchtext USING gin (({VECTOR}))",
        _FUNCTION,
    ),
}
_REMOVE = {
    "sqlite": _REMOVE_FTS,
    "postgresql": (f"DROP FUNCTION {FTS}_keys", f"DROP INDEX {FTS}"),
}


def make_index(connection):
    """Make the index of the terms; for the migration."""
    execute(connection, _MAKE)


def remove_index(connection):
    """Remove the index of the terms; for the migration."""
    execute(connection, _REMOVE)
