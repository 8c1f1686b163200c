"""When rules are evaluated, and what a run costs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rule import Rule
from datahub.quality.domain.rule_document import parse_rule
from datahub.quality.repository import evaluating, row_checks, runs
from datahub.quality.repository.row_checks import MAX_PATTERNS
from datahub.quality.repository.sql import records_of
from datahub.quality.usecases import evaluating as usecases
from datahub.tests.quality_rules import empty, evaluate, results, rule_of, save

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextmanager
def statements(hub: Any, word: str) -> Iterator[list[str]]:
    """Collect the statements that hold a word."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if word in statement:
            found.append(statement)

    event.listen(hub.database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(hub.database.engine.sync_engine, "before_cursor_execute", note)


def row_rules(dictionary: Dictionary, count: int) -> list[Rule]:
    """Return rules about one row, of every kind in turn."""
    kinds: list[dict[str, Any]] = [
        {"kind": "not_null", "field": "name"},
        {"kind": "range", "field": "credits", "min": 0},
        {"kind": "code_set", "field": "kind"},
        {"kind": "reference", "field": "major_code"},
        {"kind": "reference", "field": "org_code"},
        {"kind": "sum", "parts": ["hours_practice", "hours_virtual"], "whole": "hours_total"},
        {"kind": "cross_field", "left": "credits", "operator": "less_than", "right": "hours_total"},
    ]
    documents = [
        rule_of(f"r{number}", "course", **kinds[number % len(kinds)]) for number in range(count)
    ]
    return [parse_rule(each, dictionary, 1) for each in documents]


def scans_of(plan: Any, table: str) -> int:
    """Count the nodes of a plan that read a table."""
    return (plan.get("Relation Name") == table) + sum(
        scans_of(each, table) for each in plan.get("Plans", ())
    )


async def test_many_rules_about_rows_cost_one_scan(hub: Any, dictionary: Dictionary) -> None:
    rules = row_rules(dictionary, 70)
    statement = row_checks.count_statement(
        records_of(dictionary.entities["course"]), rules, ["feed-a", "feed-b"]
    )
    async with hub.database.transaction() as tx:
        [plan] = (
            await tx.session.scalars(
                text(f"EXPLAIN (FORMAT JSON) {statement.sql}"), statement.values
            )
        ).one()
        with statements(hub, "count(x0)") as sent:
            found = await evaluating.count_rules(tx, rules, {rule.id: [] for rule in rules})

    assert scans_of(plan["Plan"], "record_course") == 1
    assert scans_of(plan["Plan"], "record_major") == 1
    assert len(sent) == 1
    assert len(found) == 70


async def test_a_scan_holds_no_more_patterns_than_the_server_keeps(
    dictionary: Dictionary,
) -> None:
    """PostgreSQL would compile each pattern anew for each row."""
    patterns = [
        parse_rule(
            rule_of(f"p{n}", "course", "pattern", field="name", pattern=f"{n}*"), dictionary, 1
        )
        for n in range(MAX_PATTERNS + 1)
    ]

    assert [len(scan) for scan in row_checks.scans(patterns)] == [MAX_PATTERNS, 1]
    assert [len(scan) for scan in row_checks.scans(row_rules(dictionary, 401))] == [400, 1]


async def test_a_rule_that_cannot_be_answered_holds_up_no_other(hub: Any) -> None:
    """Its column went from the database, while the dictionary still has it."""
    await empty(hub, "admin_class")
    await hub.sql(
        "INSERT INTO record_admin_class (key, name, version, observed, batch, line)"
        " VALUES ('A', NULL, 1, 0, 0, 0), ('B', 'x', 1, 0, 0, 0)"
    )
    names = await save(hub, "admin_class", "not_null", field="name")
    years = await save(hub, "admin_class", "not_null", field="grade_year")
    doubles = await save(hub, "admin_class", "unique", fields=["grade_year"])
    await hub.sql("ALTER TABLE record_admin_class RENAME COLUMN grade_year TO elsewhere")
    try:
        await evaluate(hub, "admin_class")
        found = {name: (await results(hub, name))[None] for name in (names, years, doubles)}
        listed = await hub.client.get(f"/v1/quality/rules/{years}/failures")
    finally:
        await hub.sql("ALTER TABLE record_admin_class RENAME COLUMN elsewhere TO grade_year")

    assert (found[names]["status"], found[names]["checked"], found[names]["failed"]) == (
        "failed",
        2,
        1,
    )
    for name in (years, doubles):
        assert (found[name]["status"], found[name]["reason"]) == ("error", "SQLSTATE 42703")
        assert (found[name]["checked"], found[name]["score"]) == (0, None)
    assert (listed.status_code, listed.json()["type"]) == (
        409,
        "urn:helix8:problem:quality-rule-unanswerable",
    )


async def test_a_rule_the_dictionary_no_longer_bears_out_says_so(hub: Any) -> None:
    name = await save(hub, "admin_class", "not_null", field="name")
    await hub.sql(
        'UPDATE quality_rule SET document = document || \'{"field": "gone"}\' WHERE id = :id',
        id=name,
    )
    await hub.sql("UPDATE quality_rule SET saved_at = now() WHERE id = :id", id=name)
    await evaluate(hub, "admin_class")

    found = (await results(hub, name))[None]

    assert (found["status"], found["reason"]) == ("error", "quality-rule-invalid: $.field")
    await hub.client.delete(f"/v1/quality/rules/{name}")


async def test_each_statement_has_its_time(hub: Any, dictionary: Dictionary) -> None:
    """A locked table stands for a query that takes too long; the time-out is the statement's."""
    rules = [
        parse_rule(rule_of("slow", "school", "not_null", field="name"), dictionary, 1),
        parse_rule(rule_of("other", "major", "not_null", field="name"), dictionary, 1),
    ]
    async with hub.database.transaction() as locking:
        await locking.session.execute(text("LOCK TABLE record_school"))
        async with hub.database.transaction() as tx:
            before = await tx.session.scalar(text("SHOW statement_timeout"))
            slow = await evaluating.count_rules(tx, rules[:1], {"slow": []}, seconds=0.1)
            other = await evaluating.count_rules(tx, rules[1:], {"other": []}, seconds=0.1)
            left = await tx.session.scalar(text("SHOW statement_timeout"))

    assert slow["slow"].error == "timeout"
    assert other["other"].error is None
    assert left == before != "100ms"


async def test_a_burst_of_changes_is_one_run_and_readers_are_evaluated_too(
    hub: Any, dictionary: Dictionary
) -> None:
    await evaluate(hub, *dictionary.entities)
    courses = await hub.feed("course", {"course_code": None, "name": None, "major_code": None})
    majors = await hub.feed("major", {"major_code": None})
    name = await save(hub, "course", "reference", field="major_code")
    code = hub.name("M")
    await hub.push(courses, {"course_code": hub.name("C"), "name": "x", "major_code": code})
    await evaluate(hub, "course")
    failed = (await results(hub, name))[None]["failed"]
    before = await hub.sql("SELECT max(id) AS run FROM quality_run")

    for number in range(5):
        await hub.push(courses, {"course_code": hub.name("C"), "name": str(number)})
    await hub.push(majors, {"major_code": code})

    async def healed() -> bool:
        return bool((await results(hub, name))[None]["failed"] == failed - 1)

    await hub.until(healed)
    made = await hub.sql(
        "SELECT entity, reason FROM quality_run WHERE id > :run AND entity = 'course'",
        run=before[0]["run"],
    )
    assert made == [{"entity": "course", "reason": "changes"}]


async def test_a_night_brings_a_full_run_and_only_one(hub: Any, dictionary: Dictionary) -> None:
    async def due() -> tuple[bool, bool]:
        async with hub.database.transaction() as tx:
            return await runs.is_night_due(tx), await runs.is_night_due(tx)

    [hour] = await hub.sql("SELECT extract(hour FROM now() AT TIME ZONE 'Asia/Shanghai') AS at")
    is_late = int(hour["at"]) >= runs.NIGHT_HOUR
    await hub.until(lambda: is_idle(hub))
    done = await hub.sql("SELECT DISTINCT entity FROM quality_run")

    assert {each["entity"] for each in done} == set(dictionary.entities)
    assert await due() == (False, False)
    await hub.sql("UPDATE quality_cursor SET full_run_on = current_date - 3")
    assert await due() == (is_late, False)


async def test_a_run_that_is_overtaken_leaves_its_entity_due(
    hub: Any, dictionary: Dictionary
) -> None:
    """A change that comes while the entity is evaluated is evaluated again."""
    await hub.until(lambda: is_idle(hub))
    async with hub.database.transaction() as tx:
        await tx.session.execute(text("SELECT pg_advisory_xact_lock(818, hashtext('school'))"))
        async with hub.database.transaction() as other:
            await runs.mark_due(other, ["school"], "asked")
        due = runs.Due("school", "asked", 1)
        async with hub.database.transaction() as other:
            await runs.mark_due(other, ["school"], "changes")
        run = await runs.start_run(tx, "school", "asked")
        await runs.finish_run(tx, run, due, [])
        async with hub.database.transaction() as other:
            assert await usecases.evaluate_next(other, dictionary) is None
    marks = await hub.sql("SELECT marks, reason FROM quality_due WHERE entity = 'school'")

    assert marks in ([{"marks": 2, "reason": "asked"}], [])
    await hub.until(lambda: is_idle(hub))


async def is_idle(hub: Any) -> bool:
    return not await hub.sql("SELECT entity FROM quality_due")


async def test_an_entity_changes_while_it_is_evaluated_by_several_processes(
    hub: Any, dictionary: Dictionary
) -> None:
    """Two evaluators at once: each entity is evaluated by one of them."""

    async def work() -> list[str]:
        done = []
        async with hub.database.transaction() as tx:
            while entity := await usecases.evaluate_next(tx, dictionary):
                done.append(entity)
        return done

    await hub.until(lambda: is_idle(hub))
    [before] = await hub.sql("SELECT max(id) AS id FROM quality_run")
    async with hub.database.transaction() as tx:
        await usecases.ask_run(tx, None, dictionary)
    await asyncio.gather(work(), work())
    await hub.until(lambda: is_idle(hub))
    made = await hub.sql("SELECT entity FROM quality_run WHERE id > :id", id=before["id"])

    assert {each["entity"] for each in made} == set(dictionary.entities)
    # What changes meanwhile is evaluated again; by both of them, all would be.
    assert len(made) < 1.2 * len(dictionary.entities)
