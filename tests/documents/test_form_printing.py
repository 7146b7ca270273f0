"""附件2 is laid out beside the portal's own processes."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.urls import reverse

from applications.files import program_pool
from applications.stages import Stage
from documents.form_printing import PRINTING, print_form
from tests.factories import make_application, make_people, make_round

STYLE = "documents/annex2.css"
ALONE = """
import sys
import django
django.setup()
from documents import views
from documents.form_printing import print_form
made = print_form("<p>大师</p>", "documents/annex2.css", "ab" * 32, {})
assert made.startswith(b"%PDF-")
assert "weasyprint" not in sys.modules
"""


def test_a_process_that_prints_does_not_load_what_lays_pages_out():
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
        "ENVIRONMENT": "local",
        "DATABASE_URL": "sqlite://:memory:",
    }
    command = [sys.executable, "-c", ALONE]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def test_one_form_at_a_time_and_the_others_wait(monkeypatch):
    monkeypatch.setattr(PRINTING, "patience_seconds", 60)
    made = []
    threads = [
        threading.Thread(
            target=lambda: made.append(print_form("<p>大师</p>", STYLE, "ab" * 32, {}))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(PRINTING._idle) == 1


def test_who_waits_for_too_long_is_told_so(monkeypatch):
    monkeypatch.setattr(PRINTING, "patience_seconds", 0.05)
    with PRINTING.turns, pytest.raises(program_pool.Busy):
        print_form("<p>大师</p>", STYLE, "ab" * 32, {})


@pytest.fixture
def draft(client):
    draft = make_application(Stage.DRAFT, make_people(make_round()))
    client.force_login(draft.applying_unit.users.get())
    client.raise_request_exception = False
    return draft


@pytest.fixture
def everybody_prints(monkeypatch):
    monkeypatch.setattr(PRINTING, "patience_seconds", 0.01)
    with PRINTING.turns:
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("everybody_prints")
class TestWhileEverybodyPrints:
    def test_a_form_that_is_opened_asks_again_by_itself(self, client, draft):
        answer = client.get(reverse("documents:annex2", args=[draft.pk]))
        assert (answer.status_code, answer["Refresh"]) == (202, "4")
        assert "本页几秒后自动打开" in answer.content.decode()

    def test_so_does_it_in_the_frame_beside_a_score_sheet(self, client, draft):
        answer = client.get(reverse("documents:annex2", args=[draft.pk]))
        assert answer["X-Frame-Options"] == "SAMEORIGIN"

    def test_a_print_is_made_and_waits_to_be_opened(self, client, draft):
        opinion = {"text": "同意申报。", "signatory": "签署某", "signed_on": "2026-05-01"}
        answer = client.post(reverse("documents:new_print", args=[draft.pk]), opinion, follow=True)
        assert "打印稿已登记" in answer.content.decode()
        printed = draft.prints.get()
        assert client.get(reverse("documents:print", args=[printed.pk])).status_code == 202
