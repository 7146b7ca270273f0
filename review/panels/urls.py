"""Panels of experts, the pool, draws, assignment and attendance."""

from django.urls import path

from review.panels import assignment_views, attendance_views, draw_views, experts, views

urlpatterns = [
    path("panels/", views.panels, name="panels"),
    path("panels/<int:pk>/", views.panel, name="panel"),
    path("rounds/<int:round_pk>/panels/new/", views.panel_new, name="panel_new"),
    path("panels/experts/", experts.experts, name="experts"),
    path("panels/experts/<int:pk>/", experts.expert, name="expert"),
    path("panels/draws/<int:pk>/", draw_views.draw, name="draw"),
    path("panels/rounds/<int:round_pk>/draw/", draw_views.draw_new, name="draw_new"),
    path(
        "panels/rounds/<int:round_pk>/assign/", assignment_views.assign_panels, name="assign_panels"
    ),
    path("panels/<int:pk>/attendance/", attendance_views.panel_attendance, name="panel_attendance"),
]
