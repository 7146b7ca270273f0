"""Two documents of one application that disagree are told with both places; others are not."""

import pytest

from applications.recognition.contradictions import contradictions_of
from tests.applications.recognition.pages import page_of
from tests.factories import add_checked, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant, lead_name="张三丰")
    add_checked(draft, people.applicant, "STAMPED", print=None)
    return draft


def told(draft, **papers):
    """What is told of papers, each a category and the lines of its page."""
    files = {file.category: file for file in draft.evidence.all()}
    pages = {files[category].pk: [page_of(*lines)] for category, lines in papers.items()}
    return contradictions_of(draft, pages)


def test_another_name_on_the_certificate_than_on_the_id_copy_is_told(draft):
    (finding,) = told(draft, ID_CARD=["姓名张三丰"], CERTIFICATE=["姓名：张三峰", "职业名称：焊工"])

    assert finding.about == "contradiction"
    assert "“张三丰”，职业技能等级证书上为“张三峰”" in finding.sentence
    assert [place.text for place in finding.places] == ["张三丰", "张三峰"]
    assert len({place.file for place in finding.places}) == 2


@pytest.mark.parametrize(
    "certificate", [["姓名：张三丰"], ["持证人：李四光", "张三丰"], ["职业名称：焊工"]]
)
def test_the_same_name_and_no_name_are_no_contradiction(draft, certificate):
    assert told(draft, ID_CARD=["姓名张三丰"], CERTIFICATE=certificate) == []


def test_two_readings_of_a_character_that_the_reader_does_not_know_are_no_contradiction(draft):
    draft.lead_name = "任𬱖"

    assert told(draft, ID_CARD=["姓名任頔"], CERTIFICATE=["姓名：任颇"]) == []
    assert told(draft, ID_CARD=["姓名任頔"], CERTIFICATE=["姓名：李颇"]) != []


def test_another_founding_date_than_the_forms_is_told(draft):
    draft.studio_status = "工作室于2019年3月正式成立，三室一场齐备。"

    (finding,) = told(draft, FOUNDING=["关于成立工作室的通知", "二〇二〇年四月一日"])

    assert "成立时间为 2019年3月，设立文件上读到的日期为 2020年4月1日" in finding.sentence
    assert told(draft, FOUNDING=["关于成立工作室的通知", "二〇一九年三月十二日"]) == []
    draft.studio_status = "三室一场齐备。"
    assert told(draft, FOUNDING=["关于成立工作室的通知", "二〇二〇年四月一日"]) == []


@pytest.mark.parametrize(
    "status",
    [
        "公司成立于1998年5月，是高新技术企业。工作室于2020年4月成立，三室一场齐备。",
        "虚构重工1998年5月成立，现有职工三千人；工作室成立于2020年4月。",
        "公司成立于1998年5月，现有职工三千人，建有技能大师工作室。",
        "工作室2018年6月在车间组建，2020年4月工作室正式挂牌。",
    ],
)
def test_the_founding_of_the_unit_and_earlier_steps_are_no_contradiction(draft, status):
    draft.studio_status = status

    assert told(draft, FOUNDING=["关于成立工作室的通知", "二〇二〇年四月一日"]) == []


def test_another_founding_date_is_told_beside_the_units(draft):
    draft.studio_status = "公司成立于1998年5月，工作室成立于2019年3月。"

    (finding,) = told(draft, FOUNDING=["关于成立工作室的通知", "二〇二〇年四月一日"])

    assert finding.claim == "2019年3月"


def test_another_unit_on_the_licence_than_on_the_stamped_form_is_told(draft):
    draft.unit_name = "虚构重工武汉有限公司"
    form = ["申报单位名称", "虚构重工武汉有限公司"]

    (finding,) = told(draft, LICENCE=["营业执照", "名称 虚构轻工武汉分公司"], STAMPED=form)

    assert "执照上读到的名称为“虚构轻工武汉分公司”，盖章申报表上为“虚构重工武汉有限公司”" in (
        finding.sentence
    )
    assert told(draft, LICENCE=["营业执照", "名称 虚构重工武汉有限公司"], STAMPED=form) == []
    assert told(draft, LICENCE=["营业执照", "名称 虚构轻工武汉分公司"]) == []
