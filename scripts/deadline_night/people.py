"""Who is there on the night: applicants who type, upload, print and submit; clerks who look.

Each is a thread with a connection of its own, kept open as a browser keeps it. What gets no answer
is asked again after the pauses of static/js/autosave.js.
"""

import contextlib
import http.client
import json
import random
import re
import secrets
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from accounts.roles import Role
from scripts.bench.client import CSRF, FormReader
from scripts.deadline_night.prepare import SIZES

RETRIES = (2, 4, 8, 15, 30)  # seconds, as autosave.js has them
TYPING = 2.0  # seconds from one save to the next
PATIENCE = 130
CLOSED_CONNECTION = (http.client.HTTPException, OSError)
# What nginx says itself when the web server has gone away with the request.
GONE = (502, 504)


@dataclass
class Record:
    """What happened, collected by all threads."""

    # (kind, when it was sent, seconds, status); times are of time.time().
    answers: list = field(default_factory=list)
    died: list = field(default_factory=list)  # (kind, when): no answer came, or the proxy's own
    faults: list = field(default_factory=list)  # sentences: each is one too many
    saved: dict = field(default_factory=dict)  # key of an application: the text acknowledged last
    uploads: dict = field(default_factory=dict)  # SHA-256: key of the application
    pressed: list = field(default_factory=list)  # (application, planned, sent, was accepted)


class Browser:
    """One person's browser. `place` tells where the portal is: port, TLS, what may fail."""

    numbers = iter(range(1, 60_000))
    lock = threading.Lock()

    def __init__(self, place, record, session):
        with self.lock:
            number = next(self.numbers)
        self.place, self.record = place, record
        self.address = f"127.77.{number // 250}.{number % 250 + 1}"
        self.cookie = f"sessionid={session}; csrftoken={CSRF}"
        self.connection = None

    def _send(self, method, url, body, headers):
        if self.connection is None:
            self.connection = self.place.connect((self.address, 0), PATIENCE)
        sent = {
            "Host": self.place.host,
            "Referer": self.place.referer,
            "Cookie": self.cookie,
            "Accept-Language": "zh-CN",
            "X-CSRFToken": CSRF,
            **({} if self.place.keeps_alive else {"Connection": "close"}),
            **headers,
        }
        self.connection.request(method, url, body, sent)
        response = self.connection.getresponse()
        content = response.read()
        if not self.place.keeps_alive:
            self.close()
        return response, content

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, kind, url, body=None, headers=None):
        """Ask until there is an answer; return (response, content, whether one was lost before)."""
        was_lost = False
        for pause in (*RETRIES, None):
            began = time.time()
            try:
                response, content = self._send(
                    "GET" if body is None else "POST", url, body, headers or {}
                )
            except CLOSED_CONNECTION as error:
                self.close()
                lost = repr(error)
            else:
                if response.status not in GONE or not self.place.may_die:
                    break
                lost = f"the proxy answers {response.status}"
            self.record.died.append((kind, began, lost))
            was_lost = True
            if pause is None:
                self.record.faults.append(f"{kind}: no answer after all tries: {lost}")
                raise Stuck
            time.sleep(pause)
        self.record.answers.append((kind, began, time.time() - began, response.status))
        if response.status >= 500:
            self.record.faults.append(f"{kind} {url} answers {response.status}")
        return response, content, was_lost

    def file(self, kind, url):
        """Return the bytes of a page or file, which has to be there."""
        response, content, _ = self.ask(kind, url)
        while response.status == 202 and "Refresh" in response.headers:
            time.sleep(int(response.headers["Refresh"]))
            response, content, _ = self.ask(kind, url)
        if response.status != 200:
            self.record.faults.append(f"{kind} {url} answers {response.status}")
            raise Stuck
        return content

    def page(self, kind, url):
        return self.file(kind, url).decode()


class Stuck(Exception):
    """Somebody cannot go on; it is among the faults already."""


def multipart(fields, files=()):
    """Return (body, headers) of a form.

    `fields` are pairs of name and text, `files` are (name, file name, MIME type, bytes).
    """
    edge = secrets.token_hex(16)
    parts = []
    for name, value in fields:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += [head.encode(), value.encode(), b"\r\n"]
    for name, filename, kind, data in files:
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        parts += [head.encode(), data, b"\r\n"]
    parts.append(f"--{edge}--\r\n".encode())
    return b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={edge}"}


def form_of(page, name):
    """Return as a dict what a browser would send of the page's form that has this field."""
    reader = FormReader()
    reader.feed(page)
    return next(dict(form) for form in reader.forms if any(each == name for each, _ in form))


