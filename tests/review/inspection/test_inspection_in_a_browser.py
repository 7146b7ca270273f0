"""The inspector's day on a phone: planned, written without a network, and on the server once."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application
from applications.stages import Stage
from review.inspection.models import Inspection, InspectionSave, Item
from review.shared.attachments import Attachment
from tests.browser import assert_accessible, log_in
from tests.factories import image_file, make_application, make_people, make_round, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def photo(name):
    return {"name": name, "mimeType": "image/jpeg", "buffer": image_file(name).read()}


def take_photos(page, item, *names):
    page.set_input_files(f"[name=photo-{item}][capture]", [photo(name) for name in names])


def state(page):
    return page.locator("[data-keep-state]")


def test_an_inspectors_day(phone, people):
    page = phone
    application = make_application(Stage.INSPECTING, people)
    log_in(page, people.office)

    # The visit is planned.
    page.goto(reverse("review:inspections"))
    page.check(f"[name=application][value='{application.pk}']")
    page.get_by_role("button", name="安排考察").click()
    day = timezone.localdate() + datetime.timedelta(days=30)
    page.fill(f"#id_{application.pk}-visit_at", f"{day}T09:30")
    page.get_by_label(people.expert.name).check()
    assert_accessible(page)
    page.get_by_role("button", name="保存并通知").click()
    expect(page.get_by_text("已安排 1 项考察，已通知申报单位和推荐单位。")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="实地考察：").click()

    # On the spot, weeks before the planned time, there is no network.
    expect(page.get_by_text(f"考察安排在 {day} 09:30。早于该时间考察的")).to_be_visible()
    expect(page.locator("#id_visited_on")).to_have_value("")
    expect(page.locator("#id_inspectors")).to_have_value("组长、办公室")
    assert_accessible(page)
    page.context.set_offline(True)
    page.fill("#id_visited_on", f"{timezone.localdate()}")
    page.fill("#id_early_reason", "经商定提前考察。")
    page.fill("#id_unit_representative", "领办某")
    for item in Item:
        page.check(f"[name=result-{item}][value=MET]")
    page.fill(f"[name=finding-{Item.OFFICE}]", "挂牌\n完好")
    take_photos(page, Item.OFFICE, "门牌.jpg", "全景.jpg")
    take_photos(page, Item.FIELD, "场地.jpg")
    page.fill("#id_findings", "三室一场齐备。")
    page.check("#id_passed_0")
    expect(state(page)).to_contain_text("仅在本机，待上传 16 项（文字 13 处，照片 3 张）")
    expect(page.get_by_role("button", name="重试")).to_be_visible()
    assert not Inspection.objects.exists()

    # The tab is closed, and opened again once the network is back: everything is there.
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reverse("review:inspection", args=[application.pk]))
    expect(state(page)).to_contain_text("已保存到服务器")
    expect(page.locator("[data-shots] img[src^='/']")).to_have_count(3)
    expect(page.locator("#id_passed_0")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page)

    # Everything is on the server, once.
    inspection = Inspection.objects.get()
    assert application.events.filter(action="inspection").count() == 1
    assert inspection.items.get(code=Item.OFFICE).finding == "挂牌\n完好"
    names = Attachment.objects.filter(kind="INSPECTION").values_list("original_name", flat=True)
    assert sorted(names) == sorted(["门牌.jpg", "全景.jpg", "场地.jpg"])

    page.get_by_role("button", name="完成考察记录").click()
    expect(page.get_by_text("实地考察记录已完成，请办理考察结论。")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.goto(f"/review/{application.pk}/?decide=pass_inspection#decision")
    page.get_by_role("button", name="考察通过", exact=True).click()
    expect(page.get_by_text("已办理“考察通过”")).to_be_visible()
    application = Application.objects.get()
    assert application.stage == Stage.PUBLICITY
    assert application.inspection.passed

    # The record is told in full.
    page.goto(reverse("review:timeline", args=[application.pk]))
    expect(page.get_by_text("考察照片 3 份")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(page)


def test_a_lost_answer_a_colleague_and_logging_out(phone, people):
    page = phone
    application = make_application(Stage.INSPECTING, people)
    log_in(page, people.office)
    page.goto(reverse("review:inspection", args=[application.pk]))

    # The request arrives, its answer does not: sent again, nothing is stored twice.
    lost = []

    def lose(route):
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/inspection/**", lose)
    page.fill(f"[name=finding-{Item.OFFICE}]", "甲")
    expect(state(page)).to_contain_text("仅在本机，待上传")
    take_photos(page, Item.OFFICE, "门牌.jpg")
    for _ in range(3):
        page.wait_for_timeout(300)
        # Where it is there still: what waits is sent again by itself, too.
        page.evaluate("document.querySelector('[data-retry]:not([hidden])')?.click()")
    expect(state(page)).to_contain_text("已保存到服务器", timeout=20_000)
    assert len(lost) == 2
    assert (
        Attachment.objects.filter(kind="INSPECTION").count()
        == InspectionSave.objects.filter(parts__has_key="OFFICE").count()
        == 1
    )

    # A colleague wrote the same item meanwhile: the last words stand, and both are told.
    other = page.context.browser.new_context(base_url=page.evaluate("location.origin"))
    colleague = other.new_page()
    log_in(colleague, make_user("OFFICE", "同事"))
    colleague.goto(reverse("review:inspection", args=[application.pk]))
    colleague.fill(f"[name=finding-{Item.OFFICE}]", "乙")
    expect(state(colleague)).to_contain_text("已保存到服务器")
    other.close()
    page.fill(f"[name=finding-{Item.OFFICE}]", "丙")
    expect(page.get_by_text("刚才由同事")).to_contain_text("原内容：乙")

    # Logging out asks first, and then forgets.
    page.context.set_offline(True)
    page.fill(f"[name=finding-{Item.OFFICE}]", "丁")
    take_photos(page, Item.FIELD, "场地.jpg")
    expect(state(page)).to_contain_text("待上传 2 项")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.locator(".account-menu summary").click()
    page.unroute_all()
    page.route("**/inspection/**", lambda route: route.abort())
    page.context.set_offline(False)
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(lambda url: "inspection" not in url)
    assert "有 2 项考察内容仅在本机" in asked[0]
    assert page.evaluate("Object.keys(localStorage).length") == 0
    count = """new Promise((done) => {
      const request = indexedDB.open("inspection", 1);
      request.onsuccess = () => {
        const all = request.result.transaction("photos").objectStore("photos").count();
        all.onsuccess = () => done(all.result);
      };
    })"""
    assert page.evaluate(count) == 0
