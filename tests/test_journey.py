"""One application travels from registration to the published result: a browser, six roles.

Given an open round and the staff's accounts, when an enterprise registers, types 附件2, uploads its
papers and everybody does their part in turn, as `demo.ways` has it, then the studio is on the
public list, and 附件1 and 附件2 say what was typed.
"""

import datetime
import io
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.rounds import PROOFS, EvidenceCategory
from applications.stages import Stage
from applications.trust.encryption import encrypt
from applications.workflow.ledger_codes import Check
from demo.ways import KEEPERS, REPORTER, VISIT, Record, check, way_to
from review.inspection.models import Item
from review.panels.models import Panel
from tests.browser import wait_until
from tests.factories import (
    PASSWORD,
    credit_code,
    id_number,
    image_file,
    let_deadlines_pass,
    make_people,
    make_recommending_unit,
    make_round,
    make_user,
    pdf_file,
)
from tests.leaks import watching

pytestmark = pytest.mark.django_db(transaction=True)

UNIT = "虚构龙鳞精密铸造有限公司"
LEAD = "龘㛃䶮"
CLERK = "clerk@example.invalid"
NEW_PASSWORD = "Forging-Iron-2026"
FIELDS = {
    "unit": {
        "unit_nature": "PRIVATE",
        "principal": "厂长某",
        "principal_phone": "027-83919079",
        "contact_phone": "027-83919075",
        "fax": "027-83919070",
        "postcode": "430014",
        "bank_name": "虚构银行武汉江岸支行",
        "bank_account": "6222 0200 0012 3456 789",
    },
    "lead": {
        "lead_name": LEAD,
        "lead_sex": "1",
        "lead_ethnicity": "15",
        "lead_birth": "1980年5月",
        "lead_work_start": "2002.7",
        "lead_politics": "13",
        "lead_id_number": id_number(),
        "lead_position": "精密铸造车间主任",
        "lead_occupation": "铸造工",
        "lead_skill_level": "5",
        "lead_post": "首席铸造师",
        "lead_condition_basis": "2019年获“武汉工匠”称号。",
    },
    "studio": {
        "studio_occupation": "铸造工（精密铸造）",
        "studio_area": "186.5",
        "studio_location": "武汉市虚构大道8号2号楼",
        "studio_facilities": "=1+1 号熔炼炉，实训工位二十个。",
        "studio_founding_document": "关于设立铸造工作室的通知（虚构〔2021〕6号）",
        "studio_status": "三室一场齐备。",
    },
    "achievements": {
        "achievements": "主持攻克薄壁铸件开裂难题，获发明专利两项。",
        "main_results": "技术革新三十项，创效五百万元。",
    },
    "report": {
        "report_occupation": "铸造工",
        "report_necessity": "行业急需高技能铸造工。",
        "report_lead": "从事铸造二十余年。",
        "report_plan": "三年培养高级工三十名。",
    },
    "talent": {
        "talent_status": "高技能人才占比百分之三十五。",
        "training_fund": "100",
        "training_fund_skilled": "62.5",
        "host_condition_basis": "培养、评价、激励制度完善。",
    },
}
AWARD = {
    "project": "薄壁铸造工法",
    "name": "湖北省技术能手",
    "authority": "湖北省人力资源和社会保障厅",
    "grade": "一等奖",
    "ranking": "1",
    "part": "主持",
    "year": "2018",
}


