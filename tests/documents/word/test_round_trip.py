"""What leaves as Word comes in again without a loss: nobody types a form twice."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from applications.form.definition import AWARD_FIELDS, ITEM
from applications.form.drafts import start
from applications.form.word.form_reading import SHOWN, open_word, read_form
from applications.form.word.kept_reading import KeptReading, keep, kept_for
from applications.form.word.merging import Merge, Outcome, take
from applications.models import Application, Award, StudioMember
from applications.permissions import Privacy
from applications.stages import Stage
from applications.versions.snapshot import MEMBER_FIELDS
from documents import annex2
from documents.word import annex2_docx
from tests import factories as make

pytestmark = pytest.mark.django_db


def read_again(application):
    """Return what the form said, and what is read of it as Word: (content, `FormReading`)."""
    application = annex2.prepared(Application.objects).get(pk=application.pk)
    content = annex2.edition_of(application, Privacy.FULL).content
    made = annex2_docx.render(application, Privacy.FULL)
    return content, read_form(open_word(SimpleUploadedFile("附件2.docx", made)))


def values(content):
    """Return the texts of the fields that 附件2 shows, as they are typed; empty ones left out."""
    values = {name: getattr(content, name) for name in SHOWN}
    return {name: value for name, value in values.items() if value not in ("", None)}


def read_values(reading, like):
    """Return the texts that were read of the fields; an area as the number it is."""
    return {
        name: Decimal(cell.text) if isinstance(like.get(name), Decimal) else cell.text
        for name, cell in reading.cells.items()
    }


def assert_nothing_is_lost(application):
    """Assert that every field, award and member is read again as it was, and none is in doubt."""
    content, reading = read_again(application)
    expected = values(content)
    assert read_values(reading, expected) == expected
    for level in Award.Level:
        assert texts(reading.awards[level], AWARD_FIELDS) == [
            [str(getattr(award, name) or "") for name in AWARD_FIELDS]
            for award in content.awards_of(level)
        ]
    assert texts(reading.members, MEMBER_FIELDS) == [
        [getattr(member, name) for name in MEMBER_FIELDS] for member in content.members_in_order()
    ]
    rows = [*reading.members, *(row for rows in reading.awards.values() for row in rows)]
    cells = [*reading.cells.values(), *(cell for row in rows for cell in row.values())]
    assert [(cell.text, cell.why) for cell in cells if cell.is_unsure] == []


def texts(rows, names):
    """Return the texts of rows of cells, in the order of the fields."""
    return [[row[name].text for name in names] for row in rows]


def test_every_application_of_the_demo_comes_in_again_without_a_loss():
    call_command("loaddemo")
    applications = list(Application.objects.order_by("pk"))
    assert len(applications) > 15
    for application in applications:
        assert_nothing_is_lost(application)


@pytest.fixture
def draft():
    people = make.make_people(make.make_round())
    return make.make_application(Stage.DRAFT, people)


PROSE = "一、技术攻关\n1.发明专利2项（ZL 2020 1 0000001.1）。\n（签字盖章）\n2024年6月7日"
LONG = "\n".join(f"（{number}）解决“难题”三十余项。" * 8 for number in range(40))
UNUSUAL = [
    {"lead_name": "𬱖龘㛃䶮", "unit_name": "虚构<b>&amp;</b>公司（武汉）"},
    {"bank_name": "虚构银行武汉分行第2营业部（江岸）", "bank_account": "420012345678"},
    {"bank_name": "虚构银行123支行", "bank_account": "6222020000001234567"},
    {"address": "武汉市江岸区虚构大道111号3栋2单元", "fax": "027-83919079"},
    {"principal_phone": "027-83919079、83919075", "contact_phone": "027-83919079转803"},
    {"studio_facilities": "焊机12台\n机器人2台\n场地：三室", "studio_area": Decimal("1200.5")},
    {"achievements": PROSE},
    {"achievements": LONG},
]


@pytest.mark.parametrize("typed", UNUSUAL, ids=lambda typed: next(iter(typed)))
def test_what_is_unusual_comes_in_again(draft, typed):
    Application.objects.filter(pk=draft.pk).update(**typed)
    assert set(typed) <= set(ITEM)
    assert_nothing_is_lost(draft)


def test_members_come_in_again_one_by_one(draft):
    draft.members.all().delete()
    for position, (name, occupation, level) in enumerate(
        [
            ("张三", "焊工", "1"),
            ("李四", "", ""),
            ("王五", "数控车工、铣工", "2"),
            ("阿卜杜拉·买买提", "", "3"),
            ("赵六", "焊工（电焊）", "2"),
            ("𬱖某", "钳工", "4"),
        ]
    ):
        StudioMember.objects.create(
            application=draft,
            position=position,
            name=name,
            occupation=occupation,
            skill_level=level,
        )
    assert_nothing_is_lost(draft)


def test_twenty_awards_come_in_again_over_several_pages(draft):
    draft.awards.all().delete()
    for position in range(20):
        Award.objects.create(
            application=draft,
            level=Award.Level.OTHER,
            position=position,
            project=f"“高效焊接工法”<{position}>",
            name="武汉市技术能手",
            authority="虚构市总工会、虚构市人社局",
            grade="一等奖",
            ranking=f"{position + 1}/30",
            part="主持" if position % 2 else "",
            year=2001 + position,
        )
    assert_nothing_is_lost(draft)


@pytest.mark.parametrize("level", Award.Level)
def test_awards_of_projects_that_are_called_like_labels_come_in_again(draft, level):
    draft.awards.all().delete()
    projects = "备注 姓名 工种 负责人 电话 单位名称 推荐结果 专家意见 湖北省荣誉称号 其他奖励"
    for position, project in enumerate(projects.split()):
        Award.objects.create(
            application=draft,
            level=level,
            position=position,
            project=project,
            name="湖北省荣誉称号",
            authority="虚构市总工会",
            ranking="1/3",
            part="负责人",
            year=2018,
        )
    assert_nothing_is_lost(draft)


def test_its_own_form_offers_a_draft_nothing_and_a_new_one_everything(draft):
    """The preview (`applications.form.word.merging`) finds all of it there already, or empty."""
    content, reading = read_again(draft)
    own = Merge(Application.objects.get(pk=draft.pk), reading)
    assert (own.offers, own.rows) == ([], [])

    user = draft.edited_by
    new = start(draft.round, user)
    keep(new, user, KeptReading.Kind.FORM, "附件2.docx", reading.to_json())
    merge = Merge(new, reading)
    page = {"reading": kept_for(new, user).mark, "loaded": merge.loaded}
    page |= {offer.name: offer.field.value() for offer in merge.offers}
    page |= {f"take-{offer.name}": "1" for offer in merge.offers}
    for row in merge.rows:
        page |= {row.form.add_prefix(name): row.form[name].value() for name in row.form.fields}
        page[f"{row.form.prefix}-take"] = "1"
    assert take(new.pk, user, page)[0] is Outcome.TAKEN
    new.refresh_from_db()
    assert values(new) == values(content)
    assert [str(award) for award in new.awards.all()] == [
        str(award) for award in draft.awards.all()
    ]
    assert [*map(str, new.members.all())] == [*map(str, draft.members.all())]
