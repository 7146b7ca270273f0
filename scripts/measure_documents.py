"""Measure 附件1 with 1,000 rows and 附件2, as Excel or PDF and as Word: seconds and peak memory.

Each is made in a process of its own.

Run with the development packages installed:  python scripts/measure_documents.py
With ROWS=10000 in the environment 附件1 has so many.
The data are made up, in a throwaway database.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = int(os.environ.get("ROWS", "1000"))
UNITS = 20
SENTENCE = "2019年主持完成某型主轴箱体高精度镗削工艺攻关，孔系同轴度由0.05毫米提高到0.012毫米，"
MEASURED = {
    "baseline": "nothing (Django loaded)",
    "annex1-unit": f"附件1, one unit, {ROWS} rows",
    "annex1-round": f"附件1, whole round, {ROWS} rows on a summary and {UNITS} sheets",
    "annex1-round-word": f"附件1 as Word, whole round, {ROWS} rows in {UNITS} sections",
    "annex1-bare-word": f"python-docx's own table of {ROWS} rows of 13 cells, no database",
    "annex2-typical": "附件2, typical, first in its process",
    "annex2-typical-again": "附件2, typical, once the fonts are loaded",
    "annex2-kept": "附件2, typical, unchanged and kept",
    "annex2-long": "附件2, 6,000 characters of 工作业绩, 20 awards, 25 members",
    "annex2-typical-word": "附件2 as Word, typical, first in its process",
    "annex2-typical-word-again": "附件2 as Word, typical, again",
    "annex2-long-word": "附件2 as Word, the long one",
}


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
    """Make the round of 1,000, in bulk and straight at its stage, and the two forms."""
    from django.core.management import call_command

    from applications.models import Application, Award, Evidence, StudioMember
    from applications.stages import Stage
    from tests import factories as make

    call_command("migrate", verbosity=0)
    round_ = make.make_round(title="测量用批次")
    people = make.make_people(round_)
    form = make.make_draft(round_, people.applicant, achievements=SENTENCE * 10)
    make.take(form, "submit", people)
    long = make.make_draft(round_, people.applicant, achievements=(SENTENCE * 130)[:6000])
    Award.objects.bulk_create(
        Award(
            application=long,
            level=Award.Level.values[number % 2],
            position=number,
            project=SENTENCE[:40],
            name="湖北省职工技术创新成果奖",
            authority="湖北省总工会",
            year=2000 + number,
        )
        for number in range(20)
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=long, name=f"成员{number}", occupation="焊工", skill_level="4")
        for number in range(25)
    )

    many = make.make_round(title="千行批次")
    units = [make.make_recommending_unit() for _ in range(UNITS)]
    unit = people.applicant.applying_unit
    fields = make.complete_fields(
        unit, main_results=SENTENCE * 5, studio_status=SENTENCE * 3, achievements=SENTENCE * 60
    )
    applications = Application.objects.bulk_create(
        Application(
            round=many,
            applying_unit=unit,
            recommending_unit=units[number % UNITS],
            host_kind=unit.host_kind,
            stage=Stage.RECOMMENDED,
            number=f"M{number}",
            rank=number // UNITS + 1,
            **fields,
        )
        for number in range(ROWS)
    )
    proofs = Evidence.objects.bulk_create(
        Evidence(
            application=application,
            category="HONOUR",
            file="none.pdf",
            original_name="none.pdf",
            content_type="application/pdf",
            size=1,
            uploaded_by=people.applicant,
        )
        for application in applications
    )
    Award.objects.bulk_create(
        Award(
            application_id=proof.application_id,
            level=Award.Level.OTHER,
            name="湖北省职工技术创新成果奖",
            authority="湖北省总工会",
            grade="二等奖",
            year=2010 + number,
            evidence=proof,
        )
        for proof in proofs
        for number in range(6)
    )
    StudioMember.objects.bulk_create(
        StudioMember(application=each, name=f"成员{number}", occupation="焊工", skill_level="4")
        for each in applications
        for number in range(5)
    )


def _programs_cpu():
    """Return the CPU seconds of the programs that this process has started and that still wait."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(what):
    """Print the seconds, CPU seconds, peak megabytes and kilobytes of output of one of MEASURED.

    The megabytes are this process's own; 附件2 as PDF is laid out in a program beside it.
    """
    from django.db.models import Count
    from django.urls import reverse

    from applications.models import Application
    from applications.permissions import Privacy
    from applications.rounds import Round
    from documents import annex1, annex2, kept_forms

    is_word = "word" in what
    # A process that serves pages has loaded its addresses; a code on the form has one.
    reverse("documents:annex2", args=[1])
    made = b""
    if what.startswith("annex1"):
        many = Round.objects.get(title="千行批次")
        applications = Application.objects.filter(round=many)
        unit = None
        if what == "annex1-unit":
            unit = applications.first().recommending_unit
            applications.update(recommending_unit=unit)
    elif what.startswith("annex2"):
        forms = annex2.prepared(Application.objects.filter(round__title="测量用批次"))
        forms = forms.annotate(rows=Count("awards")).order_by("rows")
        form = forms.last() if what.startswith("annex2-long") else forms.first()
        if what.endswith("again"):
            _form(form, is_word)
        if what.endswith("kept"):
            kept_forms.form(form, Privacy.FULL)
    start, start_cpu = time.perf_counter(), time.process_time() + _programs_cpu()
    if what == "annex1-bare-word":
        made = _bare_table()
    elif what.startswith("annex1"):
        listing = annex1.Annex1(many, applications, unit)
        made = _word_list(listing) if is_word else listing.content()
    elif what.endswith("kept"):
        made = kept_forms.form(form, Privacy.FULL)
    elif what.startswith("annex2"):
        made = _form(form, is_word)
    seconds = time.perf_counter() - start
    cpu = time.process_time() + _programs_cpu() - start_cpu
    # What getrusage says begins with the peak of the process that filled the database.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    print(
        f"{seconds:7.2f} s  {cpu:5.2f} s  {peak:5.0f} MB  {len(made) / 1024:5.0f} KB  "
        f"{MEASURED[what]}"
    )


def _form(application, is_word):
    from applications.permissions import Privacy
    from documents import annex2

    if not is_word:
        return annex2.render(application, Privacy.FULL)
    from documents.word import annex2_docx

    return annex2_docx.render(application, Privacy.FULL)


def _word_list(listing):
    from documents.word import annex1_docx

    return annex1_docx.render(listing)


def _bare_table():
    """Return a Word file with as many cells, written as python-docx's manual says."""
    from docx import Document

    document = Document()
    table = document.add_table(ROWS, 13)
    for row in table.rows:
        for cell in row.cells:
            cell.text = SENTENCE[:20]
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def main():
    if len(sys.argv) == 3:
        django_setup(sys.argv[2])
        measure(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        django_setup(folder)
        fill()
        print("  elapsed      CPU  peak RSS   output", flush=True)
        # The one-unit list comes last, as it moves all applications to that unit.
        for what in sorted(MEASURED, key=lambda name: name == "annex1-unit"):
            subprocess.run([sys.executable, __file__, what, folder], check=True)


if __name__ == "__main__":
    main()
