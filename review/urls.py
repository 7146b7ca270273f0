"""Reviewers' pages, under /review/."""

from django.urls import path

from review.views import (
    attachments,
    board,
    detail,
    inspection,
    panel,
    publicity,
    qualification,
    queue,
    recommending,
    rounds,
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
    path("panels/<int:pk>/board/", board.panel_board, name="panel_board"),
    path("panels/<int:pk>/remind/", board.panel_remind, name="panel_remind"),
    path("rounds/<int:round_pk>/ranking/", board.ranking, name="ranking"),
    # Inspection
    # Publicity, objections, approval, results
    # Dashboards, exports, timeline
]
