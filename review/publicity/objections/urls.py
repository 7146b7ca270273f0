"""异议: the office's side."""

from django.urls import path

from review.publicity.objections import office_views

urlpatterns = [
    path("<int:pk>/objections/new/", office_views.objection_new, name="objection_new"),
    path("publicity/objections/<int:pk>/", office_views.objection, name="objection"),
    path("publicity/objections/", office_views.objections, name="objections"),
]
