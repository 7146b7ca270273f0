"""Claims beside their proof: what is said of them, and what is not said at all."""

import pytest
from stdnum.cn import ric

from applications.models import Award, Evidence
from applications.recognition.claims import candidates_of, findings_of
from applications.recognition.findings import Agreement
from applications.rounds import EvidenceCategory
from tests.applications.recognition.pages import failed_page, page_of
from tests.factories import add_checked, credit_code, id_number, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db
LEAD, UNIT = "张三丰", "虚构重工（武汉）有限公司"
CERTIFICATE = (
    "荣誉证书",
    "授予 张三丰 同志：",
    "高效焊接工法 湖北省技术能手 一等奖",
    "湖北省人力资源和社会保障厅",
    "二〇一八年十月",
)


@pytest.fixture
def draft(db):
    people = make_people(make_round())
    unit = people.applicant.applying_unit
    unit.name = UNIT
    unit.save()
    draft = make_draft(people.panel.round, people.applicant, lead_name=LEAD)
    draft.people = people
    return draft


def file_of(draft, category):
    """The file of a category; papers that others give are added."""
    if file := draft.evidence.filter(category=category).first():
        return file
    return add_checked(draft, draft.people.applicant, category)[0]


def findings(draft, category, *pages):
    """The findings of pages of one category, by key."""
    file = file_of(draft, category)
    file.pages = len(pages)
    file.save()
    found = findings_of(draft, {file.pk: list(pages)})
    return {finding.key: finding for finding in found}


def award_finding(draft, *pages, **changes):
    award = draft.awards.get()
    for name, value in changes.items():
        setattr(award, name, value)
    award.save()
    return findings(draft, "HONOUR", *pages)[f"award-{award.pk}"]


# --- Awards --------------------------------------------------------------------------------------


def test_an_award_whose_proof_says_the_same_is_found_with_its_places(draft):
    finding = award_finding(draft, page_of(*CERTIFICATE))

    assert (finding.agreement, finding.sentence) == (Agreement.FOUND, "")
    assert finding.label == "省部级获奖情况第 1 行"
    assert {"高效焊接工法", "湖北省技术能手", "张三丰", "二〇一八"} <= {
        place.text for place in finding.places
    }


def test_an_award_of_somebody_else_is_told_with_the_name_that_was_read(draft):
    lines = [line.replace("张三丰", "李四光") for line in CERTIFICATE]

    finding = award_finding(draft, page_of(*lines))

    assert finding.agreement == Agreement.DIFFERS
    assert "读到的姓名为“李四光”，没有读到领办人“张三丰”" in finding.sentence
    assert finding.places[0].text == "李四光"


def test_an_award_of_a_colleague_is_told_though_the_unit_is_right(draft):
    named = page_of("湖北省技术能手证书", "获奖者：李四光", f"所在单位：{UNIT}", "2018年")
    in_brackets = page_of("奖状", "李四光", f"（{UNIT}）", "荣获2018年湖北省技术能手。")

    for page in (named, in_brackets):
        finding = award_finding(draft, page)
        assert finding.agreement == Agreement.DIFFERS
        assert "读到的姓名为“李四光”" in finding.sentence


def test_an_award_of_the_unit_names_nobody(draft):
    for unit in (UNIT, "虚构（武汉）重工有限公司"):
        draft.unit_name = unit
        draft.save()
        page = page_of("荣誉证书", f"{unit}：", "荣获2018年湖北省技术能手先进集体。")

        assert award_finding(draft, page).agreement == Agreement.FOUND


def test_an_award_without_any_name_on_its_proof_is_not_found(draft):
    lines = [line for line in CERTIFICATE if "张三丰" not in line]

    finding = award_finding(draft, page_of(*lines))

    assert finding.agreement == Agreement.NOT_FOUND
    assert finding.sentence.endswith("未读到领办人姓名或申报单位名称，请核对。")


def test_the_units_name_stands_for_the_leads(draft):
    lines = [line.replace("张三丰 同志", UNIT) for line in CERTIFICATE]

    assert award_finding(draft, page_of(*lines)).agreement == Agreement.FOUND


def test_another_year_in_the_date_is_told(draft):
    finding = award_finding(draft, page_of(*CERTIFICATE), year=2019)

    assert finding.agreement == Agreement.DIFFERS
    assert "读到的年份为 2018 年，填写的是 2019 年" in finding.sentence


def test_a_year_that_stands_anywhere_on_the_page_is_the_awards(draft):
    lines = ("2018年度先进", *CERTIFICATE[:-1], "二〇一九年一月")

    assert award_finding(draft, page_of(*lines)).agreement == Agreement.FOUND


