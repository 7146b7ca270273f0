"""The scan of the stamped 附件2: which pages, in which order, sealed and signed."""

import dataclasses
import datetime

import pytest
from django.utils import timezone

from applications.models import Application, FormPrint
from applications.recognition import reader
from applications.recognition.findings import Agreement
from applications.recognition.page import INK_COLUMNS, INK_ROWS, Code, Line, Page, PageState
from applications.recognition.stamped_scan import (
    check_of,
    first_findings,
    stamp_check,
    stamp_context,
)
from applications.recognition.texts import pages_of
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from documents.page_codes import address_of
from tests import factories as make
from tests.applications.recognition.pages import keep_pages

pytestmark = pytest.mark.django_db

CODE_BOX = (20 / 210, 274 / 297, 35 / 210, 289 / 297)
# As page 3 of a print has them.
LABEL = Line("申报单位意见", (0.12, 0.794, 0.223, 0.806))
WORDS = Line("签署某 (签字盖章)", (0.68, 0.841, 0.838, 0.855))
DATE = Line("2026年11月29日", (0.73, 0.86, 0.837, 0.872))
SEAL = (0.61, 0.77, 0.81, 0.91)


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def application(people):
    """A form that is printed (4 pages) and scanned; nothing of the scan has been read yet."""
    application = make.make_application(Stage.DRAFT, people)
    make.stamp(application, people.applicant)
    application.prints.update(pages=4)
    return Application.objects.get(pk=application.pk)


def scan_of(application):
    return application.evidence.get(category=EvidenceCategory.STAMPED, removed_at=None)


def ink(*boxes, digit="4", red="0"):
    """Return a map of ink with ink in these boxes."""
    cells = []
    for row in range(INK_ROWS):
        for column in range(INK_COLUMNS):
            x, y = (column + 0.5) / INK_COLUMNS, (row + 0.5) / INK_ROWS
            is_in = any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in boxes)
            cells.append(f"{digit}{red}" if is_in else "00")
    return "".join(cells)


PRINT_INK = (WORDS.box, DATE.box)
SIGNATURE_INK = (0.5, 0.83, 0.66, 0.855)


def form_page(position, number, fingerprint, **values):
    """Return a page of a scan of a print; page 3 bears the unit's opinion, signed and sealed."""
    values.setdefault("is_colour", True)
    if number == 3:
        values.setdefault("lines", (LABEL, WORDS, DATE))
        values.setdefault("seals", (SEAL,))
        values.setdefault("ink", ink(*PRINT_INK, SIGNATURE_INK))
    values.setdefault("ink", ink())
    if "codes" not in values:
        values["codes"] = (Code(address_of(fingerprint, number), CODE_BOX),)
    return Page(position, PageState.READ, 1448, 2048, **values)


def read_as(application, *pages):
    """Let the scan be read as these pages; return the findings by key."""
    keep_pages(scan_of(application), *pages)
    return {each.key: each for each in findings(application)}


def findings(application):
    application = Application.objects.get(pk=application.pk)
    return check_of(application, pages_of(application.current_evidence()))


def whole(application, **changes):
    """Return the pages of a good scan; `changes` are of pages, {number: values}, as page_3=…."""
    fingerprint = application.prints.last().fingerprint
    return [
        form_page(number, number, fingerprint, **changes.get(f"page_{number}", {}))
        for number in range(1, 5)
    ]


def in_order(application, *numbers):
    """Return the printed pages of these numbers, as they were scanned one after another."""
    fingerprint = application.prints.last().fingerprint
    return [form_page(place, n, fingerprint) for place, n in enumerate(numbers, start=1)]


