"""Saving while somebody types: what the script is told, and what a browser never loses."""

import json
import re

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.models import Application
from applications.stages import Stage
from tests.applications.form.views.test_editing import Page
from tests.browser import assert_accessible, log_in, wait_until
from tests.factories import (
    PASSWORD,
    make_draft,
    make_people,
    make_round,
    make_user,
    pdf_file,
    stamp,
)


class AutosavedPage(Page):
    """A section's page in a browser that saves while somebody types."""

    def send(self):
        return self.client.post(self.url, self.typed, headers={"X-Requested-With": "autosave"})


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    return make_draft(people.panel.round, people.applicant)


def stored(draft):
    return Application.objects.get(pk=draft.pk)


@pytest.mark.django_db
class TestAnswer:
    @pytest.fixture
    def open_page(self, client, people, draft):
        client.force_login(people.applicant)
        return lambda key: AutosavedPage(client, draft, key)

    def test_it_says_when_and_what_is_missing_and_leaves_no_message(self, open_page, client, draft):
        page = open_page("unit").type(principal="", postcode="43")
        answer = page.send().json()
        assert re.fullmatch(r"\d\d:\d\d", answer["saved"])
        assert answer["notes"] == {"postcode": [["hint", "邮政编码应为 6 位数字。"]]}
        assert answer["missing"] == 2
        assert answer["missing_in_all"] == 3  # the stamped form besides
        assert answer["states"]["unit"] == ["doing", "进行中"]
        assert "已保存。" not in client.get(page.url).content.decode()

    def test_what_is_missing_is_said_of_touched_fields_alone(self, open_page):
        page = open_page("unit").type(principal="", bank_name="", touched=["principal"])
        assert page.send().json()["notes"] == {"principal": [["hint", "请填写负责人。"]]}

    def test_what_cannot_be_saved_is_said_in_the_servers_words(self, open_page, draft):
        page = open_page("studio").type(
            studio_area="一百", studio_location="新址", members__0__name="名" * 51
        )
        notes = page.send().json()["notes"]
        assert notes["studio_area"] == [["error", "请只填写数字，例如 85.5。"]]
        assert notes["members-0-name"] == [["error", "最多 50 字，现有 51 字，请删减后保存。"]]
        assert stored(draft).studio_location == "新址"

    def test_a_new_row_gets_its_key_and_is_not_saved_twice(self, open_page, draft):
        page = open_page("awards").type(other__count=1, other__0__name="新奖")
        first, again = page.send().json(), page.send().json()
        award = draft.awards.get(level="OTHER")
        assert first["rows"]["other-0"] == again["rows"]["other-0"] == award.pk
        notes = first["notes"]["other-0"]
        assert ["hint", "其它获奖情况第 1 行：请指明佐证材料。"] in notes

    def test_the_next_save_goes_on_from_the_answer(self, open_page, draft):
        page = open_page("unit")
        for name in ("甲某", "乙某"):
            answer = page.type(principal=name).send().json()
            page.typed["loaded"] = json.dumps(answer["loaded"])
        assert stored(draft).principal == "乙某"

    def test_what_others_changed_comes_with_the_answer(self, open_page, draft):
        mine, theirs = open_page("studio"), open_page("studio")
        theirs.type(studio_area="90.5 平方米", members__count=2, members__1__name="新成员").send()
        answer = mine.type(studio_location="新址").send().json()
        text, digest = answer["elsewhere"]["studio_area"]
        assert (text, digest) == ("90.5", answer["loaded"]["studio_area"])
        assert answer["elsewhere"]["members"] is None
        assert draft.members.count() == 2

    def test_a_conflict_saves_nothing_yet(self, open_page, draft):
        mine, theirs = open_page("unit"), open_page("unit")
        theirs.type(principal="先存某").send()
        answer = mine.type(principal="后存某", fax="027-83919000").send().json()
        assert answer == {"conflicts": ["principal"]}
        assert stored(draft).principal == "先存某"
        assert stored(draft).fax == ""

    def test_a_submitted_application_says_so(self, open_page, draft):
        page = open_page("unit").type(principal="太迟某")
        Application.objects.filter(pk=draft.pk).update(stage=Stage.RECOMMENDING, number="N")
        assert page.send().json() == {"closed": True}

    @pytest.mark.parametrize("members", [1, 30])
    def test_it_costs_the_same_with_many_rows(
        self, open_page, draft, members, django_assert_num_queries
    ):
        for number in range(members - 1):
            draft.members.create(name=f"成员{number}", position=number + 1)
        page = open_page("studio").type(studio_location="新址")
        # session, user; savepoint, application, members, update, savepoint; then the state of the
        # whole form: application, awards, members, evidence, requirements
        with django_assert_num_queries(12):
            page.send()


