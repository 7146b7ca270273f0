#!/usr/bin/env bash
# openpyxl 3.1.5: a workbook that Excel saved as “Strict Open XML 电子表格” (ISO/IEC 29500 Strict).
#
# Guess: its namespaces (http://purl.oclc.org/ooxml/…) are known, as both conformance classes are of
# the same standard; or load_workbook raises InvalidFileException.
# Behaviour: load_workbook returns a workbook without any sheet and raises nothing, in both ways of
# reading. The same file with the namespaces of the Transitional class is read.
#
# Output seen: transitional [('单位',)], strict no sheets, strict read-only no sheets
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: openpyxl==3.1.5
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io
import zipfile

from openpyxl import load_workbook

CLASSES = {
    "transitional": (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "",
    ),
    "strict": (
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ' conformance="strict"',
    ),
}
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(kind):
    """A workbook of one sheet with one text."""
    main, relations, conformance = CLASSES[kind]

    def links(target, name):
        return (
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/{name}" Target="{target}"/></Relationships>'
        )

    parts = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/></Types>',
        "_rels/.rels": links("xl/workbook.xml", "officeDocument"),
        "xl/_rels/workbook.xml.rels": links("worksheets/sheet1.xml", "worksheet"),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{main}" xmlns:r="{relations}"{conformance}>'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'{HEAD}<worksheet xmlns="{main}"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>单位</t></is></c></row></sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    out.seek(0)
    return out


def told(kind, **how):
    sheets = load_workbook(workbook(kind), **how).worksheets
    return [*sheets[0].iter_rows(values_only=True)] if sheets else "no sheets"


found = (
    f"transitional {told('transitional')}, strict {told('strict')}, "
    f"strict read-only {told('strict', read_only=True)}"
)
print(found)
expected = "transitional [('单位',)], strict no sheets, strict read-only no sheets"
assert found == expected, "the behaviour has changed"
PYTHON
