"""The record of a site visit: written in parts, by several people, from afar, once."""

import datetime
import io
import json
import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.workflow.guards import moment
from applications.workflow.perform import Refused, perform
from review.inspection.forms import InspectionForm
from review.inspection.models import (
    Inspection,
    InspectionPhoto,
    InspectionPlan,
    InspectionSave,
    Item,
)
from review.inspection.photos import developed
from review.inspection.record import add_photo, conclude, field_of, merge, parts_of
from review.shared.attachments import Attachment
from tests.factories import image_file, make_application, make_user, pdf_file, prepare
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def application(people):
    return make_application(Stage.INSPECTING, people)


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def url(application):
    return reverse("review:inspection", args=[application.pk])


def typed(**changes):
    """What the whole page sends when everything is fine."""
    return {
        "key": f"{uuid.uuid4()}",
        "parts": " ".join(parts_of(None)),
        "loaded": "{}",
        "visited_on": f"{timezone.localdate()}",
        "inspectors": "考察某、考察另某",
        "unit_representative": "联系某",
        "findings": "三室一场齐备。",
        **{field_of(item, "result"): "MET" for item in Item},
        **changes,
    }


def write(application, user, *, key=None, base=0, **parts):
    """Send some parts, made from the save `base`; return (inspection, what was replaced)."""
    data = {"key": str(key or uuid.uuid4()), "parts": " ".join(parts)}
    data["loaded"] = json.dumps(dict.fromkeys(parts, base))
    for part, value in parts.items():
        if part in Item:
            data[f"result-{part}"], data[f"finding-{part}"] = value
        else:
            data[part] = value
    form = InspectionForm(data)
    assert form.is_valid(), form.errors
    return merge(application, user, form.key, form.sent())


def labels(application):
    return [each.label for each in application.events.filter(action="inspection")]


