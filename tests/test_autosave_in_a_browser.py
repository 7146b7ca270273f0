"""Every page that saves while somebody types, against every answer that it may get, and none.

Each says what became of the words, loses none of them, and goes on as soon as it can
(static/js/autosave.js).
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications.models import Application
from applications.stages import Stage
from review.inspection.models import Inspection, Item
from review.scoring.models import ScoreSheet
from review.shared.attachments import Attachment
from tests.browser import log_in
from tests.factories import image_file, make_application, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)

# What the server, or what stands between, may answer besides; None is a lost connection.
PASSES = {
    None: "网络不通",
    200: "系统暂时没有应答",  # a page of what stands between, say the login of a hotel's network
    409: "系统暂时没有应答",
    429: "系统暂时没有应答",
    500: "系统暂时没有应答",
    502: "系统暂时没有应答",
    503: "系统暂时没有应答",
}
REFUSES = {
    400: "没有保存：系统没有接受",
    403: "没有保存：系统没有接受",
    405: "没有保存：系统没有接受",
    404: "没有保存：这",  # and each page's own reason
}


@dataclass
class Saving:
    """A page that saves: `answer` is given to what it sends, until it is set to "server"."""

    page: Any
    field: str
    line: Any
    model: Any
    column: str
    keeps: bool
    answer: Any = "server"
    sent: int = 0

    def route(self, route):
        if route.request.method != "POST":
            route.fallback()
            return
        self.sent += 1
        if self.answer == "server":
            route.continue_()
        elif self.answer is None:
            route.abort()
        else:
            route.fulfill(status=self.answer, content_type="text/html", body="<p>…</p>")

    def type(self, text):
        self.page.fill(self.field, text)
        self.page.dispatch_event(self.field, "change")

    def says(self, sentence):
        expect(self.line).to_contain_text(sentence)

    def happens(self, event):
        self.page.evaluate(f"dispatchEvent(new Event('{event}'))")

    @property
    def typed(self):
        return self.page.input_value(self.field)

    @property
    def stored(self):
        return self.model.objects.values_list(self.column, flat=True).first()


@pytest.fixture(params=["form", "sheet", "record"])
def saving(request, page):
    people = make_people(make_round(), experts=2)
    if request.param == "form":
        draft = make_draft(people.panel.round, people.applicant)
        log_in(page, people.applicant)
        address = reverse("applications:section", args=[draft.pk, "lead"])
        line = page.locator("[data-save-state]")
        saving = Saving(page, "#id_lead_position", line, Application, "lead_position", True)
    elif request.param == "sheet":
        application = make_application(Stage.PANEL, people)
        log_in(page, people.expert)
        address = reverse("review:score", args=[application.pk])
        line = page.locator("[data-score-state]")
        saving = Saving(page, "#comment", line, ScoreSheet, "comment", False)
    else:
        application = make_application(Stage.INSPECTING, people)
        log_in(page, people.office)
        address = reverse("review:inspection", args=[application.pk])
        line = page.locator("[data-keep-state]")
        saving = Saving(page, "#id_findings", line, Inspection, "findings", True)
    page.goto(address)
    saving.says("自动保存")
    page.route(re.compile(f"{address}$"), saving.route)
    return saving


def test_what_passes_is_sent_again_by_itself(saving):
    for saving.answer, sentence in PASSES.items():
        text = f"写于 {saving.answer}"
        saving.type(text)
        saving.says(sentence)
        saving.says("未保存。")
        assert saving.typed == text
        assert saving.stored != text
        saving.answer = "server"
        saving.happens("online")
        saving.says("已保存")
        assert saving.stored == text
    # Nor does anybody have to know that the line is there again.
    saving.answer = 502
    saving.type("等两秒")
    saving.says("系统暂时没有应答")
    saving.answer = "server"
    saving.says("已保存")
    assert saving.stored == "等两秒"


def test_what_the_user_can_mend_is_sent_after_it_is_mended(saving):
    page = saving.page
    saving.answer = 401
    saving.type("登录过期时写的")
    saving.says("登录已过期，未保存。")
    expect(saving.line.get_by_role("link", name="重新登录")).to_be_visible()
    saving.answer = "server"
    saving.happens("focus")
    saving.says("已保存")
    assert saving.stored == "登录过期时写的"

    saving.answer = 413
    saving.type("太长的话")
    saving.says("没有保存：填写的内容太多，请删减后再保存。")
    assert saving.typed == "太长的话"
    sent = saving.sent
    saving.happens("online")
    page.wait_for_timeout(300)
    assert saving.sent == sent
    saving.answer = "server"
    saving.type("短话")
    saving.says("已保存")
    assert saving.stored == "短话"

    # A token that a login elsewhere has made void is renewed, unless the server cannot say.
    token = page.locator("[name=csrfmiddlewaretoken]").first
    token.evaluate("(field) => { field.value = 'x'.repeat(64); }")
    saving.type("换过令牌")
    saving.says("已保存")
    expect(token).not_to_have_value("x" * 64)
    saving.answer = 403
    down = re.compile(f"{re.escape(page.url)}$")
    page.route(down, lambda route: answer_reads(route, 502))
    saving.type("服务器重启")
    saving.says("系统暂时没有应答，未保存。")
    page.unroute(down)
    page.route(down, saving.route)
    saving.answer = "server"
    saving.happens("online")
    saving.says("已保存")
    assert saving.stored == "服务器重启"


def answer_reads(route, status):
    if route.request.method == "GET":
        route.fulfill(status=status, content_type="text/html", body="<p>…</p>")
    else:
        route.fallback()


def test_what_is_refused_is_told_and_not_sent_again(saving):
    page = saving.page
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    for saving.answer, sentence in REFUSES.items():
        text = f"写于 {saving.answer}"
        saving.type(text)
        saving.says(sentence)
        saving.says("复制留存")
        sent = saving.sent
        saving.type(f"{text}，接着写")
        saving.happens("online")
        saving.happens("focus")
        page.wait_for_timeout(300)
        assert saving.sent == sent
        assert saving.typed == f"{text}，接着写"
        # The page is loaded again: what was typed is there and saved, or leaving has asked first.
        saving.answer = "server"
        page.reload()
        if saving.keeps:
            saving.says("已保存")
            assert saving.stored == saving.typed == f"{text}，接着写"
        else:
            assert questions.pop() == "beforeunload"


def test_a_photo_that_is_not_taken_holds_up_no_other(page):
    people = make_people(make_round())
    application = make_application(Stage.INSPECTING, people)
    log_in(page, people.office)
    page.goto(reverse("review:inspection", args=[application.pk]))
    answers = [413, 400]

    def answer(route):
        if answers:
            route.fulfill(status=answers.pop(0), content_type="text/html", body="<p>…</p>")
        else:
            route.continue_()

    page.route("**/inspection/photos/", answer)
    names = ["大.jpg", "怪.jpg", "好.jpg"]
    page.set_input_files(
        f"[name=photo-{Item.OFFICE}][capture]",
        [
            {"name": name, "mimeType": "image/jpeg", "buffer": image_file(name).read()}
            for name in names
        ],
    )
    expect(page.get_by_text("照片太大，服务器没有接收，请压缩后再选择。")).to_be_visible()
    expect(page.get_by_text("服务器没有接收这张照片，请移除后重新选择。")).to_be_visible()
    expect(page.locator("[data-shots] img[src^='/']")).to_have_count(1)
    expect(page.locator("[data-keep-state]")).to_contain_text("有 2 处需要改正")
    names = Attachment.objects.filter(kind="INSPECTION").values_list("original_name", flat=True)
    assert [*names] == ["好.jpg"]
