"""The sweep: every address × every role × own and foreign object gives the expected answer.

It walks the URL resolver, so an address that nobody thought of here fails the test.
"""

import copy
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from allauth.account.models import EmailConfirmationHMAC
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.roles import Role
from applications.earlier_years.records import EarlierList
from applications.earlier_years.waiting import EarlierFile
from applications.models import AllowedHost, Application, Archive, CalendarAddress, Channel
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents import annex2, pdf
from documents.models import ExportRecord
from operations.trail import ChainExport
from review.inspection.models import Item
from review.inspection.photos import developed
from review.inspection.record import add_photo
from review.panels.models import Panel
from review.publicity.objections.models import Objection
from review.recommending.models import OpinionTemplate
from review.results import corrections
from review.shared.attachments import Attachment
from tests.factories import (
    image_file,
    make_application,
    make_draw,
    make_people,
    make_recommending_unit,
    make_round,
    make_user,
    pdf_file,
    prepare,
    publish_results,
)

pytestmark = pytest.mark.django_db

ANONYMOUS = "ANONYMOUS"
EVERYBODY = {ANONYMOUS, *Role}
LOGGED_IN = set(Role)
STAFF = {Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE}
CITY = {Role.OFFICE, Role.BUREAU}
READERS = STAFF | {Role.APPLICANT}


@dataclass(frozen=True)
class Rule:
    """Who reaches an address: with an object of their own (`own`), and with another's."""

    own: set
    foreign: set | None = None  # None: the address names no object that could be another's
    argument: str = ""  # which object of `World` the address names
    extra: tuple = ()
    also: frozenset = frozenset()  # what else it may answer, whoever asks


def application(own, foreign=frozenset(), *extra):
    return Rule(set(own), set(foreign), "application", extra)


