"""Every address of the portal: includes only."""

from contextlib import suppress

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
]
for prefix, module in [
    ("", "applications.urls"),
    ("", "review.urls_public"),
    ("review/", "review.urls"),
    ("documents/", "documents.urls"),
]:
    with suppress(ImportError):
        urlpatterns.append(path(prefix, include(module)))
