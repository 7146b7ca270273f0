"""What `make audit` looks for; ends with 1 for a finding, never for a source that is silent.

Runs in .venv-audit. Everything is written to var/audit: vulnerabilities, licences.md, two SBOMs in
CycloneDX (of the Python packages and of the static assets).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "var" / "audit"
BIN = Path(sys.executable).parent
CODE = [
    "accounts",
    "applications",
    "review",
    "documents",
    "operations",
    "wsgsite",
    "scripts",
    "deploy",
    "manage.py",
]
LOCKS = ["requirements.lock", "requirements-ocr.lock", "requirements-dev.lock"]

# Licences under which a public authority may run, change and pass on the portal as it is.
ALLOWED = re.compile(
    r"MIT(-0|-CMU)?( License)?|0?BSD(-[023]-Clause)?( License)?|ISC.*|HPND|Zlib|Unlicense|OFL-1\.1"
    r"|Apache([- ]2\.0| Software License)?|Apache License.*|SIL Open Font License.*|CNRI-Python"
    r"|PSF-2\.0|Python Software Foundation License|MPL-[12]\.[01]|Mozilla Public License.*"
    r"|(GNU )?(Library or )?Lesser General Public License.*|LGPL-.*|GNU Library or Lesser.*"
    r"|GNU Lesser General Public License.*"
)
# Known vulnerabilities that do not concern the portal: {identifier: reason}.
ACCEPTED_VULNERABILITIES = {}
# Packages whose licence is none of these, or is worded in its own way: {name: reason}.
ACCEPTED_LICENCES = {
    "pypdfium2": "BSD-3-Clause or Apache-2.0; brings PDFium with parts of it under FreeType's, "
    "libtiff's, OpenJPEG's and like licences, all of them permissive",
}


class Audit:
    """Runs the tools and keeps what they found, and which of them could not look."""

    def __init__(self):
        self.findings = []
        self.silent = []

    def found(self, what, lines):
        self.findings += lines
        print(f"{'FOUND' if lines else 'ok':<8}{what}" + (f": {len(lines)}" if lines else ""))
        for line in lines:
            print(f"        {line}")

    def no_answer(self, what, why):
        self.silent.append(what)
        print(f"SILENT  {what}: its source did not answer ({why})")


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def last_line(text):
    return (text.strip().splitlines() or ["no output"])[-1][:200]


def python_vulnerabilities(audit):
    for lock in LOCKS:
        what = f"known vulnerabilities in {lock} (pip-audit)"
        done = run(
            BIN / "pip-audit", "--requirement", lock, "--disable-pip", "--require-hashes",
            "--progress-spinner", "off", "--timeout", "15", "--format", "json",
        )  # fmt: skip
        try:
            answer = json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError):
            audit.no_answer(what, last_line(done.stderr))
            continue
        (OUT / f"vulnerabilities-{lock}.json").write_text(done.stdout)
        skipped = [each["name"] for each in answer if "skip_reason" in each]
        if len(skipped) > len(answer) // 10:
            audit.no_answer(what, f"nothing about {len(skipped)} of {len(answer)} packages")
            if len(skipped) == len(answer):
                continue
        audit.found(
            what,
            [
                f"{each['name']} {each['version']}: {bug['id']}, mended in "
                f"{', '.join(bug['fix_versions']) or 'no release'}"
                for each in answer
                for bug in each.get("vulns", ())
                if bug["id"] not in ACCEPTED_VULNERABILITIES
            ],
        )


def npm_vulnerabilities(audit):
    what = "known vulnerabilities of the static assets (npm audit)"
    done = run("npm", "audit", "--package-lock-only", "--json")
    try:
        answer = json.loads(done.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        audit.no_answer(what, (done.stderr.strip().splitlines() or ["no output"])[0])
        return
    (OUT / "vulnerabilities-npm.json").write_text(done.stdout)
    audit.found(what, [f"{name}: {each['severity']}" for name, each in answer.items()])


def unsafe_code(audit):
    done = run(BIN / "bandit", "--quiet", "-c", "pyproject.toml", "-r", *CODE, "-f", "json")
    answer = json.loads(done.stdout)
    (OUT / "bandit.json").write_text(done.stdout)
    audit.found(
        "unsafe code (bandit)",
        [
            *(
                f"{each['filename']}:{each['line_number']} {each['test_id']} {each['issue_text']}"
                for each in answer["results"]
            ),
            *(f"{each['filename']}: {each['reason']}" for each in answer["errors"]),
        ],
    )


def dockerfile(audit):
    done = run(BIN / "hadolint", "--no-color", "deploy/Dockerfile")
    audit.found("Dockerfile (hadolint)", (done.stdout + done.stderr).strip().splitlines())


def licences(audit):
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / LOCKS[0]).read_text(), re.MULTILINE)
    done = run(
        BIN / "pip-licenses", "--python", ".venv/bin/python", "--format", "json", "--with-system",
        "--packages", *locked,
    )  # fmt: skip
    rows = [(each["Name"], each["Version"], each["License"]) for each in json.loads(done.stdout)]
    assets = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for folder, locked_as in assets.items():
        if folder and not locked_as.get("dev") and not locked_as.get("peer"):
            package = json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))
            rows.append((package["name"], package["version"], package.get("license", "UNKNOWN")))
    lines = [f"| {name} | {version} | {licence} |" for name, version, licence in rows]
    head = "| package | version | licence |\n|---|---|---|\n"
    (OUT / "licences.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    audit.found(
        f"licences of {len(rows)} packages that are shipped",
        [
            f"{name} {version}: {licence}"
            for name, version, licence in rows
            if not is_allowed(licence) and name.lower() not in ACCEPTED_LICENCES
        ],
    )


def is_allowed(licence):
    """Whether one of the licences that can be chosen is allowed, with all of its parts."""
    choices = re.split(r"; | OR ", licence.replace("(", " ").replace(")", " "))
    return any(
        all(ALLOWED.fullmatch(part.strip()) for part in choice.split(" AND ")) for choice in choices
    )


def bill_of_materials(audit):
    lines = []
    done = run(
        BIN / "cyclonedx-py", "requirements", LOCKS[0], "--pyproject", "pyproject.toml",
        "--output-reproducible", "--output-file", str(OUT / "sbom-python.cdx.json"),
    )  # fmt: skip
    if done.returncode:
        lines.append(f"cyclonedx-py: {last_line(done.stderr)}")
    done = run("npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev")
    if done.returncode:
        lines.append(f"npm sbom: {last_line(done.stderr)}")
    else:
        (OUT / "sbom-npm.cdx.json").write_text(done.stdout)
    audit.found("SBOM written (CycloneDX)", lines)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    audit = Audit()
    python_vulnerabilities(audit)
    npm_vulnerabilities(audit)
    unsafe_code(audit)
    dockerfile(audit)
    licences(audit)
    bill_of_materials(audit)
    print(f"\nThe reports are in {OUT.relative_to(ROOT)}")
    if audit.silent:
        print("*** NOT LOOKED AT: " + "; ".join(audit.silent) + " ***")
    return 1 if audit.findings else 0


if __name__ == "__main__":
    sys.exit(main())
