"""The page that assigns applications to panels from the proposal."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from review.panels.models import Panel, PanelAssignment
from tests.factories import make_application, make_people, make_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


@pytest.fixture
def second(round_):
    leader = make_user(Role.EXPERT, occupation="电工")
    panel = Panel.objects.create(round=round_, name="第二组", leader=leader)
    panel.experts.set([leader])
    return panel


@pytest.fixture
def waiting(people):
    return [
        make_application(Stage.QUALIFYING, people, lead_occupation=trade, studio_occupation=trade)
        for trade in ("焊工", "电工", "焊工")
    ]


def url_of(round_):
    return reverse("review:assign_panels", args=[round_.pk])


def chosen(context, **changes):
    """What the page sends for its proposal."""
    typed = {"application": [row["application"].pk for row in context["rows"]]}
    for row in context["rows"]:
        typed[f"panel-{row['application'].pk}"] = row["panel"] or ""
        typed[f"was-{row['application'].pk}"] = row["was"]
    return {**typed, **changes}


def test_the_proposal_is_balanced_and_saved_with_events(office, people, round_, second, waiting):
    page = office.get(url_of(round_))
    assert sorted(each["new"] for each in page.context["summary"]) == [1, 2]
    proposed = {row["application"]: row["panel"] for row in page.context["rows"]}
    assert proposed[waiting[1]] == second.pk
    assert proposed[waiting[0]] == proposed[waiting[2]]
    assert not PanelAssignment.objects.exists()
    assert office.post(url_of(round_), chosen(page.context)).status_code == 302
    saved = dict(PanelAssignment.objects.values_list("application", "panel"))
    assert saved == {each.pk: panel for each, panel in proposed.items()}
    event = waiting[1].events.get(action="assign")
    assert (event.note, event.user) == ("第二组", people.office)
    assert "没有待分配的申报" in office.get(url_of(round_)).content.decode()


def test_what_the_office_chooses_instead_is_counted_before_it_is_saved(
    office, round_, second, waiting
):
    page = office.get(url_of(round_))
    typed = chosen(page.context)
    for each in waiting[:2]:
        typed[f"panel-{each.pk}"] = second.pk
    typed[f"panel-{waiting[2].pk}"] = ""
    preview = office.post(url_of(round_), {**typed, "action": "preview"})
    counts = {each["panel"]: each["counts"] for each in preview.context["summary"]}
    assert sorted(counts[second]) == [("焊工", 1), ("电工", 1)]
    assert preview.context["unassigned"] == 1
    assert not PanelAssignment.objects.exists()
    office.post(url_of(round_), typed)
    assert set(PanelAssignment.objects.values_list("application", "panel")) == {
        (each.pk, second.pk) for each in waiting[:2]
    }


def test_a_panel_with_somebody_of_the_unit_is_avoided_and_marked(
    office, people, round_, second, waiting
):
    second.leader.employer = waiting[1].unit_name
    second.leader.save()
    other = make_people(round_)
    elsewhere = make_application(
        Stage.QUALIFYING, other, lead_occupation="电工", studio_occupation="电工"
    )
    page = office.get(url_of(round_), {"application": [waiting[1].pk, elsewhere.pk]})
    assert {row["application"]: row["conflict"] for row in page.context["rows"]} == {
        waiting[1]: False,
        elsewhere: False,
    }
    typed = chosen(page.context, **{f"panel-{waiting[1].pk}": second.pk, "action": "preview"})
    content = office.post(url_of(round_), typed).content.decode()
    assert "组内有专家在该单位" in content
    assert "1 项与专家单位相同" in content


def test_the_proposal_says_which_trades_of_a_panel_fit(office, people, round_, second, waiting):
    people.expert.occupation = "焊工"
    people.expert.save()
    page = office.get(url_of(round_))
    assert {row["application"]: row["matching"] for row in page.context["rows"]} == {
        waiting[0]: ["焊工"],
        waiting[1]: ["电工"],
        waiting[2]: ["焊工"],
    }
    content = page.content.decode()
    assert "优先分给组内有对口工种专家的专家组" in content
    assert content.count("对口专家：焊工") == 2
    typed = chosen(page.context, **{f"panel-{waiting[0].pk}": second.pk, "action": "preview"})
    content = office.post(url_of(round_), typed).content.decode()
    told = f"组内没有对口工种的专家，对口专家在{people.panel.name}"
    assert content.count(told) == 1


def test_selected_ones_are_assigned_anew(office, people, round_, second, waiting):
    for each in waiting:
        PanelAssignment.objects.create(application=each, panel=people.panel)
    asked = {"application": [waiting[0].pk, waiting[1].pk]}
    page = office.get(url_of(round_), asked)
    assert [each["load"] for each in page.context["summary"]] == [1, 0]
    typed = chosen(page.context, **{f"panel-{waiting[1].pk}": second.pk})
    office.post(url_of(round_), typed)
    assert PanelAssignment.objects.get(application=waiting[1]).panel == second


def test_what_others_did_meanwhile_is_not_overwritten(office, people, round_, second, waiting):
    page = office.get(url_of(round_))
    typed = chosen(page.context)
    PanelAssignment.objects.create(application=waiting[0], panel=people.panel)
    typed[f"panel-{waiting[0].pk}"] = second.pk
    moved_on = make_application(Stage.DISQUALIFIED, people)
    typed["application"].append(moved_on.pk)
    response = office.post(url_of(round_), typed, follow=True)
    content = response.content.decode()
    assert f"{waiting[0].number}：已由他人分配，没有改动。" in content
    assert "有 1 项申报已不在资格审查阶段，没有分配。" in content
    assert "已分配 2 项申报。" in content
    assert PanelAssignment.objects.get(application=waiting[0]).panel == people.panel


def test_nothing_chosen_says_so(office, round_, second, waiting):
    typed = chosen(office.get(url_of(round_)).context)
    typed |= {name: "" for name in typed if name.startswith("panel-")}
    content = office.post(url_of(round_), typed, follow=True).content.decode()
    assert "请先为申报选择专家组" in content


def test_foreign_panels_are_not_chosen(office, round_, waiting):
    foreign = make_people(make_round()).panel
    typed = chosen(office.get(url_of(round_)).context)
    typed[f"panel-{waiting[0].pk}"] = foreign.pk
    office.post(url_of(round_), typed)
    assert not PanelAssignment.objects.filter(panel=foreign).exists()


@pytest.mark.parametrize("made", [1, 12])
def test_costs_the_same_with_any_number(office, people, round_, django_assert_num_queries, made):
    for _ in range(made):
        make_application(Stage.QUALIFYING, people)
    with django_assert_num_queries(6):
        office.get(url_of(round_))
