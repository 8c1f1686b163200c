"""Values follow the records, whatever happens to them, and are explained by their batches."""

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.repository import counting, following
from datahub.indicators.repository.counting import LARGE_FROM
from datahub.indicators.repository.present import read_present
from datahub.indicators.usecases import auditing, rounds
from datahub.tests.measuring import PASS_RATE, TERM
from shared.contracts.datahub import MeasuredValue

INDICATORS: list[dict[str, Any]] = [
    PASS_RATE,
    {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": "mean_score",
        "unit": "score",
        "formula": "avg(score of assignment_submission)",
        "scopes": [
            {
                "kind": "class",
                "key": "assignment.class_no",
                "period": {"kind": "term", "from": "assignment.term"},
            },
            {
                "kind": "student",
                "key": "student_no",
                "period": {"kind": "month", "from": "submitted_on"},
            },
        ],
    },
    {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": "late",
        "unit": "count",
        "formula": "count(assignment_submission where submitted_on > assignment.due_on"
        " and not banked)",
        "scopes": [
            {
                "kind": "class",
                "key": "assignment.class_no",
                "period": {"kind": "term", "from": "assignment.term"},
            }
        ],
    },
    {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": "enrolments_per_class",
        "unit": "to_one",
        "formula": "count(enrolment) / count(distinct class_no of teaching_class)",
        "scopes": [
            {
                "kind": "school",
                "key": {"constant": "19001"},
                "period": {"kind": "term", "from": {"constant": TERM}},
            }
        ],
    },
    {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": "spread",
        "unit": "score",
        "formula": "max(score of assignment_submission) - min(score of assignment_submission)"
        " + median(score of assignment_submission where not banked) * count(assignment_submission)",
        "scopes": [
            # Two references: a class moves to another course, an assignment to another class.
            {
                "kind": "course",
                "key": "assignment.teaching_class.course_code",
                "period": {"kind": "term", "from": "assignment.teaching_class.term"},
            }
        ],
    },
    {
        **PASS_RATE,
        "indicator": "results",
        "unit": "to_one",
        "formula": "(count(enrolment where final_result = 'pass') * 2"
        " + count(enrolment where final_result = 'distinction') * 3"
        " + count(enrolment where final_result is null))"
        " / count(enrolment where final_result in ('fail', 'withdrawn'))",
    },
    {
        **PASS_RATE,
        "indicator": "students_passed",
        "unit": "count",
        "formula": "count(distinct student_no of enrolment where final_result = 'pass')",
    },
    {
        **PASS_RATE,
        "indicator": "different_scores",
        "unit": "count",
        "formula": "count(distinct score of assignment_submission where banked is not null)",
        "scopes": [
            {
                "kind": "class",
                "key": "assignment.class_no",
                "period": {"kind": "term", "from": "assignment.term"},
            }
        ],
    },
]


CELLS = (
    "SELECT id, value, numerator, denominator, n, coverage, reason, formula_version"
    " FROM measurement"
)


def derived(name: str, unit: str, formula: str, *grains: str, **more: Any) -> dict[str, Any]:
    """Return an indicator that takes others, for grains such as ``course term``."""
    pairs = (each.split() for each in grains)
    scopes = [{"kind": kind, "period": period} for kind, period in pairs]
    words = {k: PASS_RATE[k] for k in ("zh", "en", "direction")}
    rest = {"indicator": name, "unit": unit, "formula": formula, "scopes": scopes}
    return {**words, **rest, **more}