class TestPages:
    def test_a_whole_scan_agrees_page_by_page(self, application):
        checked = read_as(application, *whole(application))
        assert {each.agreement for each in checked.values()} == {Agreement.FOUND}
        assert checked["stamp-pages"].claim == "共 4 页"
        assert all(each.about == "stamp" and not each.sentence for each in checked.values())

    def test_nothing_is_said_until_all_of_it_has_been_read(self, application):
        assert findings(application) == []
        scan = scan_of(application)
        keep_pages(scan, *whole(application)[:2])
        scan.pages = 4
        scan.save()
        assert findings(application) == []

    def test_a_missing_page_is_named(self, application):
        checked = read_as(application, *in_order(application, 1, 3, 4))
        assert checked["stamp-pages"].agreement == Agreement.DIFFERS
        assert checked["stamp-pages"].sentence == "缺打印稿第 2 页。"

    def test_a_page_that_was_scanned_twice_is_named_with_both_places(self, application):
        checked = read_as(application, *in_order(application, 1, 2, 2, 3, 4))
        assert checked["stamp-pages"].sentence == "打印稿第 2 页有 2 张（扫描件第 2、3 页）。"
        assert [place.page for place in checked["stamp-pages"].places] == [2, 3]
        assert "stamp-order" not in checked

    def test_the_wrong_order_is_named(self, application):
        checked = read_as(application, *in_order(application, 1, 3, 2, 4))
        assert checked["stamp-order"].sentence == "页序不对，扫描件依次为打印稿第 1、3、2、4 页。"
        assert checked["stamp-pages"].agreement == Agreement.FOUND

    def test_pages_that_lie_askew_are_named(self, application):
        pages = whole(application, page_2={"turn": 180}, page_4={"turn": 90})
        checked = read_as(application, *pages)
        assert checked["stamp-turned"].sentence == (
            "扫描件第 2 页上下颠倒；扫描件第 4 页横放，打开后需转正查看。"
        )

    def test_a_page_without_a_code_may_be_the_missing_one(self, application):
        checked = read_as(application, *whole(application, page_2={"codes": ()}))
        assert checked["stamp-pages"].agreement == Agreement.NOT_LEGIBLE
        assert checked["stamp-pages"].sentence == "没有识别到打印稿第 2 页，请核对扫描件第 2 页。"
        assert checked["stamp-print"].agreement == Agreement.NOT_LEGIBLE
        assert checked["stamp-print"].sentence == (
            "扫描件第 2 页没有识别到核验码，请核对页脚的内容指纹。"
        )

    def test_a_page_without_a_code_is_known_by_its_foot(self, application):
        seal = application.prints.last().fingerprint
        foot = (
            Line(f"内容指纹（SM3）：{seal[:8]} {seal[8:16]}　扫码可核验", (0.18, 0.95, 0.5, 0.96)),
            Line("第 2 页　共 4 页", (0.8, 0.93, 0.9, 0.94)),
        )
        checked = read_as(application, *whole(application, page_2={"codes": (), "lines": foot}))
        assert checked["stamp-pages"].agreement == Agreement.FOUND
        assert checked["stamp-print"].agreement == Agreement.FOUND

    def test_a_foot_that_is_read_otherwise_accuses_nobody(self, application):
        foot = (Line("内容指纹（SM3）：0123abcd 0123abcd", (0.18, 0.95, 0.5, 0.96)),)
        checked = read_as(application, *whole(application, page_2={"codes": (), "lines": foot}))
        assert checked["stamp-print"].agreement == Agreement.NOT_LEGIBLE

    def test_pictures_one_a_page_are_one_scan(self, application, people):
        fingerprint = application.prints.last().fingerprint
        printed = application.prints.last()
        scan_of(application).delete()
        for number in (1, 2, 3, 4):
            make.add_checked(application, people.applicant, EvidenceCategory.STAMPED, print=printed)
            scan = application.evidence.order_by("pk").last()
            scan.sha256, scan.position = f"{number:064d}", number
            scan.save()
            page = form_page(number, number, fingerprint)
            keep_pages(scan, dataclasses.replace(page, number=1))
        checked = {each.key: each for each in findings(application)}
        assert {each.agreement for each in checked.values()} == {Agreement.FOUND}


class TestEarlierPrints:
    """Papers printed before pages had codes of their own."""

    def old(self, application, position, *lines):
        fingerprint = application.prints.last().fingerprint
        code = Code(f"http://localhost/verify/{fingerprint}/", CODE_BOX)
        return form_page(position, position, fingerprint, codes=(code,), lines=lines)

    def test_their_pages_are_known_by_the_printed_number(self, application):
        pages = [
            self.old(application, place, Line(f"第{number}页共4页", (0.8, 0.93, 0.9, 0.94)))
            for place, number in enumerate((1, 2, 4), start=1)
        ]
        checked = read_as(application, *pages)
        assert checked["stamp-pages"].sentence == "缺打印稿第 3 页。"
        assert checked["stamp-print"].agreement == Agreement.FOUND

    def test_otherwise_they_are_only_counted(self, application):
        checked = read_as(application, *[self.old(application, place) for place in (1, 2, 3)])
        assert checked["stamp-pages"].sentence == ("扫描件共 3 页，打印稿为 4 页，请核对是否缺页。")
        checked = read_as(application, *[self.old(application, place) for place in (1, 2, 3, 4)])
        assert checked["stamp-pages"].agreement == Agreement.FOUND

    def test_a_print_of_unknown_length_is_measured_by_its_feet(self, application):
        application.prints.update(pages=None)
        foot = Line("第 1 页　共 5 页", (0.8, 0.93, 0.9, 0.94))
        pages = whole(application, page_1={"lines": (foot,)})
        assert read_as(application, *pages)["stamp-pages"].sentence == "缺打印稿第 5 页。"


