"""A score sheet as it was typed: read leniently while typing, strictly when submitted."""

import re
from decimal import Decimal

from accounts.numbers import plain
from applications.workflow.perform import Refused
from review.scoring.models import FINAL, Score, ScoreSheet

# As people write points: 27, 26.5, 27.0.
POINTS = re.compile(r"[0-9]{1,3}(?:\.[05])?")
COMMENT_LIMIT: int = ScoreSheet._meta.get_field("comment").max_length
NOTE_LIMIT: int = Score._meta.get_field("note").max_length
ELSEWHERE = (
    "评分表刚刚在另一个窗口改过，没有保存。您填写的内容还在本页：核对后再次保存，即以本页为准。"
)


class Typed:
    """What was typed into a score sheet: `entries`, one a criterion, and `comment`.

    An entry is a dict: criterion, typed, points (or None), note and error (or ""). `problems` maps
    the names of fields to sentences.
    """

    def __init__(self, round_, posted):
        self.round = round_
        self.revision = posted.get("revision")
        self.comment = _text(posted.get("comment", ""))
        self.entries = [self._read(criterion, posted) for criterion in round_.criteria.all()]

    def _read(self, criterion, posted):
        typed = plain(posted.get(f"points-{criterion.pk}", ""))
        note = _text(posted.get(f"note-{criterion.pk}", "")).strip()
        entry = {
            "criterion": criterion,
            "typed": typed,
            "points": None,
            "note": note,
            "error": "",
            "note_error": "",
        }
        if typed:
            entry["points"] = points_of(typed, criterion.points, self.round.half_points)
            if entry["points"] is None:
                kind = "可保留半分" if self.round.half_points else "须为整数"
                entry["error"] = f"请填写 0 至 {criterion.points} 之间的分数，{kind}。"
        if len(note) > NOTE_LIMIT:
            entry["note_error"] = f"评分依据超过 {NOTE_LIMIT} 字，请删减。"
        return entry

    @property
    def comment_error(self):
        if len(self.comment) <= COMMENT_LIMIT:
            return ""
        return f"评审意见超过 {COMMENT_LIMIT} 字，请删减。"

    @property
    def problems(self):
        """What was not saved, and why: sentences by the names of the fields."""
        sentences = {}
        for entry in self.entries:
            if entry["error"]:
                sentences[f"points-{entry['criterion'].pk}"] = entry["error"]
            if entry["note_error"]:
                sentences[f"note-{entry['criterion'].pk}"] = entry["note_error"]
        if self.comment_error:
            sentences["comment"] = self.comment_error
        return sentences

    def ask_for_all(self):
        """Every criterion needs points before the sheet can be submitted."""
        for entry in self.entries:
            if entry["points"] is None and not entry["error"]:
                entry["error"] = "请打分。"

    def save(self, application, expert):
        """Save what can be read; return the sheet. Call it with the application locked.

        What cannot be read leaves what was saved before. Raises Refused for a sheet that is final,
        or that another window has changed to something else.
        """
        sheet, _ = ScoreSheet.objects.get_or_create(application=application, expert=expert)
        if sheet.submitted_at:
            raise Refused(FINAL)
        saved = {score.criterion_id: score for score in sheet.scores.all()}
        kept, gone = self._changes(sheet, saved)
        comment = sheet.comment if self.comment_error else self.comment
        if not (kept or gone) and comment == sheet.comment and sheet.revision:
            return sheet
        if self.revision is not None and self.revision != str(sheet.revision):
            raise Refused(ELSEWHERE)
        sheet.comment = comment
        sheet.revision += 1
        sheet.save(update_fields=["comment", "revision", "saved_at"])
        sheet.scores.filter(criterion__in=gone).delete()
        Score.objects.bulk_create(
            kept,
            update_conflicts=True,
            unique_fields=["sheet", "criterion"],
            update_fields=["points", "note"],
        )
        return sheet

    def _changes(self, sheet, saved):
        """Return the scores that differ from the saved ones, and the criteria left empty."""
        kept, gone = [], []
        for entry in self.entries:
            criterion = entry["criterion"]
            old = saved.get(criterion.pk)
            points = (old and old.points) if entry["error"] else entry["points"]
            note = (old.note if old else "") if entry["note_error"] else entry["note"]
            if points is None and not note:
                gone += [criterion.pk] if old else []
            elif old is None or (old.points, old.note) != (points, note):
                kept.append(Score(sheet=sheet, criterion=criterion, points=points, note=note))
        return kept, gone


def _text(value):
    return value.replace("\r\n", "\n").replace("\0", "")


def points_of(typed, most, half_points):
    """Return the points that were typed as a Decimal, or None when they cannot be given."""
    text = plain(typed)
    if not POINTS.fullmatch(text) or (points := Decimal(text)) > most:
        return None
    return None if points % 1 and not half_points else points


def points_as_text(points):
    """Return points as people write them: 26.5, 27; "" for None."""
    return "" if points is None else format(points.normalize(), "f")
