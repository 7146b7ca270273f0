"""The search finds what a row shows, however it is typed, and nothing that is not on the page."""

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.roles import Role
from applications.models import Application, Award
from applications.search import FEW, SearchText, is_in, renew, renewal, words_asked
from applications.stages import Stage
from review.queue.filters import filtered, options_for
from tests.factories import make_application, make_people, make_round, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LEAD, UNIT, TRADE = "周某乙", "武汉光谷重工（集团）有限公司", "数控铣工"


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    named = {"lead_name": LEAD, "unit_name": UNIT, "lead_occupation": TRADE}
    made = make_application(Stage.QUALIFYING, people)
    made.edit(people.applicant, **named)
    return made


def found(user, text):
    asked = QueryDict(mutable=True)
    asked.update({"stage": "all", "q": text})
    return list(filtered(user, asked, *options_for(user))[0])


HELD = """
周某乙技能大师工作室|某乙|乙|周 某乙|周　某乙|周某乙 光谷|光谷 周某乙|重工集团|重工(集团)|铣工 周
ｚｈｏｕｍｏｕｙｉ|ZhouMouYi|zhou mou|zmy|wuhanguangguzhonggong|zhonggong|ggzg|shukong
技术能手|jsns|高效焊接
"""
NOT_HELD = "周某丙|周某乙 钢铁|某周|houmouyi|周某乙1|成员某|13800000000|钳工"


def test_every_word_is_found_in_any_order_width_and_reading(application, people):
    for text in HELD.strip().replace("\n", "|").split("|"):
        assert found(people.office, text) == [application], text
    for text in NOT_HELD.split("|"):
        assert found(people.office, text) == [], text


def test_a_number_is_found_as_it_is_typed(application, people):
    number = application.number
    wide = "".join(chr(ord(each) + 0xFEE0) for each in number)
    for text in (number, number.lower(), wide, number.replace("-", ""), number[4:], number[-4:]):
        assert found(people.office, text) == [application], text


READINGS = {
    "曾某": ("zengmou", "cengmou", "zm"),
    "单雄": ("shanxiong", "danxiong", "sx", "dx"),
    "仇某": ("qiumou", "choumou"),
    "吕乐": ("lvle", "lyule", "lvyue", "ll", "ly"),
    "阿卜杜拉·买买提": ("abudula", "abdl", "maimaiti", "阿卜杜拉买买提", "拉·买"),
    "𬱖䶮": ("𬱖", "𬱖䶮", "diyan"),
    "Müller 张": ("zhang", "müller"),
}


def test_a_name_is_read_every_way(application, people):
    for name, readings in READINGS.items():
        application.edit(people.applicant, lead_name=name)
        for text in readings:
            assert found(people.office, text) == [application], text


def test_nothing_typed_is_an_error(application, people):
    for text in ("·", "", "　", '" OR *', "' | !", "a' & b", "%", "(", "\\0"):
        found(people.office, text)


def test_punctuation_alone_asks_for_nothing():
    assert words_asked(" · “周某”，（） ") == ["“周某”,()"]


def test_recommending_units_are_found_by_those_who_are_told_them(application, people):
    unit = application.recommending_unit.name
    assert found(people.office, f"{unit} {LEAD}") == [application]
    assert found(people.recommender, unit) == []
    assert found(people.recommender, LEAD) == [application]


def test_awards_are_found_as_they_were_submitted_last(people):
    application = make_application(Stage.RETURNED, people)
    Award.objects.filter(application=application).update(name="机密大奖")
    application.refresh_from_db()
    application.edit(people.applicant, lead_name="钱某")
    assert found(people.office, "机密大奖") == []
    assert found(people.office, "湖北省技术能手") == found(people.office, "钱某") == [application]
    take(application, "submit", people)
    assert found(people.office, "机密大奖") == [application]
    assert found(people.office, "湖北省技术能手") == []


def test_drafts_are_found_by_nobody_else(people):
    make_application(Stage.DRAFT, people, lead_name=LEAD)
    assert found(people.office, LEAD) == []


def test_many_are_found_like_few(application, people, monkeypatch):
    """More than FEW are not named by their keys."""
    fields = {
        field.attname: getattr(application, field.attname)
        for field in Application._meta.concrete_fields
        if not field.primary_key
    }
    made = Application.objects.bulk_create(
        Application(**{**fields, "number": f"COPY-{number}", "stage_entered_at": timezone.now()})
        for number in range(4)
    )
    renew(*(each.pk for each in made))
    assert FEW > 5
    few = [found(user, f"{LEAD} copy") for user in (people.office, people.recommender)]
    for limit in (0, 3, 4):
        monkeypatch.setattr("applications.search.FEW", limit)
        assert [found(user, f"{LEAD} copy") for user in (people.office, people.recommender)] == few
    assert len(few[0]) == 4


def test_who_may_not_see_it_does_not_find_it(application):
    assert found(make_user(Role.EXPERT), LEAD) == found(make_user(Role.FINANCE), LEAD) == []


def test_a_unit_is_found_by_every_reading_of_its_name():
    read = ("chongqing", "zhongqing", "chongq", "cq", "changjiang", "zjy", "yinhang", "yinxing")
    assert [word for word in read if not is_in("重庆长江银行", word)] == []
    others = ("hongqing", "qingchong", "cjyhx", "jnds2026")
    assert [word for word in others if is_in("重庆长江银行", word)] == []


def test_what_is_saved_is_found_once_the_worker_has_come(people, settings):
    application = make_application(Stage.QUALIFYING, people)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    application.edit(people.applicant, lead_name=LEAD)
    assert found(people.office, LEAD) == []
    (waiting,) = DBTaskResult.objects.filter(task_path=renewal.module_path)
    renewal.call(*waiting.args_kwargs["args"])
    assert found(people.office, "zhoumouyi") == [application]


def test_a_renewal_that_failed_is_made_up_for(people):
    application = make_application(Stage.DRAFT, people)
    SearchText.objects.all().delete()
    DBTaskResult.objects.create(
        status="FAILED",
        args_kwargs={"args": [application.pk], "kwargs": {}},
        task_path=renewal.module_path,
        run_after=timezone.now(),
        priority=0,
        queue_name="default",
        backend_name="default",
    )
    call_command("notify")
    assert SearchText.objects.get().application == application
    assert not DBTaskResult.objects.filter(task_path=renewal.module_path).exists()
