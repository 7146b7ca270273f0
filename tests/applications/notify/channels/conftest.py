"""A webhook of our own: real HTTP on loopback, which an administrator has to allow as internal."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.roles import Role
from applications.notify.channels.models import AllowedHost, Channel, Service
from applications.notify.channels.sending import SENDING
from applications.notify.inbox import Message
from tests.factories import make_applying_unit, make_user


@dataclass
class Request:
    """What a server was asked."""

    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Webhook:
    """A server that answers as the test says, and remembers what it was asked."""

    status: int = 200
    body: str = "{}"
    headers: dict = field(default_factory=dict)
    delay: float = 0
    asked: list = field(default_factory=list)
    port: int = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"


def make_applicant():
    """Save and return an account of a unit of its own."""
    return make_user(Role.APPLICANT, applying_unit=make_applying_unit())


@pytest.fixture
def webhook():
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            hook.asked.append(Request(self.path, dict(self.headers), body))
            time.sleep(hook.delay)
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(hook.body.encode())

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hook
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def no_program_stays():
    yield
    SENDING.end()


@pytest.fixture
def allow(webhook, db):
    """Allow a service with the host of the webhook."""
    administrator = make_user(Role.ADMIN)

    def allow(service, **fields):
        fields = {"host": "127.0.0.1", "port": webhook.port, "is_internal": True, **fields}
        return AllowedHost.objects.create(service=service, allowed_by=administrator, **fields)

    return allow


@pytest.fixture
def channel_of(webhook):
    """Make a channel of a service that leads to the webhook."""

    def channel_of(owner, service=Service.WEBHOOK, **access):
        access = {"url": f"{webhook.url}?key=secret-key-of-the-robot", **access}
        kinds = [kind for kind in Message.Kind.values if kind != Message.Kind.CHANNEL]
        return Channel.objects.create(
            owner=owner, service=service, name="工作群", access=access, kinds=kinds
        )

    return channel_of
