"""Whatever is typed into a form, or sent as a file: an answer, never an error.

Each form is filled in as its page gives it, and some of its fields with anything. A few examples
in every run; HOSTILE_EXAMPLES=2000 for a long one.
"""

import os
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from applications.models import Evidence
from tests.applications.files.test_evidence import document, picture
from tests.hostile.files import pdf, with_attachment, with_link
from tests.hostile.world import ANONYMOUS, upload_address

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "0"))
COMMON = {
    "deadline": None,
    "database": None,
    "derandomize": not EXAMPLES,
    "phases": [Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}

NASTY = (
    "", " ", "\0", "\r\n", "\ud7ff", "0", "-1", "00", "1e400", "NaN", "Infinity", "1_000", "１２",
    "٣", "9" * 25, "9" * 5000, "-" + "9" * 25, "0.1", "1,5", "0000-00-00", "0001-01-01",
    "9999-12-31", "10000-01-01", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-30", "24:60",
    "on", "true", "null", "[]", "{}", "[" * 5000, '{"a": [1', "__class__", "<script>",
    "' OR 1=1 --", "../../etc/passwd", "=1+1", "\u202e", "\ufeff", "\u0301" * 300, "𠮷" * 200,
    "\uffff", "x" * 20_000,
    "00000000-0000-0000-0000-000000000000", "1 2 3", "1,2,3", "-1 99 x",
)  # fmt: skip
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
values = st.one_of(st.sampled_from(NASTY), text, st.integers().map(str), st.floats().map(str))


class Fields(HTMLParser):
    """The fields of a page's forms with what stands in them."""

    def __init__(self, page):
        super().__init__()
        self.data, self.name = {}, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        each = dict(attributes)
        name = each.get("name")
        if tag == "select":
            self.name = name
        elif tag == "option" and self.name and "selected" in each:
            self.data[self.name] = each.get("value", "")
        elif tag == "textarea" and name:
            self.data[name] = ""
        elif tag in {"input", "button"} and name and each.get("type") != "file":
            is_box = each.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in each or name not in self.data:
                self.data[name] = each.get("value") or "on"

    def handle_endtag(self, tag):
        if tag == "select":
            self.data.setdefault(self.name, "")
            self.name = None


def at(name, *args):
    return lambda world: reverse(name, args=[each(world) for each in args])


def of(name):
    return lambda world: getattr(world, name).pk


def fixed(value):
    return lambda world: value


FORMS = {
    **{
        f"section {key}": (Role.APPLICANT, at("applications:section", of("draft"), fixed(key)))
        for key in ("unit", "lead", "studio", "awards", "achievements", "report", "talent")
    },
    "paste": (Role.APPLICANT, at("applications:paste", of("draft"), fixed("provincial"))),
    "print": (
        Role.APPLICANT, at("applications:section", of("draft"), fixed("stamp")),
        at("documents:new_print", of("draft")),
    ),
    "submit": (Role.APPLICANT, at("applications:submit", of("draft"))),
    "colleague": (Role.APPLICANT, at("accounts:colleagues")),
    "registration": (ANONYMOUS, at("account_signup")),
    "corrected registration": (ANONYMOUS, at("registration_correct")),
    "login": (ANONYMOUS, at("account_login")),
    "objection": (ANONYMOUS, at("object_to", of("notice"))),
    "?follow-up": (ANONYMOUS, at("objection_lookup")),
    "?queue": (Role.OFFICE, at("review:queue")),
    "?own queue": (Role.RECOMMENDER, at("review:queue")),
    "?figures": (Role.OFFICE, at("review:dashboard")),
    "?objections": (Role.OFFICE, at("review:objections")),
    "?visits": (Role.OFFICE, at("review:inspections")),
    "?desk": (Role.EXPERT, at("review:desks")),
    "?detail": (Role.OFFICE, at("review:detail", of("qualifying"))),
    "?annex 1": (Role.OFFICE, at("documents:annex1", of("round"))),
    "objection by the office": (Role.OFFICE, at("review:objection_new", of("publicity"))),
    "remarks and decisions": (
        Role.RECOMMENDER, at("review:detail", of("recommending")),
        at("review:decide", of("recommending"), fixed("return")),
    ),
    "recommendation": (
        Role.RECOMMENDER, at("review:detail", of("recommending")),
        at("review:decide", of("recommending"), fixed("recommend")),
    ),
    "verification": (Role.RECOMMENDER, at("review:verify", of("recommending"))),
    "list": (Role.RECOMMENDER, at("review:recommendation_list", of("round"))),
    "qualification": (
        Role.OFFICE, at("review:detail", of("qualifying")),
        at("review:qualification", of("qualifying")),
    ),
    "return by the office": (
        Role.OFFICE, at("review:detail", of("qualifying")),
        at("review:decide", of("qualifying"), fixed("return")),
    ),
    "scores": (Role.EXPERT, at("review:score", of("panel"))),
    "visit": (Role.OFFICE, at("review:inspection", of("inspecting"))),
    "visits": (Role.OFFICE, at("review:inspections"), at("review:inspection_plan")),
    "round": (Role.OFFICE, at("review:round_edit", of("round"))),
    "new round": (Role.OFFICE, at("review:round_new")),
    "new panel": (Role.OFFICE, at("review:panel_new", of("round"))),
    "draw": (Role.OFFICE, at("review:draw_new", of("round"))),
    "assignment": (Role.OFFICE, at("review:assign_panels", of("round"))),
    "new notice": (Role.OFFICE, at("review:publicity_new", of("round"))),
    "notice": (
        Role.OFFICE, at("review:notice", of("notice")), at("review:notice_extend", of("notice")),
    ),
    "expert": (Role.OFFICE, at("review:experts")),
    "export": (Role.OFFICE, at("documents:exports")),
    "filter": (Role.OFFICE, at("review:queue"), at("review:filters")),
    "bulk": (Role.OFFICE, at("review:queue"), at("review:bulk_assign")),
    "?applying units": (Role.OFFICE, at("review:units")),
    "?earlier years": (Role.OFFICE, at("review:earlier_lists")),
    "applying unit": (Role.OFFICE, at("review:unit", lambda world: world.draft.applying_unit_id)),
    "account": (Role.ADMIN, at("accounts:staff_new")),
    "admitted code": (Role.ADMIN, at("accounts:admitted_codes")),
    "recommending unit": (Role.ADMIN, at("accounts:recommending_unit_new")),
}  # fmt: skip


def test_no_form_ends_in_an_error(world):
    clients = {}
    for name, (role, page, *target) in FORMS.items():
        client = clients.setdefault(role, world.client(role))
        shown = client.get(page(world), follow=True)
        assert shown.status_code == 200, name
        data = Fields(shown.getvalue().decode("utf-8", "replace")).data
        data.pop("csrfmiddlewaretoken", None)
        send = client.get if name.startswith("?") else client.post
        fuzz(name, send, (target or [page])[0](world), data)
        if name in {"login", "registration"}:
            client.logout()


def fuzz(name, send, address, data):
    """Send a form again and again, some of its fields left out, some filled with anything."""
    own = st.sampled_from(sorted(data) or ["page"])

    @settings(max_examples=EXAMPLES or 4, **COMMON)
    @given(
        st.dictionaries(own | text, values | st.lists(values, max_size=3), max_size=8),
        st.sets(own, max_size=2),
    )
    def once(typed, left_out):
        cache.clear()
        sent = {key: value for key, value in {**data, **typed}.items() if key not in left_out}
        with transaction.atomic():
            answer = send(address, sent)
            assert answer.status_code < 500, (name, answer.status_code)
            answer.getvalue()
            transaction.set_rollback(True)

    once()


BASES = (
    document(2), pdf(with_link), pdf(with_attachment), picture("JPEG"), picture("PNG"),
    b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"",
)  # fmt: skip


PIECES = [b"/JS (x)", b"<<", b">>", b"[", b"stream\n", b"endstream", b"PK\x05\x06", b"0 R "]


@st.composite
def broken_files(draw):
    """A file that was good, or never was, with some of its bytes changed, gone or added."""
    data = bytearray(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, max(0, len(data))))
        kind = draw(st.sampled_from(["change", "cut", "add", "repeat"]))
        if kind == "change" and place < len(data):
            data[place] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[place : place + draw(st.integers(1, 2000))]
        elif kind == "add":
            data[place:place] = draw(
                st.binary(max_size=60)
                | st.sampled_from(
                    [b"/JS (x)", b"<<", b">>", b"[", b"stream\n", b"PK\x05\x06", b"R "]
                )
            )
        else:
            data[place:place] = data[place : place + 300] * draw(st.integers(1, 20))
    return bytes(data)