class Visitor:
    """Somebody at a browser."""

    def __init__(self, page):
        self.page = page
        self.account = None

    def login(self, email, password=PASSWORD):
        self.page.context.clear_cookies()
        self.page.goto("/accounts/login/")
        self.page.fill("#id_login", email)
        self.page.fill("#id_password", password)
        self.press("登录")
        assert not self.page.url.endswith("/login/")
        self.account = email
        assert self.page.get_by_role("heading", level=1).is_visible()

    def type(self, values):
        for name, value in values.items():
            field = self.page.locator(f"[id='id_{name}']")
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def press(self, name):
        """Press a button, and wait for the page that it leads to."""
        button = self.page.get_by_role("main").get_by_role("button", name=name, exact=True)
        button.wait_for()  # the page may still be on its way
        self.page.evaluate("document.documentElement.dataset.left = 'yes'")
        button.click()
        wait_until(
            self.page, "!document.documentElement.dataset.left && document.readyState !== 'loading'"
        )

    def reads(self, text):
        """Wait until the page shows a text."""
        self.page.get_by_role("main").get_by_text(text).first.wait_for()

    def decide(self, application, rule, **typed):
        """Take a decision on the application's page."""
        self.page.goto(f"/review/{application.pk}/?decide={rule.name}#decision")
        self.type(typed)
        self.press(rule.label)
        self.reads("已办理")

    def saved_file(self, address):
        """Fetch a file as this visitor."""
        response = self.page.request.get(address)
        assert response.ok
        return response.body()


def upload_as_file(folder, upload):
    path = Path(folder) / upload.name
    path.write_bytes(upload.read())
    return str(path)


def register(visitor, unit):
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="申报单位注册").click()
    visitor.type(
        {
            "name": UNIT,
            "uscc": credit_code(),
            "nature": "PRIVATE",
            "host_kind": "ENTERPRISE",
            "recommending_unit": str(unit.pk),
            "address": "武汉市虚构大道8号",
            "contact_name": "联系某",
            "contact_mobile": "13800000000",
            "email": CLERK,
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
        }
    )
    visitor.press("注册")
    page.wait_for_url("**/confirm-email/")
    link = re.search(r"https?://\S+/accounts/confirm-email/\S+/", mail.outbox[-1].body)
    page.goto(re.sub(r"^https?://[^/]+", "", link.group()))
    page.get_by_role("main").get_by_role("button").click()
    visitor.login(CLERK, NEW_PASSWORD)


def fill_in(visitor, folder):
    page = visitor.page
    page.goto("/applications/")
    visitor.press("新建申报")
    page.wait_for_url(re.compile(r"/applications/\d+/$"))
    application = Application.objects.get()
    edit = f"/applications/{application.pk}/edit"

    page.goto(f"{edit}/evidence/")
    for category in PROOFS:
        upload = pdf_file(f"{category.label}.pdf", pages=2)
        if category == EvidenceCategory.PHOTOS:
            upload = image_file("现场.jpg")
        page.set_input_files(f"#files-{category.value}", upload_as_file(folder, upload))
        page.get_by_role("link", name=upload.name).wait_for()

    for key, values in FIELDS.items():
        page.goto(f"{edit}/{key}/")
        visitor.type(values)
        if key == "lead":
            page.check("#id_lead_condition_0")
            page.check("#id_lead_is_fit")
        if key == "studio":
            visitor.type({"members-0-name": "成员某", "members-0-occupation": "铸造工"})
            page.select_option("#id_members-0-skill_level", "4")
        visitor.press("保存并继续")
        page.wait_for_url(re.compile(rf"/edit/(?!{key}/)|/applications/\d+/(submit/)?$"))

    page.goto(f"{edit}/awards/")
    visitor.type({f"provincial-0-{name}": value for name, value in AWARD.items()})
    honour = application.evidence.get(category=EvidenceCategory.HONOUR)
    page.locator("#provincial .form-row [data-pick-proof]").first.click()
    page.locator(f".picker [data-choose='{honour.pk}']").click()
    visitor.press("保存草稿")
    visitor.reads("已保存")
    return application


def stamp(visitor, application, folder):
    page = visitor.page
    page.goto(f"/applications/{application.pk}/edit/stamp/")
    assert page.input_value("#id_signatory") == "厂长某"  # the principal
    visitor.type({"text": "材料真实有效，同意申报。"})
    visitor.press("生成打印稿")
    address = page.get_by_role("link", name="打开打印稿 PDF").get_attribute("href")
    printed = text_of(visitor.saved_file(address))
    application.refresh_from_db()
    assert application.number in printed
    assert application.prints.get().fingerprint[:8] in printed
    assert "材料真实有效，同意申报。" in printed
    upload = pdf_file("盖章申报表.pdf", pages=4)
    page.set_input_files("#files-STAMPED", upload_as_file(folder, upload))
    visitor.reads("打印后内容未改动")


