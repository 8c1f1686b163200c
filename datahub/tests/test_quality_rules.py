"""Rules as documents: all faults at once, versions, and what the hub brings along."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.check import CodeSet, NotNull, Range, Reference
from datahub.quality.domain.derived import derived_rules
from datahub.quality.domain.rule_document import RuleInvalidError, parse_rule
from datahub.quality.repository.rules import shipped_rules

BASE: dict[str, Any] = {
    "rule": "course.credits.r",
    "entity": "course",
    "kind": "range",
    "zh": "学分",
    "en": "Credits",
    "field": "credits",
    "min": 0,
}


def rule(**more: Any) -> dict[str, Any]:
    return {name: value for name, value in (BASE | more).items() if value is not None}


def check(kind: str, **more: Any) -> dict[str, Any]:
    """Return a rule of another kind, with nothing of the range."""
    return rule(**({"field": None, "min": None} | {"kind": kind} | more))


TOTAL = {"aggregate": "count", "by": "course_code"}


@pytest.mark.parametrize(
    ("document", "places"),
    [
        (rule(rule="Bad Id"), {"$.rule"}),
        (rule(min=9, max=1), {"$.max"}),
        (rule(min="10.5", max=9), {"$.max"}),
        (check("row_count", min=5, max=4), {"$.max"}),
        (
            check(
                "cross_field",
                left={"divide": ["credits", 0]},
                operator="less_than",
                right={"divide": [0, "credits"]},
            ),
            {"$.left.divide[1]"},
        ),
        (rule(rule=None), {"$.rule"}),
        (rule(zh="", en=5), {"$.zh", "$.en"}),
        (rule(entity="nothing"), {"$.entity"}),
        (rule(kind="magic"), {"$.kind"}),
        (rule(kind=["range"]), {"$.kind"}),
        (rule(colour="red"), {"$.colour"}),
        (rule(severity="grave", gate="stop"), {"$.severity", "$.gate"}),
        (rule(allowed_ratio=1), {"$.allowed_ratio"}),
        (rule(allowed_ratio=-0.1), {"$.allowed_ratio"}),
        (
            rule(feeds={"F 1": {"gate": "x", "colour": 1}}),
            {"$.feeds.F 1", "$.feeds.F 1.gate", "$.feeds.F 1.colour"},
        ),
        (rule(where=5), {"$.where"}),
        (
            rule(where=[["nothing", "=", 1], ["credits", "~", 1], ["credits", "="]]),
            {"$.where[0]", "$.where[1]", "$.where[2]"},
        ),
        (rule(where=[["credits", "=", "x"]]), {"$.where[0]"}),
        (rule(where=[["nature", "in", ["no such code"]]]), {"$.where[0]"}),
        (rule(field="name"), {"$.field"}),
        (rule(min=None), {"$.min"}),
        (rule(min="x", max="1e400"), {"$.min", "$.max"}),
        (check("not_null"), {"$.field"}),
        (check("pattern", field="credits", pattern="["), {"$.field", "$.pattern"}),
        (check("code_set", field="name"), {"$.codes"}),
        (check("code_set", field="name", set="none"), {"$.set", "$.codes"}),
        (check("reference", field="name"), {"$.field"}),
        (check("cross_field", operator="~"), {"$.operator"}),
        (check("cross_field", operator="equal_to", left="nothing"), {"$.left", "$.right"}),
        (check("cross_field", operator="equal_to", left="credits", right="name"), {"$.right"}),
        (check("cross_field", operator="equal_to", left=1, right=2), {"$.left"}),
        (check("cross_field", operator="less_than", left="online", right=True), {"$.operator"}),
        (
            check(
                "cross_field",
                operator="equal_to",
                left={"expression": "name", "missing": "never_skip"},
                right={"value": "x"},
            ),
            {"$.left.missing"},
        ),
        (
            check(
                "cross_field",
                operator="equal_to",
                left={"expression": "credits", "missing": "?"},
                right={"add": [1]},
            ),
            {"$.left.missing", "$.right.add"},
        ),
        (
            check(
                "cross_field",
                operator="equal_to",
                left={"add": ["name", 1]},
                right={"days": ["name", "x"]},
            ),
            {"$.left.add[0]", "$.right.days"},
        ),
        (
            check(
                "cross_field",
                operator="equal_to",
                left={"add": [1] * 51 + ["credits"] * 51},
                right=1,
            ),
            {"$.left"},
        ),
        (
            check("sum", parts=["credits"], whole="name", tolerance=-1),
            {"$.parts", "$.whole", "$.tolerance"},
        ),
        (check("unique", fields=[]), {"$.fields"}),
        (check("no_overlap", by=[]), {"$.by", "$.from", "$.to"}),
        (check("unique", fields=["name", "name", "nothing"]), {"$.fields", "$.fields[2]"}),
        (check("freshness", max_age="soon"), {"$.max_age"}),
        (check("freshness", field="name", max_age="0h"), {"$.field", "$.max_age"}),
        (check("freshness", max_age="1h", where=[["name", "not_null"]]), {"$.where"}),
        (check("row_count"), {"$.min"}),
        (check("row_count", min=-1, max_change=0, days=0), {"$.min", "$.max_change", "$.days"}),
        (
            check("cross_table", operator="equal_to", left=TOTAL),
            {"$.right.by", "$.right.aggregate"},
        ),
        (
            check(
                "cross_table", operator="equal_to", left=TOTAL | {"entity": "score"}, right=TOTAL
            ),
            {"$.left.entity"},
        ),
        (
            check(
                "cross_table",
                operator="equal_to",
                left=TOTAL,
                right=TOTAL,
                where=[["name", "not_null"]],
            ),
            {"$.where"},
        ),
        (
            check("cross_table", operator="equal_to", left=TOTAL, right={"entity": "x"}),
            {"$.right.entity"},
        ),
        (
            check(
                "cross_table",
                operator="equal_to",
                left=TOTAL | {"field": "credits"},
                right=TOTAL | {"aggregate": "sum", "field": "name"},
            ),
            {"$.left.field", "$.right.field"},
        ),
        (check("outlier", field="credits", method="iqr"), {"$.method"}),
        (
            check("outlier", field="name", by=["x"], threshold=0, minimum_sample=2),
            {"$.field", "$.by[0]", "$.threshold", "$.minimum_sample"},
        ),
        (check("same_term_last_year", aggregate="count", max_change=0.1), {"$.period.kind"}),
        (
            check(
                "same_term_last_year",
                aggregate="median",
                max_change=0,
                period={"kind": "month", "from": "name"},
            ),
            {"$.aggregate", "$.max_change", "$.period.from"},
        ),
        (check("unique", fields=["name"], gate="block"), {"$.gate"}),
        (check("unique", fields=["name"], feeds={"f": {"gate": "block"}}), {"$.feeds.f.gate"}),
    ],
)
def test_every_fault_of_a_rule_is_told_at_once(
    dictionary: Dictionary, document: dict[str, Any], places: set[str]
) -> None:
    with pytest.raises(RuleInvalidError) as refusal:
        parse_rule(document, dictionary, 1)

    assert set(refusal.value.fields) == places
    assert refusal.value.fixes


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "outlier", "field": "teaching_share", "by": ["phone"]},
        {
            "kind": "cross_table",
            "operator": "equal_to",
            "left": TOTAL | {"by": "id_number"},
            "right": TOTAL | {"by": "staff_no"},
        },
        {
            "kind": "same_term_last_year",
            "aggregate": "count",
            "max_change": 1,
            "by": ["phone"],
            "period": {"kind": "month", "from": "hired_on"},
        },
    ],
)
def test_a_closed_field_is_no_group_for_its_values_would_be_shown(
    dictionary: Dictionary, more: dict[str, Any]
) -> None:
    document = {"rule": "r", "entity": "staff", "zh": "规则", "en": "Rule", **more}

    with pytest.raises(RuleInvalidError) as refusal:
        parse_rule(document, dictionary, 1)

    assert "closed field" in str(refusal.value.fields)


def test_the_dictionary_states_rules_of_its_own(dictionary: Dictionary) -> None:
    found = {
        document["rule"]: parse_rule(document, dictionary, 1)
        for document in derived_rules(dictionary.entities["dorm_check"])
    }

    assert {name: type(each.check) for name, each in found.items()} == {
        "dorm_check.student_no.reference": Reference,
        "dorm_check.state.not_null": NotNull,
        "dorm_check.state.code_set": CodeSet,
        "dorm_check.checker_no.reference": Reference,
    }
    assert {name: each.terms.severity for name, each in found.items()} == {
        "dorm_check.student_no.reference": "warning",
        "dorm_check.state.not_null": "error",
        "dorm_check.state.code_set": "error",
        "dorm_check.checker_no.reference": "warning",
    }
    [in_credits] = [
        parse_rule(document, dictionary, 1)
        for document in derived_rules(dictionary.entities["course"])
        if document["rule"] == "course.credits.range"
    ]
    assert in_credits.check == Range(
        field=dictionary.entities["course"].fields["credits"], low="0", high="100"
    )


def test_every_entity_has_rules_and_each_can_be_read(dictionary: Dictionary) -> None:
    shipped = shipped_rules(dictionary)
    rules = [parse_rule(document, dictionary, 1) for document in shipped]

    assert len({each.id for each in rules}) == len(rules)
    assert {each.entity.name for each in rules} == set(dictionary.entities)
    blocking = {each.id for each in rules if each.terms.gate == "block"}
    assert blocking == {"academic_year.dates", "calendar_day.follows", "term.dates"}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rule_has_versions_and_can_be_deleted(hub: Any) -> None:
    name = hub.name("rule")
    path = f"/v1/quality/rules/{name}"
    first = await hub.client.put(path, json=rule(rule=name))
    same = await hub.client.put(path, json=rule(rule=name))
    other = await hub.client.put(path, json=rule(rule=name, min=1))
    stored = await hub.get(f"quality/rules/{name}")
    gone = await hub.client.delete(path)
    again = await hub.client.delete(path)
    back = await hub.client.put(path, json=rule(rule=name, min=1))

    answers = [first, same, other, back]
    assert [(each.status_code, each.headers["changed"]) for each in answers] == [
        (201, "true"),
        (200, "false"),
        (200, "true"),
        (200, "true"),
    ]
    assert [each.json()["version"] for each in answers] == [1, 1, 2, 3]
    assert (stored["document"], stored["origin"]) == (rule(rule=name, min=1), "user")
    assert (gone.status_code, again.status_code) == (204, 404)
    assert again.json()["type"] == "urn:helix8:problem:quality-rule-not-found"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_rule_is_refused_in_both_languages(hub: Any) -> None:
    path, body = "/v1/quality/rules/wrong", rule(rule="wrong", min="x", gate="stop")
    zh = await hub.client.put(path, json=body)
    en = await hub.client.put(path, json=body, headers={"accept-language": "en"})
    differs = await hub.client.put(path, json=rule(rule="other"))

    assert [each.status_code for each in (zh, en, differs)] == [422, 422, 422]
    assert set(zh.json()["validationErrors"]) == {"$.min", "$.gate"}
    assert (zh.json()["title"], en.json()["title"]) == (
        "质量规则有误",
        "The quality rule is wrong",
    )
    assert set(differs.json()["validationErrors"]) == {"$.rule"}


@pytest.mark.asyncio(loop_scope="module")
async def test_terms_name_feeds_of_the_entity_that_write_the_fields(hub: Any) -> None:
    names = await hub.feed("course", {"course_code": None, "name": None})
    majors = await hub.feed("major", {"major_code": None})
    terms = {"gate": "block", "severity": "error"}

    async def put(feeds: dict[str, Any]) -> Any:
        name = hub.name("rule")
        return await hub.client.put(f"/v1/quality/rules/{name}", json=rule(rule=name, feeds=feeds))

    refused = await put({names: terms, majors: {}, "none": {}})
    warned = await put({names: {"gate": "warn"}})

    assert refused.status_code == 422
    assert set(refused.json()["validationErrors"]) == {
        f"$.feeds.{names}.gate",
        f"$.feeds.{majors}",
        "$.feeds.none",
    }
    assert warned.status_code == 201


@pytest.mark.asyncio(loop_scope="module")
async def test_a_shipped_rule_that_was_changed_here_stays_as_it_is(
    hub: Any, dictionary: Dictionary
) -> None:
    from datahub.quality.usecases import keeping  # noqa: PLC0415 — beside what it is for

    async def installed() -> bool:
        return bool(await hub.get("quality/rules", entity="term"))

    async def install() -> int:
        async with hub.database.transaction() as tx:
            return await keeping.install_shipped(tx, dictionary)

    async def in_force(name: str) -> tuple[int, int]:
        answer = await hub.client.get(f"/v1/quality/rules/{name}")
        return answer.status_code, answer.json().get("version", 0)

    await hub.until(installed)
    changed, deleted, old, foreign = "term.dates", "term.exams", "term.term.form", "term.gone"
    document = (await hub.get(f"quality/rules/{changed}"))["document"]
    await hub.client.put(f"/v1/quality/rules/{changed}", json=document | {"severity": "info"})
    await hub.client.delete(f"/v1/quality/rules/{deleted}")
    await hub.sql("UPDATE quality_rule SET document = '{}' WHERE id = :id", id=old)
    await hub.sql(
        "INSERT INTO quality_rule (id, version, entity, document, origin, in_force, may_block)"
        " VALUES (:id, 1, 'term', '{}', 'shipped', true, false)",
        id=foreign,
    )

    await install()  # unless the hub's own evaluator has just done it
    assert await install() == 0
    assert await in_force(changed) == (200, 2)
    assert await in_force(deleted) == (404, 0)
    assert await in_force(old) == (200, 2)
    assert await in_force(foreign) == (404, 0)
