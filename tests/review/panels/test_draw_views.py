"""抽取: the page that draws a panel, its record, the recomputation of it, the command."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.chains import sm3
from accounts.roles import Role
from applications.stages import Stage
from review.panels.draw_forms import DrawForm, pool_of, proposed_exclusions
from review.panels.models import Draw, Panel
from tests.factories import make_application, make_draw, make_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


@pytest.fixture
def round_of_draw():
    return make_round()


@pytest.fixture
def experts():
    return [
        make_user(Role.EXPERT, f"专家{number}", employer=f"虚构第{number}研究所", occupation=trade)
        for number, trade in enumerate(("焊工", "车工") * 5, start=1)
    ]


def url_of(round_):
    return reverse("review:draw_new", args=[round_.pk])


def typed(experts, **changes):
    return {
        "name": "第一组",
        "size": 3,
        "alternates": 2,
        "seed": "31 08 27",
        "pool": ",".join(str(each.pk) for each in experts),
        "action": "draw",
        **changes,
    }


class TestDrawing:
    def test_makes_a_panel_with_two_ordered_alternates(
        self, office, people, experts, round_of_draw
    ):
        pool = pool_of([])
        response = office.post(url_of(round_of_draw), typed(pool))
        record = Draw.objects.get()
        assert response.url == record.get_absolute_url()
        panel = record.panel
        assert panel.round == round_of_draw
        assert panel.leader_id == record.result[0]
        assert {each.pk for each in panel.experts.all()} == set(record.result[:3])
        assert [(each.position, each.expert_id) for each in panel.alternates.all()] == [
            (1, record.result[3]),
            (2, record.result[4]),
        ]
        assert [each["id"] for each in record.pool] == sorted(each.pk for each in pool)
        assert record.drawn_by == people.office
        assert record.first_difference() is None
        content = office.get(response.url).content.decode()
        assert "重新计算：一致" in content
        assert f"printf '%s' '{record.seed}:" in content.replace("&#x27;", "'")
        assert "第一组组长" in set(round_of_draw.changes.values_list("field", flat=True))

    def test_from_the_chosen_occupations_alone(self, office, experts, round_of_draw):
        welders = [each for each in experts if each.occupation == "焊工"]
        page = office.get(url_of(round_of_draw), {"occupation": ["焊工"]})
        assert [row["expert"] for row in page.context["form"].rows] == welders
        office.post(url_of(round_of_draw), typed(welders, occupation="焊工"))
        assert {each["occupation"] for each in Draw.objects.get().pool} == {"焊工"}

    def test_leaves_out_whom_the_office_excludes_with_a_reason(
        self, office, experts, round_of_draw
    ):
        out = experts[0]
        changes = {f"exclude-{out.pk}": "on"}
        pool = pool_of([])
        refused = office.post(url_of(round_of_draw), typed(pool, **changes))
        assert refused.status_code == 422
        assert f"请填写排除{out.name}的理由" in refused.content.decode()
        office.post(url_of(round_of_draw), typed(pool, **changes, **{f"reason-{out.pk}": "请假"}))
        record = Draw.objects.get()
        assert record.exclusions == [{"id": out.pk, "name": out.name, "reason": "请假"}]
        assert out.pk not in record.result
        assert "排除：请假" in office.get(record.get_absolute_url()).content.decode()

    def test_proposes_to_exclude_applying_units_own_people_and_who_sits_already(
        self, people, round_
    ):
        application = make_application(Stage.QUALIFYING, people)
        own = make_user(Role.EXPERT, employer=f" {application.unit_name} ")
        make_application(Stage.DRAFT, people, unit_name="还在填报的厂")
        early = make_user(Role.EXPERT, employer="还在填报的厂")
        pool = pool_of([])
        reasons = proposed_exclusions(round_, pool)
        assert "在本批次申报" in reasons[own.pk]
        assert early.pk not in reasons
        assert reasons[people.expert.pk] == f"已是{people.panel.name}的专家"
        rows = {row["expert"]: row["excluded"] for row in DrawForm(round_, pool).rows}
        assert rows[own]
        assert not rows[early]

    def test_is_confirmed_first_with_its_consequence(self, office, experts, round_of_draw):
        out, pool = experts[0], pool_of([])
        asked = typed(pool, **{f"exclude-{out.pk}": "on", f"reason-{out.pk}": "请假"})
        del asked["action"]
        page = office.post(url_of(round_of_draw), asked)
        assert page.status_code == 200
        content = page.content.decode()
        for words in ("结果不能更改，也不能重抽", f"{out.name}：请假", "第一组", "31 08 27"):
            assert words in content
        assert not Draw.objects.exists()
        sent = dict(page.context["form"].sent())
        back = office.post(url_of(round_of_draw), {**sent, "action": "edit"})
        assert back.status_code == 200
        assert 'value="请假"' in back.content.decode()
        assert not Draw.objects.exists()
        office.post(url_of(round_of_draw), {**sent, "action": "draw"})
        assert Draw.objects.get().exclusions[0]["reason"] == "请假"

    def test_takes_a_proposed_exclusion_back_with_a_reason_on_record(
        self, office, people, round_, experts
    ):
        seated, *others = people.panel.experts.order_by("pk")
        proposed = f"已是{people.panel.name}的专家"
        asked = typed(pool_of([]), size=11, alternates=0)
        for each in others:
            asked |= {f"exclude-{each.pk}": "on", f"reason-{each.pk}": proposed}
        asked[f"reason-{seated.pk}"] = proposed  # as the page had filled it in: no reason why not
        for action in ("", "draw"):  # neither asked about nor drawn
            refused = office.post(url_of(round_), {**asked, "action": action})
            assert refused.status_code == 422
            assert f"请填写不排除{seated.name}的理由" in refused.content.decode()
        asked[f"keep-{seated.pk}"] = "该组只评一项，时间不冲突"
        page = office.post(url_of(round_), {**asked, "action": ""})
        assert f"{seated.name}（{proposed}）：该组只评一项" in page.content.decode()
        assert office.post(url_of(round_), asked).status_code == 302
        record = Draw.objects.get()
        assert record.waived == [
            {
                "id": seated.pk,
                "name": seated.name,
                "proposed": proposed,
                "reason": "该组只评一项，时间不冲突",
            }
        ]
        assert seated.pk in record.result
        assert record.first_difference() is None
        assert "未排除：该组只评一项" in office.get(record.get_absolute_url()).content.decode()
        Draw.objects.filter(pk=record.pk).update(waived=[])
        assert "指纹不符" in Draw.objects.get().first_difference()

    def test_asks_about_whoever_is_proposed_since_the_page_was_made(
        self, office, people, experts, round_
    ):
        asked = typed(experts, occupation=["焊工", "车工"])
        make_application(Stage.QUALIFYING, people, unit_name=experts[0].employer)
        refused = office.post(url_of(round_), asked)
        assert refused.status_code == 422
        assert f"请填写不排除{experts[0].name}的理由" in refused.content.decode()
        assert not Draw.objects.exists()

    def test_a_seed_left_blank_is_made_up(self, office, experts, round_of_draw):
        office.post(url_of(round_of_draw), typed(pool_of([]), seed=""))
        assert len(Draw.objects.get().seed) == 32

    def test_too_small_a_pool_is_refused_with_what_was_typed(self, office, experts, round_of_draw):
        response = office.post(url_of(round_of_draw), typed(pool_of([]), size=40))
        assert response.status_code == 422
        content = response.content.decode()
        assert "请减少人数或放宽工种" in content
        assert 'value="31 08 27"' in content
        assert not Draw.objects.exists()

    def test_a_pool_that_changed_since_the_page_is_not_drawn_from(
        self, office, experts, round_of_draw
    ):
        shown = pool_of([])
        make_user(Role.EXPERT)
        response = office.post(url_of(round_of_draw), typed(shown))
        assert response.status_code == 409
        assert "专家库刚有变动，没有抽取" in response.content.decode()
        assert not Panel.objects.filter(round=round_of_draw).exists()

    def test_the_same_panel_is_not_drawn_twice(self, office, experts, round_of_draw):
        for status in (302, 422):
            response = office.post(url_of(round_of_draw), typed(pool_of([])))
            assert response.status_code == status
        assert Draw.objects.count() == 1

    @pytest.mark.parametrize("made", [1, 30])
    def test_costs_the_same_with_any_pool(
        self, office, round_of_draw, django_assert_num_queries, made
    ):
        for _ in range(made):
            make_user(Role.EXPERT)
        with django_assert_num_queries(8):
            office.get(url_of(round_of_draw))


class TestRecords:
    @pytest.fixture
    def record(self, people):
        return make_draw(people.panel, people.office)

    def tamper(self, record, **changes):
        """Change the row behind the model's back."""
        Draw.objects.filter(pk=record.pk).update(**changes)
        return Draw.objects.get(pk=record.pk)

    def test_are_never_changed_or_deleted(self, record):
        record.seed = "another"
        with pytest.raises(TypeError):
            record.save()
        with pytest.raises(TypeError):
            record.delete()

    def test_another_result_is_told_with_the_first_difference(self, office, record):
        first, second, *others = record.result
        names = {each["id"]: each["name"] for each in record.pool}
        changed = self.tamper(record, result=[first, others[0], second, *others[1:]])
        sentence = f"第 2 位：记录为{names[others[0]]}，重新计算为{names[second]}。"
        assert changed.first_difference() == sentence
        content = office.get(record.get_absolute_url()).content.decode()
        assert "重新计算：不一致" in content
        assert sentence in content

    @pytest.mark.parametrize(
        "change",
        [
            {"seed": "another"},
            {"size": 4},
            {"result": []},
            {"exclusions": [{"id": 0, "name": "某人", "reason": "后加的理由"}]},
            {"size": 4, "alternates": 1},
        ],
    )
    def test_any_other_change_is_told_as_well(self, record, change):
        assert self.tamper(record, **change).first_difference()

    def test_a_changed_name_or_employer_breaks_the_fingerprint(self, record):
        pool = [{**each, "employer": "改后的单位"} for each in record.pool]
        assert "与保存时的指纹不符" in self.tamper(record, pool=pool).first_difference()

    def test_a_draw_from_before_waivers_keeps_its_fingerprint(self, record):
        """Its content is sealed as it was then, without a word of what it did not know."""
        names = ("seed", "size", "alternates", "pool", "exclusions", "result")
        content = {
            "round": record.round_id,
            "panel": record.panel_id,
            "drawn_by": record.drawn_by_id,
            "drawn_at": timezone.localtime(record.drawn_at).isoformat(),
            **{name: getattr(record, name) for name in names},
        }
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert record.fingerprint == sm3(text.encode())

    def test_a_result_longer_than_drawn_is_told(self, record):
        changed = self.tamper(record, result=[*record.result, 999])
        assert changed.first_difference() == "记录了 6 人，应为 5 人。"

    def test_the_bureau_reads_them_too(self, log_in, record):
        assert log_in(Role.BUREAU).get(record.get_absolute_url()).status_code == 200

    def test_a_panel_changed_by_hand_says_so(self, office, people, record):
        assert "有过手工调整" not in office.get(record.get_absolute_url()).content.decode()
        people.panel.experts.add(make_user(Role.EXPERT))
        assert "有过手工调整" in office.get(record.get_absolute_url()).content.decode()

    def test_the_command_verifies_one_or_all(self, people, record):
        out = io.StringIO()
        call_command("verify_draw", record.pk, stdout=out)
        call_command("verify_draw", stdout=out)
        assert out.getvalue().count("抽取记录：一致") == 2
        self.tamper(record, seed="another")
        out = io.StringIO()
        with pytest.raises(CommandError, match="1 次抽签中有 1 次与记录不一致") as failed:
            call_command("verify_draw", stdout=out)
        assert failed.value.returncode == 1
        assert "位：记录为" in out.getvalue()
        with pytest.raises(CommandError, match="没有编号为 999 的抽签"):
            call_command("verify_draw", 999)
