"""The headers of every answer: pages, files, redirects, static files and errors."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round
from wsgsite.settings import bucket_origin, origins

pytestmark = pytest.mark.django_db


def directives(answer):
    """The policy of an answer: {directive: sources}."""
    parts = (each.split() for each in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def assert_protected(answer):
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    for feature in ("camera", "microphone", "geolocation", "payment", "usb"):
        assert f"{feature}=()" in answer["Permissions-Policy"]
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert policy["frame-ancestors"] in (["'none'"], ["'self'"])
    return policy


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/nothing/", 404), ("/applications/", 302), ("/static/css/site.css", 200),
     ("/static/img/mark.svg", 200), ("/accounts/login/", 200)],
)  # fmt: skip
def test_every_answer_is_protected(path, status):
    answer = Client().get(path)
    assert answer.status_code == status
    policy = assert_protected(answer)
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "X-Frame-Options" not in answer or answer["X-Frame-Options"] == "DENY"
    answer.getvalue()


def test_an_error_is_protected_too(monkeypatch):
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", _fail)
    answer = client.get("/")
    assert answer.status_code == 500
    assert_protected(answer)


def _fail(self, request):
    raise RuntimeError("a fault")


def test_every_file_is_served_as_what_it_is():
    """Every address that answers with a file: its type, not to be guessed at, and who frames it."""
    people = make_people(make_round())
    application = make_application(Stage.AWARDED, people)
    pk, round_pk = application.pk, people.panel.round.pk
    file = application.evidence.get(category="LICENCE")
    addresses = {
        Role.APPLICANT: [
            ("applications:evidence_file", file.pk, True),
            ("documents:annex2", pk, True),
            ("documents:annex2_word", pk, False),
            ("documents:print", application.prints.get().pk, False),
            ("documents:receipt", application.submissions.get().pk, False),
        ],
        Role.OFFICE: [
            ("applications:evidence_file", file.pk, True),
            ("documents:annex1", round_pk, False),
            ("documents:annex1_word", round_pk, False),
            ("documents:score_sheet", pk, False),
            ("documents:panel_summary", people.panel.pk, False),
            ("documents:panel_workbook", people.panel.pk, False),
            ("documents:inspection", pk, False),
            ("documents:timeline", pk, False),
            ("documents:publicity_proof", application.public_notices.get().pk, False),
        ],
        Role.EXPERT: [("documents:marked_evidence", file.pk, True)],
    }
    for role, rows in addresses.items():
        client = Client()
        client.force_login(people.of(role))
        for name, key, is_framed in rows:
            answer = client.get(reverse(name, args=[key]))
            assert answer.status_code == 200, name
            assert not answer["Content-Type"].startswith("text/"), name
            policy = assert_protected(answer)
            assert policy["frame-ancestors"] == (["'self'"] if is_framed else ["'none'"]), name
            assert "no-store" in answer["Cache-Control"], name
            if name.endswith(("evidence_file", "marked_evidence")):
                assert policy["sandbox"] == []
                assert set(policy) == {"default-src", "frame-ancestors", "sandbox"}
            answer.getvalue()


def test_a_bucket_is_named_where_it_is_needed():
    assert bucket_origin({"location": "/srv"}) == []
    assert bucket_origin({"bucket_name": "a", "endpoint_url": "https://s3.example.cn/x"}) == [
        "https://s3.example.cn",
        "https://*.s3.example.cn",
    ]
    assert bucket_origin({"bucket_name": "a", "endpoint_url": None}) == ["https://*.amazonaws.com"]
    assert origins("https://login.example.cn/realm") == ["https://login.example.cn"]
    assert origins("") == []


def test_in_production_cookies_and_transport_are_closed():
    """As the settings are read there, by a process of its own."""
    names = (
        "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
        "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE",
        "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "DEBUG",
    )  # fmt: skip
    found = subprocess.run(
        [
            sys.executable, "-c",
            "import json; from wsgsite import settings as s; "
            f"print(json.dumps([getattr(s, name) for name in {names!r}]))",
        ],
        cwd=settings.BASE_DIR, capture_output=True, check=True, timeout=60,
        env={
            "PATH": os.environ["PATH"], "ENVIRONMENT": "production", "DEBUG": "false",
            "SECRET_KEY": "x" * 60, "ENCRYPTION_KEY": "ab" * 32, "ALLOWED_HOSTS": "a.example.cn",
        },
    )  # fmt: skip
    assert json.loads(found.stdout) == [
        True, True, "Lax", True, True, "Lax", True, 31536000, True, False,
    ]  # fmt: skip
