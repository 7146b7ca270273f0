"""Starting a draft, and saving its sections: what is right is kept, nothing newer overwritten."""

import hashlib
import json
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from accounts.models import ApplyingUnit
from applications.encryption import blind_index
from applications.form_definition import display
from applications.forms import section_form
from applications.models import Application
from applications.rows import blocks_of
from applications.stages import Stage
from applications.workflow import record


def start(round, user):
    """Return a new draft of the user's unit, with what the unit registered already filled in.

    A second click opens the draft that the first one made, as long as nothing is typed in it.
    """
    with transaction.atomic():
        unit = ApplyingUnit.objects.select_for_update().get(pk=user.applying_unit_id)
        application = Application.objects.filter(
            applying_unit=unit, round=round, stage=Stage.DRAFT, edited_by=None
        ).first()
        if application is None:
            application = Application.objects.create(
                round=round,
                applying_unit=unit,
                recommending_unit_id=unit.recommending_unit_id,
                host_kind=unit.host_kind,
                unit_name=unit.name,
                unit_nature=unit.nature,
                address=unit.address,
                contact_name=unit.contact_name,
                contact_mobile=unit.contact_mobile,
                email=user.email,
                stage_entered_at=timezone.now(),
                edited_at=timezone.now(),
            )
            record(application, user, "start", "开始申报", to_stage=Stage.DRAFT)
    return application


class Draft:
    """One section as a page shows it, and as it is saved.

    Made from the stored application alone, or also from posted `data`; then `save` writes it.
    """

    def __init__(self, application, section, data=None):
        self.application, self.section, self.data = application, section, data
        self.form = section_form(section.key, application.host_kind)(data, application=application)
        self.rows = blocks_of(application, section, data)

    def digest(self):
        """Return a digest of what is stored, by which a page knows whether it is still fresh."""
        content = [
            [_plain(getattr(self.application, name)) for name in self.form.fields],
            [
                [row.pk, *block.form_class.values_of(row).values()]
                for block in self.rows
                for row in block.stored
            ],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]

    def changes(self):
        """Return the posted values that are right and differ from what is stored."""
        self.form.is_valid()
        return {
            name: value
            for name, value in self.form.cleaned_data.items()
            if getattr(self.application, name) != value
        }

    def is_overtaken(self):
        """Whether somebody saved something else since the page was loaded.

        A page sent twice finds its own values stored already, and that is no conflict.
        """
        return self.data.get("loaded") != self.digest() and not self.changes_nothing()

    def changes_nothing(self):
        """Whether what was posted is just what is stored."""
        return not self.changes() and all(
            block.changes_nothing() for block in self.rows if block.is_posted
        )

    def stored_beside(self):
        """Return (field name, stored text) of the fields where page and store differ."""
        return [(name, display(self.application, name) or "（空）") for name in self.changes()]

    def save(self, user):
        """Write what is right of the posted page; call it with the application locked."""
        if self.changes_nothing():
            changes = {}
        else:
            changes = self.changes()
            for block in self.rows:
                if block.is_posted:
                    block.save()
        if "lead_id_number" in changes:
            changes["lead_id_index"] = blind_index(changes["lead_id_number"])
        changes |= {"edited_at": timezone.now(), "edited_by": user}
        for name, value in changes.items():
            setattr(self.application, name, value)
        self.application.save(update_fields=changes)

    def errors(self):
        """Return (anchor, sentence) of everything that could not be saved, in page order."""
        found = [
            (f"id_{name}", f"{self.form[name].label}：{error}")
            for name, errors in self.form.errors.items()
            for error in errors
        ]
        for block in self.rows:
            for number, form in enumerate(block.forms, start=1):
                for name, errors in form.errors.items():
                    label = f"{block.title}第 {number} 行，{form[name].label}"
                    found += [(form[name].id_for_label, f"{label}：{error}") for error in errors]
        return found


def _plain(value):
    # A decimal reads 85.5 or 85.50 depending on where it comes from.
    return str(value.normalize()) if isinstance(value, Decimal) else value


def columns_of(section):
    """Return the names of the columns that saving this section needs to read."""
    own = ("pk", "stage", "host_kind", "applying_unit_id")
    return (*own, *(item.name for item in section.items))
