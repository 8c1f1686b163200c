"""Which lines cannot be meant, for either direction and every operator."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.vocabulary import AlertFrom
from target_service.domain.contradictions import faults_of_lines, faults_of_tiers
from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Lines, LinesError, Tier, refuse
from target_service.domain.units import UNKNOWN, Faults, Measure

EITHER = AlertFrom.EITHER
DEMO = Path(str(files("helix8.demo")))


def limit(text: str) -> Limit:
    """Read ``>= 0.8``, ``in 1,2`` or ``between 1 2``."""
    op, value, *upper = text.split()
    return read_limit({"op": op, "value": value, "upper": upper[0] if upper else None})


def lines(target: str = "", warning: str = "", **tiers: str) -> Lines:
    return Lines(
        target=limit(target) if target else None,
        tiers={Tier(name): limit(text) for name, text in tiers.items()},
        warning=limit(warning) if warning else None,
    )


def paths(found: Faults) -> set[str]:
    return {path for path, _ in found}


@pytest.mark.parametrize(
    "given",
    [
        lines(">= 0.9", "< 0.85", floor=">= 0.5", qualified=">= 0.8", good="> 0.85"),
        lines("<= 14", "> 16", floor="<= 18", qualified="<= 15"),
        lines("<= 14", "> 14", floor="<= 18", qualified="<= 15"),
        lines("< 14", ">= 14", qualified="< 15"),
        lines("> 14", "<= 14", qualified="> 13"),
        lines(">= 0.8", qualified=">= 0.8"),
        lines("> 0.8", qualified=">= 0.8"),
        lines(floor=">= 5", qualified="> 5"),
        lines(floor="<= 5", qualified="< 5"),
        lines(">= 0.6", qualified=">= 0.5", good=">= 0.6", benchmark=">= 0.7"),
        lines("<= 17", ">= 17.5", floor="<= 22", qualified="<= 18", good="<= 16"),
        lines("between 16 18", "> 19", floor="between 10 25"),
        lines("between 16 18", "< 16", floor=">= 10", qualified="between 14 20"),
        lines("= 100", "< 98", floor=">= 90", qualified=">= 95"),
        lines("in 1,2", floor="in 1,2,3"),
        lines("in 1,2", floor="between 0 3"),
        lines("= 0", "> 0"),
        lines(warning="> 3"),
        lines(qualified="<= 15", warning=">= 13"),
    ],
)
def test_lines_that_can_be_meant_pass(given: Lines) -> None:
    assert faults_of_lines(given, EITHER, UNKNOWN) == []


@pytest.mark.parametrize(
    ("given", "at_fault"),
    [
        (lines(), {"$"}),
        # The warning tells what shall hold instead of when to warn.
        (lines(">= 0.9", ">= 0.85"), {"$.warning"}),
        (lines("<= 14", "< 16"), {"$.warning"}),
        (lines(qualified=">= 0.9", warning="> 0.85"), {"$.warning"}),
        # It warns of a value that meets the target.
        (lines("<= 14", ">= 13", qualified="<= 15"), {"$.warning"}),
        (lines("<= 14", ">= 14", qualified="<= 15"), {"$.warning"}),
        (lines(">= 0.9", "<= 0.9"), {"$.warning"}),
        (lines(">= 0.9", "< 0.900001"), {"$.warning"}),
        (lines("between 16 18", "> 17"), {"$.warning"}),
        (lines("between 16 18", "<= 16"), {"$.warning"}),
        (lines("= 100", "between 90 100"), {"$.warning"}),
        (lines("in 1,2", "in 2,3"), {"$.warning"}),
        # A higher tier asks less than a lower one.
        (lines(floor=">= 0.8", qualified=">= 0.79"), {"$.tiers.qualified"}),
        (lines(floor="> 0.8", qualified=">= 0.8"), {"$.tiers.qualified"}),
        (lines(floor="<= 15", good="<= 16"), {"$.tiers.good"}),
        (lines(floor="< 15", qualified="<= 15"), {"$.tiers.qualified"}),
        (lines(floor="between 10 20", qualified="between 9 15"), {"$.tiers.qualified"}),
        (lines(floor="between 10 20", qualified=">= 15"), {"$.tiers.qualified"}),
        (lines(floor="in 1,2", qualified="in 2,3"), {"$.tiers.qualified"}),
        (lines(floor="= 1", qualified=">= 1"), {"$.tiers.qualified"}),
        (
            lines(floor=">= 4", qualified=">= 3", good=">= 2", benchmark=">= 1"),
            {"$.tiers.qualified", "$.tiers.good", "$.tiers.benchmark"},
        ),
        # Two tiers are one.
        (lines(floor=">= 0.8", qualified=">= 0.80"), {"$.tiers.qualified"}),
        (lines(good="between 5 5", benchmark="= 5"), {"$.tiers.benchmark"}),
        (lines(floor="in 1,2", good="in 2,1"), {"$.tiers.good"}),
        # The target asks less than the standard.
        (lines(">= 0.7", qualified=">= 0.8"), {"$.target"}),
        (lines(">= 0.8", qualified="> 0.8"), {"$.target"}),
        (lines("<= 16", floor="<= 15"), {"$.target"}),
        (lines("between 10 20", qualified="between 12 18"), {"$.target"}),
        (lines("= 90", qualified=">= 95"), {"$.target"}),
        (lines("in 1,2,3", qualified="in 1,2"), {"$.target"}),
        # Better lies on two sides at once.
        (lines(">= 0.9", qualified="<= 0.8"), {"$.tiers.qualified"}),
        (lines(">= 0.9", "< 0.85", floor=">= 0.5", qualified="<= 1"), {"$.tiers.qualified"}),
        (lines("= 5", floor=">= 1", good="<= 9"), {"$.tiers.good"}),
        # All at once.
        (
            lines(">= 0.7", ">= 0.6", floor=">= 0.9", qualified=">= 0.8"),
            {"$.target", "$.warning", "$.tiers.qualified"},
        ),
    ],
)
def test_contradictions_are_told_all_at_once(given: Lines, at_fault: set[str]) -> None:
    assert paths(faults_of_lines(given, EITHER, UNKNOWN)) == at_fault


@pytest.mark.parametrize(
    ("unit", "good", "bad"),
    [
        ("ratio", ("0", "1", "0.85"), ("-0.01", "1.000001", "85")),
        ("percent", ("0", "100", "62.5"), ("-1", "100.01")),
        ("per_mille", ("0", "1000"), ("-1", "1000.5")),
        ("boolean", ("0", "1"), ("0.5", "2", "-1")),
        ("count", ("0", "4000"), ("2.5", "-1")),
        ("to_one", ("0", "18.5"), ("-0.1",)),
        ("score", ("-3", "62.5", "900"), ()),
        ("", ("-3", "62.5", "900"), ()),
    ],
)
def test_a_limit_lies_within_what_the_unit_can_be(
    unit: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    for number in good:
        assert faults_of_lines(lines(f">= {number}"), EITHER, Measure(unit)) == []
    for number in bad:
        assert paths(faults_of_lines(lines(f">= {number}"), EITHER, Measure(unit))) == {
            "$.target.value"
        }


def test_every_number_of_every_line_is_looked_at() -> None:
    given = lines("between 0.9 90", "< -1", floor="in 0.5,50", qualified="> 7", good=">= 8")

    assert paths(faults_of_lines(given, EITHER, Measure("ratio"))) == {
        "$.target",
        "$.target.upper",
        "$.warning.value",
        "$.tiers.floor.value",
        "$.tiers.qualified",
        "$.tiers.qualified.value",
        "$.tiers.good.value",
    }


def test_the_tiers_of_a_standard_are_held_to_the_same() -> None:
    given = lines(floor=">= 50", qualified=">= 40").tiers

    assert paths(faults_of_tiers(given, Measure("ratio"))) == {
        "$.tiers.floor.value",
        "$.tiers.qualified.value",
        "$.tiers.qualified",
    }
    assert faults_of_tiers(lines(floor=">= 0.4", qualified=">= 0.5").tiers, Measure("ratio")) == []


def test_an_alert_cannot_start_from_a_line_that_is_not_there() -> None:
    assert paths(faults_of_lines(lines(">= 1"), AlertFrom.WARNING, UNKNOWN)) == {"$.alert_from"}
    assert paths(faults_of_lines(lines(">= 1", "< 1"), AlertFrom.STANDARD, UNKNOWN)) == {
        "$.alert_from"
    }


def test_what_a_goal_or_standard_should_give_is_not_missed_while_it_is_not_there() -> None:
    assert faults_of_lines(lines(), AlertFrom.STANDARD, UNKNOWN, is_complete=False) == []
    assert paths(
        faults_of_lines(lines(">= 2"), AlertFrom.STANDARD, Measure("ratio"), is_complete=False)
    ) == {"$.target.value"}


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        (lines(">= 0.9", ">= 0.85"), "应写作 < 0.85"),
        (lines("<= 14", "< 16"), "应写作 >= 16"),
        (lines("<= 14", ">= 13"), "请放宽"),
        (lines(floor=">= 0.8", qualified=">= 0.8"), "删去一档或改其值"),
        (lines(floor=">= 0.8", qualified=">= 0.7"), "等级越高要求越严"),
        (lines(">= 0.7", qualified=">= 0.8"), "目标须落在标准之内"),
        (lines(">= 0.7", qualified="<= 0.8"), "改用同一方向的比较符"),
        (lines(">= 85"), "85% 写作 0.85"),
    ],
)
def test_every_reason_says_what_to_do(given: Lines, remedy: str) -> None:
    with pytest.raises(LinesError) as refused:
        refuse(faults_of_lines(given, EITHER, Measure("ratio")), [])

    assert remedy in str(refused.value.fields)


@pytest.mark.parametrize(
    ("given", "direction", "at_fault"),
    [
        (lines(">= 18"), "lower", {"$.target.op"}),
        (
            lines(floor="<= 80", qualified="<= 60"),
            "higher",
            {"$.tiers.floor.op", "$.tiers.qualified.op"},
        ),
        (lines("<= 17", floor="<= 20", qualified="<= 18"), "lower", set()),
        (lines("between 14 18", floor=">= 10"), "higher", set()),
        (lines(">= 0.9", warning="< 0.8"), "higher", set()),
        (lines(warning="> 0.8"), "higher", {"$.warning"}),
        (lines(warning="< 15"), "lower", {"$.warning"}),
        (lines(warning="> 15"), "lower", set()),
        (lines(">= 18"), "", set()),
        (lines(">= 18"), "band", set()),
    ],
)
def test_an_operator_points_where_better_lies_by_the_indicator(
    given: Lines, direction: str, at_fault: set[str]
) -> None:
    assert paths(faults_of_lines(given, EITHER, Measure(direction=direction))) == at_fault


def test_the_remedy_is_the_operator_that_was_meant() -> None:
    told = dict(faults_of_tiers(lines(qualified="<= 0.95").tiers, Measure("ratio", "higher")))
    assert "应写作 >= 0.95" in told["$.tiers.qualified.op"]


def definitions(name: str) -> dict[str, Any]:
    """Return those of a data set; what names a shipped one says only what is other here."""
    rows = sorted(Path(str(files("datahub.indicators") / "catalogue")).rglob("*.toml"))
    catalogue = {
        document["indicator"]: document
        for path in rows
        for document in tomllib.loads(path.read_text(encoding="utf-8"))["indicators"]
    }
    own = {
        document["indicator"]: {**catalogue.get(document["indicator"], {}), **document}
        for path in sorted((DEMO / name / "indicators").glob("*.toml"))
        for document in [tomllib.loads(path.read_text(encoding="utf-8"))]
    }
    return {**catalogue, **own}


@pytest.mark.parametrize(
    "name",
    [
        "college/bindings.toml",
        "college/chain.toml",
        "oulad/bindings.toml",
        "oulad/bindings_full.toml",
    ],
)
def test_the_demonstration_data_mean_what_they_say(name: str) -> None:
    document = tomllib.loads((DEMO / name).read_text(encoding="utf-8"))
    known = definitions(name.split("/", maxsplit=1)[0])
    refused: dict[str, Faults] = {}
    for each in document["bindings"]:
        given = Lines(
            target=read_limit(each["target"]),
            tiers={Tier(tier): read_limit(line) for tier, line in each["tiers"].items()},
            warning=read_limit(each["warning"]),
        )
        measure = Measure(*(known[each["indicator"]][name] for name in ("unit", "direction")))
        if found := faults_of_lines(given, AlertFrom(each["alert_from"]), measure):
            refused[each["title"]] = found

    assert len(document["bindings"]) > 10
    assert refused == {}
