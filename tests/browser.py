"""What browser tests share: logging in without the login page, and the check by axe-core."""

from pathlib import Path

from django.conf import settings
from django.test import Client

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
