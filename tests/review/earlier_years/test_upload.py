"""What is said of a workbook that is refused: every reason has its sentence."""

import re
from pathlib import Path

from review.earlier_years import sheet_program
from review.earlier_years.upload import REFUSALS


def test_every_reason_of_the_program_has_a_sentence():
    program = Path(sheet_program.__file__).read_text(encoding="utf-8")
    reasons = set(re.findall(r'Refused\("(\w+)"\)', program))
    # What is no workbook is named by its kind.
    assert reasons | {"unanswered", "broken"} == set(REFUSALS) | {"no_workbook"}
    assert all(sentence.endswith("。") for sentence in REFUSALS.values())
