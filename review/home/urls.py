"""统计: a round in figures."""

from django.urls import path

from review.home import dashboard_views

urlpatterns = [
    path("figures/", dashboard_views.dashboard, name="dashboard"),
]
