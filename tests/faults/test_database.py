"""The database goes away while people work, and comes back: 503 meanwhile, no restart after."""

import json
import sqlite3
import subprocess
import threading
from collections import Counter

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from tests.factories import make_user
from tests.faults.processes import Postgres, Web, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cookies():
    """A session of the office's, which goes into the copy of the database with all the rest."""
    client = Client()
    client.force_login(make_user(Role.OFFICE))
    return {settings.SESSION_COOKIE_NAME: client.cookies["sessionid"].value}


def assert_told(answer):
    """The page says what happened, under which number, when to come again, and the way back."""
    assert answer.status == 503, answer.text
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["X-Request-ID"] in answer.text
    for part in ("系统暂时不能使用", "此前已保存的内容不受影响", 'href="/"', "83919079"):
        assert part in answer.text


def parts(web):
    answer = web.ask("GET", "/readyz")
    return answer.status, json.loads(answer.text)["parts"]


def test_the_database_goes_and_comes_back(cookies, tmp_path):
    {"sqlite": on_sqlite, "postgresql": on_postgres}[connection.vendor](cookies, tmp_path)


def on_sqlite(cookies, tmp_path):
    path = tmp_path / "copy.sqlite3"
    copy = sqlite3.connect(path, isolation_level=None)
    connection.connection.backup(copy)
    copy.execute("PRAGMA journal_mode=WAL")
    with Web(DATABASE_URL=f"sqlite:///{path}", FAULT_SQLITE_TIMEOUT="1") as web:
        web.cookies = cookies

        def read():
            return web.ask("GET", reverse("applications:messages"))

        def write():
            return web.ask("POST", reverse("applications:messages_read"))

        assert (read().status, write().status) == (200, 302)
        # Locked: what only reads goes on.
        copy.execute("BEGIN EXCLUSIVE")
        assert read().status == 200
        assert_told(write())
        copy.execute("COMMIT")
        assert write().status == 302
        # Gone, as with the disk that it lies on.
        copy.close()
        aside = path.with_suffix(".aside")
        path.rename(aside)
        path.mkdir()
        assert_told(read())
        assert web.ask("GET", "/healthz").status == 200
        status, found = parts(web)
        assert (status, found["storage"]) == (503, "ok")
        assert found["database"].startswith("failing")
        path.rmdir()
        aside.rename(path)
        assert (read().status, write().status) == (200, 302)


def on_postgres(cookies, tmp_path):
    """A server of its own is stopped at once (`pg_ctl -m immediate`) while requests run."""
    with Postgres() as server:
        copy_to(server)
        with Web(workers=2, DATABASE_URL=server.url) as web:
            web.cookies = cookies
            read = lambda: web.ask("GET", reverse("applications:messages"))  # noqa: E731
            before = [read() for _ in range(8)]
            assert {each.status for each in before} == {200}
            processes = children(web)
            stopped, met = threading.Event(), Counter()

            def keep_asking():
                while not stopped.is_set():
                    answer = read()
                    met[answer.status] += 1
                    if answer.status != 200:
                        assert_told(answer)

            askers = [threading.Thread(target=keep_asking) for _ in range(3)]
            for each in askers:
                each.start()
            wait_until(lambda: met[200] > 5, what="work")
            server.stop()
            wait_until(lambda: met[503] > 5, what="503")
            assert parts(web)[1]["database"].startswith("failing")
            assert web.ask("GET", "/healthz").status == 200
            served = met[200]
            server.start()
            wait_until(lambda: met[200] > served + 20, what="its return")
            stopped.set()
            for each in askers:
                each.join()
            assert set(met) == {200, 503}, met
            assert {read().status for _ in range(8)} == {200}
            assert children(web) == processes, "somebody restarted"


def children(web):
    """The keys of the processes that answer."""
    return sorted(each.pid for each in psutil.Process(web.popen.pid).children())


def copy_to(server):
    """Give a server what the tests' database holds."""
    name = connection.settings_dict["NAME"]
    source = connection.get_connection_params()
    address = f"postgres://{source['user']}@{source['host']}:{source['port']}/{name}"
    dump = subprocess.run(
        [server.bin / "pg_dump", "--no-owner", address],
        env={"PGPASSWORD": source["password"]},
        check=True,
        capture_output=True,
    )
    command = [server.bin / "psql", "--quiet", "--set=ON_ERROR_STOP=1", server.url]
    subprocess.run(command, input=dump.stdout, check=True, capture_output=True)
