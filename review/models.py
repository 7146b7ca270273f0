"""What the reviewers record: one module for each part of the review."""

from review.inspection.models import (
    Inspection,
    InspectionItem,
    InspectionPhoto,
    InspectionPlan,
    InspectionSave,
    Item,
)
from review.panels.models import (
    Alternate,
    Attendance,
    Declaration,
    Draw,
    Panel,
    PanelAssignment,
    Recusal,
    Replacement,
)
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.objections.models import Objection, ObjectionStep
from review.qualification.models import QualificationCheck
from review.queue.saved_filters.models import SavedFilter
from review.recommending.list_models import RecommendationList
from review.recommending.models import AwardCheck, OpinionTemplate, Verification
from review.results.models import ResultCorrection, ResultEdition
from review.scoring.models import Criterion, Score, ScoreSheet
from review.shared.attachments import Attachment
from review.shared.round_changes import RoundChange

__all__ = [
    "Alternate",
    "Attachment",
    "Attendance",
    "AwardCheck",
    "Criterion",
    "Declaration",
    "Draw",
    "Inspection",
    "InspectionItem",
    "InspectionPhoto",
    "InspectionPlan",
    "InspectionSave",
    "Item",
    "NoticeChange",
    "Objection",
    "ObjectionStep",
    "OpinionTemplate",
    "Panel",
    "PanelAssignment",
    "PublicNotice",
    "QualificationCheck",
    "RecommendationList",
    "Recusal",
    "Replacement",
    "ResultCorrection",
    "ResultEdition",
    "RoundChange",
    "SavedFilter",
    "Score",
    "ScoreSheet",
    "Verification",
]
