"""The list of applications, and what is done with many at once."""

from django.urls import path

from review.queue import bulk_views, material_views, views

urlpatterns = [
    path("", views.queue, name="queue"),
    path("material/", material_views.material, name="material"),
    path("bulk/assign/", bulk_views.bulk_assign, name="bulk_assign"),
    path("bulk/<str:transition>/", bulk_views.bulk, name="bulk"),
]
