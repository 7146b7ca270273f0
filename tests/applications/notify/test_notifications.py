"""Who is told what, when an application moves."""

import ast
import datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.notify.notifications import (
    CHANNEL_PAUSED,
    ENTER,
    JOIN_PANEL,
    LETTERS,
    LIST,
    REMIND,
    Recipient,
    about_event,
    accounts_of,
)
from applications.notify.tasks import tell, tell_results
from applications.rounds import Round
from applications.stages import ENDED, Stage
from applications.workflow import events
from applications.workflow.recommendation_list import report_list
from applications.workflow.table import TABLE
from review.recommending.list_models import RecommendationList
from tests.factories import (
    complete_fields,
    make_people,
    make_round,
    make_user,
    prepare,
    take,
    undo,
    walk_application,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


def subjects(user):
    """What the user was told, oldest first, without the application's number and name."""
    told = Message.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True)
    return [subject.split("：", 1)[-1] for subject in told]


def last_to(user):
    return Message.objects.filter(recipient=user).latest("pk")


MOVES = {(rule.kind, stage) for rule in TABLE if rule.moves for stage in rule.sources}
# Everything else that anybody is told of, and who that is.
BESIDES_MOVES = {
    (ENTER, Stage.PANEL): [Recipient.SCORERS],
    (ENTER, Stage.INSPECTING): [Recipient.OFFICE],
    (ENTER, Stage.APPROVING): [Recipient.BUREAU],
    (ENTER, Stage.COUNTERSIGNING): [Recipient.FINANCE],
    (LIST, events.REPORT): [Recipient.OFFICE],
    (LIST, events.SEND_LIST_BACK): [Recipient.RECOMMENDER],
    (events.PLAN_VISIT, ""): [Recipient.APPLICANT, Recipient.RECOMMENDER],
    (events.CANCEL_VISIT, ""): [Recipient.APPLICANT, Recipient.RECOMMENDER],
    (events.STEP_IN, ""): [Recipient.NAMED],
    (events.REPLACE_EXPERT, ""): [Recipient.NAMED],
    (JOIN_PANEL, ""): [Recipient.NAMED],
    (events.REOPEN_SCORE, ""): [Recipient.NAMED],
    (events.ENTER_OBJECTION, ""): [Recipient.OFFICE],
    (REMIND, Stage.DRAFT): [Recipient.APPLICANT],
    (REMIND, Stage.RETURNED): [Recipient.APPLICANT],
    (REMIND, Stage.RECOMMENDING): [Recipient.RECOMMENDER],
    (REMIND, Stage.PANEL): [Recipient.NAMED],
    (CHANNEL_PAUSED, ""): [Recipient.NAMED],
}


def test_the_table_of_letters_knows_every_move():
    assert set(LETTERS) == MOVES | set(BESIDES_MOVES)


@pytest.mark.parametrize("occasion", BESIDES_MOVES)
def test_each_occasion_has_its_recipients(occasion):
    assert [letter.to for letter in LETTERS[occasion]] == BESIDES_MOVES[occasion]


def test_every_letter_has_its_words_and_its_page():
    """Subject, text and address of each: none is missed when it is needed."""
    for letter in {letter for letters in LETTERS.values() for letter in letters}:
        assert letter.subject
        get_template(f"applications/messages/{letter.text}.txt")
        assert any(
            reverse(letter.page, args=args) for args in ([1], []) if _leads(letter.page, args)
        )


def _leads(page, args):
    try:
        return reverse(page, args=args)
    except NoReverseMatch:
        return ""


@pytest.mark.parametrize(
    "rule", [rule for rule in TABLE if rule.target], ids=lambda rule: rule.name
)
def test_whoever_has_to_act_next_is_told(rule):
    """Unless the same role has just acted, as the office that lists what it has inspected."""
    owner = rule.target.owner
    if rule.target in ENDED or set(rule.sources.values()) == {owner} or rule.name == "redirect":
        return
    recipient = {"EXPERT": Recipient.SCORERS}.get(owner.name) or Recipient[owner.name]
    for stage in rule.sources:
        told = {
            letter.to
            for occasion in ((rule.kind, stage), (ENTER, rule.target), (LIST, rule.kind))
            for letter in LETTERS.get(occasion, ())
        }
        assert recipient in told


