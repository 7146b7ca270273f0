"""What the portal prints is kept for decades: PDF/A-3, read by those who hear it, with its data."""

import io
import json

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Name

from accounts.roles import Role
from applications.files import evidence
from applications.models import Application
from applications.permissions import Privacy, privacy_for
from applications.stages import Stage
from documents import (
    annex2,
    inspection_record,
    kept_forms,
    publicity_proof,
    receipt,
    result_letter,
    result_list,
    timeline,
)
from documents.dossier import watermark
from documents.pdf import to_pdf
from documents.scores import score_sheet
from review.inspection.models import Inspection
from review.publicity.models import PublicNotice
from review.scoring.score_sheet import explained
from tests import factories as make
from tests.documents.archival import claim_of, faults, record_of
from tests.documents.test_receipt import text_of

pytestmark = pytest.mark.django_db
LONG = "带徒传技，攻克难题。" * 300


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def find(application):
    return annex2.prepared(Application.objects.all()).get(pk=application.pk)


def saved(pdf):
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def leaves(made, known=("format", "schema", "about", "key", "label", "labels", "level")):
    """Yield every text of a record that is not there to explain it."""
    if isinstance(made, dict):
        for name, value in made.items():
            if name not in known:
                yield from leaves(value, known)
    elif isinstance(made, list):
        for value in made:
            yield from leaves(value, known)
    elif isinstance(made, str):
        yield made


def is_printed(text, pages):
    return "".join(text.split()).replace("　", "") in pages


# --- 附件2 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("achievements", ["多项发明。", LONG], ids=["short", "continued"])
def test_the_form_is_one_for_the_archive(people, achievements):
    draft = make.make_draft(people.panel.round, people.applicant, achievements=achievements)
    for made in (
        annex2.render(find(draft), Privacy.FULL),
        annex2.render_for_stamp(find(draft), make.print_form(draft, people.applicant)),
    ):
        assert claim_of(made) == "3A"
        assert faults(made, "A") == []


def test_the_print_for_the_stamp_can_come_back_as_an_upload(people):
    """As a file, with an electronic seal maybe: what holds a file itself is refused."""
    draft = make.make_draft(people.panel.round, people.applicant)
    made = annex2.render_for_stamp(find(draft), make.print_form(draft, people.applicant))
    assert evidence.check(SimpleUploadedFile("盖章申报表.pdf", made)).pages > 1


def test_an_experts_form_is_still_one_below_the_experts_name(people):
    application = make.make_application(Stage.PANEL, people)
    made = watermark.mark_own(annex2.render(find(application), Privacy.HIDDEN), "龘某　仅供评审")
    assert faults(made, "A") == []


@pytest.mark.parametrize("privacy", Privacy)
def test_its_data_say_what_is_printed_and_no_more(people, privacy):
    application = find(make.make_application(Stage.AWARDED, people))
    for shown in (annex2.ALL_BOXES, frozenset({"unit", "recommending"})):
        made = kept_forms.form(application, privacy, shown)
        pages = "".join(text_of(made))
        texts = list(leaves(json.loads(record_of(made))))
        assert application.number in texts
        # The page has room for the beginning of the fingerprint.
        rest = [text for text in texts if text != application.submissions.last().fingerprint]
        assert [text for text in rest if text and not is_printed(text, pages)] == []


def test_its_data_hold_no_number_that_a_reader_does_not_see(people):
    application = find(make.make_application(Stage.PANEL, people))
    numbers = (application.lead_id_number, application.bank_account, application.contact_mobile)
    full = record_of(annex2.render(application, Privacy.FULL)).decode()
    assert all(number in full for number in numbers)
    masked = record_of(annex2.render(application, Privacy.MASKED)).decode()
    assert not any(number in masked for number in numbers[:2])
    hidden = record_of(annex2.render(application, Privacy.HIDDEN)).decode()
    assert not any(number in hidden for number in numbers)


def test_its_data_have_labels_for_a_stranger(people):
    made = json.loads(
        record_of(annex2.render(find(make.make_application(Stage.PANEL, people)), Privacy.MASKED))
    )
    assert made["format"] == "wuhan-skills-studio/annex2"
    assert made["schema"] == 1
    assert "内容与该文件页面所载一致" in made["about"]
    labels = {each["key"]: each["label"] for each in made["fields"]}
    assert labels["unit_name"] == "申报单位名称"
    assert labels["lead_name"] == "技能大师姓名"


# --- The other papers ----------------------------------------------------------------------------


