"""The search inside the material of one application, for the pages that have its box."""

from django.conf import settings
from django.urls import reverse

from accounts.roles import Role
from applications.recognition.material_search import (
    ACROSS,
    MOST_HITS,
    TOO_SHORT,
    hits_in,
    words_asked,
)
from applications.recognition.texts import texts_of


def search_context(user, application, asked):
    """Return the context of `_search.html`: what is found of `asked` in an application's material.

    {} where nothing of it was read, and for experts.
    """
    if not settings.OCR or user.role == Role.EXPERT:
        return {}
    texts = texts_of(application.current_evidence())
    if not any(text.pages_done for text in texts):
        return {}
    return {
        "find": {
            "asked": asked,
            "hits": hits_in(user, application, asked),
            "problem": problem_of(asked),
            "most": MOST_HITS,
            "across": reverse("review:material") if user.role in ACROSS else "",
            "unread": sum(text.pages - text.pages_done for text in texts),
        }
    }


def problem_of(asked):
    """Return why nothing is looked for, or ""."""
    return TOO_SHORT if asked and not words_asked(asked) else ""
