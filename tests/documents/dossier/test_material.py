"""What a dossier holds: the row of 附件1 on pages of its own."""

import pypdfium2
import pytest

from applications.models import Application, Award
from documents import annex2
from documents.dossier.material import Material
from tests import factories as make
from tests.documents.pages import rules

pytestmark = pytest.mark.django_db


def test_a_row_of_several_pages_is_closed_and_headed_on_each():
    people = make.make_people(make.make_round())
    draft = make.make_draft(
        people.panel.round, people.applicant, main_results="主持“深孔镗削”（省级）攻关。" * 66
    )
    proof = draft.evidence.last()
    Award.objects.bulk_create(
        Award(application=draft, level="OTHER", year=2000 + n, name=f"第{n}奖", evidence=proof)
        for n in range(20)
    )
    visible = Application.objects.select_related("recommending_unit")
    material = Material(people.applicant, annex2.prepared(visible).get(pk=draft.pk))
    pdf = pypdfium2.PdfDocument(material.annex1_pdf())
    try:
        assert len(pdf) > 1
        for page in pdf:
            text = page.get_textpage()
            assert "主要成绩" in text.get_text_range()
            above, below, *_, last = rules(page)
            assert 0 < below - above < 40  # the head
            row = text.get_text_bounded(0, 0, 842, page.get_height() - below)
            under = text.get_text_bounded(0, 0, 842, page.get_height() - last)
            assert "深孔镗削" in row
            assert "深孔镗削" not in under
            text.close()
            page.close()
    finally:
        pdf.close()
