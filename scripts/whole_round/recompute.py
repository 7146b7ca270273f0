"""Recompute the published list from the exported Excel files, by arithmetic of its own.

Nothing of `review.scoring.arithmetic` is used: exact fractions, sorted lists, one loop a rule. Ends
the run with the first difference.
"""

import io
import re
from fractions import Fraction

from openpyxl import load_workbook

LEAST_TO_TRIM, MINIMUM = 5, 60


def rows_of(data, first_head):
    """Return the rows under the head row that begins with `first_head`, as dicts by head."""
    for sheet in load_workbook(io.BytesIO(data)).worksheets:
        heads, found = None, []
        for row in sheet.iter_rows(values_only=True):
            if row[0] == first_head:
                heads = row
            elif heads and row[0] is not None and row[1] is not None:
                found.append(dict(zip(heads, row, strict=True)))
        if heads:
            yield sheet.title, found


def mean_of(totals):
    """The mean to two decimals, half up, in hundredths of a point."""
    rest = sorted(totals)
    if len(rest) >= LEAST_TO_TRIM:
        rest = rest[1:-1]
    return int(sum(rest) / len(rest) * 100 + Fraction(1, 2))


def panel_means(data):
    """Return {number: (mean in hundredths, sum an expert, the heaviest criterion an expert)}."""
    sheets = dict(rows_of(data, "受理编号"))
    raw = next(rows for rows in sheets.values() if "专家" in rows[0])
    points = {
        head: int(found.group(1))
        for head in raw[0]
        if head and (found := re.search(r"（(\d+) 分）$", head))
    }
    heaviest = [head for head, most in points.items() if most == max(points.values())]
    cards = {}
    for row in raw:
        cards.setdefault(row["受理编号"], []).append(row)
    means = {}
    for number, own in cards.items():
        totals = [sum(Fraction(str(row[head])) for head in points) for row in own]
        firsts = [sum(Fraction(str(row[head])) for row in own) / len(own) for head in heaviest]
        means[number] = (mean_of(totals), sum(totals) / len(own), firsts)
    return means


def recompute(run, files):
    """Compare everything; print what was compared. Raises SystemExit with the first difference."""
    from scripts.whole_round.steps import PANELS, QUOTA

    proposed, means = set(), {}
    for data in files["panels"]:
        own = panel_means(data)
        ordered = sorted(
            own, key=lambda n: (-own[n][0], -own[n][1], [-each for each in own[n][2]], n)
        )
        best = ordered[: QUOTA // PANELS]
        proposed |= {number for number in best if own[number][0] >= MINIMUM * 100}
        means |= {number: mean for number, (mean, _, _) in own.items()}

    [(_, listed)] = rows_of(files["list"], "受理编号")
    by_number = {row["受理编号"]: row for row in listed}
    for number, mean in means.items():
        shown = by_number[number]["平均分"]
        if round(Fraction(str(shown)) * 100) != mean:
            raise SystemExit(f"{number}: the list says {shown}, recomputed {mean / 100}")
    awarded = {number for number, row in by_number.items() if row["阶段"] == "入选"}
    lost = proposed - awarded
    if awarded - proposed:
        raise SystemExit(f"awarded without being proposed: {sorted(awarded - proposed)}")
    if lost != run.lost:
        raise SystemExit(f"lost after the panel: {sorted(lost)}, decided: {sorted(run.lost)}")

    expected = sorted((by_number[n]["申报单位"], by_number[n]["领办人"]) for n in awarded)
    [(_, results)] = rows_of(files["results"], "序号")
    published = sorted((row["单位"], row["领办人"]) for row in results)
    if published != expected:
        raise SystemExit("the published Excel differs from what was recomputed")
    for unit, lead in expected:
        if unit not in files["page"] or lead not in files["page"]:
            raise SystemExit(f"{unit} {lead} is missing from the public page")
    print(
        f"recomputed from the exports: {len(means)} means, {len(proposed)} proposed, "
        f"{len(lost)} lost to visit or objection, {len(awarded)} published: all agree"
    )
