"""Measure how well, and at what cost, the material is read (the section of docs/benchmarks.md).

Run with the development packages installed:
    python -m scripts.measure_recognition.run [--only WHAT] [--pages FOLDER] [--shift N]
WHAT is `quality`, `cost` or `portal`. FOLDER keeps what was read, so that comparing can be measured
again without reading again. With a shift each page comes in another condition. The pages are those
of tests/recognition_pages: made up, their truth known. It wants a machine that does nothing else,
and two cores.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from scripts.measure_recognition import portal
from tests.recognition_pages.applications import applications
from tests.recognition_pages.truth import missed_fields

CORE = 0
READ, RANKED, PLANTED, FALSE = 0.97, 0.95, 0.95, 0.5
TIME, MEMORY = 1.15, 0.55
TICKS = os.sysconf("SC_CLK_TCK")


# --- Two readers ------------------------------------------------------------------------------


class Bare:
    """The bare library in a process of its own, on one core."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.measure_recognition.bare"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {CORE}),
        )

    @property
    def pid(self):
        return self.process.pid

    def read(self, path, file, number):
        """Return the lines of text of a page."""
        self.process.stdin.write(json.dumps([str(path), number]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Ours:
    """The portal's reader, as the worker asks it, on the same core."""

    def __init__(self):
        from applications.recognition import reader

        os.sched_setaffinity(0, {CORE})
        self.reader = reader

    @property
    def pid(self):
        return self.reader.READING._idle[-1][0].pid

    def read(self, path, file, number):
        """Return the `Page`."""
        return self.reader.read_page(
            file.content, file.media_type, file.sha256, number, file.category == "STAMPED"
        )

    def end(self):
        self.reader.READING.end()


def cpu_of(pid):
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_of(pid):
    """Return the most memory (MB) that a process has held."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


# --- Reading the pages -------------------------------------------------------------------------


def made_pages(shift):
    """Yield (file, number from 1, `MadePage`) of all pages."""
    for made in applications(shift):
        for file in made.files:
            for number, page in enumerate(file.pages, 1):
                yield file, number, page


def read_all(folder, shift, with_bare):
    """Read every page; return {id of the page: `Page`}, and {"ours", "bare": figures}."""
    readers = {"ours": Ours(), **({"bare": Bare()} if with_bare else {})}
    read, figures = {}, {name: defaultdict(list) for name in readers}
    for file, number, page in made_pages(shift):
        path = folder / f"{file.sha256}{'.pdf' if file.is_pdf else '.jpg'}"
        if not path.exists():
            path.write_bytes(file.content)
        for name, reader in readers.items():
            before = cpu_of(reader.pid) if figures[name]["cpu"] else 0
            answer = reader.read(path, file, number)
            figures[name]["cpu"].append(cpu_of(reader.pid) - before)
            figures[name]["peak"].append(peak_of(reader.pid))
            if name == "ours":
                read[page.id] = answer
            else:
                figures[name]["texts"].append((page, answer))
    for reader in readers.values():
        reader.end()
    return read, figures


def kept_or_read(folder, shift, with_bare):
    """Read every page, or take what was kept in the folder."""
    from applications.recognition.page import Page

    kept = folder / f"pages-{shift}.json"
    if kept.exists() and not with_bare:
        return {key: Page.from_json(text) for key, text in json.loads(kept.read_text()).items()}, {}
    read, figures = read_all(folder, shift, with_bare)
    kept.write_text(json.dumps({key: page.to_json() for key, page in read.items()}))
    return read, figures


# --- What was read -----------------------------------------------------------------------------


def fields_read(texts):
    """Return (read, missed) of (page, lines): lists of (page, field, its text)."""
    read, missed = [], []
    for page, lines in texts:
        wrong = missed_fields(page, lines)
        for name, pieces in page.fields.items():
            (missed if name in wrong else read).append((page, name, "".join(pieces)))
    return read, missed


def share(part, whole):
    return f"{len(part)} of {len(whole)}, {len(part) / len(whole):.1%}" if whole else "none"


def print_fields(read_pages, figures, shift):
    """Print the share of fields read, of ours and of the bare library, by condition and kind."""
    texts = [
        (page, [line.text for line in read_pages[page.id].lines])
        for _, _, page in made_pages(shift)
    ]
    read, missed = fields_read(texts)
    print(f"\nFields read letter for letter: {share(read, read + missed)} (goal {READ:.0%})")
    if "bare" in figures:
        bare_read, bare_missed = fields_read(figures["bare"]["texts"])
        print(f"By the bare library: {share(bare_read, bare_read + bare_missed)}")
    for what in ("condition", "paper"):
        right = Counter(getattr(page, what) for page, *_ in read)
        wrong = Counter(getattr(page, what) for page, *_ in missed)
        print(f"\n| {what} | fields | read |\n| --- | --: | --: |")
        for key in sorted(right | wrong):
            whole = right[key] + wrong[key]
            print(f"| {key} | {whole} | {right[key] / whole:.1%} |")
    print()
    for page, name, text in missed:
        print(f"missed: {page.id} {name} {text}")


# --- What comparing shows ----------------------------------------------------------------------


def compare_all(read_pages, shift):
    """Print how proofs are ranked, what of the planted errors is found, and false hints."""
    from django.core.management import call_command

    from applications.recognition.claims import candidates_of, findings_of
    from applications.recognition.contradictions import contradictions_of
    from applications.recognition.findings import Agreement
    from tests import factories
    from tests.recognition_pages.rows import save_application

    call_command("migrate", verbosity=0)
    round_ = factories.make_round()
    first, asked, found, planted, false = [], [], [], [], []
    took = 0.0
    for made in applications(shift):
        application, files, awards = save_application(made, round_)
        pages = {
            row.pk: [read_pages[page.id] for page in file.pages]
            for row, file in zip(files, made.files, strict=True)
        }
        wrong_rows = {
            about[1] for plant in made.planted for about in plant.abouts if about[0] == "award"
        }
        for index, (award, row) in enumerate(zip(made.awards, awards, strict=True)):
            if award.file is None or index in wrong_rows:
                continue
            asked.append((made, index))
            ranked = candidates_of(row, application, pages)
            if ranked and place_of(ranked[0]) == (files[award.file].pk, award.page + 1):
                first.append((made, index))
            else:
                said = [place_of(candidate) for candidate in ranked[:3]]
                print(f"not first: {made.key} award {index} {award.claim}: {said}")
        began = time.perf_counter()
        findings = [
            finding
            for finding in (
                *findings_of(application, pages),
                *contradictions_of(application, pages),
            )
            if finding.agreement is not Agreement.FOUND
        ]
        took += time.perf_counter() - began
        told = set()
        for plant in made.planted:
            planted.append((made, plant))
            abouts = {about_of(about, awards) for about in plant.abouts}
            hints = [finding for finding in findings if abouts & {finding.about, finding.key}]
            if any(finding.agreement is not Agreement.NOT_LEGIBLE for finding in hints):
                found.append((made, plant))
            else:
                print(f"not found: {made.key} {plant.what} {plant.abouts}")
            told |= abouts | {about_of(about, awards) for about in plant.also}
        for finding in findings:
            if not told & {finding.about, finding.key}:
                false.append((made, finding))
                print(
                    f"false hint: {made.key} {finding.key} {finding.agreement} {finding.sentence}"
                )
    count = len(applications(shift))
    print(f"\nRight proof ranked first: {share(first, asked)} (goal {RANKED:.0%})")
    print(f"Planted errors found: {share(found, planted)} (goal {PLANTED:.0%})")
    print(f"False hints: {len(false)}, {len(false) / count:.2f} an application (goal {FALSE})")
    print(f"Comparing took {took / count * 1000:.0f} ms an application")


def place_of(candidate):
    """Return (key of the file, page) of a candidate."""
    return candidate.file, candidate.page


def about_of(about, awards):
    """Return an about of `Planted` as findings write it."""
    return f"award-{awards[about[1]].pk}" if about[0] == "award" else about


# --- What it costs -----------------------------------------------------------------------------


def print_cost(figures):
    """Print CPU seconds and memory of ours beside the bare library's."""
    ours, bare = figures["ours"], figures["bare"]
    print("\n| on one core | start and first page, CPU s | a page, CPU s | peak, MB |")
    print("| --- | --: | --: | --: |")
    for name, what in (("the portal's reader", ours), ("RapidOCR with its defaults", bare)):
        pages = what["cpu"][1:]
        print(
            f"| {name} | {what['cpu'][0]:.1f} | {sum(pages) / len(pages):.2f} | "
            f"{max(what['peak']):.0f} |"
        )
    time_ = sum(ours["cpu"][1:]) / sum(bare["cpu"][1:])
    memory = max(ours["peak"]) / max(bare["peak"])
    print(f"\nTime {time_:.2f} × the library's (goal {TIME}), memory {memory:.2f} (goal {MEMORY})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["quality", "cost", "portal"])
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--shift", type=int, default=0)
    options = parser.parse_args()
    os.environ |= {
        "ENVIRONMENT": "local",
        "DATABASE_URL": "sqlite://:memory:",
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
    }
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.pages or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if options.only != "portal":
            read_pages, figures = kept_or_read(
                folder, options.shift, with_bare=options.only != "quality"
            )
            if options.only != "cost":
                print_fields(read_pages, figures, options.shift)
                compare_all(read_pages, options.shift)
            if "bare" in figures:
                print_cost(figures)
        if options.only in {None, "portal"}:
            (folder / "portal").mkdir()
            portal.measure(folder / "portal")


if __name__ == "__main__":
    main()
