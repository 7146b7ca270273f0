"""The pages of a Word import: upload, preview, what was taken, and every way to be told no."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApplyingUnit
from applications.form.drafts import start
from applications.form.word.form_reading import OPENING
from applications.form.word.kept_reading import KeptReading
from applications.models import Application
from applications.workflow.events import IMPORT_WORD, kind_of
from tests.applications.form.word.word_files import TEXTS, docx, notice_form, p, upload
from tests.factories import make_application, make_draft, make_people, make_round, make_user, take

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"applications:{name}", args=args)


@pytest.fixture
def round_():
    return make_round()


@pytest.fixture
def people(round_):
    """Those of a round; the applicant's unit is that of the Word form."""
    people = make_people(round_)
    ApplyingUnit.objects.update(name=TEXTS["unit_name"])
    people.applicant.refresh_from_db()
    return people


@pytest.fixture
def applicant(client, people):
    """The client, logged in as the applicant."""
    client.force_login(people.applicant)
    return client


@pytest.fixture
def draft(round_, people):
    return start(round_, people.applicant)


def send(client, address, data=None, name="申报表.docx"):
    file = upload(docx(notice_form()) if data is None else data, name)
    return client.post(address, {"file": file})


def posted(client, application):
    """Return what the preview sends as it stands."""
    context = client.get(url("word", application.pk)).context
    merge, page = context["merge"], {"reading": context["kept"].mark, "action": "confirm"}
    page["loaded"] = merge.loaded
    for offer in merge.offers:
        page[offer.name] = str(offer.field.value())
        page[f"take-{offer.name}"] = "1" if offer.is_taken else ""
    for row in merge.rows:
        page |= {row.form.add_prefix(name): row.form[name].value() for name in row.form.fields}
        if row.is_taken:
            page[f"{row.form.prefix}-take"] = "1"
    return page


def confirm(client, application, **changes):
    """Send the preview as it stands, but for `changes`."""
    return client.post(url("word", application.pk), posted(client, application) | changes)


class TestUpload:
    def test_a_form_starts_a_draft_with_a_preview_and_nothing_taken(self, applicant, round_):
        response = send(applicant, url("word_start", round_.pk))
        application = Application.objects.get()
        assert response.url == url("word", application.pk)
        assert application.lead_name == ""
        page = applicant.get(response.url).content.decode()
        assert 'value="张明轩"' in page
        assert "高效焊接工法" in page

    def test_what_cannot_be_read_starts_nothing_and_says_why(self, applicant, round_):
        response = send(applicant, url("word_start", round_.pk), b"%PDF-1.7", "申报表.pdf")
        assert "没有读入" in response.content.decode()
        assert not Application.objects.exists()

    def test_no_file_is_told(self, applicant, draft):
        page = applicant.post(url("word_upload", draft.pk, "form")).content.decode()
        assert "请选择 Word 文件。" in page

    def test_what_cannot_be_read_leaves_what_waited(self, applicant, draft):
        send(applicant, url("word_upload", draft.pk, "form"))
        page = send(applicant, url("word_upload", draft.pk, "form"), docx(p("别的")))
        assert "没有在文件中找到申报表" in page.content.decode()
        assert "继续核对" in page.content.decode()
        assert KeptReading.objects.count() == 1

    def test_what_waits_elsewhere_is_told_before_another_file_takes_its_place(
        self, applicant, round_, people, draft
    ):
        make_draft(round_, people.applicant)
        send(applicant, url("word_upload", draft.pk, "form"))
        page = applicant.get(url("word_start", round_.pk)).content.decode()
        assert "“申报表.docx”" in page
        assert f'href="{url("word", draft.pk)}">继续核对' in page

    def test_a_report_is_read_into_its_parts(self, applicant, draft):
        lines = ("一、申报技能大师工作室职业（工种）", "焊工。", "二、计划目标", "三年。")
        report = docx(*map(p, lines))
        send(applicant, url("word_upload", draft.pk, "report"), report, "报告.docx")
        confirm(applicant, draft)
        draft.refresh_from_db()
        assert (draft.report_occupation, draft.report_plan) == ("焊工。", "三年。")

    @pytest.mark.parametrize(("sent", "page"), [("form", "report"), ("report", "form")])
    def test_one_kind_sent_for_the_other_is_read_as_what_it_is(self, applicant, draft, sent, page):
        report = ("一、申报职业（工种）", "焊工。", "二、计划目标", "三年。")
        file = docx(notice_form()) if sent == "form" else docx(*map(p, report))
        response = send(applicant, url("word_upload", draft.pk, page), file)
        assert KeptReading.objects.get().kind == sent
        label = KeptReading.Kind(sent).label
        assert f"这份文件是{label}" in applicant.get(response.url).content.decode()

    def test_what_is_neither_is_opened_but_once(self, applicant, draft, monkeypatch):
        opened, ask = [], OPENING.ask
        monkeypatch.setattr(OPENING, "ask", lambda *asked: opened.append(1) or ask(*asked))
        send(applicant, url("word_upload", draft.pk, "form"), docx(p("会议通知")))
        assert opened == [1]

    def test_no_application_starts_outside_the_time(self, applicant, round_):
        round_.closes_at = timezone.now() - datetime.timedelta(minutes=1)
        round_.save()
        assert send(applicant, url("word_start", round_.pk)).url == url("mine")
        assert not Application.objects.exists()

    def test_a_submitted_application_takes_none(self, applicant, people):
        application = make_application("RECOMMENDING", people)
        response = send(applicant, url("word_upload", application.pk, "form"))
        assert response.url == url("read", application.pk)
        assert not KeptReading.objects.exists()

    def test_any_other_kind_does_not_exist(self, applicant, draft):
        assert applicant.get(url("word_upload", draft.pk, "else")).status_code == 404


