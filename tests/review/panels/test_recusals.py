"""Sign in, declare, pledge; recusal closes an application at once, and alternates step in."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.workflow.perform import Refused, perform
from documents.scores.score_sheet import sheet_context
from review.application_page.tabs import TABS
from review.panels.employers import plain_name
from review.panels.models import Alternate, Attendance, Declaration, PanelAssignment, Recusal
from review.panels.recusals import conflict, recuse, replace, substitute, update_recusals
from review.scoring import rankings
from review.scoring.models import Score, ScoreSheet
from review.scoring.score_sheet import explained
from tests.factories import (
    data_for,
    make_application,
    make_user,
    prepare,
    score,
    score_by,
    sit_down,
)
from tests.tabs import read_all_tabs, tab_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    """In the panel's stage, with nobody of the panel signed in yet."""
    application = make_application(Stage.PANEL, people)
    Attendance.objects.all().delete()
    return application


@pytest.fixture
def expert(people):
    """A member of the panel who does not lead it."""
    return people.panel.experts.exclude(pk=people.expert.pk).order_by("pk").first()


@pytest.fixture
def desk(people):
    return reverse("review:panel_desk", args=[people.panel.pk])


def add_alternates(panel, number=2, **fields):
    """Give a panel its ordered alternates; return the experts."""
    experts = [make_user(Role.EXPERT, f"候补{n}", **fields) for n in range(1, number + 1)]
    for position, each in enumerate(experts, start=1):
        Alternate.objects.create(panel=panel, expert=each, position=position)
    return experts


def addresses(application):
    """Every address at which an expert could read something of an application."""
    licence = application.evidence.get(category=EvidenceCategory.LICENCE)
    own = [
        *(f"review:{tab.name}" for tab in TABS if tab.roles is None),
        "review:score",
        "applications:read",
        "applications:compare",
        "documents:annex2",
        "documents:dossier",
        "documents:dossier_progress",
    ]
    return [
        *(reverse(name, args=[application.pk]) for name in own),
        reverse("documents:package", args=[application.pk, "DOSSIER"]),
        reverse("applications:evidence_file", args=[licence.pk]),
        reverse("applications:evidence_thumbnail", args=[licence.pk]),
        reverse("documents:marked_evidence", args=[licence.pk]),
    ]


def assert_closed(client, application):
    for url in addresses(application):
        assert client.get(url).status_code == 404, url
    title = application.studio_title
    for url in (f"{reverse('review:queue')}?stage=all", reverse("home")):
        assert title not in client.get(url).content.decode(), url


