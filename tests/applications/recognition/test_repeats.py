"""The same proof twice is told, with both pages; what has to be the same, and what units write from
one template, is not."""

import dataclasses
import datetime
import hashlib

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from applications.files import evidence as evidence_files
from applications.models import Application
from applications.recognition import reader, repeats
from applications.recognition.findings import Agreement
from applications.recognition.page import Page, PageState
from applications.recognition.records import FileText
from applications.recognition.repeats import is_same_paper, repeats_of
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.recognition.papers import drawn, png, scan
from tests.applications.recognition.reading import page_of, read
from tests.factories import (
    add_checked,
    make_application,
    make_people,
    make_round,
    make_user,
)

CERTIFICATE = (
    "荣誉证书",
    "龘某同志：",
    "在二〇一八年湖北省职业技能竞赛中成绩优异，荣获一等奖，",
    "被授予“湖北省技术能手”称号。特发此证，以资鼓励。",
    "证书编号：鄂人社技能 2018420017",
    "湖北省人力资源和社会保障厅",
    "二〇一八年十二月六日",
)
VETO = (
    "关于{name}同志党风廉政情况的说明",
    "{name}同志系我单位职工，经我单位纪检监察部门核查，近五年来该同志遵纪守法，",
    "无违纪违规行为，不存在党风廉政建设“一票否决”情形。特此说明。",
)


def slipped(lines):
    """The same paper, scanned and read once more: a slip here and there."""
    return [line.replace("优异", "优导").replace("鼓励", "鼓厉") for line in lines]


def sketch(*flipped):
    """A sketch that differs in these bits from the first one."""
    bits = 0xA5A5_3C3C_0F0F_9669
    for bit in flipped:
        bits ^= 1 << bit
    return f"{bits:016x}"


def photograph(*flipped, number=1):
    return Page(number, PageState.BLANK, 900, 1280, is_colour=True, sketch=sketch(*flipped))


class TestSamePaper:
    def test_another_scan_is_the_same_paper(self):
        assert is_same_paper(
            page_of(*CERTIFICATE), page_of(*slipped(CERTIFICATE)), ["龘某"], ["龘某"]
        )

    def test_what_is_written_from_one_template_about_another_is_not(self):
        pages = [page_of(*(line.format(name=name) for line in VETO)) for name in ("张某", "李某")]
        assert not is_same_paper(*pages, ["张某"], ["李某"])

    def test_certificates_of_one_kind_differ_in_their_numbers(self):
        other = [line.replace("2018420017", "2018420093") for line in CERTIFICATE]
        assert not is_same_paper(page_of(*CERTIFICATE), page_of(*other))

    def test_licences_of_two_units_are_two_papers(self):
        head, foot = "营业执照 统一社会信用代码", "住所 武汉市虚构大道88号 演示专用章 内容均为虚构"
        one = page_of(f"{head} 91420100MA4D00002X", "名称 甲精工有限公司", foot)
        two = page_of(f"{head} 91420100MA4D000065", "名称 乙精工有限公司", foot)

        assert not is_same_paper(one, two)
        without_code = [page_of(head, f"名称 {name}精工有限公司", foot) for name in "甲乙"]
        assert is_same_paper(*without_code)
        units = ["甲精工有限公司"], ["乙精工有限公司"]
        assert not is_same_paper(*without_code, *units)

    def test_photographs_are_compared_by_how_they_look(self):
        assert is_same_paper(photograph(), photograph(1, 9, 40))
        assert not is_same_paper(photograph(), photograph(*range(0, 60, 4)))

    def test_an_empty_page_is_like_no_other(self):
        blank = Page(1, PageState.BLANK)
        assert not is_same_paper(blank, blank)
        assert not is_same_paper(blank, page_of(*CERTIFICATE))


