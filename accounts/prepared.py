"""Questions that the pages opened most ask: their SQL is made once a process, not each time.

Django makes a queryset's SQL anew for every request, which takes several times as long as a
database needs to answer from an index (docs/benchmarks.md). Nothing of a row is kept.
"""

import datetime
from functools import cached_property

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable, get_related_populators

# What stands for a value while the SQL is made; no constant of a query is equal to one of these.
_STAND_INS = {
    int: range(1_900_000_001, 1_900_000_009),
    str: [f"a stand-in {number}" for number in range(8)],
    datetime.datetime: [
        datetime.datetime(9990, 1, day, tzinfo=datetime.UTC) for day in range(1, 9)
    ],
    datetime.date: [datetime.date(9991, 1, day) for day in range(1, 9)],
}


class Prepared:
    """A queryset whose SQL is made at the first question, and asked with other values ever after.

    `build` takes a stand-in of each of the `kinds` (int, str, datetime.datetime, datetime.date; up
    to eight of a kind) and returns a queryset of records or of `values_list()`. It may only filter
    by them: no comparison of its own, no setting and no clock, for it is called once. A value may
    be None, to which nothing is equal. An int is larger than a small field of PostgreSQL holds, of
    which Django leaves out what compares with it: compare such a field by its expression.
    """

    def __init__(self, build, *kinds):
        self._build, self._kinds = build, kinds

    def ask(self, *values):
        """Return the records, or the tuples of a `values_list()`, that the values select."""
        return self._made.read(values) if self._made else []

    def count(self, *values):
        """Return how many rows the values select."""
        return self._made.count(values) if self._made else 0

    @cached_property
    def _made(self):
        left = {kind: iter(stand_ins) for kind, stand_ins in _STAND_INS.items()}
        stand_ins = [next(left[kind]) for kind in self._kinds]
        queryset = self._build(*stand_ins)
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            return Statement(queryset, compiler, stand_ins)
        except EmptyResultSet:
            return None


class PreparedFor:
    """A queryset that depends on who asks, prepared once a role.

    `build(user, *stand-ins)` gets a user of the role, with stand-ins for its key and its unit's.
    """

    def __init__(self, build, *kinds):
        self._build, self._kinds = build, kinds
        self._of_role = {}

    def ask(self, user, *values):
        """Return what `Prepared.ask` returns; nothing for an account that is closed."""
        return self._for(user).ask(*_keys(user), *values) if user.is_active else []

    def count(self, user, *values):
        """Return how many rows the values select; none for an account that is closed."""
        return self._for(user).count(*_keys(user), *values) if user.is_active else 0

    def _for(self, user):
        role = user.role
        if role not in self._of_role:

            def build(pk, applying_unit, recommending_unit, *values):
                asking = get_user_model()(
                    pk=pk,
                    role=role,
                    applying_unit_id=applying_unit,
                    recommending_unit_id=recommending_unit,
                )
                return self._build(asking, *values)

            self._of_role[role] = Prepared(build, int, int, int, *self._kinds)
        return self._of_role[role]


def _keys(user):
    return user.pk, user.applying_unit_id, user.recommending_unit_id


class Statement:
    """SQL with the places of its values, and how to read its rows."""

    def __init__(self, queryset, compiler, stand_ins):
        self._sql, parameters = compiler.as_sql()
        self._parameters = list(parameters)
        adapted = [_adapted(stand_in) for stand_in in stand_ins]
        self._places = [
            (place, adapted.index(parameter))
            for place, parameter in enumerate(self._parameters)
            if parameter in adapted
        ]
        # Asked of the connection for each row, it would take longer than the rest of a record.
        self._alias = connection.alias
        self._compiler = compiler
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])
        self._model: type[Model] | None = None
        if queryset._iterable_class is ModelIterable:
            self._model = queryset.model
            own = compiler.klass_info["select_fields"]
            self._columns = {compiler.select[place][0].target.attname: place for place in own}
            self._columns |= compiler.annotation_col_map
            # The stubs are of a later Django, which takes one more.
            self._related = get_related_populators(  # type: ignore[call-arg]
                compiler.klass_info, compiler.select, self._alias
            )

    def read(self, values):
        rows = self._rows(self._sql, values)
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        if self._model is None:
            return [tuple(row) for row in rows]
        return [self.record(self._model, row) for row in rows]

    def count(self, values):
        [[number]] = self._rows(f"SELECT COUNT(*) FROM ({self._sql}) AS counted", values)  # noqa: S608 # nosec B608
        return number

    def _rows(self, sql, values):
        parameters = self._parameters.copy()
        for place, number in self._places:
            parameters[place] = _adapted(values[number])
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def record(self, model, row):
        """Return the record of a row."""
        # What `Model.from_db` makes, which for each row looks for the fields that were not read.
        record = model.__new__(model)
        record._state = ModelState()
        record._state.adding, record._state.db = False, self._alias
        record.__dict__.update({name: row[place] for name, place in self._columns.items()})
        for populator in self._related:
            populator.populate(row, record)
        return record


def _adapted(value):
    """Return a value as the database's driver takes it."""
    if isinstance(value, datetime.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, datetime.date):
        return connection.ops.adapt_datefield_value(value)
    return value