class TestSteps:
    def test_nothing_opens_before_the_pledge(self, client, application, expert, desk):
        client.force_login(expert)
        assert_closed(client, application)
        assert "等待您评审" in client.get(reverse("home")).content.decode()
        # What a conflict can be known from, and nothing else.
        client.post(desk, {"action": "sign_in"})
        content = client.get(desk).content.decode()
        assert application.lead_position in content
        assert application.achievements not in content
        client.post(desk, {"action": "declare", "all": "none"})
        assert_closed(client, application)
        client.post(desk, {"action": "pledge", "agreed": "yes"})
        for url in addresses(application):
            response = client.get(url)
            if response.streaming:
                list(response.streaming_content)  # to its end, which closes the file
            assert response.status_code in {200, 302}, url

    def test_the_pledge_is_kept_as_it_was_read(self, client, people, application, expert, desk):
        client.force_login(expert)
        client.post(desk, {"action": "sign_in"})
        early = client.post(desk, {"action": "pledge", "agreed": "yes"})
        assert early.status_code == 409
        assert "先签到并申报利害关系" in early.content.decode()
        client.post(desk, {"action": "declare", "all": "none"})
        assert client.post(desk, {"action": "pledge"}).status_code == 422
        shown = client.get(desk).context["pledge"]
        client.post(desk, {"action": "pledge", "agreed": "yes"})
        attendance = Attendance.objects.get(expert=expert)
        assert attendance.pledge.startswith(shown)
        assert f"承诺人：{expert.name}" in attendance.pledge

    def test_the_declaration_names_the_members_it_asks_about(
        self, client, application, expert, desk
    ):
        application.members.create(name="成员乙", position=2)
        client.force_login(expert)
        client.post(desk, {"action": "sign_in"})
        asked = client.get(desk).content.decode()
        assert "<dt>工作室成员</dt><dd>成员某、成员乙</dd>" in asked

    def test_every_application_is_declared_on_and_a_conflict_needs_a_reason(
        self, client, people, application, expert, desk
    ):
        other = make_application(Stage.PANEL, people)
        Attendance.objects.all().delete()
        client.force_login(expert)
        client.post(desk, {"action": "sign_in"})
        typed = {
            "action": "declare",
            f"choice-{application.pk}": "recuse",
            f"reason-{application.pk}": "",
            f"choice-{other.pk}": "none",
        }
        response = client.post(desk, typed)
        assert response.status_code == 422
        assert "请填写回避理由。" in response.content.decode()
        assert not Declaration.objects.exists()
        typed[f"reason-{application.pk}"] = "与领办人有师徒关系"
        assert client.post(desk, typed).status_code == 302
        recusal = Recusal.objects.get()
        assert (recusal.expert, recusal.reason, recusal.is_automatic) == (
            expert,
            "与领办人有师徒关系",
            False,
        )
        client.post(desk, {"action": "pledge", "agreed": "yes"})
        assert list(Application.objects.visible_to(expert)) == [other]

    def test_what_is_assigned_later_opens_once_declared_on(self, client, people, expert, desk):
        make_application(Stage.PANEL, people)
        late = make_application(Stage.PANEL, people, lead_name="后来某")
        Declaration.objects.filter(application=late).delete()
        client.force_login(expert)
        assert_closed(client, late)
        assert client.get(desk).context["pending"] == [late]
        client.post(desk, {"action": "declare", f"choice-{late.pk}": "none"})
        assert client.get(reverse("review:score", args=[late.pk])).status_code == 200

    def test_a_desk_is_for_those_who_sit_there(self, client, people, application, desk):
        client.force_login(make_user(Role.EXPERT))
        assert client.get(desk).status_code == 404
        [alternate, _] = add_alternates(people.panel)
        client.force_login(alternate)
        assert client.get(desk).status_code == 404


class TestConflict:
    def test_is_seen_from_employer_unit_and_person(self, people):
        application = make_application(
            Stage.DRAFT,
            people,
            unit_name="改了名的机械有限责任公司",
            lead_name="张伟",
            lead_position="虚构(集团)重工 首席焊工",
        )
        for fields in (
            {"employer": "改了名的机械 有限公司"},
            {"employer": application.applying_unit.name},
            {"employer": application.recommending_unit.name},
            {"employer": "虚构（集团）重工"},
            {"name": "张伟"},
            {"name": "成员某"},
        ):
            assert conflict(make_user(Role.EXPERT, **fields), application), fields
        # A namesake who works elsewhere has none.
        assert not conflict(make_user(Role.EXPERT, "张伟", employer="另一学院"), application)
        assert not conflict(make_user(Role.EXPERT, employer="虚构"), application)

    def test_names_are_compared_without_width_spaces_and_legal_form(self):
        assert plain_name("ＡＢＣ 机械（武汉）股份有限公司") == plain_name("abc机械(武汉)")

    def test_recuses_when_assigned_before_anything_is_seen(self, client, people, expert):
        application = make_application(Stage.QUALIFYING, people)
        expert.employer = application.unit_name
        expert.save()
        [first, _] = add_alternates(people.panel)
        client.force_login(people.office)
        client.post(
            reverse("review:qualification", args=[application.pk]), {"panel": people.panel.pk}
        )
        recusal = Recusal.objects.get()
        assert (recusal.expert, recusal.is_automatic, recusal.alternate) == (expert, True, first)
        told = Message.objects.get(recipient=first)
        assert application.studio_title not in told.subject + told.text


