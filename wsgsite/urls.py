"""Every address of the portal: includes only."""

from django.urls import include, path

from wsgsite.jump import jump

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("applications.urls")),
    path("", include("review.urls_public")),
    path("help/", include("wsgsite.guide")),
    path("review/", include("review.urls")),
    path("documents/", include("documents.urls")),
    path("documents/", include("operations.urls")),
    path("jump/", jump, name="jump"),
]

handler400 = "wsgsite.errors.bad_request"
handler403 = "wsgsite.errors.permission_denied"
handler404 = "wsgsite.errors.not_found"
handler429 = "wsgsite.errors.too_many_requests"
handler500 = "wsgsite.errors.server_error"