class TestPrints:
    def earlier_print(self, application, day):
        printed = application.prints.last()
        return FormPrint.objects.create(
            application=application,
            version=1,
            content=printed.content,
            fingerprint="e" * 64,
            printed_by=printed.printed_by,
            printed_at=day,
            pages=4,
        )

    def test_a_page_of_an_earlier_print_is_named_with_its_day(self, application):
        day = datetime.datetime(2026, 11, 2, 9, 30, tzinfo=timezone.get_current_timezone())
        pages = whole(application)
        other = self.earlier_print(application, day)
        pages[2] = form_page(3, 3, other.fingerprint)
        checked = read_as(application, *pages)
        assert checked["stamp-print"].agreement == Agreement.DIFFERS
        assert checked["stamp-print"].sentence == (
            "扫描件第 3 页是 11 月 2 日的打印稿（第 1 版）。"
        )
        assert checked["stamp-print"].places[0].page == 3
        assert checked["stamp-pages"].sentence == "缺打印稿第 3 页。"

    def test_of_two_prints_of_one_day_the_hour_tells(self, application):
        printed = application.prints.last()
        hour = timezone.localtime(printed.printed_at).replace(hour=8, minute=5)
        pages = whole(application)
        other = self.earlier_print(application, hour)
        pages[0] = form_page(1, 1, other.fingerprint)
        assert "08:05 的打印稿" in read_as(application, *pages)["stamp-print"].sentence

    def test_a_page_of_another_application_is_named_without_saying_whose(self, application):
        others = make.make_people(application.round)
        other = make.make_application(Stage.RECOMMENDING, others, unit_name="虚构别家公司")
        pages = whole(application)
        pages[1] = form_page(2, 2, other.prints.last().fingerprint)
        finding = read_as(application, *pages)["stamp-print"]
        assert finding.sentence == "扫描件第 2 页是另一份申报的申报表。"
        assert other.number not in repr(finding)
        assert other.unit_name not in repr(finding)

    def test_a_code_that_nobody_printed_is_named(self, application):
        pages = whole(application)
        pages[1] = form_page(2, 2, "0" * 64)
        assert read_as(application, *pages)["stamp-print"].sentence == (
            "扫描件第 2 页的核验码不属于本申报的任何打印稿。"
        )

    def test_a_code_of_something_else_is_no_code(self, application):
        invoice = Code("https://example.invalid/verify/it", (0.1, 0.1, 0.2, 0.2))
        checked = read_as(application, *whole(application, page_1={"codes": (invoice,)}))
        assert checked["stamp-print"].agreement == Agreement.NOT_LEGIBLE

    def test_a_scan_without_any_code_asks_for_the_mark_at_the_foot(self, application):
        pages = [dataclasses.replace(page, codes=()) for page in whole(application)]
        assert read_as(application, *pages)["stamp-print"].sentence == (
            "扫描件各页没有识别到核验码，请核对页脚的内容指纹。"
        )

    def test_it_asks_as_much_of_many_pages_as_of_few(
        self, application, django_assert_max_num_queries
    ):
        pages = [form_page(place, place, f"{place:064x}") for place in range(1, 41)]
        keep_pages(scan_of(application), *pages)
        application = Application.objects.get(pk=application.pk)
        read = pages_of(application.current_evidence())
        with django_assert_max_num_queries(4):
            check_of(application, read)


