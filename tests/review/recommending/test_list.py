"""推荐一览表: order, reporter, preview, stamped scan and report of the whole list."""

import datetime
import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.form.definition import ANNEX1_COLUMNS
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused, perform
from review.recommending.list_models import RecommendationList
from review.recommending.unit_list import NO_REPORTER, STALE_ORDER, STALE_SCAN, UNEXPLAINED
from review.shared.attachments import Attachment
from tests.factories import make_application, pdf_file, prepare, take, undo
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
REPORTER = {
    "action": "reporter",
    "reporter": "填报某",
    "office_phone": "027-83919079",
    "mobile": "13900000000",
    "filled_on": f"{timezone.localdate()}",
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


def rank(client, url, *ranks, **more):
    numbers = {f"rank-{each.pk}": number for each, number in ranks}
    return client.post(url, {"action": "rank", **numbers, **more})


def upload(client, url, file=None, **more):
    return client.post(url, {"action": "scan", "scan": file or pdf_file("盖章附件1.pdf"), **more})


def report(client, round_):
    return client.post(reverse("review:list_report", args=[round_.pk]))


def content_of(response):
    return html.unescape(response.content.decode())


def fill(client, url, listed, **reporter):
    """Do everything that a report asks for; `reporter` is what its last line says otherwise."""
    rank(client, url, *((each, number) for number, each in enumerate(listed, start=1)))
    client.post(url, {**REPORTER, **reporter})
    return upload(client, url)


class TestOrder:
    def test_ranks_are_saved_leniently(self, recommender, url, listed):
        first, second = listed
        response = rank(recommender, url, (first, "1"), (second, "第二"))
        assert response.status_code == 422
        assert "第二" in content_of(response)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.rank, second.rank) == (1, None)

    def test_doubled_ranks_are_saved_and_told(self, recommender, url, listed):
        doubled = rank(recommender, url, *((each, 1) for each in listed))
        page = content_of(recommender.get(doubled.url))
        assert "排序已保存，但有重复或缺号，改正后才能上报。" in page
        ordered = rank(recommender, url, *((each, at) for at, each in enumerate(listed, start=1)))
        assert "排序已保存。" in content_of(recommender.get(ordered.url))

    def test_doubled_ranks_are_not_reported(self, recommender, round_, url, listed):
        fill(recommender, url, listed)
        Application.objects.update(rank=1)
        response = report(recommender, round_)
        assert response.status_code == 409
        assert "不能重复或缺号" in content_of(response)
        assert {each.stage for each in Application.objects.all()} == {Stage.RECOMMENDED}

    def test_the_first_order_needs_no_reason_a_change_does(self, recommender, url, listed):
        first, second = listed
        rank(recommender, url, (first, 1), (second, 2))
        swapped = (first, 2), (second, 1)
        refused = rank(recommender, url, *swapped)
        assert refused.status_code == 422
        page = content_of(refused)
        assert UNEXPLAINED in page
        # What was typed stands there still, in its order.
        assert page.index(f'id="rank-{second.pk}"') < page.index(f'id="rank-{first.pk}"')
        first.refresh_from_db()
        assert first.rank == 1
        assert rank(recommender, url, *swapped, reason="乙的成果更突出。").status_code == 302
        first.refresh_from_db()
        assert first.rank == 2

    def test_every_change_of_a_rank_is_on_record(self, recommender, url, listed, people):
        third = make_application(Stage.RECOMMENDED, people, lead_name="丙某")
        first, second = listed
        rank(recommender, url, (first, 1), (second, 2), (third, 3))
        rank(recommender, url, (first, 2), (second, 1), (third, 3), reason="乙的成果更突出。")
        notes = [
            list(each.events.filter(action="rank").values_list("note", flat=True))
            for each in (first, second, third)
        ]
        assert notes == [
            ["未排序 → 1", "1 → 2：乙的成果更突出。"],
            ["未排序 → 2", "2 → 1：乙的成果更突出。"],
            ["未排序 → 3"],
        ]
        latest, before = recommender.get(url).context["log"]
        assert latest["reason"] == "乙的成果更突出。"
        assert latest["moves"] == [
            (first.studio_title, "1 → 2"),
            (second.studio_title, "2 → 1"),
        ]
        assert len(before["moves"]) == 3

    def test_a_stale_page_does_not_overwrite_a_colleagues_order(self, recommender, url, listed):
        first, second = listed
        was = recommender.get(url).context["was"]
        rank(recommender, url, (first, 1), (second, 2))
        late = rank(recommender, url, (first, 2), (second, 1), reason="改", was=was)
        assert late.status_code == 409
        assert STALE_ORDER in content_of(late)
        first.refresh_from_db()
        assert first.rank == 1

    def test_an_undone_recommendation_leaves_its_rank_free(self, recommender, url, listed, people):
        first, second = listed
        rank(recommender, url, (first, 1), (second, 2))
        undo(first, reason="推荐核验有误。")
        assert Application.objects.get(pk=first.pk).rank is None
        assert "推荐排序为 1，不需要排序" in content_of(recommender.get(url))

    def test_experts_are_not_told_the_rank(self, log_in, recommender, url, round_, listed, people):
        application = listed[0]
        rank(recommender, url, (application, 1))
        for name in ("report", "qualify"):
            application = take(application, name, people)
        assert "未排序 → 1" in read_all_tabs(log_in(Role.OFFICE), application)
        assert "未排序 → 1" not in read_all_tabs(log_in(Role.EXPERT), application)


