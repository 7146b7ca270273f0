"""Setting up a round: its rules and criteria, what is locked and why, its copy to the next year."""

import datetime

import pytest
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.rounds import BOUNDS, PROOFS, Round
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.rounds.defaults import ASSUMPTION, CRITERIA, EVIDENCE
from review.rounds.forms import RoundSetup
from review.rounds.frozen import ONLY_LATER, ONLY_LOOSER, ONLY_MORE, SCORED, Locks
from review.rounds.record import save_setup
from review.scoring import bands
from review.shared.round_changes import RoundChange
from tests.factories import make_application, make_round, make_user, score

pytestmark = pytest.mark.django_db

TYPED = {
    "title": "2027年武汉市技能大师工作室建设项目",
    "document_number": "虚构〔2027〕1号",
    "year": 2027,
    "opens_at": "2027-04-07T09:00",
    "closes_at": "2027-06-30T17:00",
    "report_deadline": "2027-07-10T17:00",
    "review_deadline": "",
    "quota": 20,
    "minimum_score": "60",
    "half_points": "on",
    "trim_from": 5,
    "quorum_of": 2,
    "quorum_out_of": 3,
    "publicity_days": 5,
    "retention_years": 5,
    "most_files": 100,
    "most_pages": 1500,
    "notice": "各有关单位：\n现将有关事项通知如下。",
}


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def url_of(round_):
    return reverse("review:round_edit", args=[round_.pk])


def as_shown(round_, **changes):
    """What the edit page of a round sends when nothing but `changes` is typed."""
    setup = RoundSetup(Round.objects.get(pk=round_.pk))
    typed = {"seen": setup.seen}
    for form in (setup.form, *(form for _, form in setup.requirements)):
        for bound in form:
            value = bound.value()
            if isinstance(value, datetime.datetime):
                value = value.strftime("%Y-%m-%dT%H:%M")
            if value not in (None, False):
                typed[bound.html_name] = value
    number = round_.criteria.count()
    typed |= {"criteria-INITIAL_FORMS": number, "criteria-TOTAL_FORMS": number + 2}
    for number, each in enumerate(round_.criteria.all()):
        typed[f"criteria-{number}-id"] = each.pk
        for name in ("name", "points", "description", "bands"):
            typed[f"criteria-{number}-{name}"] = getattr(each, name)
    return {**typed, **changes}


class TestNewRounds:
    def test_start_with_the_defaults(self, office):
        response = office.post(reverse("review:round_new"), TYPED)
        assert response.status_code == 302
        made = Round.objects.get(year=2027)
        assert timezone.localtime(made.opens_at).hour == 9
        assert [(each.name, each.points) for each in made.criteria.all()] == [
            (name, points) for name, points, *_ in CRITERIA
        ]
        assert sum(points for _, points, *_ in CRITERIA) == 100
        assert all(bands.problem(text, points) is None for _, points, _, text in CRITERIA)
        assert set(EVIDENCE) == set(PROOFS)
        content = office.get(response.url).content.decode()
        assert ASSUMPTION in content
        assert made.changes.get().field == "新建批次"
        assert made.is_draft

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"closes_at": "2027-01-01T09:00"}, "申报截止时间须晚于开始时间"),
            ({"report_deadline": "2027-06-30T16:59"}, "上报截止时间不得早于申报截止时间"),
            ({"review_deadline": "2027-07-10T16:59"}, "评分截止时间不得早于推荐单位上报截止时间"),
            ({"year": 2029}, "年度与申报开始时间（2027 年）不符"),
            ({"quorum_of": 4}, "评分法定比例须不大于 1"),
        ],
    )
    def test_with_rules_that_contradict_are_refused(self, office, changed, sentence):
        response = office.post(reverse("review:round_new"), {**TYPED, **changed})
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert "虚构〔2027〕1号" in response.content.decode()


