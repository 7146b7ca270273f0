"""Addresses of the applicant's pages, of evidence, and of the public check of a printed form."""

from django.urls import path

from applications.views import (
    answers,
    editing,
    evidence,
    files,
    messages,
    own_data,
    pages,
    stamp,
    submission,
    versions,
)
from applications.views.copying import copied, copy, copy_sources
from applications.views.rows import paste

app_name = "applications"
urlpatterns = [
    path("applications/", pages.mine, name="mine"),
    path("applications/start/<int:round_pk>/", pages.start, name="start"),
    path("applications/<int:pk>/", pages.overview, name="overview"),
    path("applications/<int:pk>/edit/evidence/", evidence.section, name="evidence_section"),
    path("applications/<int:pk>/edit/stamp/", stamp.section, name="stamp_section"),
    path("applications/<int:pk>/edit/<slug:key>/", editing.section, name="section"),
    path("applications/<int:pk>/evidence/", evidence.examined, name="evidence_examined"),
    path("applications/<int:pk>/evidence/<str:category>/", evidence.upload, name="evidence_upload"),
    path("applications/<int:pk>/paste/<slug:key>/", paste, name="paste"),
    path("applications/<int:pk>/copy/", copy_sources, name="copy_sources"),
    path("applications/<int:pk>/copy/<int:source_pk>/", copy, name="copy"),
    path("applications/<int:pk>/copied/<int:source_pk>/", copied, name="copied"),
    path("applications/<int:pk>/read/", pages.read, name="read"),
    path("applications/<int:pk>/submit/", submission.submit, name="submit"),
    path("applications/<int:pk>/receipt/", submission.receipt, name="receipt"),
    path("applications/<int:pk>/withdraw/", submission.withdraw, name="withdraw"),
    path("applications/<int:pk>/discard/", submission.discard, name="discard"),
    path("applications/<int:pk>/answers/", answers.answers, name="answers"),
    path("applications/<int:pk>/versions/", versions.compare, name="compare"),
    path("evidence/<int:pk>/", files.show, name="evidence_file"),
    path("evidence/<int:pk>/thumbnail/", files.thumbnail, name="evidence_thumbnail"),
    path("evidence/<int:pk>/rename/", evidence.rename, name="evidence_rename"),
    path("evidence/<int:pk>/move/", evidence.move, name="evidence_move"),
    path("evidence/<int:pk>/replace/", evidence.replace, name="evidence_replace"),
    path("evidence/<int:pk>/remove/", evidence.remove, name="evidence_remove"),
    path("my-data/", own_data.my_data, name="my_data"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/read/", messages.read_all, name="messages_read"),
    path("messages/sent/", messages.sent, name="messages_sent"),
    path("messages/<int:pk>/open/", messages.open_message, name="message_open"),
    path("verify/<str:fingerprint>/", submission.verify, name="verify"),
]
