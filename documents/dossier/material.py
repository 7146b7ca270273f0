"""材料: what a dossier and an archive hold, in the order of the notice (section 三), per reader.

Items 1 to 4 are printed here; item 5 is the evidence, in the order of its categories.
"""

import copy
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from django.template.loader import render_to_string

from accounts.roles import Role
from applications.form.definition import (
    ANNEX1_COLUMNS,
    CONTACTS,
    NUMBERS,
    SECTION,
    display,
    is_hidden,
)
from applications.models import Evidence
from applications.permissions import Privacy, privacy_for
from applications.rounds import PROOFS, EvidenceCategory
from documents import annex1, annex2, kept_forms
from documents.dossier import watermark
from documents.embedded_record import record
from documents.typesetting import chinese_date, printable
from review.recommending.list_models import REPORTED, RecommendationList

# Changed whenever the same content comes out otherwise than before: old files no longer count.
EDITION = 4
STYLE = "documents/dossier/dossier.css"
NOT_REPORTED = "尚未上报"
ANNEX1_TITLE = f"附件1　{annex1.TITLE}（摘录）"
ANNEX2_TITLE = f"附件2　{annex2.TITLE}"
STAMPED_TITLE = "盖章申报表（扫描件）"
REPORT_TITLE = "申报报告"
TALENT_TITLE = "申报单位高技能人才建设情况"
EVIDENCE_TITLE = "申报佐证材料"


@dataclass(frozen=True)
class Group:
    """The files of one category of evidence; `number` is its place in the notice's item 5."""

    number: int
    label: str
    files: tuple[Evidence, ...]


