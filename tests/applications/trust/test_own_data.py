"""导出我的数据: everything of one's own in one file, nothing of anybody else's."""

import json

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.form.definition import SECTION
from applications.form.word.kept_reading import KeptReading, keep
from applications.recognition.page import Line, Page, PageState
from applications.stages import Stage
from tests.factories import (
    id_number,
    keep_text,
    make_application,
    make_people,
    make_round,
    walk_application,
)

pytestmark = pytest.mark.django_db
URL = reverse("applications:my_data")


@pytest.fixture
def people():
    return make_people(make_round())


def test_an_applicant_gets_account_unit_and_applications_as_typed(client, people):
    application = walk_application(Stage.RECOMMENDING, people)
    draft = make_application(Stage.DRAFT, people, achievements="只有草稿里有的业绩")
    others = make_people(people.panel.round)
    foreign = make_application(Stage.RECOMMENDING, others)
    lines = (Line("职业技能等级证书", (0, 0, 1, 0.1)), Line("高级技师", (0, 0.1, 1, 0.2)))
    keep_text(application.current_evidence()[0], Page(1, PageState.READ, lines=lines))
    marks = application.finding_marks
    for reader in (people.applicant, people.office):
        marks.create(key="award-1", digest="ab", verdict="CHECKED", user=reader)
    channel = {"service": "SMS", "name": "手机", "kinds": ["RESULT"]}
    people.applicant.channels.create(**channel, access={"mobile": "13800000000"})
    client.force_login(people.applicant)
    page = client.get(URL)
    assert "完整的身份证号" in page.text
    response = client.post(URL)

    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["Cache-Control"] == "private, no-store"
    found = json.loads(response.content)
    assert found["账号"]["电子邮箱"] == people.applicant.email
    assert found["单位"]["统一社会信用代码"] == people.applicant.applying_unit.uscc
    assert found["日历订阅"] is None
    (channel,) = found["消息渠道"]
    assert channel["接入信息"] == {"mobile": "13800000000"}
    submitted, typed = found["申报"]
    assert submitted["受理编号"] == application.number
    assert submitted["填报内容"][SECTION["lead"].title]["身份证号"] == id_number()
    assert submitted["获奖"][0]["奖励名称"] == "湖北省技术能手"
    assert len(submitted["材料"]) == application.evidence.count()
    assert submitted["材料"][0]["识别的文字"] == {"第 1 页": "职业技能等级证书\n高级技师"}
    (mark,) = submitted["核对标记"]
    assert (mark["标记"], mark["标记人"]) == ("已核", people.applicant.name)
    assert submitted["办理记录"][0]["事项"].startswith("提交")
    assert draft.achievements in typed["填报内容"]["工作业绩"].values()
    assert found["消息"]
    for strange in (foreign.number, others.applicant.email, others.applicant.unit_name):
        assert strange not in response.text
    assert "password" not in response.text
    (entry,) = AuditEntry.objects.filter(kind=AuditEntry.Kind.EXPORT)
    assert (entry.user, entry.data) == (people.applicant, {"applications": 2})


@pytest.mark.parametrize("role", [role for role in Role if role != Role.APPLICANT])
def test_others_get_their_account_and_messages_alone(client, people, role):
    application = make_application(Stage.AWARDED, people)
    client.force_login(people.of(role))
    assert "完整的身份证号" not in client.get(URL).text
    response = client.post(URL)
    found = json.loads(response.content)
    assert found["申报"] == []
    assert found["账号"]["姓名"] == people.of(role).name
    assert id_number() not in response.text
    assert application.applying_unit.contact_mobile not in response.text


def test_what_was_read_of_a_word_file_and_waits_is_in_it(client, people):
    draft = make_application(Stage.DRAFT, people)
    keep(draft, people.applicant, KeptReading.Kind.FORM, "王强.docx", '{"cells": {}}')
    client.force_login(people.applicant)
    found = json.loads(client.post(URL).content)["未填入的 Word 内容"]
    assert (found["文件名"], found["内容"]) == ("王强.docx", {"cells": {}})


@pytest.mark.parametrize("number", [1, 8])
def test_it_asks_the_same_few_things_however_much_there_is(
    client, people, number, django_assert_num_queries
):
    for _ in range(number):
        make_application(Stage.DRAFT, people)
    client.force_login(people.applicant)
    client.get(URL)
    with django_assert_num_queries(17):
        client.post(URL)
