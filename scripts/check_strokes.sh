#!/usr/bin/env bash
# Holds review/shared/strokes.txt against the whole 通用规范汉字表 (2013): each of its three parts is in the
# order of strokes. Names what is missing and what stands elsewhere; 𨱇 and 𦝼 are expected, which the
# list itself puts against their strokes (钅求 after 铽, 月娄 after 觟).
#
# The list comes from Unicode's database (kTGH) as Debian packages it: run it on Debian 12.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download --quiet unicode-data=15.0.0-1 && dpkg -x unicode-data_*.deb .)
python3 - "$folder/usr/share/unicode" <<'PYTHON'
import bz2
import re
import sys
from itertools import pairwise
from pathlib import Path

listed = {}
for path in Path(sys.argv[1]).glob("Unihan_*.txt.bz2"):
    for code, place in re.findall(
        r"^U\+(\w+)\tkTGH\t2013:(\d+)", bz2.decompress(path.read_bytes()).decode(), re.MULTILINE
    ):
        listed[int(place)] = chr(int(code, 16))
assert sorted(listed) == list(range(1, 8106)), "the list is not whole"

lines = Path("review/shared/strokes.txt").read_text(encoding="utf-8").splitlines()
table = "".join(line.split()[1] for line in lines if not line.startswith("#"))
numbers = [int(line.split()[0]) for line in lines if not line.startswith("#")]
assert numbers == sorted(numbers), "the numbers of strokes are not in order"
assert len(set(table)) == len(table), "a character stands twice"

place = {character: at for at, character in enumerate(table)}
missing = "".join(each for each in listed.values() if each not in place)
moved = []
for first, last in ((1, 3500), (3501, 6500), (6501, 8105)):
    part = [listed[at] for at in range(first, last + 1) if listed[at] in place]
    moved += [f"{one}{other}" for one, other in pairwise(part) if place[one] > place[other]]
print(f"{len(listed)} characters; missing: {missing or 'none'}; out of order: {' '.join(moved) or 'none'}")
sys.exit(0 if (missing, moved) == ("", ["铽𨱇", "觟𦝼"]) else 1)
PYTHON
