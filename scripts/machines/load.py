"""People who type and upload while machines fail, and the count of what became of it."""

import hashlib
import io
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import requests
from PIL import Image

from scripts.bench.client import FormReader

PEOPLE = 12
# Seconds between what somebody does, and before something that failed is tried again, as the
# portal's scripts do.
PAUSE, AGAIN = 0.7, 1.0
# Nobody waits for longer than this.
PATIENCE = 60
UPLOAD_EVERY = 5


@dataclass
class Count:
    """What one phase came to: answers by status, seconds of requests and of whole actions."""

    requests: int = 0
    answered: int = 0
    failed: int = 0  # 5xx
    unanswered: int = 0
    refused: list = field(default_factory=list)
    again: int = 0
    longest_request: float = 0
    longest_action: float = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Applicant:
    """Types into one field of a draft, value after value, and uploads a file now and then."""

    def __init__(self, number, visitor, draft):
        self.number, self.visitor, self.draft = number, visitor, draft
        self.chance = random.Random(number)  # nosec B311 - what is uploaded
        self.sent, self.acknowledged = [], None
        self.uploads = {}

    def act(self, count, until):
        turn = 0
        while time.monotonic() < until:
            turn += 1
            began = time.monotonic()
            if turn % UPLOAD_EVERY == 0:
                self.upload(count)
            else:
                self.type(count)
            with count.lock:
                count.longest_action = max(count.longest_action, time.monotonic() - began)
            time.sleep(PAUSE)

    def type(self, count):
        from django.urls import reverse

        url = reverse("applications:section", args=[self.draft.pk, "lead"])
        value = f"班长{len(self.sent)}"
        self.sent.append(value)

        def save():
            page = self._try(count, lambda: self.visitor.request("GET", url, PATIENCE))
            if page is None or page.status_code != 200:
                return page
            reader = FormReader()
            reader.feed(page.text)
            typed = {**dict(max(reader.forms, key=len)), "lead_post": value}
            headers = {"X-Requested-With": "autosave"}
            return self._try(
                count,
                lambda: self.visitor.request("POST", url, PATIENCE, data=typed, headers=headers),
            )

        answer = self._until_it_works(count, save)
        if answer.status_code != 200 or "saved" not in answer.json():
            count.refused.append((answer.status_code, answer.text[:300]))
        else:
            self.acknowledged = value

    def upload(self, count):
        from django.urls import reverse

        url = reverse("applications:evidence_upload", args=[self.draft.pk, "OTHER"])
        name = f"材料{self.number}-{len(self.uploads)}.jpg"
        photograph = io.BytesIO()
        size = self.chance.randrange(600, 1400), 800
        Image.effect_noise(size, 80).save(photograph, "JPEG")
        content = photograph.getvalue()

        def send():
            files = [("files", (name, io.BytesIO(content), "image/jpeg"))]
            headers = {"Accept": "application/json"}
            return self._try(
                count,
                lambda: self.visitor.request("POST", url, PATIENCE, files=files, headers=headers),
            )

        answer = self._until_it_works(count, send)
        if answer.status_code != 200 or answer.json()["errors"]:
            count.refused.append((answer.status_code, answer.text[:300]))
        else:
            self.uploads[name] = hashlib.sha256(content).hexdigest()

    def _until_it_works(self, count, action):
        while (answer := action()) is None:
            with count.lock:
                count.again += 1
            time.sleep(AGAIN)
        return answer

    def _try(self, count, send):
        """Send once; None where a person would try again."""
        began = time.monotonic()
        answer = None
        with suppress(requests.RequestException):
            answer = send()
        with count.lock:
            count.requests += 1
            count.longest_request = max(count.longest_request, time.monotonic() - began)
            if answer is None:
                count.unanswered += 1
            elif answer.status_code >= 500:
                count.failed += 1
            else:
                count.answered += 1
        if answer is None or answer.status_code >= 500:
            return None
        # A bucket that is away: the portal says so, and asks to send it again.
        if "没有保存成功" in answer.text:
            return None
        return answer


def work(people, seconds, fault=lambda: None):
    """Let them work for so long, `fault` going on beside it; return the `Count`."""
    count, until = Count(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=person.act, args=(count, until), daemon=True) for person in people
    ]
    for thread in threads:
        thread.start()
    fault()
    for thread in threads:
        thread.join(seconds + 3 * PATIENCE)
        if thread.is_alive():
            raise SystemExit("somebody still waits for an answer")
    return count


def lost(people, open_object):
    """Compare all that was acknowledged with what is stored; return what is not there."""
    from applications.models import Application, Evidence

    missing = []
    for person in people:
        stored = Application.objects.get(pk=person.draft.pk).lead_post
        # What was sent after it may have been stored although no answer came.
        later = person.sent[person.sent.index(person.acknowledged) :] if person.acknowledged else []
        if person.acknowledged and stored not in later:
            missing.append((person.number, person.acknowledged, stored))
        for name, digest in person.uploads.items():
            rows = Evidence.objects.filter(application=person.draft.pk, sha256=digest)
            stored = {hashlib.sha256(open_object(row.file.name)).hexdigest() for row in rows}
            if digest not in stored:
                missing.append((person.number, name, len(rows)))
    return missing
