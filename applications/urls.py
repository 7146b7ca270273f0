"""Addresses of the applicant's pages, of evidence, and of the public check of a printed form."""

from django.urls import path

from applications.files import archive_views, evidence_views
from applications.files import views as file_views
from applications.form.views import answers, editing, pages, proofs, stamp, submission
from applications.form.views.copying import copied, copy, copy_sources
from applications.form.views.rows import paste
from applications.form.views.word import preview, start_from_word, upload, word_taken
from applications.notify import views as message_views
from applications.notify.channels import views as channel_views
from applications.recognition import mark_views, page_views, sorting_views
from applications.recognition import views as recognition_views
from applications.trust import own_data
from applications.versions import views as version_views

app_name = "applications"
urlpatterns = [
    path("applications/", pages.mine, name="mine"),
    path("applications/landing/", pages.landing, name="landing"),
    path("applications/start/<int:round_pk>/", pages.start, name="start"),
    path("applications/<int:pk>/", pages.overview, name="overview"),
    path("applications/<int:pk>/edit/evidence/", evidence_views.section, name="evidence_section"),
    path("applications/<int:pk>/edit/stamp/", stamp.section, name="stamp_section"),
    path("applications/<int:pk>/edit/stamp/check/", stamp.check, name="stamp_check"),
    path("applications/<int:pk>/edit/<slug:key>/", editing.section, name="section"),
    path("applications/<int:pk>/evidence/", evidence_views.examined, name="evidence_examined"),
    path("applications/<int:pk>/reading/", recognition_views.progress, name="reading_progress"),
    path(
        "applications/<int:pk>/evidence/<str:category>/",
        evidence_views.upload,
        name="evidence_upload",
    ),
    path("applications/<int:pk>/awards/proof/", proofs.proof, name="award_proof"),
    path("applications/<int:pk>/awards/proposals/", proofs.proposals, name="award_proposals"),
    path("applications/<int:pk>/sorting/", sorting_views.sorting, name="sorting"),
    path("applications/<int:pk>/sorting/undo/", sorting_views.undo_sorting, name="undo_sorting"),
    path("applications/<int:pk>/paste/<slug:key>/", paste, name="paste"),
    path("applications/<int:pk>/copy/", copy_sources, name="copy_sources"),
    path("applications/<int:pk>/copy/<int:source_pk>/", copy, name="copy"),
    path("applications/<int:pk>/copied/<int:source_pk>/", copied, name="copied"),
    path("applications/start/<int:round_pk>/word/", start_from_word, name="word_start"),
    path("applications/<int:pk>/word/", preview, name="word"),
    path("applications/<int:pk>/word/taken/", word_taken, name="word_taken"),
    path("applications/<int:pk>/word/<slug:kind>/", upload, name="word_upload"),
    path("applications/<int:pk>/read/", pages.read, name="read"),
    path("applications/<int:pk>/submit/", submission.submit, name="submit"),
    path("applications/<int:pk>/receipt/", submission.receipt, name="receipt"),
    path("applications/<int:pk>/withdraw/", submission.withdraw, name="withdraw"),
    path("applications/<int:pk>/discard/", submission.discard, name="discard"),
    path("applications/<int:pk>/answers/", answers.answers, name="answers"),
    path("applications/<int:pk>/versions/", version_views.compare, name="compare"),
    path("applications/<int:pk>/findings/mark/", mark_views.finding_mark, name="finding_mark"),
    path(
        "applications/<int:pk>/archives/<int:archive_pk>/",
        archive_views.archive,
        name="evidence_archive",
    ),
    path("evidence/<int:pk>/", file_views.show, name="evidence_file"),
    path("evidence/<int:pk>/original/", file_views.original, name="evidence_original"),
    path("evidence/<int:pk>/thumbnail/", file_views.thumbnail, name="evidence_thumbnail"),
    path("evidence/<int:pk>/pages/<int:number>/", page_views.page, name="evidence_page"),
    path(
        "evidence/<int:pk>/pages/<int:number>/picture/",
        page_views.picture,
        name="evidence_page_picture",
    ),
    path("evidence/<int:pk>/rename/", evidence_views.rename, name="evidence_rename"),
    path("evidence/<int:pk>/move/", evidence_views.move, name="evidence_move"),
    path("evidence/<int:pk>/category/", evidence_views.recategorise, name="evidence_recategorise"),
    path("evidence/<int:pk>/replace/", evidence_views.replace, name="evidence_replace"),
    path("evidence/<int:pk>/remove/", evidence_views.remove, name="evidence_remove"),
    path("my-data/", own_data.my_data, name="my_data"),
    path("messages/", message_views.inbox, name="messages"),
    path("messages/read/", message_views.read_all, name="messages_read"),
    path("messages/sent/", message_views.sent, name="messages_sent"),
    path("channels/", channel_views.channels, name="channels"),
    path("channels/progress/", channel_views.progress, name="channels_progress"),
    path("channels/new/<str:service>/", channel_views.channel_new, name="channel_new"),
    path("channels/<int:pk>/", channel_views.channel_edit, name="channel_edit"),
    path("channels/<int:pk>/test/", channel_views.channel_test, name="channel_test"),
    path("channels/<int:pk>/pause/", channel_views.channel_pause, name="channel_pause"),
    path("channels/<int:pk>/remove/", channel_views.channel_remove, name="channel_remove"),
    path("accounts-admin/channels/", channel_views.services, name="channel_services"),
    path(
        "accounts-admin/channels/new/<str:service>/",
        channel_views.service_new,
        name="channel_service_new",
    ),
    path(
        "accounts-admin/channels/<int:pk>/",
        channel_views.service_edit,
        name="channel_service_edit",
    ),
    path(
        "accounts-admin/channels/<int:pk>/remove/",
        channel_views.service_remove,
        name="channel_service_remove",
    ),
    path("messages/<int:pk>/open/", message_views.open_message, name="message_open"),
    path("verify/<str:fingerprint>/", submission.verify, name="verify"),
]
