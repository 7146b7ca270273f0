"""What a Sentry server gets of an error: where and what, and nothing about anybody.

The server is one of the test's own, on this machine; the portal is a process of its own.
"""

import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli  # comes with WeasyPrint; with it, Sentry packs in this way
import pytest
from django.conf import settings as django_settings

# A request with a body, cookies, headers, a query and a user, that fails in a view.
SCRIPT = """
import django
django.setup()
from django.test import Client
from django.urls import path
from django.core.management import call_command
from wsgsite import urls
from wsgsite.logs import current_request
call_command("migrate", "sessions", verbosity=0)
def failing(request, token):
    secret_local = "LOCAL-VARIABLE"
    request.POST.get("text")
    raise RuntimeError("of 420102198005120174 and 13800000000 at somebody@example.invalid")
failing.login_required = False
urls.urlpatterns.append(path("failing/<str:token>/", failing))
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "SESSION-COOKIE"
response = client.post(
    "/failing/TOKEN-IN-PATH/?q=QUERY-STRING",
    {"text": "BODY-TEXT"},
    headers={"X-Private": "PRIVATE-HEADER", "Authorization": "Bearer AUTHORIZATION"},
)
print(response.status_code, response["X-Request-ID"])
import sentry_sdk
sentry_sdk.flush(5)
"""


@pytest.fixture
def sentry():
    """A server that takes envelopes; the bodies that it got are in `received`."""

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
            body = unpack[self.headers["Content-Encoding"]](body)
            server.received.append(body.decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *ignored):
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    server.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(tmp_path, dsn):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            "PATH": "/usr/bin:/bin",
            "ENVIRONMENT": "local",
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "VAR_DIR": str(tmp_path),
            "SENTRY_DSN": dsn,
            "NO_PROXY": "127.0.0.1",
        },
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_an_error_is_reported_without_anything_about_anybody(sentry, tmp_path):
    status, number = run(tmp_path, f"http://key@127.0.0.1:{sentry.server_port}/1")
    assert status == "500"
    text = "".join(sentry.received)
    [event] = [found for line in text.splitlines() if (found := json.loads(line)).get("exception")]
    [thrown] = event["exception"]["values"]
    assert thrown["type"] == "RuntimeError"
    assert thrown["value"] == "of [id number] and [mobile number] at [e-mail]"
    assert event["tags"] == {"request_id": number}
    assert event["transaction"] == "/failing/<str:token>/"
    assert event["request"] == {"method": "POST"}
    assert not any("vars" in frame for frame in thrown["stacktrace"]["frames"])
    for private in (
        "BODY-TEXT",
        "SESSION-COOKIE",
        "PRIVATE-HEADER",
        "AUTHORIZATION",
        "QUERY-STRING",
        "TOKEN-IN-PATH",
        "420102198005120174",
        "13800000000",
        "example.invalid",
    ):
        assert private not in text, private


def test_without_an_address_nothing_is_reported(sentry, tmp_path):
    assert run(tmp_path, "")[0] == "500"
    assert sentry.received == []
