#!/usr/bin/env bash
# ICU 77.1 (pyicu-wheels 2.15.2, CLDR 47): the number of strokes by which "zh-u-co-stroke" sorts.
#
# Guess: the order of strokes for the locale zh is the mainland's, knows every Chinese character, and
# puts what it does not know apart.
# Behaviour: 阝 counts as three strokes and 艹 as four, as they do outside the mainland: 陈 (7) and 黄
# (11) are counted 8 and 12. What the order does not list stands in the last bucket, 48劃, with 龘:
# 𠮷 (6) and 𡈽 (6) too.
#
# Output seen: 王 4, 陈 8, 黄 12, 𠮷 48, 𡈽 48, 龘 48
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    pyicu-wheels==2.15.2
"$folder/venv/bin/python" - <<'PYTHON'
import icu

buckets = icu.AlphabeticIndex(icu.Locale("zh-u-co-stroke")).buildImmutableIndex()
told = []
for character in "王陈黄𠮷𡈽龘":
    label, _ = buckets[buckets.getBucketIndex(character)]
    told.append(f"{character} {label.removesuffix('劃')}")
print(", ".join(told))
assert told == ["王 4", "陈 8", "黄 12", "𠮷 48", "𡈽 48", "龘 48"], "the behaviour has changed"
PYTHON