class TestPreview:
    def preview(self, office, round_, **changes):
        return office.post(
            reverse("review:round_preview", args=[round_.pk]), as_shown(round_, **changes)
        )

    def test_is_the_public_page_of_what_is_typed_and_saves_nothing(self, office, round_):
        response = self.preview(
            office,
            round_,
            notice="各有关单位：\n尚未保存的通知。",
            most_files=70,
            **{"HONOUR-required_of": "ALL"},
        )
        assert response.status_code == 200
        assert "review/public/round.html" in {template.name for template in response.templates}
        content = response.content.decode()
        assert "预览，尚未保存" in content
        assert "尚未保存的通知。" in content
        assert "不超过 70 份" in content
        assert "所获荣誉或奖项的复印件或旁证材料" in content
        saved = Round.objects.get(pk=round_.pk)
        assert (saved.notice, saved.most_files) == (round_.notice, 100)
        assert saved.evidence_requirements.get(category="HONOUR").required_of == "NOBODY"
        assert not saved.changes.exists()

    def test_of_what_cannot_be_saved_is_the_form_with_the_reasons(self, office, round_):
        response = self.preview(office, round_, quota=0)
        assert response.status_code == 422
        assert "处需要修改，已填写的内容都已保留" in response.content.decode()


class TestEditing:
    @pytest.mark.parametrize(
        "name", ["opens_at", "closes_at", "report_deadline", "review_deadline"]
    )
    @pytest.mark.parametrize("slip", ["0001-01-01T00:00", "1999-12-31T23:59", "9999-12-31T00:00"])
    def test_no_date_is_of_another_century(self, office, round_, name, slip):
        response = office.post(url_of(round_), as_shown(round_, **{name: slip}))
        assert response.status_code == 422
        assert "年份有误，应在 2000 至 2100 之间。" in response.content.decode()

    def test_a_date_out_of_order_is_told_at_its_field(self, office, round_):
        early = f"{timezone.localtime(round_.closes_at):%Y-%m-%dT%H:%M}"
        response = office.post(url_of(round_), as_shown(round_, review_deadline=early))
        assert response.status_code == 422
        errors = response.context["setup"].errors
        sentence = "专家评分截止时间：专家评分截止时间不得早于推荐单位上报截止时间。"
        assert errors == [("id_review_deadline", sentence)]

    @pytest.mark.parametrize(
        ("name", "slips"),
        [
            ("year", (0, 1999, 2101)),
            ("quota", (0, 1000, 99999999999999)),
            ("minimum_score", (-5, "100.01")),
            ("trim_from", (0, 2, 100)),
            ("quorum_of", (0, 100)),
            ("quorum_out_of", (0, 100)),
            ("publicity_days", (0, 61, 99999)),
            ("retention_years", (0, 31)),
            ("most_files", (0, 301)),
            ("most_pages", (0, 5001)),
        ],
    )
    def test_no_number_is_out_of_bounds_in_the_form_or_in_the_database(
        self, office, round_, name, slips
    ):
        assert BOUNDS.keys() >= {name}
        for slip in slips:
            response = office.post(url_of(round_), as_shown(round_, **{name: slip}))
            assert response.status_code == 422, slip
            with pytest.raises((IntegrityError, DataError)), transaction.atomic():
                Round.objects.filter(pk=round_.pk).update(**{name: slip})

    def test_every_number_of_a_round_has_its_bounds(self):
        numbers = {
            field.name
            for field in Round._meta.get_fields()
            if isinstance(field, models.IntegerField | models.DecimalField)
            and field.editable
            and not field.primary_key
        }
        assert numbers == BOUNDS.keys()

    @pytest.mark.parametrize(
        "changes",
        [
            {"review_deadline": datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC)},
            {"opens_at": datetime.datetime(1999, 1, 1, tzinfo=datetime.UTC)},
            {"review_deadline": F("closes_at")},
            {"closes_at": F("opens_at")},
            {"published_at": None, "results_published_at": timezone.now()},
        ],
    )
    def test_the_database_keeps_the_dates_in_order_and_in_their_century(self, round_, changes):
        with pytest.raises(IntegrityError), transaction.atomic():
            Round.objects.filter(pk=round_.pk).update(**changes)

    def test_criteria_add_up_to_100(self, office, round_):
        wrong = as_shown(round_, **{"criteria-0-points": 31})
        response = office.post(url_of(round_), wrong)
        assert response.status_code == 422
        assert "满分合计须为 100 分，现为 101 分" in response.content.decode()
        right = as_shown(
            round_,
            **{
                "criteria-4-name": "",
                "criteria-5-name": "新增项",
                "criteria-5-points": 10,
                "HONOUR-required_of": "ALL",
            },
        )
        assert office.post(url_of(round_), right).status_code == 302
        assert [each.name for each in round_.criteria.all()][-1] == "新增项"
        assert round_.criteria.count() == 5
        assert round_.evidence_requirements.get(category="HONOUR").required_of == "ALL"

    def test_bands_are_put_right_or_refused_in_words(self, office, round_):
        typed = as_shown(round_, **{"criteria-0-bands": "27—30分 国家级\n0～26 其他"})
        assert office.post(url_of(round_), typed).status_code == 302
        assert round_.criteria.first().bands == "27-30 国家级\n0-26 其他"
        response = office.post(
            url_of(round_), as_shown(round_, **{"criteria-0-bands": "27-31 国家级"})
        )
        assert response.status_code == 422
        content = response.content.decode()
        assert "“27-31”超过了满分 30 分。" in content
        assert "27-31 国家级" in content

    def test_what_changed_is_on_record_with_who_and_before_and_after(self, office, people, round_):
        office.post(
            url_of(round_),
            as_shown(round_, quota=25, **{"criteria-0-name": "改名项"}),
        )
        changes = {each.field: (each.before, each.after) for each in round_.changes.all()}
        assert changes["入选名额"] == ("20", "25")
        assert changes["评分项：改名项"][0] == ""
        assert changes[f"评分项：{CRITERIA[0][0]}"][1] == ""
        assert len(changes) == 3
        assert {each.user for each in round_.changes.all()} == {people.office}
        content = office.get(url_of(round_)).content.decode()
        assert "设置变更记录" in content
        assert "20 → 25" in content
        # Saved again without a change: nothing to record.
        office.post(url_of(round_), as_shown(round_))
        assert round_.changes.count() == 3

    def test_a_stale_page_does_not_overwrite(self, office, round_):
        stale = as_shown(round_, quota=30)
        office.post(url_of(round_), as_shown(round_, quota=25))
        response = office.post(url_of(round_), stale)
        assert response.status_code == 409
        content = response.content.decode()
        assert "本批次的设置已由办公室于" in content
        assert 'value="30"' in content
        round_.refresh_from_db()
        assert round_.quota == 25

    def test_saving_overwrites_no_number_given_meanwhile(self, people, round_):
        setup = RoundSetup(round_, as_shown(round_, title="改后的名称"))
        assert setup.is_valid()
        Round.objects.update(last_number=7)
        save_setup(setup, people.office)
        stored = Round.objects.get()
        assert (stored.title, stored.last_number) == ("改后的名称", 7)

    def test_a_submission_in_the_same_moment_is_not_overlooked(self, people, round_):
        setup = RoundSetup(round_, as_shown(round_, year=round_.year + 1))
        assert setup.is_valid()
        make_application(Stage.RECOMMENDING, people)
        with pytest.raises(Refused, match="刚刚有申报提交或评分开始"):
            save_setup(setup, people.office)
        assert Round.objects.get().year == timezone.localdate().year

    def test_costs_the_same_with_many_changes(
        self, office, people, round_, django_assert_num_queries
    ):
        for made in (1, 30):
            for number in range(made):
                RoundChange.write(round_, people.office, {}, {f"设置{number}": "值"})
            with django_assert_num_queries(13):
                office.get(url_of(round_))