def test_a_recipient_is_those_it_says_and_nobody_else(people):
    application = walk_application(Stage.PANEL, people)
    other = make_people(people.panel.round)
    colleague = make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
    invited = make_user(Role.BUREAU)
    User.objects.filter(pk=invited.pk).update(password="!unusable")
    make_user(Role.FINANCE, is_active=False)
    expected = {
        Recipient.APPLICANT: {people.applicant, colleague},
        Recipient.RECOMMENDER: {people.recommender},
        Recipient.OFFICE: {people.office, other.office},
        Recipient.BUREAU: {people.bureau, other.bureau},
        Recipient.FINANCE: {people.finance, other.finance},
        Recipient.SCORERS: {people.expert},
    }
    assert set(expected) == set(Recipient) - {Recipient.NAMED}
    for recipient, users in expected.items():
        assert set(accounts_of(recipient, application)) == users, recipient


def test_no_message_is_written_or_sent_beside_the_table():
    """One module writes messages, one saves and mails them; the command makes up for both."""
    found = {"write": set(), "save": set(), "mail": set()}
    for package in ("accounts", "applications", "review", "documents", "operations", "wsgsite"):
        for path in Path(settings.BASE_DIR, package).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                called, name = ast.unparse(node.func), str(path.relative_to(settings.BASE_DIR))
                if called == "Message" or called.endswith("Message.objects.bulk_create"):
                    found["write"].add(name)
                elif called == "Message.objects.tell":
                    found["save"].add(name)
                elif called in {"EmailMessage", "send_mail", "mail.send_mail", "deliver"}:
                    found["mail"].add(name)
    assert found["write"] == {"applications/notify/notifications.py"}
    assert found["save"] == {
        "applications/notify/tasks.py",
        "applications/notify/reminders.py",
        "operations/management/commands/notify.py",
    }
    assert found["mail"] == {
        "applications/notify/mailing.py",
        "applications/notify/tasks.py",
        "operations/management/commands/notify.py",
    }


def test_on_its_way_everybody_is_told_what_concerns_them(people):
    walk_application(Stage.COUNTERSIGNING, people)
    assert subjects(people.applicant) == [
        "已提交",
        "已同意推荐，待上报",
        "资格审查",
        "资格审查通过，评审中",
        "公示",
        "审定",
    ]
    assert subjects(people.recommender) == ["新申报待审核"]
    assert subjects(people.expert) == ["有 1 项申报等待您评审"]
    assert subjects(people.office)[-1] == "有 1 项申报等待实地考察"
    assert subjects(people.bureau) == ["有 1 项申报等待审定"]
    assert subjects(people.finance) == ["有 1 项申报等待会签"]
    assert subjects(people.admin) == []


def test_work_is_mailed_when_it_arrives(people, mailoutbox):
    """Nothing waits for `manage.py notify`."""
    application = walk_application(Stage.PUBLICITY, people)
    mailoutbox.clear()
    for name, user in (("clear", people.bureau), ("approve", people.finance)):
        application = take(application, name, people)
        [letter] = [each for each in mailoutbox if each.to == [user.email]]
        assert application.number in letter.body
        assert reverse("review:detail", args=[application.pk]) in letter.body
    application = take(application, "send_back", people)
    assert [each.to for each in mailoutbox[-1:]] == [[people.bureau.email]]
    assert not Message.objects.filter(mailed_at=None).exists()


def test_experts_are_told_of_work_but_not_whose(people, mailoutbox):
    """Before the pledge nothing opens, and nothing is named."""
    application = walk_application(Stage.PANEL, people)
    told = last_to(people.expert)
    assert told.url == reverse("review:panel_desk", args=[people.panel.pk])
    for secret in (application.number, application.lead_name, application.unit_name):
        assert secret not in told.subject + told.text
    assert mailoutbox[-1].to == [people.expert.email]


def test_who_has_scored_is_not_called_again_and_who_concludes_is(people):
    undo(walk_application(Stage.INSPECTING, people), "重新评议")
    # Every score is in: what is left to do is the leader's.
    assert subjects(people.expert) == ["有 1 项申报等待您评审"] * 2


def test_what_has_moved_on_is_told_to_nobody(people):
    application = walk_application(Stage.COUNTERSIGNING, people)
    Message.objects.all().delete()
    cleared = application.events.get(action="clear")
    assert [each.recipient for each in about_event(cleared)] == [people.applicant]