def test_a_paper_without_a_year_says_nothing_of_it(draft):
    assert award_finding(draft, page_of(*CERTIFICATE[:-1])).agreement == Agreement.FOUND


def test_another_grade_is_told(draft):
    finding = award_finding(draft, page_of(*CERTIFICATE), grade="二等奖")

    assert "读到“一等奖”，填写的是“二等奖”" in finding.sentence


def test_the_end_of_validity_is_not_the_year_of_the_award(draft):
    lines = (*CERTIFICATE[:-1], "有效期至2021年12月")

    assert award_finding(draft, page_of(*lines), year=2018).agreement == Agreement.FOUND


def test_a_year_within_the_years_of_the_award_is_found(draft):
    lines = ("2018—2020年度先进", *CERTIFICATE[:-1], "二〇二一年三月")

    assert award_finding(draft, page_of(*lines), year=2019).agreement == Agreement.FOUND


@pytest.mark.parametrize("whose", ["指导学生荣获全国大赛一等奖", "带领徒弟李四光获一等奖"])
def test_a_prize_of_pupils_is_not_the_grade_of_the_award(draft, whose):
    lines = ("荣誉证书", "授予张三丰同志：", "高效焊接工法 湖北省技术能手", whose, "二〇一八年十月")

    assert award_finding(draft, page_of(*lines), grade="二等奖").agreement == Agreement.FOUND


def test_an_award_of_another_session_is_not_found(draft):
    page = page_of("荣誉证书", "张三丰同志：", "第八届全国焊接技能大赛优胜", "二〇一八年十月")

    finding = award_finding(draft, page, project="", name="第七届全国焊接技能大赛优胜")

    assert finding.agreement == Agreement.NOT_FOUND


def test_an_award_of_somebody_with_a_longer_name_is_told(draft):
    draft.lead_name = "张三"
    draft.save()

    finding = award_finding(draft, page_of(*CERTIFICATE))

    assert "读到的姓名为“张三丰”，没有读到领办人“张三”" in finding.sentence


def test_words_before_comrades_are_nobody(draft):
    lines = [line for line in CERTIFICATE if "张三丰" not in line]
    page = page_of(*lines, UNIT, "希望被授予称号的同志珍惜荣誉", "受表彰的同志")

    assert award_finding(draft, page).agreement == Agreement.FOUND


def test_another_award_is_not_found_though_it_is_the_leads(draft):
    finding = award_finding(
        draft, page_of("荣誉证书", "张三丰同志：被评为优秀共产党员", "2018年10月")
    )

    assert finding.agreement == Agreement.NOT_FOUND
    assert "未读到获奖项目名称和奖励名称" in finding.sentence


def test_an_issuer_that_is_not_read_is_no_hint(draft):
    lines = [line for line in CERTIFICATE if "人力资源" not in line]

    assert award_finding(draft, page_of(*lines)).agreement == Agreement.FOUND


def test_the_page_that_the_row_names_is_held_against_it(draft):
    other = page_of("荣誉证书", "授予张三丰同志优秀班组长称号", "虚构集团", "2015年1月", number=1)
    own = page_of(*CERTIFICATE, number=2)

    assert award_finding(draft, other, own).agreement == Agreement.FOUND
    assert award_finding(draft, other, own, evidence_page=2).agreement == Agreement.FOUND
    wrong = award_finding(draft, page_of(*CERTIFICATE[:2]), own, evidence_page=1)
    assert wrong.agreement == Agreement.NOT_FOUND
    assert "第 1 页未读到奖项的名称，似在第 2 页，请核对。" in wrong.sentence


def test_a_list_of_several_pages_bears_title_and_name_on_different_ones(draft):
    title = page_of("关于表彰湖北省技术能手的决定", "各市州人力资源和社会保障局", number=1)
    names = page_of("附件：人员名单", "李四光 虚构一厂", "张三丰 虚构二厂", "2018年10月", number=2)

    assert award_finding(draft, title, names).agreement == Agreement.FOUND
    assert award_finding(draft, title, names, evidence_page=2).agreement == Agreement.FOUND


@pytest.mark.parametrize("page", [failed_page(), page_of(), page_of("证书")])
def test_a_proof_that_cannot_be_read_is_never_missing_anything(draft, page):
    finding = award_finding(draft, page)

    assert finding.agreement == Agreement.NOT_LEGIBLE
    assert "未能识别" in finding.sentence


