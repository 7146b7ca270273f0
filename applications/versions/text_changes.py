"""What differs between two texts, as people read it: what was taken out and what was put in."""

import re
from difflib import SequenceMatcher

SAME, OUT, IN, GAP = "same", "out", "in", "gap"

SENTENCES = re.compile(r"[^。！？；\n]+[。！？；]*|[。！？；]+|\n")
# A number or a Latin word changes as a whole.
SIGNS = re.compile(r"[0-9A-Za-z.%]+|.", re.DOTALL)
# Longer passages, and those with less in common, are replaced as a whole: a comparison sign by
# sign would be slow, and would read as confetti.
LONGEST = 400
ALIKE = 0.5
# What stays the same is shown so far on each side of a change.
AROUND = 24
# Texts as short as this are read at a glance.
SHORT = 16


def sides(before, after):
    """Return both texts as two lists of (mark, text).

    Marks: SAME; OUT (only in the first list); IN (only in the second); GAP, whose text says how
    much of what stayed the same is left out. A text of "" gives an empty list.
    """
    if not before or not after or max(len(before), len(after)) <= SHORT:
        return [(SAME, before)] * bool(before), [(SAME, after)] * bool(after)
    shortened = _shortened(pieces(before, after))
    return [piece for piece in shortened if piece[0] != IN], [
        piece for piece in shortened if piece[0] != OUT
    ]


def pieces(before, after):
    """Return what leads from one text to the other: a list of (SAME, OUT or IN, text)."""
    old, new = SENTENCES.findall(before), SENTENCES.findall(after)
    found = []
    for what, o1, o2, n1, n2 in SequenceMatcher(None, old, new).get_opcodes():
        out, put = "".join(old[o1:o2]), "".join(new[n1:n2])
        found += [(SAME, out)] if what == "equal" else _within(out, put)
    return found


def _within(out, put):
    """Compare two passages character by character, where the result stays readable."""
    replaced = [(mark, text) for mark, text in ((OUT, out), (IN, put)) if text]
    if len(replaced) < 2 or max(len(out), len(put)) > LONGEST:
        return replaced
    old, new = SIGNS.findall(out), SIGNS.findall(put)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return replaced
    found = []
    for what, o1, o2, n1, n2 in matcher.get_opcodes():
        if what == "equal":
            found.append((SAME, "".join(old[o1:o2])))
            continue
        for mark, text in ((OUT, "".join(old[o1:o2])), (IN, "".join(new[n1:n2]))):
            if text:
                found.append((mark, text))
    return found


def _shortened(all_pieces):
    """Return the pieces without what is far from any change."""
    last = len(all_pieces) - 1
    shortened = []
    for index, (mark, text) in enumerate(all_pieces):
        if mark != SAME:
            shortened.append((mark, text if text.strip() else _blank(text)))
            continue
        head, tail = AROUND * (index > 0), AROUND * (index < last)
        left_out = len(text) - head - tail
        if left_out <= AROUND:
            shortened.append((SAME, text))
            continue
        gap = (GAP, f"……（{left_out} 字未改）……")
        kept = ((SAME, text[:head]), gap, (SAME, text[len(text) - tail :]))
        shortened += [piece for piece in kept if piece[1]]
    return shortened


def _blank(text):
    """Return words for a piece that is blank, which a reader would not see."""
    return "（换行）" if "\n" in text else "（空格）"
