"""Ten certificates at once: uploaded, proposed as they are read, confirmed, undone; one proof taken
at its row with one click."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Award, Evidence, FileText
from applications.recognition import reader
from tests.applications.files.test_uploads_in_a_browser import chosen
from tests.applications.recognition.pages import keep_pages, page_of
from tests.applications.recognition.papers import drawn, png
from tests.browser import assert_accessible, log_in
from tests.factories import add_checked, image_file, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=15_000)
# Titles as far from each other as real ones.
PROJECTS = (
    "薄壁套筒车削工法",
    "激光焊接变形控制",
    "多工位快换刀架",
    "齿轮轴热处理",
    "深孔镗削操作法",
    "机器人打磨单元",
    "液压系统节能改造",
    "电缆接头快速压接",
    "高炉风口更换工具",
    "船体分段吊装技术",
)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft with ten awards that have no proof yet."""
    draft = make_draft(people.panel.round, people.applicant, lead_name="张三丰")
    draft.evidence.update(examined_at=timezone.now())
    draft.awards.all().delete()
    for position, project in enumerate(PROJECTS):
        Award.objects.create(
            application=draft,
            level=Award.Level.OTHER,
            position=position,
            project=project,
            name="技术革新奖",
            authority="虚构集团",
            year=2010 + position,
        )
    return draft


@pytest.fixture
def waiting(settings, monkeypatch):
    """Reading is on, and the worker has not come to it yet."""
    settings.OCR = True
    monkeypatch.setattr(reader, "has_packages", lambda: True)
    monkeypatch.setattr(reader, "_take_next", lambda: None)


def lines(number):
    return ("荣誉证书", "授予张三丰同志", PROJECTS[number], "技术革新奖", f"{2010 + number}年6月")


def certificate(number):
    """The upload of a certificate, drawn to be read."""
    return SimpleUploadedFile(f"扫描{number}.png", png(drawn(*lines(number))), "image/png")


def upload(page, draft, *files):
    page.goto(reverse("applications:section", args=[draft.pk, "evidence"]))
    page.locator("#files-batch").set_input_files([chosen(file) for file in files])
    page.wait_for_url("**/sorting/")


def proven(draft):
    awards = draft.awards.filter(evidence__isnull=False).select_related("evidence")
    return {award.project: award.evidence.original_name for award in awards}


def test_ten_certificates_are_sorted_with_one_button_and_back_with_one(
    page, people, draft, waiting
):
    log_in(page, people.applicant)
    upload(page, draft, *(image_file(f"扫描{number}.jpg") for number in range(10)))
    rows = page.locator("tr[data-file]")
    expect(rows).to_have_count(10)
    expect(page.locator("[data-reading]")).to_contain_text("已识别 0/10 页")
    expect(rows.first).to_contain_text("正在识别")

    # What somebody has chosen stays, while the other lines fill in.
    last = rows.nth(9)
    last.locator("select").first.select_option("ACHIEVEMENT")
    for file in Evidence.objects.filter(category="OTHER"):
        keep_pages(file, page_of(*lines(int(file.original_name[2]))))
    expect(rows.nth(0)).to_contain_text("读到获奖项目名称、奖励名称、年度、领办人姓名")
    expect(last.locator("select").first).to_have_value("ACHIEVEMENT")
    assert_accessible(page)
    page.get_by_role("button", name="确认归类").click()

    expect(page.get_by_text("10 份材料已归类，9 个奖项已选用佐证。")).to_be_visible()
    assert len(proven(draft)) == 9
    assert all(PROJECTS[int(name[2])] == project for project, name in proven(draft).items())
    assert_accessible(page)
    page.get_by_role("button", name="撤销归类").click()
    expect(page.get_by_text("已撤销归类")).to_be_visible()
    assert proven(draft) == {}
    assert Evidence.objects.filter(category="OTHER", removed_at=None).count() == 10


def test_a_proposed_page_is_taken_at_its_row_with_one_click(page, people, draft, waiting):
    (file,) = add_checked(draft, people.applicant, "HONOUR", pages=2, examined_at=timezone.now())
    keep_pages(file, page_of("目录"), page_of(*lines(3), number=2))
    log_in(page, people.applicant)
    page.goto(reverse("applications:section", args=[draft.pk, "awards"]))
    row = page.locator("#other .form-row").nth(3)
    row.locator("summary").click()
    expect(row.locator("[data-proposed]")).to_contain_text("建议的佐证")
    assert_accessible(page)

    row.locator("[data-take]").click()

    expect(row.locator("[data-proof-mark]")).to_have_text("有佐证")
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    expect(row.locator("[data-proposed]")).to_be_empty()
    award = draft.awards.get(position=3)
    assert (award.evidence, award.evidence_page) == (file, 2)

    # Another year typed: the row says so once it is saved.
    page.fill("[name=other-3-year]", "2019")
    expect(row.locator("[data-proposed]")).to_contain_text("读到的年份为 2013 年，填写的是 2019 年")


@pytest.mark.recognition
def test_certificates_that_the_reader_reads_are_sorted(page, people, draft, settings, monkeypatch):
    settings.OCR = True
    monkeypatch.setattr(reader, "_take_next", lambda: None)  # read below, not while they are sent
    log_in(page, people.applicant)
    upload(page, draft, certificate(2), certificate(5))
    try:
        for text in FileText.objects.all():
            reader.read(text)
    finally:
        reader.READING.end()

    expect(page.locator("tr[data-file]").nth(1)).to_contain_text("读到获奖项目名称")
    page.get_by_role("button", name="确认归类").click()

    expect(page.get_by_text("2 份材料已归类，2 个奖项已选用佐证。")).to_be_visible()
    assert proven(draft) == {PROJECTS[2]: "扫描2.png", PROJECTS[5]: "扫描5.png"}
