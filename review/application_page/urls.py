"""One application: its page, decisions, timeline and numbers in full."""

from django.urls import path

from review.application_page import reveal_views, timeline_views, views

urlpatterns = [
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/decide/<str:transition>/", views.decide, name="decide"),
    path("<int:pk>/qualification/", views.judge_conditions, name="qualification"),
    path("<int:pk>/numbers/", reveal_views.reveal, name="reveal"),
    path("<int:pk>/timeline/", timeline_views.timeline, name="timeline"),
]
