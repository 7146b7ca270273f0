"""Pages for everybody, and the home page."""

from django.urls import path

from review.calendar import views as calendar_views
from review.home import views as home_views
from review.public import privacy
from review.public import views as public_views
from review.publicity.objections import public_views as objection_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("rounds/<int:pk>/", public_views.round_page, name="round"),
    path("publicity/", public_views.publicity, name="publicity"),
    path("publicity/<int:pk>/", public_views.publicity_notice, name="publicity_notice"),
    path("publicity/<int:pk>/objection/", objection_views.object_to, name="object_to"),
    path("objections/", objection_views.objection_lookup, name="objection_lookup"),
    path("objections/<str:token>/", objection_views.objection_status, name="objection_status"),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("calendar/remove/", calendar_views.calendar_remove, name="calendar_remove"),
    path("calendar/<str:token>.ics", calendar_views.calendar_feed, name="calendar_feed"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("results/<int:round_pk>/", public_views.results, name="results"),
    path("results/<int:round_pk>/<int:number>/", public_views.results, name="result_edition"),
]
