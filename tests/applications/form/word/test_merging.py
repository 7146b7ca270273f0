"""What a Word file says beside a draft: what is offered, what is taken, and what nobody touches."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.form.drafts import start
from applications.form.rows import MAX_ROWS
from applications.form.word.cell import UNSURE, Cell
from applications.form.word.form_reading import FormReading
from applications.form.word.kept_reading import KeptReading, keep, kept_for
from applications.form.word.merging import BLANK, NOTHING_TICKED, Left, Merge, Outcome, take
from applications.models import Application, Award
from applications.stages import Stage
from applications.trust.encryption import blind_index
from applications.workflow.events import IMPORT_WORD, kind_of
from tests.factories import make_draft, make_people, make_round
from tests.factories import take as perform_step

pytestmark = pytest.mark.django_db

AWARD = {
    "project": "转子焊接工法",
    "name": "湖北省技术能手",
    "authority": "湖北省人社厅",
    "grade": "一等奖",
    "ranking": "1",
    "part": "主持",
    "year": "2018",
}
NUMBER = "420106198005010171"


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft as it is started: the unit's own data stand in it."""
    return start(people.panel.round, people.applicant)


@pytest.fixture
def filled(people):
    """A draft in which everything stands, one award and one member."""
    return make_draft(people.panel.round, people.applicant)


def cells(**texts):
    return {name: text if isinstance(text, Cell) else Cell(text) for name, text in texts.items()}


def reading(awards=(), members=(), not_found=(), **texts):
    provincial = [cells(**row) for row in awards]
    return FormReading(
        cells=cells(**texts),
        awards={Award.Level.PROVINCIAL: provincial, Award.Level.OTHER: []},
        members=[cells(**row) for row in members],
        not_found=list(not_found),
    )


def unsure(text, said=""):
    return Cell(text, UNSURE, "请核对。", said)


def merged(application, read, data=None):
    return Merge(fresh(application), read, data)


def fresh(application):
    return Application.objects.get(pk=application.pk)


def page_of(application, user, **changes):
    """Return what the preview sends when nothing is touched, but for `changes`."""
    kept = kept_for(application, user)
    merge = merged(application, FormReading.from_json(kept.content))
    page = {"reading": kept.mark, "loaded": merge.loaded, "action": "confirm"}
    for offer in merge.offers:
        page[offer.name] = str(offer.field.value())
        page[f"take-{offer.name}"] = "1" if offer.is_taken else ""
    for row in merge.rows:
        page |= {row.form.add_prefix(name): row.form[name].value() for name in row.form.fields}
        if row.is_taken:
            page[f"{row.form.prefix}-take"] = "1"
    return page | changes


def imported(application, user, read, **changes):
    keep(application, user, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
    return take(application.pk, user, page_of(application, user, **changes))


class TestWhatIsOffered:
    def test_what_was_read_for_an_empty_field_is_ticked(self, draft):
        (offer,) = merged(draft, reading(lead_name="王强")).offers
        assert (offer.is_taken, offer.is_unsure, offer.is_conflict) == (True, False, False)

    def test_what_is_doubtful_is_not_ticked_and_says_why(self, draft):
        (offer,) = merged(draft, reading(lead_birth=unsure("1980-05", "80.5"))).offers
        assert (offer.is_taken, offer.is_unsure) == (False, True)
        assert (offer.cell.why, offer.cell.said) == ("请核对。", "80.5")

    def test_where_the_draft_says_something_else_it_is_kept_unless_chosen(self, filled):
        (offer,) = merged(filled, reading(lead_post="班长")).offers
        assert (offer.is_taken, offer.is_conflict, offer.stored) == (False, True, "焊接班长")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("lead_post", "焊接班长"),
            ("lead_post", " 焊接班长 "),
            ("lead_birth", "1980年5月"),
            ("studio_area", "120.5 平方米"),
            ("bank_account", "6222 0200 0000 1234 567"),
        ],
    )
    def test_what_the_draft_says_already_is_no_conflict(self, filled, name, text):
        merge = merged(filled, reading(**{name: text}))
        assert merge.offers == []
        assert merge.counts["same"] == 1

    def test_what_is_too_long_stays_whole_to_be_shortened(self, draft):
        text = "焊机。" * 300
        (offer,) = merged(draft, reading(studio_facilities=text)).offers
        assert (offer.is_taken, offer.is_unsure, offer.field.value()) == (False, True, text)
        assert "最多 500 字，现有 900 字" in offer.errors[0]

    def test_a_word_that_is_none_of_the_choices_is_left_to_choose(self, draft):
        (offer,) = merged(draft, reading(lead_politics=Cell("党外人士", said="党外人士"))).offers
        assert (offer.is_taken, offer.is_unsure, offer.field.value()) == (False, True, "")
        assert offer.cell.said == "党外人士"

    def test_what_is_not_asked_of_a_school_is_not_offered(self, draft):
        Application.objects.filter(pk=draft.pk).update(host_kind="SCHOOL")
        assert merged(draft, reading(training_fund="100")).offers == []

    def test_what_was_not_found_says_whether_the_draft_has_it(self, filled):
        (section,) = merged(filled, reading(not_found=["fax", "email"])).sections
        assert [(item.name, has) for item, has in section.missing] == [
            ("fax", False),
            ("email", True),
        ]