class TestPreview:
    def test_what_is_confirmed_stands_in_the_form(self, applicant, draft):
        send(applicant, url("word_upload", draft.pk, "form"))
        response = confirm(applicant, draft)
        assert response.url == url("word_taken", draft.pk)
        draft.refresh_from_db()
        assert (draft.lead_name, draft.lead_birth) == ("张明轩", "1980-05")
        assert draft.awards.count() == 3
        assert kind_of(draft.events.last()) == IMPORT_WORD
        assert not KeptReading.objects.exists()

    def test_a_second_click_is_led_to_what_was_taken(self, applicant, draft):
        send(applicant, url("word_upload", draft.pk, "form"))
        confirm(applicant, draft)
        again = applicant.post(url("word", draft.pk), {"action": "confirm"}, follow=True)
        assert again.redirect_chain[-1][0] == url("word_taken", draft.pk)
        assert "没有可以填入的了" in again.content.decode()
        assert draft.awards.count() == 3

    def test_what_the_draft_has_is_kept_unless_all_of_words_is_chosen(
        self, applicant, round_, people
    ):
        filled = make_draft(round_, people.applicant)
        send(applicant, url("word_upload", filled.pk, "form"))
        kept = applicant.get(url("word", filled.pk)).context
        page = {"action": "use-word", "reading": kept["kept"].mark, "loaded": kept["merge"].loaded}
        merge = applicant.post(url("word", filled.pk), page).context["merge"]
        assert not any(offer.is_taken for offer in kept["merge"].conflicts)
        assert all(offer.is_taken != offer.is_unsure for offer in merge.conflicts)

    def test_a_text_that_is_too_long_comes_back_whole(self, applicant, draft):
        form = notice_form({"studio_facilities": "焊机。" * 300})
        send(applicant, url("word_upload", draft.pk, "form"), docx(form))
        response = confirm(applicant, draft, **{"take-studio_facilities": "1"})
        page = response.content.decode()
        assert "最多 500 字，现有 900 字" in page
        assert "焊机。" * 300 in page
        draft.refresh_from_db()
        assert draft.lead_name == ""

    def test_it_waits_on_the_task_list_until_it_is_confirmed_or_dropped(self, applicant, draft):
        send(applicant, url("word_upload", draft.pk, "form"))
        assert "继续核对" in applicant.get(url("overview", draft.pk)).content.decode()
        drop = {"action": "drop", "reading": KeptReading.objects.get().mark}
        page = applicant.post(url("word", draft.pk), drop, follow=True)
        assert "继续核对" not in page.content.decode()
        assert not KeptReading.objects.exists()
        draft.refresh_from_db()
        assert draft.edited_by is None

    def test_an_older_page_neither_drops_nor_chooses_what_a_newer_file_says(
        self, applicant, round_, people
    ):
        filled = make_draft(round_, people.applicant)
        send(applicant, url("word_upload", filled.pk, "form"))
        older = KeptReading.objects.get().mark
        send(applicant, url("word_upload", filled.pk, "form"))
        dropped = applicant.post(
            url("word", filled.pk), {"action": "drop", "reading": older}, follow=True
        )
        assert "后来这一份读出的内容没有删除" in dropped.content.decode()
        assert KeptReading.objects.exists()
        page = {"action": "use-word", "reading": older, "loaded": "{}"}
        merge = applicant.post(url("word", filled.pk), page).context["merge"]
        assert merge.conflicts
        assert not any(offer.is_taken for offer in merge.conflicts)

    def test_what_was_corrected_and_not_ticked_is_asked_about_once(self, applicant, draft):
        """Without JavaScript nothing ticks it."""
        send(applicant, url("word_upload", draft.pk, "form"))
        typed = {"lead_name": "张明宣", "take-lead_name": ""}
        page = posted(applicant, draft) | typed
        asked = applicant.post(url("word", draft.pk), page)
        assert 'href="#id_lead_name"' in asked.content.decode()
        assert 'value="张明宣"' in asked.content.decode()
        assert 'name="asked"' in asked.content.decode()
        draft.refresh_from_db()
        assert (draft.lead_name, draft.awards.count()) == ("", 0)
        applicant.post(url("word", draft.pk), page | {"asked": "1"})
        draft.refresh_from_db()
        assert (draft.lead_name, draft.awards.count()) == ("", 3)

    def test_submitted_meanwhile_nothing_is_taken_and_what_was_typed_is_there(
        self, applicant, round_, people
    ):
        filled = make_draft(round_, people.applicant)
        send(applicant, url("word_upload", filled.pk, "form"))
        context = applicant.get(url("word", filled.pk)).context
        take(filled, "submit", people)
        page = {
            "action": "confirm",
            "reading": context["kept"].mark,
            "loaded": context["merge"].loaded,
            "lead_post": "改成的岗位",
            "lead_name": "改成的姓名",
            "take-lead_name": "1",
        }
        response = applicant.post(url("word", filled.pk), page)
        text = response.content.decode()
        assert "没有填入：申报已提交" in text
        assert "改成的姓名" in text
        assert "确认，填入勾选的内容" not in text
        filled.refresh_from_db()
        assert filled.lead_name == "龘某"

    def test_a_page_sent_after_the_session_ran_out_is_taken_after_the_login(
        self, applicant, client, draft, people
    ):
        send(applicant, url("word_upload", draft.pk, "form"))
        context = applicant.get(url("word", draft.pk)).context
        client.logout()
        page = {
            "action": "confirm",
            "reading": context["kept"].mark,
            "loaded": context["merge"].loaded,
            "editor": context["editor"],
            "lead_name": "张明轩",
            "take-lead_name": "1",
        }
        assert "login" in client.post(url("word", draft.pk), page).url
        session = client.session
        client.force_login(people.applicant)
        kept = client.session
        kept.update({key: value for key, value in session.items() if key == "kept_page"})
        kept.save()
        client.get(url("word", draft.pk))
        draft.refresh_from_db()
        assert draft.lead_name == "张明轩"

    def test_a_colleague_sees_nothing_of_it(self, applicant, client, draft, people):
        send(applicant, url("word_upload", draft.pk, "form"))
        colleague = make_user(people.applicant.role, applying_unit=people.applicant.applying_unit)
        client.force_login(colleague)
        assert client.get(url("word", draft.pk)).url == url("word_upload", draft.pk, "form")