class TestPlainPage:
    def test_is_saved_in_part_and_decides_nothing_until_it_is_concluded(
        self, office, people, application
    ):
        office.post(url(application), {**typed(unit_representative=""), "action": "save"})
        assert Inspection.objects.get().passed is None
        with pytest.raises(Refused, match="还没有完成"):
            perform(application, "pass_inspection", people.office)

        response = office.post(
            url(application), {**typed(), "passed": "True", "action": "conclude"}
        )
        assert response.status_code == 302
        assert Inspection.objects.get().passed
        done = perform(application, "pass_inspection", people.office)
        assert done.stage == Stage.PUBLICITY

    def test_says_what_a_conclusion_needs_and_keeps_everything(self, office, application):
        data = {**typed(findings="", visited_on=""), "passed": "False", "action": "conclude"}
        del data["result-RULES"]
        data["result-FIELD"] = "NOT_MET"
        response = office.post(url(application), data)
        content = response.content.decode()
        assert response.status_code == 422
        for sentence in (
            "请填写考察日期。",
            "请填写考察情况。",
            "请选择“制度上墙”的结果。",
            "“实操场地”不符合，请写明情况。",
        ):
            assert sentence in content
        inspection = Inspection.objects.get()
        assert inspection.passed is None
        assert inspection.inspectors == "考察某、考察另某"  # saved all the same

    def test_what_is_not_met_needs_a_reason_to_pass_and_none_to_fail(self, office, application):
        found = {"result-FIELD": "NOT_MET", "finding-FIELD": "场地在搬迁。"}
        conclusion = {"passed": "True", "action": "conclude"}
        response = office.post(url(application), {**typed(**found), **conclusion})
        assert "实操场地不符合，仍判合格的，请写明理由" in response.content.decode()
        assert Inspection.objects.get().passed is None

        reason = {"explanation": "新址本月启用，已现场核实。"}
        office.post(url(application), {**typed(**found, **reason), **conclusion})
        assert Inspection.objects.get().passed
        office.post(url(application), {**typed(**found), "passed": "False", "action": "conclude"})
        assert Inspection.objects.get().passed is False

    def test_a_correction_opens_a_concluded_record_again(self, office, people, application):
        def send(**data):
            found = Inspection.objects.filter(application=application).first()
            loaded = json.dumps(found.edits if found else {})
            office.post(url(application), {**typed(), "loaded": loaded, **data})
            return Inspection.objects.get().passed

        assert send(passed="True", action="conclude")
        changed = {"findings": "另有发现。"}
        assert send(**changed, action="save") is None
        assert labels(application) == [
            "开始填写实地考察记录",
            "完成实地考察记录",
            "更正实地考察记录",
        ]
        assert send(**changed, passed="False", action="conclude") is False
        assert send(**changed, action="save") is False  # nothing new, so it stays concluded

    def test_a_future_day_is_refused_and_the_rest_saved(self, office, application):
        tomorrow = timezone.localdate() + DAY
        response = office.post(url(application), {**typed(visited_on=tomorrow), "action": "save"})
        assert response.status_code == 422
        assert "考察日期不能晚于今天。" in response.content.decode()
        inspection = Inspection.objects.get()
        assert (inspection.visited_on, inspection.findings) == (None, "三室一场齐备。")

    def test_brings_photos_and_removes_them(self, office, application):
        data = typed()
        for _ in range(2):  # a second click on the same page
            photos = [image_file("一.jpg"), image_file("二.png", "PNG")]
            office.post(url(application), {**data, "photo-OFFICE": photos, "action": "save"})
        first, second = InspectionPhoto.objects.all()
        office.post(url(application), {**typed(), "action": f"remove-{first.pk}"})
        first.refresh_from_db()
        assert first.removed_at
        assert [each.pk for each in Inspection.objects.get().present_photos()["OFFICE"]] == [
            second.pk
        ]
        assert Attachment.objects.filter(kind="INSPECTION").count() == 2  # kept for the record

    def test_a_file_that_is_no_photo_is_named_and_the_rest_saved(self, office, application):
        data = {**typed(), "photo-FIELD": pdf_file("场地.pdf"), "action": "save"}
        response = office.post(url(application), data)
        assert response.status_code == 422
        assert (
            "实操场地，场地.pdf：这是 PDF 文件。考察照片只接受图片（JPG、PNG、HEIC 等）"
            in response.content.decode()
        )
        assert Inspection.objects.get().findings == "三室一场齐备。"

    def test_is_closed_in_another_stage(self, office, people):
        application = make_application(Stage.PUBLICITY, people)
        assert office.get(url(application)).status_code == 404
        response = office.post(url(application), {**typed(findings="改"), "action": "save"})
        assert response.status_code == 409
        assert "没有保存" in response.content.decode()
        assert Inspection.objects.get().passed

    def test_shows_the_plans_day_and_people_until_others_are_written(
        self, office, people, application
    ):
        response = office.get(url(application))
        assert f'value="{timezone.localdate()}"' in response.content.decode()
        assert not Inspection.objects.exists()  # looking writes nothing

    def test_lists_what_was_declared_beside_the_item_that_asks_for_it(self, office, people):
        application = make_application(Stage.INSPECTING, people)
        application.members.create(position=1, name="成员另某", occupation="车工", skill_level="4")
        content = office.get(url(application)).content.decode()
        items = {
            item: content.partition(f'id="div_id_result-{item}"')[2].partition("</fieldset>")[0]
            for item in Item
        }
        assert '<dt>技能大师姓名</dt><dd class="long">龘某</dd>' in items[Item.MEMBERS]
        members = "成员某（焊工 技师）\n成员另某（车工 技师）"
        assert f'<dt>工作室成员（2 人）</dt><dd class="long">{members}</dd>' in items[Item.MEMBERS]
        assert ">120.5 平方米<" in items[Item.OFFICE]
        assert ">焊机12台，实训工位20个。<" in items[Item.EQUIPMENT]
        assert ">100 万元<" in items[Item.SUPPORT]
        assert "declared" not in items[Item.RULES]
        for remark in ("本平台", "行业通常", "通知只写"):
            assert remark not in content

    @pytest.mark.parametrize("more", [0, 29])
    def test_costs_the_same_with_1_and_30_photos(
        self, office, people, application, django_assert_num_queries, more
    ):
        photo = add_photo(
            application, people.office, uuid.uuid4(), Item.OFFICE, developed(image_file())
        )
        for _ in range(more):
            attachment = Attachment.objects.get(pk=photo.attachment_id)
            attachment.pk = None
            attachment.save()
            InspectionPhoto.objects.create(
                key=uuid.uuid4(),
                inspection=photo.inspection,
                code="OFFICE",
                attachment=attachment,
                thumbnail=photo.thumbnail.name,
            )
        with django_assert_num_queries(6):
            office.get(url(application))


