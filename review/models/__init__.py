"""What the reviewers record: one module for each part of the review."""

from review.models.attachments import Attachment
from review.models.attendance import Attendance, Declaration, Replacement
from review.models.draws import Draw
from review.models.filters import SavedFilter
from review.models.inspection import (
    Inspection,
    InspectionItem,
    InspectionPhoto,
    InspectionPlan,
    InspectionSave,
    Item,
)
from review.models.objections import Objection, ObjectionStep
from review.models.panels import Alternate, Panel, PanelAssignment, Recusal
from review.models.publicity import NoticeChange, PublicNotice
from review.models.qualification import QualificationCheck
from review.models.recommending import RecommendationList
from review.models.results import ResultCorrection, ResultEdition
from review.models.rounds import RoundChange
from review.models.scores import Criterion, Score, ScoreSheet
from review.models.verification import AwardCheck, OpinionTemplate, Verification

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
