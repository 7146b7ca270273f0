"""What browser tests share: logging in without the login page, and the check by axe-core."""

import time
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import Error

AXE = Path(settings.BASE_DIR, "node_modules/axe-core/axe.min.js")


def log_in(page, user):
    """Give the page's browser a session of `user`."""
    client = Client()
    client.force_login(user)
    if not page.url.startswith("http"):
        page.goto("/")
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": page.evaluate("location.origin"),
                "httpOnly": True,
            }
        ]
    )


def wait_until(page, expression):
    """Wait until a JavaScript expression holds on the page.

    `page.wait_for_function` cannot: it evaluates text inside the page, which the policy forbids.
    """
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            if page.evaluate(expression):
                return
        except Error:
            pass  # the page is on its way to another
        page.wait_for_timeout(50)
    raise AssertionError(f"never true on {page.url}: {expression}")


def assert_accessible(page):
    """Let axe-core look at the page as it stands; fails with every rule that it breaks, and where.

    All of axe's rules are asked, those of WCAG 2.2 AA and its best practices alike.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    sentences = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n    "
        + "\n    ".join(node["html"] for node in rule["nodes"])
        for rule in found
    ]
    assert not sentences, f"{page.url}\n" + "\n".join(sentences)