class TestBeforeThePlannedTime:
    """What the unit was told counts: a visit before it is no visit without a reason."""

    @pytest.fixture
    def plan(self, people, application):
        plan = InspectionPlan.objects.create(
            application=application,
            visit_at=timezone.now() + 2 * DAY,
            place="虚构路1号",
            contact="83919079",
            preparation="无",
            planned_by=people.office,
        )
        plan.inspectors.set([people.office])
        return plan

    def test_the_page_says_so_and_presumes_no_day(self, office, application, plan):
        content = office.get(url(application)).content.decode()
        assert "早于该时间考察的，须写明理由才能完成记录" in content
        assert f"{timezone.localtime(plan.visit_at):%Y-%m-%d %H:%M}" in content
        assert f'value="{timezone.localdate()}"' not in content

    def test_what_is_written_is_kept_and_the_record_says_that_it_began_early(
        self, office, application, plan
    ):
        office.post(url(application), {**typed(), "action": "save"})
        assert Inspection.objects.get().findings == "三室一场齐备。"
        started = application.events.get(label="开始填写实地考察记录")
        assert started.note == f"早于安排的考察时间（{moment(plan.visit_at)}）"

    def test_a_photo_that_comes_first_says_so_as_well(self, people, application, plan):
        add_photo(application, people.office, uuid.uuid4(), Item.OFFICE, developed(image_file()))
        started = application.events.get(label="开始填写实地考察记录")
        assert "早于安排的考察时间" in started.note

    def test_a_conclusion_needs_the_reason_which_stays_on_record(
        self, office, people, application, plan
    ):
        conclusion = {"passed": "True", "action": "conclude"}
        refused = office.post(url(application), {**typed(), **conclusion})
        assert refused.status_code == 422
        assert "请写明提前考察的理由；时间有变的，请先更改考察安排" in refused.content.decode()
        assert Inspection.objects.get().passed is None

        reason = {"early_reason": "单位搬迁，商定提前两天。"}
        done = office.post(url(application), {**typed(**reason), **conclusion})
        assert done.status_code == 302
        event = application.events.get(label="完成实地考察记录")
        planned = moment(plan.visit_at)
        assert event.note == (
            f"合格。早于安排的考察时间（{planned}），理由：单位搬迁，商定提前两天。"
        )
        page = read_all_tabs(office, application)
        assert "单位搬迁，商定提前两天。" in page
        assert "早于该时间考察的" not in office.get(url(application)).content.decode()

    def test_on_the_planned_day_the_hour_counts(self, office, application, plan):
        noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
        InspectionPlan.objects.update(visit_at=noon)
        data = {**typed(visited_on=f"{noon:%Y-%m-%d}"), "passed": "True", "action": "conclude"}
        with time_machine.travel(noon - DAY / 24):
            assert office.post(url(application), data).status_code == 422
        with time_machine.travel(noon):
            assert office.post(url(application), data).status_code == 302

    def test_a_day_before_the_planned_one_is_early_whenever_it_is_written_down(
        self, office, application, plan
    ):
        InspectionPlan.objects.update(visit_at=timezone.now() - 2 * DAY)
        conclusion = {"passed": "True", "action": "conclude"}
        before = {"visited_on": timezone.localdate() - 3 * DAY}
        assert office.post(url(application), {**typed(**before), **conclusion}).status_code == 422
        after = {"visited_on": timezone.localdate()}
        known = json.dumps(Inspection.objects.get().edits)
        sent = {**typed(**after), "loaded": known, **conclusion}
        assert office.post(url(application), sent).status_code == 302


