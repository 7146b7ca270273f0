"""From a citizen's objection to the letter with the result, in a browser.

Given a running notice of two studios, when a citizen objects with a file and the office accepts,
investigates and answers, then, after the period, the office clears, the bureau approves, the
finance bureau countersigns, the results stand by 姓氏笔画, and the unit downloads its letter.
"""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.stages import Stage
from applications.workflow.table import TRANSITIONS
from review.publicity.models import PublicNotice
from review.publicity.objections.models import Objection
from tests.browser import assert_accessible, log_in
from tests.factories import (
    let_deadlines_pass,
    make_application,
    make_people,
    make_round,
    pdf_file,
)
from tests.review.publicity.test_publicity import make_notice
from tests.test_journey import Visitor, text_of, upload_as_file

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_objection_is_answered_and_the_results_are_published(page, tmp_path):
    people = make_people(make_round())
    wang, ding = (
        make_application(Stage.PUBLICITY, people, lead_name=name) for name in ("王某", "丁某")
    )
    notice = make_notice(people, wang, ding)
    visitor = Visitor(page)

    page.goto("/publicity/")
    assert_accessible(page)
    page.get_by_role("link", name="提出异议").click()
    assert_accessible(page)
    page.get_by_label("反映的项目").select_option(str(wang.pk))
    page.get_by_label("匿名").check()
    visitor.type({"contact": "not-a-number", "text": "其中一项革新由他人完成。"})
    visitor.press("提交异议")
    visitor.reads("请填写能联系到您的电话号码或电子邮箱。")
    visitor.type({"contact": "13812345678"})
    proof = upload_as_file(tmp_path, pdf_file("照片说明.pdf"))
    page.get_by_label("证明材料").set_input_files(proof)
    visitor.press("提交异议")
    visitor.reads("异议已收到，请记下受理号。")
    assert_accessible(page)
    objection = Objection.objects.get()
    status = page.url
    assert objection.number in page.inner_text("main")

    log_in(page, people.office)
    page.goto("/review/publicity/objections/")
    page.get_by_role("link", name="王某技能大师工作室").click()
    visitor.reads("匿名")
    assert page.get_by_role("link", name="照片说明.pdf").is_visible()
    assert_accessible(page)
    page.get_by_label("受理", exact=True).check()
    visitor.press("保存")
    visitor.reads("已受理")
    visitor.type({"investigators": "调查甲、调查乙", "text": "走访班组，核对原始记录。"})
    visitor.press("保存")
    page.get_by_label("不成立").check()
    visitor.type({"answer": "经查，该项革新确由领办人主持完成。"})
    visitor.press("保存")
    visitor.reads("已答复")

    page.context.clear_cookies()
    page.goto(status)
    visitor.reads("经查，该项革新确由领办人主持完成。")
    assert "走访班组" not in page.inner_text("main")

    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    PublicNotice.objects.update(starts_on=yesterday, ends_on=yesterday)
    page.goto(notice.get_absolute_url())
    visitor.reads("不再接受异议")

    log_in(page, people.office)
    for application in (wang, ding):
        visitor.decide(application, TRANSITIONS["clear"])
    proof = text_of(visitor.saved_file(reverse("documents:publicity_proof", args=[notice.pk])))
    assert "收到异议1件，均经核实不成立。" in proof

    log_in(page, people.bureau)
    page.goto("/review/approval/")
    visitor.reads("不成立 1 件")
    assert_accessible(page)
    for application in (wang, ding):
        visitor.decide(application, TRANSITIONS["approve"], text="同意。", signatory="局长某")
    log_in(page, people.finance)
    page.goto("/review/approval/")
    visitor.reads("同意。")
    for application in (wang, ding):
        visitor.decide(application, TRANSITIONS["countersign"], text="同意。", signatory="处长某")

    log_in(page, people.office)
    page.goto("/review/publicity/")
    page.get_by_role("link", name="查看公布前还须完成的事项").click()
    visitor.reads("截止后才能结束本批次和公布结果")
    assert_accessible(page)
    let_deadlines_pass(wang.round)
    page.goto("/review/publicity/")
    page.get_by_role("link", name="核对并公布").click()
    assert_accessible(page)
    visitor.type(
        {"document_number": "武人社发〔2026〕9号", "document_date": f"{timezone.localdate()}"}
    )
    visitor.press("公布结果")
    visitor.reads("结果已公布，共入选 2 项。")

    page.context.clear_cookies()
    page.goto(f"/results/{wang.round_id}/")
    assert re.findall("丁某|王某", page.inner_text("main")) == ["丁某", "王某"]
    assert_accessible(page)

    log_in(page, people.applicant)
    page.goto(f"/applications/{wang.pk}/")
    link = page.get_by_role("link", name="评选结果通知书 PDF")
    letter = text_of(visitor.saved_file(link.get_attribute("href")))
    assert "入选通知书" in letter
    assert "武人社发〔2026〕9号" in letter
    assert Application.objects.filter(stage=Stage.AWARDED).count() == 2
