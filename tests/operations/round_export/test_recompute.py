"""A stranger recomputes a round from its folder, without the portal, and any change is found."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.chains import sm3
from accounts.roles import Role
from applications.stages import Stage
from applications.workflow.perform import perform
from operations.round_export import recompute as script
from review.results import corrections
from review.scoring import arithmetic
from review.scoring.models import Score
from tests import factories as make
from tests.operations.round_export.folders import (
    read,
    recompute,
    replace,
    rewrite,
    unpack,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round(trim_from=3), experts=3)


@pytest.fixture
def folder(people, tmp_path):
    """A round with its result: two awarded, one not, drawn experts."""
    make.make_draw(people.panel, people.office)
    for stage in (Stage.AWARDED, Stage.AWARDED, Stage.NOT_SELECTED):
        make.make_application(stage, people)
    make.publish_results(people.panel.round, people.office)
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    assert missing == []
    return folder


def test_a_round_agrees_with_itself(folder):
    code, said = recompute(folder)
    assert "文件夹内各项相互一致。" in said, said
    assert "请与盖章存证单核对" in said.splitlines()[-1]
    assert code == 0
    for counted in ("提交版本 3", "抽取记录 1", "评分表 9", "公布的项目 2"):
        assert counted in said


def test_it_needs_neither_the_portal_nor_any_package(folder):
    """The very file of the portal, and nothing that it imports is anybody else's."""
    assert (folder / "recompute.py").read_bytes() == Path(script.__file__).read_bytes()
    text = (folder / "recompute.py").read_text(encoding="utf-8")
    imported = {
        line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))
    }
    assert imported <= {"hashlib", "json", "sys", "decimal", "fractions", "pathlib"}


def test_one_byte_of_an_original_is_found(folder):
    original = next(path for path in folder.glob("originals/*/*") if path.is_file())
    data = bytearray(original.read_bytes())
    data[len(data) // 2] ^= 1
    original.write_bytes(data)
    code, said = recompute(folder)
    assert code == 1
    assert f"不符　{original.relative_to(folder).as_posix()}：内容与清单的摘要不符" in said
    assert "共 1 处不符" in said


def test_an_original_that_was_exchanged_with_its_digest_in_the_manifest_is_found(folder):
    original = next(path for path in folder.glob("originals/*/*") if path.is_file())
    replace(folder, original.relative_to(folder).as_posix(), b"another")
    assert "原件的文件名不是它的摘要" in recompute(folder)[1]


def test_a_file_that_is_missing_or_too_many_is_found(folder):
    (folder / "scores" / "more.json").write_text("{}", encoding="utf-8")
    (folder / "tables" / "awards.csv").unlink()
    code, said = recompute(folder)
    assert code == 1
    assert "scores/more.json：清单中没有这个文件" in said
    assert "tables/awards.csv：文件缺失" in said


def test_one_score_is_found_and_whose_it_is(folder):
    def raise_one(scores):
        card = scores["panels"][0]["applications"][-1]["cards"][0]
        card["points"][0] = str(Decimal(card["points"][0]) + 1)

    rewrite(folder, "scores/scores.json", raise_one)
    scores = read(folder, "scores/scores.json")
    application = scores["panels"][0]["applications"][-1]
    code, said = recompute(folder)
    assert code == 1
    assert f"{application['number']} {application['cards'][0]['expert']}：各项得分合计" in said


def test_a_mean_or_a_rank_that_does_not_follow_is_found(folder):
    def change(scores):
        first, second = scores["panels"][0]["applications"][:2]
        first["mean"] = "99.99"
        second["rank"] = 7

    rewrite(folder, "scores/scores.json", change)
    said = recompute(folder)[1]
    assert "记录为 99.99" in said
    assert "记录为 7" in said


def test_an_event_that_was_rewritten_taken_out_or_swapped_is_found(folder):
    name = "chains/events.jsonl"
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    whole = [json.loads(line) for line in lines]

    def changed(change):
        chains = json.loads(json.dumps(whole))
        change(chains[0]["events"])
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in chains)
        replace(folder, name, text.encode())
        return recompute(folder)[1]

    number = whole[0]["number"]

    def reword(events):
        events[1]["content"]["note"] = "改写"

    assert f"{number}：第 2 条的内容与摘要不符，已被改动" in changed(reword)
    assert f"{number}：第 2 条缺失或次序不对" in changed(lambda events: events.pop(1))
    assert f"{number}：第 {len(whole[0]['events'])} 条与存证单的链头不符" in changed(
        lambda events: events.pop()
    )