class TestLocks:
    def test_nothing_is_locked_before_the_first_submission(self, people, round_):
        make_application(Stage.DRAFT, people)
        assert Locks.of(round_) == Locks()
        assert Locks().fixed == {}

    def test_after_a_submission_dates_are_only_extended_and_evidence_only_loosened(
        self, office, people, round_
    ):
        make_application(Stage.RECOMMENDING, people)
        content = office.get(url_of(round_)).content.decode()
        assert ONLY_LATER in content
        assert ONLY_LOOSER in content
        typed = as_shown(round_)
        round_.refresh_from_db()
        earlier = timezone.localtime(round_.closes_at) - datetime.timedelta(days=1)
        tighter = {
            "year": 2031,
            "closes_at": f"{earlier:%Y-%m-%dT%H:%M}",
            "HONOUR-required_of": "ALL",
        }
        response = office.post(url_of(round_), {**typed, **tighter})
        assert response.status_code == 422
        assert "原定" in response.content.decode()
        assert ONLY_LATER in response.content.decode()
        later = timezone.localtime(round_.report_deadline) + datetime.timedelta(days=5)
        looser = {"report_deadline": f"{later:%Y-%m-%dT%H:%M}", "PHOTOS-required_of": "ENTERPRISE"}
        assert office.post(url_of(round_), {**typed, **looser, "year": 2031}).status_code == 302
        year = round_.year
        round_.refresh_from_db()
        assert round_.year == year
        assert timezone.localtime(round_.report_deadline).date() == later.date()
        assert round_.evidence_requirements.get(category="PHOTOS").required_of == "ENTERPRISE"
        assert round_.evidence_requirements.get(category="HONOUR").required_of == "NOBODY"
        assert {each.field for each in round_.changes.all()} == {
            "推荐单位上报截止时间",
            "材料要求：技能大师工作室三室一场现场照片",
        }

    def test_what_decides_scores_is_locked_once_scored(self, office, people, round_):
        application = make_application(Stage.PANEL, people)
        score(application, people.panel)
        content = office.get(url_of(round_)).content.decode()
        # Once for the settings and once for the criteria, each with their names.
        assert content.count(SCORED) == 2
        fixed = "入选最低分、去最高分和最低分的最少评分人数、可打半分、评分法定比例"
        assert f"{fixed}：{SCORED}" in content
        assert "27-30" in content
        typed = as_shown(
            round_,
            title="改后的名称",
            trim_from=3,
            quorum_of=1,
            minimum_score=10,
            **{"criteria-0-points": 20, "criteria-1-points": 35, "criteria-0-bands": ""},
        )
        del typed["half_points"]
        assert office.post(url_of(round_), typed).status_code == 302
        first = round_.criteria.first()
        assert (first.points, first.bands) == (30, CRITERIA[0][3])
        round_.refresh_from_db()
        assert (round_.trim_from, round_.quorum_of, round_.minimum_score) == (5, 2, 60)
        assert round_.half_points
        assert round_.title == "改后的名称"

    @pytest.mark.parametrize(
        ("name", "least", "most"), [("most_files", 1, 300), ("most_pages", 1, 5000)]
    )
    def test_the_room_for_files_stays_within_sane_bounds(self, office, round_, name, least, most):
        for value, status in [(least, 302), (most, 302), (least - 1, 422), (most + 1, 422)]:
            response = office.post(url_of(round_), as_shown(round_, **{name: value}))
            assert response.status_code == status, value
        round_.refresh_from_db()
        assert getattr(round_, name) == most
        labels = {"most_files": "佐证材料最多份数", "most_pages": "佐证材料总页数上限"}
        assert round_.changes.filter(field=labels[name], after=str(most)).exists()

    def test_the_room_for_files_only_grows_once_applications_were_submitted(
        self, office, people, round_
    ):
        make_application(Stage.RECOMMENDING, people)
        content = office.get(url_of(round_)).content.decode()
        assert ONLY_MORE in content
        response = office.post(url_of(round_), as_shown(round_, most_files=99, most_pages=1499))
        assert response.status_code == 422
        for before in (100, 1500):
            sentence = f"原定 {before}，{ONLY_MORE}"
            assert sentence in response.content.decode()
        response = office.post(url_of(round_), as_shown(round_, most_files=101, most_pages=1500))
        assert response.status_code == 302
        round_.refresh_from_db()
        assert (round_.most_files, round_.most_pages) == (101, 1500)

    def test_publicity_and_results_lock_what_they_rest_on(self, people, round_):
        application = make_application(Stage.AWARDED, people)
        assert application.public_notices.exists()
        assert "publicity_days" in Locks.of(round_).fixed
        assert "quota" not in Locks.of(round_).fixed
        round_.results_published_at = timezone.now()
        assert {"quota", "closes_at", "most_files"} <= set(Locks.of(round_).fixed)
        assert Locks.of(round_).only_more == ()
        assert Locks.of(round_).only_later == ()


