"""A whole 附件2 as Word: what is read of it, what is not, and what is said."""

import io
import signal
import subprocess
import zipfile
from contextlib import contextmanager, suppress
from itertools import cycle

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from applications.files import libreoffice, program_pool
from applications.files.limits import FILE_LIMIT
from applications.form.word import word_program
from applications.form.word.document import document_of
from applications.form.word.form_reading import (
    OPENING,
    FormReading,
    OpenedWord,
    open_word,
    read_form,
    read_report,
)
from applications.models import Award
from tests.applications.form.word import hands, held_out
from tests.applications.form.word.word_files import (
    OTHER,
    PROVINCIAL,
    TEXTS,
    award_table,
    docx,
    notice_form,
    p,
    r,
    tbl,
    tc,
    tr,
    upload,
)
from tests.libreoffice import needs_libreoffice

READ = hands.as_asked().cells
COVER = ("申   报   单   位", "工作室职业（工种）", "领  办  人  姓 名", "领办人职业技能等级")


def read(*body):
    return read_form(open_word(upload(docx(*body))))


def told(rows):
    return [[cell.text for cell in row.values()] for row in rows]


class TestTheNoticesForm:
    def test_every_cell_of_a_form_filled_in_as_asked_is_read_and_sure(self):
        reading = read(notice_form())
        assert {name: cell.text for name, cell in reading.cells.items()} == READ
        assert [cell for cell in reading.cells.values() if cell.is_unsure] == []
        assert reading.not_found == []
        assert reading.notes == []

    def test_an_empty_form_has_nothing_and_says_what_was_not_found(self):
        blank, cover = dict.fromkeys(TEXTS, ""), dict.fromkeys(COVER, "")
        reading = read(notice_form(blank, cover=cover, provincial=[], other=[], achievements=""))
        assert reading.cells == {}
        assert reading.members == []
        assert set(reading.not_found) == set(READ)

    def test_what_is_said_to_be_nothing_is_neither_read_nor_missing(self):
        reading = read(notice_form({"fax": "无"}))
        assert "fax" not in reading.cells
        assert reading.not_found == []

    def test_it_comes_back_from_json_as_it_was(self):
        reading = read(notice_form({"lead_sex": "☑男 ☑女"}))
        assert reading.cells["lead_sex"].is_unsure
        assert FormReading.from_json(reading.to_json()) == reading


class TestHands:
    @pytest.mark.parametrize(
        "form", [*hands.forms(), *held_out.forms()], ids=lambda form: form.name
    )
    def test_nothing_is_read_wrong(self, form):
        reading = read_form(open_word(upload(form.file)))
        assert {name: cell.text for name, cell in reading.cells.items()} == form.cells
        assert {level: told(rows) for level, rows in reading.awards.items()} == form.awards
        assert told(reading.members) == form.members
        for words in form.notes:
            assert any(words in note for note in reading.notes), words

    def test_nearly_all_of_it_is_sure(self):
        readings = [read_form(open_word(upload(form.file))) for form in hands.forms()]
        cells = [cell for reading in readings for cell in reading.cells.values()]
        unsure = [cell for cell in cells if cell.is_unsure]
        assert (len(cells), len(unsure)) == (135, 4)

    def test_the_form_within_the_whole_notice_is_found_behind_annex_1(self):
        head = ["序号", "单位", "领办人", "工种", "技能等级", "岗位", "主要成绩", "工作室地址"]
        before = (
            p("联系人：陈某 联系电话：83919079 邮箱：office@demo.invalid"),
            p("附件1"),
            tbl(tr(*head), tr("1", "别的公司", "别人", "车工", "技师", "班长", "好", "别处")),
            p("填报人：某某 联系电话：83919071"),
        )
        assert {n: c.text for n, c in read(*before, notice_form()).cells.items()} == READ


