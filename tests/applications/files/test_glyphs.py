"""Characters that cannot be printed: told to whoever types them, in fields and in rows."""

from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from django.urls import reverse
from fontTools.ttLib import TTFont

from applications.files import glyphs
from applications.files.glyphs import (
    RARE_FONTS,
    described,
    legible,
    unprintable_note,
    without_glyph,
)
from applications.models import Application, StudioMember
from tests.factories import make_draft, make_people, make_round

pytestmark = pytest.mark.django_db
NOTE = "“𰻞”印作〔U+30EDE〕"


def test_everyday_text_has_nothing_to_tell():
    assert unprintable_note("焊工（高级技师）,\n2019年“武汉工匠”；0.05 mm ± 3 ℃，①龘㛃") is None


def test_private_characters_are_described_whatever_a_font_draws():
    assert without_glyph("一\ue000\ue001") == ["\ue000", "\ue001"]
    assert legible("一\ue000") == "一〔U+E000〕"
    assert described("\ue000") == "〔U+E000〕"


@pytest.mark.parametrize("font", [Path(pylopdf_fonts_zh_cn.serif_path()), *RARE_FONTS])
def test_what_a_font_can_show_is_what_fonttools_says(font):
    if not font.exists():
        pytest.skip(f"{font} is not installed")
    with TTFont(font, lazy=True) as read:
        expected = set(read.getBestCmap())
    ranges = glyphs._characters(font)
    assert {code for each in ranges for code in each} == expected
    beside = {
        code + step
        for each in ranges
        for code in each[:: max(1, len(each) - 1)]
        for step in (-1, 0, 1)
    }
    assert all(glyphs._has(font, code) == (code in expected) for code in beside)


def test_a_font_that_is_missing_shows_nothing(tmp_path):
    assert not glyphs._has(tmp_path / "none.ttf", ord("一"))


def test_each_character_is_told_once():
    assert unprintable_note("𰻞𰻞\ue000").endswith("“𰻞”印作〔U+30EDE〕、“\ue000”印作〔U+E000〕。")


def test_whoever_types_such_a_character_is_told_beside_the_field(client):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    client.force_login(people.applicant)
    page = reverse("applications:section", args=[draft.pk, "lead"])
    assert NOTE not in client.get(page).content.decode()
    Application.objects.filter(pk=draft.pk).update(lead_name="𰻞某")
    assert client.get(page).content.decode().count(NOTE) == 1


def test_and_in_the_row_of_a_member(client):
    people = make_people(make_round())
    draft = make_draft(people.panel.round, people.applicant)
    StudioMember.objects.create(application=draft, name="𰻞某", occupation="焊工")
    client.force_login(people.applicant)
    page = client.get(reverse("applications:section", args=[draft.pk, "studio"])).content.decode()
    assert page.count(NOTE) == 1
