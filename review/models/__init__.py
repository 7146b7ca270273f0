"""What the reviewers record: one module for each part of the review."""

from review.models.attachments import Attachment
from review.models.inspection import (
    Inspection,
    InspectionItem,
    InspectionPhoto,
    InspectionPlan,
    InspectionSave,
    Item,
)
from review.models.panels import Alternate, Panel, PanelAssignment, Recusal
from review.models.publicity import Objection, PublicNotice
from review.models.qualification import QualificationCheck
from review.models.recommending import RecommendationCheck, RecommendationList
from review.models.scores import Criterion, Score, ScoreSheet

__all__ = [
    "Alternate",
    "Attachment",
    "Criterion",
    "Inspection",
    "InspectionItem",
    "InspectionPhoto",
    "InspectionPlan",
    "InspectionSave",
    "Item",
    "Objection",
    "Panel",
    "PanelAssignment",
    "PublicNotice",
    "QualificationCheck",
    "RecommendationCheck",
    "RecommendationList",
    "Recusal",
    "Score",
    "ScoreSheet",
]
