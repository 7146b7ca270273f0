"""The tables of a run, and those of the last whole run, in Markdown."""

import platform
import re
import statistics
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

REPORT = Path("docs/benchmarks.md")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
MEMORY_GOAL = 110  # MB


def machine(databases, load, commit, base):
    """Describe what was measured, and on what."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "gunicorn", "psycopg2-binary")
    )
    beside = f", beside {base}" if base else ""
    return (
        f"Commit {commit}{beside}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} "
        f"cores of {models[0] if models else platform.machine()}, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{packages}, {', '.join(databases)}. Load average before the run: {load:.1f}."
    )


def table(head, rows):
    """Return a Markdown table whose first column is text and whose others are figures."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, rule, *rows])


def row(page, recorded):
    """Return the cells of a page's line, by the heads of their columns."""
    times, figures = page.here.times, page.here.figures
    ratio = page.ratios.get("bare")
    cells = {
        "page": page.name,
        "median ms": f"{statistics.median(times):.1f}",
        "p95 ms": f"{statistics.quantiles(times, n=20)[-1]:.1f}",
        "× bare": f"{ratio:.1f}" if ratio else "",
        "goal": f"{page.goal:g}" if page.goal else "",
    }
    if recorded is not None:
        cells["× bare, last recorded"] = recorded.get(page.name, "")
    if "base" in page.ratios:
        cells["× base"] = f"{page.ratios['base']:.2f}"
    return cells | {
        "requests/s": f"{figures['rate']:.0f}",
        "SQL": str(figures["queries"]),
        "bytes": f"{figures['bytes']:,}",
        "MB": f"{figures['memory']:.0f}",
    }


def recorded_ratios(database, size):
    """Return {page: its ratio as text} of the last whole run on this kind of database and size."""
    text = REPORT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    kind = database.split()[0]
    pattern = rf"\*\*{kind}[^*]* {size:,} applications\*\*\n\n(.*?)\n\n"
    match = re.search(pattern, text + "\n\n", re.DOTALL)
    if match is None:
        return {}
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in match[1].splitlines()
    ]
    return {cells[0]: cells[head.index("× bare")] for cells in rows}


def report(results, load, commit, base, compare_with=None):
    """Return what was measured, in Markdown.

    `results` are ((database, size), pages); `compare_with` is the size of the last whole run whose
    ratios stand beside these.
    """
    databases = dict.fromkeys(database for (database, _), _ in results)
    text = machine(databases, load, commit, base) + "\n"
    for (database, size), pages in results:
        recorded = recorded_ratios(database, compare_with) if compare_with else None
        rows = [row(page, recorded) for page in pages]
        heads = list(max(rows, key=len))
        text += f"\n**{database}, {size:,} applications**\n\n"
        text += table(heads, [[cells.get(head, "") for head in heads] for cells in rows])
    sizes = sorted({size for (_, size), _ in results})
    if len(sizes) > 1:
        text += growth(results, sizes[0], sizes[-1])
        text += verdict(results, sizes[-1])
    return text


def growth(results, least, most):
    """Return how each page's median grows with the number of applications."""
    medians = {
        key: {page.name: statistics.median(page.here.times) for page in pages}
        for key, pages in results
    }
    databases = list(dict.fromkeys(database for database, _ in medians))
    rows = [
        [
            name,
            *(
                f"{medians[each, most][name] / medians[each, least][name]:.2f}"
                for each in databases
            ),
        ]
        for name in medians[databases[0], least]
    ]
    title = f"Median at {most:,} applications, as a multiple of that at {least:,}"
    return f"\n**{title}**\n\n" + table(["page", *databases], rows)


def verdict(results, most):
    """Return which goals were missed at the largest size, and by how much."""
    missed = []
    for (database, size), pages in results:
        if size != most:
            continue
        for page in pages:
            ratio = page.ratios.get("bare")
            if page.goal and round(ratio, 1) > page.goal:
                missed.append(
                    f"- {page.name}, {database}: {ratio:.1f} where {page.goal:g} was meant"
                )
        memory = max(page.here.figures["memory"] for page in pages[2:])
        if memory > MEMORY_GOAL:
            missed.append(
                f"- memory of a worker, {database}: {memory:.0f} MB where {MEMORY_GOAL} was meant"
            )
    lines = "\n".join(missed) or "None."
    return f"\n**Goals missed at {most:,} applications**\n\n{lines}\n"


def keep(text):
    """Put what was measured between the marks of docs/benchmarks.md."""
    before, _, rest = REPORT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    REPORT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