@pytest.mark.django_db
class TestRepeats:
    @pytest.fixture(autouse=True)
    def nothing_is_remembered(self, monkeypatch):
        """What was found of another test's applications, or a moment before, is not told again."""
        monkeypatch.setattr(repeats, "KEPT_SECONDS", -1)

    @pytest.fixture
    def round(self):
        return make_round()

    @pytest.fixture
    def people(self, round):
        return make_people(round)

    @pytest.fixture
    def others(self, round):
        return make_people(round)

    def proof(self, application, *pages, category=EvidenceCategory.HONOUR):
        """Add a proof to what was submitted, with what was read on its pages."""
        (file,) = add_checked(
            application, application.edited_by, category, pages=max(1, len(pages))
        )
        application.submissions.update(submitted_at=timezone.now())
        numbered = [
            dataclasses.replace(page, number=number) for number, page in enumerate(pages, start=1)
        ]
        read(file, *numbered)
        return file

    def test_another_scan_in_another_application_is_told_with_both_pages(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        mine = self.proof(own, page_of("目录"), page_of(*CERTIFICATE))
        theirs = self.proof(other, page_of(*slipped(CERTIFICATE)))
        (found,) = repeats_of(own, people.office)
        assert found.about == "repeat"
        assert found.agreement == Agreement.DIFFERS
        assert other.number in found.sentence
        assert "第 2 页" in found.sentence
        assert [(place.file, place.page) for place in found.places] == [
            (mine.pk, 2),
            (theirs.pk, 1),
        ]

    def test_the_same_file_is_told_before_anything_is_read(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        mine, theirs = self.proof(own), self.proof(other)
        theirs.sha256 = mine.sha256
        theirs.save()
        (found,) = repeats_of(own, people.office)
        assert "同一份文件" in found.sentence

    def test_nobody_is_told_of_what_is_not_theirs_to_see(self, people, others):
        own = make_application(Stage.RECOMMENDING, people)
        other = make_application(Stage.QUALIFYING, others)
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE))
        assert len(repeats_of(own, people.office)) == 1
        for user in (people.recommender, people.applicant, people.expert, people.bureau):
            assert repeats_of(own, user) == []

    def test_a_recommending_unit_is_told_of_its_own(self, round, people):
        own = make_application(Stage.RECOMMENDING, people)
        others = make_people(round)
        unit = others.applicant.applying_unit
        unit.recommending_unit = people.recommender.recommending_unit
        unit.save()
        other = make_application(Stage.RECOMMENDING, others)
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE))
        (found,) = repeats_of(own, people.recommender)
        assert other.unit_name in found.sentence

    def test_a_draft_is_told_to_nobody(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        for application in (own, make_application(Stage.DRAFT, others)):
            self.proof(application, page_of(*CERTIFICATE))
        assert repeats_of(own, people.office) == []

    def test_nor_is_what_was_not_submitted_yet(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        self.proof(own, page_of(*CERTIFICATE))
        late = self.proof(other, page_of(*CERTIFICATE))
        assert len(repeats_of(own, people.office)) == 1
        type(late).objects.filter(pk=late.pk).update(
            uploaded_at=timezone.now() + datetime.timedelta(days=1)
        )
        assert repeats_of(own, people.office) == []

    def test_what_a_unit_brings_again_is_one_quiet_line(self, people):
        earlier = make_application(Stage.AWARDED, people)
        own = make_application(Stage.QUALIFYING, people)
        before = make_round(year=own.round.year - 1)
        Application.objects.filter(pk=earlier.pk).update(round=before)
        for number in range(2):
            page = page_of(*CERTIFICATE, f"第{number}份")
            for application in (earlier, own):
                self.proof(application, page)
        (found,) = repeats_of(own, people.office)
        assert found.agreement == Agreement.FOUND
        assert found.label.startswith("沿用本单位")
        assert "2 份" in found.sentence

    def test_the_licence_of_a_unit_is_the_same_in_all_its_applications(self, people):
        own, other = (make_application(Stage.QUALIFYING, people) for _ in range(2))
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE), category=EvidenceCategory.LICENCE)
        assert repeats_of(own, people.office) == []

    @pytest.mark.parametrize(
        "category", [EvidenceCategory.FOUNDING, EvidenceCategory.VETO, EvidenceCategory.POLICE]
    )
    def test_a_units_own_papers_are_the_same_in_its_applications_of_a_round(self, people, category):
        own, other = (make_application(Stage.QUALIFYING, people) for _ in range(2))
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE), category=category)
        mine, theirs = self.proof(own, category=category), self.proof(other, category=category)
        type(theirs).objects.filter(pk=theirs.pk).update(sha256=mine.sha256)
        assert repeats_of(own, people.office) == []

    @pytest.mark.parametrize("is_same_file", [True, False])
    def test_a_published_decision_that_names_both_is_no_ones_alone(
        self, people, others, is_same_file
    ):
        own = make_application(Stage.QUALIFYING, people, lead_name="张某甲")
        other = make_application(Stage.QUALIFYING, others, lead_name="李某乙")
        text = ("关于公布第五届湖北省技术能手名单的决定", "各市州人力资源和社会保障局：", "经评审")
        named = (
            "附件：湖北省技术能手名单",
            "张某甲",
            "李某乙",
            "王某丙",
            "以上共三人，现将名单予以公布，并颁发证书和奖牌",
        )
        decision = [page_of(*text, "决定授予下列同志称号"), page_of(*named)]
        mine = self.proof(own, *decision)
        if is_same_file:
            theirs = self.proof(other, page_of("另一份材料"))
            type(theirs).objects.filter(pk=theirs.pk).update(sha256=mine.sha256)
        else:
            self.proof(other, *decision)
        assert repeats_of(own, people.office) == []

    def test_a_certificate_of_one_of_them_is_told_beside_such_a_decision(self, people, others):
        own = make_application(Stage.QUALIFYING, people, lead_name="张某甲")
        other = make_application(Stage.QUALIFYING, others, lead_name="李某乙")
        named = (
            "附件：湖北省技术能手名单",
            "张某甲",
            "李某乙",
            "王某丙",
            "以上共三人，现将名单予以公布，并颁发证书和奖牌",
        )
        for application in (own, other):
            self.proof(application, page_of(*named))
            self.proof(application, page_of(*CERTIFICATE))
        (found,) = repeats_of(own, people.office)
        assert found.agreement == Agreement.DIFFERS

    def test_what_may_not_be_seen_takes_nobodys_place(self, people, others, monkeypatch):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        self.proof(own, page_of(*CERTIFICATE))
        self.proof(other, page_of(*slipped(CERTIFICATE)))
        draft = make_application(Stage.DRAFT, make_people(own.round))
        for _ in range(3):
            self.proof(draft, page_of(*CERTIFICATE))
        monkeypatch.setattr(repeats, "MOST_COMPARED", 1)
        monkeypatch.setattr(repeats, "MOST_ALIKE", 1)
        assert len(repeats_of(own, people.office)) == 1

    def test_what_was_found_is_told_again_for_a_minute(
        self, people, others, monkeypatch, django_assert_num_queries
    ):
        monkeypatch.setattr(repeats, "KEPT_SECONDS", 10**9)
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE))
        own = Application.objects.prefetch_related("evidence").get(pk=own.pk)
        told = repeats_of(own, people.office)
        with django_assert_num_queries(1):
            assert repeats_of(own, people.office) == told
        self.proof(other, page_of(*CERTIFICATE))
        assert len(repeats_of(own, people.office)) == 1
        assert len(repeats_of(own, people.office)[0].places) == 4

    def test_stamped_forms_are_all_alike(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        for application in (own, other):
            self.proof(application, page_of(*CERTIFICATE), category=EvidenceCategory.STAMPED)
        assert repeats_of(own, people.office) == []

    def test_a_photograph_is_found_in_another_size(self, people, others):
        own = make_application(Stage.QUALIFYING, people)
        other = make_application(Stage.QUALIFYING, others)
        self.proof(own, photograph(), category=EvidenceCategory.PHOTOS)
        self.proof(other, photograph(3, 17, 33, 50), category=EvidenceCategory.PHOTOS)
        assert len(repeats_of(own, people.office)) == 1

    def test_queries_do_not_grow_with_what_there_is(
        self, people, others, django_assert_num_queries
    ):
        own = make_application(Stage.QUALIFYING, people)
        own.current_evidence()
        with django_assert_num_queries(4):
            assert repeats_of(own, people.office) == []
        for stage_people in (others, make_people(people.panel.round)):
            other = make_application(Stage.QUALIFYING, stage_people)
            for number in range(3):
                self.proof(other, page_of(*CERTIFICATE, f"第{number}份"))
        for number in range(3):
            self.proof(own, page_of(*CERTIFICATE, f"第{number}份"))
        own = Application.objects.get(pk=own.pk)
        with django_assert_num_queries(10):
            assert len(repeats_of(own, people.office)) == 6


@pytest.mark.django_db
@pytest.mark.recognition
class TestRealScans:
    """Two scans of one paper, and two photographs of one room, through the real reader."""

    @pytest.fixture(autouse=True)
    def reading(self, settings):
        settings.OCR = True
        yield
        reader.READING.end()

    def bring(self, application, category, data, kind="application/pdf"):
        (file,) = add_checked(application, application.edited_by, category)
        application.submissions.update(submitted_at=timezone.now())
        evidence_files.keep(file.file, "file.pdf", ContentFile(data))
        file.content_type, file.sha256 = kind, hashlib.sha256(data).hexdigest()
        file.save()
        text = FileText.objects.create(sha256=file.sha256, pages=1)
        reader.read(text)
        return file

    def test_another_scan_is_found_and_another_paper_is_not(self):
        round_ = make_round()
        own, other, third = (
            make_application(Stage.QUALIFYING, make_people(round_)) for _ in range(3)
        )
        paper = drawn(*CERTIFICATE, seal=(860, 640))
        again = paper.rotate(1.2, fillcolor="white", resample=Image.Resampling.BICUBIC)
        again = again.resize((again.width * 4 // 5, again.height * 4 // 5))
        another = drawn(*(line.replace("2018420017", "2019420511") for line in CERTIFICATE))
        honour = EvidenceCategory.HONOUR
        mine = self.bring(own, honour, scan(paper))
        theirs = self.bring(other, honour, scan(again))
        self.bring(third, honour, scan(another))
        office = make_user("OFFICE")
        (found,) = repeats_of(own, office)
        assert [place.file for place in found.places] == [mine.pk, theirs.pk]

    def test_a_photograph_in_another_size_is_found(self):
        round_ = make_round()
        own, other, third = (
            make_application(Stage.QUALIFYING, make_people(round_)) for _ in range(3)
        )
        noise = [Image.effect_noise((24, 18), sigma).convert("RGB") for sigma in (90, 91)]
        room, another = (each.resize((1200, 900), Image.Resampling.BICUBIC) for each in noise)
        photos = EvidenceCategory.PHOTOS
        self.bring(own, photos, png(room), "image/png")
        theirs = self.bring(other, photos, png(room.resize((800, 600))), "image/png")
        self.bring(third, photos, png(another), "image/png")
        (found,) = repeats_of(own, make_user("OFFICE"))
        assert found.places[1].file == theirs.pk
