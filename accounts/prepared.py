"""Queries whose SQL is made once in a process: for the few reads that every save and submission do.

Django makes the SQL of a query anew each time. For a model of 75 columns joined with one of 30 that
takes nine times as long as asking SQLite and making the object (1.9 against 0.2 ms); docs/
benchmarks.md has the figures. Nothing of a row is kept, and no right is decided here: who may see
a row is asked before, by `visible_to`.
"""

from functools import cached_property

from django.db import connection
from django.db.models.query import get_related_populators


class Prepared:
    """A query by one or more keys, which are whole numbers: `Prepared(build)(key, …)` is a list.

    `build(key, …)` returns the query set, of whole objects; it is called once. The objects are as
    Django makes them, with what `select_related`, `defer` and `annotate` say of them.
    """

    def __init__(self, build):
        self.build = build

    @cached_property
    def _statement(self):
        """SQL, parameters (as `_parameters` fills them) and what makes objects of the rows."""
        count = self.build.__code__.co_argcount
        # No key is negative: where these stand among the parameters, the keys will stand.
        queryset = self.build(*range(-count, 0))
        compiler = queryset.query.get_compiler("default")
        sql, parameters = compiler.as_sql()
        assert {*range(-count, 0)} <= {*parameters}, "each key is a parameter of its own"
        select, info = compiler.select, compiler.klass_info
        own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column.target.attname for column, *_ in select[own]]
        # The stubs are of a later Django, which takes one more.
        related = get_related_populators(info, select, "default")  # type: ignore[call-arg]
        converters = compiler.get_converters([column for column, *_ in select])
        annotations = list(compiler.annotation_col_map.items())

        def objects_of(rows):
            for row in compiler.apply_converters(rows, converters) if converters else rows:
                made = queryset.model.from_db("default", names, row[own])
                for populator in related:
                    populator.populate(row, made)
                for name, position in annotations:
                    setattr(made, name, row[position])
                yield made

        return sql, parameters, objects_of

    def __call__(self, *keys):
        """Return the objects of these keys, read now."""
        sql, parameters, objects_of = self._statement
        filled = [
            keys[value] if type(value) is int and value < 0 else value for value in parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, filled)
            return list(objects_of(cursor.fetchall()))