class TestDoubts:
    def test_where_cover_and_table_differ_the_table_is_read_and_both_are_said(self):
        cell = read(notice_form(cover={"领  办  人  姓 名": "张明宣"})).cells["lead_name"]
        assert (cell.text, cell.is_unsure, cell.said) == ("张明轩", True, "张明轩")
        assert "张明宣" in cell.why

    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("lead_id_number", "420102198005010018", "校验码"),
            ("lead_birth", "1980年6月", "不一致"),
            ("lead_sex", "女", "不一致"),
            ("email", "wangxy", "E-mail"),
            ("postcode", "4300", "邮"),
            ("lead_skill_level", "高级工", "技师或以上"),
        ],
    )
    def test_what_the_forms_own_checks_find_wrong_is_to_be_looked_at(self, name, text, words):
        cell = read(notice_form({name: text}, cover={"领办人职业技能等级": ""})).cells[name]
        assert cell.is_unsure
        assert words in cell.why

    @pytest.mark.parametrize(
        ("cell", "words"),
        [
            (p(r("女", "<w:strike/>"), r("男")), "删除线"),
            (p(r("男"), '<w:r><w:drawing><a:blip r:embed="r1"/></w:drawing></w:r>'), "图片"),
        ],
    )
    def test_what_is_struck_out_or_a_picture_makes_its_cell_doubtful(self, cell, words):
        read_cell = read(notice_form({"lead_sex": cell})).cells["lead_sex"]
        assert (read_cell.text, read_cell.is_unsure) == ("1", True)
        assert words in read_cell.why

    def test_so_does_it_with_members(self):
        struck = p(r("孙某", "<w:strike/>"), r("赵一鸣（焊工 技师）"))
        (member,) = read(notice_form({"members": struck})).members
        assert "删除线" in member["name"].why
        table = tbl(tr("姓名", "工种"), tr("赵一鸣", "焊\ufffd"), tr("钱多多", "电工"))
        members = read(notice_form({"members": ""}), table).members
        assert [member["name"].is_unsure for member in members] == [True, False]

    def test_a_doubtful_row_of_awards_leaves_the_others_sure(self):
        struck = [tc(p(r("删", "<w:strike/>"), r("甲"))), *PROVINCIAL[0][1:]]
        body = notice_form(provincial=[struck, PROVINCIAL[0]])
        first, second = read(body).awards[Award.Level.PROVINCIAL]
        assert first["project"].is_unsure
        assert not second["project"].is_unsure

    def test_award_tables_without_titles_are_told_apart_with_a_doubt(self):
        body = notice_form().replace(p("省部级获奖情况："), "").replace(p("其它获奖情况："), "")
        reading = read(body)
        assert {level: len(rows) for level, rows in reading.awards.items()} == {
            Award.Level.PROVINCIAL: 2,
            Award.Level.OTHER: 1,
        }
        assert all(row["name"].is_unsure for rows in reading.awards.values() for row in rows)

    def test_more_rows_than_the_form_takes_are_said(self):
        reading = read(notice_form(other=[PROVINCIAL[0]] * 61))
        assert len(reading.awards[Award.Level.OTHER]) == 60
        assert any("只读取了前 60 行" in note for note in reading.notes)

    def test_text_behind_the_tables_is_taken_only_where_it_is_meant(self):
        after = p("以上内容属实。")
        assert read(notice_form(after=after)).cells["achievements"].text == READ["achievements"]
        pointed = read(notice_form(achievements="详见附件", after=after)).cells["achievements"]
        assert (pointed.text, pointed.is_unsure) == ("以上内容属实。", True)


class TestAwardsWithoutATitle:
    def test_whose_title_was_deleted_are_to_be_looked_at(self):
        reading = read(notice_form().replace(p("其它获奖情况："), p("")))
        assert len(reading.awards[Award.Level.PROVINCIAL]) == len(PROVINCIAL)
        (row,) = reading.awards[Award.Level.OTHER]
        assert all(cell.is_unsure for cell in row.values() if cell.text)
        assert not reading.awards[Award.Level.PROVINCIAL][0]["name"].is_unsure


class TestWhatIsNotRead:
    def test_text_that_no_label_explains_is_named(self):
        own = tbl(
            tr("单位口号", "匠心"),
            tr("省部级获奖情况", "2018年湖北省技术能手，2020年省总工会二等奖"),
        )
        (note,) = read(notice_form(), own).notes
        assert note == (
            "有 3 处内容没有归入任何一栏，没有读取："
            "“单位口号”、“匠心”、“2018年湖北省技术能手，2020年省总工会二等…”。"
        )

    def test_awards_below_a_title_without_a_table_are_named(self):
        told = "焊接机器人应用 武汉市技能大赛 武汉市人社局 第一名"
        form = notice_form().replace(award_table(OTHER), p(told))
        assert read(form).notes == [
            "“其它获奖情况”下没有读到表格，请核对原件，逐项填写。",
            f"有 1 处内容没有归入任何一栏，没有读取：“{told[:24]}…”。",
        ]

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            (p("以上内容属实。"), "以上内容属实。"),
            (tbl(tr("学历", "大专")), "大专"),
            (p("传真：027-11112222"), "传真：027-11112222"),
            (tbl(tr("产品", "数量"), tr("甲", "12345")), "12345"),
            (p("一、申报职业（工种）") + p("焊工") + p("二、成立的必要性和现有优势") + p("必要")
             + p("三、高技能人才队伍建设情况") + p("技师十人"), "技师十人"),
        ],
    )  # fmt: skip
    def test_nothing_of_a_form_vanishes(self, body, named):
        (note,) = read(notice_form(), body).notes
        assert f"“{named}”" in note

    def test_of_many_texts_the_first_are_named_and_all_counted(self):
        (note,) = read(notice_form(), *(p(f"第{at}句话在此") for at in range(10, 50))).notes
        assert note.startswith("有 40 处内容没有归入任何一栏")
        assert note.endswith("“第17句话在此”等。")


