"""Hostile input to forms, addresses and headers: a table of what is sent, and what it gets.

Each line says who sends it, how, what the answer is, and what stands in it. Unless it says
otherwise nothing is stored: every row and file of the portal is compared before and after.
"""

import json
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from accounts.roles import Role
from applications.models import Application, StudioMember
from applications.stages import Stage
from tests.factories import PASSWORD, credit_code
from tests.hostile.world import ANONYMOUS

pytestmark = pytest.mark.django_db
APPLICANT, OFFICE, RECOMMENDER, ADMIN = Role.APPLICANT, Role.OFFICE, Role.RECOMMENDER, Role.ADMIN
NOT_FOUND, SAVED, REFUSED = {404}, {302}, {200, 422}


@dataclass(frozen=True)
class Case:
    """One hostile input: `send(client, world)` gives the answer; `proof(world)` looks further."""

    role: str
    send: object
    status: set
    says: str = ""
    stores: bool = False
    proof: object = None


# --- Text in a form: kept as text, drawn as text -------------------------------------------------

TEXTS = {
    "script": "<script>alert(1)</script>",
    "script that ends another": "</textarea></title><script>alert(1)</script>",
    "event handler": '"><img src=x onerror=alert(1)>',
    "handler without quotes": "' autofocus onfocus=alert(1) x='",
    "SVG": "<svg/onload=alert(1)>",
    "frame": '<iframe src="javascript:alert(1)">',
    "entity": "&lt;script&gt;",
    "comment": "<!--",
    "template variable": "{{ settings.SECRET_KEY }}{{7*191919}}",
    "template tag": "{% load static %}{% debug %}",
    "other template languages": "${7*191919}#{7*191919}<%= 7*191919 %>",
    "SQL that is always true": "' OR '1'='1' --",
    "SQL that drops": "'; DROP TABLE applications_application; --",
    "format string": "%s%n%d{0.__class__}",
    "path": "../../../../etc/passwd",
    "shell": "$(id)`id`;id|id",
    "JSON": '{"$ne": null}',
    "LDAP": "*)(uid=*))(|(uid=*",
    "XML entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


def filled_in(client, address, data):
    """Post to a section's page as it was loaded, with this besides."""
    page = client.get(address).context
    return client.post(address, {"loaded": page["loaded"], **data})


def typed(value, name="principal", page="unit"):
    return lambda client, world: filled_in(client, world.draft_pages[page], {name: value})


def kept_as_text(value):
    """The value is stored as typed, and no page of either side shows it as anything but text."""

    def look(world):
        draft = world.fresh()
        assert draft.principal == value[:50].strip()
        client = world.client(APPLICANT)
        for address in (
            world.draft_pages["unit"],
            reverse("applications:overview", args=[draft.pk]),
            reverse("applications:read", args=[draft.pk]),
            reverse("home"),
        ):
            page = client.get(address, follow=True).content.decode()
            if escape(value) != value:
                assert value not in page, address
            assert "etc/passwd:" not in page
            assert "root:x" not in page
            assert "1343433" not in page

    return look


CASES = {
    f"text: {name}": Case(
        APPLICANT, typed(value[:50]), SAVED, stores=True, proof=kept_as_text(value)
    )
    for name, value in TEXTS.items()
}


# --- Values that no field takes ------------------------------------------------------------------


def field_is(name, value):
    def look(world):
        assert getattr(world.fresh(), name) == value

    return look


def unchanged(name):
    return lambda world: field_is(name, getattr(world.draft, name))(world)


def post(name, data, *args, **options):
    """Post to a named address; `args` may ask the world for its parts."""

    def send(client, world):
        values = data(world) if callable(data) else data
        keys = [each(world) if callable(each) else each for each in args]
        return client.post(reverse(name, args=keys), values, **options)

    return send


def get(path, **options):
    return lambda client, world: client.get(path, **options)


OWN, FOREIGN = (lambda world: world.draft.pk), (lambda world: world.other.pk)
VALUES = {
    "NUL": ("unit", "principal", "负责\0某", field_is("principal", "负责某")),
    "control characters": (
        "unit", "principal", "负\x1b[3m责\x08某", field_is("principal", "负[3m责某"),
    ),
    "direction marks": ("unit", "principal", "负\u202e责\u2066某", field_is("principal", "负责某")),
    "line break in a line": (
        "unit", "email", "a@b.cn\r\nBcc: all@evil.example",
        field_is("email", "a@b.cn Bcc: all@evil.example"),
    ),
    "overlong": ("unit", "principal", "长" * 51, unchanged("principal")),
    "a megabyte": ("achievements", "achievements", "长" * 300_000, unchanged("achievements")),
    "number of 400 digits": ("studio", "studio_area", "9" * 400, unchanged("studio_area")),
    "infinity": ("studio", "studio_area", "Infinity", unchanged("studio_area")),
    "not a number": ("studio", "studio_area", "NaN", unchanged("studio_area")),
    "exponent": ("studio", "studio_area", "1e999999", unchanged("studio_area")),
    "hexadecimal": ("studio", "studio_area", "0x7f", unchanged("studio_area")),
    "digits of other scripts": ("studio", "studio_area", "一二三", unchanged("studio_area")),
    "a choice that is none": ("lead", "lead_sex", "'; --", unchanged("lead_sex")),
    "a choice too long": ("lead", "lead_politics", "9" * 5000, unchanged("lead_politics")),
    "month 13 of the year 0": ("lead", "lead_birth", "0000-13", field_is("lead_birth", "0000-13")),
    "ID number of letters": ("lead", "lead_id_number", "A" * 400, unchanged("lead_id_number")),
}  # fmt: skip
CASES |= {
    f"value: {name}": Case(
        APPLICANT,
        typed(value, field, page),
        {200, 302},
        stores=True,
        proof=proof,
    )
    for name, (page, field, value, proof) in VALUES.items()
}

# --- Fields that the form does not have ----------------------------------------------------------


def nothing_gained(world):
    draft, other = world.fresh(), Application.objects.get(pk=world.other.pk)
    assert draft.stage == Stage.DRAFT
    assert (draft.rank, draft.number, draft.return_deadline) == (None, None, None)
    assert draft.applying_unit_id == world.people.applicant.applying_unit_id
    assert draft.recommending_unit_id == world.draft.recommending_unit_id
    assert draft.round_id == world.round.pk
    assert draft.revision == world.draft.revision
    assert other.unit_name == world.other.unit_name
    assert User.objects.filter(role=Role.ADMIN).count() == 2


ASSIGNED = {
    "stage": "AWARDED", "number": "JNDS2026-9999", "rank": "1", "revision": "999", "round": "99",
    "applying_unit": "2", "applying_unit_id": "2", "recommending_unit": "2", "id": "2", "pk": "2",
    "edited_by": "1", "return_deadline": "2099-01-01", "lead_id_index": "0", "user": "1",
    "host_kind": "SCHOOL", "created_at": "2000-01-01",
}  # fmt: skip
CASES |= {
    "mass assignment: the record's own fields": Case(
        APPLICANT,
        lambda client, world: filled_in(
            client, world.draft_pages["unit"], {"principal": "某", **ASSIGNED}
        ),
        SAVED, stores=True, proof=nothing_gained,
    ),
    "mass assignment: another section's field": Case(
        APPLICANT, typed("X", "lead_name", "unit"), {200, 302}, stores=True,
        proof=unchanged("lead_name"),
    ),
    "mass assignment: a role at registration": Case(
        ANONYMOUS,
        post("account_signup", lambda world: {
            "email": "evil@example.cn", "password1": PASSWORD, "password2": PASSWORD,
            "role": "ADMIN", "is_staff": "on", "is_superuser": "on", "is_active": "on",
            "unit_name": "某厂", "name": "某", "uscc": credit_code(), "applying_unit": "1",
        }),
        {200, 302, 422}, stores=True, proof=nothing_gained,
    ),
    "mass assignment: a role for a colleague": Case(
        APPLICANT,
        post("accounts:colleagues", {"name": "某", "email": "c@example.cn", "role": "ADMIN"}),
        {200, 302, 422}, stores=True, proof=nothing_gained,
    ),
    "mass assignment: panel, stage and scores by an expert": Case(
        Role.EXPERT,
        post("review:score", {"stage": "AWARDED", "total": "100", "expert": "1", "action": "?"},
             lambda world: world.panel.pk),
        {200, 302, 409, 422}, stores=True,
        proof=lambda world: world.panel.refresh_from_db() or nothing_gained(world),
    ),
}  # fmt: skip

# --- Rows of a table: counts, orders and keys that somebody made up ------------------------------


def rows_stay(world):
    assert StudioMember.objects.filter(application=world.other).count() == 1
    assert StudioMember.objects.get(application=world.other).name == "成员某"
    assert StudioMember.objects.filter(application=world.draft).count() <= 180


def members(**fields):
    """Post the table of members; `row_name` is the name in its first row."""

    def send(client, world):
        data = {}
        for name, value in fields.items():
            value = value(world) if callable(value) else value
            data[f"members-{name.replace('row_', '0-')}"] = value
        return filled_in(client, world.draft_pages["studio"], data)

    return send


CASES |= {
    f"rows: {name}": Case(APPLICANT, send, {200, 302}, stores=True, proof=rows_stay)
    for name, send in {
        "a thousand million": members(count="1000000000"),
        "fewer than none": members(count="-5"),
        "no number": members(count="zwei"),
        "digits of other scripts": members(count="٣"),
        "400 digits": members(count="9" * 400),
        "an order of what is not there": members(count="1", order="-1 7 99999 0 0 x"),
        "another's row": members(
            count="1", row_name="偷",
            row_pk=lambda world: world.other.members.get().pk,
        ),
        "another's row to be deleted": members(
            count="1", row_delete="on",
            row_pk=lambda world: world.other.members.get().pk,
        ),
        "a key that is none": members(count="1", row_pk="' OR 1=1", row_name="x"),
        "a key of 400 digits": members(count="1", row_pk="9" * 400, row_name="x"),
    }.items()
}  # fmt: skip


def award_proof_is(world):
    for award in world.fresh().awards.all():
        assert award.evidence is None or award.evidence.application_id == world.draft.pk


CASES |= {
    "rows: another's file as proof": Case(
        APPLICANT,
        lambda client, world: filled_in(
            client, world.draft_pages["awards"],
            {
                "provincial-count": "1", "provincial-0-name": "奖",
                "provincial-0-evidence_id": world.other.evidence.first().pk,
                "provincial-0-evidence_page": "-1", "provincial-0-year": "10000",
            },
        ),
        {200, 302}, stores=True, proof=award_proof_is,
    ),
    "rows: an own ID card as proof": Case(
        APPLICANT,
        lambda client, world: filled_in(
            client, world.draft_pages["awards"],
            {
                "provincial-count": "1", "provincial-0-name": "奖",
                "provincial-0-evidence_id": world.draft.evidence.get(category="ID_CARD").pk,
            },
        ),
        {200, 302}, stores=True,
        proof=lambda world: [
            each for each in world.fresh().awards.all()
            if each.evidence and each.evidence.category == "ID_CARD"
        ] == [] or pytest.fail("an ID card proves an award"),
    ),
}  # fmt: skip

# --- Decisions, dates and others' objects --------------------------------------------------------

SIGNED = {"text": "同意", "signatory": "某", "signed_on": "2026-01-01"}
CASES |= {
    f"date: {name}": Case(
        APPLICANT,
        post("documents:new_print", {**SIGNED, "signed_on": value}, OWN),
        REFUSED,
    )
    for name, value in {
        "year 0": "0000-01-01",
        "year 10000": "10000-01-01",
        "30 February": "2026-02-30",
        "SQL": "2026-01-01'; --",
        "400 digits": "9" * 400,
        "NUL": "2026-01-01\0",
    }.items()
}
CASES |= {
    "round: year 0": Case(
        OFFICE, post("review:round_new", {"year": "0", "opens_at": "0000-01-01T00:00"}),
        REFUSED,
    ),
    "round: year 10000": Case(
        OFFICE,
        post("review:round_new", {"title": "x", "year": "10000", "opens_at": "10000-01-01T00:00"}),
        REFUSED,
    ),
    "round: formset of a million": Case(
        OFFICE,
        post("review:round_edit", {"criteria-TOTAL_FORMS": "9999", "criteria-INITIAL_FORMS": "-1"},
             lambda world: world.round.pk),
        {200, 400, 422},
    ),
    "round: formset without its head": Case(
        OFFICE, post("review:round_edit", {}, lambda world: world.round.pk), {200, 400, 422},
    ),
    "round: formset of no number": Case(
        OFFICE,
        post("review:round_edit", {"criteria-TOTAL_FORMS": "x", "criteria-INITIAL_FORMS": "y"},
             lambda world: world.round.pk),
        {200, 400, 422},
    ),
    "scores: not numbers": Case(
        Role.EXPERT,
        post("review:score", lambda world: {
            "action": "submit", "revision": "-1",
            **{f"{c.pk}-points": "NaN" for c in world.round.criteria.all()},
            **{f"points-{c.pk}": "1e400" for c in world.round.criteria.all()},
        }, lambda world: world.panel.pk),
        {200, 302, 409, 422}, stores=True,
        proof=lambda world: world.panel.score_sheets.filter(submitted_at__isnull=False).count() == 0
        or pytest.fail("nonsense was submitted as a score"),
    ),
    "decision: one that does not exist": Case(
        OFFICE,
        lambda client, world: client.post(
            reverse("review:decide", args=[world.qualifying.pk, "__class__"]), SIGNED),
        NOT_FOUND,
    ),
    "decision: of another stage": Case(
        OFFICE, post("review:decide", SIGNED, lambda w: w.publicity.pk, "qualify"), {404, 409, 422},
    ),
    "decision: of another role": Case(
        OFFICE, post("review:decide", SIGNED, lambda w: w.recommending.pk, "recommend"), {404, 409},
    ),
    "decision: of an applicant": Case(
        APPLICANT, post("review:decide", SIGNED, lambda w: w.qualifying.pk, "qualify"), NOT_FOUND,
    ),
    "another's draft: read": Case(
        APPLICANT,
        lambda client, world: client.get(reverse("applications:overview", args=[world.other.pk])),
        NOT_FOUND,
    ),
    "another's draft: written": Case(
        APPLICANT, post("applications:section", {"principal": "偷"}, FOREIGN, "unit"), NOT_FOUND,
    ),
    "another's draft: submitted": Case(
        APPLICANT, post("applications:submit", SIGNED, FOREIGN), NOT_FOUND,
    ),
    "another's file: renamed": Case(
        APPLICANT,
        post("applications:evidence_rename", {"name": "偷"},
             lambda world: world.other.evidence.first().pk),
        NOT_FOUND,
    ),
    "own file: a name of nothing": Case(
        APPLICANT,
        post("applications:evidence_rename", {"name": "\u200b\u202e"},
             lambda world: world.draft.evidence.first().pk),
        {302}, stores=True,
        proof=lambda world: world.draft.evidence.first().original_name or pytest.fail("none"),
    ),
    "own file: into a category that does not exist": Case(
        APPLICANT,
        lambda client, world: client.post(f"/applications/{world.draft.pk}/evidence/__proto__/"),
        NOT_FOUND,
    ),
    "account: another's unit as colleague": Case(
        APPLICANT,
        post("accounts:colleague_remove", {}, lambda world: world.other_people.applicant.pk),
        NOT_FOUND,
    ),
    "account: an e-mail of two lines": Case(
        APPLICANT,
        post("accounts:colleagues", {"name": "某", "email": "a@b.cn\r\nBcc: c@d.cn"}),
        {422},
    ),
    "account: a name of two lines": Case(
        ADMIN,
        post("accounts:staff_new",
             {"name": "某\r\nBcc: c@d.cn", "email": "x@example.cn", "role": "SUPERUSER"}),
        REFUSED,
    ),
    "objection: another's application": Case(
        ANONYMOUS,
        post("object_to", lambda world: {
            "application": world.draft.pk, "named": "named", "raised_by": "某",
            "contact": "13812345678", "text": "这是一段足够长的文字，没有别的。",
        }, lambda world: world.notice.pk),
        {422},
    ),
    "objection: the robot's field": Case(
        ANONYMOUS,
        post("object_to", lambda world: {
            "application": world.publicity.pk, "named": "named", "raised_by": "某", "website": "x",
            "contact": "13812345678", "text": "这是一段足够长的文字，没有别的。",
        }, lambda world: world.notice.pk),
        {422},
    ),
}  # fmt: skip

# --- Addresses -----------------------------------------------------------------------------------

HUGE = "9" * 60
CASES |= {
    f"address: {path[:60]}": Case(role, get(path), status, says)
    for role, path, status, says in [
        (APPLICANT, "/evidence/..%2f..%2f..%2fetc/passwd", NOT_FOUND, ""),
        (APPLICANT, "/evidence/%2e%2e/%2e%2e/etc/passwd", NOT_FOUND, ""),
        (ANONYMOUS, "/static/../wsgsite/settings.py", NOT_FOUND, ""),
        (ANONYMOUS, "/static/..%5c..%5c.env", NOT_FOUND, ""),
        (ANONYMOUS, "/static/css/%00site.css", NOT_FOUND, ""),
        (ANONYMOUS, "/.env", NOT_FOUND, ""),
        (ANONYMOUS, "/.git/config", NOT_FOUND, ""),
        (ANONYMOUS, "/var/portal.sqlite3", NOT_FOUND, ""),
        (APPLICANT, f"/applications/{HUGE}/", NOT_FOUND, ""),
        (APPLICANT, "/applications/-1/", NOT_FOUND, ""),
        (APPLICANT, "/applications/1e3/", NOT_FOUND, ""),
        (APPLICANT, "/applications/1%00/", NOT_FOUND, ""),
        (APPLICANT, "/applications/1/edit/__class__/", NOT_FOUND, ""),
        (APPLICANT, f"/evidence/{HUGE}/", NOT_FOUND, ""),
        (ANONYMOUS, "/verify/%00/", {200, 404}, ""),
        (ANONYMOUS, "/verify/<script>alert(1)</script>/", {200, 404}, ""),
        (ANONYMOUS, "/verify/" + "f" * 5000 + "/", {200, 404}, ""),
        (ANONYMOUS, f"/rounds/{HUGE}/", NOT_FOUND, ""),
        (OFFICE, "/review/?stage=<script>&round=' OR 1=1&unit=-1&q=%00&page=-1", {200}, ""),
        (OFFICE, f"/review/?page={HUGE}&round={HUGE}&unit={HUGE}&score=x", {200}, ""),
        (OFFICE, "/review/?q=" + "%25" * 3000, {200}, ""),
        (OFFICE, f"/documents/annex1/{HUGE}.xlsx", NOT_FOUND, ""),
        (OFFICE, f"/documents/annex1/{HUGE}.docx", NOT_FOUND, ""),
        (OFFICE, "/review/publicity/objections/?state=%00&page=x", {200}, ""),
        (ANONYMOUS, "/%c0%ae%c0%ae/%ff%fe", NOT_FOUND, ""),
    ]
}


def leads_home(address):
    """Log in with a `next` of somebody else's; the answer stays on this site."""

    def send(client, world):
        user = world.people.applicant
        return client.post(
            reverse("account_login"),
            {"login": user.email, "password": PASSWORD, "next": address},
        )

    return send


CASES |= {
    f"next: {address!r}": Case(ANONYMOUS, leads_home(address), {302}, stores=True)
    for address in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "/\r\nSet-Cookie: a=b",
        "http://testserver@evil.example/",
    )
}

