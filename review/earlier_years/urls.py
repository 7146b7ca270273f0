"""Lists of earlier years."""

from django.urls import path

from review.earlier_years import views

urlpatterns = [
    path("earlier/", views.earlier_lists, name="earlier_lists"),
    path("earlier/import/", views.earlier_import, name="earlier_import"),
    path("earlier/files/<int:pk>/", views.earlier_file, name="earlier_file"),
    path("earlier/<int:pk>/", views.earlier_list, name="earlier_list"),
    path("earlier/<int:pk>/remove/", views.earlier_list_remove, name="earlier_list_remove"),
    path("earlier/projects/<int:pk>/", views.earlier_project, name="earlier_project"),
]
