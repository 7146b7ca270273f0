"""Saving the sections of a draft: lenient, never losing or overwriting a word, and lean."""

import pytest
from django.urls import reverse

from accounts.models import HostKind
from accounts.roles import Role
from applications.form.definition import SECTIONS
from applications.form.rows import MAX_ROWS
from applications.models import Application, Award
from applications.stages import Stage
from applications.trust.encryption import blind_index
from tests.factories import (
    id_number,
    make_application,
    make_applying_unit,
    make_draft,
    make_people,
    make_round,
    make_user,
)

pytestmark = pytest.mark.django_db
# The sections into which something is typed.
TYPED = [section.key for section in SECTIONS if section.rows not in {"evidence", "stamp"}]


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


class Page:
    """One section's page as a browser holds it: what was loaded, changed, and sent."""

    def __init__(self, client, application, key):
        self.client = client
        self.url = reverse("applications:section", args=[application.pk, key])
        context = client.get(self.url).context
        draft = context["draft"]
        self.typed = {"loaded": context["loaded"]}
        for name, field in draft.form.fields.items():
            value = draft.form.initial[name]
            if value not in (None, False) and field:
                self.typed[name] = value
        for block in draft.rows:
            self.typed[f"{block.key}-count"] = block.count
            for form in block.forms:
                if form.row:
                    self.typed[f"{form.prefix}-pk"] = form.row.pk
                    values = form.values_of(form.row).items()
                    self.typed |= {f"{form.prefix}-{k}": v for k, v in values if v is not None}

    def type(self, **changes):
        """Change fields; a double underscore stands for the hyphen in a row's names."""
        self.typed |= {name.replace("__", "-"): value for name, value in changes.items()}
        return self

    def send(self, action="draft"):
        return self.client.post(self.url, {**self.typed, "action": action})


@pytest.fixture
def open_page(client, people, draft):
    client.force_login(people.applicant)
    return lambda key: Page(client, draft, key)


def stored(draft):
    return Application.objects.get(pk=draft.pk)