def test_a_failed_page_beside_a_right_one_is_no_matter(draft):
    pages = (page_of(*CERTIFICATE), failed_page(2))

    assert award_finding(draft, *pages).agreement == Agreement.FOUND


def test_nothing_is_said_while_a_proof_is_being_read(draft):
    file = file_of(draft, "HONOUR")
    file.pages = 2
    file.save()

    assert findings_of(draft, {file.pk: [page_of("荣誉证书", "授予李四光同志")]}) == []
    assert findings_of(draft, {file.pk: []}) == []
    assert findings_of(draft, {}) == []


def test_a_name_that_the_reader_does_not_know_is_not_called_another(draft):
    draft.lead_name = "𬱖小明"
    lines = [line.replace("张三丰", "頔小明") for line in CERTIFICATE]

    assert award_finding(draft, page_of(*lines)).agreement == Agreement.FOUND


# --- Proofs proposed for an award ----------------------------------------------------------------


def test_the_pages_that_say_most_of_an_award_are_proposed_first(draft):
    first, other = add_checked(draft, draft.people.applicant, "HONOUR", "ACHIEVEMENT")
    hidden = file_of(draft, "POLICE")
    partly = page_of("湖北省技术能手选拔赛", "二〇一八年十月")
    pages = {
        first.pk: [partly, page_of(*CERTIFICATE, number=2)],
        other.pk: [page_of("高效焊接工法说明", "完成人：张三丰")],
        hidden.pk: [page_of(*CERTIFICATE)],
        file_of(draft, "FOUNDING").pk: [page_of("关于成立工作室的通知", "2018年10月")],
    }

    found = candidates_of(draft.awards.get(), draft, pages)

    assert [(each.file, each.page) for each in found] == [
        (first.pk, 2),
        (other.pk, 1),
        (first.pk, 1),
    ]
    assert found[0].words == "获奖项目名称、奖励名称、授予单位、年度、领办人姓名、等级"
    assert found[0].is_good
    assert not found[2].is_good


def test_nothing_is_proposed_for_an_empty_row(draft):
    award = Award(application=draft, level=Award.Level.OTHER)
    file = file_of(draft, "HONOUR")

    assert candidates_of(award, draft, {file.pk: [page_of(*CERTIFICATE)]}) == []


@pytest.mark.parametrize("nothing", ["无", "/", "—"])
def test_what_was_typed_for_nothing_is_looked_for_nowhere(draft, nothing):
    lines = [line.removeprefix("高效焊接工法 ") for line in CERTIFICATE]
    without_project = page_of(*lines, "无一例外")

    finding = award_finding(draft, without_project, project=nothing)
    candidate = candidates_of(
        draft.awards.get(), draft, {file_of(draft, "HONOUR").pk: [without_project]}
    )[0]

    assert (finding.agreement, nothing in finding.claim) == (Agreement.FOUND, False)
    assert "project" not in candidate.parts


def test_nothing_is_proposed_for_a_row_that_says_nothing(draft):
    award = Award(application=draft, level=Award.Level.OTHER, project="无", name="无")
    file = file_of(draft, "HONOUR")

    assert candidates_of(award, draft, {file.pk: [page_of("无一例外", "无")]}) == []


# --- The lead's papers ---------------------------------------------------------------------------


def test_the_id_copy_bears_name_and_number(draft):
    page = page_of("姓名张三丰", "性别男 民族汉", f"公民身份号码{draft.lead_id_number}")

    found = findings(draft, "ID_CARD", page)

    assert {finding.agreement for finding in found.values()} == {Agreement.FOUND}
    number = found["ID_CARD-lead_id_number"]
    assert number.about == "lead_id_number"
    assert draft.lead_id_number not in repr(number)


def test_another_number_on_the_id_copy_is_told_by_its_places_alone(draft):
    other = id_number(birth="198006")
    page = page_of("姓名张三丰", "性别男 民族汉", f"公民身份号码{other}")

    finding = findings(draft, "ID_CARD", page)["ID_CARD-lead_id_number"]

    assert finding.agreement == Agreement.DIFFERS
    assert "第 12、18 位不同" in finding.sentence or "第 12 位不同" in finding.sentence
    assert other not in repr(finding)


def test_a_number_with_a_wrong_check_digit_was_not_read_rightly(draft):
    number = draft.lead_id_number
    slip = number[:10] + str((int(number[10]) + 1) % 10) + number[11:]
    assert ric.calc_check_digit(slip) != slip[-1]

    finding = findings(draft, "ID_CARD", page_of("姓名张三丰", "公民身份号码", slip))

    assert finding["ID_CARD-lead_id_number"].agreement == Agreement.NOT_LEGIBLE