def test_whoever_computes_a_digest_anew_does_not_meet_its_head(folder):
    name = "chains/events.jsonl"
    chains = [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    last = chains[0]["events"][-1]
    last["content"]["note"] = "改写"
    last["digest"] = script.sm3(script.canonical(last["content"]))
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in chains)
    replace(folder, name, text.encode())
    assert "与存证单的链头不符" in recompute(folder)[1]


def test_a_stage_or_a_published_row_that_does_not_follow_is_found(folder):
    def reject(table):
        row = next(row for row in table["rows"] if row["stage"] == "AWARDED")
        row["stage"] = "NOT_SELECTED"

    rewrite(folder, "tables/applications.json", reject)
    said = recompute(folder)[1]
    assert "表中的阶段为 NOT_SELECTED" in said
    assert "在公布的名单上，阶段却不是入选" in said


def test_a_published_list_that_was_rewritten_is_found(folder):
    def add(editions):
        editions[0]["content"]["data"]["rows"][0]["lead_name"] = "另一人"

    rewrite(folder, "chains/editions.json", add)
    assert "公布的名单：第 1 条的内容与摘要不符" in recompute(folder)[1]


def test_another_seed_draws_others(folder):
    def reseed(draws):
        content = draws[0]["content"]
        content["seed"] = next(
            seed
            for seed in map(str, range(1000))
            if [
                key
                for _, key in sorted(
                    (sm3(f"{seed}:{row['id']}".encode()), row["id"]) for row in content["pool"]
                )
            ]
            != content["result"]
        )
        draws[0]["fingerprint"] = sm3(script.canonical(content))

    rewrite(folder, "chains/draws.json", reseed)
    assert "按种子重新抽取的结果与记录不同" in recompute(folder)[1]


def test_a_version_with_another_fingerprint_is_found(folder):
    def change(table):
        table["rows"][0]["fingerprint"] = "0" * 64

    rewrite(folder, "tables/submissions.json", change)
    assert "指纹与提交事件不符" in recompute(folder)[1]


def test_a_proposal_against_the_ranks_is_pointed_at_and_not_wrong(people, tmp_path):
    for share in ("0.9", "0.8"):
        application = make.make_application(Stage.PANEL, people)
        make.score(application, people.panel, share)
        name = "conclude_for" if share == "0.8" else "conclude_against"
        perform(application, name, people.expert, **make.data_for(name))
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    code, said = recompute(folder)
    assert code == 0, said
    assert "名次在拟入选的项目之前而未被推荐" in said


def test_one_that_was_decided_without_any_score_is_pointed_at(people, tmp_path):
    application = make.make_application(Stage.INSPECTING, people)
    Score.objects.all().delete()
    application.score_sheets.all().delete()
    folder, missing = unpack(people.office, people.panel.round, tmp_path)
    code, said = recompute(folder)
    assert missing == []
    assert code == 0, said
    assert f"提示　{application.number}：没有评分而被推荐" in said


# --- What is honest -----------------------------------------------------------------------------


def test_a_list_that_was_lawfully_corrected_agrees(people, tmp_path):
    make.make_application(Stage.AWARDED, people)
    lost = make.make_application(Stage.PANEL, people)
    make.score(lost, people.panel, "0.5")
    perform(lost, "conclude_against", people.expert, **make.data_for("conclude_against"))
    round_ = people.panel.round
    make.publish_results(round_, people.office)
    correction = corrections.propose_correction(
        round_.pk, people.office, "漏列", number="", date=None, added=[lost.pk]
    )
    corrections.consent_to_correction(correction.pk, people.bureau)
    corrections.consent_to_correction(correction.pk, people.finance)
    folder, _ = unpack(people.office, round_, tmp_path)
    code, said = recompute(folder)
    assert code == 0, said
    assert f"提示　{lost.number}：专家组没有推荐，经名单更正增补入选" in said
    (told,) = read(folder, "tables/result_corrections.json")["rows"]
    assert (told["added"], told["removed"]) == ([lost.pk], [])