DERIVED: list[dict[str, Any]] = [
    derived("gain", "ratio", "[pass_rate] - previous([pass_rate])", "class term", "course term"),
    derived("pass_rate_so_far", "ratio", "year_to_date([pass_rate])", "class term"),
    derived("late_so_far", "count", "year_to_date([late])", "class term"),
    derived("mean_of_months", "score", "year_to_date([mean_score])", "student month"),
    derived(
        "two_months_ago",
        "score",
        "offset([mean_score], -2) + [mean_score] * 0",
        "student month",
        missing="skip-all",
    ),
    derived(
        "to_last_year",
        "ratio",
        "[pass_rate] / same_term_last_year([pass_rate])",
        "course term",
        missing="never-skip",
    ),
    derived(
        "reached",
        "ratio",
        "rate([pass_rate] >= 0.5 of class)",
        "course term",
        "school term",
    ),
    derived("best", "ratio", "max([gain] of class) + avg([pass_rate] of class)", "course term"),
    derived(
        "of_several",
        "ratio",
        "greatest([reached], 0.1) * [best] + median([pass_rate_so_far] of class)",
        "course term",
        missing="skip-all",
    ),
    {
        **derived("late_share", "ratio", "[late] / count(assignment_submission)"),
        "scopes": INDICATORS[2]["scopes"],
    },
]


DATED: list[dict[str, Any]] = [
    {
        **PASS_RATE,
        "formula": "rate(final_result = 'pass' of enrolment)",
        "effective_from": "2026-09-01",
    },
    {
        **INDICATORS[1],
        "formula": "avg(score of assignment_submission where not banked)",
        "effective_from": "2026-10-15",
    },
    {**DERIVED[0], "formula": "[pass_rate] + 1", "effective_from": "2026-09-01"},
    {**DERIVED[6], "formula": "rate([pass_rate] >= 0.9 of class)", "effective_from": "2026-09-01"},
]
"""Second versions: those before them stay in force for the terms and months that end earlier."""


class World:
    """Random records of five entities, pushed by feeds."""

    def __init__(self, hub: Any, seed: int) -> None:
        self.hub = hub
        self.chance = random.Random(seed)  # noqa: S311 — repeatable, not secret
        self.feeds: dict[str, str] = {}

    async def prepare(self) -> None:
        """Save the feeds, and push some records of each."""
        fields = {
            "school": ["school_code"],
            "teaching_class": ["class_no", "course_code", "term"],
            "assignment": ["assignment_no", "class_no", "term", "due_on"],
            "enrolment": ["class_no", "student_no", "final_result", "registered_on"],
            "assignment_submission": [
                "assignment_no",
                "student_no",
                "attempt",
                "submitted_on",
                "banked",
                "score",
            ],
        }
        for entity, names in fields.items():
            alone = {"never_waits_for": ["student_no"]} if "student_no" in names else {}
            self.feeds[entity] = await self.hub.feed(entity, dict.fromkeys(names), **alone)
        for entity, feed in self.feeds.items():
            await self.hub.push(feed, *(self.row(entity) for _ in range(6)))

    def row(self, entity: str) -> dict[str, Any]:
        """Return a random record."""
        pick = self.chance.choice
        class_no, student = pick(["K1", "K2", "K3"]), pick(["S1", "S2", "S3", "S4"])
        assignment = pick(["A1", "A2"])
        terms = [TERM, TERM, "2026-2027-2", "2025-2026-1", "2025-2026-2", "2025-2026-3"]
        term = pick([*terms, None, "2026秋"])
        day = pick(["2026-10-01", "2026-10-15", "2026-12-01", "2026-08-31", None])
        rows: dict[str, dict[str, Any]] = {
            "school": {"school_code": "19001"},
            "teaching_class": {
                "class_no": class_no,
                "course_code": pick(["C1", "C2", None]),
                "term": term,
            },
            "assignment": {
                "assignment_no": assignment,
                "class_no": class_no,
                "term": term,
                "due_on": day,
            },
            "enrolment": {
                "class_no": class_no,
                "student_no": student,
                "final_result": pick(["pass", "fail", "distinction", "withdrawn", None]),
                "registered_on": day,
            },
            "assignment_submission": {
                "assignment_no": assignment,
                "student_no": student,
                "attempt": 1,
                "submitted_on": day,
                "banked": pick([True, False, None]),
                "score": pick(["59.5", "60", "100", None]),
            },
        }
        return rows[entity]

    async def step(self) -> None:
        """Push or delete some random records."""
        entity = self.chance.choice(sorted(self.feeds))
        if self.chance.random() < 0.2:
            await self.rekey()
        rows = [self.row(entity) for _ in range(self.chance.randrange(1, 5))]
        mode = "delete" if self.chance.random() < 0.3 else "upsert"
        await self.hub.push(self.feeds[entity], *rows, mode=mode)

    async def rekey(self) -> None:
        """Give a class another key, and what refers to it with it."""
        names = [row["class_no"] for row in await self.hub.get("records/teaching_class")]
        if names:
            path = f"/v1/records/teaching_class/{self.chance.choice(names)}/rekey"
            new = {"class_no": self.chance.choice(["K1", "K2", "K3", "K4", "K5"])}
            answer = await self.hub.client.post(path, json={"key": new, "reason": "改号"})
            assert answer.status_code in {200, 409, 422}, answer.text


