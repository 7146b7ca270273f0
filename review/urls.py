"""Reviewers' pages, under /review/."""

from django.urls import path

from review.views import (
    approval,
    attachments,
    detail,
    inspection,
    objections,
    panel,
    publicity,
    qualification,
    queue,
    recommending,
    results,
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
    path("<int:pk>/objections/new/", objections.objection_new, name="objection_new"),
    path("publicity/objections/<int:pk>/", objections.objection, name="objection"),
    path("panels/", panel.panels, name="panels"),
    path("panels/<int:pk>/", panel.panel, name="panel"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/new/", rounds.round_new, name="round_new"),
    path("rounds/<int:pk>/", rounds.round_edit, name="round_edit"),
    path("rounds/<int:round_pk>/panels/new/", panel.panel_new, name="panel_new"),
    path("rounds/<int:round_pk>/publicity/", publicity.publicity_new, name="publicity_new"),
    path("rounds/<int:round_pk>/results/", results.publish_results, name="publish_results"),
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
    # Publicity, objections, approval, results
    path("publicity/<int:pk>/", publicity.notice, name="notice"),
    path("publicity/<int:pk>/extend/", publicity.notice_extend, name="notice_extend"),
    path("publicity/<int:pk>/withdraw/", publicity.notice_withdraw, name="notice_withdraw"),
    path("publicity/objections/", objections.objections, name="objections"),
    path("approval/", approval.approval, name="approval"),
    path("publicity/results/<int:round_pk>/", results.results, name="results"),
    # Dashboards, exports, timeline
]
