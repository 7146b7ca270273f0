"""What `manage.py` says: those who run the portal read Chinese, and each own command speaks it."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.test import override_settings

from operations.backups import BackupError, check

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    name: app
    for name, app in get_commands().items()
    if (ROOT / app / "management/commands" / f"{name}.py").exists()
}
# What Django, the database's programs and the operating system say stays theirs.
FOREIGN = re.compile(r"\[Errno \d+\] [^:：）]*|No such file or directory|Is a directory")


def is_chinese(text):
    """Whether a text is Chinese: English may be names, but no two words after one another."""
    own = FOREIGN.sub("", text)
    return bool(re.search("[一-鿿]", own)) and not re.search(r"[A-Za-z]{2,} [a-z]{2,}", own)


def own_options(command):
    """Return the options of a command that Django does not give to each."""
    parser = command.create_parser("manage.py", "command")
    common = BaseCommand().create_parser("manage.py", "command")
    named = {name for action in common._actions for name in action.option_strings}
    return [action for action in parser._actions if not named & {*action.option_strings}]


def test_the_walk_meets_every_own_command():
    files = ROOT.glob("*/management/commands/*.py")
    assert {*COMMANDS} == {path.stem for path in files} - {"__init__"}
    assert len(COMMANDS) > 12


@pytest.mark.parametrize("name", sorted({*COMMANDS} - {"db_worker"}))
def test_a_command_and_its_options_are_explained_in_chinese(name):
    command = load_command_class(COMMANDS[name], name)
    assert is_chinese(re.sub(r"manage\.py \w+", "", command.help)), command.help
    for action in own_options(command):
        assert action.help, f"{name} {action.dest} is not explained"
        assert is_chinese(re.sub(r"manage\.py \w+", "", action.help)), action.help


def test_the_workers_options_are_its_librarys_and_its_purpose_is_told():
    assert is_chinese(load_command_class(COMMANDS["db_worker"], "db_worker").help)


REFUSED = {
    "no such round": ("export_annex1", {"round": 0, "out": Path("a.xlsx")}),
    "no such round's chains": ("export_chain_heads", {"round": 0, "out": Path("a.json")}),
    "no round to export": (
        "export_round",
        {"round": 0, "out": Path("a.zip"), "account": "a@demo.invalid"},
    ),
    "no such application": ("render_annex2", {"number": "X1", "out": Path("a.pdf")}),
    "no such draw": ("verify_draw", {"pk": 999}),
    "no heads": ("verify_audit", {"heads": Path("/nowhere/heads.json")}),
    "nothing kept": ("backup", {"keep": 0}),
    "no backup": ("restore", {"folder": "/nowhere"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_in_chinese_what_is_wrong_and_what_to_do(case):
    name, options = REFUSED[case]
    positional = [options.pop("number")] if "number" in (options := {**options}) else []
    positional += [options.pop("folder")] if "folder" in options else []
    positional += [options.pop("pk")] if "pk" in options else []
    with pytest.raises(CommandError) as refused:
        call_command(name, *positional, **options)
    said = f"{refused.value}"
    assert is_chinese(said), said
    # The problem, and after it the way out.
    assert re.search("[，；].+", said) or "应为" in said, said


@override_settings(OCR=False)
def test_reading_that_is_off_says_how_it_is_turned_on():
    with pytest.raises(CommandError) as refused:
        call_command("read_files")
    assert "OCR=on" in f"{refused.value}"
    assert "make setup" in f"{refused.value}"


@override_settings(PRODUCTION=True)
@pytest.mark.parametrize("name", ["loaddemo", "loadmany"])
def test_made_up_data_is_refused_in_production_in_chinese(name):
    options = {"applications": 1} if name == "loadmany" else {}
    with pytest.raises(CommandError) as refused:
        call_command(name, **options)
    assert is_chinese(f"{refused.value}")


def test_a_backup_that_cannot_be_trusted_is_refused_in_chinese(tmp_path):
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BackupError) as incomplete:
        check(tmp_path)
    (tmp_path / "manifest.json.sha256").write_text("0  manifest.json", encoding="utf-8")
    with pytest.raises(BackupError) as damaged:
        check(tmp_path)
    for refused in (incomplete, damaged):
        assert is_chinese(f"{refused.value}".replace(str(tmp_path), "")), refused.value


# --- make setup, make demo, make backup ---------------------------------------------------------

OPERATORS = ("common.sh", "setup.sh", "demo.sh", "collect-static.sh", "backup.sh", "serve.py")


@pytest.mark.parametrize("name", OPERATORS)
def test_what_setup_demo_and_backup_print_is_chinese(name):
    text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    # Texts that are printed: of `say`, `loud`, `die`, `need_packages`, and of sys.exit and print.
    printed = re.findall(r'(?:say|loud|die|need_packages) "(.*?)"(?: *\\)?$', text, re.MULTILINE)
    printed += re.findall(r'(?:sys\.exit|print)\(\s*f?"(.*?)"', text)
    for line in printed:
        # Shell variables, calls and Python's fields are not words; nor are paths and commands.
        words = re.sub(r"\$\(.*?\)|\$\{.*?\}|\$\w+|\{.*?\}|make demo|ldconfig -p", "", line)
        if re.search("[A-Za-z]{3}", words):
            assert is_chinese(words), line
