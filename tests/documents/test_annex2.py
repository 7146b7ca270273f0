"""附件2: labels and cells in the notice's order, what is filled in, and for whom."""

import datetime
import re

import pypdfium2
import pytest
from django.utils import timezone

from applications.form.definition import NOT_SHOWN
from applications.models import Application, Award, Opinion, StudioMember
from applications.permissions import Privacy
from applications.stages import Stage
from applications.versions.snapshot import content_of, fingerprint, sealed
from documents import annex2
from documents.pdf import FontsOnly
from tests import factories as make

pytestmark = pytest.mark.django_db

ID_NUMBER, BANK_ACCOUNT = make.id_number(), "6222020000001234567"
COVER = """
附件2 武汉市技能大师工作室 申报表 申报单位 工作室职业（工种） 领办人姓名 领办人职业技能等级 填报时间
市人力资源和社会保障局 财政局 制 年 月 日
"""
MAIN = """
武汉市技能大师工作室申报表
申报单位名称 单位性质 负责人 办公电话 联系人 办公电话 手机 E-mail 传真 通信地址 邮政编码
开户银行及资金账号 技能大师姓名 性别 民族 出生年月 参加工作时间 政治面貌 身份证号 工作单位及职务
从事职业（工种） 职业技能等级 工作室地点 工作室面积 工作室基本设施 工作室成员
省部级获奖情况： 获奖项目名称 奖励名称 授予单位 等级 排名 角色 年度
"""
REST = """
其它获奖情况： 获奖项目名称 奖励名称 授予单位 等级 排名 角色 年度
技能大师工作业绩、获省部级以上奖励或国家专利情况、主要创新发明等情况（可另附页）
申报单位意见 (签字盖章) 年 月 日
"""
OPINIONS = """
区人力资源（社会保障）部门、市直（中央驻汉）单位意见 (签字盖章) 年 月 日
专家组评审意见 专家组组长（签字)： 年 月 日
市人力资源和社会保障局审批意见 市人力资源社会保障局(签字盖章) 年 月 日 市财政局(签字盖章) 年 月 日
"""


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def find(application):
    """Return the application as views and commands load it."""
    return annex2.prepared(Application.objects.all()).get(pk=application.pk)


def pages(application, privacy=Privacy.FULL, **kwargs):
    """Return the text of each page of the PDF, without white space."""
    return pages_of(annex2.render(find(application), privacy, **kwargs))


def pages_of(made):
    """Return the text of each page of a PDF, without white space."""
    pdf = pypdfium2.PdfDocument(made)
    try:
        found = []
        for page in pdf:
            text = page.get_textpage()
            found.append(re.sub(r"[\s\ufffe]", "", text.get_text_range()))
            text.close()
            page.close()
        return found
    finally:
        pdf.close()


def context_of(application, privacy, shown=annex2.ALL_BOXES):
    """Return what the form prints of an application, in the edition that a reader gets now."""
    application = find(application)
    return annex2.context_of(application, annex2.edition_of(application, privacy), privacy, shown)


def cells(context):
    """Return the main table's texts by label (the last one where a label occurs twice)."""
    return {cell["label"]: cell.get("text") for row in context["table"] for cell in row}


def opinions(context):
    """Return the opinions in order, None for a blank box."""
    found = [each for row in context["opinion_rows"] for each in row["opinions"]]
    return [each["paragraphs"][0] if each.get("paragraphs") else None for each in found]


def in_order(words, text):
    """Assert that the words occur in the text in this order."""
    start = 0
    for word in words.split():
        found = text.find(word, start)
        assert found >= 0, f"{word} is missing after {text[max(0, start - 40) : start]}"
        start = found + len(word)


def test_an_empty_draft_prints_the_blank_form_of_the_notice(people):
    application = Application.objects.create(
        round=people.panel.round,
        applying_unit=people.applicant.applying_unit,
        recommending_unit=people.recommender.recommending_unit,
        host_kind="ENTERPRISE",
    )
    cover, main, rest, boxes = pages(application)

    for words, text in [(COVER, cover), (MAIN, main), (REST, rest), (OPINIONS, boxes)]:
        in_order(words, text)
    for number, text in enumerate([cover, main, rest, boxes], start=1):
        assert "受理编号：未提交版本：草稿" in text
        assert f"第{number}页共4页" in text
    tables = context_of(application, Privacy.FULL)["award_tables"]
    assert [len(each["rows"]) for each in tables] == [5, 5]


