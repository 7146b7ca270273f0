#!/usr/bin/env bash
# Apprise 2.3.0: names of its own in the extra fields of json:// ("?:name=value").
#
# Guess: ":message=message" asks for the name that the text has anyway, and changes nothing; ":type=1"
# adds or sets a field, as ":colour=1" does.
# Behaviour: what is named like one of its own fields (version, title, message, attachments, type) is
# renamed, to the value. To its own name: the field is deleted, the request goes out without the
# text, and notify() says that it was sent. ":type=1" sends a field "1" with the value "info".
#
# Output seen: asked nothing: message. :message=content: content. :message=message: nothing, sent
#              True. :type=1: 1=info. :colour=1: colour=1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: apprise==2.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import apprise

got = []


class Taking(BaseHTTPRequestHandler):
    """Takes everything, and keeps it."""

    def do_POST(self):
        got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
threading.Thread(target=server.serve_forever, daemon=True).start()


def send(query):
    """Send a text by json:// with these extra fields; return what arrived, and what Apprise said."""
    target = apprise.Apprise()
    target.add(f"json://127.0.0.1:{server.server_port}/hook?redirect=no&{query}")
    sent = bool(target.notify(body="text"))
    return got[-1], sent


def name_of_text(fields):
    return next((name for name, value in fields.items() if value == "text"), "nothing")


plain, _ = send("")
renamed, _ = send(":message=content")
same, sent = send(":message=message")
typed, _ = send(":type=1")
extra, _ = send(":colour=1")
told = [
    f"asked nothing: {name_of_text(plain)}",
    f":message=content: {name_of_text(renamed)}",
    f":message=message: {name_of_text(same)}, sent {sent}",
    f":type=1: 1={typed.get('1')}",
    f":colour=1: colour={extra.get('colour')}",
]
print(". ".join(told))
expected = [
    "asked nothing: message",
    ":message=content: content",
    ":message=message: nothing, sent True",
    ":type=1: 1=info",
    ":colour=1: colour=1",
]
assert told == expected, "the behaviour has changed"
server.shutdown()
PYTHON