class TestTextsBeyondReason:
    """Rules that try a long text at each of its places would never come to an end here."""

    LONG = 20_000
    TEXTS = (
        " ",
        "\u3000",
        "（",
        "(",
        "一",
        "1",
        "1 ",
        "电 ",
        "电话",
        "、",
        "☑",
        "张三、",
        "：",
        "-",
    )

    @pytest.mark.parametrize("piece", TEXTS)
    def test_a_cell_of_them_costs_no_time(self, piece):
        text = f"甲{piece * (self.LONG // len(piece))}乙"
        # The text of all cells together has its own bound.
        names = ["unit_name", "address", "bank", "members", "studio_area", "lead_sex", "lead_birth"]
        body = notice_form(
            dict.fromkeys(names, text), provincial=[[text, "奖", "", "", "", "", "2018"]],
            achievements=text, cover={"申   报   单   位": text}, after=p(f"一、{text}") + p(text),
        )  # fmt: skip
        reading = read(body)
        assert reading.cells["principal"].text == "李建国"
        assert reading.cells["address"].is_unsure == bool(piece.strip())

    PIECES = (
        "联系人 ",
        "电话：",
        "开户行 ",
        "账 号 ",
        "申报单位 ",
        "一",
        "1",
        "（",
        "，",
        "张三、",
        "备注",
        "\u05b0\u0316\u0301",
        "1年",
        "(甲)",
    )
    PLACES = {
        "a line before": lambda texts: p("附件2") + "".join(map(p, texts)) + notice_form(),
        "a cover's line": lambda texts: (
            "".join(p(f"申报单位{text}\n乙") for text in texts) + notice_form()
        ),
        "a line behind": lambda texts: notice_form(after="".join(map(p, texts))),
        "a cell of the form": lambda texts: notice_form() + fields(texts),
        "an award": lambda texts: notice_form(
            provincial=[[text, text, text, "", "", "", ""] for text in texts[::3]]
        ),
        "a member": lambda texts: notice_form(after=members(texts)),
        "a heading": lambda texts: notice_form(after="".join(p(f"一、{text}") for text in texts)),
    }

    @pytest.mark.parametrize("length", [300, 4900, 20_000])
    @pytest.mark.parametrize("place", PLACES)
    def test_nor_does_a_file_full_of_them(self, place, length):
        """A file's cells and letters have bounds; within them the rules run in a page's process."""
        texts = [f"甲{piece * (length // len(piece))}乙" for piece in self.PIECES]
        body = self.PLACES[place](texts * (360_000 // (length * len(texts))))
        answer, _ = word_program.read({}, docx(body))
        with cpu_seconds(20):
            word = OpenedWord(document_of(answer["blocks"]), is_converted=False)
            for read_it in (read_form, read_report):
                with suppress(ValidationError):
                    read_it(word)

    def test_so_many_lines_and_cells_of_words_cost_no_time(self):
        lines = "".join(p(f"{at}、申报{at}的计划{at}目标") for at in range(4000))
        row = tr(*(f"参加工作时{at}" for at in range(50)))
        assert read(notice_form(after=lines + tbl(*[row] * 40))).cells["lead_name"].text == "张明轩"


class TestOldKinds:
    @pytest.fixture(autouse=True)
    def on(self, settings):
        settings.LIBREOFFICE = True

    @needs_libreoffice
    @pytest.mark.parametrize(
        ("ending", "name"), [("doc", "表.doc"), ("doc", "表.wps"), ("rtf", "表.rtf")]
    )
    def test_a_form_of_another_kind_is_read_like_a_docx(self, ending, name, tmp_path):
        data = converted(docx(notice_form()), ending, tmp_path)
        reading = read_form(open_word(upload(data, name)))
        assert {field: cell.text for field, cell in reading.cells.items()} == READ
        assert [len(rows) for rows in reading.awards.values()] == [2, 1]
        assert "旧格式" in reading.notes[0]
        # A row that was deleted with tracking may be there again.
        rows = [row for rows in reading.awards.values() for row in rows]
        assert all("旧格式" in row["project"].why for row in rows)

    @needs_libreoffice
    def test_while_another_is_converted_it_is_said_at_once(self, monkeypatch):
        monkeypatch.setattr(libreoffice.WAITED_FOR, "patience_seconds", 0.01)
        with libreoffice.TURN, pytest.raises(ValidationError, match="正在转换其他文件"):
            open_word(upload(b"{\\rtf1 ...}", "表.rtf"))

    def test_where_conversion_is_off_the_way_is_said(self, settings):
        settings.LIBREOFFICE = False
        with pytest.raises(ValidationError, match=r"另存为“Word 文档"):
            open_word(upload(b"{\\rtf1 ...}", "表.rtf"))

    def test_all_that_somebody_waits_for_ends_before_the_proxy_does(self):
        programs = (libreoffice.WAITED_FOR, OPENING)
        waits = (libreoffice.WAITED_FOR.patience_seconds, program_pool.PATIENCE_SECONDS)
        assert sum(program.wall_seconds for program in programs) + sum(waits) <= 80

    def test_without_libreoffice_the_way_is_said(self, monkeypatch):
        monkeypatch.setattr(libreoffice, "PATH", "/nowhere")
        with pytest.raises(ValidationError, match=r"没有安装转换程序.*另存为“Word 文档"):
            open_word(upload(b"{\\rtf1 ...}", "表.rtf"))


class TestRefusals:
    def refusal(self, data, name="申报表.docx"):
        with pytest.raises(ValidationError) as refused:
            open_word(upload(data, name))
        return refused.value.messages[0]

    def test_a_word_file_without_the_form_is_told_so(self):
        with pytest.raises(ValidationError, match="没有在文件中找到申报表"):
            read(p("会议通知"), tbl(tr("时间", "地点"), tr("周一", "三楼")))

    def test_a_workbook_by_the_name_of_a_word_file_is_told_what_it_is(self):
        file = io.BytesIO()
        openpyxl.Workbook().save(file)
        assert "这是 Excel 表格" in self.refusal(file.getvalue())

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "文件是空的"),
            (b"%PDF-1.7 ...", "PDF"),
            (b"<html><body>form</body></html>", "网页"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
            (docx(p("甲"))[:-30], "已损坏"),
            (b"PK\x03\x04" + b"\0" * (FILE_LIMIT + 1), "上限"),
        ],
        ids=["empty", "pdf", "page", "locked", "cut off", "too large"],
    )
    def test_what_cannot_be_read_is_told_in_a_sentence(self, data, words):
        assert words in self.refusal(data)

    def test_a_file_that_is_large_unpacked_is_refused_by_its_program(self):
        assert "过于复杂" in self.refusal(docx(p(" " * (17 * 1024**2))))

    def test_a_file_that_is_locked_within_is_told_so(self):
        file = io.BytesIO(docx(p("甲")))
        with zipfile.ZipFile(file) as archive:
            start = archive.getinfo("word/document.xml").header_offset
        data = bytearray(file.getvalue())
        at = data.find(b"PK\x01\x02")
        while at >= 0:  # the mark of encryption, in the list and before the data
            data[at + 8] |= 1
            at = data.find(b"PK\x01\x02", at + 1)
        data[start + 6] |= 1
        assert "密码" in self.refusal(bytes(data))


def fields(texts):
    """Return a table in which a text stands behind each label of the form in turn."""
    labels = (
        "单位名称",
        "联系人",
        "办公电话",
        "手机",
        "通信地址",
        "开户银行及资金账号",
        "工作室成员",
        "工作室面积",
        "出生年月",
        "身份证号",
        "职业技能等级",
        "性别",
        "工作业绩",
    )
    cells = zip(cycle(labels), texts, strict=False)
    return tbl(*(tr(label, text) for label, text in cells))


def members(texts):
    return tbl(tr("姓名", "工种", "等级"), *(tr(text, text, text) for text in texts[::3]))


@contextmanager
def cpu_seconds(most):
    """Fail what takes more of the processor's time than this."""

    def stop(*_):
        raise AssertionError(f"more than {most} seconds of the processor")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def converted(data, ending, folder):
    """Return a .docx as LibreOffice saves it in another kind."""
    path = folder / "form.docx"
    path.write_bytes(data)
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", ending, "--outdir", folder, path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return (folder / f"form.{ending}").read_bytes()