class TestSaving:
    def test_what_was_typed_is_stored_and_nothing_else(self, open_page, draft, people):
        before = stored(draft)
        answer = open_page("lead").type(lead_name="𬱖某", lead_birth="1981年6月").send()
        assert answer.status_code == 302
        after = stored(draft)
        assert (after.lead_name, after.lead_birth) == ("𬱖某", "1981-06")
        changed = {
            field.name
            for field in Application._meta.concrete_fields
            if getattr(before, field.attname) != getattr(after, field.attname)
        }
        assert changed == {"lead_name", "lead_birth", "edited_at"}
        assert after.edited_by == people.applicant

    def test_a_draft_save_costs_three_queries_beyond_login(
        self, open_page, django_assert_num_queries
    ):
        page = open_page("unit").type(principal="新某")
        # session, user, savepoint (the test's transaction), the user's own, all of it, update,
        # savepoint
        with django_assert_num_queries(7):
            page.send()

    def test_a_save_while_typing_reads_everything_once(self, open_page, django_assert_num_queries):
        page = open_page("unit").type(principal="新某")
        by_script = {"X-Requested-With": "autosave"}
        # session, user, savepoint (the test's transaction), the user's own, all of it, update,
        # savepoint; files, awards, members, what the round requires; earlier years
        with django_assert_num_queries(12):
            answer = page.client.post(page.url, page.typed, headers=by_script).json()
        assert (answer["missing"], answer["states"]["unit"][0]) == (0, "done")

    def test_saving_everything_half_filled_is_possible(self, client, people):
        client.force_login(people.applicant)
        client.post(reverse("applications:start", args=[people.panel.round_id]))
        application = Application.objects.get()
        for key in TYPED:
            assert Page(client, application, key).send().status_code == 302

    @pytest.mark.parametrize(
        ("action", "leads_to"),
        [("draft", "edit/unit/"), ("continue", "edit/lead/#fields"), ("", "edit/unit/")],
    )
    def test_where_a_saved_page_leads(self, open_page, action, leads_to):
        assert open_page("unit").send(action).url.endswith(leads_to)

    def test_the_id_number_is_normalised_and_indexed(self, open_page, draft):
        number = id_number("197912", "021")
        typed = f"{number[:6]} {number[6:14]} {number[14:].lower()}"
        open_page("lead").type(lead_id_number=typed).send()
        after = stored(draft)
        assert after.lead_id_number == number
        assert after.lead_id_index == blind_index(number)
        open_page("lead").type(lead_id_number="").send()
        assert stored(draft).lead_id_index == ""

    @pytest.mark.parametrize(
        ("key", "good", "bad", "sentence"),
        [
            ("studio", "studio_location", {"studio_area": "一百"}, "请只填写数字"),
            ("talent", "talent_status", {"training_fund": "1.234"}, "最多 2 位小数"),
            ("unit", "principal", {"unit_name": "厂" * 101}, "最多 100 字，现有 101 字"),
            ("lead", "lead_post", {"lead_sex": "9"}, "选择一个有效的选项"),
            ("report", "report_plan", {"report_lead": "字" * 2001}, "最多 2000 字，现有 2001 字"),
        ],
    )
    def test_one_bad_field_keeps_nothing_else_back(
        self, open_page, draft, key, good, bad, sentence
    ):
        ((name, typed),) = bad.items()
        before = getattr(stored(draft), name)
        answer = open_page(key).type(**{good: "好的内容"}, **bad).send("continue")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "有 1 处没有保存，其余内容已保存" in page
        assert sentence in page
        assert f'href="#id_{name}"' in page
        assert typed in page or name == "lead_sex"
        assert getattr(stored(draft), good) == "好的内容"
        assert getattr(stored(draft), name) == before

    def test_after_a_partial_save_the_corrected_page_saves(self, open_page, draft):
        page = open_page("studio").type(studio_area="一百", studio_location="新址")
        page.typed["loaded"] = page.send().context["loaded"]
        assert page.type(studio_area="100 平方米").send().status_code == 302
        assert stored(draft).studio_area == 100

    def test_a_school_cannot_write_an_enterprises_field(self, client):
        unit = make_applying_unit(host_kind=HostKind.SCHOOL)
        user = make_user(Role.APPLICANT, applying_unit=unit)
        school = make_draft(make_round(), user)
        client.force_login(user)
        Page(client, school, "talent").type(training_fund="5").send()
        assert stored(school).training_fund is None


