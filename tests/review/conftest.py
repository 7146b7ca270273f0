"""Fixtures of the reviewers' pages."""

import pytest
from django.core.signals import request_started

from accounts import prepared
from accounts.roles import Role
from applications.models import Application
from tests.factories import make_people, make_round


@pytest.fixture
def round_():
    return make_round()


@pytest.fixture
def people(round_):
    """One user of each role, and a panel of five experts."""
    return make_people(round_, experts=5)


@pytest.fixture
def log_in(client, people):
    """A function that logs the client in as the user with a role, and returns the client."""

    def log_in(role):
        user = people.of(role) if role in Role.values else role
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def applications_loaded(monkeypatch):
    """A list that grows by every application read from the database."""
    loaded = []
    original = Application.from_db.__func__
    read = prepared.Statement.record

    def from_db(cls, *args):
        application = original(cls, *args)
        loaded.append(application)
        return application

    def record(statement, model, row):
        made = read(statement, model, row)
        if isinstance(made, Application):
            loaded.append(made)
        return made

    monkeypatch.setattr(Application, "from_db", classmethod(from_db))
    monkeypatch.setattr(prepared.Statement, "record", record)
    return loaded


@pytest.fixture
def files_asked():
    """The addresses of files that the server was asked for, in order."""
    asked = []

    def note(environ, **kwargs):
        path = environ["PATH_INFO"]
        if path.startswith(("/evidence/", "/documents/")):
            asked.append(path)

    request_started.connect(note)
    yield asked
    request_started.disconnect(note)
