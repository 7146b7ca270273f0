"""Files that reviewers added to the record."""

from django.urls import path

from review.shared import attachment_views

urlpatterns = [
    path("attachments/<int:pk>/", attachment_views.attachment, name="attachment"),
    path(
        "attachments/<int:pk>/original/",
        attachment_views.attachment_original,
        name="attachment_original",
    ),
]