class TestTwoAtOnce:
    def test_no_browser_brings_back_an_old_page(self, open_page, client):
        assert "no-store" in client.get(open_page("unit").url)["Cache-Control"]

    def test_what_only_others_changed_is_kept_and_what_only_i_changed_is_saved(
        self, open_page, draft
    ):
        mine, theirs = open_page("unit"), open_page("unit")
        theirs.type(principal="先存某", fax="027-83919000").send()
        assert mine.type(contact_name="后存某").send().status_code == 302
        after = stored(draft)
        assert (after.principal, after.fax) == ("先存某", "027-83919000")
        assert after.contact_name == "后存某"

    def test_what_both_changed_is_asked_field_by_field_and_the_rest_is_saved(
        self, open_page, draft
    ):
        mine, theirs = open_page("unit"), open_page("unit")
        theirs.type(principal="先存某", contact_name="先联某", bank_name="先存银行").send()
        answer = mine.type(
            principal="后存某", contact_name="后联某", bank_name="先存银行", fax="027-83919000"
        ).send("continue")
        page = answer.content.decode()
        assert "有 2 处刚刚在别处被改成了别的内容" in page
        assert 'value="后存某"' in page
        assert "先存某</p>" in page
        after = stored(draft)
        assert (after.principal, after.contact_name) == ("先存某", "先联某")
        assert after.fax == "027-83919000"

        # Nothing chosen: asked again, nothing overwritten.
        mine.typed["loaded"] = answer.context["loaded"]
        again = mine.send()
        assert "有 2 处" in again.content.decode()
        assert stored(draft).principal == "先存某"

        choices = {choice.name: choice for choice in again.context["conflicts"]}
        mine.typed["choice-principal"] = choices["principal"].digest
        mine.typed["choice-contact_name"] = "stored"
        assert mine.send().status_code == 302
        after = stored(draft)
        assert (after.principal, after.contact_name) == ("后存某", "先联某")

    def test_a_choice_does_not_overwrite_what_came_after_it_was_shown(self, open_page, draft):
        mine, theirs = open_page("unit"), open_page("unit")
        theirs.type(principal="先存某").send()
        answer = mine.type(principal="后存某").send()
        mine.typed["choice-principal"] = next(iter(answer.context["conflicts"])).digest
        open_page("unit").type(principal="又存某").send()
        answer = mine.send()
        assert "又存某</p>" in answer.content.decode()
        assert stored(draft).principal == "又存某"

    def test_who_saved_last_is_told_of_a_conflict(self, open_page, client, people, draft):
        mine, theirs = open_page("unit"), open_page("unit")
        colleague = make_user(Role.APPLICANT, "同事某", applying_unit=draft.applying_unit)
        client.force_login(colleague)
        theirs.type(principal="先存某").send()
        client.force_login(people.applicant)
        page = mine.type(principal="后存某", fax="027-83919000").send().content.decode()
        assert "同事某于 " in page

    def test_a_wrong_field_that_others_changed_is_asked_when_it_is_right(self, open_page, draft):
        mine, theirs = open_page("studio"), open_page("studio")
        theirs.type(studio_area="90").send()
        mine.typed["loaded"] = mine.type(studio_area="一百").send().context["loaded"]
        answer = mine.type(studio_area="100").send()
        assert [choice.name for choice in answer.context["conflicts"]] == ["studio_area"]
        assert stored(draft).studio_area == 90

    def test_another_section_is_no_conflict(self, open_page, draft):
        mine, theirs = open_page("unit"), open_page("lead")
        theirs.type(lead_name="新某").send()
        assert mine.type(principal="新某").send().status_code == 302

    def test_the_same_page_sent_twice_is_no_conflict_and_makes_no_second_row(
        self, open_page, draft
    ):
        page = open_page("awards").type(
            other__count=1, other__0__name="新奖", other__0__project="新项目"
        )
        assert page.send().status_code == 302
        assert page.send().status_code == 302
        assert draft.awards.filter(level="OTHER").count() == 1

    def test_rows_that_both_changed_are_asked_as_a_whole(self, open_page, draft):
        mine, theirs = open_page("awards"), open_page("awards")
        theirs.type(provincial__0__name="先存奖").send()
        answer = mine.type(
            provincial__0__delete="1", other__count=1, other__0__name="另一表的奖"
        ).send()
        page = answer.content.decode()
        assert "有 1 处" in page
        assert 'name="provincial-0-delete" value="1" checked' in page
        assert "先存奖" in next(iter(answer.context["conflicts"])).text
        assert set(draft.awards.values_list("name", flat=True)) == {"先存奖", "另一表的奖"}
        mine.typed |= {"loaded": answer.context["loaded"], "choice-provincial": "stored"}
        mine.typed["other-0-pk"] = draft.awards.get(level="OTHER").pk
        assert mine.send().status_code == 302
        assert draft.awards.get(level="PROVINCIAL").name == "先存奖"

    def test_rows_that_only_others_changed_are_kept(self, open_page, draft):
        mine, theirs = open_page("studio"), open_page("studio")
        theirs.type(members__count=2, members__1__name="新成员").send()
        assert mine.type(studio_location="新址").send().status_code == 302
        assert draft.members.count() == 2
        assert stored(draft).studio_location == "新址"

    def test_a_page_without_digests_overwrites_nothing(self, open_page, draft):
        for loaded in ("", "x", "[]", "[" * 100_000, '{"principal": 1}'):
            page = open_page("unit").type(principal="后存某", loaded=loaded)
            assert page.send().status_code == 200
        assert stored(draft).principal == "负责某"

    def test_a_field_that_was_not_sent_is_left_alone(self, open_page, draft):
        page = open_page("unit")
        del page.typed["principal"]
        page.type(fax="027-83919000").send()
        assert stored(draft).principal == "负责某"

    def test_a_page_that_changes_nothing_leaves_no_trace(self, open_page, draft):
        before = stored(draft).edited_at
        assert open_page("unit").send().status_code == 302
        assert stored(draft).edited_at == before

    def test_a_submitted_application_is_not_changed_and_the_words_are_kept(
        self, open_page, draft, people
    ):
        page = open_page("unit").type(principal="太迟某")
        Application.objects.filter(pk=draft.pk).update(stage=Stage.RECOMMENDING, number="N")
        answer = page.send()
        assert "没有保存：申报已提交" in answer.content.decode()
        assert 'value="太迟某"' in answer.content.decode()
        assert "保存并继续" not in answer.content.decode()
        assert stored(draft).principal == "负责某"


