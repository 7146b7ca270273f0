"""Copies of made-up applications, written in the database: a hundred thousand in minutes.

`loadmany` makes some hundred applications of a round one by one (a `Block`); the others of the
round are copies of these. What of a copy is its own (number, unit, lead's ID number, files, and
what is computed of them: snapshots, fingerprints, chains, terms of the search) is written anew, in
the columns' own form; rows that only belong to it are copied by the database, their keys shifted.
"""

import json
from functools import cache

from django.core.management.color import no_style
from django.db import connection

from accounts.chains import canonical, sm3
from applications.models import (
    Application,
    Award,
    Event,
    Evidence,
    FormPrint,
    Opinion,
    Remark,
    StudioMember,
    Submission,
)
from applications.records import submitted
from applications.search import SHOWN, SearchText, awards_in, terms_of
from applications.trust.encryption import blind_index, encrypt
from applications.versions.snapshot import fingerprint
from applications.workflow.events import SUBMIT, kind_of
from review.inspection.models import Inspection, InspectionItem
from review.panels.models import Declaration, PanelAssignment
from review.qualification.models import QualificationCheck
from review.recommending.models import AwardCheck, Verification
from review.scoring.models import Score, ScoreSheet

# Written anew for each copy, in the order of their references.
ANEW = (Application, FormPrint, Evidence, Submission, Event, AwardCheck)
# Copied by the database, in the same order.
SHIFTED = (
    Award,
    StudioMember,
    Opinion,
    Remark,
    Verification,
    QualificationCheck,
    PanelAssignment,
    Declaration,
    Inspection,
    InspectionItem,
    ScoreSheet,
    Score,
)
# What the search finds of a copy that its original does not have.
OWN = ("number", "unit_name")
# So many values are given to the database at once.
VALUES = 20_000
# What such rows say of the applicant is read from the application that they belong to.
_OF_COPY = (
    "(SELECT of_copy.{name} FROM applications_application of_copy"
    " WHERE of_copy.id = {{table}}.application_id + {{shift}})"
)
EXPRESSIONS = {
    (Verification, "lead_id_index"): "CASE WHEN lead_id_index = '' THEN '' ELSE "
    + _OF_COPY.format(name="lead_id_index")
    + " END",
    (Opinion, "user"): "CASE WHEN transition = 'submit' THEN "
    + _OF_COPY.format(name="edited_by_id")
    + " ELSE user_id END",
}


def columns_of(model):
    """Return the names of the columns of a model's table, in order."""
    return [field.column for field in model._meta.concrete_fields]


def insert(model, rows):
    """Insert rows, tuples in the order of `columns_of`, of values as the database holds them."""
    columns = columns_of(model)
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    marks = f"({', '.join(['%s'] * len(columns))})"
    at_once = max(1, VALUES // len(columns))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({quoted})"  # noqa: S608 # nosec B608 - our own names
                f" VALUES {', '.join([marks] * len(part))}",
                [value for row in part for value in row],
            )