# --- Headers, methods and bodies -----------------------------------------------------------------


def raw(path, body, content_type, **headers):
    return lambda client, world: client.generic("POST", path, body, content_type, **headers)


def own_page(method, body=b"", content_type="application/octet-stream", **headers):
    return lambda client, world: client.generic(
        method, world.draft_pages["unit"], body, content_type, **headers
    )


def without_token(origin=None):
    def send(client, world):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(world.people.applicant)
        headers = {"Origin": origin} if origin else {}
        return strict.post(world.draft_pages["unit"], {"principal": "偷"}, headers=headers)

    return send


# Which of the two it is, the page of faults decides.
TOO_MUCH = {400, 413}
FORM = "application/x-www-form-urlencoded"
CASES |= {
    "header: a host of somebody else": Case(ANONYMOUS, get("/", HTTP_HOST="evil.example"), {400}),
    "header: a host with a script": Case(ANONYMOUS, get("/", HTTP_HOST="<script>"), {400}),
    "header: a forwarded host": Case(
        ANONYMOUS,
        post("account_reset_password", {"email": "nobody@example.cn"},
             HTTP_X_FORWARDED_HOST="evil.example"),
        {302}, stores=True,
    ),
    "header: a forwarded address that is none": Case(
        ANONYMOUS, get("/", HTTP_X_FORWARDED_FOR="' OR 1=1, <script>"), {200}),
    "header: another path": Case(
        ANONYMOUS, get("/", HTTP_X_ORIGINAL_URL="/accounts-admin/"), {200}),
    "header: a session that is none": Case(
        ANONYMOUS, get("/applications/", HTTP_COOKIE="sessionid=../../etc/passwd\\0"), {302}),
    "header: a range of nonsense": Case(
        APPLICANT,
        lambda client, world: client.get(
            world.draft.evidence.first().get_absolute_url(), HTTP_RANGE="bytes=-1-99999999999999"
        ),
        {200, 206, 416}),
    "header: a language of nonsense": Case(
        ANONYMOUS, get("/", HTTP_ACCEPT_LANGUAGE="../../" + "x" * 4000), {200}),
    "method: DELETE": Case(APPLICANT, own_page("DELETE"), {405}),
    "method: TRACE": Case(APPLICANT, own_page("TRACE"), {405}),
    "method: one of its own": Case(APPLICANT, own_page("EXECUTE"), {405}),
    "method: overridden by a header": Case(
        APPLICANT,
        lambda client, world: client.get(
            world.draft_pages["unit"], HTTP_X_HTTP_METHOD_OVERRIDE="DELETE"),
        {200}),
    "method: overridden by a field": Case(
        APPLICANT,
        lambda client, world: client.post(
            reverse("applications:evidence_remove", args=[world.other.evidence.first().pk]),
            {"_method": "DELETE"}),
        NOT_FOUND),
    "body: JSON for a form": Case(
        APPLICANT,
        own_page("POST", json.dumps({"principal": "偷"}).encode(), "application/json"),
        {200, 302}, stores=True, proof=unchanged("principal") ),
    "body: XML": Case(
        APPLICANT,
        own_page("POST", b"<?xml version='1.0'?><a>&b;</a>", "text/xml"), {200, 302}, stores=True,
        proof=unchanged("principal")),
    "body: broken multipart": Case(
        APPLICANT, own_page("POST", b"--x\r\nContent-", "multipart/form-data; boundary=x"),
        {200, 302, 400}, stores=True, proof=unchanged("principal")),
    "body: multipart without a boundary": Case(
        APPLICANT, own_page("POST", b"x", "multipart/form-data"), {400}),
    "body: a boundary of nonsense": Case(
        APPLICANT, own_page("POST", b"x", "multipart/form-data; boundary=\xff\r\n"), {400}),
    "body: a set of characters of nonsense": Case(
        APPLICANT, own_page("POST", b"principal=%ff%fe", f"{FORM}; charset=utf-7"),
        {200, 302, 400}, stores=True),
    "body: no UTF-8": Case(
        APPLICANT, own_page("POST", b"principal=%ff%ed%a0%80", FORM), {200, 302}, stores=True),
    "body: half of a character pair": Case(
        APPLICANT, typed("a\ud800b".encode("utf-8", "surrogatepass")), {200, 302}, stores=True),
    "body: too many fields": Case(
        APPLICANT,
        own_page("POST", b"&".join(b"a%d=1" % n for n in range(4001)), FORM), TOO_MUCH, "请"),
    "body: a field of 6 MB": Case(
        APPLICANT, own_page("POST", b"principal=" + b"x" * 6_000_000, FORM), TOO_MUCH, "请"),
    "body: too many files": Case(
        APPLICANT,
        own_page("POST", b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n'
            for _ in range(61)) + b"--x--\r\n", "multipart/form-data; boundary=x"),
        TOO_MUCH, "请"),
    "body: longer than anything": Case(
        APPLICANT, own_page("POST", b"a=1", FORM, CONTENT_LENGTH=str(400 << 20)), TOO_MUCH, "请"),
    "body: a length that is none": Case(
        APPLICANT, own_page("POST", b"a=1", FORM, CONTENT_LENGTH="-1"), {400}, "请求无效"),
    "token: none": Case(ANONYMOUS, without_token(), {403}, "页面已过期"),
    "token: from another site": Case(
        ANONYMOUS, without_token("https://evil.example"), {403}, "页面已过期"),
    "token: from nowhere": Case(ANONYMOUS, without_token("null"), {403}, "页面已过期"),
}  # fmt: skip

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_every_hostile_input_gets_its_answer(world, mailoutbox):
    cache.clear()
    assert len(CASES) >= 80

    def check(case):
        cache.clear()
        answer = case.send(world.client(case.role), world)
        text = answer.getvalue().decode("utf-8", "replace")
        assert answer.status_code in case.status, answer.status_code
        assert case.says in text
        assert "Traceback" not in text
        assert "<script>alert" not in text
        location = answer.get("Location", "")
        assert not location or location.startswith(("/", "?", "#")), location
        assert not location.startswith(("//", "/\\"))
        assert not any("evil" in name for name in answer.headers.values())
        for name, value in HEADERS.items():
            assert answer[name] == value, name
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "geolocation=()" in answer["Permissions-Policy"]
        for mail in mailoutbox:
            assert "evil.example" not in mail.body
        if not case.stores:
            assert world.changed() == set()
        elif case.proof:
            case.proof(world)

    world.run(CASES, check)
