"""The recommending unit's verification, its ledger, and its list."""

from django.urls import path

from review.recommending import (
    list_office_views,
    list_scan_views,
    list_views,
    opinion_templates,
    verify_views,
)

urlpatterns = [
    path("lists/", list_views.recommendation_lists, name="recommendation_lists"),
    path("lists/<int:round_pk>/", list_views.recommendation_list, name="recommendation_list"),
    path("<int:pk>/verify/", verify_views.verify, name="verify"),
    path("opinions/", opinion_templates.opinion_templates, name="opinion_templates"),
    path("opinions/<int:pk>/", opinion_templates.opinion_template, name="opinion_template"),
    path("lists/<int:round_pk>/report/", list_views.list_report, name="list_report"),
    path("lists/scans/<int:pk>/", list_scan_views.list_scan, name="list_scan"),
    path(
        "lists/scan-files/<int:pk>/pages/<int:number>/picture/",
        list_scan_views.list_scan_picture,
        name="list_scan_picture",
    ),
    path("lists/reported/", list_office_views.lists_reported, name="lists_reported"),
    path(
        "lists/reported/<int:pk>/send-back/",
        list_office_views.list_send_back,
        name="list_send_back",
    ),
]
