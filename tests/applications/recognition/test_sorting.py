"""Files are proposed for the category that their words name, and for the awards they prove."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.files import evidence as evidence_files
from applications.files.evidence import Sorting
from applications.models import Application, Award, Evidence
from applications.recognition.sorting import category_by_name, misplaced, proposed_sorting
from applications.recognition.texts import pages_of
from applications.rounds import PROOFS
from tests.applications.recognition.pages import keep_pages, page_of
from tests.factories import add_checked, make_draft, make_people, make_round

pytestmark = pytest.mark.django_db
AWARDS = (("甲焊接工法", "湖北省技术能手", 2017), ("乙装配工法", "湖北省首席技师", 2018))


def certificate(project, name, year, lead="张三丰", number=1):
    """A page that proves an award."""
    lines = ("荣誉证书", f"授予{lead}同志", f"{project} {name}", "虚构省人民政府", f"{year}年10月")
    return page_of(*lines, number=number)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(people):
    """A draft with two awards that have no proof yet."""
    draft = make_draft(people.panel.round, people.applicant, lead_name="张三丰")
    draft.awards.all().delete()
    for position, (project, name, year) in enumerate(AWARDS):
        Award.objects.create(
            application=draft,
            level=Award.Level.PROVINCIAL,
            position=position,
            project=project,
            name=name,
            authority="虚构省人民政府",
            year=year,
        )
    return draft


@pytest.fixture
def read(settings, monkeypatch):
    """Reading is on, wherever the packages are not."""
    settings.OCR = True
    monkeypatch.setattr("applications.recognition.reader.has_packages", lambda: True)


def add(draft, people, category, *pages, name=None):
    """A file of a category with these pages, read."""
    (file,) = add_checked(draft, people.applicant, category)
    keep_pages(file, *pages)
    if name:
        Evidence.objects.filter(pk=file.pk).update(original_name=name)
        file.original_name = name
    return file


def lines_of(draft):
    draft = Application.objects.get(pk=draft.pk)
    found = proposed_sorting(draft, pages_of(draft.current_evidence()))
    return {line.file.pk: line for line in found}


@pytest.mark.parametrize(
    ("words", "category"),
    [
        (["职业技能等级证书", "证件类型", "居民身份证"], "CERTIFICATE"),
        (["中华人民共和国", "居民身份证", "签发机关 武汉市公安局"], "ID_CARD"),
        (["姓名张三丰", "公民身份号码 420102198005120171"], "ID_CARD"),
        (["营业执照", "统一社会信用代码"], "LICENCE"),
        (["证明", "经查居民身份证号420102，无违法犯罪记录", "某派出所"], "POLICE"),
        (["关于党风廉政建设等“一票否决”情况的说明"], "VETO"),
        (["关于成立张三丰技能大师工作室的通知"], "FOUNDING"),
        (["职业技能等级证书", "职业名称：焊工"], "CERTIFICATE"),
        (["实用新型专利证书", "发明人：张三丰"], "ACHIEVEMENT"),
        (["荣誉证书", "授予李四同志先进个人称号"], "HONOUR"),
        (["证明", "张三丰同志无党风廉政方面的问题"], "VETO"),
        # Speaking of such a paper is not being one.
        (["关于加强党风廉政建设的学习材料"], "OTHER"),
        (["技术服务合同", "甲方：虚构重工有限公司", "营业执照号 420100"], "OTHER"),
        (["以下为其他情况的说明", "没有什么可说的"], "OTHER"),
    ],
)
def test_a_paper_goes_where_its_words_say(draft, people, words, category):
    file = add(draft, people, "OTHER", page_of(*words))

    line = lines_of(draft)[file.pk]

    assert line.category == category
    assert line.is_moved == (category != "OTHER")
    assert not line.is_moved or line.why.startswith("读到“")


def test_a_picture_without_text_is_a_photograph_and_a_name_says_the_rest(draft, people):
    photograph = add(draft, people, "OTHER", page_of(), name="IMG_1.jpg")
    Evidence.objects.filter(pk=photograph.pk).update(content_type="image/jpeg")
    (named,) = add_checked(draft, people.applicant, "OTHER")
    Evidence.objects.filter(pk=named.pk).update(original_name="营业执照.pdf")

    found = lines_of(draft)

    assert found[photograph.pk].category == "PHOTOS"
    assert (found[named.pk].category, found[named.pk].why) == ("LICENCE", "按文件名")
    assert found[named.pk].is_waiting


def test_certificates_go_to_their_awards_each_to_its_own(draft, people):
    one = add(draft, people, "OTHER", certificate(*AWARDS[1]))
    both = add(
        draft,
        people,
        "HONOUR",
        certificate("丙工法", "丙奖", 2016),
        certificate(*AWARDS[0], number=2),
    )

    found = lines_of(draft)

    assert found[one.pk].category == "HONOUR"
    assert [(p.award.project, p.page) for p in found[one.pk].proofs] == [("乙装配工法", 1)]
    assert [(p.award.project, p.page) for p in found[both.pk].proofs] == [("甲焊接工法", 2)]
    assert not found[both.pk].is_moved


@pytest.mark.parametrize(
    "besides",
    [
        "对违反党风廉政规定的实行一票否决",
        "获奖人员均无违法违纪行为，党风廉政方面没有问题",
        "凭本人职业资格证书领取奖金",
        "复印企业营业执照备查",
        "成果已获发明专利",
        "关于成立张三丰技能大师工作室的通知同时印发",
    ],
)
def test_what_proves_an_award_is_of_the_honours_whatever_it_names(draft, people, besides):
    project, name, year = AWARDS[0]
    decision = page_of(
        "关于表彰湖北省技术能手的决定",
        "各单位：",
        f"授予张三丰同志 {project} {name}",
        besides,
        "虚构省人民政府",
        f"{year}年10月",
    )
    file = add(draft, people, "OTHER", decision)

    line = lines_of(draft)[file.pk]

    assert line.category == "HONOUR"
    assert len(line.proofs) == 1
    assert misplaced(Application.objects.get(pk=draft.pk), {file.pk: [decision]}) == []


def test_a_personal_paper_is_none_of_the_honours_though_it_names_an_award(draft, people):
    project, name, year = AWARDS[0]
    lines = (
        f"张三丰 {project} {name} {year}年10月",
        "虚构省人民政府",
        "无违法犯罪记录",
        "某派出所",
    )
    file = add(draft, people, "OTHER", page_of(*lines))

    assert lines_of(draft)[file.pk].category == "POLICE"


def test_a_list_may_prove_several_awards(draft, people):
    lines = [text for award in AWARDS for text in map(str, award)]
    file = add(draft, people, "OTHER", page_of("关于表彰的决定", "张三丰", *lines))

    assert len(lines_of(draft)[file.pk].proofs) == 2


def test_a_certificate_of_the_same_prize_for_something_else_is_not_taken(draft, people):
    award = draft.awards.get(position=0)
    draft.awards.update(name="技术革新奖")
    other = add(draft, people, "OTHER", certificate("丙打磨单元", "技术革新奖", 2011))
    same = add(draft, people, "OTHER", certificate("丁打磨单元", "技术革新奖", award.year))

    found = lines_of(draft)

    assert found[other.pk].proofs == []
    assert [proof.award for proof in found[same.pk].proofs] == [award]


def test_what_stands_right_or_behind_an_award_stays(draft, people):
    police = add(draft, people, "POLICE", page_of("证明", "无违法犯罪记录", "某公安局"))
    proof = add(draft, people, "OTHER", page_of("营业执照", "虚构重工"))
    draft.awards.filter(position=0).update(evidence=proof)

    found = lines_of(draft)

    assert police.pk not in found
    assert not found[proof.pk].changes


def test_what_plainly_belongs_elsewhere_is_proposed_to_go(draft, people):
    file = add(draft, people, "HONOUR", page_of("居民身份证", "姓名张三丰"), name="荣誉.pdf")
    named = add(draft, people, "LICENCE", page_of("以下没有任何线索的文字"), name="身份证.pdf")

    found = lines_of(draft)

    assert found[file.pk].category == "ID_CARD"
    assert named.pk not in found


def test_what_experts_are_not_to_see_is_told_where_they_would(draft, people):
    card = add(draft, people, "OTHER", page_of("居民身份证", "姓名张三丰"), name="扫描9.png")
    add(draft, people, "ID_CARD", page_of("居民身份证", "姓名张三丰"))
    add(draft, people, "OTHER", page_of("营业执照"))
    draft = Application.objects.get(pk=draft.pk)

    (finding,) = misplaced(draft, pages_of(draft.current_evidence()))

    assert "“扫描9.png”似为领办人身份证复印件" in finding.sentence
    assert (finding.about, finding.places[0].file) == ("OTHER", card.pk)


# --- Confirming and undoing --------------------------------------------------------------------


@pytest.fixture
def sorted_draft(draft, people):
    """A draft whose two files were sorted: the first proves an award, too."""
    one = add(draft, people, "OTHER", certificate(*AWARDS[0]))
    two = add(draft, people, "OTHER", page_of("居民身份证"))
    award = draft.awards.get(position=0)
    sorting = Sorting({one.pk: "HONOUR", two.pk: "ID_CARD"}, {award.pk: (one.pk, None)})
    assert evidence_files.sort(draft, sorting, people.applicant) == (2, 1)
    return draft, one, two, award


def test_a_sorting_moves_files_to_the_end_and_proves_awards(sorted_draft):
    draft, one, two, award = sorted_draft

    for file in (one, two, award):
        file.refresh_from_db()
    assert (one.category, two.category) == ("HONOUR", "ID_CARD")
    assert one.position > 0 or draft.evidence.filter(category="HONOUR").count() == 1
    assert award.evidence == one
    event = draft.events.get(action="sort_files")
    assert event.note == "2 份材料归类，1 个奖项选用佐证"


def test_a_sorting_is_undone_as_long_as_nothing_of_it_has_changed(sorted_draft, people):
    draft, one, two, award = sorted_draft

    evidence_files.unsort(draft, people.applicant)

    for file in (one, two, award):
        file.refresh_from_db()
    assert (one.category, two.category, award.evidence) == ("OTHER", "OTHER", None)
    with pytest.raises(ValidationError, match="不能一次撤销"):
        evidence_files.unsort(draft, people.applicant)


def test_a_sorting_is_not_undone_over_what_somebody_changed(sorted_draft, people):
    draft, one, two, _ = sorted_draft
    evidence_files.remove(two, people.applicant)

    with pytest.raises(ValidationError, match="不能一次撤销"):
        evidence_files.unsort(draft, people.applicant)

    one.refresh_from_db()
    assert one.category == "HONOUR"


def test_the_same_paper_in_its_new_category_already_stays(draft, people):
    file = add(draft, people, "OTHER", page_of("荣誉证书"))
    twin = draft.evidence.get(category="HONOUR")
    Evidence.objects.filter(pk=file.pk).update(sha256=twin.sha256)

    assert evidence_files.sort(draft, Sorting({file.pk: "HONOUR"}, {}), people.applicant) == (0, 0)


def test_files_and_awards_of_others_are_refused(draft, people):
    other = make_draft(people.panel.round, people.applicant)
    file = other.evidence.first()
    award = draft.awards.get(position=0)

    for sorting in (
        Sorting({file.pk: "OTHER"}, {}),
        Sorting({}, {award.pk: (file.pk, None)}),
        Sorting({}, {other.awards.get().pk: (draft.evidence.first().pk, None)}),
    ):
        with pytest.raises(ValidationError, match="请刷新"):
            evidence_files.sort(draft, sorting, people.applicant)


def test_a_proof_that_was_chosen_meanwhile_stays(sorted_draft, people):
    draft, one, two, award = sorted_draft

    with pytest.raises(ValidationError, match="请刷新"):
        evidence_files.sort(draft, Sorting({}, {award.pk: (two.pk, None)}), people.applicant)

    award.refresh_from_db()
    assert award.evidence == one


def test_the_stamped_form_stays_where_it_is_and_proves_nothing(draft, people):
    (scan,) = add_checked(draft, people.applicant, "STAMPED")
    award = draft.awards.get(position=0)

    for sorting in (Sorting({scan.pk: "OTHER"}, {}), Sorting({}, {award.pk: (scan.pk, None)})):
        with pytest.raises(ValidationError, match="请刷新"):
            evidence_files.sort(draft, sorting, people.applicant)


# --- The page ------------------------------------------------------------------------------------


@pytest.fixture
def at_sorting(client, people, draft, read):
    client.force_login(people.applicant)
    return reverse("applications:sorting", args=[draft.pk])


def test_the_page_is_confirmed_and_undone(client, people, draft, at_sorting):
    file = add(draft, people, "OTHER", certificate(*AWARDS[0]))
    award = draft.awards.get(position=0)
    page = client.get(at_sorting).content.decode()
    assert f'name="row-{file.pk}-1-1"' in page
    assert "读到获奖项目名称、奖励名称、授予单位、年度、领办人姓名" in page

    answer = client.post(
        at_sorting, {f"category-{file.pk}": "HONOUR", f"row-{file.pk}-1-1": award.pk}, follow=True
    )

    assert "1 份材料已归类，1 个奖项已选用佐证。" in answer.content.decode()
    award.refresh_from_db()
    assert (award.evidence, award.evidence_page) == (file, None)
    answer = client.post(reverse("applications:undo_sorting", args=[draft.pk]), follow=True)
    assert "已撤销归类" in answer.content.decode()
    award.refresh_from_db()
    assert award.evidence is None


def test_an_award_chosen_twice_is_told_and_nothing_is_moved(client, people, draft, at_sorting):
    one = add(draft, people, "OTHER", certificate(*AWARDS[0]))
    two = add(draft, people, "OTHER", certificate(*AWARDS[1]))
    award = draft.awards.get(position=0)
    data = {f"category-{one.pk}": "HONOUR"}
    data |= {f"row-{file.pk}-1-1": award.pk for file in (one, two)}

    answer = client.post(at_sorting, data)

    assert answer.status_code == 422
    assert "选了两份佐证" in answer.content.decode()
    one.refresh_from_db()
    assert one.category == "OTHER"


@pytest.mark.parametrize(
    "data",
    [
        {"category-{}": "STAMPED"},
        {"category-{}": "NOWHERE"},
        {"category-99999": "HONOUR"},
        {"row-{}-1-1": "99999"},
        {"row-{}-1-1": "x"},
        {"row-99999-1-1": "1"},
    ],
)
def test_what_no_page_of_ours_says_moves_nothing(client, people, draft, at_sorting, data):
    file = add(draft, people, "OTHER", certificate(*AWARDS[0]))

    answer = client.post(at_sorting, {name.format(file.pk): value for name, value in data.items()})

    assert answer.status_code in {302, 422}
    file.refresh_from_db()
    assert file.category == "OTHER"
    assert not draft.awards.filter(evidence__isnull=False).exists()


def test_without_reading_there_is_no_page(client, people, draft):
    client.force_login(people.applicant)
    evidence_page = reverse("applications:section", args=[draft.pk, "evidence"])

    assert client.get(reverse("applications:sorting", args=[draft.pk])).url == evidence_page
    assert "批量上传" not in client.get(evidence_page).content.decode()


def test_the_evidence_page_leads_there(client, people, draft, at_sorting):
    add(draft, people, "OTHER", certificate(*AWARDS[0]))

    page = client.get(reverse("applications:section", args=[draft.pk, "evidence"]))

    assert "查看归类建议（1 份）" in page.content.decode()
    assert at_sorting in page.content.decode()


def test_queries_do_not_grow_with_files(client, people, draft, at_sorting):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(at_sorting).status_code == 200
        return len(captured)

    add(draft, people, "OTHER", certificate(*AWARDS[0]))
    one = count()
    for year in range(2000, 2005):
        add(draft, people, "OTHER", certificate("丙", "丁", year))
    assert count() == one


def test_the_page_of_awards_says_that_proofs_may_come_last(client, draft, people, read, settings):
    client.force_login(people.applicant)
    address = reverse("applications:section", args=[draft.pk, "awards"])

    with_reading = client.get(address).content.decode()
    settings.OCR = False
    without = client.get(address).content.decode()

    batch = f"{reverse('applications:section', args=[draft.pk, 'evidence'])}#category-batch"
    assert batch in with_reading
    assert batch not in without


@pytest.mark.parametrize(
    ("name", "category"),
    [
        *((f"{category.label}/1.pdf", category) for category in PROOFS if category != "OTHER"),
        ("材料/荣誉/1.jpg", "HONOUR"),
        ("证书/1.jpg", "CERTIFICATE"),
        ("荣誉证书/1.jpg", "HONOUR"),
        ("执照/a/1.jpg", "LICENCE"),
        ("荣誉/现场/1.jpg", "PHOTOS"),
        ("荣誉/专利.jpg", "HONOUR"),
        # What experts are not to see is not put among what they see.
        ("荣誉/身份证.jpg", "ID_CARD"),
        ("营业执照.jpg", "LICENCE"),
        ("证书.jpg", None),
        ("a/1.jpg", None),
    ],
)
def test_a_name_with_its_folders_tells_a_category(name, category):
    assert category_by_name(name) == category
