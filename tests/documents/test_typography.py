"""How the pages of 附件2 are set: line starts, table heads, rare characters, whatever is typed."""

import ctypes
import random
import re
from itertools import pairwise

import pypdfium2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pypdfium2 import raw

from applications.files.glyphs import RARE_FONTS, described, without_glyph
from applications.models import Award, Opinion, StudioMember, Submission
from applications.permissions import Privacy
from applications.stages import Stage
from applications.versions.snapshot import content_of, fingerprint, sealed
from documents import annex2
from documents.typesetting import printable
from tests import factories as make

pytestmark = pytest.mark.django_db

POINTS = 72 / 25.4  # a millimetre
NEVER_FIRST = "，。、；：？！）》”’】〉」』"
NEVER_LAST = "（《“‘【〈「『"
FOOT = 27 * POINTS


@pytest.fixture
def people():
    return make.make_people(make.make_round())


class Page:
    """The characters of a PDF page: (baseline, left, right, character), in points from below."""

    def __init__(self, page):
        text = page.get_textpage()
        x, y = ctypes.c_double(), ctypes.c_double()
        self.text = text.get_text_range()
        self.characters = []
        for index in range(text.count_chars()):
            character = text.get_text_range(index, 1)
            if not character.strip() or character == "\ufffe":
                continue
            raw.FPDFText_GetCharOrigin(text, index, x, y)
            left, _, right, _ = text.get_charbox(index, loose=True)
            self.characters.append((y.value, left, right, character))
        text.close()

    def lines(self, left=0, right=600, above=FOOT):
        """Return the lines of text between two edges (points), from the top down."""
        found = []
        for y, x, _, character in sorted(self.characters, key=lambda each: -each[0]):
            if y < above or not left <= x < right:
                continue
            if not found or found[-1][0] - y > 3:
                found.append((y, []))
            found[-1][1].append((x, character))
        return ["".join(character for _, character in sorted(line)) for _, line in found]


def read(made):
    """Return the pages of a PDF."""
    pdf = pypdfium2.PdfDocument(made)
    try:
        found = []
        for page in pdf:
            found.append(Page(page))
            page.close()
        return found
    finally:
        pdf.close()


def form(application, privacy=Privacy.FULL):
    return annex2.render(
        annex2.prepared(type(application).objects.all()).get(pk=application.pk), privacy
    )


def dense(length, seed):
    """Return text as thick with punctuation, numbers and Latin words as no applicant writes."""
    rng = random.Random(seed)
    parts = ["技"]
    while len(parts) < length:
        kind = rng.random()
        if kind < 0.15:
            parts.append(rng.choice(NEVER_FIRST))
            parts.append(rng.choice("攻关焊接"))
        elif kind < 0.2:
            parts.append(rng.choice(NEVER_LAST))
            parts.append(rng.choice("攻关焊接"))
        elif kind < 0.3:
            parts.append(rng.choice(["CNC", "2024", "0.05mm", "K3"]))
        else:
            parts.append(rng.choice("技术革新成果显著提升效率"))
    return "".join(parts)


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(people):
    draft = make.make_draft(
        people.panel.round,
        people.applicant,
        achievements=dense(4500, seed=1),
        studio_facilities=dense(90, seed=2),
        address=dense(60, seed=3),
    )
    made = read(form(draft))
    continued = [line for page in made[4:] for line in page.lines()]
    left, right = 56 * POINTS, 114 * POINTS  # the first wide cell of the main table
    cell = made[1].lines(left, right)

    assert len(continued) > 80
    assert len(cell) > 15
    for line in continued + cell:
        assert line[0] not in NEVER_FIRST, line
        assert line[-1] not in NEVER_LAST, line


def test_no_line_ends_early_beside_a_quotation_mark(people):
    text = "获“武汉工匠”（市级）、“首席技师”《证书》‘五一’“奖章”，"
    draft = make.make_draft(people.panel.round, people.applicant, achievements=text * 100)
    continued = read(form(draft))[4:]
    ends = {}
    for number, page in enumerate(continued):
        for y, _, right, character in page.characters:
            if y > FOOT and character not in "草稿":  # which stand across the page
                line = number, round(y)
                ends[line] = max(right, ends.get(line, 0))
    early = [right for right in ends.values() if right < (190 * POINTS) - 3 * 10.5]
    assert len(ends) > 50
    # The heading, whose it is, whose text it is on two lines, and the last line.
    assert len(early) <= 5
    # The places to break are in no text that is copied from it.
    copied = re.sub(r"\s", "", "".join(page.text for page in continued))
    assert text * 75 in re.sub("草稿|受理编号.*?共[0-9]+页", "", copied)


def test_no_character_is_cut_by_the_edge_of_the_text(people):
    draft = make.make_draft(
        people.panel.round,
        people.applicant,
        achievements=dense(2000, seed=4) + "A" * 300 + "—" * 200,
        unit_name="武汉" + "W" * 120,
        email="a" * 60 + "@" + "b" * 60 + ".invalid",
    )
    for page in read(form(draft)):
        for _, left, right, character in page.characters:
            assert left >= 20 * POINTS - 1, character
            assert right <= 190 * POINTS + 1, character


