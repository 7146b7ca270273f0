"""Every address of the portal: includes only."""

from importlib.util import find_spec

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
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
