"""A recommending unit's own texts, and how one gets into 附件2's box."""

import re

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.permissions import Privacy
from applications.stages import Stage
from documents import annex2
from review.recommending.models import OpinionTemplate
from tests.factories import make_application, make_recommending_unit, prepare

pytestmark = pytest.mark.django_db
LIST = "/review/opinions/"
TEXT = "经核验，材料真实准确，业绩突出，同意推荐为技能大师工作室。"


@pytest.fixture
def template(people):
    unit = people.recommender.recommending_unit
    return OpinionTemplate.objects.create(recommending_unit=unit, title="常用", text=TEXT)


def content_of(response):
    return response.content.decode()


def test_a_unit_adds_changes_and_deletes_its_templates(log_in, people):
    client = log_in(Role.RECOMMENDER)
    client.post(LIST, {"title": "同意", "text": TEXT})
    template = OpinionTemplate.objects.get()
    assert template.recommending_unit == people.recommender.recommending_unit
    address = reverse("review:opinion_template", args=[template.pk])
    client.post(address, {"title": "同意推荐", "text": "同意。"})
    template.refresh_from_db()
    assert (template.title, template.text) == ("同意推荐", "同意。")
    client.post(address, {"action": "delete"})
    assert not OpinionTemplate.objects.exists()


def test_a_title_is_used_once_and_nothing_typed_is_lost(log_in, template):
    refused = log_in(Role.RECOMMENDER).post(LIST, {"title": "常用", "text": "另一段文字。"})
    assert refused.status_code == 422
    assert "已有同名的模板" in content_of(refused)
    assert "另一段文字。" in content_of(refused)


def test_their_number_is_limited(log_in, people):
    unit = people.recommender.recommending_unit
    OpinionTemplate.objects.bulk_create(
        OpinionTemplate(recommending_unit=unit, title=f"模板{number}", text="同意。")
        for number in range(OpinionTemplate.LIMIT)
    )
    client = log_in(Role.RECOMMENDER)
    refused = client.post(LIST, {"title": "多一个", "text": "同意。"})
    assert refused.status_code == 409
    assert "请先删除不用的" in content_of(refused)
    assert OpinionTemplate.objects.count() == OpinionTemplate.LIMIT


def test_another_units_templates_do_not_exist(log_in, people):
    foreign = OpinionTemplate.objects.create(
        recommending_unit=make_recommending_unit(), title="别家", text="同意。"
    )
    client = log_in(Role.RECOMMENDER)
    assert "别家" not in content_of(client.get(LIST))
    assert client.get(reverse("review:opinion_template", args=[foreign.pk])).status_code == 404
    application = make_application(Stage.RECOMMENDING, people)
    query = {"decide": "decline", "template": foreign.pk}
    address = reverse("review:detail", args=[application.pk])
    assert client.get(address, query).status_code == 404


@pytest.mark.parametrize(("name", "field"), [("recommend", "text"), ("decline", "reason")])
def test_a_link_fills_the_opinion_without_a_script(log_in, people, template, name, field):
    application = make_application(Stage.RECOMMENDING, people)
    prepare(application, "recommend", people)
    client = log_in(Role.RECOMMENDER)
    address = reverse("review:detail", args=[application.pk])
    plain = content_of(client.get(address, {"decide": name}))
    link = f"?decide={name}&amp;template={template.pk}#decision"
    assert link in plain
    page = content_of(client.get(address, {"decide": name, "template": template.pk}))
    area = re.search(rf'<textarea name="{field}"[^>]*>([^<]*)</textarea>', page)
    assert area.group(1).strip() == TEXT


def test_the_text_arrives_in_the_recommending_units_box(log_in, people, template):
    application = make_application(Stage.RECOMMENDING, people)
    prepare(application, "recommend", people)
    client = log_in(Role.RECOMMENDER)
    address = reverse("review:detail", args=[application.pk])
    form = client.get(address, {"decide": "recommend", "template": template.pk})
    typed = {"text": form.context["decision"].initial["text"], "signatory": "推荐某"}
    typed |= {"signed_on": f"{timezone.localdate()}", "revision": application.revision}
    decide = reverse("review:decide", args=[application.pk, "recommend"])
    assert client.post(decide, typed).status_code == 302
    prepared = annex2.prepared(type(application).objects.select_related("recommending_unit"))
    pdf = annex2.render(prepared.get(pk=application.pk), Privacy.FULL)
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    text = re.sub(r"\s", "", text)
    box = text.split("中央驻汉")[1].split("专家组组长")[0]
    assert TEXT in box
