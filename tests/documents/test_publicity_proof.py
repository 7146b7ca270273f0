"""公示无异议证明: issued once a notice is over and every objection has its answer."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.stages import Stage
from documents.publicity_proof import statement
from review.publicity.objections.models import Objection
from tests import factories as make
from tests.documents.test_receipt import text_of
from tests.review.publicity.test_publicity import make_notice

pytestmark = pytest.mark.django_db
Outcome = Objection.Outcome


@pytest.fixture
def people():
    return make.make_people(make.make_round())


def object_to(application, outcome=""):
    return application.objections.create(
        raised_by="群众某",
        contact="13800000001",
        text="不实。",
        outcome=outcome,
        answer="经查。" if outcome else "",
        resolved_at=timezone.now() if outcome else None,
    )


def of_notice(client, notice):
    return client.get(reverse("documents:publicity_proof", args=[notice.pk]), follow=True)


def test_it_says_round_period_list_and_that_nothing_was_raised(client, people):
    application = make.make_application(Stage.APPROVING, people, lead_name="𬱖龘㛃䶮")
    notice = application.public_notices.get()
    client.force_login(people.bureau)
    response = of_notice(client, notice)
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    text = "".join(text_of(response.getvalue()))
    for expected in (
        "公示无异议证明",
        notice.number,
        notice.round.title,
        application.unit_name,
        "𬱖龘㛃䶮",
        application.recommending_unit.name,
        "公示期间未收到异议。",
        "评审委员会办公室（盖章）",
    ):
        assert expected in text
    for private in (application.lead_id_number, application.contact_mobile):
        assert private not in text


def test_it_waits_for_the_end_and_for_every_answer(client, people):
    application = make.make_application(Stage.PUBLICITY, people)
    running = make_notice(people, application)
    client.force_login(people.office)
    assert "期满后再出具证明" in of_notice(client, running).content.decode()
    running.delete()
    make.prepare(application, "clear", people)
    notice = application.public_notices.get()
    objection = object_to(application)
    assert "还有 1 件异议没有处理结论" in of_notice(client, notice).content.decode()
    objection.delete()
    notice.withdrawn_at = timezone.now()
    notice.save()
    assert "公示已撤回，不能出具证明。" in of_notice(client, notice).content.decode()


def test_one_upheld_leaves_the_list_and_gets_no_proof_of_its_own(client, people):
    kept, gone = (
        make.make_application(Stage.PUBLICITY, people, unit_name=f"{name}厂")
        for name in ("甲", "乙")
    )
    make.prepare(kept, "clear", people)
    notice = kept.public_notices.get()
    notice.applications.add(gone)
    object_to(kept, Outcome.DISMISSED)
    object_to(gone, Outcome.UPHELD)
    client.force_login(people.office)
    text = "".join(text_of(of_notice(client, notice).getvalue()))
    assert "甲厂" in text
    assert "乙厂" not in text
    assert "收到异议2件，其中1件经核实不成立，1件经核实成立" in text

    def of_one(application):
        url = reverse("documents:publicity_proof_of", args=[application.pk])
        return client.get(url, follow=True)

    text = "".join(text_of(of_one(kept).getvalue()))
    assert "收到异议1件，均经核实不成立。" in text
    assert "该项目有异议成立" in of_one(gone).content.decode()


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ([], "公示期间未收到异议。"),
        ([Outcome.DISMISSED] * 2, "公示期间收到异议 2 件，均经核实不成立。"),
        (
            [Outcome.DECLINED, Outcome.DISMISSED],
            "公示期间收到异议 2 件，其中1 件不符合受理条件，未予受理，1 件经核实不成立。",
        ),
    ],
)
def test_the_sentence_about_the_objections(outcomes, sentence):
    assert statement(outcomes) == sentence


@pytest.mark.parametrize("role", list(Role))
def test_it_is_for_the_office_and_the_bureau(client, people, role):
    application = make.make_application(Stage.PUBLICITY, people)
    notice = make_notice(people, application)
    client.force_login(people.of(role))
    url = reverse("documents:publicity_proof", args=[notice.pk])
    assert client.get(url).status_code == (302 if role in {Role.OFFICE, Role.BUREAU} else 404)
