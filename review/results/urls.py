"""The end of a round and its published results."""

from django.urls import path

from review.results import views

urlpatterns = [
    path("rounds/<int:round_pk>/end/", views.end_round, name="end_round"),
    path("rounds/<int:round_pk>/results/", views.publish_results, name="publish_results"),
    path("publicity/results/<int:round_pk>/", views.results, name="results"),
    path(
        "publicity/results/<int:round_pk>/correct/", views.correct_results, name="correct_results"
    ),
    path("publicity/corrections/<int:pk>/", views.result_correction, name="result_correction"),
]
