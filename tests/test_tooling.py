"""What the tools promise: locks without addresses, settings documented, a bare machine enough."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


LOCKS = [f"requirements{kind}.lock" for kind in ("", "-demo", "-dev", "-audit")]


@pytest.mark.parametrize("name", LOCKS)
def test_python_locks_have_hashes_and_no_addresses(name):
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^\S+==\S+.*", text, re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned), "a package has no hash"
    assert not re.search(r"https?://|^\s*--(?!hash)", text, re.MULTILINE)


def test_npm_lock_has_digests_and_no_addresses():
    text = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('"node_modules/')


def test_locks_hold_every_package_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    def missing(requirements, lock):
        pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        return {re.match(r"[a-z0-9-]+", each)[0] for each in requirements} - pinned

    runtime = project["project"]["dependencies"]
    groups = project["dependency-groups"]
    dev = [name for name in groups["dev"] if isinstance(name, str)]
    included = [name["include-group"] for name in groups["dev"] if not isinstance(name, str)]
    assert included == ["demo", "ocr"]
    assert not missing(runtime, "requirements.lock")
    assert not missing(groups["demo"], "requirements-demo.lock")
    assert not missing(groups["ocr"], "requirements-ocr.lock")
    everything = runtime + groups["demo"] + groups["ocr"] + dev
    assert not missing(everything, "requirements-dev.lock")
    assert not missing(groups["audit"], "requirements-audit.lock")


def test_every_dependency_says_why():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = text[: text.index("[tool.")].splitlines()
    listed = [line for line in lines if re.match(r'    "[a-z][\w\-\[\]~=.]+",', line)]
    assert listed
    assert [line for line in listed if "# " not in line] == []


def test_every_setting_is_documented():
    files = ("wsgsite/settings.py", "deploy/gunicorn.conf.py")
    settings = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    read = set(re.findall(r'(?:env(?:\.\w+)?|secret)\(\s*"([A-Z][A-Z0-9_]+)"', settings))
    documented = set(
        re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    assert read
    assert read == documented


def test_every_test_that_security_md_names_exists():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    named, path = 0, None
    for found in re.finditer(r"(tests/[\w/]+(?:\.py)?)?((?:::\w+)*)", text):
        path = found[1] or path
        if not found[0]:
            continue
        assert (ROOT / path).exists(), path
        for name in found[2].split("::")[1:]:
            named += 1
            assert re.search(rf"(def|class) {name}\b", (ROOT / path).read_text()), found[0]
    assert named > 100


DECODERS = {
    "PIL", "asn1crypto", "fontTools", "lxml", "pikepdf", "pypdfium2", "pypdfium2_raw", "xlrd",
}  # fmt: skip
# What runs in a program (applications/files/program_bounds.py), and so may open what was uploaded.
PROGRAMS = {
    "applications.files.active_documents",
    "applications.files.appearances",
    "applications.files.archive_program",
    "applications.files.thumbnail_program",
    "applications.files.check_program",
    "applications.files.document_program",
    "applications.files.hostile_xml",
    "applications.files.landlock",
    "applications.files.libreoffice_program",
    "applications.files.ofd.container",
    "applications.files.ofd.document",
    "applications.files.ofd.drawing",
    "applications.files.ofd.images",
    "applications.files.ofd.rendition_program",
    "applications.files.ofd.signatures",
    "applications.files.ofd.typefaces",
    "applications.files.pdfium",
    "applications.files.picture_renditions",
    "applications.files.pictures",
    "applications.files.signature_program",
    "applications.files.signed_values",
    "applications.form.word.docx_package",
    "applications.form.word.docx_text",
    "applications.form.word.list_numbers",
    "applications.form.word.symbol_fonts",
    "applications.form.word.word_program",
    "applications.notify.channels.network_door",
    "applications.notify.channels.send_program",
    "applications.recognition.page_picture_program",
    "review.earlier_years.sheet_program",
    "review.inspection.photo_program",
    "documents.embedded_record",
    "documents.dossier.archive_checks",
    "documents.dossier.binding",
    "documents.dossier.marks",
    "documents.dossier.page_program",
    "documents.dossier.pages",
    "documents.dossier.picture_pages",
    "documents.dossier.redrawing",
}
# PDFs and Word files that the portal itself makes.
OPEN_THEIR_OWN = {
    "documents/dossier/dossier.py",
    "documents/page_count.py",
    "documents/dossier/watermark.py",
    "documents/word/paper.py",
}


def imported(path):
    """The first parts of all that a module imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return names


def test_uploads_are_opened_by_programs_alone():
    programs = {f"{module.replace('.', '/')}.py" for module in PROGRAMS}
    for package in ("accounts", "applications", "review", "documents", "operations", "wsgsite"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name in programs | OPEN_THEIR_OWN:
                continue
            assert not {each.split(".")[0] for each in imported(path)} & DECODERS, name


def test_programs_know_nothing_of_the_portal_but_each_other():
    modules = PROGRAMS | {
        "accounts.characters",
        "applications.files.file_kinds",
        "applications.files.program_bounds",
        "applications.files.limits",
    }
    own = ("accounts", "applications", "review", "documents", "operations", "wsgsite", "django")
    for name in modules:
        for each in imported(ROOT / f"{name.replace('.', '/')}.py"):
            package = ROOT / each.replace(".", "/") / "__init__.py"
            is_empty = package.exists() and not package.read_text()
            if each.split(".")[0] in own and not is_empty:
                assert any(each == known or each.startswith(f"{known}.") for known in modules), name


def run_bare(*command, **environ):
    """Run a command with next to no environment: as a new machine, a service or cron does."""
    bare = {"PATH": os.environ["PATH"], "ENVIRONMENT": "local", **environ}
    return subprocess.run(
        command, cwd=ROOT, env=bare, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_portal_needs_no_time_zones_of_the_machine(tmp_path):
    """A minimal Debian has none."""
    manage = (sys.executable, "manage.py")
    done = run_bare(*manage, "check", PYTHONTZPATH="", VAR_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_scripts_print_chinese_whatever_language_the_machine_speaks():
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    script = 'source scripts/common.sh; "$0" -c "print(chr(0x6b66))"'
    done = run_bare("bash", "-c", script, sys.executable, **ascii_only)
    assert (done.stdout, done.stderr) == ("武\n", "")


def test_a_missing_package_is_named_with_a_line_that_a_new_machine_can_run(tmp_path):
    """It knows no package by name before its first update."""
    for name in ("id", "bash", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    script = "source scripts/common.sh; need_packages Pango libpango-1.0-0"
    done = run_bare("/usr/bin/bash", "-c", script, PATH=str(tmp_path))
    assert done.returncode == 1
    line = "sudo apt-get update && sudo apt-get install -y libpango-1.0-0"
    assert done.stderr == f"*** 缺少 Pango，请执行：{line}\n"


def test_no_script_words_the_line_that_installs_by_itself():
    scripts = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci/run"]
    worded = {path.name for path in scripts if re.search("sudo apt-get", path.read_text())}
    assert worded == {"common.sh"}