def test_a_decided_application_is_printed_in_full(people):
    application = make.make_application(Stage.AWARDED, people, lead_name="𬱖龘㛃䶮")
    submission = application.submissions.get()
    cover, main, rest, boxes = pages(application)

    today = timezone.localdate()
    date = f"{today.year}年{today.month}月{today.day}日"
    assert f"领办人姓名𬱖龘㛃䶮领办人职业技能等级高级技师填报时间{date}" in cover
    in_order(
        f"申报单位名称 {application.unit_name} 单位性质 国有企业 负责人 负责某 办公电话 "
        "027-83919079 联系人 联系某 办公电话 027-83919075 手机 13800000000 E-mail "
        f"unit@example.invalid 传真 通信地址 邮政编码 430000 虚构银行武汉江岸支行{BANK_ACCOUNT} "
        f"𬱖龘㛃䶮 性别 男 民族 汉族 1980年5月 2002年7月 政治面貌 中共党员 {ID_NUMBER} 首席焊工 "
        "120.5平方米 焊机12台 成员某（焊工技师） 高效焊接工法 湖北省技术能手 一等奖 1 主持 2018",
        main,
    )
    assert "解决焊接难题30余项，获发明专利2项。" in rest
    assert f"意见：submit签署某(签字盖章){date}" in rest
    in_order(
        f"意见：recommend 结论：同意推荐 签署某(签字盖章){date} "
        f"意见：conclude_for 结论：建议入选 专家组组长（签字)：签署某{date} "
        f"意见：approve 结论：同意 签署某市人力资源社会保障局(签字盖章){date} "
        f"意见：countersign 结论：会签同意 签署某市财政局(签字盖章){date}",
        boxes,
    )
    for text in (cover, main, rest, boxes):
        assert f"受理编号：{application.number}版本：第1版" in text
        assert f"内容指纹（SM3）：{submission.fingerprint[:16]}" in text


def test_a_submitted_form_prints_what_was_submitted(people):
    application = make.make_application(Stage.RECOMMENDING, people)
    Application.objects.update(principal="后改某")
    Award.objects.all().delete()
    context = context_of(application, Privacy.FULL)

    assert cells(context)["负责人"] == "负责某"
    assert context["award_tables"][0]["rows"][0][1] == "湖北省技术能手"


def test_a_returned_form_prints_the_present_content_without_old_opinions(people):
    application = make.make_application(Stage.RECOMMENDED, people)
    application = make.make_application(Stage.RETURNED, people)
    Application.objects.filter(pk=application.pk).update(principal="后改某")
    context = context_of(application, Privacy.FULL)

    assert (context["mark"], context["version"]) == ("修改中", "修改中")
    assert context["number"] == application.number
    assert cells(context)["负责人"] == "后改某"
    # The unit's own is what the next print will bear.
    assert opinions(context) == ["意见：submit", None, None, None, None]


def test_a_new_version_loses_the_opinions_on_the_old_one(people):
    application = make.make_application(Stage.QUALIFYING, people)
    application = make.take(application, "return", people)
    application = make.take(application, "submit", people, text="第二次申报")
    context = context_of(application, Privacy.FULL)

    assert context["version"] == "第 2 版"
    assert opinions(context) == ["第二次申报", None, None, None, None]


def test_sending_back_blanks_the_bureaus_box_until_it_decides_again(people):
    application = make.make_application(Stage.COUNTERSIGNING, people)
    application = make.take(application, "send_back", people)
    assert opinions(context_of(application, Privacy.FULL))[3:] == [None, None]
    application = make.take(application, "approve", people, text="再次同意")
    assert opinions(context_of(application, Privacy.FULL))[3:] == ["再次同意", None]


@pytest.mark.parametrize(
    ("privacy", "id_number", "account", "phone"),
    [
        (Privacy.FULL, ID_NUMBER, f"虚构银行武汉江岸支行 {BANK_ACCOUNT}", "13800000000"),
        (
            Privacy.MASKED,
            f"420***********{ID_NUMBER[-4:]}",
            "虚构银行武汉江岸支行 622************4567",
            "13800000000",
        ),
        (Privacy.HIDDEN, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN),
    ],
)
def test_numbers_are_printed_as_far_as_the_reader_may_see(
    people, privacy, id_number, account, phone
):
    application = make.make_application(Stage.RECOMMENDING, people)
    found = cells(context_of(application, privacy))

    assert found["身份证号"] == id_number
    assert found["开户银行及资金账号"] == account
    assert found["手机"] == phone


@pytest.mark.parametrize("privacy", [Privacy.MASKED, Privacy.HIDDEN])
def test_no_number_is_anywhere_in_the_file(people, privacy):
    text = "".join(pages(make.make_application(Stage.RECOMMENDING, people), privacy))
    assert ID_NUMBER not in text
    assert BANK_ACCOUNT not in text