class TestAnotherPersonsForm:
    @pytest.fixture
    def other(self, applicant, draft):
        """A draft of another lead, for whom 张明轩's form is sent."""
        Application.objects.filter(pk=draft.pk).update(lead_name="李小龙")
        send(applicant, url("word_upload", draft.pk, "form"))
        return draft

    def test_it_is_told_on_top_and_nothing_is_ticked(self, applicant, other):
        page = applicant.get(url("word", other.pk))
        assert "Word 中的领办人“张明轩”与本申报“李小龙”不同。" in page.content.decode()
        merge = page.context["merge"]
        assert merge.offers
        assert merge.rows
        assert not merge.is_ticked

    def test_another_unit_is_told_as_well(self, applicant, draft):
        Application.objects.filter(pk=draft.pk).update(unit_name="别的单位")
        send(applicant, url("word_upload", draft.pk, "form"))
        merge = applicant.get(url("word", draft.pk)).context["merge"]
        assert merge.strangers == [
            f"Word 中的申报单位“{TEXTS['unit_name']}”与本申报“别的单位”不同。"
        ]

    def test_spaces_and_wide_letters_make_no_other_name(self, applicant, draft):
        Application.objects.filter(pk=draft.pk).update(lead_name="张 明　轩")
        send(applicant, url("word_upload", draft.pk, "form"))
        assert applicant.get(url("word", draft.pk)).context["merge"].strangers == []

    def test_who_says_that_it_is_the_same_has_what_is_sure_ticked(self, applicant, other):
        page = posted(applicant, other) | {"action": "tick-sure", "lead_post": "改过的"}
        merge = applicant.post(url("word", other.pk), page).context["merge"]
        assert all(offer.is_taken == offer.is_sure for offer in merge.offers)
        assert all(row.is_taken for row in merge.rows)
        assert not next(offer for offer in merge.offers if offer.name == "lead_name").is_taken