def test_so_is_everything_else_that_is_printed(people):
    application = make.make_application(Stage.AWARDED, people)
    make.publish_results(people.panel.round, people.office)
    office = people.office
    seen = Application.objects.visible_to(office).select_related(
        "round", "recommending_unit", "applying_unit", "panel_assignment__panel__leader"
    )
    seen = seen.prefetch_related("panel_assignment__panel__experts", "opinions")
    seen = seen.get(pk=application.pk)
    visit = Inspection.objects.prefetch_related(*inspection_record.PREFETCH).get()
    papers = {
        "timeline": timeline.render(office, seen),
        "scores": score_sheet.score_sheet(seen, explained(office, seen)),
        "list": result_list.render(people.panel.round),
        "proof": publicity_proof.render(PublicNotice.objects.get()),
        "receipt": receipt.render(application.submissions.get()),
        "letter": result_letter.render(result_letter.with_letters(Application.objects.all())),
        "visit": inspection_record.render(visit),
    }
    for name, made in papers.items():
        assert claim_of(made) == "3A", name
        assert faults(made, "A") == [], name
    for name in ("timeline", "scores", "list", "proof"):
        told = json.loads(record_of(papers[name]))
        assert told["format"].startswith("wuhan-skills-studio/"), name
        assert application.lead_name in json.dumps(told, ensure_ascii=False), name


def test_the_list_as_pdf_has_every_column_of_the_published_one(people, client):
    application = make.make_application(Stage.AWARDED, people)
    make.publish_results(people.panel.round, people.office)
    client.force_login(people.office)
    made = client.get(f"/documents/results/{people.panel.round_id}.pdf").getvalue()
    pages = "".join(text_of(made))
    for text in (application.unit_name, application.lead_name, "推荐单位", "名单指纹"):
        assert is_printed(text, pages), text


def test_a_timeline_tells_as_data_what_it_prints(people):
    application = make.make_application(Stage.PANEL, people)
    seen = Application.objects.select_related("round", "recommending_unit", "applying_unit")
    made = timeline.render(people.office, seen.get(pk=application.pk))
    told = json.loads(record_of(made))
    pages = "".join(text_of(made))
    for entry in told["entries"]:
        assert is_printed(entry["title"], pages)
        assert is_printed(entry["text"], pages)


def test_who_may_not_read_everything_gets_it_in_neither_place(people):
    """The bureau reads numbers masked, as its page shows them."""
    application = find(make.make_application(Stage.APPROVING, people))
    bureau = make.make_user(Role.BUREAU)
    privacy = privacy_for(bureau, application)
    made = kept_forms.form(application, privacy, annex2.boxes_for(bureau, application))
    assert application.lead_id_number not in record_of(made).decode()


# --- The checks themselves -----------------------------------------------------------------------


def spoiled(content, spoil):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        spoil(pdf)
        return saved(pdf)


def without_profile(pdf):
    del pdf.Root.OutputIntents


def without_language(pdf):
    del pdf.Root.Lang


def retitled(pdf):
    pdf.docinfo["/Title"] = "另一标题"


def unrelated(pdf):
    del pdf.Root.AF


def with_script(pdf):
    pdf.Root.OpenAction = pikepdf.Dictionary(S=Name.JavaScript, JS=pikepdf.String("1"))


def without_font(pdf):
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary) and "/FontFile3" in each:
            del each.FontFile3
        elif isinstance(each, pikepdf.Dictionary) and "/FontFile2" in each:
            del each.FontFile2


def widened(pdf):
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary) and "/W" in each and "/BaseFont" in each:
            each.W[1][0] = 1


def with_loose_text(pdf):
    pdf.pages[0].contents_add(b"q 0 0 1 1 re f Q")


def without_parent(pdf):
    root = pdf.Root.StructTreeRoot
    root.K[0].K = pikepdf.Array([root.K[0].K[0]])


def without_scope(pdf):
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/S") == Name.TH:
            del each.A.Scope


@pytest.mark.parametrize(
    "spoil",
    [
        without_profile,
        without_language,
        retitled,
        unrelated,
        with_script,
        without_font,
        widened,
        with_loose_text,
        without_parent,
        without_scope,
    ],
)
def test_what_is_spoiled_is_found(people, spoil):
    draft = make.make_draft(people.panel.round, people.applicant)
    made = annex2.render(find(draft), Privacy.FULL)
    assert faults(made, "A") == []
    assert faults(spoiled(made, spoil), "A") != []


def test_heads_and_cells_are_related_as_the_form_has_them():
    """A row of a form has a head before each cell; a list has its heads above."""
    html = (
        '<html lang="zh-CN"><title>表</title><table><tr><th scope="row">甲</th><td>1</td>'
        '<th scope="row">乙</th><td>2</td></tr></table><table><thead><tr><th scope="col">丙</th>'
        "</tr></thead><tbody><tr><td>3</td></tr></tbody></table></html>"
    )
    with pikepdf.open(io.BytesIO(to_pdf(html, "documents/letter.css"))) as pdf:
        elements = [
            each
            for each in pdf.objects
            if isinstance(each, pikepdf.Dictionary) and each.get("/S") in {Name.TH, Name.TD}
        ]
        heads = [each for each in elements if each.S == Name.TH]
        assert [each.A.Scope for each in heads] == [Name.Row, Name.Row, Name.Column]
        cells = [each for each in elements if each.S == Name.TD]
        related = [[bytes(head) for head in each.A.Headers] for each in cells]
        assert related == [[bytes(each.ID)] for each in heads]
