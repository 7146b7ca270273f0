"""公示: notices of the shortlist."""

from django.urls import path

from review.publicity import views

urlpatterns = [
    path("rounds/<int:round_pk>/publicity/", views.publicity_new, name="publicity_new"),
    path("publicity/", views.publicity_notices, name="publicity_notices"),
    path("publicity/<int:pk>/", views.notice, name="notice"),
    path("publicity/<int:pk>/extend/", views.notice_extend, name="notice_extend"),
    path("publicity/<int:pk>/withdraw/", views.notice_withdraw, name="notice_withdraw"),
]
