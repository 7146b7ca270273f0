"""Measure the dossier and the archive beside bare pikepdf: 30 files, 600 pages, 300 MB.

Run with the development packages installed:  python scripts/measure_dossier.py
Seconds, with those of the programs that open uploads, and peak memory of both, each in a process
of its own. The files are made up (scanned pages, some
on other paper than A4 or turned, and photographs), in a throwaway folder. Bare pikepdf appends the
same PDFs, the printed items among them and the photographs put on pages by the portal, and saves.
"""

import io
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pikepdf
import psutil
from pikepdf import Dictionary, Name, Stream
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PDFS, PAGES_EACH, PHOTOS = 24, 25, 6
ROUNDS = 3
SCAN, PHOTO = (1654, 2339), (4000, 3000)  # A4 at 200 dots an inch; a phone's 12 million pixels
SCAN_BYTES, PHOTO_BYTES = 470_000, 3_000_000
MEASURED = {
    "baseline": "nothing (Django loaded)",
    "bare": "bare pikepdf: append and save",
    "merge": "dossier, its items 1 to 4 and its photographs at hand",
    "dossier": "dossier, all of it, first in its process",
    "dossier-again": "dossier, all of it, once the fonts are loaded",
    "archive": "archive (ZIP), all of it",
}


def jpeg(size, wanted, seed):
    """Return a JPEG of about so many bytes: paper with grain, as a scanner sees it."""
    chance = random.Random(seed)  # nosec B311 - the same files every time
    grain = Image.frombytes(
        "L", (size[0] // 8, size[1] // 8), chance.randbytes((size[0] // 8) * (size[1] // 8))
    ).resize(size)
    for quality in range(95, 5, -5):
        out = io.BytesIO()
        grain.convert("RGB").save(out, "JPEG", quality=quality)
        if out.tell() <= wanted:
            break
    return out.getvalue()


def scanned(number, scan, pages=PAGES_EACH):
    """Return a PDF of scanned pages (bytes); each image's bytes differ."""
    pdf = pikepdf.new()
    for page_number in range(pages):
        size = (1191, 842) if number % 6 == 5 else (595.28, 841.89)
        pdf.add_blank_page(page_size=size)
        page = pdf.pages[-1]
        image = Stream(
            pdf,
            # Behind its end mark a JPEG may have anything: no two are the same, none is shared.
            scan.ljust(SCAN_BYTES, b"\0") + f"{number} {page_number}".encode(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=SCAN[0],
            Height=SCAN[1],
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
        page.obj.Resources = Dictionary(XObject=Dictionary(Im0=image))
        page.obj.Contents = Stream(pdf, f"q {size[0]} 0 0 {size[1]} 0 0 cm /Im0 Do Q".encode())
        if number % 6 == 4:
            page.obj.Rotate = 90
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def django_setup(folder):
    sys.path.insert(0, str(ROOT))
    os.environ.update(
        ENVIRONMENT="local",
        VAR_DIR=folder,
        DATABASE_URL=f"sqlite:///{folder}/measure.sqlite3",
        S3_BUCKET="",
        DJANGO_SETTINGS_MODULE="wsgsite.settings",
    )
    import django

    django.setup()


def fill():
    """Make one submitted application with its files, straight in storage."""
    from django.core.files.base import ContentFile
    from django.core.management import call_command

    from applications.models import Evidence
    from applications.rounds import PROOFS
    from tests import factories as make

    call_command("migrate", verbosity=0)
    people = make.make_people(make.make_round())
    application = make.make_draft(people.panel.round, people.applicant)
    application.evidence.update(removed_at=application.created_at, removed_by=people.applicant)
    scan, photo = jpeg(SCAN, SCAN_BYTES, 1), jpeg(PHOTO, PHOTO_BYTES, 2)
    for number in range(PDFS + PHOTOS):
        is_pdf = number < PDFS
        content = scanned(number, scan) if is_pdf else photo + str(number).encode()
        evidence = Evidence(
            application=application,
            category=PROOFS[number % len(PROOFS)],
            original_name=f"材料{number}.{'pdf' if is_pdf else 'jpg'}",
            content_type="application/pdf" if is_pdf else "image/jpeg",
            size=len(content),
            sha256=f"{number:064}",
            pages=PAGES_EACH if is_pdf else 1,
            uploaded_by=people.applicant,
        )
        evidence.file.save("file.pdf" if is_pdf else "file.jpg", ContentFile(content), save=False)
        evidence.save()


def bare(folder):
    """Append the same PDFs, in their order, and save."""
    inputs = sorted((folder / "inputs").iterdir())
    merged, opened = pikepdf.new(), []
    for path in inputs:
        opened.append(pikepdf.open(path))
        merged.pages.extend(opened[-1].pages)
    merged.save(folder / "bare.pdf")
    return len(merged.pages)


def material():
    from applications.models import Application
    from documents import annex2
    from documents.dossier.material import Material

    application = annex2.prepared(Application.objects.select_related("recommending_unit")).get()
    return Material(application.applying_unit.users.get(), application)


def keep_inputs(folder):
    """Put down what bare pikepdf appends, and what `merge` finds at hand."""
    from documents.dossier import dossier

    made = material()
    (folder / "inputs").mkdir()
    maker = dossier.Dossier(made, folder, lambda steps: None)
    for number, entry in enumerate(maker.entries()):
        for source in entry.sources:
            os.link(source.path, folder / "inputs" / f"{number:03}.pdf")
    assert not maker.notes, maker.notes


def peak_of(process):
    """Return the peak megabytes of a process: what getrusage says begins with its parent's."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure(what, folder):
    """Print the seconds, CPU seconds, peak megabytes and output of one of MEASURED."""
    from documents.dossier import archive, dossier

    out, work = folder / f"{what}.out", folder / what
    work.mkdir(exist_ok=True)
    pages, steps = None, lambda steps: None
    made = material() if what not in {"baseline", "bare"} else None
    if what == "merge":
        maker = dossier.Dossier(made, work, steps)
        entries = maker.entries()
        front = maker.front(entries)
    elif what == "dossier-again":
        made.report_pdf()
    start, start_cpu = time.perf_counter(), time.process_time()
    if what == "bare":
        pages = bare(folder)
        out = folder / "bare.pdf"
    elif what == "merge":
        pages = maker.merge(out, front, entries)
    elif what.startswith("dossier"):
        said = dossier.write(made, out, work, steps)
        pages, notes = said["pages"], said["notes"]
        assert not notes, notes
    elif what == "archive":
        archive.write(made, out, work, steps)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    programs = psutil.Process().children()
    cpu += sum(sum(each.cpu_times()[:2]) for each in programs)
    peak, *others = (peak_of(each) for each in ("self", *(each.pid for each in programs)))
    size = out.stat().st_size / 1024 / 1024 if out.exists() else 0
    print(
        f"{seconds:7.2f} s  {cpu:5.2f} s  {peak:5.0f} MB  {max(others, default=0):5.0f} MB"
        f"  {size:5.0f} MB  {pages or '':>5}  "
        f"{MEASURED[what]}",
        flush=True,
    )
    if out.exists():
        out.unlink()


def main():
    if len(sys.argv) == 3:
        django_setup(sys.argv[2])
        measure(sys.argv[1], Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        django_setup(folder)
        fill()
        keep_inputs(Path(folder))
        print("  elapsed      CPU  peak RSS   program   output  pages", flush=True)
        for what in [each for each in MEASURED for _ in range(ROUNDS)]:
            subprocess.run([sys.executable, __file__, what, folder], check=True)


if __name__ == "__main__":
    main()
