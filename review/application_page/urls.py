"""One application: its tabs, decisions, timeline and numbers in full."""

from django.urls import path

from review.application_page import reveal_views, tab_views, timeline_views, views

urlpatterns = [
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/decide/<str:transition>/", views.decide, name="decide"),
    path("<int:pk>/qualification/", views.judge_conditions, name="qualification"),
    path("<int:pk>/record/", tab_views.record, name="record"),
    path("<int:pk>/versions/", tab_views.versions, name="versions"),
    path("<int:pk>/files/", tab_views.files, name="files"),
    path("<int:pk>/history/", tab_views.history, name="history"),
    path("<int:pk>/messages/", tab_views.messages, name="messages"),
    path("<int:pk>/numbers/", reveal_views.reveal, name="reveal"),
    path("<int:pk>/timeline/", timeline_views.timeline, name="timeline"),
]
