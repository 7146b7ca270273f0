"""核对一个批次的档案：不需要申报评审平台，只需要 Python 3.10 以上。

在解压后的文件夹中运行：  python3 recompute.py

This file goes into every exported round as it stands. It uses nothing but the standard library, and
nothing of the portal: whoever has the folder can check it, decades later. What it checks stands in
README.txt beside it; it prints what differs and ends with code 1, or says that everything in the
folder agrees. Whoever rewrites all of it alike is found out by the stamped paper alone: its digest
is always printed, to be compared.
"""

import hashlib
import json
import sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

MEGABYTE = 1024 * 1024
HUNDREDTH = Decimal("0.01")
# What a computer lays into a folder that somebody looks at.
OF_COMPUTERS = {"thumbs.db", ".ds_store", "desktop.ini"}


# --- SM3 (GB/T 32905) ------------------------------------------------------------------------

MASK = 0xFFFFFFFF
START = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip


def _turned(word, places):
    places %= 32
    return ((word << places) | (word >> (32 - places))) & MASK


_TERMS = [_turned(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64)]


def sm3_in_python(data):
    """Return the SM3 digest of bytes as 64 hex digits, step by step as the standard has it."""
    length = len(data) * 8
    data += b"\x80" + b"\0" * ((55 - len(data)) % 64) + length.to_bytes(8, "big")
    state = list(START)
    for start in range(0, len(data), 64):
        words = [int.from_bytes(data[start + i : start + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = words[j - 16] ^ words[j - 9] ^ _turned(words[j - 3], 15)
            x ^= _turned(x, 15) ^ _turned(x, 23)
            words.append(x ^ _turned(words[j - 13], 7) ^ words[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            first = _turned((_turned(a, 12) + e + _TERMS[j]) & MASK, 7)
            second = first ^ _turned(a, 12)
            if j < 16:
                ff, gg = a ^ b ^ c, e ^ f ^ g
            else:
                ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
            tt1 = (ff + d + second + (words[j] ^ words[j + 4])) & MASK
            tt2 = (gg + h + first + words[j]) & MASK
            d, c, b, a = c, _turned(b, 9), a, tt1
            h, g, f, e = g, _turned(f, 19), e, tt2 ^ _turned(tt2, 9) ^ _turned(tt2, 17)
        rest = (a, b, c, d, e, f, g, h)
        state = [old ^ new for old, new in zip(state, rest, strict=True)]
    return "".join(f"{word:08x}" for word in state)


def sm3(data):
    """Return the SM3 digest of bytes; by OpenSSL where it has it, which is faster."""
    try:
        return hashlib.new("sm3", data).hexdigest()
    except ValueError:
        return sm3_in_python(data)


def canonical(content):
    """Return JSON as its digests are made of: names in order, no blanks, UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


# --- What was found ----------------------------------------------------------------------------


class Findings:
    """What was counted, what is wrong, and what a reader should look at."""

    def __init__(self):
        self.counts, self.problems, self.remarks = {}, [], []

    def count(self, label, number=1):
        """Note how much of something was checked."""
        self.counts[label] = self.counts.get(label, 0) + number

    def wrong(self, about, problem):
        """Note what is wrong."""
        self.problems.append(f"{about}：{problem}")

    def remark(self, about, text):
        """Note what is not wrong and yet worth a look."""
        self.remarks.append(f"{about}：{text}")


def read(folder, name):
    """Return the JSON of a file."""
    return json.loads((folder / name).read_bytes())


# --- Files -------------------------------------------------------------------------------------


def digest_of(path):
    """Return the SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(MEGABYTE):
            digest.update(piece)
    return digest.hexdigest()


def check_files(folder, found):
    """Every file that MANIFEST.json names is there, byte for byte, and there is no other."""
    seal, _, _ = (folder / "MANIFEST.sha256").read_text(encoding="utf-8").partition(" ")
    if digest_of(folder / "MANIFEST.json") != seal:
        found.wrong("MANIFEST.json", "与 MANIFEST.sha256 不符，清单已被改动")
    named = {each["path"]: each for each in read(folder, "MANIFEST.json")["files"]}
    for name, each in named.items():
        path = folder / name
        found.count("文件")
        if not path.is_file():
            found.wrong(name, "文件缺失")
        elif path.stat().st_size != each["size"] or digest_of(path) != each["sha256"]:
            found.wrong(name, "内容与清单的摘要不符，已被改动")
        if name.startswith("originals/") and Path(name).stem != each["sha256"]:
            found.wrong(name, "原件的文件名不是它的摘要")
    known = {*named, "MANIFEST.json", "MANIFEST.sha256"}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in known:
            continue
        if path.name.lower() in OF_COMPUTERS or path.name.startswith("._"):
            found.remark(name, "清单中没有这个文件，是电脑在查看文件夹时自动生成的，可以删除")
        else:
            found.wrong(name, "清单中没有这个文件")


# --- Chains ------------------------------------------------------------------------------------


def check_chain(about, records, found):
    """Each record follows the one before and is as its digest says; return {place: digest}."""
    previous, digests = "", {}
    for place, record in enumerate(records, start=1):
        if record["sequence"] != place:
            found.wrong(about, f"第 {place} 条缺失或次序不对")
            return digests
        if record["previous"] != previous:
            found.wrong(about, f"第 {place} 条与上一条的摘要不相接")
        if "content" in record:
            content = record["content"]
            if (content["sequence"], content["previous"]) != (place, record["previous"]):
                found.wrong(about, f"第 {place} 条的内容与次序不符")
            if sm3(canonical(content)) != record["digest"]:
                found.wrong(about, f"第 {place} 条的内容与摘要不符，已被改动")
        previous = digests[place] = record["digest"]
        found.count("链上记录")
    return digests


def check_events(folder, found):
    """The chain of each application, against the heads as they were exported, and its moves.

    Heads, chains and the table are about the same applications: a chain is left out only of what is
    its unit's own, and that is listed.
    """
    heads = {each["key"]: each for each in read(folder, "chains/heads.json")["applications"]}
    left_out = {each["key"]: each for each in read(folder, "chains/left_out.json")}
    stages, untold = {}, 0
    with (folder / "chains/events.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            chain = json.loads(line)
            about = chain["number"]
            digests = check_chain(about, chain["events"], found)
            head = heads.get(chain["key"])
            if head is None:
                found.wrong(about, "存证单中没有这条记录链的链头")
            elif digests.get(head["events"]) != head["digest"]:
                found.wrong(about, f"第 {head['events']} 条与存证单的链头不符")
            elif len(chain["events"]) != head["events"]:
                found.wrong(about, f"存证单有 {head['events']} 条，记录链多出记录")
            stage, is_gap = None, False
            for record in chain["events"]:
                content = record.get("content")
                if content is None:
                    # What it was is not told: it may have been a step.
                    untold, is_gap = untold + 1, True
                elif content["to_stage"]:
                    if stage and not is_gap and content["from_stage"] != stage:
                        found.wrong(about, f"第 {record['sequence']} 条与前一步所到的阶段不相接")
                    stage, is_gap = content["to_stage"], False
            stages[chain["key"]] = stage
    rows = read(folder, "tables/applications.json")["rows"]
    for row in rows:
        if row["id"] not in stages:
            found.wrong(row["number"], "没有记录链")
        elif stages[row["id"]] not in (None, row["stage"]):
            found.wrong(
                row["number"], f"表中的阶段为 {row['stage']}，记录链到的是 {stages[row['id']]}"
            )
    keys = {row["id"] for row in rows}
    for key, head in heads.items():
        about = head["number"] or f"申报 {key}"
        if key not in stages and key not in left_out:
            found.wrong(about, "存证单有它的链头，档案中没有它的记录链")
        elif key in stages and key not in keys:
            found.wrong(about, "有记录链，表中没有这项申报")
    numbers = sorted(each["number"] for each in left_out.values() if each["number"])
    if numbers:
        found.remark("属申报单位自己而没有收入的申报", "、".join(numbers))
    if untold:
        found.remark("记录链", f"有 {untold} 条记录按权限只收入次序和摘要，没有内容")


def check_heads(folder, found):
    """Return the SM3 digest of the heads: the stamped paper bears the same one."""
    digest = sm3((folder / "chains/heads.json").read_bytes())
    if digest != read(folder, "MANIFEST.json")["chain_heads_sm3"]:
        found.wrong("chains/heads.json", "与清单所记的存证单摘要不符，链头已被改动")
    return digest


def check_submissions(folder, found):
    """Each version has the fingerprint that the event of its submission says."""
    said = {}
    with (folder / "chains/events.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            chain = json.loads(line)
            for record in chain["events"]:
                data = record.get("content", {}).get("data", {})
                if "fingerprint" in data and "version" in data:
                    said[chain["key"], data["version"]] = data["fingerprint"]
    for row in read(folder, "tables/submissions.json")["rows"]:
        found.count("提交版本")
        key = (row["application"], row["version"])
        if said.pop(key, None) != row["fingerprint"]:
            found.wrong(f"申报 {key[0]} 第 {key[1]} 版", "指纹与提交事件不符")
    for key, version in said:
        found.wrong(f"申报 {key} 第 {version} 版", "有提交事件，表中没有这一版")


# --- Draws -------------------------------------------------------------------------------------


def check_draws(folder, found):
    """The same seed and the same pool give the same experts."""
    for record in read(folder, "chains/draws.json"):
        found.count("抽取记录")
        about, content = record["panel"], record["content"]
        if sm3(canonical(content)) != record["fingerprint"]:
            found.wrong(about, "抽取记录的内容与指纹不符，已被改动")
        excluded = {each["id"] for each in content["exclusions"]}
        left = [each["id"] for each in content["pool"] if each["id"] not in excluded]
        seed = content["seed"]
        left.sort(key=lambda key: (sm3(f"{seed}:{key}".encode()), key))
        if left[: content["size"] + content["alternates"]] != content["result"]:
            found.wrong(about, "按种子重新抽取的结果与记录不同")


# --- Scores ------------------------------------------------------------------------------------


def mean_of(totals, trim_from):
    """Return the mean to two decimals, half up; from so many without a highest and a lowest."""
    rest = sorted(totals)
    if len(rest) >= max(trim_from, 3):
        rest = rest[1:-1]
    return (sum(rest, Decimal(0)) / len(rest)).quantize(HUNDREDTH, ROUND_HALF_UP)


def key_of(application, heaviest):
    """Return what an application is ranked by: mean, all totals, the heaviest criteria."""
    cards = [[Decimal(points) for points in card["points"]] for card in application["cards"]]
    number = len(cards)
    return (
        Decimal(application["mean"]),
        Fraction(sum(map(sum, cards))) / number,
        tuple(Fraction(sum(card[index] for card in cards)) / number for index in heaviest),
    )


def ranks_of(applications, heaviest):
    """Return {number: rank}; what is equal in everything shares one."""
    keys = {each["number"]: key_of(each, heaviest) for each in applications if each["cards"]}
    order = sorted(keys.values(), reverse=True)
    return {number: order.index(key) + 1 for number, key in keys.items()}


def band_of(criterion, points):
    """Return the band of a criterion that points fall into, or None where it has none for them.

    Bands go down; half a point between two of them belongs to the lower one.
    """
    for band in criterion["bands"]:
        if band["from"] is not None and Decimal(band["from"]) <= points:
            return band
    return None


def check_cards(application, scores, found):
    """Points lie within their criteria and add up to totals, totals to the mean."""
    number, rules, totals = application["number"], scores["rules"], []
    for card in application["cards"]:
        about = f"{number} {card['expert']}"
        found.count("评分表")
        points = [Decimal(each) for each in card["points"]]
        for criterion, given in zip(scores["criteria"], points, strict=True):
            step = Decimal("0.5") if rules["half_points"] else Decimal(1)
            if not 0 <= given <= Decimal(criterion["points"]) or given % step:
                found.wrong(about, f"“{criterion['name']}”得 {given} 分，不在评分标准之内")
            elif criterion["bands"] and band_of(criterion, given) is None:
                found.remark(about, f"“{criterion['name']}”得 {given} 分，不属于任何一档")
        totals.append(sum(points, Decimal(0)))
        if totals[-1] != Decimal(card["total"]):
            found.wrong(about, f"各项得分合计 {totals[-1]}，记录的总分为 {card['total']}")
    if totals:
        mean = mean_of(totals, rules["trim_from"])
        if mean != Decimal(application["mean"]):
            found.wrong(number, f"重新计算的平均分为 {mean}，记录为 {application['mean']}")


def check_scores(folder, found):
    """Every mean, and every rank in each panel and in the round."""
    scores = read(folder, "scores/scores.json")
    most = max((each["points"] for each in scores["criteria"]), default=0)
    heaviest = [i for i, each in enumerate(scores["criteria"]) if each["points"] == most]
    everything = []
    for panel in scores["panels"]:
        for application in panel["applications"]:
            check_cards(application, scores, found)
        if panel["ranks_are_final"]:
            ranks = ranks_of(panel["applications"], heaviest)
            for each in panel["applications"]:
                if each["rank"] != ranks.get(each["number"]):
                    again = ranks.get(each["number"])
                    found.wrong(
                        f"{panel['name']} {each['number']}",
                        f"重新计算的名次为 {again}，记录为 {each['rank']}",
                    )
            check_choice(panel, scores["rules"], found)
        everything += [each for each in panel["applications"] if each["is_concluded"]]
    again = ranks_of(everything, heaviest)
    for each in scores["ranking"]:
        if again.get(each["number"]) != each["rank"]:
            found.wrong(
                each["number"],
                f"重新计算的全批次名次为 {again.get(each['number'])}，记录为 {each['rank']}",
            )
    return scores


def check_choice(panel, rules, found):
    """Whom a panel proposed against its own ranks; it explains that in its opinion."""
    proposed = [each for each in panel["applications"] if each["was_proposed"]]
    others = [each for each in panel["applications"] if not each["was_proposed"]]
    last = max((each["rank"] or 0 for each in proposed), default=0)
    for each in others:
        if each["rank"] and each["rank"] < last:
            found.remark(each["number"], "名次在拟入选的项目之前而未被推荐，理由见专家组评审意见")
    for each in proposed:
        if each["mean"] is None:
            found.remark(each["number"], "没有评分而被推荐，理由见专家组评审意见")
        elif Decimal(each["mean"]) < Decimal(rules["minimum_score"]):
            found.remark(each["number"], "平均分低于最低分数线而被推荐，理由见专家组评审意见")


# --- Result ------------------------------------------------------------------------------------


def check_result(folder, scores, found):
    """The published list: its editions are a chain, and the last one is who was awarded."""
    editions = read(folder, "chains/editions.json")
    check_chain("公布的名单", editions, found)
    rows = read(folder, "tables/applications.json")["rows"]
    awarded = {row["id"]: row["number"] for row in rows if row["stage"] == "AWARDED"}
    proposed = {
        each["number"]
        for panel in scores["panels"]
        for each in panel["applications"]
        if each["was_proposed"]
    }
    added = {
        change["row"]["application"]
        for edition in editions
        for change in edition["content"]["data"]["changes"]
        if change["kind"] == "ADDED"
    }
    for key, number in sorted(awarded.items()):
        if number in proposed:
            continue
        if key in added:
            found.remark(number, "专家组没有推荐，经名单更正增补入选，理由见公布的名单")
        else:
            found.wrong(number, "入选，而专家组没有推荐")
    if not editions:
        found.remark("公布的名单", "本批次导出时尚未公布结果")
        return
    published = {row["application"] for row in editions[-1]["content"]["data"]["rows"]}
    numbers = {row["id"]: row["number"] for row in rows}
    for key in sorted(published - set(awarded)):
        found.wrong(numbers.get(key, str(key)), "在公布的名单上，阶段却不是入选")
    for key in sorted(set(awarded) - published):
        found.wrong(awarded[key], "阶段为入选，却不在公布的名单上")
    found.count("公布的项目", len(published))


def attempt(about, check, *given):
    """Return what a check returns, or None where it could not be made: `given` has what was found.

    Whatever somebody made of a file is a finding, and ends none of the other checks.
    """
    try:
        return check(*given)
    except Exception as error:
        found = given[-1]
        reason = type(error).__name__
        if isinstance(error, FileNotFoundError):
            reason = f"缺少 {Path(error.filename).name}"
        found.wrong(about, f"内容残缺或格式不对，无法读取（{reason}）")
    return None


def check_scores_and_result(folder, found):
    """Scores, and the list that comes of them."""
    check_result(folder, check_scores(folder, found), found)


def main(folder):
    """Check everything; return the exit code."""
    found = Findings()
    attempt("清单", check_files, folder, found)
    if found.problems:
        print("文件与清单不符，见下面的“不符”；继续核对记录……")
    else:
        print("文件逐一核对无误，继续核对记录……")
    shown = show(found, 0)
    digest = attempt("存证单的链头", check_heads, folder, found)
    attempt("记录链", check_events, folder, found)
    attempt("提交版本", check_submissions, folder, found)
    attempt("专家抽取", check_draws, folder, found)
    attempt("评分和结果", check_scores_and_result, folder, found)
    counted = "、".join(f"{label} {number}" for label, number in found.counts.items())
    print(f"已核对：{counted}。")
    for each in found.remarks:
        print(f"提示　{each}")
    show(found, shown)
    if found.problems:
        print(f"共 {len(found.problems)} 处不符，请保留现状并核查。")
    else:
        print("文件夹内各项相互一致。")
    print(f"存证单的 SM3 摘要：{digest or '无法计算'}")
    if (folder / "MANIFEST.json").is_file():
        print(f"清单（MANIFEST.json）的 SHA-256：{digest_of(folder / 'MANIFEST.json')}")
    print(
        "请与盖章存证单核对：本程序只能核对文件夹内部是否一致；连同记录链、链头和清单一起改写的，"
        "只有与盖章存证单上的摘要，或与平台“我的导出”、操作日志中的清单摘要比对才能发现。"
    )
    return 1 if found.problems else 0


def show(found, start):
    """Print the problems from one on; return how many there are."""
    for each in found.problems[start:]:
        print(f"不符　{each}", flush=True)
    return len(found.problems)


if __name__ == "__main__":
    # A screen of GBK has not every character of a name.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(Path(__file__).resolve().parent))
