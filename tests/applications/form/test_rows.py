"""Awards and members as rows of a page: their order, sorting, and the page of an award's proof."""

import pytest
from django.urls import reverse

from applications.files import evidence as evidence_files
from applications.form.completeness import problems
from applications.form.rows import MAX_ROWS, AwardForm
from applications.form.task_list import with_content
from applications.models import Application, Award, StudioMember
from applications.stages import Stage
from tests.factories import make_application, make_draft, make_people, make_round, pdf_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft with the awards 甲, 乙 and 丙 of 2020, no year, and 2010."""
    draft = make_draft(people.panel.round, people.applicant)
    proof = draft.awards.get().evidence
    draft.awards.all().delete()
    for position, (name, year) in enumerate([("甲", 2020), ("乙", None), ("丙", 2010)]):
        Award.objects.create(
            application=draft,
            level=Award.Level.PROVINCIAL,
            position=position,
            name=name,
            year=year,
            evidence=proof,
        )
    return draft


def address(draft, key="awards"):
    return reverse("applications:section", args=[draft.pk, key])


def posted(page, key="awards"):
    """What a browser would send of a section's page, all of it."""
    draft = page.context["draft"]
    data = {"loaded": page.context["loaded"]}
    for block in draft.rows:
        data |= {f"{block.key}-count": block.count, f"{block.key}-order": block.order}
        for form in block.forms:
            data[f"{form.prefix}-pk"] = form.row.pk if form.row else ""
            data |= {form[n].html_name: form[n].value() or "" for n in form.fields}
    return data


@pytest.fixture
def send(client, people, draft):
    """Open the page of the awards, change what is given, press a button; the answer."""
    client.force_login(people.applicant)

    def press(action="draft", key="awards", **changes):
        data = posted(client.get(address(draft, key)))
        data |= {name.replace("__", "-"): value for name, value in changes.items()}
        return client.post(address(draft, key), {**data, "action": action})

    return press


def names(draft):
    return "".join(award.name for award in draft.awards_of(Award.Level.PROVINCIAL))


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "stored"),
        [
            ("2 0 1", "丙甲乙"),
            ("", "甲乙丙"),
            ("2", "丙甲乙"),
            ("1 1 1 0", "乙甲丙"),
            ("9 -1 x 99999999999999999999 ２ 1", "乙甲丙"),
        ],
    )
    def test_rows_are_stored_as_they_stand(self, send, draft, order, stored):
        keys = {award.name: award.pk for award in draft.awards.all()}
        assert send(provincial__order=order).status_code == 302
        assert names(draft) == stored
        assert {award.name: award.pk for award in draft.awards.all()} == keys

    @pytest.mark.parametrize(
        ("action", "stored"),
        [
            ("down-provincial-0", "乙甲丙"),
            ("up-provincial-2", "甲丙乙"),
            ("up-provincial-0", "甲乙丙"),
            ("down-provincial-2", "甲乙丙"),
            ("up-provincial-9", "甲乙丙"),
            ("up-other-2", "甲乙丙"),
            ("sort-provincial", "丙甲乙"),
            ("sort-other", "甲乙丙"),
        ],
    )
    def test_buttons_move_and_sort_without_scripts(self, send, draft, action, stored):
        assert send(action).status_code == 302
        assert names(draft) == stored

    def test_a_moved_row_is_what_the_page_comes_back_to(self, send, draft):
        moved = draft.awards.get(name="甲")
        assert send("down-provincial-0").url.endswith(f"#award-{moved.pk}")

    def test_a_row_moves_with_what_was_just_typed_into_it(self, send, draft):
        send("up-provincial-1", provincial__1__name="新乙")
        assert names(draft) == "新乙甲丙"

    def test_a_new_row_and_a_deleted_one_keep_the_order(self, send, draft):
        send(
            provincial__count=4,
            provincial__order="3 2 1 0",
            provincial__3__name="丁",
            provincial__1__delete="1",
        )
        assert names(draft) == "丁丙甲"

    def test_members_move_too(self, send, draft):
        StudioMember.objects.create(application=draft, name="另一成员", position=1)
        send("up-members-1", key="studio")
        assert [str(each)[:2] for each in draft.members.all()] == ["另一", "成员"]

    def test_two_rows_cannot_be_the_same_stored_one(self, send, draft):
        first = draft.awards.get(name="甲")
        send(provincial__1__pk=first.pk)
        assert names(draft) == "甲乙丙"
        assert draft.awards.count() == 3

    def test_two_full_tables_are_saved(self, send, draft, client):
        Award.objects.bulk_create(
            Award(application=draft, level=level, name="奖", year=2000, position=position)
            for level in Award.Level
            for position in range(3, MAX_ROWS)
        )
        assert send("draft", provincial__0__name="改过的甲").status_code == 302
        assert draft.awards.filter(name="改过的甲").exists()


def test_a_proof_replaced_since_the_page_was_opened_stays_the_proof(client, people, draft):
    """Another tab, or a colleague, put a better scan in its place."""
    client.force_login(people.applicant)
    data = posted(client.get(address(draft)))
    old = draft.awards.first().evidence
    new = evidence_files.replace(old, pdf_file("清晰.pdf", pages=2), people.applicant)
    data["provincial-0-name"] = "改过的甲"
    answer = client.post(address(draft), data)
    (choice,) = answer.context["conflicts"]
    data = posted(answer)
    assert str(data["provincial-0-evidence_id"]) == str(new.pk)
    client.post(address(draft), {**data, f"choice-{choice.name}": choice.digest})
    assert draft.awards.get(name="改过的甲").evidence == new
    assert not draft.awards.exclude(evidence=new).exists()


class TestProofPage:
    def test_it_is_kept_beside_the_file(self, send, draft):
        assert send(provincial__0__evidence_page="第 1 页").status_code == 302
        assert draft.awards.get(name="甲").evidence_page == 1

    @pytest.mark.parametrize("typed", ["0", "-1", "前面", "1.5", "40000"])
    def test_what_is_no_page_is_refused_in_words(self, send, draft, typed):
        text = send(provincial__0__evidence_page=typed).content.decode()
        assert "省部级获奖情况第 1 行，佐证页码：页码请填写整数，例如 3。" in text
        assert draft.awards.get(name="甲").evidence_page is None

    def test_a_page_that_the_file_has_not_is_refused_with_its_number(self, send, draft):
        text = send(provincial__0__evidence_page="2").content.decode()
        name = draft.awards.first().evidence.original_name
        assert f"佐证材料“{name}”只有 1 页，请核对页码。" in text

    def test_a_submission_asks_for_the_same(self, draft):
        # The file was replaced by a shorter one since the page was typed.
        draft.awards.update(evidence_page=7)
        found = problems(with_content(Application.objects).get(pk=draft.pk))
        name = draft.awards.first().evidence.original_name
        sentence = f"省部级获奖情况第 1 行：佐证材料“{name}”只有 1 页，请核对页码。"
        assert sentence in [problem.message for problem in found]

    def test_readers_open_the_file_at_the_page(self, client, people):
        application = make_application(Stage.DRAFT, people)
        application.awards.update(evidence_page=1)
        file = application.awards.get().evidence
        client.force_login(people.applicant)
        page = client.get(reverse("applications:read", args=[application.pk])).content.decode()
        assert f'href="{file.get_absolute_url()}#page=1"' in page
        assert f"{file.original_name} 第 1 页" in page


def test_a_file_is_offered_with_its_pages(draft):
    proof = draft.awards.first().evidence
    proof.pages = 12
    form = AwardForm(prefix="provincial-0", proofs=[proof])
    assert "（12 页）" in str(form["evidence_id"])
