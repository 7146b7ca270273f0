"""An expert's score sheet: drafts, the confirmed total, reopening, the own overview."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.notify.inbox import Message
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused, perform
from review.scoring import views
from review.scoring.models import Score, ScoreSheet
from review.scoring.typed_sheet import points_of
from tests.factories import (
    data_for,
    let_deadlines_pass,
    make_application,
    make_people,
    make_user,
    score,
    sit_down,
)
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(people):
    return make_application(Stage.PANEL, people)


@pytest.fixture
def expert(log_in):
    return log_in(Role.EXPERT)


def sheet_url(application):
    return reverse("review:score", args=[application.pk])


def points(application, share="1", **changes):
    """What is typed for every criterion, at a share of its full points."""
    typed = {
        f"points-{each.pk}": str(each.points * Decimal(share))
        for each in application.round.criteria.all()
    }
    return {**typed, **changes}


def first_criterion(application):
    return application.round.criteria.first()


def submit(client, application, share="1", total=None):
    """Save everything, and confirm the total that the page shows; return the last response."""
    response = client.post(
        sheet_url(application), {**points(application, share), "action": "submit"}
    )
    if response.status_code != 302:
        return response
    assert response.url.endswith("?confirm=1")
    shown = client.get(response.url).context
    return client.post(
        sheet_url(application),
        {
            "action": "confirm",
            "total": total or shown["total"],
            "revision": shown["sheet"].revision,
        },
    )


class TestDraft:
    def test_a_draft_may_be_incomplete(self, expert, people, application):
        criterion = first_criterion(application)
        typed = {f"points-{criterion.pk}": "26.5", "comment": "技能突出。", "action": "save"}
        assert expert.post(sheet_url(application), typed).status_code == 302
        sheet = ScoreSheet.objects.get()
        assert (sheet.expert, sheet.submitted_at, sheet.comment) == (
            people.expert,
            None,
            "技能突出。",
        )
        assert sheet.scores.get().points == Decimal("26.5")
        assert 'value="26.5"' in expert.get(sheet_url(application)).content.decode()
        # Emptied again.
        expert.post(sheet_url(application), {**typed, f"points-{criterion.pk}": ""})
        assert not Score.objects.exists()

    def test_a_note_is_kept_without_points_and_is_no_score(self, expert, application):
        criterion = first_criterion(application)
        note = {f"note-{criterion.pk}": "省级一等奖两项。", "action": "save"}
        expert.post(sheet_url(application), note)
        kept = Score.objects.get()
        assert (kept.points, kept.note) == (None, "省级一等奖两项。")
        assert "省级一等奖两项。" in expert.get(sheet_url(application)).content.decode()
        with pytest.raises(Refused, match="领办人技能水平与荣誉"):
            ScoreSheet.objects.get().submit()

    @pytest.mark.parametrize("typed", ["31", "-1", "0.3", "很好", "NaN", "Infinity", "1e2", "-0.5"])
    def test_what_is_no_score_is_not_read(self, typed):
        assert points_of(typed, 30, half_points=True) is None

    def test_points_out_of_range_are_refused_and_kept(self, expert, application):
        name, typed = f"points-{first_criterion(application).pk}", "31"
        response = expert.post(
            sheet_url(application), {**points(application, **{name: typed}), "action": "submit"}
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "请填写 0 至 30 之间的分数，可保留半分。" in content
        assert f'value="{typed}"' in content
        sheet = ScoreSheet.objects.get()
        assert sheet.submitted_at is None
        assert sheet.scores.count() == 4

    def test_half_points_only_where_the_round_allows_them(self, expert, application):
        Round.objects.update(half_points=False)
        name = f"points-{first_criterion(application).pk}"
        response = expert.post(sheet_url(application), {name: "26.5", "action": "save"})
        assert response.status_code == 422
        assert "须为整数" in response.content.decode()
        assert expert.post(sheet_url(application), {name: "26"}).status_code == 302

    def test_what_cannot_be_read_leaves_what_was_saved(self, expert, application):
        name = f"points-{first_criterion(application).pk}"
        expert.post(sheet_url(application), {name: "26"})
        expert.post(sheet_url(application), {name: "99"})
        assert Score.objects.get().points == 26

    def test_a_missing_criterion_is_named(self, expert, application):
        name = f"points-{first_criterion(application).pk}"
        typed = {**points(application), "action": "submit", name: ""}
        response = expert.post(sheet_url(application), typed)
        assert response.status_code == 422
        assert "请打分。" in response.content.decode()

    def test_the_material_hides_numbers(self, expert, application):
        content = expert.get(sheet_url(application)).content.decode()
        assert application.lead_id_number not in content
        assert application.contact_mobile not in content

    def test_what_is_withheld_is_not_called_missing(self, expert, application):
        """The office has the scan and the papers; experts read that they are not shown."""
        content = expert.get(sheet_url(application)).content.decode()
        assert "尚未上传" not in content
        assert "盖章申报表（不予显示）" in content
        assert "身份证、公安和廉政材料（不予显示）" in content

    def test_bands_stand_beside_the_input(self, expert, application):
        criterion = first_criterion(application)
        criterion.bands = "27-30 国家级称号或奖项\n20-26 省部级称号或奖项"
        criterion.save()
        content = expert.get(sheet_url(application)).content.decode()
        assert "<dt>27-30</dt><dd>国家级称号或奖项</dd>" in content


class TestAutosave:
    def save(self, client, application, **typed):
        return client.post(
            sheet_url(application),
            {"action": "save", **typed},
            headers={"X-Requested-With": "autosave"},
        )

    def test_answers_with_the_time_and_what_it_would_not_take(self, expert, application):
        name = f"points-{first_criterion(application).pk}"
        answer = self.save(expert, application, **{name: "31", "comment": "好"}).json()
        assert list(answer["problems"]) == [name]
        assert answer["revision"] == 1
        assert ScoreSheet.objects.get().comment == "好"

    def test_a_second_window_does_not_overwrite_what_it_has_not_seen(self, expert, application):
        name = f"points-{first_criterion(application).pk}"
        self.save(expert, application, revision="0", **{name: "20"})
        late = self.save(expert, application, revision="0", **{name: "25"})
        assert late.status_code == 409
        assert "另一个窗口" in late.json()["refused"]
        assert Score.objects.get().points == 20
        # The same again is no conflict: its answer was lost on the way.
        assert self.save(expert, application, revision="0", **{name: "20"}).status_code == 200

    def test_is_told_when_the_leader_has_concluded(self, people, application, client):
        late = people.panel.experts.exclude(pk=people.expert.pk).first()
        score(application, people.panel)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        client.force_login(late)
        answer = self.save(client, application, comment="补充")
        assert answer.status_code == 409
        assert "实地考察" in answer.json()["refused"]

    def test_reads_no_material(self, expert, application, django_assert_max_num_queries):
        self.save(expert, application, comment="一")
        with django_assert_max_num_queries(25):
            self.save(expert, application, comment="二")


class TestAfterTheDeadline:
    """What an expert is told before typing, not after the last click."""

    @pytest.fixture(autouse=True)
    def closed(self, application):
        moment = timezone.now() - datetime.timedelta(minutes=1)
        let_deadlines_pass(application.round)
        Round.objects.update(review_deadline=moment)
        return f"{timezone.localtime(moment):%H:%M}截止，不能再提交评分"

    def test_the_sheet_says_so_and_whom_to_ask(self, expert, application, closed, settings):
        content = expert.get(sheet_url(application)).content.decode()
        sheet = content.split('class="scoring__sheet"')[1]
        told, form = sheet.split("<form", 1)
        assert closed in told
        assert settings.OFFICE_CONTACT in told
        assert 'value="submit"' not in form
        # What is typed is kept all the same: the deadline may be moved.
        assert 'value="save"' in form
        assert expert.post(sheet_url(application), {"comment": "好"}).status_code == 302
        assert ScoreSheet.objects.get().comment == "好"

    def test_the_desk_says_so_too(self, expert, people, application, closed, settings):
        desk = reverse("review:panel_desk", args=[people.panel.pk])
        content = expert.get(desk).content.decode().split("<footer")[0]
        assert closed in content
        assert settings.OFFICE_CONTACT in content

    def test_nor_is_the_total_asked_to_be_confirmed(self, expert, application, closed):
        response = expert.post(sheet_url(application), {**points(application), "action": "submit"})
        assert response.status_code == 409
        assert closed in response.content.decode()
        assert ScoreSheet.objects.get().scores.count() == 5
        page = expert.get(f"{sheet_url(application)}?confirm=1")
        assert 'value="confirm"' not in page.content.decode()

    def test_whoever_is_typing_is_told_with_the_next_save(self, expert, application, closed):
        saved = expert.post(
            sheet_url(application),
            {"action": "save", "comment": "好"},
            headers={"X-Requested-With": "autosave"},
        )
        assert closed in saved.json()["closed"]

    def test_whoever_has_submitted_has_nothing_to_be_told(
        self, expert, people, application, closed
    ):
        Round.objects.update(review_deadline=None)
        score(application, people.panel)
        Round.objects.update(review_deadline=timezone.now())
        desk = reverse("review:panel_desk", args=[people.panel.pk])
        for url in (desk, sheet_url(application)):
            assert "不能再提交评分" not in expert.get(url).content.decode()


class TestSubmission:
    def test_late_is_refused_with_the_time_it_closed(self, expert, application):
        closed = timezone.now() - datetime.timedelta(minutes=1)
        let_deadlines_pass(application.round)
        Round.objects.update(review_deadline=closed)
        response = submit(expert, application)
        assert response.status_code == 409
        content = response.content.decode()
        assert "专家评分已于" in content
        assert f"{timezone.localtime(closed):%H:%M}截止" in content
        assert not ScoreSheet.objects.filter(submitted_at__isnull=False).exists()
        assert f'value="{first_criterion(application).points}"' in content

    def test_locks_the_sheet_and_keeps_the_mean(self, expert, application):
        assert submit(expert, application).status_code == 302
        assert ScoreSheet.objects.get().total == 100
        application.panel_assignment.refresh_from_db()
        assert application.panel_assignment.mean == 100
        assert application.events.last().label == "提交评分"
        again = expert.post(
            sheet_url(application), {**points(application, "0.5"), "action": "submit"}
        )
        assert again.status_code == 409
        assert "评分表已提交" in again.content.decode()
        assert ScoreSheet.objects.get().total == 100
        assert 'name="action"' not in expert.get(sheet_url(application)).content.decode()

    def test_only_the_confirmed_total_is_submitted(self, expert, application):
        response = submit(expert, application, total="99")
        assert response.status_code == 409
        assert "总分现为 100.0 分" in response.content.decode()
        assert ScoreSheet.objects.get().submitted_at is None

    def test_leads_on_to_the_next_without_a_score(self, expert, people, application):
        following = make_application(Stage.PANEL, people)
        assert submit(expert, application).url == sheet_url(following)
        assert submit(expert, following).url == reverse("review:panel_desk", args=[people.panel.pk])

    def test_nothing_is_scored_after_the_conclusion(self, expert, people, application):
        score(application, people.panel)
        late = make_user(Role.EXPERT)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        people.panel.experts.add(late)
        sit_down(people.panel)
        expert.force_login(late)
        assert expert.get(sheet_url(application)).status_code == 404
        typed = {**points(application), "action": "submit"}
        assert expert.post(sheet_url(application), typed).status_code == 404
        assert not ScoreSheet.objects.filter(expert=late).exists()

    def test_an_expert_of_another_panel_sees_nothing(self, client, application):
        client.force_login(make_people(application.round).expert)
        assert client.get(sheet_url(application)).status_code == 404

    def test_the_mean_drops_one_highest_and_one_lowest_from_five_sheets_on(
        self, people, application
    ):
        shares = ["0.5", "0.8", "0.8", "0.9", "1"]
        for expert, share in zip(people.panel.experts.all(), shares, strict=True):
            sheet = ScoreSheet.objects.create(application=application, expert=expert)
            Score.objects.bulk_create(
                Score(sheet=sheet, criterion=each, points=each.points * Decimal(share))
                for each in application.round.criteria.all()
            )
            sheet.submit()
        application.panel_assignment.refresh_from_db()
        assert application.panel_assignment.mean == Decimal("83.33")


class TestReopening:
    def reopen(self, client, sheet, reason="第二项与佐证不符，请核对。"):
        return client.post(reverse("review:reopen", args=[sheet.pk]), {"reason": reason})

    def test_gives_the_sheet_back_tells_the_expert_and_keeps_the_total_on_record(
        self, expert, people, application, mailoutbox
    ):
        score(application, people.panel)
        sheet = ScoreSheet.objects.exclude(expert=people.expert).first()
        ScoreSheet.objects.filter(pk=sheet.pk).update(total=80)
        assert self.reopen(expert, sheet).status_code == 302
        sheet.refresh_from_db()
        assert (sheet.submitted_at, sheet.total) == (None, None)
        assert sheet.scores.count() == 5
        event = application.events.last()
        assert (event.action, event.data["total"]) == ("reopen_score", "80.0")
        # Four are left: none is dropped, and the one given back is not among them.
        application.panel_assignment.refresh_from_db()
        assert application.panel_assignment.mean == 90
        told = Message.objects.get(recipient=sheet.expert, kind=Message.Kind.PANEL)
        assert "第二项与佐证不符" in told.text
        # Mailed at once, not with the next run of `notify`.
        assert mailoutbox[-1].to == [sheet.expert.email]
        assert told.mailed_at
        # The others' scores are closed again, to the leader as well.
        detail = expert.get(reverse("review:detail", args=[application.pk]))
        assert not detail.context["scores_open"]
        expert.force_login(sheet.expert)
        assert submit(expert, application, "0.8").status_code == 302

    def test_needs_a_reason(self, expert, people, application):
        score(application, people.panel)
        sheet = ScoreSheet.objects.exclude(expert=people.expert).first()
        assert self.reopen(expert, sheet, " ").status_code == 422
        sheet.refresh_from_db()
        assert sheet.submitted_at

    def test_is_the_leaders_alone(self, client, people, application):
        score(application, people.panel)
        sheet = ScoreSheet.objects.exclude(expert=people.expert).first()
        for user in (sheet.expert, people.office):
            client.force_login(user)
            assert self.reopen(client, sheet).status_code == 404
        with pytest.raises(Refused, match="只有专家组组长"):
            sheet.reopen(sheet.expert, "理由")

    def test_the_leader_who_could_read_all_scores_keeps_the_own_one(
        self, expert, people, application
    ):
        score(application, people.panel)
        own = ScoreSheet.objects.get(expert=people.expert)
        response = self.reopen(expert, own)
        assert response.status_code == 409
        assert "组长可查看全部评分后" in response.content.decode()
        other = ScoreSheet.objects.exclude(expert=people.expert).first()
        self.reopen(expert, other)
        assert self.reopen(expert, own).status_code == 409

    def test_ends_with_the_conclusion(self, expert, people, application):
        score(application, people.panel)
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        response = self.reopen(expert, ScoreSheet.objects.exclude(expert=people.expert).first())
        assert response.status_code == 409
        assert "评分表不能再退回" in response.content.decode()

    def test_nobody_learns_the_earlier_total_before_the_conclusion(
        self, client, expert, people, application
    ):
        score(application, people.panel, "0.7")
        sheet = ScoreSheet.objects.exclude(expert=people.expert).first()
        self.reopen(expert, sheet)
        for user in (people.office, people.bureau):
            client.force_login(user)
            content = read_all_tabs(client, application)
            assert "70.0" not in content, user.role
        sheet.submit()
        perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        client.force_login(people.office)
        content = read_all_tabs(client, application)
        assert "退回前总分 70.0" in content
        client.force_login(people.recommender)
        content = read_all_tabs(client, application)
        assert "退回评分表" not in content


class TestOverview:
    def test_shows_the_own_scores_and_means_and_nobody_elses(self, expert, people, application):
        other = make_application(Stage.PANEL, people)
        score(application, people.panel, "0.9")
        submit(expert, other, "0.8")
        overview = expert.get(sheet_url(other)).context["overview"]
        assert [row["total"] for row in overview["rows"]] == [90, 80]
        assert overview["means"][-1] == 85
        assert overview["means"][0] == Decimal("25.5")

    def test_a_sheet_shows_the_nearest_and_leads_to_the_others(
        self, expert, people, application, monkeypatch
    ):
        monkeypatch.setattr(views, "NEARBY", 2)
        sheets = [sheet_url(make_application(Stage.PANEL, people)) for _ in range(3)]
        first, last = expert.get(sheet_url(application)), expert.get(sheets[-1])
        assert first.context["overview"]["shown"][0]["application"] == application
        assert len(last.context["overview"]["shown"]) == 2
        assert "平均按全部 4 项计算" in last.content.decode()
        desk = reverse("review:panel_desk", args=[people.panel.pk])
        assert f'href="{desk}#own-scores"' in last.content.decode()
        assert all(url in expert.get(desk).content.decode() for url in sheets)

    def test_costs_the_same_however_many_there_are(
        self, expert, people, application, django_assert_num_queries
    ):
        url = reverse("review:panel_desk", args=[people.panel.pk])
        submit(expert, application)
        with django_assert_num_queries(10):
            expert.get(url)
        for _ in range(3):
            submit(expert, make_application(Stage.PANEL, people))
        with django_assert_num_queries(10):
            expert.get(url)
