from django.urls import path

from documents import score_views, views

app_name = "documents"
urlpatterns = [
    path("annex1/<int:pk>.xlsx", views.annex1_excel, name="annex1"),
    path("annex2/<int:pk>.pdf", views.annex2_pdf, name="annex2"),
    path("annex2/print/<int:pk>.pdf", views.stamped_print, name="print"),
    path("receipt/<int:pk>.pdf", views.receipt_pdf, name="receipt"),
    path("scores/<int:pk>.pdf", score_views.score_sheet_pdf, name="score_sheet"),
    path("panels/<int:pk>.pdf", score_views.panel_summary_pdf, name="panel_summary"),
    path("panels/<int:pk>.xlsx", score_views.panel_workbook, name="panel_workbook"),
    path("dossier/<int:pk>/", views.dossier, name="dossier"),
    path("dossier/<int:pk>/progress/", views.dossier_progress, name="dossier_progress"),
    path("dossier/<int:pk>/<str:kind>/", views.package_file, name="package"),
]