class TestSealAndSignature:
    def page_3(self, application, **values):
        return read_as(application, *whole(application, page_3=values))

    def test_they_are_shown_where_they_stand(self, application):
        checked = self.page_3(application)
        for key in ("stamp-seal", "stamp-signature", "stamp-date"):
            (place,) = checked[key].places
            assert place.page == 3
            left, top, right, bottom = place.box
            assert left < WORDS.box[2] < right
            assert top < DATE.box[3] < bottom or key == "stamp-signature"

    def test_a_box_without_a_seal_asks_for_a_look(self, application):
        checked = self.page_3(application, seals=())
        assert checked["stamp-seal"].agreement == Agreement.NOT_FOUND
        assert checked["stamp-seal"].sentence == "“申报单位意见”栏未发现印章，请核对。"
        assert checked["stamp-signature"].agreement == Agreement.FOUND

    def test_a_seal_elsewhere_is_not_that_of_the_box(self, application):
        elsewhere = (0.6, 0.1, 0.8, 0.24)
        sentence = self.page_3(application, seals=(elsewhere,))["stamp-seal"].sentence
        assert sentence == ("“申报单位意见”栏未发现印章（扫描件第 3 页别处有红色印章），请核对。")

    def test_red_ink_without_the_shape_of_a_seal_is_not_sure(self, application):
        blot = ink(SEAL, digit="0", red="3")
        seal = self.page_3(application, seals=(), ink=blot)["stamp-seal"]
        assert seal.agreement == Agreement.NOT_LEGIBLE
        assert "不能确定是印章" in seal.sentence

    def test_a_black_and_white_scan_says_that_colour_cannot_be_judged(self, application):
        grey = {f"page_{number}": {"is_colour": False} for number in range(1, 5)}
        grey["page_3"]["seals"] = ()
        seal = read_as(application, *whole(application, **grey))["stamp-seal"]
        assert seal.agreement == Agreement.NOT_LEGIBLE
        assert "可能是黑白扫描，无法判断" in seal.sentence

    def test_print_alone_is_no_signature(self, application):
        checked = self.page_3(application, ink=ink(*PRINT_INK))
        assert checked["stamp-signature"].agreement == Agreement.NOT_FOUND
        assert checked["stamp-signature"].sentence == (
            "“申报单位意见”栏的签字处未发现手写签名，请核对。"
        )

    def test_the_words_of_other_boxes_are_not_the_units(self, application):
        lines = (
            LABEL,
            Line("区人力资源", (0.12, 0.82, 0.2, 0.83)),
            Line("(签字盖章)", (0.68, 0.9, 0.838, 0.91)),
        )
        place = self.page_3(application, lines=lines)["stamp-seal"].places[0]
        assert place.box[3] < 0.92

    def test_words_that_the_seal_hides_are_looked_for_beside_the_label(self, application):
        known = self.page_3(application)["stamp-signature"].places[0].box
        hidden = self.page_3(application, lines=(LABEL, DATE))["stamp-signature"].places[0].box
        assert hidden == pytest.approx(known, abs=0.015)

    def test_a_box_that_was_not_read_is_said(self, application):
        checked = self.page_3(application, lines=())
        assert checked["stamp-seal"].agreement == Agreement.NOT_LEGIBLE
        assert checked["stamp-seal"].sentence == "没有识别到“申报单位意见”栏，请核对签字和盖章。"
        assert "stamp-signature" not in checked

    def test_a_form_printed_without_the_opinion_wants_a_written_date(self, people):
        application = make.make_application(Stage.DRAFT, people)
        make.stamp(application, people.applicant)
        make.without_opinion(application)
        application.prints.update(pages=4)
        blank = Line("年　　月　　日", DATE.box)
        words = Line("(签字盖章)", (0.757, 0.841, 0.838, 0.855))
        lines = (LABEL, words, blank)
        checked = self.page_3(application, lines=lines, ink=ink())
        assert checked["stamp-date"].sentence == "“申报单位意见”栏的日期处未发现日期，请核对。"
        written = ink(SIGNATURE_INK, (0.6, 0.86, 0.84, 0.875), digit="5")
        checked = self.page_3(application, lines=lines, ink=written)
        assert checked["stamp-date"].agreement == Agreement.FOUND


class TestWords:
    def check(self, application, *pages):
        keep_pages(scan_of(application), *pages)
        application = Application.objects.get(pk=application.pk)
        return stamp_check(application, pages_of(application.current_evidence()))

    def test_the_tag_says_what_was_checked(self, application):
        check = self.check(application, *whole(application))
        assert (check.words, check.tone) == ("与打印稿第 1 版逐页相符，已见印章", "pass")

    def test_the_tag_counts_what_is_to_be_looked_at(self, application):
        check = self.check(application, *in_order(application, 1, 3, 4))
        assert (check.words, check.tone) == ("已见印章，1 处建议核对", "wait")
        check = self.check(application, *whole(application, page_3={"seals": ()}))
        assert check.words == "与打印稿第 1 版逐页相符，1 处建议核对"

    def test_what_was_read_is_not_shown_once_reading_is_off(self, application, settings):
        keep_pages(scan_of(application), *whole(application))
        settings.OCR = True
        application = Application.objects.get(pk=application.pk)
        if reader.has_packages():
            assert stamp_context(application)["stamp_check"]
        settings.OCR = False
        assert not stamp_context(application)["stamp_check"]

    def test_nothing_is_said_where_nothing_was_read(self, application):
        assert stamp_context(application) == {
            "stamp_check": None,
            "stamp_waits": False,
            "stamp_first": [],
        }

    def test_what_the_first_pages_tell_is_said_before_the_last_is_read(self, application):
        scan = scan_of(application)
        fingerprint = application.prints.last().fingerprint
        keep_pages(scan, form_page(1, 1, "0" * 64), form_page(2, 2, fingerprint, turn=180))
        scan.pages = 4
        scan.save()
        application = Application.objects.get(pk=application.pk)
        first = first_findings(application, pages_of(application.current_evidence()))
        assert [each.sentence for each in first] == [
            "扫描件第 1 页的核验码不属于本申报的任何打印稿。",
            "扫描件第 2 页上下颠倒，打开后需转正查看。",
        ]