class TestTheRest:
    """What was not ticked waits until the hour that was told."""

    @pytest.fixture
    def doubtful(self, applicant, draft):
        """A draft with a form whose 参加工作时间 has two digits of its year."""
        file = docx(notice_form({"lead_work_start": "02.7"}))
        send(applicant, url("word_upload", draft.pk, "form"), file)
        return draft

    def test_it_is_told_before_and_led_back_to(self, applicant, doubtful):
        before = applicant.get(url("word", doubtful.pk))
        assert "<span>1</span> 处请核对还没有勾选" in before.content.decode()
        until = KeptReading.objects.get().until
        page = applicant.get(confirm(applicant, doubtful).url).content.decode()
        assert "还有 1 处尚未填入，其中请核对 1 处" in page
        assert f'href="{url("word", doubtful.pk)}">继续核对' in page
        assert KeptReading.objects.get().until == until

    def test_only_what_is_left_is_offered_then(self, applicant, doubtful):
        confirm(applicant, doubtful)
        merge = applicant.get(url("word", doubtful.pk)).context["merge"]
        assert [each.anchor for each in merge.undecided] == ["offer-lead_work_start"]
        confirm(applicant, doubtful, **{"take-lead_work_start": "1"})
        doubtful.refresh_from_db()
        assert doubtful.lead_work_start
        assert not KeptReading.objects.exists()

    def test_what_was_corrected_and_taken_is_not_offered_again(self, applicant, doubtful):
        changes = {"lead_name": "张明宣", "provincial-60-project": "改过的工法"}
        confirm(applicant, doubtful, **changes)
        merge = applicant.get(url("word", doubtful.pk)).context["merge"]
        assert [each.anchor for each in merge.undecided] == ["offer-lead_work_start"]
        assert merge.strangers == []
        assert doubtful.awards.filter(project="改过的工法").exists()

    def test_a_second_click_takes_nothing_twice_and_loses_nothing_typed(self, applicant, doubtful):
        page = posted(applicant, doubtful)
        applicant.post(url("word", doubtful.pk), page)
        again = applicant.post(url("word", doubtful.pk), page | {"lead_work_start": "2002-08"})
        text = again.content.decode()
        assert "没有重复填入" in text
        assert 'value="2002-08"' in text
        assert doubtful.awards.count() == 3

    def test_rows_taken_before_stay_when_the_rest_replaces_the_others(self, applicant, doubtful):
        confirm(applicant, doubtful, **{"provincial-61-take": ""})
        taken = doubtful.awards_of("PROVINCIAL")[0]
        page = {"provincial-61-take": "1", "provincial-mode": "replace"}
        confirm(applicant, doubtful, **page)
        doubtful = Application.objects.get(pk=doubtful.pk)
        first, _ = doubtful.awards_of("PROVINCIAL")
        assert first.pk == taken.pk

    def test_it_can_be_given_up_from_an_older_page(self, applicant, doubtful):
        older = KeptReading.objects.get().mark
        confirm(applicant, doubtful)
        drop = {"action": "drop", "reading": older}
        applicant.post(url("word", doubtful.pk), drop)
        assert not KeptReading.objects.exists()


