"""The evidence page: what a script is answered, files changed in place, thumbnails, history."""

import io
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.files import libreoffice
from applications.files.thumbnails import examine
from applications.models import Application, Evidence
from applications.rounds import HIDDEN_FROM_EXPERTS, Round
from applications.stages import Stage
from tests.applications.files.test_evidence import upload
from tests.factories import (
    image_file,
    make_application,
    make_draft,
    make_people,
    make_round,
    pdf_file,
    stamp,
)

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def draft(client, people):
    client.force_login(people.applicant)
    return make_draft(people.panel.round, people.applicant)


@pytest.fixture
def add(draft):
    """A function that uploads a PDF to a category of the draft, and returns its `Evidence`."""

    def add(name, category="OTHER", pages=1):
        return evidence_files.add(draft, category, pdf_file(name, pages=pages), draft.edited_by)

    return add


def address(name, *arguments):
    return reverse(f"applications:evidence_{name}", args=arguments)


def fresh(application):
    return Application.objects.get(pk=application.pk)


def page_of(client, draft, query=""):
    return client.get(reverse("applications:section", args=[draft.pk, "evidence"]) + query)


class TestUpload:
    def send(self, client, draft, *files, category="OTHER"):
        return client.post(
            address("upload", draft.pk, category), {"files": files}, headers=JSON
        ).json()

    def test_a_script_gets_the_new_row_and_the_state_of_its_category(self, client, draft, add):
        first = add("先.pdf")
        answer = self.send(client, draft, pdf_file("后<b>.pdf"))
        new = draft.evidence.latest("pk")
        assert answer["errors"] == []
        assert answer["gone"] == []
        assert list(answer["rows"]) == [str(new.pk)]
        row = answer["rows"][str(new.pk)]
        assert f'id="file-{new.pk}"' in row
        assert "后&lt;b&gt;.pdf" in row
        assert "csrfmiddlewaretoken" in row
        assert "data-unexamined" in row
        assert answer["order"] == [first.pk, new.pk]
        assert "已上传 2 份" in answer["tag"]
        assert answer["states"]["evidence"] == ["done", "已完成"]
        taken = evidence_files.taken(fresh(draft), "OTHER")
        assert (answer["used"], answer["used_files"]) == (taken.size, taken.files)
        counts = f"已用 {taken.files} / 100 份，{taken.pages} / 1500 页，"
        assert answer["usage"].startswith(counts)
        assert answer["usage"].endswith("/ 300.0\xa0MB")

    def test_a_file_is_replaced_by_any_kind_that_is_taken(self, client, draft, add, monkeypatch):
        monkeypatch.setattr(libreoffice, "is_on", lambda: True)
        add("先.pdf")
        page = client.get(reverse("applications:section", args=[draft.pk, "evidence"]))
        accept = evidence_files.taken_as("OTHER")[2]
        assert ".docx" in accept
        picker = rf'id="replace-\d+" type="file" name="files" required accept="{re.escape(accept)}"'
        assert re.search(picker, page.content.decode())

    def test_a_script_gets_the_sentence_of_a_refused_file(self, client, draft):
        answer = self.send(client, draft, upload(b"", "空.pdf"))
        assert answer["errors"] == ["文件是空的，请重新选择。"]
        assert answer["rows"] == {}

    def test_after_submission_a_script_is_told(self, client, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        client.force_login(people.applicant)
        answer = self.send(client, application, pdf_file())
        assert answer["errors"] == ["申报已提交或已放弃，不能再上传材料。"]

    def test_nobody_is_sent_to_the_login_page_with_json(self, client, draft):
        client.logout()
        answer = client.post(address("upload", draft.pk, "OTHER"), headers=JSON)
        assert answer.status_code == 302

    def test_a_stamped_form_leads_back_to_its_own_page(self, client, draft, people):
        stamp(draft, people.applicant)
        answer = client.post(address("upload", draft.pk, "STAMPED"), {"files": [pdf_file()]})
        assert answer.url == f"/applications/{draft.pk}/edit/stamp/#category-STAMPED"

    def test_the_page_gives_the_servers_limits_to_its_script(self, client, draft):
        Round.objects.update(most_files=120)
        page = page_of(client, draft).content.decode()
        taken = evidence_files.taken(fresh(draft), "OTHER")
        for name, value in {
            "file-limit": evidence_files.FILE_LIMIT,
            "total-limit": evidence_files.APPLICATION_LIMIT,
            "used": taken.size,
            "most-files": 120,
            "used-files": taken.files,
            "empty": evidence_files.EMPTY,
            "too-large": evidence_files.TOO_LARGE,
            "full": "佐证材料合计超过 300 MB 的上限，请先移除或压缩其他文件。",
            "too-many": "佐证材料最多 120 份，现有 {now} 份，请先移除或合并部分文件后再上传。",
        }.items():
            assert f'data-{name}="{value}"' in page

    def test_each_page_tells_how_much_of_its_room_is_taken(self, client, draft, people):
        stamp(draft, people.applicant)
        proofs = evidence_files.taken(fresh(draft), "OTHER")
        page = page_of(client, draft).content.decode()
        assert f"已用 {proofs.files} / 100 份，{proofs.pages} / 1500 页，" in page
        page = client.get(reverse("applications:section", args=[draft.pk, "stamp"]))
        assert "已用 1 / 300 份，4 / 300 页，" in page.content.decode()

    def test_a_file_beyond_the_rounds_limit_is_refused_by_name(self, client, draft):
        Round.objects.update(most_files=evidence_files.taken(fresh(draft), "OTHER").files + 1)
        page = client.post(
            address("upload", draft.pk, "OTHER"),
            {"files": [pdf_file("甲.pdf"), pdf_file("乙.pdf")]},
            follow=True,
        ).content.decode()
        assert "已上传 1 份其他佐证材料。" in page
        assert "乙.pdf：佐证材料最多" in page


class TestChanges:
    """Each change works as a plain form and in place."""

    def test_a_file_is_moved_to_another_category(self, client, draft, add):
        file = add("照片一.pdf")
        renamed = client.post(address("rename", file.pk), {"name": "照片一"}, headers=JSON).json()
        for shown in (page_of(client, draft).content.decode(), renamed["rows"][str(file.pk)]):
            _, _, options = shown.partition(f'id="category-of-{file.pk}"')
            assert '<option value="PHOTOS">' in options.partition("</select>")[0]
        answer = client.post(address("recategorise", file.pk), {"category": "PHOTOS"})
        assert answer.url.endswith("/edit/evidence/#category-PHOTOS")
        file.refresh_from_db()
        assert file.category == "PHOTOS"
        [event] = draft.events.filter(action="sort_files")
        assert event.note == "照片一.pdf：其他佐证材料 → 技能大师工作室三室一场现场照片"

    @pytest.mark.parametrize("category", ["STAMPED", "", "NONE"])
    def test_it_is_moved_to_no_category_that_is_none(self, client, draft, add, category):
        file = add("照片一.pdf")
        answer = client.post(address("recategorise", file.pk), {"category": category}, follow=True)
        assert "请选择要移到的类别。" in answer.content.decode()
        file.refresh_from_db()
        assert file.category == "OTHER"

    def test_the_stamped_form_stays(self, client, draft, people):
        stamp(draft, people.applicant)
        page = client.get(reverse("applications:section", args=[draft.pk, "stamp"]))
        scan = draft.evidence.get(category="STAMPED")
        assert "移到其他类别" not in page.content.decode()
        client.post(address("recategorise", scan.pk), {"category": "OTHER"})
        scan.refresh_from_db()
        assert scan.category == "STAMPED"

    def test_what_is_there_already_is_not_moved_there(self, client, draft, people):
        data = pdf_file().read()
        one, other = (
            evidence_files.add(draft, category, upload(data, "证.pdf"), people.applicant)
            for category in ("OTHER", "PHOTOS")
        )
        answer = client.post(address("recategorise", one.pk), {"category": "PHOTOS"}, follow=True)
        assert "里已有内容相同的文件" in answer.content.decode()
        one.refresh_from_db()
        assert (one.category, other.category) == ("OTHER", "PHOTOS")

    def test_a_file_is_renamed(self, client, draft, add):
        file = add("扫描.pdf")
        page = client.post(address("rename", file.pk), {"name": "证书"}, follow=True)
        assert "已更名。" in page.content.decode()
        assert "扫描.pdf → 证书.pdf" in page.content.decode()
        answer = client.post(address("rename", file.pk), {"name": " "}, headers=JSON).json()
        assert answer["errors"] == ["请填写文件名。"]
        answer = client.post(address("rename", file.pk), {"name": "新证书"}, headers=JSON).json()
        assert "新证书.pdf" in answer["rows"][str(file.pk)]

    def test_files_change_places(self, client, draft, add):
        first, second = add("甲.pdf"), add("乙.pdf")
        back = client.post(address("move", second.pk), {"direction": "up"})
        assert back.url.endswith("#category-OTHER")
        answer = client.post(address("move", second.pk), {"direction": "up"}, headers=JSON).json()
        assert answer["order"] == [second.pk, first.pk]
        answer = client.post(address("move", second.pk), {"direction": "down"}, headers=JSON).json()
        assert answer["order"] == [first.pk, second.pk]

    def test_a_file_is_replaced_and_its_history_shown(self, client, draft, add, people):
        old = add("旧.pdf")
        page = client.post(
            address("replace", old.pk), {"files": pdf_file("新.pdf")}, follow=True
        ).content.decode()
        assert "已用“新.pdf”替换“旧.pdf”。" in page
        assert "历史版本 1" in page
        assert old.get_absolute_url() in page
        assert "替换材料，" in page
        new = old.replaced_by
        answer = client.post(
            address("replace", new.pk), {"files": pdf_file("更新.pdf")}, headers=JSON
        ).json()
        assert answer["gone"] == [new.pk]
        (row,) = answer["rows"].values()
        assert "历史版本 2" in row
        assert people.applicant.name in row
        # The owner still opens what was replaced.
        assert client.get(old.get_absolute_url()).getvalue()

    def test_a_replacement_that_is_refused_keeps_the_old_file(self, client, draft, add):
        old = add("旧.pdf")
        for data, sentence in (
            ({"files": upload(b"text", "a.txt")}, "a.txt：这是纯文本文件。只接受"),
            ({}, "请先选择用来替换的文件。"),
        ):
            page = client.post(address("replace", old.pk), data, follow=True).content.decode()
            assert sentence in page
            assert "旧.pdf" in page

    def test_a_removed_file_is_gone_and_on_record(self, client, draft, add):
        file = add("误传.pdf")
        answer = client.post(address("remove", file.pk), headers=JSON).json()
        assert answer["gone"] == [file.pk]
        assert answer["message"] == "已移除“误传.pdf”。"
        assert "选填" in answer["tag"]
        page = page_of(client, draft).content.decode()
        assert "移除材料，" in page
        assert "其他佐证材料：误传.pdf" in page

    def test_the_public_history_is_not_flooded(self, client, draft, add):
        for number in range(3):
            client.post(address("remove", add(f"{number}.pdf").pk))
        overview = client.get(reverse("applications:overview", args=[draft.pk]))
        assert "移除材料" not in str(overview.context["history"])

    def test_others_files_do_not_exist(self, client, draft):
        foreign = make_application().evidence.first()
        for change in ("rename", "move", "replace", "remove"):
            assert client.post(address(change, foreign.pk), headers=JSON).status_code == 404

    @pytest.mark.parametrize("count", [1, 30])
    def test_answers_cost_the_same_with_many_files(
        self, client, draft, count, django_assert_num_queries
    ):
        first = draft.evidence.first()
        Evidence.objects.filter(pk=first.pk).update(examined_at=timezone.now())
        first.refresh_from_db()
        values = {
            field.attname: getattr(first, field.attname)
            for field in Evidence._meta.concrete_fields
            if field.name not in {"id", "sha256"}
        }
        Evidence.objects.bulk_create(
            Evidence(**values, sha256=f"{number:064}") for number in range(1, count)
        )
        every = "&".join(f"file={pk}" for pk in draft.evidence.values_list("pk", flat=True))
        with django_assert_num_queries(6):
            answer = client.get(f"{address('examined', draft.pk)}?{every}").json()
        assert len(answer["rows"]) == count
        with django_assert_num_queries(11):
            page_of(client, draft)


class TestThumbnail:
    def test_it_comes_once_the_worker_has_looked(self, client, draft):
        file = evidence_files.add(draft, "PHOTOS", image_file(size=(900, 600)), draft.edited_by)
        waiting = client.get(address("thumbnail", file.pk))
        assert waiting.url.endswith("img/file.svg")
        assert waiting["Cache-Control"] == "private, no-store"
        ask = f"{address('examined', draft.pk)}?file={file.pk}&file=x&file="
        assert client.get(ask).json() == {"rows": {}}
        examine.call(file.pk)
        row = client.get(ask).json()["rows"][str(file.pk)]
        assert address("thumbnail", file.pk) in row
        assert "图片几乎空白" in row
        answer = client.get(address("thumbnail", file.pk))
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-store"
        assert "sandbox" in answer["Content-Security-Policy"]
        with Image.open(io.BytesIO(answer.getvalue())) as image:
            assert image.size == (320, 213)

    def test_whoever_may_not_open_the_file_gets_no_thumbnail(self, client, people):
        application = make_application(Stage.PANEL, people=people)
        for file in application.evidence.all():
            for role in Role:
                client.force_login(people.of(role))
                opened = client.get(file.get_absolute_url())
                opened.getvalue()
                thumbnail = client.get(address("thumbnail", file.pk))
                # An expert is led on to a marked copy.
                is_open = opened.status_code == (302 if role == Role.EXPERT else 200)
                assert is_open == (thumbnail.status_code == 302), role
        hidden = application.evidence.filter(category__in=HIDDEN_FROM_EXPERTS).first()
        client.force_login(people.expert)
        assert client.get(address("thumbnail", hidden.pk)).status_code == 404
