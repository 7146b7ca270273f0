"""A file that comes with an award's row: what it becomes, and what is refused without a loss."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from applications.form.rows import MAX_ROWS
from applications.models import Application, Award
from applications.stages import Stage
from tests.applications.form.test_rows import address, posted
from tests.factories import make_application, make_draft, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


@pytest.fixture
def send(client, people, draft):
    """Post the page of the awards with files and whatever else is changed; the answer."""
    client.force_login(people.applicant)

    page = posted(client.get(address(draft)))

    def press(action="draft", **changes):
        data = {**page, "action": action}
        data |= {name.replace("__", "-"): value for name, value in changes.items()}
        data = {name: value for name, value in data.items() if value != ""}
        return client.post(address(draft), data)

    return press


def broken(name):
    file = pdf_file(name)
    file.content_type, file.file.seek(0), file.file.write(b"nothing")
    return file


def told(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_file_takes_the_place_of_the_one_that_was_chosen(send, draft):
    before = draft.awards.get().evidence
    answer = send("upload-provincial-0", provincial__0__proof_file=pdf_file("新.pdf"))
    award = draft.awards.get()
    assert answer.url == f"{address(draft)}#award-{award.pk}"
    assert (award.evidence.original_name, award.evidence.category) == ("新.pdf", "HONOUR")
    # The file before stays with the evidence.
    assert before in draft.current_evidence()


def test_a_page_that_the_new_file_does_not_have_is_asked_for_again(send, draft):
    send(provincial__0__proof_file=pdf_file("新.pdf"), provincial__0__evidence_page="3")
    award = draft.awards.get()
    assert (award.evidence.original_name, award.evidence_page) == ("新.pdf", None)


def test_a_file_alone_makes_a_row_of_its_award(send, draft):
    send(other__count=1, other__0__proof_file=pdf_file("证书.pdf"))
    assert draft.awards.get(level=Award.Level.OTHER).evidence.original_name == "证书.pdf"


def test_what_is_refused_is_told_at_its_row_and_everything_else_is_saved(send, draft):
    answer = send(
        provincial__0__proof_file=broken("坏.pdf"),
        provincial__0__grade="特等奖",
        other__count=1,
        other__0__name="乙奖",
        other__0__proof_file=pdf_file("好.pdf"),
    )
    assert answer.status_code == 200
    [(anchor, sentence)] = answer.context["errors"]
    assert anchor == "id_provincial-0-proof_file"
    assert sentence.startswith("省部级获奖情况第 1 行，上传新的佐证文件：坏.pdf：")
    awards = {award.level: award for award in draft.awards.all()}
    assert awards["PROVINCIAL"].grade == "特等奖"
    assert awards["OTHER"].evidence.original_name == "好.pdf"
    assert answer.context["draft"].rows[0].forms[0].is_open


def test_a_refused_file_of_a_row_with_nothing_in_it_is_told_as_well(send, draft):
    answer = send(other__count=1, other__0__proof_file=broken("坏.pdf"))
    assert any(sentence.startswith("坏.pdf：") for sentence in told(answer))
    assert not draft.awards.filter(level=Award.Level.OTHER).exists()


def test_no_file_is_taken_for_a_row_that_goes_or_is_not_there(send, draft):
    before = draft.evidence.count()
    send(
        provincial__0__proof_file=pdf_file(),
        provincial__0__delete="1",
        other__7__proof_file=pdf_file(),
        members__0__proof_file=pdf_file(),
    )
    assert draft.evidence.count() == before


def test_nothing_is_taken_once_the_form_is_submitted(client, people):
    application = make_application(Stage.RECOMMENDING, people)
    before = application.evidence.count()
    client.force_login(people.applicant)
    data = {"provincial-count": 1, "provincial-0-proof_file": pdf_file()}
    answer = client.post(address(application), data)
    assert "没有保存：申报已提交" in answer.content.decode()
    script = reverse("applications:award_proof", args=[application.pk])
    assert client.post(script, {"files": pdf_file()}).json()["errors"] == [
        "申报已提交或已放弃，不能再上传材料。"
    ]
    assert application.evidence.count() == before


def test_a_script_learns_the_file_that_is_there_already(client, people, draft):
    client.force_login(people.applicant)
    script = reverse("applications:award_proof", args=[draft.pk])
    upload = pdf_file("证书.pdf", pages=2)
    first = client.post(script, {"files": upload}).json()
    upload.seek(0)
    second = client.post(script, {"files": upload}).json()
    assert (first["file"], first["label"], first["pages"]) == (
        second["file"],
        "证书.pdf（2 页）",
        2,
    )
    assert draft.evidence.filter(original_name="证书.pdf").count() == 1
    assert client.post(script).json() == {"errors": ["请先选择要上传的佐证文件。"]}


def test_another_unit_gets_no_way_in(client, draft):
    client.force_login(make_people(make_round()).applicant)
    script = reverse("applications:award_proof", args=[draft.pk])
    assert client.post(script, {"files": pdf_file()}).status_code == 404


def test_an_ended_session_says_that_the_file_was_not_kept(client, send, draft):
    editor = client.get(address(draft)).context["editor"]
    client.logout()
    answer = send(editor=editor, provincial__0__proof_file=pdf_file())
    assert any("一起上传的文件没有留存" in sentence for sentence in told(answer))


@pytest.mark.parametrize("number", [1, MAX_ROWS])
def test_many_awards_and_files_cost_no_further_query(
    client, people, draft, django_assert_num_queries, number
):
    proof = draft.awards.get().evidence
    draft.awards.all().delete()
    Award.objects.bulk_create(
        Award(application=draft, level=Award.Level.PROVINCIAL, name="奖", evidence=proof)
        for _ in range(number)
    )
    client.force_login(people.applicant)
    # session, user, the user's own, all of it, files, awards, members, what the round requires
    with django_assert_num_queries(8):
        client.get(address(draft))


def test_a_folded_row_does_not_show_what_was_typed_for_nothing(client, people, draft):
    Award.objects.update(project="无", grade="/")
    client.force_login(people.applicant)

    rows = client.get(address(draft)).context["draft"].rows[0].forms

    assert rows[0].summarised == [
        ("grade", ""),
        ("project name", "湖北省技术能手"),
        ("year", 2018),
    ]


def test_rows_are_folded_but_for_what_is_to_be_typed(client, people, draft):
    whole = draft.awards.get()
    for name in ("缺一", "缺二"):
        Award.objects.create(application=draft, level=Award.Level.PROVINCIAL, name=name, position=9)
    client.force_login(people.applicant)
    page = client.get(f"{address(draft)}?add=provincial")
    rows = page.context["draft"].rows[0].forms
    assert [(row.row and row.row.name, row.is_open) for row in rows] == [
        (whole.name, False),
        ("缺一", True),
        ("缺二", False),
        (None, True),
    ]
    assert rows[0].summarised == [
        ("grade", "一等奖"),
        ("project name", "高效焊接工法"),
        ("year", 2018),
    ]
    assert rows[1].summarised[1] == ("project name", "缺一")
    assert Application.objects.get().awards.count() == 3