async def cells(hub: Any) -> dict[str, Any]:
    return {row.pop("id"): tuple(row.values()) for row in await hub.sql(CELLS)}


async def measured_whole(hub: Any, dictionary: Dictionary) -> dict[str, Any]:
    """Measure everything anew in a transaction that is rolled back."""
    async with hub.database.transaction() as tx:
        await following.use_one_snapshot(tx, 60)
        if await following.lock_cursor(tx) is None:
            return {}  # the hub measures: it is not at rest
        indicators, _ = await following.list_measured(tx, dictionary)
        span = await following.read_span(tx, 1 << 60)
        assert span is not None
        await rounds.measure_whole(tx, indicators, span, await read_present(tx))
        rows = await tx.session.execute(text(CELLS))
        found = {row["id"]: tuple(row.values())[1:] for row in map(dict, rows.mappings())}
        await tx.session.rollback()
        tx.outgoing.clear()
    return found


async def differences(hub: Any, dictionary: Dictionary) -> set[Any]:
    """Return the cells that a fresh measuring sees otherwise, once the hub is at rest.

    A parked row may be released between the two readings; what was missed stays different.
    """
    found: set[Any] = set()
    for _ in range(20):
        await hub.settled()
        kept, fresh = await cells(hub), await measured_whole(hub, dictionary)
        found = set(kept.items()) ^ set(fresh.items())
        if not found:
            break
        await asyncio.sleep(0.1)
    return found


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("seed", "at_once", "large"),
    [(1, rounds.WHOLE_AT_ONCE, LARGE_FROM), (2, rounds.WHOLE_AT_ONCE, 1), (3, 2, 2), (4, 1, 10)],
)
async def test_what_is_kept_equals_a_fresh_measuring(
    hub: Any,
    dictionary: Dictionary,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    at_once: int,
    large: int,
) -> None:
    monkeypatch.setattr(rounds, "WHOLE_AT_ONCE", at_once)
    monkeypatch.setattr(counting, "LARGE_FROM", large)
    documents = [*INDICATORS, *DERIVED, *DATED]
    for document in documents:
        saved = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert saved.status_code in {200, 201}, saved.text
    world = World(hub, seed)
    await world.prepare()
    told: set[str] = set()

    for _ in range(9):
        for _ in range(world.chance.randrange(1, 4)):
            await world.step()
        assert await differences(hub, dictionary) == set()
        rows = await hub.sql("SELECT DISTINCT indicator FROM measurement WHERE value IS NOT NULL")
        told |= {row["indicator"] for row in rows}

    assert await hub.sql("SELECT key FROM change WHERE op = 'rekey' LIMIT 1")
    values = await cells(hub)
    assert {cell.split("|")[0] for cell in values} == {each["indicator"] for each in documents}
    assert told >= {"pass_rate_so_far", "late_so_far", "mean_of_months", "reached", "of_several"}
    assert "2026秋" not in str(values)
    versions: dict[str, set[int]] = {}
    for cell, said in values.items():
        versions.setdefault(cell.split("|")[0], set()).add(said[-1])
    assert {name for name, each in versions.items() if len(each) == 2} == {
        each["indicator"] for each in DATED
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_an_identical_record_that_comes_back_counts_again(hub: Any) -> None:
    """Nothing differs from the tombstone, and yet the cell must be measured again."""
    await hub.client.put("/v1/indicators/pass_rate", json=PASS_RATE)
    classes = await hub.feed("teaching_class", dict.fromkeys(["class_no", "term", "course_code"]))
    enrolments = await hub.feed(
        "enrolment",
        dict.fromkeys(["class_no", "student_no", "final_result"]),
        never_waits_for=["student_no"],
    )
    class_no = hub.name("class")
    row = {"class_no": class_no, "student_no": "S1", "final_result": "pass"}
    await hub.push(classes, {"class_no": class_no, "term": TERM, "course_code": "C9"})

    values = []
    for mode in ("upsert", "delete", "upsert"):
        await hub.push(enrolments, row, mode=mode)
        await hub.settled()
        where = {"scope": f"class/{class_no}", "indicator": "pass_rate"}
        [cell] = await hub.get("measurements", **where)
        values.append((cell["value"], cell["reason"]))

    assert values == [("1.000000", None), (None, "no-rows"), ("1.000000", None)]


EQUIPMENT: dict[str, Any] = {
    **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
    "indicator": "equipment_per_student",
    "unit": "money",
    "formula": "sum(original_value of asset_item) / count(student)",
    "scopes": [
        {
            "kind": kind,
            "key": key,
            "by": {"student": {"key": other}},
            "period": {"kind": "term", "from": {"constant": TERM}},
        }
        for kind, key, other in (
            ("school", {"constant": "19001"}, {"constant": "19001"}),
            ("unit", "org_code", "major.org_code"),
        )
    ],
}


@pytest.mark.asyncio(loop_scope="module")
async def test_an_entity_that_has_delivered_nothing_gives_no_value_and_then_every_value(
    hub: Any, dictionary: Dictionary
) -> None:
    """Students come before assets: until then nothing is known, which is not zero."""
    await hub.client.put("/v1/indicators/equipment_per_student", json=EQUIPMENT)
    majors = await hub.feed("major", dict.fromkeys(["major_code", "org_code"]))
    students = await hub.feed("student", dict.fromkeys(["student_no", "major_code"]))
    assets = await hub.feed("asset_item", dict.fromkeys(["asset_no", "org_code", "original_value"]))
    units = {f"M{number}": hub.name("unit") for number in (1, 2)}

    async def values() -> dict[str, tuple[str | None, str | None, str]]:
        await hub.settled()
        rows = await hub.get("measurements", indicator="equipment_per_student")
        return {row["scope"]: (row["value"], row["reason"], row["coverage"]) for row in rows}

    await hub.push(majors, *({"major_code": key, "org_code": unit} for key, unit in units.items()))
    await hub.push(
        students,
        *({"student_no": f"E{n}", "major_code": f"M{n % 2 + 1}"} for n in range(4)),
    )
    scopes = ["school/19001", *(f"unit/{unit}" for unit in units.values())]
    before = await values()
    kept_before = await differences(hub, dictionary)
    asset = {"asset_no": "A1", "org_code": units["M1"], "original_value": "9000"}
    await hub.push(assets, asset)
    after = await values()

    assert before == dict.fromkeys(scopes, (None, "not-delivered", "0.000000"))
    # The unit without assets was not touched by them, and has none: that is known now.
    assert after == {
        "school/19001": ("2250.000000", None, "1.000000"),
        scopes[1]: ("4500.000000", None, "1.000000"),
        scopes[2]: ("0.000000", None, "1.000000"),
    }
    assert kept_before == await differences(hub, dictionary) == set()
    await hub.push(assets, asset, mode="delete")
    assert (await values())["school/19001"] == ("0.000000", None, "1.000000")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_value_is_published_once_and_explained(hub: Any) -> None:
    class_no = hub.name("class")
    classes = await hub.feed("teaching_class", dict.fromkeys(["class_no", "term", "course_code"]))
    enrolments = await hub.feed(
        "enrolment",
        dict.fromkeys(["class_no", "student_no", "final_result"]),
        never_waits_for=["student_no"],
    )
    await hub.client.put("/v1/indicators/pass_rate", json=PASS_RATE)
    await hub.push(classes, {"class_no": class_no, "term": TERM, "course_code": "C8"})
    rows = [
        {"class_no": class_no, "student_no": f"S{number}", "final_result": result}
        for number, result in enumerate(["pass", "pass", "fail", None])
    ]
    await hub.push(enrolments, *rows)
    await hub.push(enrolments, *rows)
    await hub.settled()
    cell = f"pass_rate|class/{class_no}|term:{TERM}"

    told = [
        item
        for event in await hub.facts()
        if event["type"] == "qa.datahub.indicator.measured.v1"
        for item in event["data"]["items"]
        if item["id"] == cell
    ]
    explanation = await hub.get(f"measurements/{cell}/explanation")

    assert [(each["value"], each["numerator"], each["denominator"]) for each in told] == [
        ("0.666667", "2", "3")
    ]
    assert (told[0]["n"], told[0]["coverage"], told[0]["manual"]) == (3, "0.750000", False)
    assert told[0] == MeasuredValue.model_validate(told[0]).model_dump(mode="json")
    assert explanation["definition"] == PASS_RATE
    assert explanation["measurement"]["seq"] == told[0]["seq"]
    assert {source["entity"] for source in explanation["sources"]} == {"enrolment"}


@pytest.mark.asyncio(loop_scope="module")
async def test_batches_that_came_after_a_value_do_not_explain_it(hub: Any) -> None:
    first, second = hub.name("class"), hub.name("class")
    classes = await hub.feed("teaching_class", dict.fromkeys(["class_no", "term", "course_code"]))
    enrolments = await hub.feed(
        "enrolment",
        dict.fromkeys(["class_no", "student_no", "final_result"]),
        never_waits_for=["student_no"],
    )
    await hub.client.put("/v1/indicators/pass_rate", json=PASS_RATE)
    for class_no in (first, second):
        await hub.push(classes, {"class_no": class_no, "term": TERM, "course_code": "C9"})
    row = {"student_no": "S1", "final_result": "pass"}
    before = await hub.push(enrolments, {**row, "class_no": first})
    await hub.settled()
    after = await hub.push(enrolments, {**row, "class_no": second})
    await hub.settled()

    async def batches_of(class_no: str) -> list[int]:
        cell = f"pass_rate|class/{class_no}|term:{TERM}"
        found = await hub.get(f"measurements/{cell}/explanation")
        return [each["batch"] for each in found["sources"]]

    assert (await batches_of(first))[0] == before["batch"]
    assert (await batches_of(second))[:2] == [after["batch"], before["batch"]]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_new_version_of_a_definition_measures_every_cell(hub: Any) -> None:
    """A definition is published, measured whole, and says its version in each value."""
    definition = PASS_RATE | {"indicator": "versioned"}
    await hub.client.put("/v1/indicators/versioned", json=definition)
    await hub.settled()
    same = await hub.client.put("/v1/indicators/versioned", json=definition)
    other = await hub.client.put(
        "/v1/indicators/versioned", json=definition | {"minimum_sample": 1000}
    )
    await hub.settled()

    rows = await hub.get("measurements", indicator="versioned", limit=1000)

    assert (same.headers["changed"], other.headers["changed"]) == ("false", "true")
    assert rows
    assert {row["formula_version"] for row in rows} == {2}
    assert {row["reason"] for row in rows} <= {"small-sample", "no-rows", "zero-denominator"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_path_of_two_references_follows_every_change_on_its_way(hub: Any) -> None:
    """A student counts for the unit of his major: he moves, and his major moves."""
    unit, other = hub.name("U"), hub.name("U")
    major, second = hub.name("M"), hub.name("M")
    definition = {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": hub.name("students"),
        "unit": "count",
        "formula": "count(student)",
        "scopes": [{"kind": "unit", "period": {"kind": "term", "from": {"constant": TERM}}}],
    }
    saved = await hub.client.put(f"/v1/indicators/{definition['indicator']}", json=definition)
    assert saved.status_code == 201, saved.text
    majors = await hub.feed("major", dict.fromkeys(["major_code", "org_code"]))
    students = await hub.feed("student", dict.fromkeys(["student_no", "major_code"]))

    async def counted_for() -> list[str | None]:
        await hub.settled()
        found = await hub.get("measurements", indicator=definition["indicator"], limit=1000)
        values = {row["scope"]: row["value"] for row in found}
        return [values.get(f"unit/{each}") for each in (unit, other)]

    one, two = hub.name("S"), hub.name("S")
    await hub.push(
        majors,
        {"major_code": major, "org_code": unit},
        {"major_code": second, "org_code": other},
    )
    rows = [{"student_no": each, "major_code": major} for each in (one, two)]
    await hub.push(students, *rows)
    assert await counted_for() == ["2", None]
    await hub.push(students, {"student_no": one, "major_code": second})
    assert await counted_for() == ["1", "1"]
    await hub.push(majors, {"major_code": major, "org_code": other})
    assert await counted_for() == [None, "2"]
    await hub.push(majors, {"major_code": major, "org_code": other}, mode="delete")
    assert await counted_for() == [None, "1"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_date_counts_for_its_term_its_week_and_its_academic_year(hub: Any) -> None:
    kinds = ("day", "week", "month", "term", "ayear", "year", "plan")
    definition = {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": hub.name("checks"),
        "unit": "count",
        "formula": "count(dorm_check)",
        "scopes": [{"kind": "student", "period": kind} for kind in kinds],
    }
    saved = await hub.client.put(f"/v1/indicators/{definition['indicator']}", json=definition)
    assert saved.status_code == 201, saved.text
    terms = await hub.feed("term", dict.fromkeys(["term", "starts_on", "ends_on"]))
    await hub.push(
        terms,
        {"term": "2091-2092-1", "starts_on": "2091-09-03", "ends_on": "2092-01-13"},
        {"term": "2091-2092-2", "starts_on": "2092-02-18", "ends_on": "2092-07-06"},
    )
    fields = dict.fromkeys(["student_no", "checked_on", "state"])
    checks = await hub.feed("dorm_check", fields, never_waits_for=["student_no"])
    number = hub.name("S")
    days = ("2091-09-03", "2091-09-09", "2091-09-10", "2092-01-20", "2092-12-31")
    await hub.push(
        checks, *({"student_no": number, "checked_on": day, "state": "1"} for day in days)
    )
    await hub.settled()

    found = await hub.get("measurements", indicator=definition["indicator"], limit=1000)
    values = {row["period"]: row["value"] for row in found}
    assert values == {
        **{f"day:{day}": "1" for day in days},
        # Weeks begin on Monday: 3 September 2091 is one; the vacation has no teaching week.
        "week:2091-2092-1/1": "2",
        "week:2091-2092-1/2": "1",
        "month:2091-09": "3",
        "month:2092-01": "1",
        "month:2092-12": "1",
        # The vacation belongs to the term before it; nothing is known of the last day's term.
        "term:2091-2092-1": "4",
        "ayear:2091-2092": "4",
        "year:2091": "3",
        "plan:2091-2095": "5",
        "year:2092": "2",
    }
    await hub.push(
        terms, {"term": "2092-2093-1", "starts_on": "2092-09-01", "ends_on": "2093-01-15"}
    )
    await hub.settled()
    later = {"indicator": definition["indicator"], "period": "term:2092-2093-1"}
    assert [row["value"] for row in await hub.get("measurements", **later)] == ["1"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_definition_without_sense_holds_up_no_other(hub: Any) -> None:
    """An upgrade of the dictionary may leave one behind: it is told, the others are measured."""
    lost, well = hub.name("lost"), hub.name("well")
    fields = {k: PASS_RATE[k] for k in ("zh", "en", "direction")} | {"unit": "count"}
    definition = fields | {
        "formula": "count(room)",
        "scopes": [{"kind": "school", "key": {"constant": well}, "period": "year"}],
    }
    for name in (lost, well):
        answer = await hub.client.put(
            f"/v1/indicators/{name}", json=definition | {"indicator": name}
        )
        assert answer.status_code == 201, answer.text
    await hub.settled()
    await hub.sql(
        "UPDATE indicator SET published_at = now(), document = jsonb_set(document, '{formula}',"
        " '\"count(room where gone = 1)\"') WHERE id = :id RETURNING id",
        id=lost,
    )
    rooms = await hub.feed("room", dict.fromkeys(["building", "room_no"]))

    await hub.push(rooms, {"building": "B1", "room_no": hub.name("R")})
    await hub.settled()

    [cell] = await hub.get("measurements", indicator=well)
    shown = await hub.get(f"indicators/{lost}")
    assert int(cell["value"]) >= 1
    assert list(shown["faults"]) == ["$.formula"]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_audit_of_the_night_finds_and_mends_what_was_added_up_wrongly(
    hub: Any, dictionary: Dictionary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "FIRST_HOUR", 0)
    name = hub.name("audited")
    definition = {
        **{k: PASS_RATE[k] for k in ("zh", "en", "direction")},
        "indicator": name,
        "unit": "count",
        "formula": "count(room)",
        "scopes": [{"kind": "school", "key": {"constant": name}, "period": "year"}],
    }
    rooms = await hub.feed("room", dict.fromkeys(["building", "room_no"]))
    await hub.push(rooms, {"building": "B2", "room_no": hub.name("R")})
    saved = await hub.client.put(f"/v1/indicators/{name}", json=definition)
    assert saved.status_code == 201, saved.text
    await hub.settled()

    async def once() -> list[int]:
        await hub.sql("UPDATE measure_cursor SET audited_on = NULL")
        async with hub.database.transaction() as tx:
            wrong = await auditing.audit(tx, dictionary)
        return [] if wrong is None else [wrong]

    async def audit() -> int:
        [wrong] = await hub.until(once)  # while the hub measures, nobody else does
        return int(wrong)

    assert await audit() == 0
    [agreed] = await hub.get("measurements/audits")
    [right] = await hub.get("measurements", indicator=name)
    spoil = "UPDATE {} SET value = value + 7 WHERE key = :name"
    await hub.sql(spoil.format("indicator_sum"), name=name)
    await hub.sql("UPDATE measurement SET value = value + 7 WHERE indicator = :name", name=name)

    assert await audit() == 1
    [mended] = await hub.get("measurements", indicator=name)
    [kept] = await hub.sql("SELECT value FROM indicator_sum WHERE key = :name", name=name)
    assert (mended["value"], kept["value"]) == (right["value"], Decimal(right["value"]))
    [told] = await hub.get("measurements/audits")
    assert (told["cells"], told["mended"]) == (1, [right["id"]])
    assert told["kept_hash"] != agreed["kept_hash"]
    assert told["counted_hash"] == agreed["counted_hash"] == agreed["kept_hash"]
    async with hub.database.transaction() as tx:
        assert await auditing.audit(tx, dictionary) is None
