"""What differs between two states of an application, field by field and file by file."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from applications.form_definition import AWARD_FIELDS, SECTIONS, display
from applications.models import Award, Evidence
from applications.permissions import Privacy

ADDED, REMOVED, CHANGED = "新增", "删除", "修改"


@dataclass(frozen=True)
class Change:
    """One difference. `name` is a field, or an evidence category; "" for rows of a table.

    `before` and `after` are texts, or the `Evidence` rows themselves where files differ (None
    where there was or is none).
    """

    section: str
    name: str
    label: str
    kind: str
    before: str | Evidence | None
    after: str | Evidence | None


def changes(before, after, privacy=Privacy.FULL):
    """Return the list of `Change`, in form order, from one `Application` to another.

    Both may be copies made by `snapshot.as_submitted`. Compared are the values themselves; what
    is shown of them is as much as `privacy` allows.
    """
    found = []
    for section in SECTIONS:
        for item in section.items:
            if getattr(before, item.name) != getattr(after, item.name):
                texts = [display(each, item.name, privacy) for each in (before, after)]
                found.append(Change(section.key, item.name, item.label, _kind(*texts), *texts))
        if section.rows == "awards":
            for level in Award.Level:
                rows = [[_award(row) for row in each.awards_of(level)] for each in (before, after)]
                found += _row_changes(section.key, level.label, *rows)
        elif section.rows == "members":
            rows = [[str(row) for row in _members(each)] for each in (before, after)]
            found += _row_changes(section.key, "工作室成员", *rows)
        elif section.rows == "evidence":
            found += _file_changes(before, after)
    return found


def form_changes(before, after):
    """Return the changes of what a unit stamps: everything typed, but no files."""
    return [each for each in changes(before, after) if each.section != "evidence"]


def _kind(before, after):
    if not before:
        return ADDED
    return CHANGED if after else REMOVED


def _award(row):
    return " ".join(str(getattr(row, name)) for name in AWARD_FIELDS if getattr(row, name))


def _members(application):
    return sorted(application.members.all(), key=lambda row: (row.position, row.pk or 0))


def _row_changes(section, title, before, after):
    found = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, b_from, b_to, a_from, a_to in matcher.get_opcodes():
        if what == "equal":
            continue
        old, new = before[b_from:b_to], after[a_from:a_to]
        for index in range(max(len(old), len(new))):
            was = old[index] if index < len(old) else ""
            now = new[index] if index < len(new) else ""
            number = (a_from if now else b_from) + index + 1
            label = f"{title}第 {number} 行"
            found.append(Change(section, "", label, _kind(was, now), was, now))
    return found


def _file_changes(before, after):
    old = {row.pk: row for row in before.current_evidence()}
    new = {row.pk: row for row in after.current_evidence()}
    found = []
    for pk in old | new:
        was, now = old.get(pk), new.get(pk)
        if was and now and was.original_name == now.original_name:
            continue
        row = now or was
        label = row.get_category_display()
        found.append(Change("evidence", row.category, label, _kind(was, now), was, now))
    return found