class Material:
    """What one reader gets of one application; `application` comes from `annex2.prepared`."""

    def __init__(self, user, application):
        self.application = application
        # An expert's own copy bears the expert's name on every page.
        self.bearer = user if user.role == Role.EXPERT else None
        self.privacy = privacy_for(user, application)
        self.boxes = annex2.boxes_for(user, application)
        self.edition = annex2.edition_of(application, self.privacy)

    @property
    def audience(self):
        """Readers with the same audience get the same file."""
        own = [f"expert {self.bearer.pk}"] if self.bearer else []
        return " ".join([self.privacy.value, *sorted(self.boxes), *own])

    @property
    def stamp(self):
        """What is drawn over every page for this reader: a PDF (bytes), or None."""
        return watermark.stamp(watermark.text_for(self.bearer)) if self.bearer else None

    @cached_property
    def content(self):
        """The edition's content with the personal numbers as this reader may see them."""
        shown = copy.copy(self.edition.content)
        for name in (*NUMBERS, *CONTACTS):
            setattr(shown, name, display(self.edition.content, name, self.privacy))
        return shown

    @cached_property
    def files(self):
        """The evidence that this reader may see, in order; each can be opened."""
        return [
            row
            for row in self.edition.content.current_evidence()
            if not is_hidden(row.category, self.privacy)
        ]

    @property
    def stamped(self):
        """The scans of the stamped form: they belong to item 2."""
        return [row for row in self.files if row.category == EvidenceCategory.STAMPED]

    @property
    def groups(self):
        """Item 5 by category, those with files alone, in the notice's order."""
        groups = []
        for number, category in enumerate(PROOFS, start=1):
            rows = tuple(row for row in self.files if row.category == category)
            if rows:
                groups.append(Group(number, EvidenceCategory(category).label, rows))
        return groups

    @cached_property
    def cover(self):
        """What the cover says: a list of (label, text)."""
        content = self.content
        return [
            ("受理编号", self.application.number or annex2.NOT_SUBMITTED),
            ("申报单位", printable(content.unit_name)),
            ("工作室职业（工种）", printable(content.studio_occupation)),
            ("领办人姓名", printable(content.lead_name)),
            ("推荐单位", self.application.responsible_unit.name),
            ("版本", self.edition.version),
        ]

    @cached_property
    def annex1_row(self):
        """This application's row of 附件1, and what stands above it."""
        application = self.application
        is_reported = application.stage in REPORTED
        row = (
            RecommendationList.objects.filter(
                round=application.round_id, recommending_unit=application.recommending_unit_id
            ).first()
            if is_reported
            else None
        )
        # Where the recommending unit ranked it is no matter for the applicant or the experts.
        rank = application.rank if is_reported and self.privacy is Privacy.MASKED else None
        texts = [printable(read(self.content)) for _, read in ANNEX1_COLUMNS]
        return {
            "unit": application.responsible_unit.name,
            "filled_on": chinese_date(row.filled_on) if row else NOT_REPORTED,
            "cells": [
                {"text": text, "is_long": label in annex1.LONG_TEXT}
                for label, text in zip(annex1.HEADERS, [str(rank or ""), *texts], strict=True)
            ],
        }

    def texts(self, key):
        """The fields of a section of the form as (label, paragraphs)."""
        content = self.content
        return [
            (
                item.label,
                [
                    line.strip()
                    for line in printable(display(content, item.name)).split("\n")
                    if line.strip()
                ],
            )
            for item in SECTION[key].items
            if item.is_asked_of(content.host_kind)
        ]

    @cached_property
    def _form(self):
        return annex2.context_of(self.application, self.edition, self.privacy, self.boxes)

    @cached_property
    def record(self):
        """What the dossier says, as data: what is printed in it for this reader."""
        return record(
            "dossier",
            "申报材料",
            round=self.application.round.title,
            cover=[{"label": label, "text": text} for label, text in self.cover],
            annex1=[
                {"label": label, "text": cell["text"]}
                for label, cell in zip(annex1.HEADERS, self.annex1_row["cells"], strict=True)
            ],
            # No page of it prints the digest.
            annex2={k: v for k, v in self._form["record"].items() if k != "fingerprint"},
            report=self._texts_record("report"),
            talent=self._texts_record("talent"),
            files=[
                {"category": group, "name": row.original_name}
                for group, rows in (
                    (STAMPED_TITLE, self.stamped),
                    *((group.label, group.files) for group in self.groups),
                )
                for row in rows
            ],
        )

    def _texts_record(self, key):
        return [
            {"label": label, "text": "\n".join(paragraphs)} for label, paragraphs in self.texts(key)
        ]

    @cached_property
    def key(self):
        """A digest of everything that goes in: the same key, the same file."""
        goes_in = [
            EDITION,
            self.audience,
            self.bearer and self.bearer.name,
            self.application.round.title,
            self.cover,
            self.annex1_row,
            self._form,
            self.texts("report"),
            self.texts("talent"),
            [(row.category, row.original_name, row.sha256) for row in self.files],
            # Left out, until they are found free of viruses.
            *(row.pk for row in self.files if row.withheld or not row.is_shown),
        ]
        text = json.dumps(goes_in, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    # --- Items 1 to 4 as PDF (bytes) ---

    def annex1_pdf(self):
        """The row of 附件1 on A4 landscape."""
        context = {
            "title": annex1.TITLE,
            "headers": annex1.HEADERS,
            "remarks": annex1.REMARKS,
            **self.annex1_row,
        }
        return self._pdf("documents/dossier/annex1.html", context)

    def annex2_pdf(self):
        """附件2, as it prints by itself."""
        return kept_forms.form(self.application, self.privacy, self.boxes)

    def report_pdf(self):
        """申报报告."""
        return self._texts_pdf("3", REPORT_TITLE, "report")

    def talent_pdf(self):
        """申报单位高技能人才建设情况."""
        return self._texts_pdf("4", TALENT_TITLE, "talent")

    def _texts_pdf(self, number, title, key):
        context = {
            "number": number,
            "title": title,
            "unit_name": printable(self.content.unit_name),
            "lead_name": printable(self.content.lead_name),
            "texts": self.texts(key),
        }
        return self._pdf("documents/dossier/texts.html", context)

    def _pdf(self, template, context):
        from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

        return to_pdf(render_to_string(template, context), STYLE)