class TestRowsThatAreOffered:
    def test_a_row_that_is_there_is_not_offered_again(self, filled):
        award = filled.awards.get()
        same = {name: str(getattr(award, name) or "") for name in AWARD}
        (block,) = merged(filled, reading(awards=[same, AWARD])).blocks
        assert [row.form["project"].value() for row in block.rows] == ["转子焊接工法"]
        assert list(block.same) == [1]

    def test_a_row_of_the_same_project_and_year_is_not_ticked(self, filled):
        award = filled.awards.get()
        row = AWARD | {"project": award.project, "year": str(award.year)}
        (offered,) = merged(filled, reading(awards=[row])).rows
        assert (offered.is_taken, offered.alike) == (False, str(award))

    def test_a_row_with_a_doubtful_cell_is_not_ticked(self, draft):
        rows = [AWARD, AWARD | {"ranking": unsure("1月5日")}]
        first, second = merged(draft, reading(awards=rows)).rows
        assert (first.is_taken, second.is_taken) == (True, False)
        assert [label for label, _ in second.doubts] == ["排名"]

    def test_what_a_table_has_no_room_for_is_not_ticked(self, filled):
        rows = [AWARD | {"project": f"工法{number}"} for number in range(MAX_ROWS)]
        (block,) = merged(filled, reading(awards=rows)).blocks
        assert (len(block.rows), len(block.taken)) == (MAX_ROWS, MAX_ROWS - 1)


