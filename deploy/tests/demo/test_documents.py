"""What the loader makes of the data packages' documents."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from datahub.indicators.repository.shipped import load_catalogue
from helix8.demo.documents import Chains, by_depth, read_chains
from helix8.demo.sources import CLICKS, college_package_of, oulad_package_of, the_college

DAY = date(2026, 11, 23)

RATE = {"indicator": "attendance_rate", "zh": "到课率", "basis": "our default"}

BINDING = """
[[bindings]]
indicator = "attendance_rate"
scope = "{scope}"
period = "{period}"
title = "到课率"
target = {{ op = ">=", value = "0.97" }}
tiers = {{ floor = {{ op = ">=", value = "{floor}" }} }}
"""

GOAL = """
[[goals]]
key = "more"
parent = "all"
title = "提高到课率"
scope = "school/19001"
period = "month:{month}"
indicator = "attendance_rate"
target = "0.97"
op = ">="
weight = "0.5"
"""


def chains(directory: Path, *parts: str) -> Chains:
    file = directory / "bindings.toml"
    file.write_text("".join(parts), encoding="utf-8")
    return read_chains([file], {"attendance_rate": RATE}, DAY)


def binding(scope: str, period: str = "month:{month}", floor: str = "0.75") -> str:
    return BINDING.format(scope=scope, period=period, floor=floor)


def test_a_period_is_that_of_the_day_of_the_data(tmp_path: Path) -> None:
    found = chains(tmp_path, binding("school/19001"), binding("unit/JWC", "year:{year}"))

    assert [each["period"] for each in found.bindings] == ["month:2026-11", "year:2026"]


def test_a_goal_has_its_operator_in_its_target_and_carries_the_binding_of_its_cell(
    tmp_path: Path,
) -> None:
    found = chains(tmp_path, binding("school/19001"), binding("major/440301"), GOAL)

    assert found.goals == (
        {
            "key": "more",
            "parent": "all",
            "title": "提高到课率",
            "scope": "school/19001",
            "period": "month:2026-11",
            "indicator": "attendance_rate",
            "target": {"op": ">=", "value": "0.97"},
            "weight": "0.5",
        },
    )
    assert [each["goal"] for each in found.bindings] == ["more", None]


def test_goals_are_sent_after_those_above_them() -> None:
    goals = [{"key": "c", "parent": "b"}, {"key": "a"}, {"key": "b", "parent": "a"}]

    assert by_depth(goals) == [[goals[1]], [goals[2]], [goals[0]]]


def test_tiers_that_a_level_shares_are_one_standard(tmp_path: Path) -> None:
    found = chains(tmp_path, binding("major/440301"), binding("major/440302"))

    assert found.standards == (
        {
            "key": "attendance_rate.major",
            "title": "专业层面“到课率”标准",
            "indicator": "attendance_rate",
            "basis": "our default",
            "tiers": {"floor": {"op": ">=", "value": "0.75"}},
        },
    )
    assert [each["standard"] for each in found.bindings] == ["attendance_rate.major"] * 2
    assert not any("tiers" in each for each in found.bindings)


def test_tiers_that_differ_stay_with_their_bindings(tmp_path: Path) -> None:
    found = chains(tmp_path, binding("major/440301"), binding("major/440302", floor="0.80"))

    assert found.standards == ()
    assert [each["tiers"]["floor"]["value"] for each in found.bindings] == ["0.75", "0.80"]


def test_a_scope_has_one_cycle_on_its_longest_period(tmp_path: Path) -> None:
    term = "term:2026-2027-1"
    found = chains(tmp_path, binding("class/C1"), binding("class/C1", term), binding("group/G1"))

    assert found.cycles == (
        {"key": "2026-2027-1/class/C1", "scope": "class/C1", "period": term},
        {"key": "2026-11/group/G1", "scope": "group/G1", "period": "month:2026-11"},
    )


def test_the_weights_of_the_parts_of_a_goal_are_sent_as_they_are_written() -> None:
    goals = college_package_of(the_college(DAY)).chains(load_catalogue()).goals

    assert sum(Decimal(each["weight"]) for each in goals if each["key"].startswith("school-")) == 1


async def test_a_packed_file_is_sent_as_it_is_unpacked() -> None:
    [clicks] = [each for each in oulad_package_of(None, DAY).uploads if each.feed == CLICKS]

    sent = b"".join([part async for part in clicks.parts()])

    assert isinstance(clicks.content, Path)
    assert sent == gzip.decompress(clicks.content.read_bytes())


def test_a_set_of_which_a_needed_file_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"courses\.csv"):
        oulad_package_of(tmp_path, DAY)


def test_every_upload_names_a_feed_that_is_defined() -> None:
    packages: list[Any] = [oulad_package_of(None, DAY), college_package_of(the_college(DAY))]
    for package in packages:
        defined = {each["feed"] for each in package.feeds}
        # Of raw events the source is described, and no feed.
        fed = {each.feed for each in package.uploads} - {"classroom.learning_event"}
        assert fed == defined


def kind_of(period: Any) -> str:
    """Return the kind of a period, which a definition writes alone or with where it is read."""
    return str(period["kind"]) if isinstance(period, dict) else period


def test_every_binding_is_where_its_indicator_is_measured() -> None:
    for package in (oulad_package_of(None, DAY), college_package_of(the_college(DAY))):
        shipped = [load_catalogue()[name] for name in package.shipped]
        cells = {
            each["indicator"]: {(cell["kind"], kind_of(cell["period"])) for cell in each["scopes"]}
            for each in [*shipped, *package.definitions(load_catalogue())]
        }
        for each in package.chains(load_catalogue()).bindings:
            cell = (each["scope"].partition("/")[0], each["period"].partition(":")[0])
            assert cell in cells[each["indicator"]], each["title"]


def test_a_number_of_the_catalogue_is_defined_there_alone() -> None:
    """The college says of it where it differs, and never how it is counted."""
    package = college_package_of(the_college(DAY))
    laid = [each for each in package.indicators if each["indicator"] in load_catalogue()]

    assert {name for each in laid for name in each} == {"indicator", "scopes"}
    assert {each["indicator"] for each in laid} < {*package.shipped}
    assert {*package.shipped} < load_catalogue().keys()
