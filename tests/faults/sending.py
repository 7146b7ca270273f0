"""The same form sent twice: by two clicks at once, and by a browser that tries again."""

import os
import re
import threading

from django.db import connection
from django.test import Client


def chosen(cases):
    """All cases on PostgreSQL, where two can really write at once; a third of them on SQLite.

    With FAULTS=all (`make faults`) all of them on both.
    """
    whole = os.environ.get("FAULTS") == "all" or connection.vendor == "postgresql"
    return cases if whole else cases[::3]


# What the second is told: what happened, and to look again.
TOLD = re.compile(
    r"请刷新|已由|没有待上报|没有等待|没有待公示|已经|结果已公布|已不在|不再|不能再"
    r"|已于.*登记同意|已有新的进展"
)


def client_of(user):
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def sent(user, url, data):
    """Send the same twice at once, then again; return the three pages that come, as text."""
    pages = [None, None, None]

    def send(index):
        try:
            client = client_of(user)
            response = client.post(url, data, follow=True)
            assert response.status_code in {200, 409, 422}, (response.status_code, url)
            pages[index] = response.content.decode()
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[index]) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(2)
    return pages


def assert_told(pages):
    """Of the first two one was told, or both found it done; the third was told for certain."""
    assert None not in pages
    assert TOLD.search(messages_of(pages[2])), messages_of(pages[2])
    done = [page for page in pages if not TOLD.search(messages_of(page))]
    assert len(done) == 1, [messages_of(page) for page in pages]


def messages_of(page):
    """What the page tells: its messages, and what its forms were refused for."""
    part = r'(?s)class="(?:message |error-summary|decision__refused).*?</(?:p|div)>'
    return " ".join(re.findall(part, page))
