"""OULAD loads by configuration alone; its figures equal plain ``csv`` code to the last digit."""

import csv
import gzip
import json
import shutil
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from helix8.demo.oulad.oracle import expected

pytestmark = pytest.mark.asyncio(loop_scope="module")
OULAD = Path(str(files("helix8.demo.oulad")))
SAMPLE = OULAD / "sample"
FIGURES = {
    *("registered", "withdrawn_rate", "pass_rate_of_all", "pass_rate_of_completers"),
    *("unregistered", "submissions", "score_missing", "mean_score", "score_below_40"),
    *("late_submissions_not_banked", "repeaters", "vle_rows", "clicks", "active_students"),
}


async def load(hub: Any, directory: Path) -> None:
    for path in sorted((OULAD / "feeds").glob("*.toml")):
        feed = tomllib.loads(path.read_text(encoding="utf-8"))
        await hub.client.put(f"/v1/feeds/{feed['feed']}", json=feed)
    for path in sorted((OULAD / "indicators").glob("*.toml")):
        indicator = tomllib.loads(path.read_text(encoding="utf-8"))
        answer = await hub.client.put(f"/v1/indicators/{indicator['indicator']}", json=indicator)
        assert answer.status_code in {200, 201}, answer.text
    for entry in tomllib.loads((OULAD / "load.toml").read_text(encoding="utf-8"))["files"]:
        path = (OULAD if entry.get("own") else directory) / entry["file"]
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        await send(hub, entry["feed"], body, entry["file"])
    await hub.settled()


async def send(hub: Any, feed: str, body: bytes, document: str) -> dict[str, Any]:
    answer = await hub.post(feed, body, kind="text/csv", document=document)
    assert answer.status_code == 200, answer.text
    ledger: dict[str, Any] = answer.json()
    assert (ledger["quarantined"], ledger["parked"], ledger["rejected"]) == (0, 0, 0)
    return ledger


async def measured(hub: Any) -> dict[str, dict[str, Any]]:
    """Return what the hub measured, in the words of EXPECTED.json."""
    found: dict[str, dict[str, Any]] = {}
    for row in await hub.get("measurements", limit=1000):
        kind, name = row["scope"].split("/", 1)
        if kind == "class" and row["value"] is not None:
            figure = row["indicator"].removeprefix("oulad.")
            if figure in FIGURES:
                found.setdefault(name, {})[figure] = Decimal(row["value"])
    return found


def figures(document: Any) -> dict[str, dict[str, Any]]:
    return {
        name: {key: Decimal(str(each[key])) for key in FIGURES if key in each}
        for name, each in document["presentations"].items()
    }


async def test_every_figure_of_the_sample_equals_the_expected_one(hub: Any) -> None:
    await load(hub, SAMPLE)

    stored = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))
    assert figures(expected(SAMPLE)) == figures(stored)
    assert await measured(hub) == figures(stored)
    assert await hub.get("quarantine") == []


async def test_loading_it_again_changes_nothing(hub: Any) -> None:
    before = await measured(hub)
    [mark] = await hub.sql("SELECT last_seq FROM watermark")

    await load(hub, SAMPLE)

    assert await measured(hub) == before
    assert await hub.sql("SELECT last_seq FROM watermark") == [mark]


class Copy:
    """A copy of the sample of which a test changes one row."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for path in SAMPLE.iterdir():
            shutil.copy(path, directory)

    def change(self, table: str, where: dict[str, str], to: dict[str, str]) -> bytes:
        """Change the one row that matches; return the file."""
        path = self.directory / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        [row] = [row for row in rows if where.items() <= row.items()]
        row.update(to)
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path.read_bytes()

    def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of a table."""
        with (self.directory / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


def assignments(copy: Copy, name: str) -> dict[str, dict[str, str]]:
    module, presentation = name.split("-")
    return {
        row["id_assessment"]: row
        for row in copy.rows("assessments")
        if (row["code_module"], row["code_presentation"]) == (module, presentation)
    }


async def check(hub: Any, copy: Copy, name: str, moved: dict[str, Decimal]) -> None:
    """The hub and the oracle agree after the change, and both moved by the hand-computed amount."""
    await hub.settled()
    before = figures(json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8")))
    after = await measured(hub)

    assert after == figures(expected(copy.directory))
    differences = {
        key: after[name][key] - value
        for key, value in before[name].items()
        if after[name][key] != value
    }
    assert differences == moved
    assert {other for other in before if before[other] != after[other]} == {name}


async def restore(hub: Any, table: str, feed: str) -> None:
    await send(hub, feed, (SAMPLE / f"{table}.csv").read_bytes(), f"{table}.csv")
    await hub.settled()
    stored = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))
    assert await measured(hub) == figures(stored)