class Block:
    """Some applications just made, with their rows by model, and how to copy them.

    `made` are their saved rows by model, those of a model with keys one after the other, and the
    last that its table has. Of each application `content` is what was printed and submitted.
    """

    def __init__(self, made):
        self.made = {model: rows for model, rows in made.items() if rows}
        self.span = {model: len(rows) for model, rows in self.made.items()}
        self.first = {model: rows[0].pk for model, rows in self.made.items()}
        self.columns = {model: columns_of(model) for model in self.made}
        self.rows = {model: self._read(model) for model in ANEW if model in self.made}
        self.applications = self.made[Application]
        # Awards are found once they were submitted.
        has_submitted = {each.application_id for each in self.made.get(Submission, ())}
        self.terms = [
            _terms_of(
                awards_in(each.content["awards"]) if each.pk in has_submitted else (),
                **{name: getattr(each, name) for name in SHOWN if name not in OWN},
            )
            for each in self.applications
        ]
        self.accounts = [encrypt(each.bank_account, "bank_account") for each in self.applications]
        self.place = {each.pk: place for place, each in enumerate(self.applications)}
        self.copies = 0

    def _read(self, model):
        """Return the rows of a model as the database holds them, as dicts by column."""
        names = ", ".join(map(connection.ops.quote_name, self.columns[model]))
        first = self.first[model]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {names} FROM {model._meta.db_table}"  # noqa: S608 # nosec B608 - our own names
                " WHERE id BETWEEN %s AND %s ORDER BY id",
                [first, first + self.span[model] - 1],
            )
            return [dict(zip(self.columns[model], row, strict=True)) for row in cursor.fetchall()]

    def shift(self, model):
        """By how much the keys of a model's rows in the copy at hand are above the block's."""
        return self.copies * self.span.get(model, 0)

    def copy(self, people):
        """Copy the first applications, one for each of `people`.

        They are (number, rank, lead's ID number, user): the user acts for the copy's unit.
        """
        self.copies += 1
        count = len(people)
        shift = {model: self.shift(model) for model in self.made}
        contents = [self._content(place, people[place], shift[Evidence]) for place in range(count)]
        prints = [fingerprint(opened) for opened, _ in contents]
        new: dict = {model: [] for model in self.rows}
        for model, rows in self.rows.items():
            for row in rows:
                place = self.place[row["id" if model is Application else "application_id"]]
                if place < count:
                    values = self._values(
                        model, row, people[place], shift, contents[place], prints[place]
                    )
                    new[model].append({**row, "id": row["id"] + shift[model], **values})
        self._chain(new.get(Event, ()), prints, people, shift)
        for model in ANEW:
            if model in new:
                names = self.columns[model]
                insert(model, [tuple(row[name] for name in names) for row in new[model]])
        last = self.applications[count - 1].pk
        for model in SHIFTED:
            if model in self.made:
                self._shift(model, shift, last)
        insert(SearchText, self._searched(people, shift[Application]))

    def _content(self, place, person, shift):
        """Return the content of a copy, its numbers in the open, and as it is stored."""
        number, _, identity, user = person
        content = self.applications[place].content
        own = {"unit_name": user.applying_unit.name, "lead_id_number": identity}
        fields = {**content["fields"], **own}
        opened = {
            **content,
            "number": number,
            "fields": fields,
            "awards": [
                {**award, "evidence": award["evidence"] and award["evidence"] + shift}
                for award in content["awards"]
            ],
            "evidence": [
                {**row, "id": row["id"] + shift, "sha256": digest(row["sha256"], self.copies)}
                for row in content["evidence"]
            ],
        }
        stored = {
            **opened,
            "fields": {
                **fields,
                "lead_id_number": encrypt(identity, "lead_id_number"),
                "bank_account": self.accounts[place],
            },
        }
        return opened, json.dumps(stored)

    def _values(self, model, row, person, shift, content, print_):
        """Return what of a row is another in the copy, by column."""
        number, rank, identity, user = person
        if model is Application:
            return {
                "applying_unit_id": user.applying_unit_id,
                "edited_by_id": user.pk,
                "unit_name": user.applying_unit.name,
                "number": number,
                "rank": rank,
                "lead_id_number": encrypt(identity, "lead_id_number"),
                "lead_id_index": blind_index(identity),
            }
        values = {"application_id": row["application_id"] + shift[Application]}
        if model is Evidence:
            values |= {
                "file": f"{values['application_id']}/{row['file'].rpartition('/')[2]}",
                "sha256": digest(row["sha256"], self.copies),
                "uploaded_by_id": user.pk,
                "print_id": row["print_id"] and row["print_id"] + shift[FormPrint],
            }
        elif model in {Submission, FormPrint}:
            by = "submitted_by_id" if model is Submission else "printed_by_id"
            values |= {"content": content[1], "fingerprint": print_, by: user.pk}
        elif model is AwardCheck:
            *claim, proof, page = json.loads(row["claim"])
            values["claim"] = json.dumps([*claim, proof and proof + shift[Evidence], page])
        return values

    def _chain(self, rows, prints, people, shift):
        """Give the events of the copies their digests, and to those of applicants their names."""
        previous = ""
        for event, row in zip(self.made.get(Event, ()), rows, strict=False):
            place = self.place[event.application_id]
            user = people[place][-1]
            sealed = {name: getattr(event, name) for name in Event.SEALED}
            if event.sequence == 1:
                previous = ""
            sealed |= {"application_id": row["application_id"], "previous": previous}
            if event.user_id == self.applications[place].edited_by_id:
                sealed |= {"user_id": user.pk, "actor": f"{user.unit_name} {user.name}"}
            if kind_of(event) is SUBMIT:
                files = [
                    {
                        **each,
                        "id": each["id"] + shift[Evidence],
                        "sha256": digest(each["sha256"], self.copies),
                    }
                    for each in self.applications[place].content["evidence"]
                ]
                sealed["data"] = submitted(1, prints[place], files)
                row["data"] = json.dumps(sealed["data"])
            previous = sm3(canonical(sealed))
            row |= {name: sealed[name] for name in ("user_id", "actor", "previous")}
            row["digest"] = previous

    def _shift(self, model, shift, last):
        """Have the database copy the rows of a model that belong to applications up to `last`."""
        table, columns = model._meta.db_table, []
        for field in model._meta.concrete_fields:
            moved = model if field.primary_key else field.related_model
            expression = EXPRESSIONS.get((model, field.name), "{column} + {shift}")
            if (model, field.name) in EXPRESSIONS:
                moved = Application
            elif moved not in self.made:
                expression = "{column}"
            columns.append(
                expression.format(
                    table=table,
                    column=connection.ops.quote_name(field.column),
                    shift=shift.get(moved, 0),
                )
            )
        names = ", ".join(map(connection.ops.quote_name, self.columns[model]))
        first = self.first[model]
        owner = "application_id <= %s"
        if model is InspectionItem:
            owner = "inspection_id IN (SELECT id FROM review_inspection WHERE application_id <= %s)"
        elif model is Score:
            owner = "sheet_id IN (SELECT id FROM review_scoresheet WHERE application_id <= %s)"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 # nosec B608 - our own names
                f" WHERE id BETWEEN %s AND %s AND {owner}",
                [first, first + self.span[model] - 1, last],
            )

    def _searched(self, people, shift):
        """Return the rows of what the copies are found by."""
        rows = []
        for place, (number, _, _, user) in enumerate(people):
            unit = _terms_of_unit(user.applying_unit.name)
            terms = {*self.terms[place], *unit, *_terms_of(number=number)}
            rows.append((self.applications[place].pk + shift, " ".join(sorted(terms))))
        return rows


def digest(sha256, copy):
    """Return the digest of a file of a copy: another for each, as if it were another file."""
    return f"{copy:04x}{sha256[4:]}"


def _terms_of(awards=(), **shown):
    """Return the terms of an application that shows this alone, as a list."""
    return terms_of({**dict.fromkeys(SHOWN, ""), **shown}, awards).split()


@cache
def _terms_of_unit(name):
    return _terms_of(unit_name=name)


def follow_keys(models):
    """Have keys that the database gives go on after those that were written here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