@pytest.mark.django_db
class TestExpired:
    def send(self, client, draft, user, **typed):
        client.force_login(user)
        page = Page(client, draft, "unit")
        page.type(**{"editor": client.get(page.url).context["editor"], **typed})
        client.logout()
        return page.url, page.send("continue")

    def log_in(self, client, answer, user):
        return client.post(answer.url, {"login": user.email, "password": PASSWORD})

    def test_what_was_typed_is_saved_after_the_login(self, client, draft, people):
        url, answer = self.send(client, draft, people.applicant, principal="过期某")
        assert answer.url == f"{reverse('account_login')}?next={url}"
        assert "登录已过期" in client.get(answer.url).content.decode()
        assert stored(draft).principal == "负责某"
        assert self.log_in(client, answer, people.applicant).url == url
        assert client.get(url).url.endswith("/edit/lead/#fields")
        assert stored(draft).principal == "过期某"
        assert client.get(url).status_code == 200  # once

    def test_what_is_wrong_in_it_is_shown(self, client, draft, people):
        url, answer = self.send(client, draft, people.applicant, unit_name="厂" * 101)
        self.log_in(client, answer, people.applicant)
        assert "最多 100 字，现有 101 字" in client.get(url).content.decode()

    def test_nobody_else_gets_it(self, client, draft, people):
        url, answer = self.send(client, draft, people.applicant, principal="过期某")
        colleague = make_user(Role.APPLICANT, applying_unit=draft.applying_unit)
        self.log_in(client, answer, colleague)
        assert "过期某" not in client.get(url).content.decode()
        assert stored(draft).principal == "负责某"

    def test_it_is_kept_encrypted_for_an_hour(self, client, draft, people):
        _, answer = self.send(client, draft, people.applicant, principal="过期某")
        assert client.session["kept_page"].startswith("sm4:")
        assert client.session.get_expiry_age() <= 3600
        self.log_in(client, answer, people.applicant)
        assert client.session.get_expire_at_browser_close()

    @pytest.mark.parametrize("editor", ["", "1", "1:x"])
    def test_strangers_store_nothing(self, client, draft, people, editor):
        self.send(client, draft, people.applicant, editor=editor)
        assert "kept_page" not in client.session

    def test_a_flood_is_not_kept(self, client, draft, people):
        self.send(client, draft, people.applicant, principal="字" * 300_000)
        assert "kept_page" not in client.session

    def test_a_script_is_told_plainly(self, client, draft):
        url = reverse("applications:section", args=[draft.pk, "unit"])
        answer = client.post(url, {}, headers={"X-Requested-With": "autosave"})
        assert answer.status_code == 401


def address(draft, key):
    return reverse("applications:section", args=[draft.pk, key])


def says(page, text):
    page.locator("[data-save-state]", has_text=text).wait_for()