async def test_one_score_moves_the_mean_by_its_share(hub: Any, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    name = "AAA-2013J"
    mine = assignments(copy, name)
    scores = [
        row
        for row in copy.rows("studentAssessment")
        if row["id_assessment"] in mine and row["score"]
    ]
    row = next(row for row in scores if 50 <= int(row["score"]) <= 90)
    key = {"id_assessment": row["id_assessment"], "id_student": row["id_student"]}
    body = copy.change("studentAssessment", key, {"score": str(int(row["score"]) + 7)})

    await send(hub, "oulad.submission", body, "studentAssessment.csv")

    total, count = sum(int(each["score"]) for each in scores), len(scores)
    places = Decimal("0.000001")
    old, new = ((Decimal(each) / count).quantize(places) for each in (total, total + 7))
    await check(hub, copy, name, {"mean_score": new - old})
    await restore(hub, "studentAssessment", "oulad.submission")


EARLIER_DAYS = 3


def made_late(copy: Copy, assignment: dict[str, str]) -> int:
    """Count the submissions that an earlier deadline makes late."""
    due = int(assignment["date"])
    return sum(
        due - EARLIER_DAYS < int(row["date_submitted"]) <= due
        for row in copy.rows("studentAssessment")
        if row["id_assessment"] == assignment["id_assessment"] and row["is_banked"] == "0"
    )


async def test_one_deadline_makes_the_submissions_after_it_late(hub: Any, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    name = "BBB-2013J"
    chosen, newly_late = max(
        ((row, made_late(copy, row)) for row in assignments(copy, name).values() if row["date"]),
        key=lambda pair: pair[1],
    )
    earlier = int(chosen["date"]) - EARLIER_DAYS
    key = {"id_assessment": chosen["id_assessment"]}
    body = copy.change("assessments", key, {"date": str(earlier)})

    await send(hub, "oulad.assignment", body, "assessments.csv")

    assert newly_late > 0
    await check(hub, copy, name, {"late_submissions_not_banked": Decimal(newly_late)})
    await restore(hub, "assessments", "oulad.assignment")


async def test_one_withdrawal_moves_three_rates(hub: Any, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    name = "AAA-2013J"
    row = next(
        row
        for row in copy.rows("studentInfo")
        if row["code_module"] == "AAA" and row["final_result"] == "Pass"
    )
    key = {k: row[k] for k in ("code_module", "code_presentation", "id_student")}
    body = copy.change("studentInfo", key, {"final_result": "Withdrawn"})

    await send(hub, "oulad.enrolment", body, "studentInfo.csv")

    # Of 383 students 60 had withdrawn and 278 passed: 61 ÷ 383, 277 ÷ 383, 277 ÷ 322 now.
    moved = {
        "withdrawn_rate": Decimal("0.159269") - Decimal("0.156658"),
        "pass_rate_of_all": Decimal("0.723238") - Decimal("0.725849"),
        "pass_rate_of_completers": Decimal("0.860248") - Decimal("0.860681"),
    }
    await check(hub, copy, name, moved)
    await restore(hub, "studentInfo", "oulad.enrolment")


async def test_a_submission_deleted_is_no_longer_counted(hub: Any, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    name = "AAA-2013J"
    mine = assignments(copy, name)
    rows = copy.rows("studentAssessment")
    row = next(row for row in rows if row["id_assessment"] in mine and row["score"] == "")
    due = mine[row["id_assessment"]]["date"]
    is_late = due != "" and row["is_banked"] == "0" and int(row["date_submitted"]) > int(due)
    moved = {"submissions": Decimal(-1), "score_missing": Decimal(-1)}
    moved |= {"late_submissions_not_banked": Decimal(-1)} if is_late else {}
    rows.remove(row)
    with (copy.directory / "studentAssessment.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    gone = f"id_assessment,id_student\n{row['id_assessment']},{row['id_student']}\n".encode()
    answer = await hub.post("oulad.submission", gone, kind="text/csv", mode="delete")

    assert answer.json()["deleted"] == 1, answer.text
    await check(hub, copy, name, moved)
    await restore(hub, "studentAssessment", "oulad.submission")


async def test_clicks_sent_with_other_lines_replace_those_before(hub: Any, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    path = copy.directory / "studentVle.tsv.gz"
    header, first, *rest = gzip.decompress(path.read_bytes()).decode().splitlines()
    columns = dict(zip(header.split("\t"), first.split("\t"), strict=True))
    body = "\n".join([header, *rest]).encode()
    path.write_bytes(gzip.compress(body))

    await send(hub, "oulad.learning_daily", body, "studentVle.tsv.gz")

    name = f"{columns['code_module']}-{columns['code_presentation']}"
    moved = {"vle_rows": Decimal(-1), "clicks": -Decimal(columns["sum_click"])}
    await check(hub, copy, name, moved)
