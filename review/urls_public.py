"""Pages for everybody, and the home page."""

from django.urls import path

from review.views import home, objecting, privacy, public

urlpatterns = [
    path("", home.home, name="home"),
    path("rounds/<int:pk>/", public.round_page, name="round"),
    path("publicity/", public.publicity, name="publicity"),
    path("publicity/<int:pk>/", public.publicity_notice, name="publicity_notice"),
    path("publicity/<int:pk>/objection/", objecting.object_to, name="object_to"),
    path("objections/", objecting.objection_lookup, name="objection_lookup"),
    path("objections/<str:token>/", objecting.objection_status, name="objection_status"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("results/<int:round_pk>/", public.results, name="results"),
    path("results/<int:round_pk>/<int:number>/", public.results, name="result_edition"),
]
