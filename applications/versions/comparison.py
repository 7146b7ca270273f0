"""What differs between two states of an application, field by field and file by file."""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from applications.form.definition import AWARD_FIELDS, SECTIONS, display, is_hidden
from applications.models import Application, Award, Evidence
from applications.permissions import Privacy
from applications.rounds import EvidenceCategory
from applications.versions.snapshot import MEMBER_FIELDS
from applications.versions.text_changes import sides

ADDED, REMOVED, CHANGED = "新增", "删除", "修改"
REPLACED, RENAMED, MOVED = "替换", "改名", "调整顺序"
SIDES = ("修改前", "修改后")
UNIT_OPINION = str(Application._meta.get_field("opinion_text").verbose_name)

# Two rows of a table are one row that was changed when this share of their cells is the same.
ALIKE = 0.6


@dataclass(frozen=True)
class Change:
    """One difference. `name` is a field, or an evidence category; "" for rows of a table.

    `before` and `after` are texts ("" where there was or is none), or the `Evidence` rows
    themselves where files differ (None where there was or is none). `is_about_files` marks what
    is not typed into the form and so not on the stamped paper: files, and which of them proves
    an award. `asked_by` are all the targets, as (section, name), by which a remark asks for it.
    `is_asked` is None until somebody judges it (`corrections.judge`).
    """

    section: str
    name: str
    label: str
    kind: str
    before: str | Evidence | None
    after: str | Evidence | None
    is_about_files: bool = False
    asked_by: frozenset = frozenset()
    is_asked: bool | None = None

    @cached_property
    def sides(self):
        """Both sides for a page: dicts with label, file (`Evidence` or None) and pieces.

        Pieces are (mark, text) as `text_changes.sides` gives them.
        """
        both = (self.before, self.after)
        files = [value if isinstance(value, Evidence) else None for value in both]
        texts = ["" if isinstance(value, Evidence) else value or "" for value in both]
        return [
            {"label": label, "file": file, "pieces": pieces}
            for label, file, pieces in zip(SIDES, files, sides(*texts), strict=True)
        ]

    @property
    def looks_the_same(self):
        """Whether what may be shown of both values is the same: the difference is masked."""
        return isinstance(self.before, str) and self.before == self.after


def changes(before, after, privacy=Privacy.FULL, earlier=None):
    """Return the list of `Change`, in form order, from one `Application` to another.

    Both may be copies made by `snapshot.as_submitted`. Compared are the values themselves; what
    is shown of them is as much as `privacy` allows, and what is hidden altogether is passed over.
    Asks the database at most once: which file took another's place (`earlier`, when whoever
    compares many versions knows it: `predecessors`).
    """
    files = _paired_files(before, after, privacy, earlier)
    changes = []
    for section in SECTIONS:
        for item in section.items:
            differs = getattr(before, item.name) != getattr(after, item.name)
            if differs and not is_hidden(item.name, privacy):
                texts = [display(version, item.name, privacy) for version in (before, after)]
                changes.append(
                    Change(section.key, item.name, item.full_label, _kind(*texts), *texts)
                )
        if section.rows == "awards":
            for level in Award.Level:
                changes += _award_changes(section.key, level, before, after, files)
        elif section.rows == "members":
            tables = [version.members_in_order() for version in (before, after)]
            cells = [[_cells(row, MEMBER_FIELDS) for row in table] for table in tables]
            paired = _paired(*cells)
            changes += _row_changes(section.key, "工作室成员", tables, MEMBER_FIELDS, str, paired)
        elif section.rows in {"evidence", "stamp"}:
            of_section = [
                (was, now)
                for was, now in files
                if ((now or was).category == EvidenceCategory.STAMPED) == (section.rows == "stamp")
            ]
            changes += _file_changes(section.key, of_section)
    return [
        replace(
            change, asked_by=change.asked_by | {(change.section, ""), (change.section, change.name)}
        )
        for change in changes
    ]