def test_a_mark_does_not_hold_for_another_number_that_looks_the_same_masked(draft):
    page = page_of("姓名张三丰", f"公民身份号码{draft.lead_id_number}", "签发机关")
    before = findings(draft, "ID_CARD", page)["ID_CARD-lead_id_number"]
    draft.edit(draft.people.applicant, lead_id_number=id_number(birth="198006"))

    after = findings(draft, "ID_CARD", page)["ID_CARD-lead_id_number"]

    assert before.digest != after.digest


def test_another_name_on_the_id_copy_is_told(draft):
    page = page_of("姓名李四光", "性别男 民族汉", f"公民身份号码{draft.lead_id_number}")

    finding = findings(draft, "ID_CARD", page)["ID_CARD-lead_name"]

    assert finding.agreement == Agreement.DIFFERS
    assert "读到“李四光”，与填写的“张三丰”不同" in finding.sentence


def test_a_side_that_cannot_be_read_leaves_the_other_open(draft):
    back = page_of("中华人民共和国居民身份证", "签发机关 某某公安局", number=1)

    found = findings(draft, "ID_CARD", back, failed_page(2))

    assert {finding.agreement for finding in found.values()} == {Agreement.NOT_LEGIBLE}


def test_the_certificate_bears_name_occupation_and_level(draft):
    found = findings(
        draft, "CERTIFICATE", page_of("姓名：张三丰", "职业名称：焊工", "技能等级：一级")
    )

    assert {finding.about: finding.agreement for finding in found.values()} == {
        "lead_name": Agreement.FOUND,
        "lead_occupation": Agreement.FOUND,
        "lead_skill_level": Agreement.FOUND,
    }


def test_another_occupation_and_level_are_told(draft):
    found = findings(
        draft, "CERTIFICATE", page_of("姓名：张三丰", "职业名称：电工", "技能等级：二级/技师")
    )

    assert found["CERTIFICATE-lead_occupation"].agreement == Agreement.DIFFERS
    assert "读到“电工”" in found["CERTIFICATE-lead_occupation"].sentence
    assert found["CERTIFICATE-lead_skill_level"].agreement == Agreement.DIFFERS


# --- The unit's papers ---------------------------------------------------------------------------


def test_the_licence_bears_name_and_code(draft):
    code = draft.applying_unit.uscc
    found = findings(
        draft, "LICENCE", page_of("营业执照", f"统一社会信用代码{code}", f"名称 {UNIT}")
    )

    assert {finding.agreement for finding in found.values()} == {Agreement.FOUND}


def test_another_name_and_code_on_the_licence_are_told(draft):
    code = credit_code()
    found = findings(
        draft, "LICENCE", page_of("营业执照", f"统一社会信用代码{code}", "名称 虚构轻工武汉分公司")
    )

    assert found["LICENCE-unit_name"].agreement == Agreement.DIFFERS
    assert found["LICENCE-uscc"].agreement == Agreement.DIFFERS
    assert code in found["LICENCE-uscc"].sentence


@pytest.mark.parametrize(
    ("line", "agreement"),
    [
        ("虚构〔2020〕1号", Agreement.FOUND),
        ("虚构[2020]1号", Agreement.FOUND),
        ("虚构〔2020〕2号", Agreement.DIFFERS),
        ("关于成立焊接工作室的通知", Agreement.NOT_FOUND),
    ],
)
def test_the_founding_paper_bears_its_number(draft, line, agreement):
    found = findings(draft, "FOUNDING", page_of("虚构重工文件", line, "各部门："))

    assert found["FOUNDING-studio_founding_document"].agreement == agreement


def test_the_founding_paper_bears_its_date(draft):
    draft.studio_founding_document = "关于成立工作室的通知（虚构〔2020〕1号，2020年3月1日）"
    page = page_of("虚构〔2020〕1号", "关于成立工作室的通知", "二〇二〇年四月一日")

    finding = findings(draft, "FOUNDING", page)["FOUNDING-date"]

    assert finding.agreement == Agreement.DIFFERS
    assert "读到“2020年4月1日”，与填写的“2020年3月1日”不同" in finding.sentence


# --- Papers of others, photographs ---------------------------------------------------------------


