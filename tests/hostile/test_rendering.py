"""What users typed, on paper and in workbooks: text, whatever it looks like, and never too long.

The text of a form is bounded by its fields; what that can cost at most is measured here.
"""

import io
import re
import time
import zipfile
from dataclasses import replace

import openpyxl
import pikepdf
import pypdfium2
import pytest
from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from applications.models import Application, Award, StudioMember
from applications.permissions import Privacy
from applications.stages import Stage
from applications.workflow.events import JUDGE_CONDITIONS, record
from documents import annex2, receipt, timeline
from documents.dossier.material import Material
from documents.pdf import to_pdf
from documents.typesetting import clean
from review.publicity.models import PublicNotice
from review.scoring.models import ScoreSheet
from tests.factories import make_application, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db
# CPU seconds that the worst form may take, several times what it does on one slow core.
RENDER_SECONDS = 40
RENDER_PAGES = 250
HTML = (
    '</td></p><img src="file:///etc/passwd"><link rel=stylesheet href="http://127.0.0.1:1/x.css">'
    "<style>*{display:none}</style><script>alert(1)</script>{{ 7|add:7 }}{% now 'Y' %}&lt;"
)
COMMAND = "=cmd|'/C calc'!A0"
FORMULAS = (COMMAND, "+1+1", "-1-1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1", "＝1+1", "=NOW()")
SKIPPED = {"number", "lead_id_index", "lead_id_number", "bank_account"}


def text_fields(model):
    """The names and lengths of a model's fields for free text."""
    return {
        field.name: field.max_length
        for field in model._meta.fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not isinstance(field, models.FileField)
        and field.max_length
        and field.name not in SKIPPED
    }


def filled(model, units):
    """Each text field filled to its limit with one of the units, in turn."""
    return {
        name: (units[place % len(units)] * length)[:length]
        for place, (name, length) in enumerate(text_fields(model).items())
    }


def type_in(application, units, rows=60):
    """Type into every field and into the rows of awards and members, to the limits."""
    application.edit(application.edited_by, **filled(Application, units))
    award = filled(Award, units)
    application.awards.all().delete()
    Award.objects.bulk_create(
        Award(application=application, level="PROVINCIAL", position=n, year=2000, **award)
        for n in range(rows)
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=application, position=n, **filled(StudioMember, units))
        for n in range(rows)
    )
    return annex2.prepared(Application.objects).get(pk=application.pk)


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.fixture
def people():
    return make_people(make_round())


class TestTimeAndSize:
    def test_the_worst_form_prints_within_the_bound(self, people):
        piled = "字" + "\u0301\u0316\u0489\u0334" * 40
        units = [
            piled,
            "a\n",
            "W",
            "\u202e\u2067א\u05d0ab\u2069",
            "\u0645\u064f",
            "👩\u200d👧",
            "क्",
        ]
        draft = type_in(make_draft(people.panel.round, people.applicant), units)
        before = time.process_time()
        made = annex2.render(draft, Privacy.FULL, {})
        material = Material(people.applicant, draft)
        report = material.report_pdf()
        assert time.process_time() - before < RENDER_SECONDS
        for each in (made, report):
            with pikepdf.open(io.BytesIO(each)) as pdf:
                assert len(pdf.pages) < RENDER_PAGES

    @pytest.mark.parametrize(
        ("typed", "printed"),
        [
            ("字" + "\u0301" * 6000, "字\u0301\u0301"),
            ("甲" + "\n" * 1_000_000 + "乙", "甲\n\n\n乙"),
            ("甲\n \n\u3000\n\t\n乙", "甲\n\n\n乙"),
            ("a\u202eb\u2066c\u200bd\ufeffe\x00f", "abcdef"),
        ],
    )
    def test_what_is_no_writing_is_not_printed(self, typed, printed):
        assert clean(typed) == printed