class TestReport:
    def test_order_reporter_scan_and_report(self, recommender, round_, url, listed, people):
        first, second = listed
        assert "请先保存排序" in content_of(recommender.get(url))
        rank(recommender, url, (first, 2), (second, 1))
        assert NO_REPORTER in content_of(recommender.get(url))
        recommender.post(url, REPORTER)
        assert "请上传盖章后的附件1扫描件" in content_of(recommender.get(url))
        assert report(recommender, round_).status_code == 409
        assert upload(recommender, url).status_code == 302
        assert "disabled" not in content_of(recommender.get(url))
        confirm = content_of(recommender.get(reverse("review:list_report", args=[round_.pk])))
        assert "确认上报 2 项" in confirm
        assert "不能再修改" in confirm
        assert report(recommender, round_).status_code == 302
        assert {each.stage for each in Application.objects.all()} == {Stage.QUALIFYING}
        saved = RecommendationList.objects.get()
        assert saved.reported_at
        assert saved.reported_by == people.recommender

    def test_nothing_is_changed_afterwards(self, recommender, round_, url, listed, people):
        fill(recommender, url, listed)
        report(recommender, round_)
        before = RecommendationList.objects.values().get()
        ranks = dict(Application.objects.values_list("pk", "rank"))
        for response in (
            rank(recommender, url, *((each, 9) for each in listed), reason="改"),
            recommender.post(url, {**REPORTER, "reporter": "别人"}),
            upload(recommender, url),
            report(recommender, round_),
        ):
            assert response.status_code == 409
        assert RecommendationList.objects.values().get() == before
        assert dict(Application.objects.values_list("pk", "rank")) == ranks
        page = content_of(recommender.get(url))
        assert f"本表已由 {people.recommender.name} 于 " in page
        assert 'name="action"' not in page

    def test_a_list_that_is_not_ready_leads_back_from_its_confirmation(
        self, recommender, round_, url, listed
    ):
        response = recommender.get(reverse("review:list_report", args=[round_.pk]))
        assert response.url == url

    def test_a_late_list_says_so(self, recommender, round_, url, listed):
        fill(recommender, url, listed)
        round_.closes_at = round_.report_deadline = timezone.now()
        round_.save()
        assert "逾期申报无效" in content_of(recommender.get(url))
        response = report(recommender, round_)
        assert response.status_code == 409
        assert "逾期申报无效" in content_of(response)

    def test_a_second_report_takes_the_rank_that_a_return_left_free(
        self, recommender, round_, url, listed, people
    ):
        first, second = listed
        fill(recommender, url, (second, first))
        report(recommender, round_)
        for name in ("return", "submit", "recommend"):
            take(Application.objects.get(pk=first.pk), name, people)
        page = content_of(recommender.get(url))
        assert "已上报 1 项，占推荐排序 1，不再变动。本次补报 1 项，排序为 2。" in page
        upload(recommender, url)
        assert report(recommender, round_).status_code == 302
        assert dict(Application.objects.values_list("pk", "rank")) == {first.pk: 2, second.pk: 1}

    def test_a_second_report_says_which_ranks_are_reported_and_goes_on(
        self, recommender, round_, url, listed, people
    ):
        fill(recommender, url, listed)
        report(recommender, round_)
        third, fourth = (make_application(Stage.RECOMMENDED, people) for _ in range(2))
        page = content_of(recommender.get(url))
        assert "已上报 2 项，待补报 2 项" in page
        assert "已上报 2 项，占推荐排序 1 至 2，不再变动。本次补报 2 项，排序为 3 至 4。" in page
        assert "1 至 2 已上报，本次填写 3 至 4，不能重复或缺号。" in page
        assert "本表不能再修改" not in page
        rank(recommender, url, (third, 1), (fourth, 2))
        refused = content_of(recommender.get(url))
        sentence = "已上报的占 1 至 2，本次的推荐排序须为 3 至 4，不能重复或缺号，请先保存排序。"
        assert sentence in refused
        rank(recommender, url, (third, 4), (fourth, 3), reason="接着编。")
        upload(recommender, url)
        assert report(recommender, round_).status_code == 302
        ranks = Application.objects.order_by("rank").values_list("pk", flat=True)
        assert list(ranks) == [*(each.pk for each in listed), fourth.pk, third.pk]

    def test_a_second_report_asks_for_its_own_date(self, recommender, round_, url, listed, people):
        days_ago = timezone.now() - datetime.timedelta(days=3)
        that_day = timezone.localdate(days_ago)
        fill(recommender, url, listed, filled_on=that_day)
        report(recommender, round_)
        make_application(Stage.RECOMMENDED, people)
        RecommendationList.objects.update(reported_at=days_ago)
        page = recommender.get(url)
        sentence = f"填报日期仍为上次上报时的 {that_day:%Y-%m-%d}"
        assert sentence in content_of(page)
        assert page.context["reporter_form"]["filled_on"].value() == timezone.localdate()
        refused = upload(recommender, url)
        assert refused.status_code == 409
        assert sentence in content_of(refused)
        recommender.post(url, {**REPORTER, "filled_on": timezone.localdate()})
        assert upload(recommender, url).status_code == 302
        assert report(recommender, round_).status_code == 302

    def test_what_is_reported_again_bears_the_date_of_its_own_report(
        self, recommender, round_, url, listed, people
    ):
        """Returned, and recommended again unchanged: 附件1 reads the same but for its date."""
        days_ago = timezone.now() - datetime.timedelta(days=3)
        that_day = timezone.localdate(days_ago)
        fill(recommender, url, listed, filled_on=that_day)
        report(recommender, round_)
        for name in ("return", "submit", "recommend"):
            take(Application.objects.get(pk=listed[1].pk), name, people)
        RecommendationList.objects.update(reported_at=days_ago)
        refused = report(recommender, round_)
        assert refused.status_code == 409
        assert f"填报日期仍为上次上报时的 {that_day:%Y-%m-%d}" in content_of(refused)