def form_changes(before, after):
    """Return the changes of what a unit stamps: everything typed and its opinion, but no files."""
    found = [change for change in changes(before, after) if not change.is_about_files]
    texts = [_opinion_text(version.own_opinion) for version in (before, after)]
    if texts[0] != texts[1]:
        found.append(Change("stamp", "", UNIT_OPINION, _kind(*texts), *texts))
    return found


def _opinion_text(opinion):
    if opinion is None:
        return ""
    return f"{opinion.text}（{opinion.signatory}，{opinion.signed_on:%Y-%m-%d}）"


def _kind(before, after):
    if not before:
        return ADDED
    return CHANGED if after else REMOVED


# --- Rows of a table ---


def _cells(row, names):
    return tuple(getattr(row, name) or "" for name in names)


def _paired(before, after):
    """Pair the rows of two tables, each a list of tuples of cells.

    Returns (pairs, moved): pairs of indices in the order of the new table, None where a row is
    new or gone; and those of them that are the same rows elsewhere. A row is found again by its
    cells, because nothing else is kept of it in a snapshot.
    """
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    kept = {b + n: a + n for a, b, size in blocks for n in range(size)}
    gone = set(range(len(before))) - set(kept.values())
    new = set(range(len(after))) - set(kept)
    likely = sorted(
        (-likeness, abs(was - now), was, now)
        for was in gone
        for now in new
        if (likeness := _likeness(before[was], after[now])) >= ALIKE
    )
    moved = set()
    for _, _, was, now in likely:
        if was in gone and now in new:
            gone.remove(was)
            new.remove(now)
            kept[now] = was
            if before[was] == after[now]:
                moved.add((was, now))
    pairs = [(kept.get(now), now) for now in range(len(after))]
    return pairs + [(was, None) for was in sorted(gone)], moved


def _likeness(before, after):
    """Return the share of their filled cells that two rows have in common."""
    filled = sum(bool(old or new) for old, new in zip(before, after, strict=True))
    common = sum(bool(old) and old == new for old, new in zip(before, after, strict=True))
    return common / filled if filled else 0


def _row_changes(section, title, tables, names, read, paired):
    """Return the changes of a table from (rows before, rows after); `read` gives a row's text."""
    pairs, moved = paired
    changes = []
    for was, now in pairs:
        rows = [
            None if at is None else table[at] for at, table in zip((was, now), tables, strict=True)
        ]
        old, new = (read(row) if row else "" for row in rows)
        kind = _kind(old, new)
        if (was, now) in moved:
            kind, old, new = MOVED, f"第 {was + 1} 行：{old}", f"第 {now + 1} 行：{new}"
        elif None not in rows:
            if _cells(rows[0], names) == _cells(rows[1], names):
                continue
            if old == new:
                # The same words in other columns.
                old, new = (_by_column(row, names) for row in rows)
        row = f"原第 {was + 1} 行" if now is None else f"第 {now + 1} 行"
        changes.append(Change(section, "", f"{title}{row}", kind, old, new))
    return changes


def _by_column(row, names):
    """Return a row's cells, each behind the name of its column."""
    cells = []
    for field in (row._meta.get_field(name) for name in names):
        text = (
            getattr(row, f"get_{field.name}_display")()
            if field.choices
            else getattr(row, field.name)
        )
        if text:
            cells.append(f"{field.verbose_name}：{text}")
    return "；".join(cells)


def _award_text(award):
    return " ".join(str(cell) for cell in _cells(award, AWARD_FIELDS) if cell)


def _award_changes(section, level, before, after, files):
    """Return the changes of one award table, and which of its rows another file proves now."""
    tables = [version.awards_of(level) for version in (before, after)]
    cells = [[_cells(row, AWARD_FIELDS) for row in table] for table in tables]
    paired = _paired(*cells)
    changes = _row_changes(section, level.label, tables, AWARD_FIELDS, _award_text, paired)
    by_pk = {row.pk: row for pair in files for row in pair if row}
    successors = {(was.pk, now.pk) for was, now in files if was and now} | {(None, None)}
    for was, now in paired[0]:
        if was is None or now is None:
            continue
        rows = tables[0][was], tables[1][now]
        proofs = [by_pk.get(row.evidence_id) for row in rows]
        pages = [proof and row.evidence_page for row, proof in zip(rows, proofs, strict=True)]
        if tuple(proof and proof.pk for proof in proofs) in successors and pages[0] == pages[1]:
            continue
        before_and_after = [_proof(*proof) for proof in zip(proofs, pages, strict=True)]
        targets = {
            ("evidence", name)
            for proof in proofs
            if proof
            for name in (proof.category, about_file(proof.pk))
        }
        changes.append(
            Change(
                section,
                "",
                f"{level.label}第 {now + 1} 行的佐证",
                _kind(*before_and_after),
                *before_and_after,
                is_about_files=True,
                asked_by=frozenset(targets | {("evidence", "")}),
            )
        )
    return changes


