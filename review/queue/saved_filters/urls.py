"""A reviewer's saved filters."""

from django.urls import path

from review.queue.saved_filters import views

urlpatterns = [
    path("filters/", views.filters, name="filters"),
    path("filters/<int:pk>/", views.filter_change, name="filter_change"),
]