@pytest.mark.parametrize("count", [6, 9, 14, 30])
def test_a_table_head_stands_on_every_page_of_its_table_and_never_alone(people, count):
    draft = make.make_draft(people.panel.round, people.applicant)
    Award.objects.all().delete()
    Award.objects.bulk_create(
        Award(
            application=draft,
            level=level,
            position=number,
            year=2020,
            name=f"奖{number}号",
            project="高精度镗削工艺攻关" * (1 + number % 4),
        )
        for level in Award.Level
        for number in range(count)
    )
    title, head, row = "获奖情况：", "获奖项目名称", re.compile("奖[0-9]+号")
    seen = 0
    for page in read(form(draft)):
        kinds = []
        for line in page.lines():
            if title in line:
                kinds.append("title")
            elif head in line:
                kinds.append("head")
            elif row.search(line):
                kinds.append("row")
        seen += kinds.count("row")
        assert kinds[:1] in ([], ["title"], ["head"]), kinds
        for first, second in pairwise([*kinds, None]):
            assert not (first == "title" and second != "head"), kinds
            assert not (first == "head" and second != "row"), kinds
    assert seen == 2 * count


def test_an_opinion_box_is_never_split(people):
    draft = make.make_draft(
        people.panel.round, people.applicant, achievements="一\n" * 15, unit_name="长" * 90
    )
    boxes = [
        ("专家组评审意见", ["专家组组长（签字)"]),
        ("保障局审批意见", ["市人力资源社会保障局(签字盖章)", "市财政局(签字盖章)"]),
    ]
    found = ["".join(page.lines()) for page in read(form(draft))]
    for label, signatures in boxes:
        (text,) = [text for text in found if label in text]
        assert all(signature in text for signature in signatures)


# --- Rare characters ---

needs_rare_fonts = pytest.mark.skipif(
    not all(path.exists() for path in RARE_FONTS), reason="fonts-hanazono is not installed"
)


@needs_rare_fonts
def test_every_chinese_character_of_gb_18030_2022_can_be_printed():
    blocks = [
        (0x4E00, 0x9FFF),
        (0x3400, 0x4DBF),  # extension A
        (0x20000, 0x2A6D6),  # B
        (0x2A700, 0x2B734),  # C
        (0x2B740, 0x2B81D),  # D
        (0x2B820, 0x2CEA1),  # E
        (0x2CEB0, 0x2EBE0),  # F
    ]
    assert without_glyph("".join(chr(code) for a, b in blocks for code in range(a, b + 1))) == []


def test_what_no_font_has_is_described_and_said():
    assert without_glyph("龘𰻞某\ue000𰻞") == ["𰻞", "\ue000"]
    assert described("𰻞") == "〔U+30EDE〕"
    assert printable("龘𰻞\u200b某\ufe0f") == "龘〔U+30EDE〕某"


# Characters that people's names and places are written with, from the everyday to the newest.
CHARACTERS = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x3400, max_codepoint=0x4DBF),
    st.characters(min_codepoint=0x20000, max_codepoint=0x2EBE0, exclude_categories=["Cn"]),
    st.characters(min_codepoint=0x30000, max_codepoint=0x323AF, exclude_categories=["Cn"]),
    st.characters(min_codepoint=0xE000, max_codepoint=0xE010),
    st.sampled_from("aZ09%&<>\"'·—…（）“”℃‰①Ⅳ㎡😀𠮷龘㛃䶮𬱖"),
)
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],  # a failing text says which character is missing; shrinking is slow
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=st.lists(TEXTS, min_size=9, max_size=9), long=st.text(CHARACTERS, max_size=1500))
def test_every_typed_character_is_in_the_pdf(people, texts, long):
    """Fields, names, awards, members, achievements, opinions: as typed, or described."""
    unit, lead, address, award, grade, member, occupation, opinion, signatory = texts
    application = make.make_draft(
        people.panel.round,
        people.applicant,
        unit_name=unit,
        lead_name=lead,
        address=address,
        achievements=long,
    )
    Award.objects.create(application=application, level=Award.Level.OTHER, name=award, grade=grade)
    StudioMember.objects.create(application=application, name=member, occupation=occupation)
    content = content_of(application)
    Submission.objects.create(
        application=application,
        version=1,
        content=sealed(content),
        fingerprint=fingerprint(content),
        submitted_by=people.applicant,
    )
    Opinion.objects.create(
        application=application,
        stage=Stage.RECOMMENDING,
        transition="recommend",
        label="同意推荐",
        text=opinion,
        signatory=signatory,
        user=people.recommender,
    )
    # Masked, an editable application prints as it was submitted.
    made = {*"".join(page.text for page in read(form(application, Privacy.MASKED)))}
    for typed in (*texts, long):
        missing = set(re.sub(r"\s", "", printable(typed))) - made
        assert not missing, (ascii(missing), typed)
