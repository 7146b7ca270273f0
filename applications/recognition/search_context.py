"""The search inside the material of one application, for the pages that have its box."""

from django.urls import reverse

from accounts.roles import Role
from applications.files.views import log_opened
from applications.recognition.material_search import (
    ACROSS,
    MOST_HITS,
    TOO_SHORT,
    hits_in,
    words_asked,
)
from applications.recognition.reader import is_on
from applications.recognition.texts import texts_of


def search_context(request, application, asked):
    """Return the context of `_search.html`: what is found of `asked` in an application's material.

    A reviewer's search goes on record.

    {} where nothing of it was read, and for experts.
    """
    user = request.user
    if not is_on() or user.role == Role.EXPERT:
        return {}
    texts = texts_of(application.current_evidence())
    if not any(text.pages_done for text in texts):
        return {}
    hits = hits_in(user, application, asked)
    log_search(request, asked, hits, application.number)
    return {
        "find": {
            "asked": asked,
            "hits": hits,
            "problem": problem_of(asked),
            "most": MOST_HITS,
            "across": reverse("review:material") if user.role in ACROSS else "",
            "unread": sum(text.pages - text.pages_done for text in texts),
        }
    }


def log_search(request, asked, hits, number=""):
    """Put a reviewer's search on record: the files that it shows, by their keys, and no text.

    `number` is the 受理编号 of the application that is searched, "" for all.
    """
    if words_asked(asked):
        files = sorted({hit.file.pk for hit in hits})
        log_opened(request, number, "在材料中查找", files=files)


def problem_of(asked):
    """Return why nothing is looked for, or ""."""
    return TOO_SHORT if asked and not words_asked(asked) else ""
