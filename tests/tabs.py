"""An application's page as a reviewer reads it: one tab, or all of them, one after the other."""

from django.urls import reverse

from review.application_page.tabs import TABS


def tab_of(application, name):
    """Return the address of one tab: detail, record, versions, files, history or messages."""
    return reverse(f"review:{name}", args=[application.pk])


def read_all_tabs(client, application):
    """Return the text of all tabs that whoever is logged in has."""
    answers = [client.get(tab_of(application, tab.name)) for tab in TABS]
    return "".join(answer.text for answer in answers if answer.status_code == 200)