class TestRecusal:
    def test_closes_everything_at_once(self, client, people, application, expert, desk):
        sit_down(people.panel)
        client.force_login(expert)
        sheet = ScoreSheet.objects.create(application=application, expert=expert)
        Message.objects.mark_read(expert)
        Message.objects.tell(
            [
                Message(
                    recipient=expert,
                    application=application,
                    key="about",
                    kind=Message.Kind.PANEL,
                    subject=f"{application.studio_title}：评分",
                    text="评分",
                    url=reverse("review:score", args=[application.pk]),
                )
            ]
        )
        assert client.get(reverse("review:score", args=[application.pk])).status_code == 200
        recuse(application, expert, "亲属关系", people.office)
        assert_closed(client, application)
        url = reverse("review:score", args=[application.pk])
        assert client.post(url, {"action": "save", "comment": "好"}).status_code == 404
        assert (
            client.post(
                reverse("documents:dossier", args=[application.pk]), {"kind": "DOSSIER"}
            ).status_code
            == 404
        )
        opened = client.post(
            reverse("applications:message_open", args=[Message.objects.get(key="about").pk])
        )
        assert opened.url == reverse("applications:messages")
        assert application.studio_title not in client.get(desk).content.decode()
        inbox = client.get(reverse("applications:messages")).content.decode()
        assert application.studio_title not in inbox
        expert.refresh_from_db()
        assert expert.unread_messages == 0
        with pytest.raises(Refused, match="已不在您的专家组评审"):
            sheet.submit()

    def test_a_submitted_sheet_stays_on_record_and_counts_no_more(
        self, client, people, application, expert
    ):
        sit_down(people.panel)
        score(application, people.panel)
        sheet = ScoreSheet.objects.get(expert=expert)
        Score.objects.filter(sheet=sheet).update(points=1)
        ScoreSheet.objects.filter(pk=sheet.pk).update(total=5)
        assignment = PanelAssignment.objects.get(application=application)
        assignment.recompute()
        recuse(application, expert, "亲属关系", people.office)
        assignment.refresh_from_db()
        assert assignment.mean == 90
        assert ScoreSheet.objects.filter(pk=sheet.pk, total=5).exists()
        # The table and the conclusion go by those who have to score it.
        client.force_login(people.expert)
        entry = client.get(reverse("review:detail", args=[application.pk])).context["entry"]
        assert expert not in [seat.expert for seat in entry.seats]
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))

    def test_names_no_expert_to_units(self, client, people, application, expert):
        recuse(application, expert, "与本单位有合作", people.office)
        client.force_login(people.recommender)
        content = read_all_tabs(client, application)
        assert "与本单位有合作" not in content
        client.force_login(people.applicant)
        content = client.get(application.get_absolute_url()).content.decode()
        assert "与本单位有合作" not in content