def _proof(file, page):
    if file is None:
        return ""
    return f"{file.original_name}，第 {page} 页" if page else file.original_name


# --- Files ---


def predecessors(pk):
    """Return {key of a file: key of the file that it replaced} of one application."""
    replacing = Evidence.objects.filter(application=pk, replaces__isnull=False)
    return dict(replacing.values_list("pk", "replaces"))


def _paired_files(before, after, privacy, earlier):
    """Pair the files of both states: a list of (was, now), None where there was or is none.

    In the order of the notice. A file is the same when it is the same row, or has the same bytes;
    its successor when it took its place. The scan of a stamped form takes the last one's place.
    """
    old, new = (
        {row.pk: row for row in version.current_evidence() if not is_hidden(row.category, privacy)}
        for version in (before, after)
    )
    pairs = {pk: row for pk, row in old.items() if pk in new}
    gone = {pk: row for pk, row in old.items() if pk not in new}
    fresh = [row for pk, row in new.items() if pk not in old]

    def pair(row, was):
        pairs[row.pk] = gone.pop(was.pk)

    for row in fresh:
        for was in gone.values():
            is_scan = row.category == EvidenceCategory.STAMPED
            if was.category == row.category and (is_scan or was.sha256 == row.sha256):
                pair(row, was)
                break
    if gone and len(pairs) < len(new):
        if earlier is None:
            earlier = predecessors(after.pk)
        for row in fresh:
            pk = row.pk
            while pk in earlier and pk not in gone:
                pk = earlier[pk]
            if row.pk not in pairs and pk in gone:
                pair(row, gone[pk])
    paired = [(pairs.get(pk), row) for pk, row in new.items()]
    order = list(EvidenceCategory)
    paired += [(row, None) for row in gone.values()]
    return sorted(paired, key=lambda pair: order.index((pair[1] or pair[0]).category))


def about_file(pk):
    """Return the name by which a remark asks for one file."""
    return f"file-{pk}"


def beside_file(category):
    """Return the name by which a remark about a file asks for another one of its category."""
    return f"beside {category}"


def _file_changes(section, files):
    changes = []
    for was, now in files:
        row = now or was
        if was is None or now is None:
            kind = ADDED if now else REMOVED
        elif was.sha256 != now.sha256:
            kind = REPLACED
        elif was.original_name != now.original_name:
            kind = RENAMED
        else:
            continue
        label = row.get_category_display()
        target = about_file(was.pk) if was else beside_file(row.category)
        changes.append(
            Change(
                section,
                row.category,
                label,
                kind,
                was,
                now,
                is_about_files=True,
                asked_by=frozenset({(section, target)}),
            )
        )
    return changes + _moved_files(section, files)


def _moved_files(section, files):
    """Return the changes of order within each category."""
    changes = []
    for category in EvidenceCategory:
        own = [(was, now) for was, now in files if (now or was).category == category]
        old = sorted((was for was, _ in own if was), key=lambda row: (row.position, row.pk))
        new = [(was.pk if was else f"new {now.pk}",) for was, now in own if now]
        for was, now in sorted(_paired([(row.pk,) for row in old], new)[1]):
            name = old[was].original_name
            before, after = (f"第 {index + 1} 份：{name}" for index in (was, now))
            changes.append(
                Change(section, category, category.label, MOVED, before, after, is_about_files=True)
            )
    return changes
