"""修改说明: answers to the remarks of a return."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.models import Application, Remark
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round, make_user, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(client, people):
    client.force_login(people.applicant)
    application = make_application(Stage.RECOMMENDING, people)
    remarks = [
        {"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"},
        {"section": "evidence", "field": "PHOTOS", "text": "照片不清楚。"},
    ]
    return take(application, "return", people, remarks=remarks)


def url(application, name="answers"):
    return reverse(f"applications:{name}", args=[application.pk])


def typed(application, *answers, loaded=("", "")):
    """What the page sends: each answer, and what it was when the page was made."""
    data = {}
    for remark, answer, before in zip(application.remarks.all(), answers, loaded, strict=True):
        data |= {f"answer-{remark.pk}": answer, f"initial-answer-{remark.pk}": before}
    return data


def stored(application):
    return list(application.remarks.values_list("answer", flat=True))


def test_answers_are_saved_before_anything_is_submitted(client, application):
    page = client.get(url(application)).content.decode()
    assert "岗位请写到班组。" in page
    assert "佐证材料，技能大师工作室三室一场现场照片" in page
    answer = client.post(url(application), typed(application, "已改。\r\n见第 2 行。", ""))
    assert answer.url == url(application, "overview")
    assert stored(application) == ["已改。\n见第 2 行。", ""]
    overview = client.get(answer.url).content.decode()
    assert "修改说明：已改。" in overview
    assert Application.objects.get().edited_by == application.edited_by


def test_too_long_an_answer_is_refused_and_kept(client, application):
    response = client.post(url(application), typed(application, "字" * 501, "已重拍。"))
    page = response.content.decode()
    assert "最多 500 字，现有 501 字" in page
    assert "已重拍。" in page
    assert stored(application) == ["", ""]


def test_a_colleagues_answer_is_not_overwritten_unseen(client, application, people):
    stale = typed(application, "我的说明。", "")
    colleague = make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
    client.force_login(colleague)
    client.post(url(application), typed(application, "同事的说明。", "照片已重拍。"))
    client.force_login(people.applicant)
    response = client.post(url(application), stale)
    page = response.content.decode()
    assert "刚刚在别处改成了“同事的说明。”" in page
    assert "我的说明。" in page
    assert stored(application) == ["同事的说明。", "照片已重拍。"]
    # What that page sends has seen it; the other answer, never touched here, stays.
    again = typed(application, "我的说明。", "", loaded=("同事的说明。", ""))
    assert client.post(url(application), again).status_code == 302
    assert stored(application) == ["我的说明。", "照片已重拍。"]


def test_the_refused_page_carries_what_it_showed(client, application):
    Remark.objects.filter(section="lead").update(answer="同事的说明。")
    page = client.post(url(application), typed(application, "我的说明。", "")).content.decode()
    remark = application.remarks.get(section="lead")
    field = page.split(f'name="initial-answer-{remark.pk}"')[1].split(">")[0]
    assert 'value="同事的说明。"' in field


def test_after_resubmission_nothing_typed_is_lost_nor_saved(client, application, people):
    data = typed(application, "迟到的说明。", "")
    take(application, "submit", people)
    page = client.post(url(application), data).content.decode()
    assert "没有保存" in page
    assert "迟到的说明。" in page
    assert stored(application) == ["", ""]
    assert client.get(url(application)).url == url(application, "overview")


def test_answers_may_be_mended_after_taking_the_resubmission_back(client, application, people):
    take(take(application, "submit", people), "withdraw", people)
    page = client.get(url(application, "overview")).content.decode()
    assert "上次退回时的修改要求" in page
    assert client.post(url(application), typed(application, "补充说明。", "")).status_code == 302
    assert stored(application) == ["补充说明。", ""]


def test_an_application_that_was_never_returned_has_nothing_to_answer(client, people):
    client.force_login(people.applicant)
    draft = make_application(Stage.DRAFT, people)
    assert client.get(url(draft)).url == url(draft, "overview")
    assert client.post(url(draft), {}).url == url(draft, "overview")


def test_each_remark_is_beside_what_it_asks_for(client, application):
    field = client.get(reverse("applications:section", args=[application.pk, "lead"]))
    assert "退回要求：岗位请写到班组。" in field.content.decode()
    files = client.get(reverse("applications:evidence_section", args=[application.pk]))
    block = files.content.decode().split('id="category-PHOTOS"')[1].split("</section>")[0]
    assert "退回要求：照片不清楚。" in block
    photos = application.remarks.get(section="evidence")
    assert f'name="answer-{photos.pk}"' in files.content.decode()


class TestBesideTheField:
    """An answer in the form of its section, saved, merged and refused like its other fields."""

    @pytest.fixture
    def remark(self, application):
        return application.remarks.get(section="lead")

    @pytest.fixture
    def send(self, client, application, remark):
        address = reverse("applications:section", args=[application.pk, "lead"])
        loaded = client.get(address).context["loaded"]

        def post(answer, **data):
            typed = {"loaded": loaded, f"answer_{remark.pk}": answer, **data}
            headers = {"X-Requested-With": data.pop("by", "")}
            return client.post(address, typed, headers=headers)

        return post

    def test_it_is_saved_with_the_correction(self, send, application):
        answer = send("已写到班组。", lead_post="一班班长", action="continue")
        assert stored(application) == ["已写到班组。", ""]
        assert Application.objects.get().lead_post == "一班班长"
        # The next remark is what the page leads to, then the print that is void by now.
        assert answer.url == reverse("applications:section", args=[application.pk, "evidence"]) + (
            "#category-PHOTOS"
        )
        Remark.objects.update(answer="已改。")
        assert send("", action="continue").url.endswith("/edit/stamp/")
        assert send("", action="submit").url == url(application, "submit")

    def test_a_colleagues_answer_is_chosen_from_and_not_overwritten(self, send, remark):
        Remark.objects.filter(pk=remark.pk).update(answer="同事的说明。")
        name = f"answer_{remark.pk}"
        assert send("我的说明。", by="autosave").json()["conflicts"] == [name]
        page = send("我的说明。", lead_position="新职务", action="draft")
        [choice] = page.context["conflicts"]
        assert (choice.name, choice.text) == (name, "同事的说明。")
        assert Application.objects.get().lead_position == "新职务"
        send("我的说明。", **{f"choice-{name}": choice.digest, "action": "draft"})
        remark.refresh_from_db()
        assert remark.answer == "我的说明。"

    def test_what_a_colleague_answered_alone_comes_into_the_page(self, send, remark):
        Remark.objects.filter(pk=remark.pk).update(answer="同事的说明。")
        answer = send("", by="autosave").json()
        assert answer["elsewhere"][f"answer_{remark.pk}"][0] == "同事的说明。"

    def test_too_long_a_one_is_told_at_its_place(self, send, application, remark):
        page = send("字" * 501, lead_position="新职务")
        [(anchor, sentence)] = page.context["errors"]
        assert anchor == f"id_answer_{remark.pk}"
        assert "现有 501 字" in sentence
        assert Application.objects.get().lead_position == "新职务"
        assert stored(application) == ["", ""]

    def test_one_of_the_evidence_page_comes_back_to_it(self, client, application):
        photos = application.remarks.get(section="evidence")
        data = {f"answer-{photos.pk}": "已重拍。", f"initial-answer-{photos.pk}": ""}
        answer = client.post(url(application), {**data, "section": "evidence"})
        assert answer.url == reverse("applications:section", args=[application.pk, "evidence"])
        assert stored(application) == ["", "已重拍。"]

    def test_one_of_a_whole_section_stands_first(self, client, application, remark):
        Remark.objects.filter(pk=remark.pk).update(section="awards", field="")
        page = client.get(url(application, "overview"))
        address = reverse("applications:section", args=[application.pk, "awards"])
        assert f'href="{address}#id_answer_{remark.pk}"' in page.content.decode()
        assert f'id="id_answer_{remark.pk}"' in client.get(address).content.decode()

    def test_a_refused_one_leaves_the_others_as_they_are(self, client, application, remark):
        Remark.objects.filter(pk=remark.pk).update(answer="原来的说明。")
        photos = application.remarks.get(section="evidence")
        data = {f"answer-{photos.pk}": "字" * 501, f"initial-answer-{photos.pk}": ""}
        page = client.post(url(application), {**data, "section": "evidence"}).content.decode()
        assert "现有 501 字" in page
        assert "原来的说明。</textarea>" in page
        assert f'name="initial-answer-{remark.pk}" value="原来的说明。"' in page
