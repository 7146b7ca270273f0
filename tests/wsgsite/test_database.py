"""The connection to PostgreSQL on another machine, which may go without a word."""

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is on the own machine"),
]


def test_nobody_waits_long_for_a_database_machine_that_has_gone():
    connection.ensure_connection()
    asked = connection.connection.info.dsn_parameters
    assert asked["connect_timeout"] == "5"
    assert asked["tcp_user_timeout"] == "10000"
    assert (asked["keepalives_idle"], asked["keepalives_interval"]) == ("5", "2")


def test_what_a_web_machine_that_has_gone_had_locked_is_soon_free():
    with connection.cursor() as cursor:
        cursor.execute("SHOW tcp_keepalives_idle")
        assert cursor.fetchone() == ("5",)
        cursor.execute("SHOW tcp_keepalives_count")
        assert cursor.fetchone() == ("3",)
