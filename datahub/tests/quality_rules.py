"""Rules about students and their scores, and what they find."""

from typing import Any


def rule_of(name: str, entity: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "rule": name,
        "entity": entity,
        "kind": kind,
        "zh": "规则",
        "en": "Rule",
        "severity": "error",
        **more,
    }


async def save(hub: Any, entity: str, kind: str, **more: Any) -> str:
    """Save a rule under a name of its own; return the name."""
    name: str = hub.name("rule")
    answer = await hub.client.put(
        f"/v1/quality/rules/{name}", json=rule_of(name, entity, kind, **more)
    )
    assert answer.status_code == 201, answer.text
    return name


async def evaluate(hub: Any, *entities: str) -> None:
    """Ask for a run of some entities, and wait until nothing is due."""
    answer = await hub.client.post("/v1/quality/run", json={"entities": list(entities)})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"entities": sorted(entities)}

    async def is_done() -> bool:
        return not await hub.sql(
            "SELECT entity FROM quality_due WHERE entity = ANY(:e)", e=list(entities)
        )

    await hub.until(is_done)


async def results(hub: Any, rule: str, **which: Any) -> dict[str | None, dict[str, Any]]:
    """Return the newest results of a rule, by feed; None is over all records."""
    rows = await hub.get("quality/results", limit=1000, **which)
    return {row["feed"]: row for row in rows if row["rule"] == rule}


async def empty(hub: Any, entity: str) -> None:
    await hub.sql(f"DELETE FROM record_{entity}")  # noqa: S608