class TestTaking:
    def test_what_is_ticked_is_saved_as_if_it_had_been_typed(self, people, draft):
        read = reading(
            awards=[AWARD],
            members=[{"name": "张三", "occupation": "焊工", "skill_level": "4"}],
            lead_birth="1980年5月",
            lead_id_number=NUMBER,
            studio_area="120.5 平方米",
        )
        outcome, _ = imported(draft, people.applicant, read)
        now = fresh(draft)
        assert outcome is Outcome.TAKEN
        assert (now.lead_birth, str(now.studio_area)) == ("1980-05", "120.5")
        assert now.lead_id_index == blind_index(NUMBER)
        assert now.edited_by == people.applicant
        assert (now.awards.get().year, now.members.get().name) == (2018, "张三")

    def test_what_was_corrected_on_the_page_counts(self, people, draft):
        read = reading(lead_birth=unsure("1980-05"))
        changes = {"lead_birth": "1980-06", "take-lead_birth": "1"}
        imported(draft, people.applicant, read, **changes)
        assert fresh(draft).lead_birth == "1980-06"

    def test_what_is_not_ticked_stays_as_it_was(self, people, filled):
        read = reading(lead_post="班长", lead_name="王强")
        imported(filled, people.applicant, read, **{"take-lead_name": "1"})
        now = fresh(filled)
        assert (now.lead_name, now.lead_post, now.lead_is_fit) == ("王强", "焊接班长", True)

    def test_rows_are_added_behind_those_of_the_draft_which_keep_their_proof(self, people, filled):
        before = filled.awards.get()
        imported(filled, people.applicant, reading(awards=[AWARD]))
        first, second = fresh(filled).awards_of(Award.Level.PROVINCIAL)
        assert (first.pk, first.evidence_id) == (before.pk, before.evidence_id)
        assert second.project == "转子焊接工法"

    def test_rows_take_the_place_of_the_drafts_where_that_is_chosen(self, people, filled):
        kept = filled.awards.get()
        Award.objects.create(application=filled, level="PROVINCIAL", project="旧的", position=1)
        same = {name: str(getattr(kept, name) or "") for name in AWARD}
        read = reading(awards=[AWARD, same])
        imported(filled, people.applicant, read, **{"provincial-mode": "replace"})
        first, second = fresh(filled).awards_of(Award.Level.PROVINCIAL)
        assert (first.project, second.pk) == ("转子焊接工法", kept.pk)
        assert second.evidence_id == kept.evidence_id

    def test_nothing_replaces_rows_while_none_is_ticked(self, people, filled):
        read = reading(awards=[AWARD], lead_name="王强")
        changes = {"provincial-mode": "replace", "provincial-60-take": "", "take-lead_name": "1"}
        outcome, merge = imported(filled, people.applicant, read, **changes)
        assert outcome is Outcome.WRONG
        assert "请至少勾选一行" in merge.problems()[0][1]
        assert filled.awards.count() == 1

    def test_nothing_is_saved_while_something_ticked_is_wrong(self, people, draft):
        read = reading(lead_name="王强", studio_facilities="焊机。" * 300)
        outcome, merge = imported(draft, people.applicant, read, **{"take-studio_facilities": "1"})
        assert outcome is Outcome.WRONG
        assert merge.problems()[0][0] == "id_studio_facilities"
        assert fresh(draft).lead_name == ""
        assert kept_for(draft, people.applicant)

    def test_an_emptied_field_never_erases_what_stands_there(self, people, filled):
        read = reading(lead_post="班长")
        changes = {"lead_post": " ", "take-lead_post": "1"}
        outcome, merge = imported(filled, people.applicant, read, **changes)
        assert outcome is Outcome.WRONG
        assert merge.problems() == [("id_lead_post", f"岗位：{BLANK}")]

    def test_nothing_ticked_is_said(self, people, filled):
        outcome, merge = imported(filled, people.applicant, reading(lead_post="班长"))
        assert (outcome, merge.problems()) == (Outcome.WRONG, [("offers", NOTHING_TICKED)])

    def test_a_table_never_holds_more_than_it_can(self, people, filled):
        rows = [AWARD | {"project": f"工法{number}"} for number in range(MAX_ROWS)]
        changes = {f"provincial-{MAX_ROWS + MAX_ROWS - 1}-take": "1"}
        outcome, merge = imported(filled, people.applicant, reading(awards=rows), **changes)
        assert outcome is Outcome.WRONG
        assert f"最多 {MAX_ROWS} 行" in merge.problems()[0][1]


class TestTheRecord:
    def test_it_counts_and_names_fields_but_says_nothing_of_the_lead(self, people, filled):
        read = reading(awards=[AWARD], not_found=["fax"], lead_name="王强", lead_post="班长")
        changes = {"take-lead_name": "1", "provincial-60-take": "1"}
        imported(filled, people.applicant, read, **changes)
        event = filled.events.last()
        assert kind_of(event) == IMPORT_WORD
        assert event.note == "从 Word 申报表填入了 1 栏内容、1 个奖项。"
        assert event.data["taken"] == ["lead_name"]
        # What is not in Word but in the draft is not left out of it.
        assert event.data["left"] == {"lead_post": Left.KEPT, "fax": Left.NOT_FOUND}
        assert event.data["rows"]["provincial"] == {"taken": 1, "left": 0, "replaced": 0}
        assert "王强" not in f"{event.note}{event.data}"


