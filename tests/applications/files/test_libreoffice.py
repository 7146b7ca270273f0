"""LibreOffice: documents converted where it is installed, cut off from all other files."""

import io
import os
import subprocess
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import docx
import openpyxl
import pikepdf
import pytest
from PIL import Image

from applications.files import landlock, libreoffice, program_pool
from applications.files.libreoffice import Unconverted, convert
from tests.libreoffice import needs_libreoffice


def word(*paragraphs):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def text_of(pdf, tmp_path):
    (tmp_path / "made.pdf").write_bytes(pdf)
    command = ["pdftotext", str(tmp_path / "made.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def pictures_in(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return sum(len(page.get_images()) for page in opened.pages)


def test_without_it_the_sentence_says_so(monkeypatch):
    monkeypatch.setattr(libreoffice, "PATH", "/nowhere")
    assert not libreoffice.is_installed()
    with pytest.raises(Unconverted, match="没有安装文档转换程序"):
        convert(word("材料"), ".docx", "pdf")


@needs_libreoffice
class TestConverted:
    def test_word_as_pdf_in_the_fonts_of_the_portal(self, tmp_path):
        made = convert(word("武汉市技能大师工作室"), ".docx", "pdf")
        assert "武汉市技能大师工作室" in text_of(made, tmp_path)
        assert b"NotoSerifSC" in made

    def test_whoever_wrote_it_is_not_told(self):
        document = docx.Document(io.BytesIO(word("材料")))
        document.core_properties.author = document.core_properties.keywords = "Li Si"
        out = io.BytesIO()
        document.save(out)
        with pikepdf.open(io.BytesIO(convert(out.getvalue(), ".docx", "pdf"))) as made:
            assert "/Info" not in made.trailer
            assert "/Metadata" not in made.Root

    def test_word_of_old_and_of_wps_as_word(self, tmp_path):
        old = convert(word("领办人"), ".docx", "pdf")  # there is no .doc without it
        assert old.startswith(b"%PDF-")
        rich = rb"{\rtf1\ansi Mr \u24352?\u19977?}"
        made = convert(rich, ".rtf", "docx")
        assert [p.text for p in docx.Document(io.BytesIO(made)).paragraphs] == ["Mr 张三"]

    def test_sheets_as_pdf(self, tmp_path):
        book = openpyxl.Workbook()
        book.active.append(["获奖年度", 2024])
        out = io.BytesIO()
        book.save(out)
        assert "获奖年度" in text_of(convert(out.getvalue(), ".xlsx", "pdf"), tmp_path)

    def test_nothing_is_left_behind(self, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        convert(word("材料"), ".docx", "pdf")
        assert list(tmp_path.iterdir()) == []


class TestLeftByAKilledProcess:
    def test_it_is_removed_within_the_hour_and_what_is_in_use_is_not(self, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(libreoffice, "SOCKETS", str(tmp_path / "OSL_PIPE_*"))
        for name in ("portal-office-old", "portal-office-new", "other"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "document.docx").write_bytes(b"")
        for name in ("OSL_PIPE_old", "OSL_PIPE_new"):
            (tmp_path / name).write_bytes(b"")
        for name in ("portal-office-old", "OSL_PIPE_old", "other"):
            os.utime(tmp_path / name, (0, 0))
        libreoffice.remove_forgotten()
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"portal-office-new", "OSL_PIPE_new", "other"}


@needs_libreoffice
class TestRefused:
    @pytest.mark.parametrize(
        ("data", "ending"),
        [
            (b"not a document", ".docx"),
            (b"<html><body>page</body></html>", ".doc"),
            (b"a,b,c", ".xlsx"),
        ],
    )
    def test_what_it_cannot_read(self, data, ending):
        with pytest.raises(Unconverted, match="另存为 PDF"):
            convert(data, ending, "pdf")

    def test_what_takes_too_long(self, monkeypatch):
        hurried = program_pool.Program(libreoffice.CONVERTING.module, wall_seconds=0.3)
        monkeypatch.setattr(libreoffice, "CONVERTING", hurried)
        with pytest.raises(Unconverted, match="另存为 PDF"):
            convert(word("材料"), ".docx", "pdf")


@needs_libreoffice
class TestCutOff:
    """A document may name other files and addresses: none of them is opened."""

    @pytest.fixture
    def picture(self, tmp_path):
        path = tmp_path / "other.png"
        Image.new("RGB", (200, 200), "red").save(path)
        return path

    def test_a_picture_of_the_machine_named_by_a_field(self, picture):
        field = rf'{{\field{{\*\fldinst INCLUDEPICTURE "{picture}" \\d}}{{\fldrslt old}}}}'
        made = convert(rf"{{\rtf1 before {field} after}}".encode(), ".rtf", "pdf")
        assert pictures_in(made) == 0

    def test_a_picture_of_the_machine_linked_to(self, picture, tmp_path):
        made = convert(linked(picture, picture.as_uri()), ".docx", "pdf")
        assert pictures_in(made) == 0

    def test_an_address(self, picture):
        asked = []

        class Listening(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

            def log_message(self, *_):
                pass

        with HTTPServer(("127.0.0.1", 0), Listening) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/picture.png"
            convert(linked(picture, address), ".docx", "pdf")
            server.shutdown()
        assert asked == []


def linked(picture, target):
    """A Word document with a picture that stands elsewhere."""
    document = docx.Document()
    document.add_picture(str(picture))
    whole, out = io.BytesIO(), io.BytesIO()
    document.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as made:
        for name in source.namelist():
            data = source.read(name).replace(b"r:embed=", b"r:link=")
            outside = f'Target="{target}" TargetMode="External"'.encode()
            made.writestr(name, data.replace(b'Target="media/image1.png"', outside))
    return out.getvalue()


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_a_confined_process_reads_what_it_is_left(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "other.txt").write_text("secret")
    script = f"cat {tmp_path}/other.txt || echo none > {tmp_path}/own/made.txt"
    done = subprocess.run(
        ["sh", "-c", script],
        preexec_fn=lambda: landlock.confine(
            ("/usr", "/bin", "/lib", "/lib64"), (tmp_path / "own",), ()
        ),
        capture_output=True,
        check=True,
    )
    assert done.stdout == b""
    assert (tmp_path / "own/made.txt").read_text() == "none\n"


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_where_it_makes_its_socket_it_sees_nothing(tmp_path):
    (tmp_path / "other.txt").write_text("secret")
    done = subprocess.run(
        ["ls", tmp_path],
        preexec_fn=lambda: landlock.confine(("/usr", "/bin", "/lib", "/lib64"), (), (tmp_path,)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode != 0, done.stdout) == (True, b"")
