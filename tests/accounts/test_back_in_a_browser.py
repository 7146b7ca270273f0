"""Back after the logout, in a Chromium that keeps whole pages in its memory (bfcache).

Playwright switches that memory off; people's browsers have it on, and Chromium keeps pages there
that say `no-store`, until a cookie changes.
"""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from tests.browser import log_in, wait_until
from tests.factories import make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN = "/accounts/login/"
RESTORED = "window.isRestored === true"
ASKED_ANEW = "window.isRestored === false"


@pytest.fixture(scope="module")
def remembering(launch):
    """A browser that keeps whole pages, as people's browsers do."""
    chromium = launch(ignore_default_args=["--disable-back-forward-cache"])
    yield chromium
    chromium.close()


@pytest.fixture
def page(remembering, live_server):
    context = remembering.new_context(base_url=live_server.url, locale="zh-CN")
    context.set_default_timeout(15_000)
    context.add_init_script("addEventListener('pageshow', (e) => { isRestored = e.persisted; })")
    yield context.new_page()
    context.close()


def go_back(page):
    # A page from the browser's memory is never loaded: it has been.
    page.go_back(wait_until="commit")


def assert_login(page, address, number):
    """Instead of the page at `address` there is the login, and the number nowhere."""
    wait_until(page, f"location.pathname + location.search === '{LOGIN}?next={address}'")
    wait_until(page, ASKED_ANEW)
    assert number not in page.content()


def log_out(page):
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.locator(".topbar").get_by_role("link", name="登录", exact=True).wait_for()


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


@pytest.fixture
def private(draft):
    """Where the numbers stand in full: the field's name, its value, the page's address."""
    return [
        (name, getattr(draft, name), reverse("applications:section", args=[draft.pk, section]))
        for name, section in (("lead_id_number", "lead"), ("bank_account", "unit"))
    ]


def test_this_browser_does_keep_pages(page):
    """Without this the tests below would prove nothing."""
    page.goto(reverse("publicity"))
    page.goto(reverse("privacy"))
    go_back(page)
    wait_until(page, RESTORED)


def test_back_shows_nothing_after_the_logout(page, people, private):
    log_in(page, people.applicant)
    for name, number, address in private:
        page.goto(address)
        assert page.input_value(f"#id_{name}") == number
    log_out(page)
    for _, number, address in reversed(private):
        go_back(page)
        assert_login(page, address, number)


def test_nor_after_a_logout_in_another_window(page, people, private):
    log_in(page, people.applicant)
    (name, number, address) = private[0]
    page.goto(address)
    assert page.input_value(f"#id_{name}") == number
    page.goto(reverse("privacy"))
    other = page.context.new_page()
    other.goto(reverse("home"))
    log_out(other)
    go_back(page)
    assert_login(page, address, number)


def test_nor_after_the_session_has_ended_by_itself(page, people, private):
    log_in(page, people.applicant)
    (name, number, address) = private[0]
    page.goto(address)
    assert page.input_value(f"#id_{name}") == number
    Session.objects.all().delete()
    page.goto(reverse("applications:mine"))
    assert_login(page, reverse("applications:mine"), number)
    go_back(page)
    assert_login(page, address, number)


def test_back_shows_what_is_stored_not_what_was_shown(page, people, draft, private):
    """A page that comes back while its reader is logged in saves what is typed as before."""
    log_in(page, people.applicant)
    page.goto(private[1][2])
    page.goto(reverse("privacy"))
    go_back(page)
    wait_until(page, "'isRestored' in window")
    page.fill("#id_principal", "后退某")
    page.locator("[data-save-state]", has_text="已保存").wait_for()
    draft.refresh_from_db()
    assert draft.principal == "后退某"
