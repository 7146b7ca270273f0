"""A connection to SQLite that outlives a request is not used once its file has gone."""

import pytest

from wsgsite.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db  # may ask a database, of its own


@pytest.fixture
def wrapper(tmp_path):
    wrapper = DatabaseWrapper(
        {
            "NAME": tmp_path / "portal.sqlite3",
            "OPTIONS": {},
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "AUTOCOMMIT": True,
            "TIME_ZONE": None,
        }
    )
    wrapper.connect()
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (number INTEGER)")
    yield wrapper
    wrapper.close()


def next_request(wrapper):
    """What Django does between two requests, and then the first question of the second."""
    wrapper.close_if_unusable_or_obsolete()
    with wrapper.cursor() as cursor:
        return cursor.execute("SELECT name FROM sqlite_master").fetchall()


def test_the_next_request_has_the_same_connection(wrapper):
    before = wrapper.connection
    assert next_request(wrapper) == [("kept",)]
    assert wrapper.connection is before


def test_a_file_that_was_moved_aside_is_written_no_more(wrapper):
    path = wrapper.settings_dict["NAME"]
    path.rename(path.with_suffix(".aside"))
    assert next_request(wrapper) == []  # a new file, which the migrations' check will tell of


def test_a_file_that_was_put_in_its_place_is_read(wrapper):
    path = wrapper.settings_dict["NAME"]
    path.rename(path.with_suffix(".aside"))
    path.with_suffix(".aside").rename(path)
    assert next_request(wrapper) == [("kept",)]
    path.with_suffix(".new").write_bytes(b"")
    path.with_suffix(".new").replace(path)
    assert next_request(wrapper) == []
