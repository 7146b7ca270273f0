"""实地考察: plans, records and photos."""

from django.urls import path

from review.inspection import plan_views, views

urlpatterns = [
    path("<int:pk>/inspection/", views.inspection, name="inspection"),
    path("inspections/", plan_views.inspections, name="inspections"),
    path("inspections/plan/", plan_views.inspection_plan, name="inspection_plan"),
    path("<int:pk>/inspection/photos/", views.photo_new, name="inspection_photo_new"),
    path("inspections/photos/<int:pk>/", views.thumbnail, name="inspection_thumbnail"),
]