class TestAfterThePledge:
    """A conflict may come to mind while reading: until the own scores are in, there is a way."""

    @pytest.fixture
    def seated(self, client, people, application, expert):
        sit_down(people.panel)
        client.force_login(expert)
        return client

    @pytest.fixture
    def url(self, application):
        return reverse("review:recusal", args=[application.pk])

    def test_desk_and_sheet_lead_there_until_the_scores_are_in(
        self, seated, people, application, expert, desk, url
    ):
        sheet = reverse("review:score", args=[application.pk])
        for page in (desk, sheet):
            assert f'href="{url}"' in seated.get(page).content.decode()
        score_by(application, expert, 27, 22, 18, 13, 9)
        for page in (desk, sheet):
            assert f'href="{url}"' not in seated.get(page).content.decode()
        refused = seated.get(url).content.decode()
        assert "您已提交这项申报的评分，不能再申请回避" in refused
        response = seated.post(url, {"reason": "师徒关系"})
        assert response.status_code == 409
        assert not Recusal.objects.exists()

    def test_takes_effect_at_once_and_an_alternate_steps_in(
        self, seated, people, application, expert, desk, url
    ):
        first, _ = add_alternates(people.panel)
        seated.post(reverse("review:score", args=[application.pk]), {"comment": "读到一半"})
        response = seated.post(url, {"reason": "领办人是我的师傅"}, follow=True)
        assert response.redirect_chain[0][0] == desk
        assert f"已回避 {application.number}" in response.content.decode()
        recusal = Recusal.objects.get()
        assert (recusal.expert, recusal.reason, recusal.is_automatic, recusal.alternate) == (
            expert,
            "领办人是我的师傅",
            False,
            first,
        )
        assert_closed(seated, application)
        # A second click is told so, a stranger nothing.
        again = seated.post(url, {"reason": "再次"}, follow=True)
        assert again.redirect_chain[0][0] == desk
        assert f"您已经回避 {application.number}，没有重复办理。" in again.content.decode()
        assert Recusal.objects.get().reason == "领办人是我的师傅"

    def test_needs_a_reason_and_keeps_what_was_typed(self, seated, url):
        assert seated.post(url, {"reason": " "}).status_code == 422
        typed = "长" * 301
        response = seated.post(url, {"reason": typed})
        assert response.status_code == 422
        assert typed in response.content.decode()
        assert not Recusal.objects.exists()

    @pytest.mark.parametrize("is_pledged", [True, False])
    def test_an_alternate_who_has_nothing_left_is_led_to_the_own_panels(
        self, client, people, application, expert, desk, url, is_pledged
    ):
        first, _ = add_alternates(people.panel)
        recuse(application, expert, "亲属关系", people.office)
        client.force_login(first)
        client.post(desk, {"action": "sign_in"})
        if is_pledged:
            client.post(desk, {"action": "declare", "all": "none"})
            client.post(desk, {"action": "pledge", "agreed": "yes"})
            left = client.post(url, {"reason": "同门"}, follow=True)
        else:
            typed = {"action": "declare", f"choice-{application.pk}": "recuse"}
            left = client.post(desk, {**typed, f"reason-{application.pk}": "同门"}, follow=True)
        assert left.status_code == 200
        assert left.redirect_chain == [(reverse("review:desks"), 302)]
        assert Recusal.objects.filter(expert=first).exists()

    def test_is_for_those_who_score_it_while_it_is_scored(self, client, people, application, url):
        client.force_login(make_user(Role.EXPERT))
        assert client.get(url).status_code == 404
        score(application, people.panel)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        client.force_login(people.expert)
        assert client.post(url, {"reason": "师徒关系"}).status_code == 409


