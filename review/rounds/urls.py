"""Setting rounds up."""

from django.urls import path

from review.rounds import views

urlpatterns = [
    path("rounds/", views.rounds, name="rounds"),
    path("rounds/new/", views.round_new, name="round_new"),
    path("rounds/<int:pk>/", views.round_edit, name="round_edit"),
    path("rounds/<int:pk>/preview/", views.round_preview, name="round_preview"),
    path("rounds/<int:pk>/copy/", views.round_copy, name="round_copy"),
    path("rounds/<int:pk>/publish/", views.round_publish, name="round_publish"),
]
