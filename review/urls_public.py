"""Pages for everybody, and the home page."""

from django.urls import path

from review.views import home, public

urlpatterns = [
    path("", home.home, name="home"),
    path("rounds/<int:pk>/", public.round_page, name="round"),
    path("publicity/", public.publicity, name="publicity"),
    path("results/<int:round_pk>/", public.results, name="results"),
]