def test_which_opinions_each_role_reads(people):
    application = make.make_application(Stage.AWARDED, people)
    outside = {"unit", "recommending"}
    for user in (people.applicant, people.recommender):
        assert annex2.boxes_for(user, application) == outside
    for user in (people.office, people.expert, people.bureau, people.finance):
        assert annex2.boxes_for(user, application) == annex2.ALL_BOXES
    application.round.results_published_at = timezone.now()
    for user in (people.applicant, people.recommender):
        assert annex2.boxes_for(user, application) == outside | {"bureau", "finance"}
    shown = context_of(application, Privacy.FULL, outside)
    assert opinions(shown) == ["意见：submit", "意见：recommend", None, None, None]


def without_feet(found):
    """Return the pages' texts as one, without the foot of each page."""
    return "".join(re.sub(r"受理编号.*?共\d+页", "", text) for text in found)


def test_long_texts_fill_their_cells_and_are_continued_on_another_page(people):
    achievements = "".join(f"第{number}项技术革新。" for number in range(1, 700))[:6000]
    facilities = "".join(f"第{number}台焊机，" for number in range(1, 90))[:500]
    opinion = "".join(f"同意第{number}条。" for number in range(1, 160))
    draft = make.make_draft(
        people.panel.round,
        people.applicant,
        achievements=achievements,
        studio_facilities=facilities,
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=draft, name=f"甲乙丙{number}", occupation="焊工")
        for number in range(40)
    )
    members = "、".join(["成员某（焊工技师）", *(f"甲乙丙{n}（焊工）" for n in range(40))])
    application = make.take(draft, "submit", people, text=opinion)
    found = pages(application)
    form, rest = found[:4], without_feet(found[4:])

    assert rest.startswith("另附页")
    in_order("续：工作室基本设施 续：工作室成员 续：技能大师工作业绩 续：申报单位意见", rest)
    texts = [(facilities, 2, 110), (members, 2, 80), (achievements, 3, 700), (opinion, 3, 150)]
    for text, page, least in texts:
        here = next(n for n in range(len(text), 0, -1) if text[:n] in form[page - 1])
        assert here >= least
        assert f"（上接第{page}页）{text[here:]}" in rest
    ends = [match for text in form for match in re.findall(r"（下接另附页第(\d+)页）", text)]
    starts = [
        number for number, text in enumerate(found, start=1) for _ in re.findall("续：", text)
    ]
    assert list(map(int, ends)) == starts


def test_a_form_whose_cells_are_all_full_still_has_four_pages(people):
    text = "主持“深孔镗削”（省级）攻关，合格率由92.3%提高到99.6%，获“武汉工匠”称号。"
    draft = make.make_draft(
        people.panel.round, people.applicant, achievements=text * 80, studio_facilities=text * 10
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=draft, name=f"欧阳建国{number}", occupation="机床装调维修工")
        for number in range(25)
    )
    application = make.take(draft, "submit", people, text=text * 20)
    for transition in ("recommend", "report", "qualify", "conclude_for", "pass_inspection"):
        application = make.take(application, transition, people, text=text * 20)
    for transition in ("clear", "approve", "countersign"):
        application = make.take(application, transition, people, text=text * 20)
    found = pages(application)

    assert found[4].startswith("另附页")
    in_order(REST, found[2])
    in_order(OPINIONS, found[3])
    assert [len(re.findall("下接另附页", text)) for text in found[:4]] == [0, 2, 2, 4]


def test_eight_members_begin_in_their_cell(people):
    draft = make.make_draft(people.panel.round, people.applicant)
    StudioMember.objects.all().delete()
    StudioMember.objects.bulk_create(
        StudioMember(application=draft, position=number, name=name, occupation="机床装调维修工")
        for number, name in enumerate(
            ["赵钱一", "钱孙二", "孙李三", "李周四", "周吴五", "吴郑六", "郑王七", "王冯八"]
        )
    )
    found = pages(draft)
    shown = [name for name in ("赵钱一", "钱孙二", "李周四", "吴郑六") if name in found[1]]
    assert shown == ["赵钱一", "钱孙二", "李周四", "吴郑六"]
    assert "".join(found).count("（机床装调维修工）") == 8


def test_a_discarded_draft_prints_as_such(people):
    application = make.make_application(Stage.DISCARDED, people)
    context = context_of(application, Privacy.FULL)
    assert (context["mark"], context["version"]) == ("已放弃", "已放弃")