class TestNothingIsFetchedOrInjected:
    @pytest.mark.parametrize(
        "address",
        [
            "file:///etc/passwd",
            "http://127.0.0.1:1/",
            "https://example.invalid/x.png",
            "ftp://127.0.0.1/",
            "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
            "//127.0.0.1/x",
            "/etc/passwd",
            "photo:1",
        ],
    )
    def test_the_fetcher_takes_nothing_but_fonts(self, address):
        page = f'<html><link rel="attachment" href="{address}"><img src="{address}">甲</html>'
        made = to_pdf(page, "documents/dossier/dossier.css")
        with pikepdf.open(io.BytesIO(made)) as pdf:
            assert "/Names" not in pdf.Root
            assert not any(page.get_images() for page in pdf.pages)
        assert "甲" in text_of(made)

    def test_markup_is_printed_as_it_was_typed(self, people):
        """附件2, the dossier's pages, the records of a visit, of scores, of the archive."""
        application = make_application(Stage.AWARDED, people)
        short = HTML[:50]
        for model in (Application, Award, StudioMember):
            rows = (
                model.objects.filter(pk=application.pk)
                if model is Application
                else (model.objects.filter(application=application))
            )
            rows.update(
                **{
                    name: HTML if length > len(HTML) else short[:length]
                    for name, length in text_fields(model).items()
                }
            )
        application.opinions.update(text=HTML, signatory=short)
        record(application, people.office, replace(JUDGE_CONDITIONS, label=HTML[:50]), HTML)
        prepared = annex2.prepared(Application.objects).get(pk=application.pk)
        material = Material(people.office, prepared)
        boxes = annex2.boxes_for(people.office, prepared)
        made = [
            annex2.render(prepared, Privacy.FULL, boxes),
            material.annex1_pdf(),
            material.report_pdf(),
            material.talent_pdf(),
            timeline.render(people.office, prepared),
        ]
        client = Client()
        pages = {
            people.office: [
                reverse("documents:inspection", args=[application.pk]),
                reverse("documents:score_sheet", args=[application.pk]),
                reverse("documents:panel_summary", args=[people.panel.pk]),
                reverse("documents:publicity_proof", args=[PublicNotice.objects.get().pk]),
                reverse("documents:result_list", args=[people.panel.round.pk]),
                reverse("documents:receipt", args=[application.submissions.get().pk]),
            ],
        }
        type(people.panel.round).objects.update(results_published_at=application.created_at)
        for user, addresses in pages.items():
            client.force_login(user)
            for address in addresses:
                answer = client.get(address)
                assert answer.status_code == 200, address
                if answer["Content-Type"] == "application/pdf":
                    made.append(answer.getvalue())
        assert len(made) >= 9
        for each in made:
            with pikepdf.open(io.BytesIO(each)) as pdf:
                # What a paper says of itself as data, and no other file.
                assert set(pdf.attachments) <= {"record.json"}
            text = re.sub(r"\s", "", text_of(each))
            assert "root:" not in text
            if "alert" in text:
                assert "<script>" in text
                assert "add:7" in text

    def test_every_template_escapes(self):
        """No template turns escaping off but those of plain-text mails."""
        folder = settings.BASE_DIR / "templates"
        raw = re.compile(r"\|\s*safe\b|autoescape off|safeseq")
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix != ".txt":
                assert not raw.search(path.read_text(encoding="utf-8")), path

    def test_the_qr_code_holds_only_the_address(self):
        code = receipt.qr_code('https://portal.example/"><script>')
        assert "<script>" not in code
        context = {"text": HTML, "lines": "1"}
        assert "<script>" not in render_to_string("documents/dossier/watermark.html", context)


class TestWorkbooks:
    def test_no_cell_of_any_workbook_is_a_formula_that_somebody_typed(self, people):
        """附件1, the filtered list, the panel's sheet: read back, and looked at in the XML."""
        application = make_application(Stage.AWARDED, people)
        for value in FORMULAS:
            fields = {name: value[:length] for name, length in text_fields(Application).items()}
            Application.objects.filter(pk=application.pk).update(**fields)
            application.awards.update(
                **{name: value[:length] for name, length in text_fields(Award).items()}
            )
            for each in (
                people.applicant.applying_unit,
                people.recommender.recommending_unit,
                people.expert,
            ):
                each.name = value
                each.save()
            application.round.criteria.update(name=value[:20])
            ScoreSheet.objects.update(comment=value)
            application.round.recommendation_lists.update(
                reporter=value, office_phone=value, mobile=value[:11]
            )
            for data in self.workbooks(people):
                self.check(data, value)

    def workbooks(self, people):
        client = Client()
        client.force_login(people.office)
        for answer in (
            client.get(reverse("documents:annex1", args=[people.panel.round.pk])),
            client.get(reverse("documents:panel_workbook", args=[people.panel.pk])),
            client.get(reverse("documents:result_list", args=[people.panel.round.pk])),
            client.post(reverse("documents:exports"), {"stage": "all"}),
        ):
            assert answer.status_code == 200
            assert answer["Content-Type"].endswith("spreadsheetml.sheet"), answer["Content-Type"]
            yield answer.getvalue()
        client.force_login(people.recommender)
        answer = client.get(reverse("documents:annex1", args=[people.panel.round.pk]))
        yield answer.getvalue()

    def check(self, data, typed):
        book = openpyxl.load_workbook(io.BytesIO(data))
        own, seen = typed.strip(), 0
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        # The portal's own: over numbers and cells, never a call or a link.
                        assert str(cell.value).strip() != own, (sheet.title, cell.coordinate)
                        assert not re.search(r"cmd|NOW|HYPERLINK|DDE|WEBSERVICE", str(cell.value))
                    elif own in str(cell.value):
                        seen += 1
        assert seen, f"{typed!r} is not in {book.sheetnames}"
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            assert not [name for name in names if "externalLink" in name or "vba" in name.lower()]