@pytest.mark.parametrize(("name", "source"), [("withdraw", ""), ("return", Stage.QUALIFYING)])
def test_reviewers_are_told_of_what_was_submitted_not_of_what_is_typed(people, name, source):
    """The worker may come to a letter after the unit has begun to change its draft."""
    application = take(walk_application(source or Stage.RECOMMENDING, people), name, people)
    Application.objects.filter(pk=application.pk).update(lead_name="改名", unit_name="改单位")
    moved = application.events.select_related("application__round").get(action=name)
    told = [each for each in about_event(moved) if each.recipient == people.recommender]
    assert told
    assert application.lead_name in told[0].subject
    assert all("改" not in f"{each.subject}{each.text}".replace("修改", "") for each in told)


def test_the_submitter_is_given_number_and_receipt(people):
    application = walk_application(Stage.RECOMMENDING, people)
    told = last_to(people.applicant)
    assert application.number in told.text
    assert told.url == reverse("applications:receipt", args=[application.pk])


def test_colleagues_are_told_and_other_units_are_not(people):
    colleague = make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
    removed = make_user(
        Role.APPLICANT, applying_unit=people.applicant.applying_unit, is_active=False
    )
    invited = make_user(Role.APPLICANT, applying_unit=people.applicant.applying_unit)
    User.objects.filter(pk=invited.pk).update(password="!unusable")
    other = make_people(people.panel.round)
    walk_application(Stage.RECOMMENDING, people)
    assert subjects(colleague) == ["已提交"]
    # Whoever has not set a password has not proved that the address is theirs.
    for user in (removed, invited, other.applicant, other.recommender):
        assert subjects(user) == []


def test_a_return_tells_reason_deadline_and_each_remark_with_its_field(people, mailoutbox):
    application = walk_application(Stage.RECOMMENDING, people)
    remarks = [{"section": "lead", "field": "lead_name", "text": "请填写全名。"}]
    returned = take(application, "return", people, remarks=remarks)
    told = last_to(people.applicant)
    deadline = timezone.localtime(returned.return_deadline)
    section = reverse("applications:section", args=[application.pk, "lead"])
    for words in (
        "退回理由：意见：return",
        f"{deadline:%Y}年{deadline.month}月{deadline.day}日 {deadline:%H:%M}",
        "技能大师姓名：请填写全名。",
        f"{section}#id_lead_name",
    ):
        assert words in told.text
        assert words in mailoutbox[-1].body
    assert people.recommender.name not in told.text


def test_the_recommending_unit_hears_of_correction_and_withdrawal(people):
    application = walk_application(Stage.RETURNED, people)
    application = take(application, "submit", people)
    take(application, "withdraw", people)
    assert subjects(people.recommender) == [
        "新申报待审核",
        "修改后重新提交，待审核",
        "申报单位已撤回",
    ]


def test_a_return_by_the_office_is_told_to_both(people):
    take(walk_application(Stage.QUALIFYING, people), "return", people)
    assert subjects(people.applicant)[-1] == "已退回，请按要求修改后重新提交"
    assert "评审办公室已将贵单位" in last_to(people.applicant).text
    assert subjects(people.recommender)[-1] == "评审办公室退回修改"


@pytest.mark.parametrize(
    ("stage", "subject"),
    [(Stage.NOT_RECOMMENDED, "不予推荐"), (Stage.DISQUALIFIED, "资格审查不通过")],
)
def test_an_end_is_told_without_the_reviewers_words(people, stage, subject):
    walk_application(stage, people)
    told = last_to(people.applicant)
    assert told.subject.endswith(f"：{subject}")
    assert "理由" not in told.text


def test_one_message_tells_the_office_of_a_whole_list(people):
    for _ in range(3):
        application = walk_application(Stage.RECOMMENDED, people)
        prepare(application, "report", people)
    report_list(RecommendationList.objects.get(), people.recommender)
    assert subjects(people.office) == [f"{people.recommender.unit_name}上报了推荐一览表，共 3 项"]
    told = last_to(people.office)
    assert told.text.count("JNDS") == 3
    assert told.url.startswith(reverse("review:queue"))
    # A later supplement is another message.
    prepare(walk_application(Stage.RECOMMENDED, people), "report", people)
    report_list(RecommendationList.objects.get(), people.recommender)
    assert len(subjects(people.office)) == 2