def test_a_conclusion_that_was_undone_agrees(people, tmp_path):
    application = make.make_application(Stage.PANEL, people)
    make.score(application, people.panel, "0.9")
    perform(application, "conclude_for", people.expert, **make.data_for("conclude_for"))
    for name, user in (("agree_to_undo", people.expert), ("revert", people.office)):
        application = type(application).objects.get(pk=application.pk)
        perform(application, name, user, reason="记错")
    folder, _ = unpack(people.office, people.panel.round, tmp_path)
    code, said = recompute(folder)
    assert code == 0, said
    assert "条记录按权限只收入次序和摘要" in said


def test_what_a_computer_lays_into_a_folder_is_pointed_at_alone(folder):
    for name in ("Thumbs.db", ".DS_Store", "documents/desktop.ini"):
        (folder / name).write_bytes(b"a")
    code, said = recompute(folder)
    assert code == 0, said
    assert "提示　Thumbs.db：清单中没有这个文件" in said


# --- What is forged -----------------------------------------------------------------------------


def forge(folder, name, change):
    """Change a file of the chains with everything in the folder that vouches for it."""
    if name.endswith(".jsonl"):
        lines = [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        lines = change(lines)
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines)
        replace(folder, name, text.encode())
    else:
        rewrite(folder, name, change)


def vouch_for_heads(folder):
    digest = script.sm3((folder / "chains/heads.json").read_bytes())
    rewrite(folder, "MANIFEST.json", lambda manifest: manifest.update(chain_heads_sm3=digest))


def test_events_and_heads_rewritten_alike_are_found_by_the_stamped_paper_alone(folder):
    stamped = read(folder, "MANIFEST.json")["chain_heads_sm3"]
    heads = {}

    def reword(chains):
        for chain in chains:
            previous = ""
            for event in chain["events"]:
                event["previous"] = previous
                if "content" in event:
                    event["content"].update(previous=previous, note="改写")
                    event["digest"] = script.sm3(script.canonical(event["content"]))
                previous = event["digest"]
            heads[chain["key"]] = previous
        return chains

    def follow(content):
        for head in content["applications"]:
            head["digest"] = heads[head["key"]]

    assert stamped in recompute(folder)[1]
    forge(folder, "chains/events.jsonl", reword)
    forge(folder, "chains/heads.json", follow)
    code, said = recompute(folder)
    assert code == 1
    assert "chains/heads.json：与清单所记的存证单摘要不符" in said
    vouch_for_heads(folder)
    code, said = recompute(folder)
    assert code == 0
    assert stamped not in said
    assert "全部相符" not in said
    assert said.splitlines()[-1].startswith("请与盖章存证单核对")


def test_an_application_that_was_dropped_everywhere_is_missed_by_its_head(folder):
    table = read(folder, "tables/applications.json")["rows"]
    lost = next(row for row in table if row["stage"] == "NOT_SELECTED")
    key, number = lost["id"], lost["number"]

    def drop_rows(content):
        content["rows"] = [
            row for row in content["rows"] if key not in (row.get("application"), row["id"])
        ]

    def drop_scores(scores):
        for panel in scores["panels"]:
            panel["applications"] = [e for e in panel["applications"] if e["number"] != number]
        scores["ranking"] = [each for each in scores["ranking"] if each["number"] != number]

    def drop_chain(chains):
        return [each for each in chains if each["key"] != key]

    forge(folder, "chains/events.jsonl", drop_chain)
    for name in ("applications", "submissions"):
        rewrite(folder, f"tables/{name}.json", drop_rows)
    rewrite(folder, "scores/scores.json", drop_scores)
    code, said = recompute(folder)
    assert code == 1
    assert f"{number}：存证单有它的链头，档案中没有它的记录链" in said


