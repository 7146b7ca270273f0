"""Measure what reading an earlier year's list costs beside the bare library.

Run with the development packages installed; LibreOffice makes the .xls:
    python scripts/measure_earlier_years.py [ROWS]
Printed for .xlsx and .xls of so many rows in the notice's columns: processor time and peak memory
of a process that reads all cells with openpyxl or xlrd alone, and of the portal's program; then the
processor time of understanding what was read.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
ROWS, TIMES = 1000, 5
SHEETS = 10
HEAD = [
    *(
        "序号",
        "单位",
        "领办人",
        "工种",
        "技能等级",
        "岗位",
        "主要成绩",
        "主要荣誉",
        "工作室成立文件",
    ),
    *("工作室建设情况", "工作室主要成员", "工作室地址", "单位联系人"),
]
# What each child does with the file whose name it gets: read every cell, or all that we keep.
BARE = {
    ".xlsx": (
        "from openpyxl import load_workbook\n"
        "book = load_workbook(name, read_only=True, data_only=True)\n"
        "for sheet in book.worksheets:\n"
        "    for row in sheet.iter_rows(values_only=True):\n"
        "        list(row)\n"
    ),
    ".xls": (
        "import xlrd\n"
        "book = xlrd.open_workbook(name, on_demand=True)\n"
        "for number in range(book.nsheets):\n"
        "    sheet = book.sheet_by_index(number)\n"
        "    for row in range(sheet.nrows):\n"
        "        sheet.row_values(row)\n"
    ),
}
OURS = (
    "from pathlib import Path\n"
    "from review.earlier_years.sheet_program import read\n"
    "read({}, Path(name).read_bytes())\n"
)


def workbook(rows):
    """Return an .xlsx of `rows` projects in sheets of ten recommending units."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for sheet in range(SHEETS):
        own = book.create_sheet(f"第{sheet + 1}区")
        own.append(["2023年武汉市技能大师工作室建设项目申报情况一览表"])
        own.append([f"推荐单位（盖章）：第{sheet + 1}区人社局"])
        own.append(HEAD)
        for row in range(rows // SHEETS):
            own.append(
                [row + 1, f"虚构第{sheet}-{row}机械有限公司", "张某某", "焊工", "高级技师", "班长"]
                + ["完成技术革新多项，节约成本若干万元。" * 8] * 5
                + ["武汉市某某路 1 号", "联系某 13800000000"]
            )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def run(code, name):
    """Run code in a process of its own; return its processor seconds and peak memory in MB."""
    told = (
        "import resource, sys\nname = sys.argv[1]\n" + code + "\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", told, str(name)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, memory = answer.stdout.split()
    return float(seconds), int(memory)


def best(code, name):
    """Return the least of several runs: what others do on the machine only adds."""
    runs = [run(code, name) for _ in range(TIMES)]
    return min(seconds for seconds, _ in runs), min(memory for _, memory in runs)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    empty, base = best("", "")
    print(f"empty process {empty:.2f} s, {base} MB")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "list.xlsx"
        made.write_bytes(workbook(rows))
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "xls", "--outdir", folder]
        subprocess.run([*command, str(made)], check=True, capture_output=True)
        for suffix, bare in BARE.items():
            name = made.with_suffix(suffix)
            size = name.stat().st_size // 1024
            for who, code in (("bare", bare), ("ours", OURS)):
                seconds, memory = best(code, name)
                print(f"{suffix} {rows} rows, {size} KB, {who}: {seconds:.2f} s, {memory} MB")
        understand(made)


def understand(name):
    """Print how long the portal takes to find the projects among the cells."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "wsgsite.settings"
    os.environ.setdefault("ENVIRONMENT", "local")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from review.earlier_years import reading, sheet_program

    _, cells = sheet_program.read({}, name.read_bytes())
    sheets = json.loads(cells)
    spent = []
    for _ in range(TIMES):
        begun = process_time()
        result = reading.read(sheets, name.name)
        spent.append(process_time() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"understood: {len(result.rows)} projects in {min(spent):.3f} s ({memory} MB in all)")


if __name__ == "__main__":
    main()
