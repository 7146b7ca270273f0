"""Returned, corrected and compared, in a browser; axe-core finds nothing on the way."""

import pytest
from django.urls import reverse

from applications.models import Application
from applications.stages import Stage
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, make_people, make_round, stamp, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return make_people(make_round())


def test_a_returned_application_is_corrected_and_compared(page, people):
    """Given a return, when the unit corrects, answers and resubmits, then everybody sees what."""
    application = make_application(Stage.RECOMMENDING, people)
    remarks = [
        {"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"},
        {"section": "evidence", "field": "PHOTOS", "text": "照片不清楚。"},
    ]
    take(application, "return", people, remarks=remarks)

    # The unit finds each remark in its list and beside its field, and mends one thing more.
    log_in(page, people.applicant)
    overview = reverse("applications:overview", args=[application.pk])
    page.goto(overview)
    assert_accessible(page)
    page.get_by_role("link", name="领办人（技能大师），岗位").click()
    page.get_by_text("退回要求：岗位请写到班组。").wait_for()
    page.get_by_label("岗位", exact=True).fill("焊接一班班长")
    # It answers beside the field, and mends what nobody asked for.
    page.get_by_label("修改说明（选填）：领办人（技能大师），岗位").fill("已写到班组。")
    assert_accessible(page)
    page.get_by_role("button", name="保存，到下一处").click()
    page.wait_for_url("**/edit/evidence/#category-PHOTOS")
    assert_accessible(page)
    page.get_by_label("修改说明（选填）：佐证材料").fill("照片清楚，未改。")
    page.get_by_role("button", name="保存说明").click()
    page.get_by_text("修改说明已保存").wait_for()
    page.locator("[data-section=studio]").click()
    page.get_by_label("工作室地点").fill("武汉市虚构路1号5号楼")
    page.get_by_role("button", name="检查并重新提交").click()
    page.wait_for_url("**/submit/")

    # The list of remarks shows its answers, and the submission's page what reviewers will see.
    page.goto(overview)
    assert page.get_by_text("修改说明：已写到班组。").is_visible()
    page.get_by_role("link", name="填写修改说明").first.click()
    page.wait_for_url("**/answers/")
    assert_accessible(page)
    stamp(application, people.applicant)
    page.goto(reverse("applications:submit", args=[application.pk]))
    assert page.get_by_text("其中 1 处不在修改要求之内").is_visible()
    assert_accessible(page)
    # The opinion was given at the print: it is shown, and not asked for again.
    assert page.get_by_text("签署某，").is_visible()
    assert page.get_by_label("签署人").count() == 0
    page.get_by_label("本单位已审核原件").check()
    page.get_by_role("button", name="提交申报").click()
    page.wait_for_url("**/receipt/")
    assert Application.objects.get(pk=application.pk).submissions.count() == 2

    # The recommending unit is led to what changed, and compares the versions.
    log_in(page, people.recommender)
    page.goto(reverse("review:detail", args=[application.pk]))
    page.get_by_role("link", name="修改重报，有").click()
    changed = page.get_by_role("region", name="修改情况")
    assert "已写到班组。" in changed.inner_text()
    assert "岗位 修改 按要求修改" in " ".join(changed.inner_text().split())
    assert "工作室地点 修改 未要求的改动" in " ".join(changed.inner_text().split())
    assert_accessible(page)
    page.get_by_role("link", name="任意两版对比").click()
    page.wait_for_url("**/versions/")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
    assert page.get_by_text("焊接一班班长").is_visible()
    page.get_by_label("到", exact=True).select_option("第 1 版")
    page.get_by_role("button", name="对比").click()
    page.get_by_text("请选择两个不同的版本").wait_for()


def test_a_draft_is_given_up(page, people):
    draft = make_application(Stage.DRAFT, people)
    log_in(page, people.applicant)
    page.goto(reverse("applications:overview", args=[draft.pk]))
    page.get_by_role("link", name="放弃申报").click()
    page.wait_for_url("**/discard/")
    assert_accessible(page)
    page.get_by_role("button", name="确定放弃").click()
    page.wait_for_url(f"**/applications/{draft.pk}/")
    assert page.get_by_text("申报已放弃").is_visible()
    assert_accessible(page)
