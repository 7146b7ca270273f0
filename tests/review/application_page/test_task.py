"""What an application's page says is to be done: first of all, for every role and stage."""

import pytest

from accounts.roles import Role
from applications.stages import PRIVATE, Stage
from applications.workflow.perform import offered, refusal
from review.application_page.task import TASKS
from tests.factories import make_application, make_user, prepare, score
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db


def worker(people, application, role):
    """Return who of a role has the work: of what was redirected, the unit that received it."""
    if application.stage == Stage.REDIRECTING:
        return make_user(role, "接收人", recommending_unit=application.recommending_unit)
    return people.of(role)


def task_for(client, application):
    return client.get(tab_of(application, "detail")).context["task"]


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in PRIVATE])
def test_every_stage_that_waits_for_a_role_has_its_task(people, stage):
    """Wherever a role may lead on, the page says what to do and has a button for it."""
    application = make_application(stage, people)
    for role in Role:
        leads_on = [
            rule
            for rule in offered(application, people.of(role))
            if rule.tone == "primary" and rule.target and not rule.of_round
        ]
        if leads_on and stage.owner == role and role != Role.APPLICANT:
            assert (role, stage) in TASKS, (role, stage)


@pytest.mark.parametrize(("role", "stage"), TASKS)
def test_the_task_stands_before_the_material(client, people, role, stage):
    application = make_application(stage, people)
    client.force_login(worker(people, application, role))
    content = client.get(tab_of(application, "detail")).text
    places = [content.index(mark) for mark in ('id="task"', 'class="bench', 'id="read-unit"')]
    assert places == sorted(places)
    task = content[places[0] : places[1]]
    assert "btn-primary" in task


def test_verification_names_what_is_open_and_leads_there(log_in, people):
    application = make_application(Stage.RECOMMENDING, people)
    client = log_in(Role.RECOMMENDER)
    task = task_for(client, application)
    words = [words for words, _ in task.missing]
    assert words[0].endswith("项获奖未核实")
    assert words[-3:] == [
        "征求公安部门意见未办",
        "党风廉政建设等“一票否决”情况说明未办",
        "单位公示未办",
    ]
    for _, address in task.missing:
        page = client.get(address.partition("#")[0])
        assert not page.context["item"].is_done
    prepare(application, "recommend", people)
    task = task_for(client, application)
    assert (task.missing, task.next) == ([], ("填写推荐意见", "#decision"))


def test_qualification_leads_from_one_open_condition_to_the_next(log_in, people):
    application = make_application(Stage.QUALIFYING, people)
    client = log_in(Role.OFFICE)
    response = client.get(tab_of(application, "detail"))
    task = response.context["task"]
    assert [address for _, address in task.missing] == [
        *(f"#condition-{number}" for number in range(1, 6)),
        "#panel",
    ]
    for _, anchor in task.missing:
        assert f'id="{anchor[1:]}"' in response.text
    prepare(application, "qualify", people)
    assert task_for(client, application).next == ("核对后通过…", "#decision")


def test_what_still_refuses_the_decision_is_said_where_nothing_else_is_missing(client, people):
    """Whoever submitted for their own unit may not recommend: the page says so at once."""
    application = make_application(Stage.RECOMMENDING, people)
    prepare(application, "recommend", people)
    submission = application.submissions.get()
    type(submission).objects.filter(pk=submission.pk).update(submitted_by=people.recommender)
    refused = refusal(application, "recommend", people.recommender)
    client.force_login(people.recommender)
    task = task_for(client, application)
    assert task.missing == ([(refused, "#decision")] if refused else [])


def test_the_leader_waits_for_the_panel_and_then_concludes(log_in, people):
    application = make_application(Stage.PANEL, people)
    client = log_in(Role.EXPERT)
    assert task_for(client, application).next[0] == "打开评分表"
    score(application, people.panel)
    task = task_for(client, application)
    assert (task.title, task.next) == ("提出评审意见", ("填写评审意见", "#decision"))


def test_whoever_has_nothing_to_do_is_told_for_whom_it_waits(log_in, people):
    application = make_application(Stage.APPROVING, people)
    page = log_in(Role.RECOMMENDER).get(tab_of(application, "detail"))
    assert "目前没有需要您办理的事项，等待市人社局审批办理（审定）。" in page.text
    ended = make_application(Stage.NOT_RECOMMENDED, people)
    page = log_in(Role.RECOMMENDER).get(tab_of(ended, "detail"))
    assert "本申报已办结：不予推荐。" in page.text


def test_every_link_of_a_task_leads_to_a_page(client, people):
    for role, stage in TASKS:
        application = make_application(stage, people)
        client.force_login(worker(people, application, role))
        page = client.get(tab_of(application, "detail"))
        task = page.context["task"]
        for _, address in [*task.missing, task.next]:
            path, _, anchor = address.partition("#")
            target = client.get(path or tab_of(application, "detail"))
            assert target.status_code == 200, (role, stage, address)
            if anchor:
                assert f'id="{anchor}"' in target.text, (role, stage, address)