class TestCopies:
    @pytest.fixture
    def source(self):
        zone = timezone.get_default_timezone()
        return make_round(
            title="2026年武汉市技能大师工作室建设项目",
            year=2026,
            document_number="虚构〔2026〕1号",
            notice="请于2026年6月30日前报送。",
            opens_at=datetime.datetime(2026, 4, 7, 9, tzinfo=zone),
            closes_at=datetime.datetime(2026, 6, 30, 17, tzinfo=zone),
            report_deadline=datetime.datetime(2026, 7, 10, 17, tzinfo=zone),
            quota=12,
            half_points=False,
            quorum_of=3,
            quorum_out_of=4,
            most_files=60,
            most_pages=900,
        )

    def test_take_the_rules_over_and_move_the_dates(self, office, source):
        source.criteria.filter(position=1).update(name="另一项")
        source.evidence_requirements.filter(category="HONOUR").update(required_of="SCHOOL")
        page = office.get(reverse("review:round_copy", args=[source.pk]))
        content = page.content.decode()
        assert "2027年武汉市技能大师工作室建设项目" in content
        assert "请于2027年6月30日前报送。" in content
        assert "原批次为 2026-06-30 17:00，移后一年是星期三。" in content
        form = page.context["form"]
        typed = {bound.name: bound.value() for bound in form}
        for name in ("opens_at", "closes_at", "report_deadline"):
            typed[name] = typed[name].strftime("%Y-%m-%dT%H:%M")
        typed = {name: value for name, value in typed.items() if value not in (None, False)}
        response = office.post(reverse("review:round_copy", args=[source.pk]), typed)
        copy = Round.objects.get(year=2027)
        assert response.url == url_of(copy)
        assert timezone.localtime(copy.closes_at).isoformat() == "2027-06-30T17:00:00+08:00"
        assert (copy.document_number, copy.quota, copy.half_points) == ("", 12, False)
        assert (copy.quorum_of, copy.quorum_out_of, copy.last_number) == (3, 4, 0)
        assert (copy.most_files, copy.most_pages) == (60, 900)
        for name in ("name", "points", "description", "bands", "position"):
            assert list(copy.criteria.values_list(name)) == list(source.criteria.values_list(name))
        assert copy.evidence_requirements.get(category="HONOUR").required_of == "SCHOOL"
        assert copy.evidence_requirements.count() == source.evidence_requirements.count()
        assert not copy.panels.exists()
        assert copy.changes.get().before == source.title
        assert copy.is_draft

    def test_of_a_scored_round_are_free_to_edit(self, office, people, round_):
        score(make_application(Stage.PANEL, people), people.panel)
        page = office.get(reverse("review:round_copy", args=[round_.pk]))
        assert not any(field.disabled for field in page.context["form"].fields.values())

    def test_of_the_last_round_there_may_be_is_refused_in_words(self, office, source):
        last = datetime.datetime(2100, 12, 31, 17, tzinfo=timezone.get_default_timezone())
        Round.objects.filter(pk=source.pk).update(year=2100, review_deadline=last)
        page = office.get(reverse("review:round_copy", args=[source.pk]))
        assert page.status_code == 200
        typed = {**TYPED, "year": 2101, "review_deadline": "2101-12-31T17:00"}
        response = office.post(reverse("review:round_copy", args=[source.pk]), typed)
        assert response.status_code == 422
        assert response.context["form"].errors.keys() == {"year", "review_deadline"}

    def test_need_what_a_round_needs(self, office, source):
        response = office.post(reverse("review:round_copy", args=[source.pk]), {"title": ""})
        assert response.status_code == 422
        assert Round.objects.count() == 2  # with the fixture's own


def test_a_published_round_leads_to_its_archive(office, round_):
    address = f"{reverse('operations:round_export')}?round={round_.pk}"
    assert f'href="{address}"' in office.get(url_of(round_)).text


def test_a_user_who_is_not_of_the_office_changes_nothing(client, round_):
    client.force_login(make_user(Role.BUREAU))
    assert client.post(url_of(round_), as_shown(round_, quota=1)).status_code == 404
