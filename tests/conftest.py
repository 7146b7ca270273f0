"""Fixtures for every test: Chromium (`launch`, `browser`, `page`). Databases: tests/settings.py."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from allauth.account.signals import user_logged_in as login_completed
from django.apps import apps
from django.contrib.auth import user_logged_in
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.chains import Chained, protect, unprotect
from applications.recognition import comparison
from tests import migrated

CHROMIUM_FLAGS = [
    "--disable-gpu",
    # Without these Chromium calls its maker's servers, which closed networks refuse.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "launch" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_collection_finish(session):
    """Tell scripts/test.sh whether PostgreSQL is needed, and the garbage collector what stays."""
    # Modules and tests are there for good: there is no need to look them over again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    note = os.environ.get("SELECTED_FOR_POSTGRES")
    if note and any(item.get_closest_marker("postgres") for item in session.items):
        Path(note).touch()


@pytest.fixture(autouse=True)
def nobody_has_asked_before():
    """Forget how often the tests before have asked for what may be asked for so often.

    And what was worked out of their rows, whose keys come again.
    """
    cache.clear()
    comparison._kept.clear()


@pytest.fixture(autouse=True)
def just_authenticated():
    """Every login of a test, `force_login` too, counts as made this moment, however time travels.

    Nor does its session run out.

    A test of the question itself gives its module a fixture of this name that does nothing.
    """

    def mark(request, user, **kwargs):
        request.session["account_authentication_methods"] = [{"method": "test", "at": 2**40}]
        request.session["account_authentication_methods_user"] = str(user.pk)
        request.session["seen"] = 2**40

    # Django's comes with `force_login`, allauth's at the end of a login by form.
    for signal in (user_logged_in, login_completed):
        signal.connect(mark)
    yield
    for signal in (user_logged_in, login_completed):
        signal.disconnect(mark)


@pytest.fixture(scope="session")
def copied_migrations(request):
    """Databases are copies of the migrated one; a run with --reuse-db has its own already."""
    if request.config.getvalue("reuse_db"):
        yield
    else:
        with migrated.copied():
            yield


@pytest.fixture(scope="session")
def django_db_setup(copied_migrations, django_db_setup):
    """pytest-django's, on a copy of the migrated database."""


# What `migrate` itself fills; no test changes it.
MADE_BY_MIGRATE = {"django_content_type", "auth_permission"}


@pytest.fixture(autouse=True, scope="session")
def only_filled_tables_are_emptied():
    """Empty, after a test that commits, the tables that have rows, and no others.

    Django's flush goes through every table and then makes its types and permissions anew, which
    takes longer than most of these tests. The triggers of the chains refuse it: they are off
    meanwhile. The one place where they are, and only the owner of the database can do it.
    """
    flush = TransactionTestCase._fixture_teardown
    chained = {
        model._meta.db_table: model for model in apps.get_models() if issubclass(model, Chained)
    }

    def empty(case):
        with transaction.atomic(), connection.cursor() as cursor:
            tables = filled_tables(cursor)
            unprotected = [chained[table] for table in tables if table in chained]
            for model in unprotected:
                unprotect(connection, model)
            for table in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
            # PostgreSQL makes no trigger while foreign keys of these rows wait to be checked.
            connection.check_constraints()
            for model in unprotected:
                protect(connection, model)

    TransactionTestCase._fixture_teardown = empty
    yield
    TransactionTestCase._fixture_teardown = flush


def filled_tables(cursor):
    """Return the names of the tables that have rows, but for those of MADE_BY_MIGRATE."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
            for name in names
            if name not in MADE_BY_MIGRATE
        )
    )
    return [name for (name,) in cursor.fetchall()]


def find_chromium():
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


@pytest.fixture(scope="session")
def launch():
    """What starts Debian's Chromium, with Playwright's options; skips without one, except in CI."""
    executable = find_chromium()
    if executable is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("Chromium is not installed")

    from playwright.sync_api import sync_playwright

    # Playwright's synchronous API keeps an event loop running in this thread, which Django takes
    # for asynchronous code and refuses to query the database from. Nothing here is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        yield lambda **options: playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_FLAGS + sandbox, **options
        )


@pytest.fixture(scope="session")
def browser(launch):
    """Debian's Chromium, one per test process."""
    chromium = launch()
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser, live_server):
    """A page in a context of its own (no cookies), with `live_server` as its base address."""
    context = browser.new_context(
        base_url=live_server.url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1280, "height": 900},
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    refused = []
    context.on("console", lambda message: refused.append(message.text))
    yield context.new_page()
    context.close()
    # Whatever a test was about: no page asks for what the portal's policy forbids.
    refused = [text for text in refused if "Content Security Policy" in text]
    assert not refused, "\n".join(refused)
