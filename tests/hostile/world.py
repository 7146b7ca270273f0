"""One world for all the hostile inputs: made once, and the same again after each of them."""

import hashlib
import sys
import traceback
from functools import cached_property

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import reverse

from applications.models import Application
from applications.stages import Stage
from tests.factories import make_application, make_draft, make_people, make_round
from tests.review.publicity.test_publicity import make_notice

ANONYMOUS = "ANONYMOUS"
# What a mere visit may write.
# That somebody looked at a page is kept of whatever was answered with one.
UNREMARKABLE = {"accounts.AuditEntry", "accounts.User", "review.Look"}
APPS = ("accounts", "applications", "review", "documents", "operations", "account")


class World:
    """People, a draft of their own, another's, and applications where decisions are taken."""

    def __init__(self):
        self.round = make_round()
        self.people = make_people(self.round)
        self.draft = make_draft(self.round, self.people.applicant)
        self.other_people = make_people(self.round)
        self.other = make_draft(self.round, self.other_people.applicant)
        self.recommending = make_application(Stage.RECOMMENDING, self.people)
        self.qualifying = make_application(Stage.QUALIFYING, self.people)
        self.panel = make_application(Stage.PANEL, self.people)
        self.inspecting = make_application(Stage.INSPECTING, self.people)
        self.publicity = make_application(Stage.PUBLICITY, self.people)
        self.unlisted = make_application(Stage.PUBLICITY, self.people)
        self.notice = make_notice(self.people, self.publicity)
        self.state = self.seen()

    def client(self, role):
        """A browser of this role; that of nobody checks tokens, as every real one does."""
        client = Client(raise_request_exception=True)
        if role != ANONYMOUS:
            client.force_login(self.people.of(role))
        return client

    def seen(self):
        """Digests of every row that matters, by model, and the names of all stored files."""
        found = {}
        for label in APPS:
            for model in apps.get_app_config(label).get_models():
                if model._meta.label not in UNREMARKABLE:
                    rows = list(model._base_manager.order_by("pk").values_list())
                    found[model._meta.label] = hashlib.sha256(repr(rows).encode()).hexdigest()
        users = apps.get_model("accounts.User")._base_manager.order_by("pk")
        found["users"] = list(users.values_list("pk", "email", "role", "name", "is_active"))
        found["files"] = sorted(self.files())
        return found

    @staticmethod
    def files(folder=""):
        """Yield the names of all stored files."""
        folders, names = default_storage.listdir(folder)
        for name in names:
            yield f"{folder}/{name}"
        for each in folders:
            yield from World.files(f"{folder}/{each}".strip("/"))

    def run(self, cases, check):
        """Check every named case, each undone before the next; fails with all that went wrong."""
        wrong = []
        for name, case in cases.items():
            try:
                with transaction.atomic():
                    check(case)
                    transaction.set_rollback(True)
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                wrong.append(f"{name}: {type(error).__name__} {error} ({last.name}:{last.lineno})")
            for left in set(self.files()) - set(self.state["files"]):
                default_storage.delete(left)
        sys.stdout.write(
            f"\n{len(cases)} hostile inputs, {len(wrong)} of them not answered as they should\n"
        )
        assert not wrong, "\n" + "\n".join(wrong)

    def changed(self):
        """What is otherwise than at the beginning, by name."""
        now = self.seen()
        return {name for name, value in now.items() if value != self.state[name]}

    @cached_property
    def draft_pages(self):
        """The addresses of the draft's sections by key."""
        return {
            key: reverse("applications:section", args=[self.draft.pk, key])
            for key in ("unit", "lead", "studio", "awards", "achievements", "report", "talent")
        }

    def fresh(self):
        return Application.objects.get(pk=self.draft.pk)


def upload_address(world, category="OTHER"):
    return reverse("applications:evidence_upload", args=[world.draft.pk, category])
