"""ID and bank numbers: nothing for experts, nothing in an error report, nothing in a session."""

import io
import re
import zipfile

import openpyxl
import pypdfium2
import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

from accounts.roles import Role
from applications.form.views.editing import section
from applications.stages import Stage
from documents.views import WORD
from tests.factories import id_number, make_application, make_people, make_round
from tests.leaks import watching
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db
NUMBERS = (id_number(), "6222020000001234567")


def texts_of(response):
    """Return all text of a page, a PDF, a Word or Excel file or an archive."""
    content = response.getvalue() if response.streaming else response.content
    if content.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(content)
        text = "".join(page.get_textpage().get_text_range() for page in document)
        document.close()
        return re.sub(r"\s", "", text)
    if content.startswith(b"PK"):
        if response["Content-Type"] == "application/zip":
            return str(zipfile.ZipFile(io.BytesIO(content)).namelist())
        if response["Content-Type"] == WORD:
            parts = zipfile.ZipFile(io.BytesIO(content))
            texts = [parts.read(name).decode() for name in parts.namelist() if ".xml" in name]
            return "".join(re.sub(r"<[^>]*>", "", text) for text in texts)
        book = openpyxl.load_workbook(io.BytesIO(content))
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    return content.decode()


def test_experts_get_no_number_not_even_a_part_of_one(client):
    people = make_people(make_round())
    application = make_application(Stage.INSPECTING, people)
    client.force_login(people.expert)
    pk, panel = application.pk, people.panel.pk
    addresses = [
        *(tab_of(application, name) for name in ("detail", "record", "versions", "files")),
        tab_of(application, "history"),
        reverse("applications:read", args=[pk]),
        reverse("applications:compare", args=[pk]),
        reverse("review:timeline", args=[pk]),
        reverse("documents:annex2", args=[pk]),
        reverse("documents:dossier", args=[pk]),
        reverse("documents:panel_workbook", args=[panel]),
        reverse("documents:panel_summary", args=[panel]),
        reverse("documents:score_sheet", args=[pk]),
    ]
    found = {address: client.get(address) for address in addresses}
    found["export"] = client.post(reverse("documents:exports"), {"stage": "INSPECTING"})
    client.post(reverse("documents:dossier", args=[pk]), {"kind": "DOSSIER"})
    found["dossier"] = client.get(reverse("documents:package", args=[pk, "DOSSIER"]))
    for address, response in found.items():
        assert response.status_code == 200, address
        text = texts_of(response)
        assert len(text) > 50, address
        for number in NUMBERS:
            assert number not in text, address
            # Nor masked, as others read it.
            assert f"{number[:3]}***" not in text, address
    numbered = client.get(reverse("documents:package", args=[pk, "ARCHIVE"]))
    assert numbered.status_code == 404


@pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.OFFICE, Role.BUREAU, Role.FINANCE])
def test_what_staff_take_out_as_a_file_has_no_full_number(client, role):
    people = make_people(make_round())
    application = make_application(Stage.COUNTERSIGNING, people)
    client.force_login(people.of(role))
    forms = ("documents:annex2", "documents:annex2_word")
    addresses = [reverse(name, args=[application.pk]) for name in forms]
    if role in {Role.OFFICE, Role.BUREAU}:
        addresses.append(reverse("documents:timeline", args=[application.pk]))
        addresses.append(reverse("documents:annex1", args=[application.round_id]))
        addresses.append(reverse("documents:annex1_word", args=[application.round_id]))
    found = [client.get(address) for address in addresses]
    found.append(client.post(reverse("documents:exports"), {"stage": "COUNTERSIGNING"}))
    for response in found:
        text = texts_of(response)
        assert application.number in text or "申报情况一览表" in text
        assert not any(number in text for number in NUMBERS)


def test_an_error_report_names_what_was_sent_without_its_value():
    """Whatever fails, and however deep: a report goes to people who may not read the numbers."""
    people = make_people(make_round())
    application = make_application(Stage.DRAFT, people)
    typed = {"lead_id_number": NUMBERS[0], "lead_name": "龘某某", "bank_account": NUMBERS[1]}
    request = RequestFactory().post("/", typed)
    request.user = people.applicant

    def fail(execute, sql, params, many, context):
        if "applications_application" in sql:
            raise DatabaseError("broken")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError) as raised:
        section(request, application.pk, "lead")
    reporter = ExceptionReporter(request, raised.type, raised.value, raised.tb)
    assert type(get_exception_reporter_filter(request)).__name__ == "Discreet"
    for report in (reporter.get_traceback_text(), reporter.get_traceback_html()):
        assert "broken" in report
        assert "lead_id_number" in report
        assert not any(value in report for value in typed.values())


def test_a_page_kept_over_the_login_is_unreadable_in_the_session(client):
    people = make_people(make_round())
    application = make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    url = reverse("applications:section", args=[application.pk, "lead"])
    page = client.get(url).text
    editor = re.search(r'name="editor" value="([^"]+)"', page).group(1)
    client.logout()
    with watching() as watched:
        client.post(url, {"editor": editor, "lead_id_number": NUMBERS[0]})
        assert any("kept_page" in text for text in watched.everything()["session"])
        assert watched.places_of(NUMBERS[0]) == []