class TestAtTheSameTime:
    def test_a_second_click_finds_nothing_left_to_take(self, people, draft):
        read = reading(awards=[AWARD], lead_name="王强")
        keep(draft, people.applicant, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
        page = page_of(draft, people.applicant)
        assert take(draft.pk, people.applicant, page)[0] is Outcome.TAKEN
        assert take(draft.pk, people.applicant, page)[0] is Outcome.GONE
        assert draft.awards.count() == 1

    def test_what_a_colleague_typed_meanwhile_is_told_and_not_overwritten(self, people, draft):
        read = reading(lead_name="王强", lead_post="班长")
        keep(draft, people.applicant, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
        page = page_of(draft, people.applicant)
        fresh(draft).edit(people.applicant, lead_name="王小强")
        outcome, merge = take(draft.pk, people.applicant, page)
        assert outcome is Outcome.CHANGED
        assert merge.changed == [
            ("offer-lead_name", "技能大师姓名：刚刚在别处改成了“王小强”，请重新选择。")
        ]
        assert (fresh(draft).lead_name, fresh(draft).lead_post) == ("王小强", "")
        # The page that comes back has seen it, and what is chosen on it counts.
        again = page | {"loaded": merge.loaded}
        assert take(draft.pk, people.applicant, again)[0] is Outcome.TAKEN
        assert fresh(draft).lead_name == "王强"

    def test_rows_that_a_colleague_added_meanwhile_are_told(self, people, draft):
        keep(
            draft,
            people.applicant,
            KeptReading.Kind.FORM,
            "申报表.docx",
            reading(awards=[AWARD]).to_json(),
        )
        page = page_of(draft, people.applicant)
        Award.objects.create(application=draft, level="PROVINCIAL", project="新的")
        outcome, merge = take(draft.pk, people.applicant, page)
        assert outcome is Outcome.CHANGED
        assert "现有 1 行" in merge.changed[0][1]
        assert draft.awards.count() == 1

    def test_what_was_submitted_meanwhile_is_refused(self, people, filled):
        read = reading(lead_post="班长")
        keep(filled, people.applicant, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
        page = page_of(filled, people.applicant, **{"take-lead_post": "1"})
        perform_step(filled, "submit", people)
        outcome, _ = take(filled.pk, people.applicant, page)
        assert outcome is Outcome.CLOSED
        now = fresh(filled)
        assert (now.stage, now.lead_post) == (Stage.RECOMMENDING, "焊接班长")

    def test_the_page_of_a_file_uploaded_before_takes_nothing(self, people, draft):
        first, second = reading(lead_name="王强"), reading(lead_name="李强")
        keep(draft, people.applicant, KeptReading.Kind.FORM, "一.docx", first.to_json())
        page = page_of(draft, people.applicant)
        keep(draft, people.applicant, KeptReading.Kind.FORM, "二.docx", second.to_json())
        outcome, merge = take(draft.pk, people.applicant, page)
        assert outcome is Outcome.UPLOADED_SINCE
        assert merge.offers[0].field.value() == "李强"
        assert fresh(draft).lead_name == ""


@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_thirty_rows_take_as_many_queries_as_one(people, step):
    counts = []
    for many in (1, 30):
        draft = start(people.panel.round, people.applicant)
        rows = [AWARD | {"project": f"工法{number}"} for number in range(many)]
        members = [{"name": f"张{number}"} for number in range(many)]
        read = reading(awards=rows, members=members, lead_name="王强")
        keep(draft, people.applicant, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
        page = page_of(draft, people.applicant)
        application = fresh(draft)
        with CaptureQueriesContext(connection) as queries:
            if step == "preview":
                assert len(Merge(application, read).rows) == 2 * many
            else:
                assert take(draft.pk, people.applicant, page)[0] is Outcome.TAKEN
        counts.append(len(queries))
        assert fresh(draft).awards.count() == (many if step == "confirm" else 0)
    assert counts[0] == counts[1]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_sent_at_once_one_takes_and_one_finds_nothing():
    people = make_people(make_round())
    draft = start(people.panel.round, people.applicant)
    read = reading(awards=[AWARD], lead_name="王强")
    keep(draft, people.applicant, KeptReading.Kind.FORM, "申报表.docx", read.to_json())
    page = page_of(draft, people.applicant)
    barrier, outcomes = threading.Barrier(2), []

    def confirm():
        try:
            barrier.wait()
            outcomes.append(take(draft.pk, people.applicant, page)[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {Outcome.TAKEN, Outcome.GONE}
    assert draft.awards.count() == 1
    assert sum(kind_of(event) == IMPORT_WORD for event in draft.events.all()) == 1
