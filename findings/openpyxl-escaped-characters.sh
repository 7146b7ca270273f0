#!/usr/bin/env bash
# openpyxl 3.1.5: a character of a cell's text that is written as _xHHHH_.
#
# Guess: what load_workbook returns is the text as Excel shows it; ECMA-376 (22.9.2.19, ST_Xstring)
# writes characters that XML cannot carry as _xHHHH_, and Excel so writes the carriage return of a
# text that was pasted from Windows programs with a line break in it.
# Behaviour: the seven characters stand in the value, in both ways of reading; LibreOffice shows the
# line break alone. openpyxl.utils.escape.unescape() decodes them, and is called by nothing that
# reads cells; _x005F_ (an underscore that was meant) is right with it.
#
# Output seen: '虚构机械_x000D_\n有限公司' read-only, '虚构机械_x000D_\n有限公司' whole, '虚构机械\r\n有限公司' unescaped
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: openpyxl==3.1.5
"$folder/venv/bin/python" - <<'PYTHON'
import io
import zipfile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

book, out = Workbook(), io.BytesIO()
book.active.append(["虚构机械@有限公司"])
book.save(out)
escaped = io.BytesIO()
with zipfile.ZipFile(out) as made, zipfile.ZipFile(escaped, "w") as changed:
    for name in made.namelist():
        changed.writestr(name, made.read(name).replace(b"@", b"_x000D_&#10;"))

values = [
    load_workbook(escaped, read_only=how).active.cell(1, 1).value for how in (True, False)
]
told = f"{values[0]!r} read-only, {values[1]!r} whole, {unescape(values[0])!r} unescaped"
print(told)
raw = r"'虚构机械_x000D_\n有限公司'"
expected = rf"{raw} read-only, {raw} whole, '虚构机械\r\n有限公司' unescaped"
assert told == expected, "the behaviour has changed"
PYTHON