def test_heads_that_were_emptied_are_found(folder):
    rewrite(folder, "chains/heads.json", lambda content: content.update(applications=[]))
    vouch_for_heads(folder)
    code, said = recompute(folder)
    assert code == 1
    assert said.count("存证单中没有这条记录链的链头") == 3


def test_a_row_of_the_tables_that_was_dropped_is_found(folder):
    for name, said in (("applications", "表中没有这项申报"), ("submissions", "表中没有这一版")):
        rewrite(folder, f"tables/{name}.json", lambda content: content["rows"].pop())
        assert said in recompute(folder)[1]


def test_a_file_that_is_missing_or_spoiled_ends_no_other_check(folder):
    (folder / "chains/draws.json").unlink()
    replace(folder, "scores/scores.json", b'{"panels": ')
    code, said = recompute(folder)
    assert code == 1
    assert "专家抽取：内容残缺或格式不对，无法读取（缺少 draws.json）" in said
    assert "评分和结果：内容残缺或格式不对，无法读取" in said
    assert "提交版本 3" in said
    for name in ("MANIFEST.json", "MANIFEST.sha256"):
        (folder / name).unlink()
    assert recompute(folder)[0] == 1


def test_no_folder_hides_a_file(folder):
    hidden = folder / "documents/__pycache__"
    hidden.mkdir()
    (hidden / "伪造.pdf").write_bytes(b"a")
    assert "documents/__pycache__/伪造.pdf：清单中没有这个文件" in recompute(folder)[1]


def test_a_screen_of_gbk_shows_what_it_can(folder):
    (folder / "𬱖.txt").write_bytes(b"a")
    done = subprocess.run(
        [sys.executable, "-S", "-B", "recompute.py"],
        cwd=folder,
        env={"PYTHONIOENCODING": "gbk"},
        capture_output=True,
        check=False,
    )
    assert not done.stderr
    assert r"\U0002cc56.txt：清单中没有这个文件" in done.stdout.decode("gbk")


# --- Its arithmetic beside the portal's ------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_sm3_step_by_step_is_that_of_the_library(size):
    data = os.urandom(size)
    assert script.sm3_in_python(data) == script.sm3(data) == sm3(data)


def test_means_and_ranks_are_those_of_the_portal():
    """Trimmed and not, ties settled by the whole and by the heaviest criterion, and not at all."""
    weights = [30, 30, 40]
    cards = {
        "A": [(20, 20, 30), (25, 25, 35), (30, 30, 40)],
        "B": [(20, 20, 30), (25, 25, 35), (29, 30, 40)],
        "C": [(25, 20, 40), (25, 25, 35), (20, 25, 40)],
        "D": [(25, 25, 35), (25, 25, 35), (25, 25, 35)],
        "E": [(25, 25, 35), (25, 25, 35), (25, 25, 35)],
        "F": [(10, 10, 10)],
    }
    results = [
        arithmetic.add_up([tuple(map(Decimal, card)) for card in each], 3)
        for each in cards.values()
    ]
    places = arithmetic.ranking(results, weights)
    told = [
        {
            "number": number,
            "mean": str(script.mean_of([Decimal(sum(card)) for card in each], 3)),
            "cards": [{"points": list(map(str, card))} for card in each],
        }
        for number, each in cards.items()
    ]
    assert [each["mean"] for each in told] == [str(result.mean) for result in results]
    heaviest = arithmetic.heaviest(weights)
    assert list(script.ranks_of(told, heaviest).values()) == [place.rank for place in places]


def test_it_runs_where_it_was_unpacked_whatever_the_folder_is_called(folder, tmp_path):
    moved = tmp_path / "归档 2026"
    shutil.move(folder, moved)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(moved / "recompute.py"), run_name="__main__")
    assert ended.value.code == 0


def test_the_bureaus_folder_agrees_too(people, tmp_path):
    make.make_application(Stage.AWARDED, people)
    folder, _ = unpack(make.make_user(Role.BUREAU), people.panel.round, tmp_path)
    code, said = recompute(folder)
    assert code == 0, said
