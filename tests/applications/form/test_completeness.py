"""The strict check before submission: every rule of the form, each at the very field."""

from decimal import Decimal

import pytest
import time_machine
from stdnum.cn import ric

from accounts.models import HostKind
from applications.form import completeness
from applications.form.definition import ITEM, SECTIONS
from applications.models import Application, Award, Evidence, StudioMember
from applications.rounds import EvidenceCategory
from tests.factories import (
    id_number,
    make_application,
    make_applying_unit,
    make_draft,
    make_round,
    make_user,
)

pytestmark = pytest.mark.django_db


def problems(application):
    """The problems of what is typed and uploaded; the stamp's are in test_stamping.py."""
    return [each for each in completeness.problems(application) if each.section != "stamp"]


def messages(application, **changes):
    """Save changes and return the problems found then, as (anchor, message)."""
    Application.objects.filter(pk=application.pk).update(**changes)
    fresh = Application.objects.get(pk=application.pk)
    return [(problem.anchor, problem.message) for problem in problems(fresh)]


@pytest.fixture
def draft():
    return make_application()


def test_a_complete_draft_has_no_problems(draft):
    assert problems(draft) == []


@pytest.mark.parametrize("kind", HostKind)
def test_an_empty_draft_misses_every_required_field_in_form_order(kind):
    unit = make_applying_unit(host_kind=kind)
    empty = Application.objects.create(
        round=make_round(),
        applying_unit=unit,
        recommending_unit=unit.recommending_unit,
        host_kind=kind,
    )
    found = problems(empty)
    assert all(problem.is_missing for problem in found)
    fields = [p.anchor.removeprefix("id_") for p in found if p.anchor.startswith("id_")]
    assert fields == [
        name for name, item in ITEM.items() if item.required and item.is_asked_of(kind)
    ]
    assert ("fax" in fields, "training_fund" in fields) == (False, kind == HostKind.ENTERPRISE)
    assert "members" in [problem.anchor for problem in found]
    assert [p.anchor for p in found if p.section == "evidence"] == [
        f"category-{category}" for category in empty.round.required_categories(kind)
    ]
    order = [section.key for section in SECTIONS]
    assert [p.section for p in found] == sorted((p.section for p in found), key=order.index)


@pytest.mark.parametrize(
    ("changes", "anchor", "message"),
    [
        ({"principal_phone": "12"}, "id_principal_phone", "请填写有效的电话号码"),
        ({"fax": "12"}, "id_fax", "请填写有效的电话号码"),
        ({"contact_mobile": "12800000000"}, "id_contact_mobile", "请填写 11 位手机号码"),
        ({"postcode": "43000"}, "id_postcode", "邮政编码应为 6 位数字"),
        ({"email": "无"}, "id_email", "请填写有效的 E-mail 地址"),
        ({"bank_account": "一二三"}, "id_bank_account", "资金账号应为 8 至 30 位数字"),
        ({"lead_birth": "八〇年"}, "id_lead_birth", "出生年月请按“年-月”填写"),
        ({"lead_work_start": "2999-01"}, "id_lead_work_start", "参加工作时间不能晚于今天"),
        ({"lead_work_start": "1996-04"}, "id_lead_work_start", "不满 16 周岁"),
        ({"lead_id_number": "420102198005120170"}, "id_lead_id_number", "身份证号不正确"),
        ({"lead_birth": "1980-06"}, "id_lead_birth", "身份证号为 1980 年 5 月"),
        ({"lead_sex": "2"}, "id_lead_sex", "身份证号为男"),
        ({"lead_skill_level": "3"}, "id_lead_skill_level", "技师或以上"),
        ({"lead_is_fit": False}, "id_lead_is_fit", "请确认领办人身体健康"),
        ({"studio_area": Decimal("0")}, "id_studio_area", "工作室面积应大于 0"),
        ({"training_fund": Decimal("-1")}, "id_training_fund", "职工教育经费应大于 0"),
        (
            {"training_fund_skilled": Decimal("101")},
            "id_training_fund_skilled",
            "不能超过职工教育经费总额",
        ),
        ({"training_fund_skilled": Decimal("-1")}, "id_training_fund_skilled", "不能为负数"),
    ],
)
def test_each_rule_points_at_its_field(draft, changes, anchor, message):
    found = messages(draft, **changes)
    assert [each for each, _ in found] == [anchor]
    assert message in found[0][1]


@time_machine.travel("2026-05-20T12:00:00+08:00", tick=False)
def test_a_lead_is_between_16_and_100_years_old(draft):
    unnumbered = {"lead_id_number": id_number(), "lead_work_start": ""}
    for birth, sentence in {
        "1926-04": "出生年月早于 1926 年，请核对。",
        "2010-06": "领办人不满 16 周岁，请核对出生年月。",
    }.items():
        assert ("id_lead_birth", sentence) in messages(draft, lead_birth=birth, **unnumbered)
    for birth in ("1926-05", "2010-05"):
        found = [text for _, text in messages(draft, lead_birth=birth, **unnumbered)]
        assert not any("请核对" in text and "身份证号" not in text for text in found)


def test_a_woman_with_a_letter_in_her_number_is_accepted(draft):
    woman = id_number(order="002")
    assert messages(draft, lead_id_number=woman, lead_sex="2") == []
    assert messages(draft, lead_id_number=woman.lower(), lead_sex="2") == []


