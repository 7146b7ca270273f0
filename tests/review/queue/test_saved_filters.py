"""Saved filters of the queue."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from review.queue.saved_filters.models import SavedFilter
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FILTERS = "/review/filters/"


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def save(client, query, name="我的"):
    return client.post(FILTERS, {"query": query, "name": name})


def test_what_the_queue_understands_is_saved_and_shown_as_a_link(office, round_):
    response = save(office, f"stage=PANEL&round={round_.pk}&unit=99999&page=3&next=//x", "评审中")
    assert response.url == f"/review/?stage=PANEL&round={round_.pk}"
    saved = SavedFilter.objects.get()
    assert saved.query == f"stage=PANEL&round={round_.pk}"
    content = office.get(response.url).content.decode()
    assert (
        f'href="/review/?stage=PANEL&amp;round={round_.pk}" aria-current="true">评审中</a>'
        in content
    )


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("", "空的", "请先在申报列表中选择筛选条件"),
        ("stage=NONSENSE", "乱的", "请先在申报列表中选择筛选条件"),
        ("q=焊", "", "请填写名称。"),
        ("q=焊", "字" * 21, "20"),
        ("q=焊", "已有", "已有同名的筛选"),
    ],
)
def test_refusals_keep_what_was_typed(office, query, name, sentence):
    save(office, "q=钳", "已有")
    response = save(office, query, name)
    assert response.status_code == 422
    content = response.content.decode()
    assert sentence in content
    assert name in content
    assert SavedFilter.objects.count() == 1


def test_at_most_twenty(office, people):
    SavedFilter.objects.bulk_create(
        SavedFilter(user=people.office, name=f"第{n}个", query="q=1") for n in range(20)
    )
    response = save(office, "q=焊")
    assert response.status_code == 422
    assert "最多保存 20 个筛选" in response.content.decode()


def test_renaming_and_deleting(office, people):
    save(office, "q=焊", "旧名")
    save(office, "q=钳", "别的")
    saved = SavedFilter.objects.get(name="旧名")
    url = reverse("review:filter_change", args=[saved.pk])
    assert office.post(url, {f"filter-{saved.pk}-name": "别的"}).status_code == 422
    assert office.post(url, {f"filter-{saved.pk}-name": "新名"}).status_code == 302
    saved.refresh_from_db()
    assert (saved.name, saved.query) == ("新名", "q=%E7%84%8A")
    office.post(url, {"delete": "yes"})
    assert [each.name for each in people.office.saved_filters.all()] == ["别的"]


def test_are_their_owners_alone(client, office):
    office.get(save(office, "q=焊", "私人筛选").url)
    saved = SavedFilter.objects.get()
    client.force_login(make_user(Role.OFFICE))
    assert "私人筛选" not in client.get(FILTERS).content.decode()
    assert "私人筛选" not in client.get("/review/").content.decode()
    url = reverse("review:filter_change", args=[saved.pk])
    assert client.post(url, {"delete": "yes"}).status_code == 404
