"""Who may download which document, how it is sent, and the same by command."""

import io

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.stages import Stage
from documents import annex2, apps, kept_forms
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def quick(monkeypatch):
    """Renders no PDF, but keeps what was asked for."""
    asked = []
    blank = make.pdf_file().read()

    def render(application, *rules):
        asked.append(rules)
        return blank

    monkeypatch.setattr(annex2, "render", render)  # the command's
    monkeypatch.setattr(kept_forms, "form", render)
    return asked


def form_url(application):
    return reverse("documents:annex2", args=[application.pk])


def list_url(people, unit=None):
    url = reverse("documents:annex1", args=[people.panel.round_id])
    return f"{url}?unit={unit.code}" if unit else url


@pytest.mark.parametrize(
    ("role", "privacy"),
    [
        (Role.APPLICANT, "FULL"),
        (Role.RECOMMENDER, "MASKED"),
        (Role.OFFICE, "MASKED"),
        (Role.EXPERT, "HIDDEN"),
        (Role.BUREAU, "MASKED"),
        (Role.FINANCE, "MASKED"),
        (Role.ADMIN, None),
    ],
)
def test_the_form_opens_for_everybody_who_can_see_the_application(
    client, people, quick, role, privacy
):
    application = make.make_application(Stage.AWARDED, people)
    user = people.of(role)
    client.force_login(user)
    response = client.get(form_url(application))

    if privacy is None:
        assert response.status_code == 404
        return
    assert response.status_code == 200
    assert response.getvalue().startswith(b"%PDF-")  # to its end, which closes the file
    ((given, shown),) = quick
    assert given.name == privacy
    assert shown == annex2.boxes_for(user, application)


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.RECOMMENDER, Role.EXPERT])
def test_the_form_does_not_exist_for_strangers(client, people, quick, role):
    application = make.make_application(Stage.PANEL, people)
    client.force_login(make.make_people(make.make_round()).of(role))
    assert client.get(form_url(application)).status_code == 404
    assert quick == []


def test_a_draft_prints_for_its_own_unit_alone(client, people, quick):
    application = make.make_application(Stage.DRAFT, people)
    for role in Role:
        client.force_login(people.of(role))
        found = client.get(form_url(application)).status_code
        assert found == (200 if role == Role.APPLICANT else 404), role


def test_the_forms_response(client, people):
    application = make.make_application(Stage.RECOMMENDING, people)
    client.force_login(people.applicant)
    response = client.get(form_url(application))

    assert response["Content-Type"] == "application/pdf"
    assert response.getvalue().startswith(b"%PDF-")
    assert response["Content-Disposition"].startswith(
        "inline; filename*=utf-8''%E9%99%84%E4%BB%B62"
    )
    assert application.number in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_the_lists_response(client, people):
    make.make_application(Stage.RECOMMENDED, people)
    client.force_login(people.recommender)
    response = client.get(list_url(people))

    book = load_workbook(io.BytesIO(response.getvalue()))
    assert len(book.worksheets) == 1
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E9%99%84%E4")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_a_recommending_unit_gets_its_own_list_alone(client, people):
    others = make.make_people(people.panel.round)
    make.make_application(Stage.RECOMMENDED, people, lead_name="本区某")
    make.make_application(Stage.RECOMMENDED, others, lead_name="外区某")
    own, foreign = (each.recommender.recommending_unit for each in (people, others))
    client.force_login(people.recommender)

    for url in (list_url(people), list_url(people, own)):
        (sheet,) = load_workbook(io.BytesIO(client.get(url).getvalue())).worksheets
        names = [row[2] for row in sheet.iter_rows(values_only=True)]
        assert "本区某" in names
        assert "外区某" not in names
    assert client.get(list_url(people, foreign)).status_code == 404
    assert client.get(f"{list_url(people)}?unit=").status_code == 404


@pytest.mark.postgres
@pytest.mark.parametrize("role", [Role.OFFICE, Role.BUREAU])
def test_the_city_gets_any_list_and_the_whole_round(client, people, role):
    make.make_application(Stage.RECOMMENDED, people)
    client.force_login(people.of(role))
    unit = people.recommender.recommending_unit

    one = client.get(list_url(people, unit))
    whole = client.get(list_url(people))
    assert len(load_workbook(io.BytesIO(one.getvalue())).worksheets) == 1
    assert load_workbook(io.BytesIO(whole.getvalue())).sheetnames == ["汇总", unit.name]
    for nowhere in ("nowhere", "%00"):
        assert client.get(f"{list_url(people)}?unit={nowhere}").status_code == 404
    assert client.get(reverse("documents:annex1", args=[0])).status_code == 404


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.EXPERT, Role.FINANCE, Role.ADMIN])
def test_the_list_does_not_exist_for_other_roles(client, people, role):
    client.force_login(people.of(role))
    assert client.get(list_url(people)).status_code == 404


