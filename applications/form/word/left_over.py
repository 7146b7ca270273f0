"""What a form holds and nobody took: no field, row or opinion has it, and it is no label.

Looked for in the document itself, whatever way a text was lost: under a title without a table, in
a column too many, beside a label that is asked of no field.
"""

import re

from applications.form.cells import stated
from applications.form.word.document import Paragraph
from applications.form.word.form_table import cover_value, is_printed
from applications.form.word.labels import bare, label_of, pairs_in
from applications.form.word.values import is_blank

# What the notice prints around the tables, and a date alone.
_PRINTED = re.compile(
    "附件[0-9一二三]*|(?:武汉市)?(?:技能大师工作室)?(?:申报表)?(?:[0-9]{4}年度?)?|填报?(?:时间|日期)[0-9年月日]*"
    "|(?:武汉)?市?人力资源和?社会保障局.{0,2}(?:武汉)?市?财政局制?|[0-9]*年[0-9]*月?[0-9]*日?|续表|以下空白|此处空白"
)
# What stands before a label that is a heading: 三、工作业绩, 附页：工作业绩.
_BEFORE_LABEL = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十0-9]{1,2}[)）]?[、.．\s]*|附页[:：\s]*)"
)
# Of a text that is shorter, the same characters may stand within another by chance.
_TOLD_APART = 4


def left_over(blocks, taken):
    """Return the texts of these blocks, by lines and cells, that are not among the `taken` ones."""
    known = _Known(taken)
    return list(dict.fromkeys(" ".join(text.split()) for text in _texts(blocks, known)))


class _Known:
    def __init__(self, texts):
        self.joined = "\n".join(_squeezed(text) for text in texts)
        self.pieces = {piece for text in texts for piece in text.split()}
        self.pieces |= {_squeezed(line) for text in texts for line in text.split("\n")}

    def __contains__(self, text):
        text = _squeezed(text)
        if text in self.pieces:
            return True
        # A number stands within many a longer one.
        is_told_apart = len(text) >= _TOLD_APART and not text.isdigit()
        return (len(text) == 1 or is_told_apart) and text in self.joined


def _squeezed(text):
    return re.sub(r"\s", "", text)


def _texts(blocks, known):
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from (line for line in block.line.split("\n") if not _is_told(line, known))
            continue
        for row in block.rows:
            for cell in row:
                if not _is_told(cell.text, known):
                    yield from _texts(cell.blocks, known)


def _is_told(text, known):
    text = text.strip()
    if is_blank(text) or not stated(text) or not re.search(r"\w", text) or text in known:
        return True
    if (
        label_of(_BEFORE_LABEL.sub("", text)) is not None
        or _PRINTED.fullmatch(bare(text))
        or is_printed(text)
    ):
        return True
    if (value := cover_value(text)) is not None and (not value or value in known):
        return True
    label, *rest = text.split(maxsplit=1)
    if rest and label_of(label) is not None and rest[0] in known:
        return True
    pairs = pairs_in(text)
    return len(pairs) > 1 and all(not value or value in known for _, value in pairs)
