"""Which settings of a round may no longer change, and why: one table of reasons."""

from dataclasses import dataclass

from applications.rounds import EvidenceRequirement
from applications.stages import PRIVATE

SCORED = "评分已经开始，修改后各专家的分数将不可比，不能再修改。"
SUBMITTED = "已有申报提交，不能再修改。"
IN_PUBLICITY = "已经发布公示，不能再修改。"
PUBLISHED = "结果已经公布，不能再修改。"
ONLY_LATER = "已有申报提交，只能延长，不能提前。"
ONLY_MORE = "已有申报提交，只能提高，不能降低。"
ONLY_LOOSER = "已有申报提交，材料要求只能放宽，不能加严。"

_FIXED = {
    "is_submitted": (("year", "opens_at"), SUBMITTED),
    "is_scored": (
        ("half_points", "trim_from", "minimum_score", "quorum_of", "quorum_out_of"),
        SCORED,
    ),
    "is_in_publicity": (("publicity_days",), IN_PUBLICITY),
    "is_published": (
        ("closes_at", "report_deadline", "review_deadline", "quota", "most_files", "most_pages"),
        PUBLISHED,
    ),
}
_Of = EvidenceRequirement.RequiredOf


@dataclass(frozen=True)
class Locks:
    """How far a round is, and which settings are fixed because of that."""

    is_submitted: bool = False
    is_scored: bool = False
    is_in_publicity: bool = False
    is_published: bool = False

    @classmethod
    def of(cls, round):
        """Return the locks of a saved round."""
        return cls(
            is_submitted=round.applications.exclude(stage__in=PRIVATE).exists()
            or round.applications.filter(submissions__isnull=False).exists(),
            is_scored=round.applications.filter(score_sheets__isnull=False).exists(),
            is_in_publicity=round.public_notices.exists(),
            is_published=round.results_published_at is not None,
        )

    @property
    def fixed(self):
        """The settings that may not change at all, as a dict of field name → reason."""
        return {
            name: reason
            for state, (names, reason) in _FIXED.items()
            if getattr(self, state)
            for name in names
        }

    @property
    def only_later(self):
        """The deadlines that may only be extended."""
        if not self.is_submitted:
            return ()
        names = ("closes_at", "report_deadline", "review_deadline")
        return tuple(name for name in names if name not in self.fixed)

    @property
    def only_more(self):
        """The limits that may only be raised, as applicants have chosen their files by them."""
        if not self.is_submitted:
            return ()
        return tuple(name for name in ("most_files", "most_pages") if name not in self.fixed)

    def requirements(self, required_of):
        """Return the choices of whom to require a category; `required_of` is the present one."""
        if not self.is_submitted or required_of == _Of.ALL:
            return list(_Of)
        return [choice for choice in _Of if choice in {required_of, _Of.NOBODY}]
