"""Rules: all of them, one with what it does, and what one would have done."""

from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.refusals import InvalidError
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import Services, list_of, names, read_answer
from gateway.portal.schemas import Alert
from gateway.portal.schemas.alerting import Cell, Lint, Rule, RuleWhole, Trial, Worth, Worths

CELLS: Final = 100
ALERTS: Final = 12


async def rules(services: Services, **wanted: str | None) -> dict[str, Any]:
    """Return the rules that fit, by family, and what the alerts of each were worth."""
    found = await list_of(services, "alert", "rules", Rule, **wanted)
    families: dict[str, list[Rule]] = {}
    for each in sorted(found, key=lambda rule: (not rule.enabled, -rule.open_alerts, rule.key)):
        families.setdefault(each.family, []).append(each)
    worths: dict[str, Found[dict[str, Worth]]] = await all_of(worths=_worths(services))
    return {"families": families, "total": len(found), **worths}


async def get_rule(
    services: Services, key: str, version: int | None = None
) -> tuple[RuleWhole, int]:
    """Return a rule in one of its versions, and the number that a change of it must name.

    Raises:
        RefusedError: there is none of that key, or no such version.
    """
    answer = await services.find("alert", f"rules/{quote(key, safe='')}", version=version)
    tag = answer.headers.get("ETag", "").strip('"')
    whole = read_answer(TypeAdapter(RuleWhole), "alert", answer)
    return whole, int(tag) if tag.isdecimal() else 1


async def around(services: Services, rule: RuleWhole, state: str | None) -> dict[str, Any]:
    """Return what stands beside a rule: where it is not in order, its alerts, their worth."""
    path = f"rules/{quote(rule.key, safe='')}/cells"
    parts: dict[str, Found[Any]] = await all_of(
        cells=list_of(services, "alert", path, Cell, state=state, most=CELLS),
        alerts=list_of(
            services, "alert", "alerts", Alert, rule=f"rule/{rule.key}", state="open", limit=ALERTS
        ),
        worths=_worths(services, rule.document.get("family")),
    )
    scopes = [each.scope for each in parts["cells"].value or ()]
    made = [key for each in rule.versions for key in (each.made_by, each.published_by)]
    warned = [each.owner for each in parts["alerts"].value or ()]
    known = await names(services, [rule.changed_by, *scopes, *made, *warned])
    return {**parts, "names": known, "units": await services.units.get()}


async def lint(services: Services, document: dict[str, Any]) -> Lint:
    """Return how many scopes a rule is about.

    Raises:
        InvalidError: it contradicts itself; everything is named, by its path.
    """
    answer = await services.act("alert", "rules/lint", document)
    found = read_answer(TypeAdapter(Lint), "alert", answer)
    if not found.holds:
        count = sum(len(each) for each in found.faults.values())
        raise InvalidError(
            f"规则有 {count} 处问题", f"the rule has {count} faults", fields=found.faults
        )
    return found


async def try_rule(
    services: Services, key: str, body: dict[str, Any]
) -> tuple[Trial, dict[str, str]]:
    """Return what a rule would have done, and the names of the scopes it would have warned of."""
    answer = await services.act("alert", f"rules/{quote(key, safe='')}/trial", body)
    trial = read_answer(TypeAdapter(Trial), "alert", answer)
    return trial, await names(services, [each.scope for each in trial.examples])


async def _worths(services: Services, family: str | None = None) -> dict[str, Worth]:
    answer = await services.get("alert", "alerts/statistics", by="rule", family=family)
    found = read_answer(TypeAdapter(Worths), "alert", answer)
    return {each.name.removeprefix("rule/"): each for each in found.groups}