APPLICANT = {Role.APPLICANT}
EXPECTED = {
    # Everybody's pages
    "home": Rule(EVERYBODY),
    "jump": Rule(LOGGED_IN),
    "round": Rule(EVERYBODY, argument="round"),
    "publicity": Rule(EVERYBODY),
    "guides": Rule(EVERYBODY),
    "guide": Rule(EVERYBODY, extra=("office",)),
    "results": Rule(EVERYBODY, argument="round"),
    "result_edition": Rule(EVERYBODY, argument="round", extra=(1,)),
    "applications:verify": Rule(EVERYBODY, argument="fingerprint"),
    # Login and registration
    "account_login": Rule(EVERYBODY),
    "account_logout": Rule(EVERYBODY),
    "account_inactive": Rule(EVERYBODY),
    "account_signup": Rule(EVERYBODY),
    "registration_correct": Rule(EVERYBODY),
    "account_email_verification_sent": Rule(EVERYBODY),
    "account_confirm_email": Rule(EVERYBODY, argument="confirmation", also={"login"}),
    "account_change_password": Rule(LOGGED_IN),
    "account_set_password": Rule(LOGGED_IN),
    "account_reset_password": Rule(EVERYBODY),
    # Second factors, sessions, single sign-on
    "mfa_index": Rule(LOGGED_IN),
    "mfa_authenticate": Rule(EVERYBODY, also={"login"}),
    "mfa_activate_totp": Rule(LOGGED_IN),
    "mfa_deactivate_totp": Rule(set()),  # nobody here has one
    "mfa_view_recovery_codes": Rule(set()),
    "mfa_generate_recovery_codes": Rule(LOGGED_IN),
    "mfa_download_recovery_codes": Rule(set()),
    "mfa_add_webauthn": Rule(LOGGED_IN),
    "mfa_login_webauthn": Rule(EVERYBODY, also={"login"}),
    "openid_connect_login": Rule(set(), extra=("sso",), also={404}),  # no provider is set
    "openid_connect_callback": Rule(set(), extra=("sso",), also={404}),
    "accounts:second_factor": Rule(LOGGED_IN),
    "accounts:passkey_remove": Rule(set(), argument="passkey"),
    "accounts:session_end": Rule(set(), argument="session"),
    "accounts:sessions_end": Rule(LOGGED_IN),
    "accounts:staff_invite": Rule({Role.ADMIN}, argument="staff_user"),
    "accounts:staff_unlock": Rule({Role.ADMIN}, argument="staff_user"),
    "accounts:staff_factors": Rule({Role.ADMIN}, argument="staff_user"),
    "accounts:locks": Rule({Role.ADMIN}),
    "accounts:admitted_codes": Rule({Role.ADMIN}),
    "account_reset_password_done": Rule(EVERYBODY),
    "account_reset_password_from_key": Rule(EVERYBODY, extra=("1", "wrong-key")),
    "account_reset_password_from_key_done": Rule(EVERYBODY),
    # The administrator
    "accounts:staff": Rule({Role.ADMIN}),
    "accounts:staff_new": Rule({Role.ADMIN}),
    "accounts:staff_edit": Rule({Role.ADMIN}, argument="staff_user"),
    "accounts:staff_active": Rule({Role.ADMIN}, argument="staff_user"),
    "accounts:audit_log": Rule({Role.ADMIN}),
    "operations:audit_log": Rule({Role.ADMIN}),
    "operations:audit": Rule({Role.ADMIN, Role.OFFICE}),
    "operations:chain_export_pdf": Rule({Role.ADMIN, Role.OFFICE}, argument="chain_export"),
    "operations:chain_export_json": Rule({Role.ADMIN, Role.OFFICE}, argument="chain_export"),
    "operations:round_export": Rule(CITY),
    "accounts:recommending_units": Rule({Role.ADMIN}),
    "accounts:recommending_unit_new": Rule({Role.ADMIN}),
    "accounts:recommending_unit_edit": Rule({Role.ADMIN}, argument="recommending_unit"),
    # Messages
    "applications:messages": Rule(LOGGED_IN),
    "applications:messages_read": Rule(LOGGED_IN),
    "applications:messages_sent": Rule({Role.OFFICE}),
    "applications:message_open": Rule(APPLICANT, set(), "message"),
    # The calendar
    "calendar": Rule(LOGGED_IN),
    "calendar_remove": Rule(LOGGED_IN),
    "calendar_feed": Rule(EVERYBODY, argument="calendar_token"),
    # Channels
    # The administrator is told nothing, and has none.
    "applications:channels": Rule(LOGGED_IN - {Role.ADMIN}),
    "applications:channels_progress": Rule(LOGGED_IN - {Role.ADMIN}),
    "applications:channel_new": Rule(LOGGED_IN - {Role.ADMIN}, extra=("WECOM",)),
    **dict.fromkeys(
        (
            "applications:channel_edit",
            "applications:channel_test",
            "applications:channel_pause",
            "applications:channel_remove",
        ),
        Rule({Role.OFFICE}, set(), "channel"),
    ),
    "applications:channel_services": Rule({Role.ADMIN}),
    "applications:channel_service_new": Rule({Role.ADMIN}, extra=("WECOM",)),
    "applications:channel_service_edit": Rule({Role.ADMIN}, argument="allowed_host"),
    "applications:channel_service_remove": Rule({Role.ADMIN}, argument="allowed_host"),
    # The applicant
    "accounts:colleagues": Rule(APPLICANT),
    "accounts:colleague_invite": Rule(APPLICANT, set(), "colleague"),
    "accounts:colleague_remove": Rule(APPLICANT, set(), "colleague"),
    "applications:mine": Rule(APPLICANT),
    "applications:landing": Rule(APPLICANT),
    "applications:start": Rule(APPLICANT, argument="round"),
    "applications:overview": application(APPLICANT),
    "applications:section": application(APPLICANT, (), "lead"),
    "applications:paste": application(APPLICANT, (), "provincial"),
    "applications:copy_sources": application(APPLICANT),
    "applications:copy": Rule(APPLICANT, set(), "pair"),
    "applications:copied": Rule(APPLICANT, set(), "pair"),
    "applications:word_start": Rule(APPLICANT, argument="round"),
    "applications:word": application(APPLICANT),
    "applications:word_upload": application(APPLICANT, (), "form"),
    "applications:word_taken": application(APPLICANT),
    "applications:evidence_section": application(APPLICANT),
    "applications:stamp_section": application(APPLICANT),
    "applications:stamp_check": application(APPLICANT),
    "documents:new_print": application(APPLICANT),
    "applications:evidence_upload": application(APPLICANT, (), EvidenceCategory.LICENCE.value),
    "applications:award_proof": application(APPLICANT),
    "applications:award_proposals": application(APPLICANT),
    "applications:sorting": application(APPLICANT),
    "applications:undo_sorting": application(APPLICANT),
    "applications:submit": application(APPLICANT),
    "applications:receipt": application(APPLICANT),
    "applications:withdraw": application(APPLICANT),
    "applications:discard": application(APPLICANT),
    "applications:answers": application(APPLICANT),
    "applications:compare": application(READERS, CITY | {Role.FINANCE}),
    "applications:read": application(READERS, CITY | {Role.FINANCE}),
    # Files
    "applications:evidence_file": Rule(READERS, CITY | {Role.FINANCE}, "licence"),
    "applications:evidence_original": Rule(
        READERS - {Role.EXPERT}, CITY | {Role.FINANCE}, "licence"
    ),
    "applications:evidence_thumbnail": Rule(READERS, CITY | {Role.FINANCE}, "licence"),
    # An expert's copies of files are marked: these are not.
    "applications:evidence_page": Rule(
        READERS - {Role.EXPERT}, CITY | {Role.FINANCE}, "licence", (1,)
    ),
    "applications:evidence_page_picture": Rule(
        READERS - {Role.EXPERT}, CITY | {Role.FINANCE}, "licence", (1,)
    ),
    "applications:finding_mark": application(
        {Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE}, {Role.OFFICE}
    ),
    "applications:evidence_examined": application(APPLICANT),
    "applications:reading_progress": application(APPLICANT),
    "applications:evidence_archive": Rule(APPLICANT, set(), "archive"),
    "applications:evidence_rename": Rule(APPLICANT, set(), "licence"),
    "applications:evidence_move": Rule(APPLICANT, set(), "licence"),
    "applications:evidence_recategorise": Rule(APPLICANT, set(), "licence"),
    "applications:evidence_replace": Rule(APPLICANT, set(), "licence"),
    "applications:evidence_remove": Rule(APPLICANT, set(), "licence"),
    "documents:annex2": application(READERS, CITY | {Role.FINANCE}),
    "documents:annex2_word": application(READERS - {Role.EXPERT}, CITY | {Role.FINANCE}),
    "documents:marked_evidence": Rule({Role.EXPERT}, set(), "licence"),
    "documents:dossier": application(READERS, CITY | {Role.FINANCE}),
    "documents:dossier_progress": application(READERS, CITY | {Role.FINANCE}),
    "documents:package": application(READERS, CITY | {Role.FINANCE}, "DOSSIER"),
    "documents:print": Rule(APPLICANT, set(), "print"),
    "documents:receipt": Rule(
        {Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE}, {Role.OFFICE}, "submission"
    ),
    "documents:annex1": Rule({Role.RECOMMENDER, *CITY}, argument="round"),
    "documents:annex1_word": Rule({Role.RECOMMENDER, *CITY}, argument="round"),
    # Reviewers
    "review:material": Rule({Role.RECOMMENDER, Role.OFFICE}, also=frozenset({404})),  # OCR is off
    "review:queue": Rule(STAFF),
    "review:attachment": Rule(
        {Role.RECOMMENDER, Role.OFFICE, Role.BUREAU}, {Role.OFFICE, Role.BUREAU}, "attachment"
    ),
    "review:attachment_original": Rule(
        {Role.RECOMMENDER, Role.OFFICE, Role.BUREAU}, {Role.OFFICE, Role.BUREAU}, "attachment"
    ),
    "review:detail": application(STAFF, CITY | {Role.FINANCE}),
    **dict.fromkeys(
        ("review:record", "review:versions", "review:files", "review:history"),
        application(STAFF, CITY | {Role.FINANCE}),
    ),
    "review:messages": application({Role.OFFICE}, {Role.OFFICE}),
    "review:decide": application({Role.RECOMMENDER}, (), "recommend"),
    "review:recommendation_lists": Rule({Role.RECOMMENDER}),
    "review:recommendation_list": Rule({Role.RECOMMENDER}, argument="round"),
    "review:qualification": application({Role.OFFICE}, {Role.OFFICE}),
    "review:inspection": Rule({Role.OFFICE}, {Role.OFFICE}, "inspecting"),
    "review:objection_new": Rule({Role.OFFICE}, {Role.OFFICE}, "in_publicity"),
    "review:objection": Rule({Role.OFFICE}, {Role.OFFICE}, "objection"),
    "review:panels": Rule({Role.OFFICE}),
    "review:panel": Rule({Role.OFFICE}, argument="panel"),
    "review:panel_new": Rule({Role.OFFICE}, argument="round"),
    "review:rounds": Rule({Role.OFFICE}),
    "review:round_new": Rule({Role.OFFICE}),
    "review:round_edit": Rule({Role.OFFICE}, argument="round"),
    "review:round_preview": Rule({Role.OFFICE}, argument="round"),
    "review:publicity_new": Rule({Role.OFFICE}, argument="later"),
    "review:publicity_notices": Rule({Role.OFFICE}),
    "review:end_round": Rule({Role.OFFICE}, argument="round"),
    "review:publish_results": Rule({Role.OFFICE}, argument="round"),
    "review:correct_results": Rule({Role.OFFICE}, argument="round"),
    "review:result_correction": Rule({*CITY, Role.FINANCE}, argument="correction"),
    # Personal data
    "privacy": Rule(EVERYBODY),
    "applications:my_data": Rule(LOGGED_IN),
    "review:reveal": application({Role.RECOMMENDER, *CITY, Role.FINANCE}, CITY | {Role.FINANCE}),
    # Recommending unit: verification and ledger
    "review:verify": application({Role.RECOMMENDER}),
    "review:opinion_templates": Rule({Role.RECOMMENDER}),
    "review:opinion_template": Rule({Role.RECOMMENDER}, set(), "opinion_template"),
    # Recommending unit: ranking and the list
    "review:list_report": Rule({Role.RECOMMENDER}, argument="round"),
    "review:lists_reported": Rule({Role.OFFICE}),
    "review:list_scan": Rule({Role.RECOMMENDER, *CITY}, CITY, "recommendation_list"),
    "review:list_scan_picture": Rule({Role.RECOMMENDER, *CITY}, CITY, "list_scan", (1,)),
    "review:list_send_back": Rule({Role.OFFICE}, {Role.OFFICE}, "recommendation_list"),
    "documents:exports": Rule(STAFF),
    "documents:exports_progress": Rule(STAFF),
    "documents:export_file": Rule({Role.RECOMMENDER}, set(), "export"),
    # Office: qualification, bulk actions, undo
    "review:bulk": Rule({Role.BUREAU}, extra=("approve",)),
    "review:bulk_assign": Rule({Role.OFFICE}),
    "review:filters": Rule(STAFF),
    "review:filter_change": Rule({Role.OFFICE}, set(), "saved_filter"),
    "review:units": Rule({Role.OFFICE}),
    "review:unit": Rule({Role.OFFICE}, {Role.OFFICE}, "applying_unit"),
    "review:earlier_lists": Rule({Role.OFFICE}),
    "review:earlier_import": Rule({Role.OFFICE}),
    "review:earlier_file": Rule({Role.OFFICE}, argument="earlier_file"),
    "review:earlier_list": Rule({Role.OFFICE}, argument="earlier_list"),
    "review:earlier_list_remove": Rule({Role.OFFICE}, argument="earlier_list"),
    "review:earlier_project": Rule({Role.OFFICE}, argument="earlier_project"),
    # Rounds, experts, draws
    "review:round_copy": Rule({Role.OFFICE}, argument="round"),
    "review:round_publish": Rule({Role.OFFICE}, argument="round"),
    "review:experts": Rule({Role.OFFICE}),
    "review:expert": Rule({Role.OFFICE}, argument="expert"),
    "review:draw": Rule({Role.OFFICE, Role.BUREAU}, argument="draw"),
    "review:draw_new": Rule({Role.OFFICE}, argument="round"),
    "review:assign_panels": Rule({Role.OFFICE}, argument="round"),
    # Experts: scoring
    "review:desks": Rule({Role.EXPERT}),
    "review:panel_desk": Rule({Role.EXPERT}, set(), "seats"),
    "review:panel_attendance": Rule({Role.OFFICE, Role.EXPERT}, {Role.OFFICE}, "seats"),
    "review:score": application({Role.EXPERT}),
    "review:recusal": application({Role.EXPERT}),
    "review:reopen": Rule({Role.EXPERT}, set(), "sheet"),
    # Panel leader: board and conclusions
    "review:panel_board": Rule({Role.EXPERT, *CITY}, CITY, "led_panel"),
    "review:panel_remind": Rule({Role.EXPERT, Role.OFFICE}, {Role.OFFICE}, "led_panel"),
    "review:ranking": Rule(CITY, argument="round"),
    "documents:score_sheet": application({Role.EXPERT, *CITY}, CITY),
    "documents:panel_summary": Rule({Role.EXPERT, *CITY}, CITY, "led_panel"),
    "documents:panel_workbook": Rule({Role.EXPERT, *CITY}, CITY, "led_panel"),
    # Inspection
    "review:inspections": Rule({Role.OFFICE}),
    "review:inspection_plan": Rule({Role.OFFICE}),
    "review:inspection_photo_new": Rule({Role.OFFICE}, {Role.OFFICE}, "inspecting"),
    "review:inspection_thumbnail": Rule(
        {Role.OFFICE, Role.BUREAU, Role.FINANCE},
        {Role.OFFICE, Role.BUREAU, Role.FINANCE},
        "inspection_photo",
    ),
    "documents:inspection": application(CITY | {Role.FINANCE}, CITY | {Role.FINANCE}),
    # Publicity, objections, approval, results
    "publicity_notice": Rule(EVERYBODY, argument="notice"),
    "object_to": Rule(EVERYBODY, argument="notice"),
    "objection_lookup": Rule(EVERYBODY),
    "objection_status": Rule(EVERYBODY, argument="token"),
    "review:notice": Rule(CITY, argument="notice"),
    "review:notice_extend": Rule({Role.OFFICE}, argument="notice"),
    "review:notice_withdraw": Rule({Role.OFFICE}, argument="notice"),
    "review:objections": Rule({Role.OFFICE}),
    "review:approval": Rule({Role.BUREAU, Role.FINANCE}),
    "review:results": Rule({*CITY, Role.EXPERT}, argument="round"),
    "documents:publicity_proof": Rule(CITY, argument="notice"),
    "documents:publicity_proof_of": application(CITY, CITY),
    "documents:result_letter": application({Role.APPLICANT, Role.OFFICE}, {Role.OFFICE}),
    "documents:result_letters": Rule({Role.OFFICE}, argument="round"),
    "documents:result_list": Rule(CITY, argument="round"),
    "documents:result_list_pdf": Rule(CITY, argument="round"),
    # Dashboards, exports, timeline
    "review:dashboard": Rule(STAFF),
    "review:timeline": application(STAFF, CITY | {Role.FINANCE}),
    "documents:timeline": application(CITY, CITY),
}