@pytest.mark.django_db(transaction=True)
class TestBrowser:
    @pytest.fixture
    def at(self, page, people, draft):
        """Open a section as the applicant."""
        log_in(page, people.applicant)

        def go(key):
            page.goto(address(draft, key))
            return page

        return go

    def test_a_dropped_connection_loses_nothing(self, at, draft):
        page = at("unit")
        page.fill("#id_principal", "在线某")
        says(page, "已保存")
        page.context.set_offline(True)
        page.fill("#id_principal", "断线某")
        page.fill("#id_postcode", "43")
        says(page, "网络不通")
        assert_accessible(page)
        assert stored(draft).principal == "在线某"
        page.context.set_offline(False)
        says(page, "已保存")
        assert stored(draft).principal == "断线某"
        # What is wrong in a field is said once it is left.
        assert not page.get_by_text("邮政编码应为 6 位数字。").is_visible()
        page.focus("#id_principal")
        page.get_by_text("邮政编码应为 6 位数字。").wait_for()
        assert page.evaluate("localStorage.length") == 0

    def test_a_change_after_the_stamp_is_told_to_leave_something_to_do(self, at, draft, people):
        stamp(draft, people.applicant)
        page = at("unit")
        page.fill("#id_principal", "改动某")
        says(page, "这一部分已填写完整，全部还差 1 项")
        page.fill("#id_principal", draft.principal)
        page.locator("[data-save-state]", has_not_text="全部还差").wait_for()

    def test_numbers_stay_with_their_window(self, at, draft):
        page = at("lead")
        page.context.set_offline(True)
        page.fill("#id_lead_id_number", "42010219800512017")
        page.fill("#id_lead_post", "断线班长")
        says(page, "网络不通")
        kept = "Object.values({}).join()"
        assert "断线班长" in page.evaluate(kept.format("localStorage"))
        assert "42010219800512017" not in page.evaluate(kept.format("localStorage"))
        assert "42010219800512017" in page.evaluate(kept.format("sessionStorage"))
        page.context.set_offline(False)
        page.reload()
        # Saved by now, by the page before or by this one: either leaves nothing behind.
        wait_until(page, "localStorage.length + sessionStorage.length === 0")
        assert stored(draft).lead_id_number == "42010219800512017"
        assert stored(draft).lead_post == "断线班长"

    def test_a_window_closed_offline_gives_back_what_was_typed(self, at, draft):
        page = at("studio")
        page.context.set_offline(True)
        page.fill("#id_studio_status", "断线时写的\n两行")
        page.get_by_role("button", name="增加一行").click()
        page.fill("#id_members-1-name", "断线成员")
        says(page, "网络不通")
        page.close()
        context = page.context
        context.set_offline(False)
        page = context.new_page()
        page.goto(address(draft, "studio"))
        says(page, "已保存")
        assert page.input_value("#id_members-1-name") == "断线成员"
        assert stored(draft).studio_status == "断线时写的\n两行"
        assert [member.name for member in draft.members.all()] == ["成员某", "断线成员"]
        page.fill("#id_members-1-occupation", "焊工")
        page.locator("#id_studio_location").focus()
        says(page, "已保存")
        wait_until(page, "localStorage.length === 0")
        assert draft.members.count() == 2

    def test_rows_given_back_name_no_proof_that_is_gone(self, at, draft, people):
        page = at("awards")
        page.locator("#provincial summary").click()
        page.context.set_offline(True)
        page.fill("#id_provincial-0-name", "断线奖")
        says(page, "网络不通")
        page.close()
        old = draft.awards.get().evidence
        new = evidence_files.replace(old, pdf_file("清晰.pdf", pages=2), people.applicant)
        page.context.set_offline(False)
        page = page.context.new_page()
        page.goto(address(draft, "awards"))
        page.wait_for_selector("[data-save-state]:has-text('别处')")
        assert page.input_value("#id_provincial-0-name") == "断线奖"
        assert page.input_value("#id_provincial-0-evidence_id") == str(new.pk)

    def test_an_expired_session_loses_nothing(self, at, draft, people):
        page = at("lead")
        page.context.clear_cookies()
        page.fill("#id_lead_position", "过期时写的职务")
        says(page, "登录已过期")
        page.get_by_role("link", name="重新登录").click()
        page.fill("#id_login", people.applicant.email)
        page.fill("#id_password", PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/edit/lead/")
        says(page, "已保存")
        assert page.input_value("#id_lead_position") == "过期时写的职务"
        assert stored(draft).lead_position == "过期时写的职务"

    def test_an_answer_that_got_lost_is_no_conflict_with_oneself(self, at, draft):
        page = at("studio")
        is_lost = [True]

        def lose(route):
            if route.request.method == "POST" and is_lost:
                route.fetch()
                route.abort()
            else:
                route.continue_()

        page.route("**/edit/studio/", lose)
        page.fill("#id_studio_location", "甲")
        page.get_by_role("button", name="增加一行").click()
        page.fill("#id_members-1-name", "新成员")
        says(page, "网络不通")
        page.fill("#id_studio_location", "甲乙")
        is_lost.clear()
        says(page, "已保存")
        wait_until(page, "localStorage.length === 0")
        assert stored(draft).studio_location == "甲乙"
        assert draft.members.count() == 2

        is_lost.append(True)
        page.fill("#id_studio_location", "丙")
        says(page, "网络不通")
        page.fill("#id_studio_location", "丙丁")
        is_lost.clear()
        page.reload()
        says(page, "已保存")
        assert stored(draft).studio_location == "丙丁"

    def test_words_are_saved_once_they_are_composed(self, at, draft):
        page = at("unit")
        keyboard = page.context.new_cdp_session(page)
        page.fill("#id_principal", "")
        says(page, "已保存")
        page.focus("#id_principal")
        for text in ("zhong", "zhonghua"):
            caret = len(text)
            keyboard.send(
                "Input.imeSetComposition",
                {"text": text, "selectionStart": caret, "selectionEnd": caret},
            )
            page.wait_for_timeout(1200)
        assert stored(draft).principal == ""
        keyboard.send("Input.insertText", {"text": "中华"})
        wait_until(page, "localStorage.length === 0")
        assert stored(draft).principal == "中华"

    def test_somebody_else_at_the_same_browser_sends_nothing(self, at, draft, people):
        page = at("unit")
        colleague = make_user(Role.APPLICANT, applying_unit=draft.applying_unit)
        other = page.context.new_page()

        def log_in_again(user):
            other.context.clear_cookies()
            other.goto(reverse("account_login"))
            other.fill("#id_login", user.email)
            other.fill("#id_password", PASSWORD)
            other.get_by_role("main").get_by_role("button", name="登录").click()
            other.wait_for_url(re.compile("/$"))

        log_in_again(people.applicant)
        page.fill("#id_principal", "本人某")
        says(page, "已保存")
        assert stored(draft).principal == "本人某"
        log_in_again(colleague)
        page.fill("#id_principal", "仍是本人")
        says(page, "已换成别的账号登录")
        assert stored(draft).principal == "本人某"
        other.goto(address(draft, "unit"))
        assert other.input_value("#id_principal") == "本人某"

    def test_two_windows_choose_field_by_field(self, at, draft):
        mine = at("unit")
        theirs = mine.context.new_page()
        theirs.goto(address(draft, "unit"))
        theirs.fill("#id_principal", "他某")
        theirs.fill("#id_contact_name", "他联某")
        wait_until(theirs, "localStorage.length === 0")
        mine.fill("#id_principal", "我某")
        mine.fill("#id_contact_name", "我联某")
        mine.fill("#id_fax", "027-83919000")
        mine.get_by_role("button", name="比较并选择").click()
        mine.get_by_role("heading", name="有 2 处").wait_for()
        assert_accessible(mine)
        mine.locator("#conflict_principal").get_by_label("您填写的").check()
        mine.locator("#conflict_contact_name").get_by_label("保存的").check()
        mine.get_by_role("button", name="保存草稿").click()
        mine.get_by_text("“申报单位”已保存。").wait_for()
        after = stored(draft)
        assert (after.principal, after.contact_name) == ("我某", "他联某")
        assert after.fax == "027-83919000"
        assert mine.input_value("#id_contact_name") == "他联某"
        assert mine.evaluate("localStorage.length") == 0

    def test_leaving_at_once_saves_first_and_logging_out_forgets(self, at, draft, people):
        page = at("unit")
        page.locator("#id_principal").fill("走前某")
        page.get_by_role("link", name="领办人（技能大师）").click()
        page.wait_for_url("**/edit/lead/")
        assert stored(draft).principal == "走前某"
        page.fill("#id_lead_post", "长" * 51)
        says(page, "需要改正")
        assert page.evaluate("localStorage.length") == 1
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("details.account-menu summary").click()
        page.get_by_role("button", name="退出登录").click()
        page.wait_for_url(re.compile("/$"))
        assert page.evaluate("localStorage.length") == 0

    def test_characters_are_counted_as_the_server_counts_them(self, at):
        page = at("achievements")
        area, counter = page.locator("#id_main_results"), page.locator("#id_main_results + .limit")
        for text, used in [
            ("𬱖㛃", 2),
            (" 一\r\n二\n ", 3),
            ("空\u202e白\x07字\ufeff", 3),
            ("\u3000全角\u3000", 2),
            ("👩‍🔧", 3),
        ]:
            area.evaluate("(area, text) => { area.value = text; }", text)
            area.dispatch_event("input")
            assert counter.text_content() == f"还可填 {1000 - used} 字", text
        area.fill("字" * 1001)
        sentence = "最多 1000 字，现有 1001 字，请删减后保存。"
        assert counter.text_content() == sentence
        says(page, "有 1 处需要改正")
        page.focus("#id_achievements")
        page.locator("#note_main_results", has_text=sentence).wait_for(state="attached")

    def test_without_scripts_everything_is_filled_in_and_saved(self, browser, at, draft):
        cookies = at("unit").context.cookies()
        context = browser.new_context(
            base_url=at("unit").evaluate("location.origin"), java_script_enabled=False
        )
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(address(draft, "unit"))
        page.fill("#id_principal", "无脚本某")
        page.get_by_role("button", name="保存并继续").click()
        page.get_by_text("“申报单位”已保存。").wait_for()
        assert stored(draft).principal == "无脚本某"
        page.goto(address(draft, "achievements"))
        assert page.get_by_text("最多 1000 字").is_visible()
        context.close()
