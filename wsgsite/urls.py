"""Every address of the portal: includes only."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("applications.urls")),
    path("", include("review.urls_public")),
    path("review/", include("review.urls")),
    path("documents/", include("documents.urls")),
]