def submit(visitor, application):
    page = visitor.page
    page.goto(f"/applications/{application.pk}/submit/")
    visitor.reads("厂长某")
    page.check("#id_truth_declared")
    visitor.press("提交申报")
    page.wait_for_url("**/receipt/")
    application.refresh_from_db()
    visitor.reads(application.number)


def verify(visitor, application, folder):
    """Mark the award and all originals, and fill in the ledger of checks."""
    page = visitor.page
    today = timezone.localdate()
    page.goto(f"/review/{application.pk}/verify/")
    page.get_by_role("button", name="属实").click()
    visitor.reads("已核 1 /")
    page.get_by_role("button", name="全部原件已核").click()
    visitor.reads("已核 12 / 15")
    for number, kind in enumerate((Check.POLICE, Check.VETO, Check.PUBLICITY), start=13):
        page.goto(f"/review/{application.pk}/verify/?item=check-{kind.lower()}")
        visitor.type({name: str(value) for name, value in check(kind, today).items()})
        if kind == Check.PUBLICITY:
            page.set_input_files("#id_upload", upload_as_file(folder, pdf_file("公示照片.pdf")))
        page.get_by_role("button", name="登记", exact=True).click()
        visitor.reads(f"已核 {number} / 15")


def fill_in_list(visitor, application, folder):
    page = visitor.page
    page.goto(f"/review/lists/{application.round_id}/")
    visitor.reads("本次只有一项，推荐排序为 1，不需要排序")
    visitor.type(REPORTER)
    visitor.press("保存填报信息")
    visitor.reads("填报信息已保存")
    page.set_input_files("#id_scan", upload_as_file(folder, pdf_file("盖章附件1.pdf")))
    visitor.press("上传扫描件")
    visitor.reads("盖章扫描件已上传")


def report(visitor, application):
    visitor.page.goto(f"/review/lists/{application.round_id}/")
    visitor.page.get_by_role("link", name="上报…").click()
    visitor.press("确认上报 1 项")
    visitor.reads("已上报 1 项申报")


def judge(visitor, application, folder):
    reveal(visitor, application)
    page = visitor.page
    page.goto(f"/review/{application.pk}/")
    for code in ("lead_level", "lead_condition", "host_1", "host_2", "host_3"):
        page.locator(f"[name={code}-result][value=MET]").check()
    page.select_option("#id_lead_condition-fulfils", "TITLE")
    visitor.press("保存")
    visitor.reads("已保存")


def assign(visitor, application, folder):
    visitor.page.goto(f"/review/{application.pk}/")
    visitor.page.select_option("#id_panel", str(Panel.objects.get().pk))
    visitor.press("保存")


def sit_down(visitor, application, folder):
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="到专家组工作台").click()
    visitor.press("签到")
    visitor.press("声明：与以上 1 项均无利害关系")
    page.check("[name=agreed]")
    visitor.press("签署承诺书")


def score(visitor, application, folder):
    page = visitor.page
    page.goto(f"/review/{application.pk}/score/")
    for criterion in application.round.criteria.all():
        page.fill(f"#points-{criterion.pk}", str(criterion.points - 1))
    page.fill("#comment", "成果突出。")
    visitor.press("提交评分…")
    visitor.press("确认总分 95.0 分并提交")
    visitor.reads("的评分已提交")


def inspect(visitor, application, folder):
    page = visitor.page
    page.goto(f"/review/{application.pk}/inspection/")
    visitor.type({"visited_on": f"{timezone.localdate()}", **VISIT})
    for item in Item:
        page.check(f"[name=result-{item}][value=MET]")
    page.check("#id_passed_0")
    visitor.press("完成考察记录")
    visitor.reads("实地考察记录已完成")


