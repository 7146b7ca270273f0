"""Indexes of terms, a text of them with blanks between in a row: SQLite's FTS5, PostgreSQL's GIN.

What the two searches share (`search.py`, `recognition/page_terms.py`). Names are fixed, and terms
are letters and digits alone.
"""

# PostgreSQL's own parser would take some of the terms apart.
VECTOR = "array_to_tsvector(string_to_array(terms, ' '))"
# What happens to a row that the index has to follow.
EVENTS = ("insert", "delete", "update")


def sqlite_index(name, table, key):
    """Return (statements that make, that remove) the FTS5 index of the terms of a table.

    `key` is the column of the table's key. Triggers keep the index in step.
    """
    learn = f"INSERT INTO {name} (rowid, terms) VALUES (new.{key}, new.terms);"  # noqa: S608 # nosec B608 - fixed names
    forget = f"INSERT INTO {name} ({name}, rowid, terms) VALUES ('delete', old.{key}, old.terms);"  # noqa: S608 # nosec B608 - fixed names
    followed = dict(zip(EVENTS, (learn, forget, f"{forget} {learn}"), strict=True))
    make = (
        # The terms are taken as they stand between blanks, and only which rows have them is kept.
        f"CREATE VIRTUAL TABLE {name} USING fts5(terms, content='{table}',"
        f" content_rowid='{key}', tokenize='ascii', detail=none, columnsize=0)",
        *(
            f"CREATE TRIGGER {name}_{event} AFTER {event.upper()} ON {table} BEGIN {does} END"
            for event, does in followed.items()
        ),
    )
    return make, (*(f"DROP TRIGGER {name}_{event}" for event in EVENTS), f"DROP TABLE {name}")


def execute(connection, statements):
    """Execute those of the statements, {vendor: statements}, that are of this database."""
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