def test_the_print_for_the_stamp_bears_the_units_opinion_and_no_other(people):
    application = make.make_application(Stage.RECOMMENDED, people)
    printed = application.prints.get()
    Application.objects.update(principal="后改某", opinion_text="后改意见")
    found = pages_of(annex2.render_for_stamp(find(application), printed))

    assert len(found) == 4
    today = timezone.localdate()
    assert f"填报时间{today.year}年{today.month}月{today.day}日" in found[0]
    in_order(f"负责某 {BANK_ACCOUNT} {ID_NUMBER}", found[1])
    in_order(REST, found[2])
    in_order(OPINIONS, found[3])
    signed = f"签署某(签字盖章){today.year}年{today.month}月{today.day}日"
    assert f"意见：submit{signed}" in re.sub(r"\s", "", found[2])
    for text in found:
        assert f"受理编号：{application.number}版本：第1版（盖章稿）" in text
        assert f"内容指纹（SM3）：{printed.fingerprint[:16]}" in text
        assert "草稿" not in text
        assert "意见：recommend" not in text


def test_paper_and_record_bear_the_same_opinion(people):
    """The dossier holds both: the scan of the stamped paper, and 附件2 as it was submitted."""
    application = make.make_application(Stage.RECOMMENDING, people)
    record = context_of(application, Privacy.FULL)
    edition = annex2.edition_for_stamp(application, application.prints.get())
    paper = annex2.context_of(application, edition, Privacy.FULL)
    assert paper["opinion_rows"][0] == record["opinion_rows"][0]
    assert paper["opinion_rows"][0]["opinions"][0]["signatory"] == "签署某"


def test_a_form_printed_before_the_opinion_was_asked_for_leaves_its_box_blank(people):
    application = make.make_application(Stage.DRAFT, people, opinion_text="")
    printed = application.prints.create(
        version=1,
        content=sealed(content_of(application)),
        fingerprint=fingerprint(content_of(application)),
        printed_by=people.applicant,
    )
    edition = annex2.edition_for_stamp(application, printed)
    assert opinions(annex2.context_of(application, edition, Privacy.FULL)) == [None] * 5


def test_the_submitted_form_bears_the_day_of_the_stamped_print(people):
    application = make.make_application(Stage.RECOMMENDING, people)
    earlier = timezone.now() - datetime.timedelta(days=40)
    application.prints.update(printed_at=earlier)
    day = timezone.localtime(earlier)
    cover = dict(context_of(application, Privacy.FULL)["cover"])
    assert cover["填报时间"] == f"{day.year}年{day.month}月{day.day}日"


@pytest.mark.parametrize("count", [6, 7, 8, 9, 10, 20, 30])
def test_award_heads_are_never_alone_at_the_foot_of_a_page(people, count):
    draft = make.make_draft(people.panel.round, people.applicant)
    Award.objects.all().delete()
    Award.objects.bulk_create(
        Award(application=draft, level=level, position=number, year=2020, name=f"奖{number}号")
        for level in Award.Level
        for number in range(count)
    )
    text = pages(draft)
    for page in text:
        body = page.split("受理编号")[0]
        assert not body.endswith(("获奖情况：", "排名角色年度"))
    for number in range(count):
        assert "".join(text).count(f"奖{number}号2020") == 2


def test_hostile_text_is_printed_and_fetches_nothing(people, monkeypatch):
    asked = []
    real = FontsOnly.fetch

    def fetch(self, url, headers=None):
        asked.append(url)
        return real(self, url, headers)

    monkeypatch.setattr(FontsOnly, "fetch", fetch)
    hostile = (
        "=1+1<img src=file:///etc/passwd><link rel=stylesheet href=http://127.0.0.1:9/a.css>"
        "<script>alert(1)</script>{{ settings.SECRET_KEY }}&lt;\x00\u202e"
    ).replace("\x00", "")
    draft = make.make_draft(
        people.panel.round, people.applicant, studio_facilities=hostile, achievements=hostile
    )
    text = "".join(pages(draft))

    printed = re.sub(r"[\s\u202e]", "", hostile)
    assert text.count(printed) == 2
    assert set(asked) <= {"font:serif", "font:sans"}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:9/", "data:,a", "font:x"])
def test_only_the_fonts_can_be_fetched(url):
    with pytest.raises(ValueError, match="only the portal's own fonts"):
        FontsOnly()(url)


@pytest.mark.parametrize("more", [0, 29])
def test_queries_do_not_grow_with_rows(people, more, django_assert_num_queries):
    application = make.make_application(Stage.AWARDED, people)
    Award.objects.bulk_create(
        Award(application=application, level=Award.Level.OTHER, year=2020) for _ in range(more)
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=application, name="甲") for _ in range(more)
    )
    Opinion.objects.bulk_create(
        Opinion(
            application=application,
            stage=Stage.RECOMMENDING,
            transition="recommend",
            label="同意推荐",
            text="同意",
            signed_on=datetime.date(2026, 1, 1),
            user=people.recommender,
        )
        for _ in range(more)
    )
    with django_assert_num_queries(9):
        context_of(application, Privacy.FULL)