class TestRows:
    def test_rows_are_added_changed_and_removed_and_keep_their_key(self, open_page, draft):
        first = draft.awards.get()
        open_page("awards").type(
            provincial__count=3,
            provincial__0__grade="特等奖",
            provincial__1__name="第二奖",
            provincial__1__year="2019年",
            provincial__2__name="第三奖",
        ).send()
        assert list(draft.awards.values_list("position", "name", "year")) == [
            (0, "湖北省技术能手", 2018),
            (1, "第二奖", 2019),
            (2, "第三奖", None),
        ]
        first.refresh_from_db()
        assert first.grade == "特等奖"
        open_page("awards").type(provincial__1__delete="1").send()
        assert list(draft.awards.values_list("position", "name")) == [
            (0, "湖北省技术能手"),
            (1, "第三奖"),
        ]
        assert draft.awards.first().pk == first.pk

    def test_a_bad_year_is_told_at_its_row_and_the_rest_is_saved(self, open_page, draft):
        page = open_page("awards").type(
            other__count=3,
            other__1__name="有误奖",
            other__1__year="前年",
            other__2__name="好奖",
            other__2__year="2020",
        )
        answer = page.send()
        text = answer.content.decode()
        assert "其它获奖情况第 1 行，年度：年度请填写四位数字" in text
        assert 'value="前年"' in text
        assert list(draft.awards.filter(level="OTHER").values_list("name", "year")) == [
            ("有误奖", None),
            ("好奖", 2020),
        ]
        # Corrected and sent again as the page now stands: no row is doubled.
        page.typed |= {"loaded": answer.context["loaded"], "other-1-year": "2017"}
        for form in answer.context["draft"].rows[1].forms:
            page.typed[f"{form.prefix}-pk"] = form.row.pk
        assert page.send().status_code == 302
        assert list(draft.awards.filter(level="OTHER").values_list("name", "year")) == [
            ("有误奖", 2017),
            ("好奖", 2020),
        ]

    def test_a_row_is_added_without_javascript(self, open_page, client, draft):
        answer = open_page("awards").send("add-provincial")
        assert answer.url.endswith("?add=provincial#provincial-1")
        page = client.get(answer.url).content.decode()
        assert 'id="provincial-1"' in page
        assert f'id="award-{draft.awards.get().pk}"' in page

    def test_a_full_table_offers_no_more(self, open_page, client, draft):
        Award.objects.bulk_create(
            Award(application=draft, level="OTHER", name=str(number)) for number in range(MAX_ROWS)
        )
        page = client.get(open_page("awards").url).content.decode()
        assert 'value="add-other"' not in page
        assert 'value="add-provincial"' in page

    @pytest.mark.parametrize("count", ["", "-1", "x", "99999999"])
    def test_a_forged_count_does_no_harm(self, open_page, count):
        assert open_page("awards").type(other__count=count).send().status_code == 302

    def test_another_applications_row_is_out_of_reach(self, open_page, draft):
        foreign = make_application().awards.get()
        open_page("awards").type(
            other__count=1, other__0__pk=foreign.pk, other__0__name="夺来的"
        ).send()
        foreign.refresh_from_db()
        assert foreign.name == "湖北省技术能手"

    def test_only_own_current_unrestricted_files_prove_an_award(self, open_page, draft):
        foreign = make_application().evidence.first()
        hidden = draft.evidence.get(category="ID_CARD")
        for file in (foreign, hidden):
            page = open_page("awards").type(provincial__0__evidence_id=file.pk).send()
            assert "有 1 处没有保存" in page.content.decode()
        proof = draft.evidence.get(category="ACHIEVEMENT")
        open_page("awards").type(provincial__0__evidence_id=proof.pk).send()
        assert draft.awards.get().evidence == proof

    def test_members_are_saved_beside_the_fields(self, open_page, draft):
        open_page("studio").type(
            studio_location="新址", members__count=2, members__1__name="䶮某"
        ).send()
        assert stored(draft).studio_location == "新址"
        assert [member.name for member in draft.members.all()] == ["成员某", "䶮某"]


