"""How a score came about and what the panel says of it, in sentences: pure functions of results.

`Entry` and `Standing` are those of `rankings.py`.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from review.scoring.arithmetic import OUTLIER_POINTS, Decided, Side, distances

TIED = "并列，由专家组审定"
BELOW_MINIMUM = "低于入选最低分"
OUTLIERS = "{number} 份评分差异较大"
# Of an application's criteria, at most so many are named as strong or weak.
NAMED = 2


def number(value):
    """Return a Decimal as it is written: 86.5, 86, without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_places(value, places):
    """Return a Fraction as a Decimal with so many decimals, half up."""
    unit = Decimal(1).scaleb(-places)
    exact = Decimal(value.numerator) / value.denominator
    return exact.quantize(unit, ROUND_HALF_UP)


def _quotient(total, count):
    """Return total ÷ count as it is written in a calculation: cut after four decimals."""
    exact = Fraction(total) / count
    hundred_thousandths = int(exact * 10000)
    text = number(Decimal(hundred_thousandths).scaleb(-4))
    return f"{text}…" if exact * 10000 != hundred_thousandths else text


# --- The score, step by step ---------------------------------------------------------------------


def steps(entry, standing, ranks_shown):
    """Return how an application's mean and rank came about: a list of (title, sentence) pairs.

    Empty without any score. `ranks_shown` is whether the reader may know the rank.
    """
    result = entry.result
    if not result.number:
        return []
    rows = [
        ("去分", _trimming(entry, standing.round)),
        ("平均", _calculation(result)),
        ("名次", rank_in_words(entry, standing) if ranks_shown else "本组全部结束评审后显示名次。"),
        (
            "差异",
            f"最高与最低相差 {number(result.spread)} 分，标准差 {number(result.deviation)}。"
            + "".join(_outliers(entry)),
        ),
    ]
    minimum = standing.round.minimum_score
    reached = "达到" if result.mean >= minimum else "未达到"
    rows.append(("最低分", f"本批次入选最低分 {number(minimum)} 分，{reached}。"))
    return rows


def _trimming(entry, round_):
    result = entry.result
    least = max(round_.trim_from, 3)
    if not result.is_trimmed:
        return f"{result.number} 名专家评分，不足 {least} 名，全部计入，不去掉最高分和最低分。"
    names = [entry.scored[index].expert.name for index in (result.highest, result.lowest)]
    highest, lowest = result.totals[result.highest], result.totals[result.lowest]
    text = (
        f"{result.number} 名专家评分，达到 {least} 名，去掉一个最高分 {number(highest)}"
        f"（{names[0]}）和一个最低分 {number(lowest)}（{names[1]}）。"
    )
    if result.totals.count(highest) > 1:
        text += "最高分并列，只去掉列在最前的一个。"
    if result.totals.count(lowest) > 1:
        text += "最低分并列，只去掉列在最后的一个。"
    return text


def _calculation(result):
    counted = result.counted
    total = sum(counted, Decimal(0))
    written = " + ".join(map(number, counted))
    if len(counted) > 1:
        written += f" = {number(total)}，{number(total)} ÷ {len(counted)}"
        written += f" = {_quotient(total, len(counted))}"
    return f"{written}，四舍五入保留两位小数，平均分 {result.mean}。"


def rank_in_words(entry, standing):
    """Return an application's rank in its panel and the rule that settled it, as a sentence."""
    place, result = entry.place, entry.result
    of = f"在本组 {len(standing.entries)} 项申报中"
    if place.decided is Decided.MEAN:
        return f"{of}列第 {place.rank} 名。"
    whole = f"未去分的总分（{_sum(result.whole, result.number)}）"
    if place.decided is Decided.WHOLE:
        return f"{of}与另 {place.equals} 项平均分相同，按{whole}排序，列第 {place.rank} 名。"
    first = "、".join(
        f"“{standing.criteria[index].name}”（{_sum(result.sums[index], result.number)}）"
        for index in standing.heaviest
    )
    if place.decided is Decided.CRITERION:
        return (
            f"{of}与其他申报平均分、未去分的总分都相同，按分值最高的评分项{first}排序，"
            f"列第 {place.rank} 名。"
        )
    return (
        f"{of}与其他申报平均分、{whole}和分值最高的评分项{first}都相同，"
        f"并列第 {place.rank} 名，由专家组审定。"
    )


def _sum(amount, count):
    return f"{number(amount)}，人均 {number(to_places(Fraction(amount) / count, 2))}"


def _outliers(entry):
    far = distances(list(entry.result.totals))
    for index in sorted(entry.result.outliers):
        name = entry.scored[index].expert.name
        yield (
            f"{name}的 {number(entry.result.totals[index])} 分与其余专家的中位数相差 "
            f"{number(far[index])} 分，超过 {OUTLIER_POINTS} 分，请留意；该分照常计入。"
        )


# --- The panel's opinion -------------------------------------------------------------------------


def proposals(entry, standing):
    """Return the opinion proposed for each of the leader's transitions, by its name."""
    if not entry.result.number:
        return {}
    return {
        transition: opinion(transition, entry, standing)
        for transition in ("conclude_for", "conclude_against")
    }


def opinion(transition, entry, standing):
    """Return the opinion proposed to the leader for `conclude_for` or `conclude_against`.

    Names the experts, what was dropped, the mean, the rank (once every sheet of the panel is in)
    and the criteria that stand out. The leader edits it; it is printed in 附件2's box.
    """
    result, round_ = entry.result, standing.round
    is_for = transition == "conclude_for"
    text = f"专家组 {result.number} 名专家独立评分，"
    if result.is_trimmed:
        text += "去掉一个最高分和一个最低分，"
    text += f"该项目平均得分 {result.mean} 分"
    if standing.is_complete:
        tied = "并列" if entry.place.is_tied else ""
        text += f"，在本组 {len(standing.entries)} 个项目中{tied}排名第 {entry.place.rank}"
    text += "。"
    named = _standing_out(result, standing.criteria, strong=is_for)
    if named:
        text += f"其中{named}{'表现突出' if is_for else '相对薄弱'}。"
    if result.mean < round_.minimum_score:
        text += f"平均得分低于本批次入选最低分 {number(round_.minimum_score)} 分。"
    elif not is_for and standing.is_complete and entry.side is Side.BEYOND:
        text += "按名次未进入入选名额。"
    return f"{text}经综合评议，{'建议' if is_for else '不建议'}入选。"


def _standing_out(result, criteria, strong):
    """Return the criteria whose share of the full points is above (below) that of the whole."""
    full = sum(criterion.points for criterion in criteria)
    whole = result.whole / full
    rates = [
        (amount / criterion.points, criterion, amount)
        for amount, criterion in zip(result.sums, criteria, strict=True)
    ]
    rates = [rate for rate in rates if (rate[0] > whole if strong else rate[0] < whole)]
    rates.sort(key=lambda rate: rate[0], reverse=strong)
    return "、".join(
        f"“{criterion.name}”（平均 {number(to_places(Fraction(amount) / result.number, 1))} 分，"
        f"满分 {criterion.points} 分）"
        for _, criterion, amount in rates[:NAMED]
    )
