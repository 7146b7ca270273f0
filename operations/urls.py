"""The record of the portal: its verification, its heads to be stamped, whole rounds, the log."""

from django.urls import path

from operations import views
from operations.round_export import views as round_export_views

app_name = "operations"
urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/<int:pk>.pdf", views.chain_export_pdf, name="chain_export_pdf"),
    path("audit/<int:pk>.json", views.chain_export_json, name="chain_export_json"),
    path("rounds/", round_export_views.round_export, name="round_export"),
    path("audit-log.xlsx", views.audit_log, name="audit_log"),
]
