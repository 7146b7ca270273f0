"""A document that would run something in its reader's Word or Excel is refused with a way out."""

import io
import zipfile

import docx
import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from docx.opc.constants import RELATIONSHIP_TYPE

from applications.files import check_program, evidence, file_kinds
from applications.files.active_documents import OLE2
from applications.files.program_bounds import Refused

TYPES = "[Content_Types].xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PADDING = bytes(3000)


def word():
    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph("师带徒协议")
    document.save(out)
    return out.getvalue()


def book():
    made, out = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["姓名"])
    made.save(out)
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_parts(document, types=b"", **changes):
    """A document with more parts, `types` among the types of its parts."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[TYPES] = members[TYPES].replace(b"</Types>", types + b"</Types>")
    return zipped(members | changes)


def macro_enabled():
    with zipfile.ZipFile(io.BytesIO(word())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    enabled = b"application/vnd.ms-word.document.macroEnabled.main+xml"
    assert main in members[TYPES]
    return zipped(members | {TYPES: members[TYPES].replace(main, enabled)})


def leading(kind, target):
    """A Word document that leads somewhere outside."""
    document, out = docx.Document(), io.BytesIO()
    document.part.relate_to(target, OFFICE + kind, is_external=True)
    document.save(out)
    return out.getvalue()


def old(*streams, kind="WordDocument"):
    """What an OLE2 file has of a document with these streams, as far as anybody looks."""
    names = (kind, *streams)
    entries = b"".join(name.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for name in names)
    return OLE2 + bytes(504) + entries + PADDING


def bound_sheet(kind):
    """The record of a sheet of this kind (0 is a table, 1 macros) in an old workbook."""
    name = b"Macro1"
    body = bytes(4) + bytes([0, kind, len(name), 0]) + name
    return b"\x85\0" + len(body).to_bytes(2, "little") + body


def looked_at(data):
    return check_program.look({}, data)[0]


ACTIVE = {
    "the type of a document with macros": macro_enabled(),
    "macros": with_parts(word(), **{"word/vbaProject.bin": OLE2 + PADDING}),
    "macros by another name": with_parts(word(), **{"word/a.bin": old("_VBA_PROJECT")}),
    "the type of macros": with_parts(
        word(), b'<Override PartName="/a.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    ),
    "macros of a workbook": with_parts(book(), **{"xl/vbaProject.bin": PADDING}),
    "a sheet of macros": with_parts(book(), **{"xl/macrosheets/sheet1.xml": "<a/>"}),
    "a control": with_parts(word(), **{"word/activeX/activeX1.xml": "<a/>"}),
    "a packed file": with_parts(
        word(), **{"word/embeddings/oleObject1.bin": old("\x01Ole10Native", kind="x")}
    ),
    "a file of any kind": with_parts(word(), **{"word/embeddings/a.exe": b"MZ" + PADDING}),
    "macros in a packed document": with_parts(
        word(),
        **{
            "word/embeddings/Book1.xlsx": with_parts(
                book(), **{"xl/vbaProject.bin": OLE2 + PADDING}
            )
        },
    ),
    "a template of the network": leading("attachedTemplate", "https://example.invalid/a.dotm"),
    "a template of a neighbour": leading("attachedTemplate", r"file:///\\host\share\a.dotm"),
    "an object of the network": leading("oleObject", "http://example.invalid/a.rtf"),
    "old macros": old("_VBA_PROJECT"),
    "macros of an old workbook": old("_VBA_PROJECT_CUR", kind="Workbook"),
    "a sheet of macros in an old workbook": old(kind="Workbook") + bound_sheet(1),
    "a file packed in an old document": old("\x01Ole10Native"),
    "an object in RTF": rb"{\rtf1\ansi{\object\objemb{\*\objdata 0105}}}",
    "a template in RTF": rb"{\rtf1\ansi{\*\template https://example.invalid/a.dotm}}",
}


@pytest.mark.parametrize("name", ACTIVE)
def test_what_acts_is_refused(name):
    with pytest.raises(Refused, match="active_document"):
        looked_at(ACTIVE[name])


HARMLESS = {
    "word": word(),
    "a workbook": book(),
    "a formula of MathType": with_parts(
        word(), **{"word/embeddings/oleObject1.bin": old("Equation Native", kind="x")}
    ),
    "the table behind a chart": with_parts(word(), **{"word/embeddings/Book1.xlsx": book()}),
    "a link": leading(RELATIONSHIP_TYPE.HYPERLINK.rpartition("/")[2], "https://example.invalid/"),
    "the author's own template": leading("attachedTemplate", r"file:///C:\Users\a\公文.dotx"),
    "old word": old(),
    "an old workbook": old(kind="Workbook") + bound_sheet(0),
    "RTF": rb"{\rtf1\ansi{\*\template C:\\Users\\a\\Normal.dotm}\par }",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_is_taken(name):
    assert looked_at(HARMLESS[name])["pages"] == 1


@pytest.mark.parametrize("document", [rb"{\rtf1\ansi a}" + b"\n" * 70_000, old()])
def test_a_zip_behind_a_document_is_refused(document):
    with pytest.raises(Refused, match="archive"):
        looked_at(document + zipped({"x.exe": b"MZ"}))


def test_the_theme_that_office_stores_as_a_zip_in_an_old_workbook_is_none():
    assert looked_at(old(kind="Workbook") + zipped({"theme/theme1.xml": "<a/>"}) + b"\1" + PADDING)


def test_the_sentence_says_what_to_do_and_no_name_with_macros_is_offered():
    upload = SimpleUploadedFile("证明.docm", macro_enabled())
    taken = (*file_kinds.TAKEN, *file_kinds.DOCUMENTS)
    with pytest.raises(ValidationError, match=r"含有宏.*另存为”PDF 后上传"):
        evidence.check(upload, taken, evidence.WRONG_DOCUMENT)
    offered = {ending for kind in taken for ending in kind.endings}
    assert not offered & {".docm", ".dotm", ".xlsm", ".xlsb", ".xltm"}
