"""The people of a whole round, each at an address of their own, over HTTPS through nginx."""

import re
import secrets
import string
import threading
from pathlib import Path

import requests
from django.core.files.base import File
from requests.adapters import HTTPAdapter

from scripts.whole_round.steps import Refused, WholeRound

ALPHABET = string.ascii_letters + string.digits


class From(HTTPAdapter):
    """Sends from one address: every visitor has another."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


class Visitor:
    """Somebody's browser, with the calls of Django's test client that the round uses."""

    _numbers = iter(range(1, 60_000))
    _lock = threading.Lock()

    def __init__(self, machine, inside=None):
        """`inside` is Django's test client of the same person: its session, and its contexts."""
        with self._lock:
            number = next(self._numbers)
        self.machine, self.inside = machine, inside
        self.session = requests.Session()
        self.session.verify = str(machine.certificate)
        self.session.trust_env = False
        self.session.mount("https://", From(machine.visitor_address(number)))
        # A browser has this one from the first form that it saw.
        self.cookies = {"csrftoken": "".join(secrets.choice(ALPHABET) for _ in range(32))}
        if inside is not None:
            self.cookies["sessionid"] = inside.cookies["sessionid"].value

    def request(self, method, url, timeout=150, **options):
        """Send with the browser's cookies; return the answer, whatever it is."""
        headers = {
            # The port is the rehearsal's; a portal stands at 443.
            "Referer": f"https://{self.machine.host}/",
            "X-CSRFToken": self.cookies["csrftoken"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **options.pop("headers", {}),
        }
        response = self.session.request(
            method,
            self.machine.address + url,
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
            **options,
        )
        self.cookies |= dict(response.cookies)
        self.session.cookies.clear()
        return response

    def _send(self, method, url, **options):
        response = self.request(method, url, **options)
        self.machine.watch()
        if response.status_code >= 500:
            raise Refused(f"{method} {url} answers {response.status_code}:\n{response.text[:2000]}")
        return response

    def post(self, url, data=None, headers=None):
        """Post a form, with its files."""
        fields, files = {}, []
        for name, value in (data or {}).items():
            many = value if isinstance(value, list) else [value]
            if all(isinstance(each, File) for each in many):
                for each in many:
                    each.seek(0)
                    files.append((name, (each.name, each.read(), each.content_type)))
            else:
                fields[name] = value
        return self._send("POST", url, data=fields, files=files or None, headers=headers or {})

    def get(self, url):
        """Get a page through nginx; `context` is what its template was drawn from."""
        response = self._send("GET", url)
        if self.inside is not None and response.headers["Content-Type"].startswith("text/html"):
            response.context = self.inside.get(url, secure=True).context
        return response

    def file(self, url):
        """Get a file, by its signed link where the portal leads to one; return (bytes, by link)."""
        response = self._send("GET", url)
        if response.status_code == 200:
            return response.content, False
        if response.status_code != 302 or "X-Amz-Signature=" not in response.headers["Location"]:
            raise Refused(f"{url} answers {response.status_code}")
        linked = requests.get(response.headers["Location"], timeout=60)
        linked.raise_for_status()
        return linked.content, True


class OverHttps(WholeRound):
    """The whole round as `make whole-round` has it, sent over the network."""

    def __init__(self, number, machine):
        super().__init__(number)
        self.machine = machine

    def client(self, user):
        known = self.clients.get(user.pk)
        if not isinstance(known, Visitor):
            # Logged in without a password: what a login takes is seen apart from this.
            known = self.clients[user.pk] = Visitor(self.machine, super().client(user))
        return known

    def anybody(self):
        return Visitor(self.machine)

    def register(self):
        """One unit registers, confirms its address by the mailed link, and logs in by its form."""
        from accounts.models import User
        from tests import factories as made

        somebody, password = Visitor(self.machine), "Forging-Iron-2026"
        typed = {
            "name": "虚构龙鳞精密铸造有限公司",
            "uscc": made.credit_code(),
            "nature": "PRIVATE",
            "host_kind": "ENTERPRISE",
            "recommending_unit": self.units[0].pk,
            "address": "武汉市虚构大道8号",
            "contact_name": "联系某",
            "contact_mobile": "13800000000",
            "email": "clerk@example.invalid",
            "password1": password,
            "password2": password,
        }
        self._took(somebody.post("/accounts/signup/", typed), "the registration")
        mails = sorted(Path(self.machine.environment["VAR_DIR"], "mail").iterdir())
        links = re.findall(
            rf"https://{self.machine.host}(/accounts/confirm-email/\S+/)", mails[-1].read_text()
        )
        self._took(somebody.post(links[-1]), "the confirmation")
        login = {"login": "clerk@example.invalid", "password": password}
        self._took(somebody.post("/accounts/login/", login), "the login")
        if "sessionid" not in somebody.cookies:
            raise Refused("the login gave no session")
        applicant = User.objects.get(email="clerk@example.invalid")
        somebody.inside = super().client(applicant)
        self.clients[applicant.pk] = somebody
        self.registered = applicant

    def upload(self):
        """It uploads its papers over HTTPS into the bucket; the worker examines them."""
        from django.urls import reverse

        from applications.rounds import PROOFS
        from tests import factories as made

        draft = made.make_draft(self.round, self.registered)
        somebody = self.client(self.registered)
        for category in PROOFS:
            url = reverse("applications:evidence_upload", args=[draft.pk, category])
            pages = [made.pdf_file(f"{category.label}{n}.pdf", pages=3) for n in range(2)]
            photo = made.image_file(f"{category.label}.jpg", size=(2000, 1500))
            headers = {"Accept": "application/json"}
            answer = somebody.post(url, {"files": [*pages, photo]}, headers=headers)
            if answer.status_code != 200 or answer.json()["errors"]:
                raise Refused(f"an upload is refused: {answer.status_code} {answer.text[:500]}")
        made.stamp(draft, self.registered)
        return 3 * len(PROOFS)

    def _took(self, response, what):
        if response.status_code != 302:
            words = re.sub(r"<[^>]+>|\s+", " ", response.text)
            raise Refused(f"{what} is answered with {response.status_code}: {words[-1500:]}")
