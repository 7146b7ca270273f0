"""docs/部署手册.md is all of docs/deploy.md in Chinese: the same blocks, commands, figures.

A block is a heading, a paragraph, an item of a list, a row of a table or fenced commands.
"""

import re
from collections import Counter
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "docs/部署手册.md").read_text(encoding="utf-8")
# What the manual has besides: the settings, which English readers have in .env.example.
SETTINGS = "## 9. "

CODE = re.compile(r"`([^`]+)`")
SETTING = re.compile(r"(?<![A-Za-z0-9_/])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])")
FOLDER = re.compile(r"(?<![\w./])/[a-z][\w./-]*\w", re.ASCII)
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*", re.ASCII)
STARTS = re.compile(r"#+ |\||- |\d+\. |```")


def blocks(page):
    """Return the blocks of a Markdown page, in order; a fenced block is one."""
    found, fenced, open_block = [], False, False
    for line in page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            if fenced:
                found.append("```")
            open_block = False
        elif fenced:
            found[-1] += f"\n{line}"
        elif not line.strip():
            open_block = False
        elif STARTS.match(line) or not open_block:
            found.append(line)
            open_block = not line.startswith(("#", "|"))
        else:
            found[-1] += f" {line.strip()}"
    return found


def commands_of(block):
    """Return the lines of a fenced block without what is said about them."""
    lines = (re.sub(r"(^| +)# .*", "", line) for line in block.splitlines())
    return [line for line in lines if line.strip()]


def names_in(block):
    """Return what stands in a block letter for letter in every language, with its count."""
    prose = CODE.sub("", re.sub(r"\]\([^)]*\)", "]", block))
    return Counter([*CODE.findall(block), *SETTING.findall(prose), *FOLDER.findall(prose)])


def numbers_in(block):
    return Counter(NUMBER.findall(CODE.sub("", block)))


def pairs():
    return list(zip_longest(blocks(DEPLOY), blocks(MANUAL.partition(SETTINGS)[0]), fillvalue=""))


def kind_of(block):
    match = STARTS.match(block)
    if match is None:
        return "paragraph" if block else "nothing"
    return "item" if match[0][0].isdigit() else match[0]


def test_the_two_have_the_same_blocks_in_the_same_order():
    for english, chinese in pairs():
        assert kind_of(english) == kind_of(chinese), (english, chinese)


def test_the_two_have_the_same_commands():
    for english, chinese in pairs():
        if english.startswith("```"):
            assert commands_of(english) == commands_of(chinese)


def test_the_two_name_the_same_commands_settings_and_folders():
    for english, chinese in pairs():
        if not english.startswith("```"):
            names, same = names_in(english), names_in(chinese)
            assert names == same, (english, chinese)


def test_every_figure_of_the_source_stands_in_the_manual():
    """English writes small numbers as words, so the manual may have more figures."""
    for english, chinese in pairs():
        if not english.startswith("```"):
            missing = numbers_in(english) - numbers_in(chinese)
            assert not missing, (missing, english, chinese)


def test_the_manual_is_chinese():
    for block in blocks(MANUAL):
        prose = CODE.sub("", re.sub(r"\]\([^)]*\)", "]", block))
        if not block.startswith(("```", "|---")) and re.search(r"[A-Za-z]", prose):
            assert re.search("[一-鿿]", prose), block


def test_the_manual_tells_every_setting_with_its_default():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^(# )?([A-Z][A-Z0-9_]+)=(.*)$", example, re.MULTILINE)
    rows = dict(re.findall(r"^\| ([A-Z][A-Z0-9_]+) \| (.*?) ?\| .+ \|$", MANUAL, re.MULTILINE))
    assert [*rows] == [name for _, name, _ in lines]
    for is_comment, name, value in lines:
        told = rows[name].strip().strip("`")
        # Behind a comment sign stands the default, or an example, which the manual leaves out.
        assert told == value or (is_comment and not told), name


def test_whoever_runs_the_portal_finds_the_manual():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/部署手册.md)" in readme
    assert "(部署手册.md)" in DEPLOY
