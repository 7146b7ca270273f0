"""Reviewers' pages, under /review/."""

from django.urls import path

from review.views import (
    approval,
    assigning,
    attachments,
    board,
    bulk,
    dashboard,
    desk,
    detail,
    draws,
    experts,
    filters,
    inspection,
    inspection_plans,
    lists,
    lists_reported,
    objections,
    opinions,
    panel,
    publicity,
    qualification,
    queue,
    results,
    revealing,
    rounds,
    scoring,
    timeline,
    units,
    verification,
)

app_name = "review"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("<int:pk>/", detail.detail, name="detail"),
    path("attachments/<int:pk>/", attachments.attachment, name="attachment"),
    path("<int:pk>/decide/<str:transition>/", detail.decide, name="decide"),
    # The recommending unit
    path("lists/", lists.recommendation_lists, name="recommendation_lists"),
    path("lists/<int:round_pk>/", lists.recommendation_list, name="recommendation_list"),
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
    path("rounds/<int:round_pk>/end/", results.end_round, name="end_round"),
    path("rounds/<int:round_pk>/results/", results.publish_results, name="publish_results"),
    path("publicity/", publicity.publicity_notices, name="publicity_notices"),
    # Personal data
    path("<int:pk>/numbers/", revealing.reveal, name="reveal"),
    # Recommending unit: verification and ledger
    path("<int:pk>/verify/", verification.verify, name="verify"),
    path("opinions/", opinions.opinion_templates, name="opinion_templates"),
    path("opinions/<int:pk>/", opinions.opinion_template, name="opinion_template"),
    # Recommending unit: ranking and the list
    path("lists/<int:round_pk>/report/", lists.list_report, name="list_report"),
    path("lists/reported/", lists_reported.lists_reported, name="lists_reported"),
    path(
        "lists/reported/<int:pk>/send-back/", lists_reported.list_send_back, name="list_send_back"
    ),
    # Office: qualification, bulk actions, undo
    path("bulk/assign/", bulk.bulk_assign, name="bulk_assign"),
    path("bulk/<str:transition>/", bulk.bulk, name="bulk"),
    path("filters/", filters.filters, name="filters"),
    path("filters/<int:pk>/", filters.filter_change, name="filter_change"),
    path("units/", units.units, name="units"),
    path("units/<int:pk>/", units.unit, name="unit"),
    # Rounds, experts, draws
    path("rounds/<int:pk>/copy/", rounds.round_copy, name="round_copy"),
    path("rounds/<int:pk>/publish/", rounds.round_publish, name="round_publish"),
    path("panels/experts/", experts.experts, name="experts"),
    path("panels/experts/<int:pk>/", experts.expert, name="expert"),
    path("panels/draws/<int:pk>/", draws.draw, name="draw"),
    path("panels/rounds/<int:round_pk>/draw/", draws.draw_new, name="draw_new"),
    path("panels/rounds/<int:round_pk>/assign/", assigning.assign_panels, name="assign_panels"),
    # Experts: scoring
    path("desks/", desk.desks, name="desks"),
    path("desks/<int:pk>/", desk.panel_desk, name="panel_desk"),
    path("panels/<int:pk>/attendance/", desk.panel_attendance, name="panel_attendance"),
    path("<int:pk>/score/", scoring.score, name="score"),
    path("<int:pk>/recusal/", desk.recusal, name="recusal"),
    path("sheets/<int:pk>/reopen/", scoring.reopen, name="reopen"),
    # Panel leader: board and conclusions
    path("panels/<int:pk>/board/", board.panel_board, name="panel_board"),
    path("panels/<int:pk>/remind/", board.panel_remind, name="panel_remind"),
    path("rounds/<int:round_pk>/ranking/", board.ranking, name="ranking"),
    # Inspection
    path("inspections/", inspection_plans.inspections, name="inspections"),
    path("inspections/plan/", inspection_plans.inspection_plan, name="inspection_plan"),
    path("<int:pk>/inspection/photos/", inspection.photo_new, name="inspection_photo_new"),
    path("inspections/photos/<int:pk>/", inspection.thumbnail, name="inspection_thumbnail"),
    # Publicity, objections, approval, results
    path("publicity/<int:pk>/", publicity.notice, name="notice"),
    path("publicity/<int:pk>/extend/", publicity.notice_extend, name="notice_extend"),
    path("publicity/<int:pk>/withdraw/", publicity.notice_withdraw, name="notice_withdraw"),
    path("publicity/objections/", objections.objections, name="objections"),
    path("approval/", approval.approval, name="approval"),
    path("publicity/results/<int:round_pk>/", results.results, name="results"),
    path(
        "publicity/results/<int:round_pk>/correct/", results.correct_results, name="correct_results"
    ),
    path("publicity/corrections/<int:pk>/", results.result_correction, name="result_correction"),
    # Dashboards, exports, timeline
    path("figures/", dashboard.dashboard, name="dashboard"),
    path("<int:pk>/timeline/", timeline.timeline, name="timeline"),
]