def named_addresses(patterns=None, namespace=""):
    """Yield the full name of every address of the portal."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_addresses(pattern.url_patterns, inner)


def test_no_address_is_missing_from_the_sweep():
    assert set(named_addresses()) == set(EXPECTED)


class World:
    """One set of people with an awarded application, and a second set with another's."""

    def __init__(self):
        self.round = make_round()
        self.people = make_people(self.round)
        self.application = make_application(Stage.AWARDED, self.people)
        self.other = make_application(Stage.AWARDED, make_people(self.round))
        edition = publish_results(self.round, self.people.office)
        self.correction = corrections.propose_correction(
            self.round.pk,
            self.people.office,
            "经复核。",
            number="武人社发〔2026〕2号",
            date=edition.document_date,
        )
        # Pages of one stage, with and without another's application in it, in a later round: this
        # one has ended.
        self.later = later = make_round()
        panel = Panel.objects.create(round=later, name="专家组", leader=self.people.expert)
        panel.experts.set([self.people.expert])
        self.later_people = people = replace(self.people, panel=panel)
        self.inspecting, self.in_publicity = (
            [make_application(stage, each) for each in (people, make_people(later))]
            for stage in (Stage.INSPECTING, Stage.PUBLICITY)
        )
        self.staff_user = make_user(Role.OFFICE)
        self.staff_user.emailaddress_set.update(verified=False)
        self.recommending_unit = make_recommending_unit()
        self.allowed_host = AllowedHost.objects.create(
            service="WECOM", host="127.0.0.1", port=1, allowed_by=self.people.admin
        )
        self.panel = self.people.panel
        self.expert = self.people.expert
        self.draw = make_draw(self.panel, self.people.office)
        self.chain_export = ChainExport.make(self.round)
        self.notice = self.application.public_notices.get()
        self.earlier_list = EarlierList.objects.create(
            year=2023, title="一览表", file_name="表.xls", imported_by=self.people.office
        )
        self.earlier_project = self.earlier_list.projects.create(year=2023, outcome="SELECTED")
        self.earlier_file = EarlierFile.objects.create(
            name="表.xls",
            content='[["表", [[1, ["单位", "领办人"]], [2, ["虚构厂", "张"]], [3, ["虚构院"]]]]]',
            numbers=1,
            uploaded_by=self.people.office,
        )

    def argument(self, name, foreign):
        application = self.other if foreign else self.application
        if name == "application":
            return [application.pk]
        if name == "message":
            unit = application.applying_unit
            return [application.messages.filter(recipient__applying_unit=unit).first().pk]
        if name == "led_panel":
            return [application.panel_assignment.panel_id]
        if name == "applying_unit":
            return [application.applying_unit_id]
        if name == "colleague":
            return [application.applying_unit.users.get().pk]
        if name == "print":
            return [application.prints.get().pk]
        if name == "submission":
            return [application.submissions.get().pk]
        if name == "seats":
            return [application.panel_assignment.panel_id]
        if name == "sheet":
            return [application.score_sheets.get().pk]
        if name == "licence":
            return [application.evidence.get(category=EvidenceCategory.LICENCE).pk]
        if name == "archive":
            user = application.applying_unit.users.get()
            archive = Archive.objects.create(
                application=application,
                category=EvidenceCategory.OTHER,
                name="材料.zip",
                members=[],
                uploaded_by=user,
            )
            return [application.pk, archive.pk]
        if name == "fingerprint":
            return [application.submissions.get().fingerprint]
        if name == "confirmation":
            return [EmailConfirmationHMAC.create(self.staff_user.emailaddress_set.get()).key]
        if name == "attachment":
            kind = Attachment.Kind.VERIFICATION
            return [Attachment.store(pdf_file(), kind, application=application).pk]
        if name == "saved_filter":
            owner = make_user(Role.OFFICE) if foreign else self.people.office
            return [owner.saved_filters.create(name=f"筛选{owner.pk}", query="q=1").pk]
        if name == "calendar_token":
            return [CalendarAddress.objects.make(self.staff_user).token]
        if name == "channel":
            owner = make_user(Role.OFFICE) if foreign else None  # another's, or the office's
            return [Channel.objects.create(owner=owner, service="WECOM", name="群").pk]
        if name == "opinion_template":
            unit = application.recommending_unit
            return [OpinionTemplate.objects.create(recommending_unit=unit, title="常用").pk]
        if name == "recommendation_list":
            return [
                self.round.recommendation_lists.get(
                    recommending_unit=application.recommending_unit
                ).pk
            ]
        if name == "list_scan":
            (pk,) = self.argument("recommendation_list", foreign)
            return [self.round.recommendation_lists.get(pk=pk).stamped_scan_id]
        if name == "export":
            owner = make_user(Role.OFFICE) if foreign else self.people.recommender
            return [ExportRecord.objects.create(requested_by=owner, role=owner.role).pk]
        if name == "inspection_photo":
            office, item = self.people.office, Item.OFFICE
            return [add_photo(application, office, uuid.uuid4(), item, developed(image_file())).pk]
        if name == "pair":
            return [application.pk, self.inspecting[foreign].pk]
        if name in {"inspecting", "in_publicity"}:
            return [getattr(self, name)[foreign].pk]
        if name in {"objection", "token"}:
            raised = Objection.objects.create(
                application=self.in_publicity[foreign],
                raised_by="某人",
                contact="电话",
                text="异议",
                recorded_by=self.people.office,
            )
            return [raised.token if name == "token" else raised.pk]
        if name == "passkey":  # another's
            return [self.staff_user.authenticator_set.create(type="webauthn", data={}).pk]
        if name == "session":
            key = str(uuid.uuid4())
            return [self.staff_user.usersession_set.create(session_key=key, ip="::1").pk]
        return [getattr(self, name).pk] if name else []

    def user(self, role):
        return AnonymousUser() if role == ANONYMOUS else self.people.of(role)


