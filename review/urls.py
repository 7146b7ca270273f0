"""Reviewers' pages, under /review/: one include a stage, in the order of the procedure."""

from django.urls import include, path

app_name = "review"
urlpatterns = [
    path("", include("review.shared.urls")),
    path("", include("review.recommending.urls")),
    path("", include("review.panels.urls")),
    path("", include("review.scoring.urls")),
    path("", include("review.inspection.urls")),
    path("", include("review.publicity.urls")),
    path("", include("review.publicity.objections.urls")),
    path("", include("review.approval.urls")),
    path("", include("review.results.urls")),
    path("", include("review.rounds.urls")),
    path("", include("review.applying_units.urls")),
    path("", include("review.earlier_years.urls")),
    path("", include("review.application_page.urls")),
    path("", include("review.queue.urls")),
    path("", include("review.queue.saved_filters.urls")),
    path("", include("review.home.urls")),
]
