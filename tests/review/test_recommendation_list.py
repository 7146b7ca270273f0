"""推荐一览表: ranking, reporter, preview and report of the whole list."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.form_definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.stages import Stage
from review.models import RecommendationList
from tests.factories import make_application, take

pytestmark = pytest.mark.django_db
REPORTER = {
    "action": "reporter",
    "reporter": "填报某",
    "office_phone": "027-83919079",
    "mobile": "13900000000",
    "filled_on": "2026-05-06",
}


@pytest.fixture
def listed(people):
    return [
        make_application(Stage.RECOMMENDED, people, lead_name=name) for name in ("甲某", "乙某")
    ]


@pytest.fixture
def url(round_):
    return reverse("review:recommendation_list", args=[round_.pk])


@pytest.fixture
def recommender(log_in):
    return log_in(Role.RECOMMENDER)


def rank(client, url, *ranks):
    return client.post(
        url, {"action": "rank", **{f"rank-{each.pk}": number for each, number in ranks}}
    )


def test_ranks_reporter_and_report(recommender, url, listed):
    first, second = listed
    assert "请先保存排序" in recommender.get(url).content.decode()
    rank(recommender, url, (first, 2), (second, 1))
    assert "请先填写填报人和联系电话" in recommender.get(url).content.decode()
    recommender.post(url, REPORTER)
    assert "disabled" not in recommender.get(url).content.decode()
    assert recommender.post(url, {"action": "report"}).status_code == 302
    assert {each.stage for each in Application.objects.all()} == {Stage.QUALIFYING}
    assert RecommendationList.objects.get().reported_at
    content = recommender.get(url).content.decode()
    assert "已上报" in content
    assert 'name="action"' not in content
    assert content.index("乙某") < content.index("甲某")


def test_ranks_are_saved_leniently(recommender, url, listed):
    first, second = listed
    response = rank(recommender, url, (first, "1"), (second, "第二"))
    assert response.status_code == 422
    assert "第二" in response.content.decode()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.rank, second.rank) == (1, None)


def test_doubled_ranks_are_saved_and_told(recommender, url, listed):
    doubled = rank(recommender, url, *((each, 1) for each in listed))
    page = recommender.get(doubled.url).content.decode()
    assert "排序已保存，但有重复或缺号，改正后才能上报。" in page
    ordered = rank(recommender, url, *((each, at) for at, each in enumerate(listed, start=1)))
    assert "排序已保存。" in recommender.get(ordered.url).content.decode()


def test_doubled_ranks_are_not_reported(recommender, url, listed):
    recommender.post(url, REPORTER)
    rank(recommender, url, *((each, 1) for each in listed))
    response = recommender.post(url, {"action": "report"})
    assert response.status_code == 409
    assert "不能重复或缺号" in response.content.decode()
    assert {each.stage for each in Application.objects.all()} == {Stage.RECOMMENDED}


def test_a_second_report_takes_the_rank_that_a_return_left_free(recommender, url, listed, people):
    first, second = listed
    recommender.post(url, REPORTER)
    rank(recommender, url, (first, 2), (second, 1))
    recommender.post(url, {"action": "report"})
    for name in ("return", "submit", "recommend"):
        take(Application.objects.get(pk=first.pk), name, people)
    assert "填写 2，不能重复或缺号" in recommender.get(url).content.decode()
    rank(recommender, url, (first, 1))
    response = recommender.post(url, {"action": "report"})
    assert response.status_code == 409
    assert "推荐排序须为 2，不能重复或缺号" in response.content.decode()
    rank(recommender, url, (first, 2))
    assert recommender.post(url, {"action": "report"}).status_code == 302
    assert dict(Application.objects.values_list("pk", "rank")) == {first.pk: 2, second.pk: 1}


def test_wrong_phones_are_refused_and_kept(recommender, url, listed):
    response = recommender.post(url, {**REPORTER, "mobile": "12345"})
    assert response.status_code == 422
    assert "请填写 11 位手机号码" in response.content.decode()
    assert "填报某" in response.content.decode()
    assert not RecommendationList.objects.exists()


def test_the_preview_has_annex_1s_columns(recommender, url, listed):
    content = recommender.get(url).content.decode()
    places = [content.index(f'<th scope="col">{label}</th>') for label, _ in ANNEX1_COLUMNS]
    assert places == sorted(places)
    assert len(places) + 1 == 13
    assert reverse("documents:annex1", args=[listed[0].round_id]) in content


def test_the_list_of_rounds_counts_what_waits(recommender, listed):
    response = recommender.get(reverse("review:recommendation_lists"))
    [(found, saved)] = response.context["rows"]
    assert (found.waiting, found.reported, saved) == (2, 0, None)


def test_another_units_applications_stay_out(recommender, url, listed):
    foreign = make_application(Stage.RECOMMENDED, round_=listed[0].round, lead_name="外单位某")
    assert "外单位某" not in recommender.get(url).content.decode()
    rank(recommender, url, (foreign, 1))
    foreign.refresh_from_db()
    assert foreign.rank is None


def test_a_round_without_anything_does_not_exist(recommender, url):
    assert recommender.get(url).status_code == 404


@pytest.mark.parametrize("copied", [0, 29])
def test_costs_the_same_with_1_and_30_rows(
    recommender, url, people, django_assert_num_queries, copied
):
    application = make_application(Stage.RECOMMENDED, people)
    fields = {
        field.attname: getattr(application, field.attname)
        for field in Application._meta.concrete_fields
        if not field.primary_key
    }
    Application.objects.bulk_create(
        Application(**{**fields, "number": f"COPY-{number}"}) for number in range(copied)
    )
    with django_assert_num_queries(10):
        assert len(recommender.get(url).context["preview"]) == 1 + copied
