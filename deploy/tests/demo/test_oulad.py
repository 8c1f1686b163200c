"""The OULAD sample: its oracle, its attribution, and the data files that load it."""

import csv
import json
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from helix8.demo.oulad import oracle

HOME = Path(str(files("helix8.demo.oulad")))
SAMPLE = HOME / "sample"

# Not expressible as an indicator: a word count, and a property of the file rather than of records.
NO_INDICATOR = {"final_result", "exact_duplicate_rows"}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))
    return found


def indicators() -> dict[str, dict[str, Any]]:
    return {path.stem: read(path) for path in (HOME / "indicators").glob("*.toml")}


def test_oracle_gives_what_the_sample_says() -> None:
    assert oracle.expected(SAMPLE) == expected()


def test_sample_is_small_and_names_its_source() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.iterdir())
    assert size <= 1_500_000
    text = (SAMPLE / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "Open University Learning Analytics dataset, CC BY 4.0" in text


def test_sample_keeps_what_makes_loading_hard() -> None:
    figures = expected()
    assert figures["students_in_more_than_one_presentation"] > 0
    presentations = figures["presentations"]
    assert {name[-1] for name in presentations} == {"B", "J"}
    assert any(each.get("exact_duplicate_rows") for each in presentations.values())
    assert any(each["score_missing"] for each in presentations.values())
    assert any(row["date"] == "" for row in oracle.read_table(SAMPLE, "assessments"))
    assert any(row["is_banked"] == "1" for row in oracle.read_table(SAMPLE, "studentAssessment"))


@pytest.mark.parametrize(
    ("result", "figure", "moved"),
    [
        # 60 of 383 withdrew; one more is 61/383 = 0.1592689…
        ("Withdrawn", "withdrawn_rate", 0.159269),
        # 258 + 20 of 383 passed; one fewer is 277/383 = 0.7232375…
        ("Fail", "pass_rate_of_all", 0.723238),
    ],
)
def test_one_changed_row_moves_the_figure_as_computed_by_hand(
    tmp_path: Path, result: str, figure: str, moved: float
) -> None:
    directory = tmp_path / "oulad"
    shutil.copytree(SAMPLE, directory)
    rows = oracle.read_table(directory, "studentInfo")
    passed = (row for row in rows if row["final_result"] == "Pass")
    next(row for row in passed if row["code_module"] == "AAA")["final_result"] = result
    with (directory / "studentInfo.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    figures: Any = oracle.expected(directory)
    assert figures["presentations"]["AAA-2013J"][figure] == moved


def test_every_figure_has_an_indicator() -> None:
    figures = {name for each in expected()["presentations"].values() for name in each}
    assert figures - NO_INDICATOR <= set(indicators())
    for name, indicator in indicators().items():
        assert indicator["indicator"] == name
        assert [scope["kind"] for scope in indicator["scopes"]] == ["class"]


def test_load_list_names_files_and_feeds_that_exist() -> None:
    feeds = {path.stem: read(path) for path in (HOME / "feeds").glob("*.toml")}
    ids = {feed["feed"] for feed in feeds.values()}
    steps = read(HOME / "load.toml")["files"]
    assert {step["feed"] for step in steps} == ids
    for step in steps:
        place = HOME if step.get("own") else SAMPLE
        assert (place / step["file"]).exists()


def test_every_column_of_the_files_is_mapped_or_ignored_by_name() -> None:
    feeds = {feed["feed"]: feed for feed in map(read, (HOME / "feeds").glob("*.toml"))}
    for step in read(HOME / "load.toml")["files"]:
        if step["file"].endswith(".gz"):
            columns = set(next(oracle.read_clicks(SAMPLE)))
        else:
            path = (HOME if step.get("own") else SAMPLE) / step["file"]
            with path.open(encoding="utf-8", newline="") as lines:
                columns = set(next(csv.reader(lines)))
        assert columns == _columns(feeds[step["feed"]]), step


def _columns(feed: dict[str, Any]) -> set[str]:
    found = set(feed.get("ignore", ()))
    for field in feed["fields"].values():
        named = field.get("from", [])
        found |= {named} if isinstance(named, str) else set(named)
        day0 = field.get("day0", {})
        found |= {day0["from"]} if "from" in day0 else set(day0.get("key", ()))
    measures = feed.get("aggregate", {}).get("measures", {})
    return found | {each["sum"] for each in measures.values() if "sum" in each}


@pytest.mark.parametrize("name", ["bindings.toml", "bindings_full.toml"])
def test_bindings_name_indicators_that_exist(name: str) -> None:
    known = indicators()
    document = read(HOME / name)
    for each in [*document["bindings"], *document.get("goals", ())]:
        assert each["indicator"] in known
        assert each["scope"].startswith("class/")
        assert each["period"] in {"term:2012-2013-2", "term:2013-2014-1"}
