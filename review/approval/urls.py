"""审定 and 财政会签 at a glance."""

from django.urls import path

from review.approval import views

urlpatterns = [
    path("approval/", views.approval, name="approval"),
]