def test_nothing_is_sent_to_anonymous_visitors(client, people):
    application = make.make_application(Stage.RECOMMENDING, people)
    for url in (form_url(application), list_url(people)):
        response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


def test_documents_are_only_read(client, people, quick):
    application = make.make_application(Stage.RECOMMENDED, people)
    client.force_login(people.office)
    for url in (form_url(application), list_url(people)):
        assert client.post(url).status_code == 405


# --- Commands ---


def test_export_annex1_writes_the_round_or_one_unit(people, tmp_path):
    make.make_application(Stage.RECOMMENDED, people)
    unit = people.recommender.recommending_unit
    out = tmp_path / "附件1.xlsx"
    round_id = people.panel.round_id

    call_command("export_annex1", round=round_id, out=out, stdout=io.StringIO())
    assert load_workbook(out).sheetnames == ["汇总", unit.name]
    call_command(
        "export_annex1",
        round=round_id,
        recommending_unit=unit.code,
        out=out,
        stdout=io.StringIO(),
    )
    assert load_workbook(out).sheetnames == [unit.name]


def test_export_annex1_says_what_is_wrong(people, tmp_path):
    round_id = people.panel.round_id
    out = tmp_path / "a.xlsx"
    with pytest.raises(CommandError, match="没有编号为 0 的评选批次"):
        call_command("export_annex1", round=0, out=out)
    with pytest.raises(CommandError, match="没有代码为“nowhere”的推荐单位"):
        call_command("export_annex1", round=round_id, recommending_unit="nowhere", out=out)
    with pytest.raises(CommandError, match=r"^无法写入 .*（No such file or directory）"):
        call_command("export_annex1", round=round_id, out=tmp_path / "missing" / "a.xlsx")
    assert not out.exists()


def test_render_annex2_masks_numbers_unless_told(people, tmp_path, quick):
    application = make.make_application(Stage.RECOMMENDING, people)
    out = tmp_path / "附件2.pdf"
    call_command("render_annex2", application.number, out=out, stdout=io.StringIO())
    assert out.read_bytes().startswith(b"%PDF-")
    call_command(
        "render_annex2", application.number, out=out, full_numbers=True, stdout=io.StringIO()
    )
    assert [rules[0].name for rules in quick] == ["MASKED", "FULL"]
    (entry,) = AuditEntry.objects.filter(kind=AuditEntry.Kind.REVEAL)
    assert (entry.subject, entry.user) == (application.number, None)


def test_render_annex2_says_what_is_wrong(people, tmp_path, quick):
    application = make.make_application(Stage.RECOMMENDING, people)
    with pytest.raises(CommandError, match="没有受理编号为“X1”的申报"):
        call_command("render_annex2", "X1", out=tmp_path / "a.pdf")
    with pytest.raises(CommandError, match=r"^无法写入 .*（Is a directory）"):
        call_command("render_annex2", application.number, out=tmp_path)


# --- System check ---


def test_a_missing_library_is_warned_about(monkeypatch):
    monkeypatch.setattr(apps, "_can_open", lambda library: False)
    (found,) = apps.check_harfbuzz_subset(None)
    assert (found.id, found.level) == ("documents.W001", checks.WARNING)
    monkeypatch.setattr(apps, "_can_open", lambda library: library == apps.HARFBUZZ_SUBSET[0])
    assert apps.check_harfbuzz_subset(None) == []


def test_a_library_that_is_not_there_cannot_be_opened():
    assert not apps._can_open("libnothing-of-this-name.so.0")
    assert not apps._can_open(None)


def test_missing_fonts_of_rare_characters_are_warned_about(monkeypatch, tmp_path):
    monkeypatch.setattr(apps, "RARE_FONTS", [tmp_path / "font.ttf"])
    (found,) = apps.check_rare_fonts(None)
    assert (found.id, found.level) == ("documents.W002", checks.WARNING)
    (tmp_path / "font.ttf").touch()
    assert apps.check_rare_fonts(None) == []
