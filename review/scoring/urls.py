"""The experts' desks and sheets, the leader's board, the round's ranking."""

from django.urls import path

from review.scoring import board_views, desk_views, views

urlpatterns = [
    path("desks/", desk_views.desks, name="desks"),
    path("desks/<int:pk>/", desk_views.panel_desk, name="panel_desk"),
    path("<int:pk>/score/", views.score, name="score"),
    path("<int:pk>/recusal/", desk_views.recusal, name="recusal"),
    path("sheets/<int:pk>/reopen/", views.reopen, name="reopen"),
    path("panels/<int:pk>/board/", board_views.panel_board, name="panel_board"),
    path("panels/<int:pk>/remind/", board_views.panel_remind, name="panel_remind"),
    path("rounds/<int:round_pk>/ranking/", board_views.ranking, name="ranking"),
]
