"""The scan of the stamped 附件1 beside what 附件1 said: mark, pages, rows in rank order, seal."""

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from applications.models import FileText, PageText
from applications.recognition import reader
from applications.recognition.findings import Agreement
from applications.recognition.page import Line, Page, PageState
from applications.recognition.texts import pages_of
from applications.stages import Stage
from review.recommending.list_models import RecommendationList
from review.recommending.list_scan import TITLE, check_of_list, list_scan_context
from tests.factories import (
    fill_in_list,
    make_application,
    make_people,
    make_round,
    stamp_list,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reading_is_on(settings, monkeypatch):
    settings.OCR = True
    monkeypatch.setattr(reader, "has_packages", lambda: True)


SEAL = (0.1, 0.12, 0.25, 0.33)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def listed(people):
    """A list of 甲某, 乙某, 丙某 in this order, with the scan of its stamped 附件1."""
    for rank, name in enumerate(("甲某", "乙某", "丙某"), start=1):
        make_application(Stage.RECOMMENDED, people, lead_name=name, rank=rank)
    application = people.recommender.recommending_unit.applications.first()
    fill_in_list(application, people.recommender)
    saved = RecommendationList.objects.get()
    stamp_list(saved, people.recommender)
    return RecommendationList.objects.select_related("stamped_scan").get()


def page_of(*leads, number=1, total=1, mark="", head=True, **values):
    """Return a page of a scan that lies across: its head, a row for each lead, its foot."""
    lines = []
    if head:
        lines += [
            Line(TITLE, (0.25, 0.08, 0.75, 0.12)),
            Line("推荐单位（盖章）：虚构区人社局", (0.05, 0.15, 0.35, 0.18)),
        ]
    for row, lead in enumerate(leads):
        lines.append(Line(lead, (0.2, 0.3 + 0.1 * row, 0.26, 0.33 + 0.1 * row)))
    if mark:
        lines.append(Line(f"内容指纹 {mark[:8]} {mark[8:16]}", (0.4, 0.95, 0.6, 0.97)))
    lines.append(Line(f"第 {number} 页　共 {total} 页", (0.85, 0.95, 0.95, 0.97)))
    values.setdefault("seals", (SEAL,))
    values.setdefault("is_colour", True)
    return Page(number, PageState.READ, 2048, 1448, lines=tuple(lines), **values)


def keep(saved, *pages):
    """Let the list's scan be read as these pages."""
    scan = saved.stamped_scan
    scan.pages = len(pages)
    scan.save(update_fields=["pages"])
    text = FileText.objects.create(sha256=scan.sha256, pages=len(pages), state=FileText.State.DONE)
    for number, page in enumerate(pages, start=1):
        PageText.objects.create(file=text, number=number, content=page.to_json())


def check(saved, *pages):
    keep(saved, *pages)
    scan = saved.stamped_scan
    found = check_of_list(scan, saved.stamped_content, saved.stamped_fingerprint, pages_of([scan]))
    return {each.key: each for each in found}


LEADS = ("甲某", "乙某", "丙某")


class TestRules:
    def test_a_good_scan_agrees(self, listed):
        found = check(listed, page_of(*LEADS, mark=listed.stamped_fingerprint))
        assert {each.agreement for each in found.values()} == {Agreement.FOUND}
        context = list_scan_context(listed)
        assert context["stamp_check"].words == "与附件1逐页相符，已见印章"

    def test_what_was_read_is_not_shown_once_reading_is_off(self, listed, settings):
        keep(listed, page_of(*LEADS, mark=listed.stamped_fingerprint))
        settings.OCR = False
        assert list_scan_context(listed) == {"stamp_check": None, "stamp_waits": False}

    def test_nothing_is_said_before_it_is_read(self, listed):
        assert list_scan_context(listed) == {"stamp_check": None, "stamp_waits": False}
        assert list_scan_context(None) == {"stamp_check": None, "stamp_waits": False}

    def test_paper_of_another_state_of_the_list_is_named(self, listed):
        found = check(listed, page_of(*LEADS, mark="0123456789abcdef"))
        assert found["stamp-print"].agreement == Agreement.DIFFERS
        assert "请核对是否为最新的稿" in found["stamp-print"].sentence

    def test_a_slip_in_the_mark_is_forgiven(self, listed):
        mark = listed.stamped_fingerprint
        slipped = mark[:5] + ("0" if mark[5] != "0" else "1") + mark[6:16]
        found = check(listed, page_of(*LEADS, mark=slipped))
        assert found["stamp-print"].agreement == Agreement.FOUND

    def test_a_scan_of_something_else_is_told(self, listed):
        found = check(listed, page_of("某通知", head=False))
        assert "请核对扫描件是否为推荐一览表" in found["stamp-print"].sentence
        assert found["stamp-seal"].agreement == Agreement.NOT_LEGIBLE

    def test_a_row_that_is_not_there_is_named(self, listed):
        found = check(listed, page_of("甲某", "丙某", mark=listed.stamped_fingerprint))
        assert found["stamp-rows"].agreement == Agreement.NOT_FOUND
        assert "第 2 项（乙某）" in found["stamp-rows"].sentence

    def test_another_order_than_the_ranks_is_told(self, listed):
        found = check(listed, page_of("甲某", "丙某", "乙某", mark=listed.stamped_fingerprint))
        assert found["stamp-rows"].sentence == (
            "扫描件上各项的顺序为第 1、3、2 项，与推荐排序不同。"
        )

    @pytest.mark.parametrize(
        ("foot", "sentence"),
        [("第 3 页　共 3 页", "缺打印稿第 2 页。"), ("第 1 页　共 1 页", "缺打印稿第 2、3 页。")],
    )
    def test_a_continuation_is_numbered_on_or_by_itself(self, listed, foot, sentence):
        continuation = Page(
            2,
            PageState.READ,
            2048,
            1448,
            lines=(
                Line(f"{TITLE}　续页", (0.2, 0.05, 0.8, 0.08)),
                Line(foot, (0.85, 0.95, 0.95, 0.97)),
            ),
        )
        mark = listed.stamped_fingerprint
        found = check(listed, page_of(*LEADS, mark=mark, total=3), continuation)
        assert found["stamp-pages"].sentence == sentence

    def test_a_table_that_was_scanned_along_the_paper_lies_right(self, listed):
        found = check(listed, page_of(*LEADS, mark=listed.stamped_fingerprint, turn=90))
        assert "stamp-turned" not in found

    def test_a_list_without_a_seal_asks_for_a_look(self, listed):
        found = check(listed, page_of(*LEADS, mark=listed.stamped_fingerprint, seals=()))
        assert found["stamp-seal"].sentence == "“推荐单位（盖章）”处未发现印章，请核对。"


class TestPages:
    def test_the_unit_and_the_office_see_what_was_found(self, client, people, listed):
        keep(listed, page_of("甲某", "乙某", mark=listed.stamped_fingerprint, seals=()))
        address = reverse("review:list_scan", args=[listed.pk])
        for user in (people.recommender, people.office):
            client.force_login(user)
            page = client.get(address).content.decode()
            assert "未发现印章，请核对" in page
            assert "第 3 项（丙某）" in page
        client.force_login(people.recommender)
        own = reverse("review:recommendation_list", args=[listed.round_id])
        assert "第 3 项（丙某）" in client.get(own).content.decode()
        client.force_login(people.office)
        reported = client.get(reverse("review:lists_reported")).content.decode()
        assert listed.recommending_unit.name in reported

    def test_it_exists_for_nobody_else(self, client, people, listed):
        other = make_people(make_round())
        for user in (people.applicant, people.expert, other.recommender):
            client.force_login(user)
            assert client.get(reverse("review:list_scan", args=[listed.pk])).status_code == 404
            picture = reverse("review:list_scan_picture", args=[listed.stamped_scan_id, 1])
            assert client.get(picture, {"crop": "0,0,1,1"}).status_code == 404

    def test_a_script_asks_until_it_is_read(self, client, people, listed):
        FileText.objects.create(sha256=listed.stamped_scan.sha256, pages=1)
        client.force_login(people.recommender)
        address = reverse("review:list_scan", args=[listed.pk])
        answer = client.get(address, headers={"Accept": "application/json"}).json()
        assert answer["waits"]
        assert "正在识别" in answer["check"]
        FileText.objects.all().delete()
        keep(listed, page_of(*LEADS, mark=listed.stamped_fingerprint))
        answer = client.get(address, headers={"Accept": "application/json"}).json()
        assert not answer["waits"]
        assert "已见印章" in answer["tag"]

    def test_a_picture_of_no_part_is_refused(self, client, people, listed):
        client.force_login(people.office)
        picture = reverse("review:list_scan_picture", args=[listed.stamped_scan_id, 1])
        assert client.get(picture, {"crop": "2,0,1,1"}).status_code == 400
        missing = reverse("review:list_scan_picture", args=[listed.stamped_scan_id, 99])
        assert client.get(missing, {"crop": "0,0,1,1"}).status_code == 404

    def test_who_opens_a_part_of_it_stands_on_record_once(self, client, people, listed):
        client.force_login(people.office)
        picture = reverse("review:list_scan_picture", args=[listed.stamped_scan_id, 1])
        before = AuditEntry.objects.count()
        for crop in ("0,0,1,1", "0,0,0.5,0.5"):
            client.get(picture, {"crop": crop})
        (line,) = AuditEntry.objects.order_by("pk")[before:]
        assert line.kind == AuditEntry.Kind.DOWNLOAD
        assert line.data == {"attachment": listed.stamped_scan_id, "page": 1}
