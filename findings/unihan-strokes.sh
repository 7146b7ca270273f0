#!/usr/bin/env bash
# Unihan 15.0.0 (Debian's unicode-data 15.0.0-1): kTotalStrokes of rare simplified characters.
#
# Guess: the first value is the number of strokes as written in China (UAX #38: "for zh-Hans").
# Behaviour: so it is for the 20,902 characters of the first block. Of later blocks simplified
# radicals, 艹 and 阝 are counted by their old forms: 䴖 (鸟 5) stands among characters of 13 strokes
# in the 通用规范汉字表 (kTGH), and is said to have 19; 䓖 (10) 13, 䜣 (6) 11.
#
# Output seen: 晴 12, 䴖 19, 䓖 13, 䜣 11
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet unicode-data=15.0.0-1
dpkg -x unicode-data_*.deb .
python3 - <<'PYTHON'
import bz2
import re
from pathlib import Path

text = bz2.decompress(Path("usr/share/unicode/Unihan_IRGSources.txt.bz2").read_bytes()).decode()
total = dict(re.findall(r"^U\+(\w+)\tkTotalStrokes\t(\d+)", text, re.MULTILINE))
told = [f"{character} {total[f'{ord(character):04X}']}" for character in "晴䴖䓖䜣"]
print(", ".join(told))
assert told == ["晴 12", "䴖 19", "䓖 13", "䜣 11"], "the behaviour has changed"
PYTHON
