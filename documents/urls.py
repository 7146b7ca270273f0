from django.urls import path

from documents import result_views, views
from documents.scores import views as score_views

app_name = "documents"
urlpatterns = [
    path("annex1/<int:pk>.xlsx", views.annex1_excel, name="annex1"),
    path("annex1/<int:pk>.docx", views.annex1_word, name="annex1_word"),
    path("annex2/<int:pk>.pdf", views.annex2_pdf, name="annex2"),
    path("annex2/<int:pk>.docx", views.annex2_word, name="annex2_word"),
    path("evidence/<int:pk>/", views.marked_evidence, name="marked_evidence"),
    path("annex2/<int:pk>/print/", views.new_print, name="new_print"),
    path("annex2/print/<int:pk>.pdf", views.stamped_print, name="print"),
    path("receipt/<int:pk>.pdf", views.receipt_pdf, name="receipt"),
    path("exports/", views.exports, name="exports"),
    path("exports/progress/", views.exports_progress, name="exports_progress"),
    path("exports/<int:pk>/file/", views.export_file, name="export_file"),
    path("publicity/<int:pk>.pdf", result_views.proof, name="publicity_proof"),
    path("publicity/of/<int:pk>.pdf", result_views.proof_of, name="publicity_proof_of"),
    path("letter/<int:pk>.pdf", result_views.letter, name="result_letter"),
    path("letters/<int:round_pk>.pdf", result_views.letters, name="result_letters"),
    path("results/<int:round_pk>.xlsx", result_views.result_excel, name="result_list"),
    path("results/<int:round_pk>.pdf", result_views.result_pdf, name="result_list_pdf"),
    path("timeline/<int:pk>.pdf", views.timeline_pdf, name="timeline"),
    path("inspection/<int:pk>.pdf", views.inspection_pdf, name="inspection"),
    path("scores/<int:pk>.pdf", score_views.score_sheet_pdf, name="score_sheet"),
    path("panels/<int:pk>.pdf", score_views.panel_summary_pdf, name="panel_summary"),
    path("panels/<int:pk>.xlsx", score_views.panel_workbook, name="panel_workbook"),
    path("dossier/<int:pk>/", views.dossier, name="dossier"),
    path("dossier/<int:pk>/progress/", views.dossier_progress, name="dossier_progress"),
    path("dossier/<int:pk>/<str:kind>/", views.package_file, name="package"),
]