@pytest.mark.parametrize("stage", [Stage.AWARDED, Stage.NOT_SELECTED])
def test_a_result_is_told_with_the_publication_and_once(people, stage):
    application = walk_application(stage, people)
    before = Message.objects.count()
    event = application.events.exclude(to_stage="").last()
    tell.enqueue(event.pk)
    tell_results.enqueue(people.panel.round_id)
    assert Message.objects.count() == before
    Round.objects.update(results_published_at=timezone.now())
    # The worker may come to the last move after the publication: still one message.
    tell.enqueue(event.pk)
    tell_results.enqueue(people.panel.round_id)
    tell_results.enqueue(people.panel.round_id)
    assert Message.objects.count() == before + 1
    assert subjects(people.applicant)[-1] == stage.label


def test_telling_twice_tells_once(people, mailoutbox):
    application = walk_application(Stage.RECOMMENDING, people)
    told, mailed = Message.objects.count(), len(mailoutbox)
    tell.enqueue(application.events.last().pk)
    assert (Message.objects.count(), len(mailoutbox)) == (told, mailed)


def test_no_mail_holds_a_score_an_expert_or_a_personal_number(people, mailoutbox):
    application = walk_application(Stage.AWARDED, people)
    Round.objects.update(results_published_at=timezone.now())
    tell_results.enqueue(people.panel.round_id)
    typed = complete_fields(people.applicant.applying_unit)
    secrets = [typed["lead_id_number"], typed["bank_account"], people.expert.name]
    secrets += ["意见：", "平均分", str(application.panel_assignment.mean)]
    for letter in mailoutbox:
        assert not any(secret in letter.subject + letter.body for secret in secrets)
        # To the applicant the panel and the inspection are one: 评审中.
        if letter.to == [people.applicant.email]:
            assert "考察" not in letter.subject + letter.body


def test_a_line_break_typed_into_a_name_stays_out_of_the_header(people, mailoutbox):
    walk_application(Stage.RECOMMENDING, people, lead_name="龘某\r\nBcc: all@example.invalid")
    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].recipients() == [people.applicant.email]


def test_the_mail_has_link_and_contact(people, mailoutbox, settings):
    settings.SITE_URL = "https://portal.example.invalid"
    application = walk_application(Stage.RECOMMENDING, people)
    body = mailoutbox[0].body
    assert f"https://portal.example.invalid/applications/{application.pk}/receipt/" in body
    assert settings.OFFICE_CONTACT in body
    assert Application.objects.get(pk=application.pk).studio_title in body


def test_what_a_stopped_worker_left_untold_is_made_up_for(people, mailoutbox):
    application = walk_application(Stage.RECOMMENDING, people)
    Message.objects.all().delete()
    mailoutbox.clear()
    call_command("notify")
    assert not mailoutbox, "the worker may still be about to tell it"
    later = timezone.now() + datetime.timedelta(minutes=11)
    for days, expected in ((0, 2), (0, 2), (4, 2)):
        with time_machine.travel(later + datetime.timedelta(days=days)):
            call_command("notify")
        assert len(mailoutbox) == expected
    assert {mail.to[0] for mail in mailoutbox} == {people.applicant.email, people.recommender.email}
    assert application.number in mailoutbox[0].subject


def test_after_three_days_nothing_is_made_up_for(people, mailoutbox):
    walk_application(Stage.RECOMMENDING, people)
    Message.objects.all().delete()
    mailoutbox.clear()
    with time_machine.travel(timezone.now() + datetime.timedelta(days=4)):
        call_command("notify")
    assert not mailoutbox


def test_a_published_result_left_untold_is_made_up_for(people, mailoutbox):
    application = walk_application(Stage.NOT_SELECTED, people)
    Round.objects.update(results_published_at=timezone.now())
    Message.objects.filter(application=application).delete()
    mailoutbox.clear()
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
        call_command("notify")
    assert any("未入选" in mail.subject for mail in mailoutbox)


def test_what_was_taken_back_and_comes_again_is_not_called_new(people):
    application = walk_application(Stage.RECOMMENDING, people)
    application = take(application, "withdraw", people)
    take(application, "submit", people)
    assert "修改后重新提交，待审核" in last_to(people.recommender).subject