class TestAlternates:
    def test_the_first_who_can_steps_in_and_sees_only_that(
        self, client, people, application, expert, desk, mailoutbox
    ):
        other = make_application(Stage.PANEL, people)
        first, second = add_alternates(people.panel)
        first.employer = application.unit_name
        first.save()
        recuse(application, expert, "亲属关系", people.office)
        assert Recusal.objects.get(expert=expert).alternate == second
        told = Message.objects.get(recipient=second, kind=Message.Kind.PANEL)
        # Mailed at once: scoring may end tomorrow.
        assert told.mailed_at
        assert mailoutbox[-1].to == [second.email]
        client.force_login(second)
        client.post(desk, {"action": "sign_in"})
        assert client.get(desk).context["pending"] == [application]
        client.post(desk, {"action": "declare", "all": "none"})
        client.post(desk, {"action": "pledge", "agreed": "yes"})
        assert list(Application.objects.visible_to(second)) == [application]
        assert client.get(reverse("review:detail", args=[other.pk])).status_code == 404
        for name in ("detail", "record"):
            assert "entry" not in client.get(tab_of(application, name)).context
        assert second.pk in application.panel_assignment.scorers()

    def test_one_alternate_fills_one_seat_and_the_next_the_next(self, people, application, expert):
        first, second = add_alternates(people.panel)
        other = people.panel.experts.order_by("pk").last()
        recuse(application, expert, "亲属关系", people.office)
        recuse(application, other, "师徒关系", people.office)
        assert [each.alternate for each in Recusal.objects.all()] == [first, second]
        # Recused as well, the first leaves the seat, and nobody is left for it.
        recuse(application, first, "合作关系", people.office)
        assert Recusal.objects.get(expert=expert).alternate is None
        assert application.panel_assignment.scorers() == {
            *people.panel.experts.exclude(pk__in=[expert.pk, other.pk]).values_list(
                "pk", flat=True
            ),
            second.pk,
        }

    def test_the_office_may_choose_another(self, client, people, application, expert):
        _, second = add_alternates(people.panel)
        recuse(application, expert, "亲属关系", people.office)
        recusal = Recusal.objects.get()
        client.force_login(people.office)
        url = reverse("review:panel_attendance", args=[people.panel.pk])
        typed = {
            "action": "substitute",
            "seat-recusal": recusal.pk,
            "seat-alternate": second.pk,
            "seat-reason": "专业工种更相近",
        }
        assert client.post(url, typed).status_code == 302
        recusal.refresh_from_db()
        assert recusal.alternate == second
        refused = client.post(url, typed)
        assert refused.status_code == 409
        assert "无需更换" in refused.content.decode()
        with pytest.raises(Refused, match="不是"):
            substitute(recusal, make_user(Role.EXPERT), "理由", people.office)

    def test_a_recused_leader_chooses_nobody_for_that_application(
        self, client, people, application
    ):
        first, second = add_alternates(people.panel)
        sit_down(people.panel)
        recuse(application, people.expert, "亲属关系", people.office)
        recusal = Recusal.objects.get()
        url = reverse("review:panel_attendance", args=[people.panel.pk])
        typed = {
            "action": "substitute",
            "seat-recusal": recusal.pk,
            "seat-alternate": second.pk,
            "seat-reason": "专业工种更相近",
        }
        client.force_login(people.expert)
        assert f'<option value="{recusal.pk}">' not in client.get(url).content.decode()
        assert client.post(url, typed).status_code == 422
        recusal.refresh_from_db()
        assert recusal.alternate == first
        client.force_login(people.office)
        assert client.post(url, typed).status_code == 302

    def test_an_absent_experts_seat_goes_to_an_alternate_for_the_whole_panel(
        self, client, people, application, expert
    ):
        first, _ = add_alternates(people.panel)
        sit_down(people.panel)
        score(application, people.panel)
        client.force_login(people.expert)
        typed = {
            "action": "replace",
            "replace-absent": expert.pk,
            "replace-alternate": first.pk,
            "replace-reason": "因病缺席",
        }
        url = reverse("review:panel_attendance", args=[people.panel.pk])
        assert client.post(url, typed).status_code == 302
        assert first in people.panel.experts.all()
        assert not Application.objects.visible_to(expert).exists()
        assert ScoreSheet.objects.filter(expert=expert, submitted_at__isnull=False).exists()
        with pytest.raises(Refused, match="还有 1 位专家没有提交评分"):
            perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        assert "因病缺席" in client.get(url).content.decode()

    def test_what_was_concluded_keeps_the_scores_of_who_is_replaced_later(self, people, expert):
        """The mean and the rank of a result can be explained from the record for good."""
        concluded = make_application(Stage.PANEL, people)
        sit_down(people.panel)
        score(concluded, people.panel)
        # The absent expert's total stands out, so that it would be missed.
        concluded.score_sheets.get(expert=expert).scores.update(points=0)
        sheet = concluded.score_sheets.get(expert=expert)
        ScoreSheet.objects.filter(pk=sheet.pk).update(submitted_at=None, total=None)
        ScoreSheet.objects.get(pk=sheet.pk).submit()
        perform(concluded, "conclude_for", people.expert, **data_for("conclude_for"))
        before = rankings.of_panel(people.panel).of(concluded.pk)
        still_open = make_application(Stage.PANEL, people)
        first, _ = add_alternates(people.panel)
        replace(people.panel, expert, first, "因病缺席", people.office)
        after = rankings.of_panel(type(people.panel).objects.get(pk=people.panel.pk))
        entry = after.of(concluded.pk)
        assert entry.result == before.result
        assert [seat.expert for seat in entry.seats] == [seat.expert for seat in before.seats]
        assert entry.result.mean == PanelAssignment.objects.get(application=concluded).mean
        # What is still open is scored by who sits there now.
        seated = {seat.expert for seat in after.of(still_open.pk).seats}
        assert first in seated
        assert expert not in seated

    def test_a_leader_is_not_replaced_so(self, people, application):
        first, _ = add_alternates(people.panel)
        with pytest.raises(Refused, match="先在专家组中更换组长"):
            replace(people.panel, people.expert, first, "缺席", people.office)

    def test_nobody_is_recused_or_seated_after_the_conclusion(self, people, application, expert):
        sit_down(people.panel)
        score(application, people.panel)
        done = perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        expert.employer = application.unit_name
        expert.save()
        update_recusals(done, people.office)
        assert not Recusal.objects.exists()

    def test_another_panel_frees_the_seats_of_the_first(self, people, application, expert):
        add_alternates(people.panel)
        recuse(application, expert, "亲属关系", people.office)
        other = make_user(Role.EXPERT)
        panel = type(people.panel).objects.create(
            round=people.panel.round, name="另一组", leader=other
        )
        panel.experts.add(other)
        PanelAssignment.objects.filter(application=application).update(panel=panel)
        update_recusals(application, people.office)
        assert Recusal.objects.get(expert=expert).alternate is None


