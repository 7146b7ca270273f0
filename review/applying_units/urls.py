"""The registration of applying units."""

from django.urls import path

from review.applying_units import views

urlpatterns = [
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
]