class TestGoingOn:
    def test_whoever_goes_on_learns_what_is_missing(self, open_page, client):
        answer = open_page("unit").type(principal="", postcode="43").send("continue")
        page = client.get(answer.url).content.decode()
        assert "“申报单位”已保存。这一部分还差 2 项，可以稍后补充。" in page
        answer = open_page("unit").type(principal="新某", postcode="430000").send("continue")
        assert "“申报单位”已保存。</p>" in client.get(answer.url).content.decode()


class TestHints:
    def test_what_is_wrong_is_said_and_what_is_missing_only_when_asked(
        self, open_page, client, draft
    ):
        page = open_page("unit").type(postcode="43", principal="")
        assert page.send().status_code == 302
        text = client.get(page.url).content.decode()
        assert "邮政编码应为 6 位数字" in text
        assert "请填写负责人" not in text
        assert "请填写负责人" in client.get(f"{page.url}?check=1").content.decode()

    def test_every_link_of_a_problem_lands_on_something(self, client, people):
        client.force_login(people.applicant)
        client.post(reverse("applications:start", args=[people.panel.round_id]))
        application = Application.objects.get()
        Award.objects.create(application=application, level="OTHER", name="奖")
        submit = client.get(reverse("applications:submit", args=[application.pk]))
        links = [url for _, lines in submit.context["problems"] for _, url in lines]
        assert len(links) > 40
        pages = {}
        for link in links:
            address, anchor = link.split("#")
            text = pages.setdefault(address, client.get(address).content.decode())
            assert text.count(f'id="{anchor}"') == 1, link

    def test_a_remark_stands_beside_its_field(self, client, people):
        application = make_application(Stage.RETURNED, people=people)
        event = application.events.get(action="return")
        event.remarks.create(
            application=application, section="lead", field="lead_birth", text="与证件不符"
        )
        client.force_login(people.applicant)
        page = client.get(reverse("applications:section", args=[application.pk, "lead"]))
        assert "退回要求：与证件不符" in page.content.decode()


class TestWho:
    @pytest.mark.parametrize("key", TYPED)
    def test_a_foreign_draft_does_not_exist(self, client, people, key):
        foreign = make_application()
        client.force_login(people.applicant)
        address = reverse("applications:section", args=[foreign.pk, key])
        assert client.get(address).status_code == 404
        assert client.post(address, {"lead_name": "x"}).status_code == 404

    def test_an_unknown_section_does_not_exist(self, client, people, draft):
        client.force_login(people.applicant)
        address = reverse("applications:section", args=[draft.pk, "nothing"])
        assert client.get(address).status_code == 404

    def test_a_submitted_application_is_read_instead(self, client, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        client.force_login(people.applicant)
        address = reverse("applications:section", args=[application.pk, "unit"])
        answer = client.get(address)
        assert answer.url == reverse("applications:read", args=[application.pk])