class TestOneRow:
    """There is nothing to order: what waits alone has its rank."""

    @pytest.fixture
    def alone(self, people):
        return make_application(Stage.RECOMMENDED, people)

    def test_asks_for_no_order(self, recommender, round_, url, alone):
        page = content_of(recommender.get(url))
        assert "本次只有一项，推荐排序为 1，不需要排序。" in page
        assert "保存排序" not in page
        recommender.post(url, REPORTER)
        assert upload(recommender, url).status_code == 302
        assert report(recommender, round_).status_code == 302
        alone.refresh_from_db()
        assert (alone.stage, alone.rank) == (Stage.QUALIFYING, 1)
        [event] = alone.events.filter(action="rank")
        assert event.note == "未排序 → 1：本次只有一项，不需要排序。"

    def test_takes_its_place_before_it_is_printed(self, recommender, round_, url, listed, people):
        """Of two that were reported the first is returned: its place is before the other one."""
        first, second = listed
        fill(recommender, url, listed)
        report(recommender, round_)
        for name in ("return", "submit", "recommend"):
            take(Application.objects.get(pk=first.pk), name, people)
        recommender.post(url, {**REPORTER, "filled_on": timezone.localdate()})
        assert [each.pk for each in RecommendationList.objects.get().applications()] == [
            first.pk,
            second.pk,
        ]

    def test_keeps_its_place_though_the_scan_of_the_earlier_order_is_refused(
        self, recommender, round_, url, listed, people
    ):
        """What is downloaded after the refusal has the line at its place, and is then accepted."""
        first, second = listed
        fill(recommender, url, listed)
        report(recommender, round_)
        for name in ("return", "submit", "recommend"):
            take(Application.objects.get(pk=first.pk), name, people)
        printed = recommender.get(url).context["fingerprint"]
        assert upload(recommender, url, fingerprint=printed).status_code == 409
        applications = RecommendationList.objects.get().applications()
        assert [each.pk for each in applications] == [first.pk, second.pk]
        printed = recommender.get(url).context["fingerprint"]
        assert upload(recommender, url, fingerprint=printed).status_code == 302