# By which the portal is read and written, and all others that a browser or a script may try.
READING, WRITING = ("get", "head"), ("post",)
OTHERS = ("options", "put", "patch", "delete", "trace")
# What a reader gets who may; 405 where the address takes only the other of reading and writing.
FINE = {200, 302, 400, 405, 409, 422}


def answer(client, method, url, **headers):
    """Ask, and undo whatever it did; return the status, or "login" for the way to the login.

    An answer to a session that a browser may keep has no status that anybody expects.
    """
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        # The list of recommendations has three forms; the others take no notice.
        response = getattr(client, method)(url, {"action": "rank"}, headers=headers)
        if response.streaming:
            list(response.streaming_content)  # to its end, which closes the file
        transaction.set_rollback(True)
    client.cookies = cookies  # logging out is among the addresses
    kept_by = response.get("Cache-Control")
    if settings.SESSION_COOKIE_NAME in cookies and kept_by != "private, no-store":
        return f"{response.status_code}, Cache-Control: {kept_by}"
    if response.status_code == 302 and response.url.startswith(reverse("account_login")):
        return "login"
    return response.status_code


@contextmanager
def written(statements):
    """Collect the statements that write to the database, but for savepoints."""

    def watch(execute, sql, params, many, context):
        if sql.split(" ", 1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


def surprises_of(client, role, url, allowed, also):
    """Ask for an address by every method; yield what is not as it should be, in words."""
    answers = {method: answer(client, method, url) for method in (*READING, *WRITING)}
    may = role in allowed
    others = {"login", 405} if role == ANONYMOUS else {404, 405}
    for method, got in answers.items():
        if got not in (FINE if may else others) | also:
            yield f"{method}: {got}"
    # A script cannot show the login: it is told.
    if role == ANONYMOUS and "login" in set(answers.values()) - also:
        for method in answers:
            if (got := answer(client, method, url, **{"X-Requested-With": "script"})) != 401:
                yield f"{method} by a script: {got}"
    # A HEAD learns what a GET does, and no more.
    if answers["head"] not in {answers["get"], 405}:
        yield f"head: {answers['head']}, but get: {answers['get']}"
    # An address that answers 405 to all would pass unseen.
    if set(answers.values()) == {405}:
        yield "neither GET nor POST"
    statements = []
    with written(statements):
        for method in OTHERS:
            if (got := getattr(client, method)(url).status_code) != 405:
                yield f"{method}: {got}"
    if statements:
        yield f"an unexpected method wrote: {statements}"


@pytest.fixture
def blank_pages(monkeypatch):
    """Nothing is typeset: what a page of a PDF says is tested elsewhere, and takes its time."""
    blank = pdf_file().read()
    monkeypatch.setattr(pdf, "to_pdf", lambda *args, **kwargs: blank)
    monkeypatch.setattr(annex2, "print_form", lambda *args: blank)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_address_gives_the_expected_answer(role, blank_pages):
    world = World()
    client = Client()
    if role != ANONYMOUS:
        client.force_login(world.user(role))
    surprises = []
    for name, rule in EXPECTED.items():
        for foreign in (False, True):
            if foreign and rule.foreign is None:
                continue
            allowed = rule.foreign if foreign else rule.own
            url = reverse(name, args=[*world.argument(rule.argument, foreign), *rule.extra])
            whose = "foreign" if foreign else "own"
            surprises += [
                f"{name} {whose}, {each}"
                for each in surprises_of(client, role, url, allowed, rule.also)
            ]
    assert not surprises, "\n".join(surprises)


def test_experts_get_no_identity_papers():
    world = World()
    client = Client()
    client.force_login(world.people.expert)
    for category in (EvidenceCategory.ID_CARD,):
        paper = world.application.evidence.get(category=category)
        assert client.get(paper.get_absolute_url()).status_code == 404


def test_a_draft_exists_for_nobody_else():
    world = World()
    draft = make_application(Stage.DRAFT, world.people)
    for role in STAFF | {Role.ADMIN}:
        client = Client()
        client.force_login(world.people.of(role))
        for name in ("review:detail", "documents:annex2", "applications:overview"):
            assert client.get(reverse(name, args=[draft.pk])).status_code == 404, (role, name)


def test_an_expert_sees_nothing_before_the_panel_stage():
    people = make_people(make_round())
    waiting = make_application(Stage.QUALIFYING, people)
    prepare(waiting, "qualify", people)
    client = Client()
    client.force_login(people.expert)
    assert client.get(reverse("review:detail", args=[waiting.pk])).status_code == 404
    assert Application.objects.visible_to(people.expert).count() == 0
