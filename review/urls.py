"""Reviewers' pages, under /review/."""

from django.urls import path

from review.views import (
    attachments,
    detail,
    inspection,
    inspection_plans,
    panel,
    publicity,
    qualification,
    queue,
    recommending,
    rounds,
    timeline,
)

app_name = "review"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("<int:pk>/", detail.detail, name="detail"),
    path("attachments/<int:pk>/", attachments.attachment, name="attachment"),
    path("<int:pk>/decide/<str:transition>/", detail.decide, name="decide"),
    # The recommending unit
    path("<int:pk>/check/", recommending.check, name="check"),
    path("lists/", recommending.recommendation_lists, name="recommendation_lists"),
    path("lists/<int:round_pk>/", recommending.recommendation_list, name="recommendation_list"),
    # The office
    path("<int:pk>/qualification/", qualification.sheet, name="qualification"),
    path("<int:pk>/panel/", qualification.assign, name="assign"),
    path("<int:pk>/inspection/", inspection.inspection, name="inspection"),
    path("<int:pk>/objections/new/", publicity.objection_new, name="objection_new"),
    path("objections/<int:pk>/", publicity.objection, name="objection"),
    path("panels/", panel.panels, name="panels"),
    path("panels/<int:pk>/", panel.panel, name="panel"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/new/", rounds.round_new, name="round_new"),
    path("rounds/<int:pk>/", rounds.round_edit, name="round_edit"),
    path("rounds/<int:round_pk>/panels/new/", panel.panel_new, name="panel_new"),
    path("rounds/<int:round_pk>/publicity/", publicity.publicity_new, name="publicity_new"),
    path("rounds/<int:round_pk>/results/", publicity.publish_results, name="publish_results"),
    path("publicity/", publicity.publicity_notices, name="publicity_notices"),
    # Experts
    path("<int:pk>/score/", panel.score, name="score"),
    # Recommending unit: verification and ledger
    # Recommending unit: ranking and the list
    # Office: qualification, bulk actions, undo
    # Rounds, experts, draws
    # Experts: scoring
    # Panel leader: board and conclusions
    # Inspection
    path("inspections/", inspection_plans.inspections, name="inspections"),
    path("inspections/plan/", inspection_plans.inspection_plan, name="inspection_plan"),
    path("<int:pk>/inspection/photos/", inspection.photo_new, name="inspection_photo_new"),
    path("inspections/photos/<int:pk>/", inspection.thumbnail, name="inspection_thumbnail"),
    # Publicity, objections, approval, results
    # Dashboards, exports, timeline
    path("<int:pk>/timeline/", timeline.timeline, name="timeline"),
]