def publish_notice(visitor, application, folder):
    visitor.page.goto(f"/review/rounds/{application.round_id}/publicity/")
    visitor.press("发布公示")
    visitor.reads("已公示 1 项")
    visitor.page.goto("/publicity/")
    visitor.reads(UNIT)


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return re.sub(r"\s", "", text)


def check_annex1(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(row for row in lines if row[0] == "序号")
    assert [re.sub(r"\s", "", label) for label in head[:13]] == [
        "序号",
        "单位",
        "领办人",
        "工种",
        "技能等级",
        "岗位",
        "主要成绩",
        "主要荣誉",
        "工作室成立文件",
        "工作室建设情况",
        "工作室主要成员",
        "工作室地址",
        "单位联系人",
    ]
    row = lines[lines.index(head) + 1]
    assert row[:7] == [
        1,
        UNIT,
        LEAD,
        "铸造工",
        "高级技师",
        "首席铸造师",
        FIELDS["achievements"]["main_results"],
    ]
    assert "2018年" in row[7]
    assert AWARD["name"] in row[7]
    assert row[8] == FIELDS["studio"]["studio_founding_document"]
    assert row[10] == "成员某（铸造工 技师）"
    assert row[11] == FIELDS["studio"]["studio_location"]
    assert row[12].split() == ["联系某", "13800000000"]
    everything = "".join(str(value) for line in lines for value in line if value)
    for remark in (
        "1.主要获奖情况必须与佐证材料一致，按照时间先后顺序罗列，无佐证材料奖项不得填入此表；",
        "2.“单位”填写推荐项目所在工作单位；主要成绩、主要荣誉内容较多可另附页；",
        "3.推荐单位应对推荐建设项目进行排序。",
    ):
        assert remark in everything
    assert "填报某" in everything


def check_annex2(content, number):
    text = text_of(content)
    in_order = [
        "武汉市技能大师工作室",
        UNIT,
        FIELDS["studio"]["studio_occupation"],
        LEAD,
        "申报单位名称",
        "厂长某",
        "技能大师姓名",
        "土家族",
        FIELDS["lead"]["lead_id_number"],
        "=1+1号熔炼炉",
        "省部级获奖情况",
        AWARD["project"],
        "其它获奖情况",
        FIELDS["achievements"]["achievements"],
        "材料真实有效，同意申报。",
        "同意推荐。",
    ]
    position = 0
    for part in in_order:
        found = text.find(re.sub(r"\s", "", part), position)
        assert found >= 0, f"{part} is missing, or out of order"
        position = found
    assert number in text


def check_numbers(watched, application):
    """Nowhere does an ID or a bank number stand that anybody could read."""
    said = watched.everything()
    # It has watched: each of these has something to say.
    for place in ("log", "address", "task", "mail", "session", "table applications_event"):
        assert said[place], place
    bank = FIELDS["unit"]["bank_account"]
    numbers = [FIELDS["lead"]["lead_id_number"], bank, bank.replace(" ", "")]
    assert watched.places_of(*numbers, application.lead_id_number[:14]) == []


@pytest.fixture
def watched(page):
    """All that the portal says and keeps, to look for the ID and the bank number in it."""
    with watching(page) as seen:
        yield seen


def reveal(visitor, application):
    """See the ID number in full, with a reason."""
    visitor.page.goto(f"/review/{application.pk}/#form")
    visitor.page.get_by_role("link", name="查看完整号码…").click()
    visitor.type({"reason": "与身份证复印件核对。"})
    visitor.press("查看完整号码")
    visitor.reads(FIELDS["lead"]["lead_id_number"])


# Who has put on record what, on the pages of the portal.
ON_RECORD = {
    Record.STAMPED_FORM: stamp,
    Record.LEDGER: verify,
    Record.LIST: fill_in_list,
    Record.ELIGIBILITY: judge,
    Record.PANEL: assign,
    Record.SEATS: sit_down,
    Record.SCORES: score,
    Record.FIT_VISIT: inspect,
    Record.NOTICE: publish_notice,
}
# Every other step is decided on the application's page.
ON_OWN_PAGES = {"submit": submit, "report": report}
OPINIONS = {
    "recommend": {"text": "同意推荐。", "signatory": "推荐某"},
    "conclude_for": {"text": "建议入选。", "signatory": "组长某"},
    "approve": {"text": "同意。", "signatory": "局长某"},
    "countersign": {"text": "同意。", "signatory": "处长某"},
}


@dataclass
class Journey:
    """An application on its way; whose turn it is sits down at the one browser."""

    visitor: Visitor
    application: Application
    accounts: dict  # e-mail addresses by role
    folder: Path
    clock: ExitStack
    annex1: bytes = b""

    def log_in(self, role):
        email = self.accounts[role]
        if self.visitor.account != email:
            self.visitor.login(email, NEW_PASSWORD if email == CLERK else PASSWORD)

    def take(self, step):
        for record in step.records:
            self.log_in(KEEPERS[record])
            ON_RECORD[record](self.visitor, self.application, self.folder)
            if record == Record.NOTICE:
                self.let_the_notice_end()
        self.log_in(step.owner)
        if step.name in ON_OWN_PAGES:
            ON_OWN_PAGES[step.name](self.visitor, self.application)
        else:
            self.visitor.decide(self.application, step.rule, **OPINIONS.get(step.name, {}))
        if step.name == "report":
            address = f"/documents/annex1/{self.application.round_id}.xlsx"
            self.annex1 = self.visitor.saved_file(address)

    def let_the_notice_end(self):
        """Travel to after its last day; whoever comes then logs in anew."""
        self.clock.enter_context(time_machine.travel(timezone.now() + datetime.timedelta(days=15)))
        self.visitor.account = None

    def publish(self):
        """Publish the round's results, and see them as anybody."""
        page, round_ = self.visitor.page, self.application.round
        self.log_in(Role.OFFICE)
        let_deadlines_pass(round_)
        page.goto(f"/review/publicity/results/{round_.pk}/")
        self.visitor.type(
            {
                "document_number": "武人社发〔2026〕9号",
                "document_date": f"{timezone.localdate()}",
            }
        )
        self.visitor.press("公布结果")
        self.visitor.reads("结果已公布")
        page.context.clear_cookies()
        self.visitor.account = None
        page.goto(f"/results/{round_.pk}/")
        self.visitor.reads(UNIT)
        self.visitor.reads("武人社发〔2026〕9号")


@pytest.fixture
def clock():
    """What the test enters to travel in time, and leaves at its end."""
    with ExitStack() as travels:
        yield travels


def test_from_registration_to_the_published_result(page, tmp_path, watched, clock):
    unit = make_recommending_unit()
    people = make_people(make_round())
    accounts = {role: people.of(role).email for role in Role}
    accounts[Role.APPLICANT] = CLERK
    accounts[Role.RECOMMENDER] = make_user(Role.RECOMMENDER, "推荐某", recommending_unit=unit).email
    visitor = Visitor(page)

    register(visitor, unit)
    application = fill_in(visitor, tmp_path)
    application.refresh_from_db()
    assert application.lead_birth == "1980-05"
    assert encrypt(application.lead_id_number, "lead_id_number").startswith("sm4:")

    journey = Journey(visitor, application, accounts, tmp_path, clock)
    for step in way_to(Stage.AWARDED):
        journey.take(step)
        application.refresh_from_db()
        assert application.stage == step.target
    journey.publish()

    journey.log_in(Role.APPLICANT)
    page.goto(f"/applications/{application.pk}/")
    visitor.reads("入选")
    annex2 = visitor.saved_file(f"/documents/annex2/{application.pk}.pdf")

    check_annex1(journey.annex1)
    check_annex2(annex2, application.number)
    check_numbers(watched, application)