def test_an_alternate_sees_no_score_of_others_before_the_conclusion(client, people):
    application = make_application(Stage.QUALIFYING, people)
    expert = people.panel.experts.exclude(pk=people.expert.pk).first()
    expert.employer = application.unit_name
    expert.save()
    [alternate, _] = add_alternates(people.panel)
    prepare(application, "qualify", people)
    application = perform(application, "qualify", people.office)
    assert application.panel_assignment.scorers() == {
        alternate.pk,
        *people.panel.experts.exclude(pk=expert.pk).values_list("pk", flat=True),
    }
    for each in people.panel.experts.exclude(pk=expert.pk):
        sheet = ScoreSheet.objects.create(application=application, expert=each)
        Score.objects.bulk_create(
            Score(sheet=sheet, criterion=criterion, points=7)
            for criterion in application.round.criteria.all()
        )
        sheet.submit()
    client.force_login(alternate)
    url = reverse("review:detail", args=[application.pk])
    assert "entry" not in client.get(url).context
    assert "entry" not in client.get(tab_of(application, "record")).context
    # Nor does the leader before the alternate has scored, too.
    client.force_login(people.expert)
    context = client.get(url).context
    assert [seat.expert for seat in context["entry"].seats][-1] == alternate
    assert not context["scores_open"]


def test_another_expert_concludes_what_the_leader_is_recused_from(client, people, application):
    first, second = people.panel.experts.exclude(pk=people.expert.pk).order_by("pk")[:2]
    recuse(application, people.expert, "亲属关系", people.office)
    sit_down(people.panel, application)
    points = [each.points for each in application.round.criteria.all()]
    for expert in people.panel.experts.exclude(pk=people.expert.pk):
        score_by(application, expert, *points)
    url = reverse("review:queue") + "?score=conclude"
    client.force_login(second)
    assert client.get(url).context["rows"] == []
    with pytest.raises(Refused, match="组长"):
        perform(application, "conclude_for", second, **data_for("conclude_for"))
    client.force_login(first)
    assert [row["pk"] for row in client.get(url).context["rows"]] == [str(application.pk)]
    page = client.get(reverse("review:detail", args=[application.pk]))
    assert page.context["is_leader"]
    assert page.context["scores_open"]
    after = perform(application, "conclude_for", first, **data_for("conclude_for"))
    assert after.stage == Stage.INSPECTING


def test_who_acts_for_the_leader_gives_sheets_back_and_signs(client, people, application):
    first, second = people.panel.experts.exclude(pk=people.expert.pk).order_by("pk")[:2]
    recuse(application, people.expert, "亲属关系", people.office)
    sit_down(people.panel, application)
    points = [each.points for each in application.round.criteria.all()]
    for expert in people.panel.experts.exclude(pk=people.expert.pk):
        score_by(application, expert, *points)
    sheet = ScoreSheet.objects.get(application=application, expert=second)
    url = reverse("review:reopen", args=[sheet.pk])
    for expert in (people.expert, second):
        client.force_login(expert)
        assert client.get(url).status_code == 404
    client.force_login(first)
    assert client.get(url).status_code == 200
    application = client.get(reverse("review:detail", args=[application.pk])).context["application"]
    printed = sheet_context(application, explained(first, application))
    assert printed["leader"] == first.name
    assert [row["name"] for row in printed["rows"] if row["is_leader"]] == [first.name]
    assert people.expert.name not in printed["signing"]
    assert first.name not in printed["signing"]