def test_the_police_say_who_they_are_and_that_nothing_is_known(draft):
    good = page_of("证明", "经查，张三丰无违法犯罪记录。", "武汉市公安局某派出所")
    other = page_of("证明", "兹证明张三丰系我单位职工。", "虚构重工")

    found = findings(draft, "POLICE", good)
    assert {each.agreement for each in found.values()} == {Agreement.FOUND}
    missing = findings(draft, "POLICE", other)
    assert missing["POLICE-lead_name"].agreement == Agreement.FOUND
    assert missing["POLICE-issuer"].agreement == Agreement.NOT_FOUND
    assert missing["POLICE-result"].agreement == Agreement.NOT_FOUND
    assert {each.about for each in missing.values()} == {"POLICE"}


@pytest.mark.parametrize(
    ("lines", "agreement"),
    [
        (["情况属实", "武汉市公安局虚构派出所"], Agreement.FOUND),
        (["公安机关意见：同意", "武汉市公安局"], Agreement.FOUND),
        (["情况不属实", "武汉市公安局虚构派出所"], Agreement.NOT_FOUND),
        (["不同意", "武汉市公安局"], Agreement.NOT_FOUND),
        # Who says it?
        (["情况属实", "虚构重工有限公司"], Agreement.NOT_FOUND),
    ],
)
def test_the_police_may_confirm_what_was_declared(draft, lines, agreement):
    found = findings(draft, "POLICE", page_of("领办人情况表", f"{LEAD}，男", *lines))

    assert found["POLICE-result"].agreement == agreement


def test_the_statement_says_that_there_is_no_veto(draft):
    good = page_of("关于党风廉政建设等情况的说明", "张三丰同志不存在“一票否决”情形。")
    other = page_of("关于李四光同志的介绍", "该同志工作认真。")
    listed = page_of(
        "关于有关情况的说明",
        "张三丰同志近三年未发生党风廉政建设、安全生产、计划生育、",
        "社会治安综合治理等“一票否决”情形。",
    )

    assert {each.agreement for each in findings(draft, "VETO", listed).values()} == {
        Agreement.FOUND
    }
    assert {each.agreement for each in findings(draft, "VETO", good).values()} == {Agreement.FOUND}
    assert {each.agreement for each in findings(draft, "VETO", other).values()} == {
        Agreement.NOT_FOUND
    }
    somebody_else = page_of("关于党风廉政建设等情况的说明", "李四光同志不存在“一票否决”情形。")
    name = findings(draft, "VETO", somebody_else)["VETO-lead_name"]
    assert (name.about, name.agreement) == ("VETO", Agreement.DIFFERS)


def test_photographs_full_of_text_are_told(draft):
    board = page_of("安全生产责任制", "培训室", number=1)
    letter = page_of(*["关于申报武汉市技能大师工作室建设项目的情况说明"] * 15, number=2)

    finding = findings(draft, "PHOTOS", board, letter)[f"PHOTOS-{file_of(draft, 'PHOTOS').pk}"]

    assert "第 2 页多为文字，似乎不是照片" in finding.sentence
    assert findings(draft, "PHOTOS", board, page_of(number=2)) == {}


def test_a_paper_without_any_text_is_told_once(draft):
    (file,) = add_checked(draft, draft.people.applicant, EvidenceCategory.OTHER)
    (finding,) = findings_of(draft, {file.pk: [page_of()]})

    assert finding.agreement == Agreement.NOT_LEGIBLE
    assert finding.about == "OTHER"


def test_the_worst_agreement_comes_first(draft):
    code = draft.applying_unit.uscc
    licence, police = file_of(draft, "LICENCE"), file_of(draft, "POLICE")
    pages = {
        licence.pk: [page_of("营业执照", f"统一社会信用代码{code}", "名称 虚构轻工武汉分公司")],
        police.pk: [page_of("证明", "经查，张三丰同志遵纪守法。", "武汉市公安局")],
    }

    found = [finding.agreement for finding in findings_of(draft, pages)]

    assert found == [
        Agreement.DIFFERS,
        Agreement.NOT_FOUND,
        Agreement.FOUND,
        Agreement.FOUND,
        Agreement.FOUND,
    ]


def test_findings_ask_the_database_for_nothing_once_all_is_there(draft, django_assert_num_queries):
    files = Evidence.objects.filter(application=draft)
    pages = {file.pk: [page_of(*CERTIFICATE)] for file in files}
    whole = (
        type(draft)
        .objects.select_related("applying_unit")
        .prefetch_related("evidence", "awards__evidence")
        .get(pk=draft.pk)
    )

    with django_assert_num_queries(0):
        assert findings_of(whole, pages)
        assert candidates_of(whole.awards.all()[0], whole, pages)