@pytest.mark.parametrize("ethnicity", ["97", "98"])
def test_a_permanent_resident_or_naturalised_person_is_accepted(draft, ethnicity):
    """外国人永久居留身份证: 18 digits since 2023, the first a 9, checked like any other."""
    body = "93115619800512001"
    number = body + ric.calc_check_digit(f"{body}0")
    assert messages(draft, lead_ethnicity=ethnicity, lead_id_number=number) == []
    label = draft._meta.get_field("lead_ethnicity").choices
    assert dict(label)[ethnicity] in {"其他", "外国血统中国籍人士"}


@pytest.mark.parametrize(
    "telephone",
    [
        "400-820-8820",
        "027-83919079转8012",
        "027-87654322-808",
        "027-83919079、13800000000",
    ],
)
def test_telephones_as_people_write_them_are_accepted(draft, telephone):
    assert messages(draft, principal_phone=telephone, contact_phone=telephone) == []


def test_a_chinese_full_stop_in_an_address_is_named(draft):
    [(anchor, message)] = messages(draft, email="unit@example。cn")
    assert anchor == "id_email"
    assert "中文句号" in message


def test_working_from_the_sixteenth_birthday_is_accepted(draft):
    assert messages(draft, lead_work_start="1996-05") == []


def test_this_month_is_not_the_future(draft):
    with time_machine.travel("2026-05-31T23:30:00+08:00"):
        assert messages(draft, lead_work_start="2026-05") == []
        assert messages(draft, lead_work_start="2026-06") != []


def test_a_school_is_not_asked_for_training_funds():
    unit = make_applying_unit(host_kind=HostKind.SCHOOL)
    draft = make_draft(make_round(), make_user("APPLICANT", applying_unit=unit))
    assert problems(draft) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"project": "", "year": None}, "请填写获奖项目名称、年度。"),
        ({"year": 2999}, "年度应在 1949 至"),
        ({"evidence": None}, "请指明佐证材料。"),
        ({"ranking": "1月5日"}, "排名“1月5日”像是 Excel 把“1/5”变成的日期"),
    ],
)
def test_an_award_is_checked_at_its_row(draft, changes, message):
    award = draft.awards.get()
    Award.objects.filter(pk=award.pk).update(**changes)
    (anchor, text) = messages(draft)[0]
    assert anchor == f"award-{award.pk}"
    assert text.startswith("省部级获奖情况第 1 行：")
    assert message in text


def test_an_award_whose_proof_was_removed_is_not_proven(draft):
    proof = draft.awards.get().evidence
    Evidence.objects.filter(pk=proof.pk).update(
        removed_at=draft.created_at, removed_by=draft.edited_by
    )
    assert "请指明佐证材料。" in messages(draft)[0][1]


def test_members_need_a_name(draft):
    member = StudioMember.objects.create(application=draft, position=1, occupation="焊工")
    assert messages(draft) == [(f"member-{member.pk}", "工作室成员第 2 行：请填写姓名。")]
    StudioMember.objects.all().delete()
    assert messages(draft) == [("members", "请至少填写一名工作室成员。")]


def test_a_removed_file_does_not_count(draft):
    draft.evidence.filter(category=EvidenceCategory.LICENCE).update(
        removed_at=draft.created_at, removed_by=draft.edited_by
    )
    assert messages(draft) == [("category-LICENCE", "请上传企业执照（法人证书）。")]


def test_a_problem_leads_to_its_field(draft):
    Application.objects.filter(pk=draft.pk).update(postcode="1")
    (problem,) = problems(Application.objects.get(pk=draft.pk))
    assert problem.url(draft) == f"/applications/{draft.pk}/edit/unit/?check=1#id_postcode"


@pytest.mark.parametrize(("part", "told"), [("49.99", True), ("50.00", False), ("60.00", False)])
def test_a_share_below_the_notices_half_is_told_but_does_not_refuse(draft, part, told):
    Application.objects.filter(pk=draft.pk).update(training_fund_skilled=Decimal(part))
    fresh = Application.objects.get(pk=draft.pk)
    assert problems(fresh) == []
    found = completeness.warnings(fresh)
    assert [each.anchor for each in found] == ["id_training_fund_skilled"] * told
    assert all("低于职工教育经费的 50%" in each.message for each in found)


def test_what_is_to_be_mended_in_many_rows_is_told_once(draft):
    draft.awards.all().delete()
    for position in range(6):
        Award.objects.create(
            application=draft, level="OTHER", position=position, project=f"工法{position}",
            name="科技奖", authority="市政府", year=1900 if position == 3 else 2020,
        )  # fmt: skip
    StudioMember.objects.create(application=draft, position=1, occupation="焊工")
    fresh = Application.objects.get(pk=draft.pk)
    told = completeness.grouped(problems(fresh), fresh)
    assert [sentence for sentence, _ in told] == [
        "工作室成员第 2 行：请填写姓名。",
        "其它获奖情况第 1—6 行：请指明佐证材料。",
        f"其它获奖情况第 4 行：年度应在 1949 至 {fresh.created_at.year} 之间。",
    ]
    assert told[1][1].endswith(f"#award-{fresh.awards_of('OTHER')[0].pk}")


def test_two_rows_are_not_told_as_a_span(draft):
    problems_of_rows = [
        completeness.Problem("awards", f"award-{row}", "请指明佐证材料。", table="表", row=row)
        for row in (1, 2, 3, 7, 8)
    ]
    (told,) = completeness.grouped(problems_of_rows, draft)
    assert told[0] == "表第 1—3、7、8 行：请指明佐证材料。"