class Applicant:
    """Types until the print, uploads meanwhile, stamps, and presses 提交 at the planned moment."""

    def __init__(self, browser, desk, scans, submit_at, length):
        """`length` is that of the whole night in seconds; times are of time.time()."""
        self.browser, self.record, self.scans = browser, browser.record, scans
        self.pk, self.submit_at, self.length = desk.application, submit_at, length
        self.random = random.Random(self.pk)  # nosec B311 - the same night every time
        self.papers = self.random.sample(("HONOUR", "PHOTOS", "OTHER"), 2)

    def run(self):
        with contextlib.suppress(Stuck):
            time.sleep(self.random.uniform(0, TYPING))
            self.open_section()
            print_at = self.submit_at - self.random.uniform(0.1, 0.2) * self.length
            began = time.time()
            for part, category in enumerate((*self.papers, None), start=1):
                self.type_until(began + (print_at - began) * part / 3)
                if category:
                    self.upload(category)
            self.print()
            while (left := self.submit_at - time.time()) > 0:
                time.sleep(min(left, 0.5))
            self.submit()
        self.browser.close()

    # --- Typing ---

    def open_section(self):
        self.url = f"/applications/{self.pk}/edit/achievements/"
        self.form = form_of(self.browser.page("section", self.url), "loaded")
        self.text = self.form["achievements"].replace("\r\n", "\n")
        self.loaded = json.loads(self.form["loaded"])
        self.count = 0

    def type_until(self, end):
        while (began := time.time()) < end:
            self.save()
            time.sleep(max(0.0, began + TYPING - time.time()))

    def save(self):
        self.count += 1
        typed = f"{self.text[:1400]}第{self.count}次补充。"
        fields = {**self.form, "achievements": typed, "loaded": json.dumps(self.loaded)}
        body, headers = multipart([*fields.items(), ("touched", "achievements")])
        headers |= {"X-Requested-With": "autosave", "Accept": "application/json"}
        response, content, _ = self.browser.ask("save", self.url, body, headers)
        answer = json.loads(content) if response.status == 200 else {}
        if "saved" not in answer or answer["notes"].get("achievements"):
            self.record.faults.append(f"save of {self.pk}: {response.status} {content[:300]!r}")
            raise Stuck
        self.loaded |= answer["loaded"]
        self.record.saved[self.pk] = typed

    # --- Files ---

    def upload(self, category, scan=None, query="", size=None):
        size = size or self.random.choice(SIZES)
        draw = self.scans.pdf if self.random.random() < 0.4 else self.scans.jpeg
        name, kind, data, digest = scan or draw(size)
        url = f"/applications/{self.pk}/evidence/{category}/{query}"
        body, headers = multipart([("csrfmiddlewaretoken", CSRF)], [("files", name, kind, data)])
        headers |= {"Accept": "application/json"}
        for pause in (*RETRIES, None):
            response, content, was_lost = self.browser.ask("upload", url, body, headers)
            errors = json.loads(content)["errors"] if response.status == 200 else [response.status]
            # What was lost may have arrived all the same.
            if not errors or (was_lost and "已经上传过" in str(errors)):
                self.record.uploads[digest] = self.pk
                return
            if "稍后" not in str(errors) or pause is None:
                self.record.faults.append(f"upload of {self.pk}: {errors}")
                raise Stuck
            self.record.died.append(("upload", time.time(), str(errors)))
            time.sleep(pause)

    def print(self):
        stamp = f"/applications/{self.pk}/edit/stamp/"
        form = form_of(self.browser.page("stamp page", stamp), "signatory")
        body = urllib.parse.urlencode(form)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"/documents/annex2/{self.pk}/print/"
        response, content, _ = self.browser.ask("print", url, body, headers)
        if response.status != 302:
            self.record.faults.append(f"print of {self.pk}: {response.status} {words(content)}")
            raise Stuck
        page = self.browser.page("stamp page", stamp)
        printed = re.search(r"/documents/annex2/print/(\d+)\.pdf", page)
        if not self.browser.file("paper", printed[0]).startswith(b"%PDF"):
            self.record.faults.append(f"paper of {self.pk} is no PDF")
        self.upload("STAMPED", query=f"?print={printed[1]}", size=self.random.choice((0.5, 1)))

    # --- Submitting ---

    def submit(self):
        url = f"/applications/{self.pk}/submit/"
        form = form_of(self.browser.page("submit page", url), "revision")
        body = urllib.parse.urlencode({**form, "truth_declared": "on"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        while (left := self.submit_at - time.time()) > 0:
            time.sleep(left)
        pressed = time.time()
        response, content, was_lost = self.browser.ask("submit", url, body, headers)
        receipt = f"/applications/{self.pk}/receipt/"
        accepted = response.status == 302 and response.headers["Location"] == receipt
        if was_lost and not accepted:
            accepted = self.browser.ask("receipt", receipt)[0].status == 200
        if not accepted and "逾期申报无效" not in content.decode():
            self.record.faults.append(f"submit of {self.pk}: {response.status} {words(content)}")
        self.record.pressed.append((self.pk, self.submit_at, pressed, accepted))
        if accepted:
            self.browser.page("receipt", receipt)


def words(content):
    """Return the last words of a page, without its marks."""
    return re.sub(r"<[^>]+>|\s+", " ", content.decode(errors="replace"))[-600:]


class Clerk:
    """Looks at lists and applications, and asks for an export now and then, until the end."""

    THINKS = 3  # seconds

    def __init__(self, browser, desk, until, exports_every):
        self.browser, self.until, self.exports_every = browser, until, exports_every
        self.random = random.Random(desk.user.pk)  # nosec B311
        own = "/review/lists/" if desk.user.role == Role.RECOMMENDER else "/review/lists/reported/"
        self.pages = ("/", "/review/", own)

    def run(self):
        known, exported_at = [], time.time()
        with contextlib.suppress(Stuck):
            while time.time() < self.until:
                time.sleep(self.random.uniform(0.5, 1.5) * self.THINKS)
                if known and self.random.random() < 0.5:
                    self.browser.page("application page", self.random.choice(known))
                elif self.exports_every and time.time() - exported_at > self.exports_every:
                    exported_at = time.time()
                    body = f"csrfmiddlewaretoken={CSRF}"
                    headers = {"Content-Type": "application/x-www-form-urlencoded"}
                    self.browser.ask("export", "/documents/exports/", body, headers)
                else:
                    page = self.browser.page("list", self.random.choice(self.pages))
                    known = re.findall(r'href="(/review/\d+/)"', page) or known
        self.browser.close()