def test_no_file_ends_in_an_error(world):
    client = world.client(Role.APPLICANT)
    accept = {"Accept": "application/json"}

    @settings(max_examples=EXAMPLES or 60, **COMMON)
    @given(broken_files(), text, st.sampled_from(["application/pdf", "text/html", "", "x"]))
    def fuzz(data, name, content_type):
        file = SimpleUploadedFile(name or "a", data, content_type)
        with transaction.atomic():
            answer = client.post(upload_address(world), {"files": file}, headers=accept)
            assert answer.status_code == 200
            for told in answer.json()["errors"]:
                assert told.endswith("。")
            for row in Evidence.objects.filter(category="OTHER", application=world.draft):
                assert client.get(row.get_absolute_url()).getvalue()
                default_storage.delete(row.file.name)
            transaction.set_rollback(True)

    fuzz()


def test_the_login_takes_anything_for_a_password(world):
    client = world.client(ANONYMOUS)

    @settings(max_examples=EXAMPLES or 15, **COMMON)
    @given(values, values, values)
    def fuzz(login, password, onward):
        cache.clear()
        answer = client.post(
            reverse("account_login"), {"login": login, "password": password, "next": onward}
        )
        assert answer.status_code < 500
        assert "_auth_user_id" not in client.session

    fuzz()
