"""Measure how well Word forms of 附件2 are read, and what it costs (docs/benchmarks.md).

Run with the development packages installed:
    python -m scripts.measure_word [--bare PYTHON]
The forms are made up and their truth is known: those of tests/applications/form/word/hands.py,
by which the rules were settled, and of held_out.py, written after that; where LibreOffice is
installed, both again as .doc. PYTHON is an interpreter that has mammoth and python-docx, to be
measured beside. Costs are the processor's, in processes of their own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMES = 20
# What is measured of one file, in a process of its own; `read` reads its bytes once.
TIMED = """
import json, sys, time
{prepare}
data = open(sys.argv[1], "rb").read()
read(data)
began = time.process_time()
for _ in range({times}):
    read(data)
spent = (time.process_time() - began) / {times}
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([round(spent * 1000, 1), int(status["VmHWM"].split()[0]) // 1024]))
"""
PROGRAM = """
from applications.form.word import word_program
read = lambda data: word_program.read({}, data)
"""
PYTHON_DOCX = """
import io, docx
def read(data):
    document = docx.Document(io.BytesIO(data))
    [cell.text for table in document.tables for row in table.rows for cell in row.cells]
"""
MAMMOTH = """
import io, mammoth
read = lambda data: mammoth.convert_to_html(io.BytesIO(data))
"""


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bare", help="an interpreter with mammoth and python-docx")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start(folder)
        measure_quality(Path(folder))
        measure_cost(Path(folder), arguments.bare)


def start(folder):
    """Start Django with nothing of this machine's."""
    os.environ |= {
        "ENVIRONMENT": "local",
        "VAR_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
    }
    import django

    django.setup()


# --- Quality -------------------------------------------------------------------------------------


def measure_quality(folder):
    """Print, of each set of forms, how many cells are read right and how many are sure."""
    from applications.files import libreoffice
    from tests.applications.form.word import hands, held_out

    sets = {"settled by": hands.forms(), "held out": held_out.forms()}
    for name, forms in sets.items():
        print(
            f"{name}: {line(sum((score(form, form.file, '.docx') for form in forms), Counter()))}"
        )
        if libreoffice.is_installed():
            # LibreOffice writes the text of a content control several times, Word once.
            plain = [form for form in forms if form.name != "controls"]
            scores = (score(form, as_doc(form.file, folder), ".doc") for form in plain)
            print(f"{name}, as .doc: {line(sum(scores, Counter()))}")


def as_doc(data, folder):
    """Return a .docx as LibreOffice saves it as .doc."""
    path = folder / "form.docx"
    path.write_bytes(data)
    path.with_suffix(".doc").unlink(missing_ok=True)
    profile = (folder / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "doc",
         "--outdir", folder, path],
        check=True, capture_output=True,
    )  # fmt: skip
    return path.with_suffix(".doc").read_bytes()


def score(form, data, ending):
    """Return how many cells of a form are right, doubted, wrong or not found, as a Counter."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from applications.form.word.form_reading import open_word, read_form

    reading = read_form(open_word(SimpleUploadedFile(f"form{ending}", data)))
    counts = Counter()
    for name in {*form.cells, *reading.cells}:
        counts[verdict(form.cells.get(name, ""), reading.cells.get(name))] += 1
    for level, rows in form.awards.items():
        count_rows(counts, rows, reading.awards[level])
    count_rows(counts, form.members, reading.members)
    return counts


def count_rows(counts, rows, found):
    """Count the cells of a table's rows, in their order."""
    for at in range(max(len(rows), len(found))):
        row = rows[at] if at < len(rows) else [""] * len(found[at])
        cells = list(found[at].values()) if at < len(found) else [None] * len(row)
        for text, cell in zip(row, cells, strict=True):
            if text or (cell and cell.text):
                counts[verdict(text, cell)] += 1


def verdict(text, cell):
    """Return what one cell's reading is worth."""
    if cell is None or not cell.text:
        return "not found"
    right = "right" if cell.text == text else "wrong"
    return f"{right}, {'to be looked at' if cell.is_unsure else 'sure'}"


def line(counts):
    """Return the counts in words."""
    total = sum(counts.values())
    right = counts["right, sure"] + counts["right, to be looked at"]
    parts = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    return f"{right} of {total} right, {right / total:.1%} ({parts})"


# --- Cost ----------------------------------------------------------------------------------------


def measure_cost(folder, bare):
    """Print the processor's time and peak memory of reading two files, beside bare libraries."""
    from tests.applications.form.word.hands import as_asked
    from tests.applications.form.word.word_files import PROVINCIAL, docx, notice_form

    full = notice_form(
        provincial=[PROVINCIAL[0]] * 60, other=[PROVINCIAL[1]] * 60, achievements="字" * 6000
    )
    readers = [("the portal's program", sys.executable, PROGRAM)]
    readers.append(("python-docx, cells only", bare or sys.executable, PYTHON_DOCX))
    if bare:
        readers.append(("mammoth, to HTML", bare, MAMMOTH))
    for name, data in {"a form": as_asked().file, "a full form": docx(full)}.items():
        path = folder / "measured.docx"
        path.write_bytes(data)
        for reader, python, prepare in readers:
            script = TIMED.format(prepare=prepare, times=TIMES)
            told = subprocess.run(
                [python, "-c", script, path], cwd=ROOT, check=True, capture_output=True, text=True
            )
            spent, peak = json.loads(told.stdout)
            print(f"{name}, {len(data) // 1024} KB, {reader}: {spent} ms, {peak} MB at most")


if __name__ == "__main__":
    main()