class TestTwoInspectors:
    def test_each_writes_other_parts_and_nothing_is_lost(self, people, application):
        colleague = make_user(Role.OFFICE, "同事")
        write(application, people.office, OFFICE=("MET", "挂牌"))
        inspection, replaced = write(application, colleague, FIELD=("MOSTLY", "通道窄"))
        assert not replaced
        values = parts_of(inspection)
        assert values["OFFICE"] == {"result": "MET", "finding": "挂牌"}
        assert values["FIELD"] == {"result": "MOSTLY", "finding": "通道窄"}

    def test_the_same_part_takes_the_last_words_and_the_first_are_told_and_kept(
        self, people, application
    ):
        colleague = make_user(Role.OFFICE, "同事")
        write(application, colleague, OFFICE=("NOT_MET", "没有挂牌"))
        inspection, [replaced] = write(application, people.office, OFFICE=("MET", "挂牌"))
        assert parts_of(inspection)["OFFICE"]["finding"] == "挂牌"
        assert (replaced.by, replaced.text) == ("同事", "不符合：没有挂牌")
        assert InspectionSave.objects.first().parts["OFFICE"]["finding"] == "没有挂牌"
        event = application.events.filter(label="改写考察记录").get()
        assert "办公室（工作室），原由同事于" in event.note

    def test_what_a_page_only_shows_replaces_nothing_newer(self, people, application):
        inspection, _ = write(application, people.office, findings="旧的", OFFICE=("MET", ""))
        base = inspection.edits["findings"]
        write(application, make_user(Role.OFFICE), base=base, findings="同事的")
        inspection, replaced = write(
            application, people.office, base=base, findings="旧的", OFFICE=("MOSTLY", "")
        )
        assert not replaced
        assert inspection.findings == "同事的"
        assert parts_of(inspection)["OFFICE"]["result"] == "MOSTLY"

    def test_a_save_that_arrives_again_after_a_colleagues_changes_nothing(
        self, people, application
    ):
        key = uuid.uuid4()
        inspection, _ = write(application, people.office, key=key, findings="我的")
        base = inspection.edits["findings"]
        write(application, make_user(Role.OFFICE), base=base, findings="同事的")
        inspection, replaced = write(application, people.office, key=key, findings="我的")
        assert inspection.findings == "同事的"
        assert not replaced
        assert inspection.saves.count() == 2


