"""资格审查: the panel that will score an application."""

from django.urls import path

from review.qualification import views

urlpatterns = [
    path("<int:pk>/panel/", views.assign, name="assign"),
]
