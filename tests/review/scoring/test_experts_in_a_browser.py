"""An expert's day in a browser, and an expert who is scoring while the leader concludes."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import Application
from applications.stages import Stage
from review.panels.models import Attendance, Recusal
from review.panels.recusals import recuse
from review.scoring.models import ScoreSheet
from tests.browser import assert_accessible, log_in
from tests.factories import make_application, score

pytestmark = pytest.mark.django_db(transaction=True)


def sheet_page(page, application):
    page.goto(reverse("review:score", args=[application.pk]))
    return page.locator("form[data-scores]")


def test_the_experts_day(page, people):
    mine, friends = (
        make_application(Stage.PANEL, people, lead_name=name) for name in ("甲某", "乙某")
    )
    Attendance.objects.all().delete()
    expert = people.panel.experts.exclude(pk=people.expert.pk).first()
    log_in(page, expert)

    # Sign in, declare, pledge.
    page.goto("/")
    page.get_by_role("link", name="到专家组工作台").click()
    page.get_by_role("button", name="签到").click()
    assert_accessible(page)
    own, other = page.locator(".conflicts > li").all()
    own.get_by_label("无利害关系").check()
    other.get_by_label("回避", exact=True).check()
    other.get_by_label("回避理由").fill("与领办人有师徒关系")
    page.get_by_role("button", name="保存申报").click()
    expect(page.get_by_role("status")).to_contain_text("其中 1 项回避")
    page.get_by_label("本人已阅读并承诺遵守").check()
    page.get_by_role("button", name="签署承诺书").click()
    assert Recusal.objects.get().application == friends
    expect(page.get_by_role("region", name="本人评分一览")).not_to_contain_text("乙某")
    assert page.goto(reverse("review:detail", args=[friends.pk])).status == 404

    # Score: what is typed is saved without a button, and there again afterwards.
    form = sheet_page(page, mine)
    assert_accessible(page)
    first, *rest = form.locator("input[type=number]").all()
    first.fill("26.5")
    with page.expect_response(lambda each: "省级一等奖" in (each.request.post_data or "")):
        form.get_by_label("评分依据").first.fill("省级一等奖两项。")
    state = form.locator("[data-score-state]")
    expect(state).to_have_text(re.compile(r"^已保存 \d"))
    expect(form.locator("[data-total]")).to_have_text("26.5")
    form = sheet_page(page, mine)
    first, *rest = form.locator("input[type=number]").all()
    expect(first).to_have_value("26.5")
    expect(form.get_by_label("评分依据").first).to_have_value("省级一等奖两项。")
    rest[0].fill("99")
    rest[1].focus()
    expect(form.get_by_text("请填写 0 至 25 之间的分数")).to_be_visible()
    for field in rest:
        field.fill("10")
    expect(state).to_have_text(re.compile(r"^已保存 [\d:]+$"))
    expect(form.locator("[data-total]")).to_have_text("66.5")

    # Submit: the total is confirmed, then nothing changes any more.
    page.get_by_role("button", name="提交评分…").click()
    page.get_by_role("button", name="确认总分 66.5 分并提交").click()
    expect(page.get_by_role("status")).to_contain_text("评分已提交，总分 66.5")
    expect(page.get_by_role("region", name="本人评分一览")).to_contain_text("已提交")
    page.goto(reverse("review:score", args=[mine.pk]))
    expect(page.locator("form[data-scores]")).to_have_count(0)
    assert ScoreSheet.objects.get(expert=expert).total == 66.5


@pytest.mark.parametrize("scripted", [True, False])
@pytest.mark.parametrize("name", ["review:score", "review:detail"])
def test_a_file_is_marked_once_it_is_asked_for_and_not_before(
    browser, live_server, people, files_asked, name, scripted
):
    application = make_application(Stage.PANEL, people)
    proof = application.evidence.get(category="HONOUR")
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", java_script_enabled=scripted
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    log_in(page, people.expert)
    page.goto(reverse(name, args=[application.pk]))
    page.wait_for_load_state("networkidle")
    if scripted and name == "review:score":
        page.get_by_role("link", name="打开的佐证材料").click()
    page.locator("iframe[name='proof']").scroll_into_view_if_needed()
    expect(page.get_by_text("请从申报表中选择要查看的材料")).to_be_visible()
    page.wait_for_timeout(500)
    assert files_asked == []

    if scripted:
        page.get_by_role("link", name="申报表", exact=True).click()
    link = page.locator("#read-evidence").get_by_role("link", name=proof.original_name)
    link.scroll_into_view_if_needed()
    marked = reverse("documents:marked_evidence", args=[proof.pk])
    with page.expect_response(lambda each: each.url.endswith(marked)) as answer:
        link.click()
    assert answer.value.status == 200
    page.wait_for_timeout(1000)
    # The link leads to the marked copy, which is made once.
    assert files_asked == [proof.get_absolute_url(), marked]
    context.close()


def test_the_leader_concludes_while_an_expert_is_scoring(page, browser, live_server, people):
    application = make_application(Stage.PANEL, people)
    expert = people.panel.experts.exclude(pk=people.expert.pk).first()
    members = list(people.panel.experts.all())
    people.panel.experts.remove(expert)
    score(application, people.panel)
    people.panel.experts.set(members)
    log_in(page, expert)
    form = sheet_page(page, application)
    form.get_by_label("评审意见").fill("写到一半")
    state = form.locator("[data-score-state]")
    expect(state).to_have_text(re.compile("^已保存"))

    context = browser.new_context(base_url=live_server.url, locale="zh-CN")
    leader = context.new_page()
    leader.set_default_timeout(15_000)
    log_in(leader, people.expert)
    address = reverse("review:detail", args=[application.pk])
    # The expert comes first: the leader is told to wait.
    leader.goto(address)
    expect(leader.locator("#decision")).to_contain_text("还有 1 位专家没有提交评分。")
    # Recused, the expert is waited for no more, and the leader comes first.
    recuse(application, expert, "会上提出回避", people.office)
    leader.goto(f"{address}?decide=conclude_for#decision")
    leader.locator("#id_text").fill("建议入选。")
    leader.get_by_role("button", name="建议入选", exact=True).click()
    expect(leader.get_by_role("status")).to_contain_text("现为“实地考察”")
    context.close()
    assert Application.objects.get(pk=application.pk).stage == Stage.INSPECTING

    comment = form.get_by_label("评审意见")
    comment.fill("写到一半，又写了几句")
    expect(state).to_contain_text("没有保存：这项申报已不由您评审。")
    expect(comment).to_have_value("写到一半，又写了几句")
    # On record as it was saved, and not counted.
    sheet = ScoreSheet.objects.get(expert=expert)
    assert (sheet.comment, sheet.submitted_at) == ("写到一半", None)