class TestScript:
    def post(self, client, application, **data):
        return client.post(url(application), data, headers={"X-Requested-With": "inspection"})

    def test_saves_parts_and_answers_what_the_record_says(self, office, application):
        data = {
            "key": f"{uuid.uuid4()}",
            "parts": "OFFICE findings",
            "result-OFFICE": "MET",
            "finding-OFFICE": "挂牌\r\n完好",
            "findings": "长" * 2001,
        }
        for _ in range(2):
            answer = self.post(office, application, **data).json()
        assert answer["values"]["OFFICE"] == {"result": "MET", "finding": "挂牌\n完好"}
        assert answer["loaded"]["OFFICE"] == InspectionSave.objects.get().pk
        assert "findings" in answer["errors"]
        assert "findings" not in answer["loaded"]

    def test_is_told_when_the_record_is_closed(self, office, people):
        application = make_application(Stage.PUBLICITY, people)
        response = self.post(office, application, parts="findings", findings="改")
        assert response.status_code == 409
        assert "没有保存" in response.json()["refused"]

    def test_a_photo_sent_twice_is_stored_once(self, office, application):
        address = reverse("review:inspection_photo_new", args=[application.pk])
        key = f"{uuid.uuid4()}"
        for _ in range(2):
            data = {"key": key, "code": "OFFICE", "photo": image_file()}
            assert "shot" in office.post(address, data).json()["html"]
        assert Attachment.objects.filter(kind="INSPECTION").count() == 1
        assert InspectionPhoto.objects.count() == 1

    @pytest.mark.parametrize(
        "data",
        [
            {"key": "no-key", "code": "OFFICE"},
            {"key": f"{uuid.uuid4()}", "code": "KITCHEN"},
            {"key": f"{uuid.uuid4()}", "code": "OFFICE", "photo": None},
        ],
    )
    def test_a_photo_that_is_none_is_refused(self, office, application, data):
        address = reverse("review:inspection_photo_new", args=[application.pk])
        if data.setdefault("photo", image_file()) is None:
            data["photo"] = pdf_file()
        response = office.post(address, data)
        assert response.status_code == 422
        assert response.json()["refused"].endswith("。")
        assert not Attachment.objects.filter(kind="INSPECTION").exists()

    def test_a_photo_is_removed_once(self, office, people, application):
        photo = add_photo(
            application, people.office, uuid.uuid4(), Item.OFFICE, developed(image_file())
        )
        assert self.post(office, application, parts="", remove=photo.pk).status_code == 200
        assert self.post(office, application, parts="", remove=photo.pk).status_code == 409

    @pytest.mark.parametrize(
        "loaded",
        [
            "[",
            "[1]",
            '{"findings": "1; drop"}',
            '{"findings": 9e9}',
            pytest.param("[" * 200_000, id="brackets"),
            pytest.param(f'{{"findings": {"9" * 40}}}', id="huge"),
            pytest.param(f'{{"findings": -{"9" * 40}}}', id="tiny"),
        ],
    )
    def test_nonsense_is_taken_for_nothing(self, office, people, application, loaded):
        write(application, people.office, findings="先写")
        data = {"key": "x", "parts": "findings kitchen", "findings": "写", "loaded": loaded}
        answer = self.post(office, application, **data).json()
        assert answer["values"]["findings"] == {"findings": "写"}


class TestWhoReads:
    def concluded(self, people):
        application = make_application(Stage.INSPECTING, people)
        office = people.office
        data = typed()
        form = InspectionForm(data)
        assert form.is_valid()
        merge(application, office, form.key, form.sent())
        add_photo(
            application, office, uuid.uuid4(), Item.OFFICE, developed(image_file("办公室.jpg"))
        )
        assert conclude(application, office, True) == {}
        return Application.objects.get(pk=application.pk)

    def test_the_city_reads_a_concluded_record_with_its_photos(self, log_in, people):
        application = self.concluded(people)
        for role in (Role.OFFICE, Role.BUREAU):
            content = read_all_tabs(log_in(role), application)
            assert "三室一场齐备。" in content
            assert "办公室.jpg" in content

    @pytest.mark.parametrize("role", [Role.EXPERT, Role.RECOMMENDER])
    def test_others_read_nothing_of_it(self, log_in, people, role):
        application = self.concluded(people)
        photo = InspectionPhoto.objects.get()
        client = log_in(role)
        content = read_all_tabs(client, application)
        assert "完成实地考察记录" in content
        assert "合格" not in content
        assert client.get(photo.attachment.get_absolute_url()).status_code == 404

    def test_the_bureau_reads_no_unfinished_record(self, log_in, people):
        application = make_application(Stage.INSPECTING, people)
        write(application, people.office, findings="还在写")
        assert "还在写" not in read_all_tabs(log_in(Role.BUREAU), application)

    def test_a_record_made_by_the_walk_is_shown_without_items(self, log_in, people):
        application = make_application(Stage.INSPECTING, people)
        prepare(application, "fail_inspection", people)
        content = log_in(Role.OFFICE).get(url(application)).content.decode()
        assert "已完成，不合格" in content


def test_a_thumbnail_is_small_and_upright(office, people, application):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000), "navy").save(out, "JPEG", exif=exif)
    upload = image_file()
    upload.file = io.BytesIO(out.getvalue())
    upload.size = len(out.getvalue())
    photo = add_photo(application, people.office, uuid.uuid4(), Item.OFFICE, developed(upload))
    response = office.get(reverse("review:inspection_thumbnail", args=[photo.pk]))
    with Image.open(io.BytesIO(response.getvalue())) as small:
        assert small.size == (320, 640)