class TestScan:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda listed: Application.objects.filter(pk=listed[0].pk).update(rank=3), "推荐排序"),
            (lambda listed: RecommendationList.objects.update(reporter="另某"), "填报人"),
            (
                lambda listed: RecommendationList.objects.update(filled_on="2026-05-07"),
                "填报日期",
            ),
            (
                lambda listed: Application.objects.filter(pk=listed[1].pk).update(lead_post="班长"),
                "“乙某技能大师工作室”的岗位",
            ),
            (
                lambda listed: listed[1].awards.update(name="全国技术能手"),
                "“乙某技能大师工作室”的主要荣誉",
            ),
            (
                lambda listed: Application.objects.filter(pk=listed[0].pk).update(
                    stage=Stage.RECOMMENDING, rank=None
                ),
                "减少“甲某技能大师工作室”",
            ),
        ],
    )
    def test_what_has_changed_since_must_be_stamped_anew(
        self, recommender, url, listed, people, change, words
    ):
        fill(recommender, url, listed)
        change(listed)
        saved = RecommendationList.objects.get()
        assert f"附件1在上传盖章扫描件后有变化：{words}。" in saved.stamp_problem
        application = Application.objects.get(pk=listed[1].pk)
        with pytest.raises(Refused, match="附件1在上传盖章扫描件后有变化"):
            perform(application, "report", people.recommender)

    def test_many_changes_are_named_in_part(self, recommender, url, listed):
        fill(recommender, url, listed)
        Application.objects.update(lead_post="班长", lead_occupation="钳工")
        assert "等 4 处" in RecommendationList.objects.get().stamp_problem
        page = content_of(recommender.get(url))
        assert "附件1已变化" in page
        assert "请重新下载、盖章并上传扫描件。" in page
        upload(recommender, url)
        assert "上传后附件1未改动" in content_of(recommender.get(url))

    def test_it_is_bound_to_what_its_page_showed(self, recommender, url, listed):
        fill(recommender, url, listed)
        printed = recommender.get(url).context["fingerprint"]
        Application.objects.update(lead_post="班长")
        response = upload(recommender, url, fingerprint=printed)
        assert response.status_code == 409
        assert STALE_SCAN in content_of(response)

    def test_a_file_that_is_none_is_refused(self, recommender, url, listed):
        fill(recommender, url, listed)
        for name, data in (("表.pdf", b"no pdf"), ("表.exe", b"MZ")):
            file = SimpleUploadedFile(name, data)
            response = upload(recommender, url, file)
            assert response.status_code == 422
            assert "只接受 PDF、OFD 或图片文件" in content_of(response)
        assert Attachment.objects.count() == 1

    def test_an_earlier_scan_stays_on_record(self, recommender, url, listed, people):
        fill(recommender, url, listed)
        upload(recommender, url)
        scans = Attachment.objects.filter(kind=Attachment.Kind.LIST_SCAN)
        assert scans.count() == 2
        assert {each.recommending_unit for each in scans} == {people.recommender.recommending_unit}
        assert RecommendationList.objects.get().stamped_scan == scans.last()


class TestSelfRecommending:
    """An enterprise that recommends itself does so with a second account."""

    def test_a_second_account_recommends_and_reports(self, client, people, round_):
        unit = people.recommender.recommending_unit
        unit.kind = RecommendingUnit.Kind.SELF
        unit.save()
        application = make_application(Stage.RECOMMENDING, people)
        submitter = people.applicant
        submitter.role, submitter.recommending_unit, submitter.applying_unit = (
            Role.RECOMMENDER,
            unit,
            None,
        )
        submitter.save()
        prepare(application, "recommend", people)
        decide = reverse("review:decide", args=[application.pk, "recommend"])
        typed = {
            "revision": application.revision,
            "text": "同意推荐。",
            "signatory": "签署某",
            "signed_on": timezone.localdate(),
        }
        client.force_login(submitter)
        refused = client.post(decide, typed)
        assert refused.status_code == 409
        assert "提交申报的人不能推荐同一申报，请由另一账号办理。" in content_of(refused)
        client.force_login(people.recommender)
        assert client.post(decide, typed).status_code == 302
        fill(client, reverse("review:recommendation_list", args=[round_.pk]), [application])
        assert report(client, round_).status_code == 302
        application.refresh_from_db()
        assert application.stage == Stage.QUALIFYING


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
    [(round_, saved)] = response.context["rows"]
    assert (round_.waiting, round_.reported, saved) == (2, 0, None)


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
        assert recommender.get(url).context["preview"].count("<tr ") == 1 + copied