class TestQueries:
    """As many rows as there may be cost no query more."""

    @pytest.fixture(params=[1, 30])
    def many(self, request, applicant, draft):
        award = ["科技奖", "省政府", "一等奖", "1", "主持", "2019"]
        rows = [[f"工法{at}", *award] for at in range(request.param)]
        members = "、".join(f"成员{chr(0x4E00 + at)}" for at in range(request.param))
        form = notice_form({"members": members}, provincial=rows, other=rows)
        send(applicant, url("word_upload", draft.pk, "form"), docx(form))
        return request.param

    def test_of_the_preview(self, applicant, draft, many, django_assert_num_queries):
        with django_assert_num_queries(9):
            page = applicant.get(url("word", draft.pk))
        assert len(page.context["merge"].rows) == 3 * many

    def test_of_taking(self, applicant, draft, many, django_assert_num_queries):
        page = posted(applicant, draft)
        with django_assert_num_queries(34):
            applicant.post(url("word", draft.pk), page)
        assert draft.awards.count() == 2 * many

    def test_of_what_was_taken(self, applicant, draft, many, django_assert_num_queries):
        confirm(applicant, draft, **{"provincial-60-take": ""})
        with django_assert_num_queries(10):
            page = applicant.get(url("word_taken", draft.pk))
        assert len(page.context["rest"].undecided) == many + 1


class TestAfterwards:
    def test_it_says_what_was_taken_what_was_left_and_what_is_missing(
        self, applicant, round_, people
    ):
        filled = make_draft(round_, people.applicant, fax="")
        Application.objects.filter(pk=filled.pk).update(lead_work_start="")
        send(applicant, url("word_upload", filled.pk, "form"))
        ticked = {"take-lead_work_start": "1", "provincial-60-take": "1"}
        page = applicant.get(confirm(applicant, filled, **ticked).url)
        text = page.content.decode()
        assert f'href="{url("section", filled.pk, "lead")}#id_lead_work_start">参加工作时间' in text
        reasons = {why: [what for what, _ in lines] for why, lines in page.context["left"]}
        assert "技能大师姓名" in reasons["保留了本申报已有的内容"]
        assert "请指明佐证材料" in text

    def test_without_an_import_there_is_nothing_to_tell(self, applicant, draft):
        assert applicant.get(url("word_taken", draft.pk)).url == url("overview", draft.pk)
