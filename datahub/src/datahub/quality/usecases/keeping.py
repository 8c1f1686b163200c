"""Keep rules: save, delete, bring along those of the hub."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rule import Rule
from datahub.quality.domain.rule_document import RuleInvalidError, invalid, parse_rule
from datahub.quality.repository import feeds, rules, runs
from shared.kit.database import Transaction

Expect = Callable[[int | None], None]
"""Refuses a write by the version in force; gets None where there is none."""

log = structlog.get_logger()


async def save_rule(
    tx: Transaction,
    rule_id: str,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Expect,
) -> tuple[Rule, bool]:
    """Save a rule; return it and whether it changed. A change is a new version, in force at once.

    Raises:
        RuleInvalidError: with every fault of the document.
    """
    present = await rules.get_newest(tx, rule_id, lock=True)
    expect(present.version if present and present.in_force else None)
    if present is not None and present.in_force and present.document == document:
        return parse_rule(document, dictionary, present.version), False
    rule = parse_rule(document, dictionary, present.version + 1 if present else 1)
    await _check_feeds(tx, rule)
    await rules.add_version(tx, rule, document, "user")
    await runs.mark_due(tx, [rule.entity.name], "rules")
    return rule, True


async def _check_feeds(tx: Transaction, rule: Rule) -> None:
    """Refuse terms for a feed that is none, and a gate that could look at nothing."""
    if not rule.feeds:
        return
    writers = {each.feed: each for each in await feeds.list_writers(tx, rule.entity.name)}
    faults: dict[str, list[str]] = {}
    for feed, terms in rule.feeds.items():
        writer = writers.get(feed)
        if writer is None:
            reason = (
                f"{rule.entity.name} 没有数据源约定 {feed} ({rule.entity.name} has no feed {feed})"
            )
            faults[f"$.feeds.{feed}"] = [reason]
        elif terms.gate == "block" and (lacking := set(rule.fields) - writer.targets):
            names = sorted(lacking)
            zh, en = "、".join(names), ", ".join(names)
            faults[f"$.feeds.{feed}.gate"] = [f"约定不提供 {zh} (the feed does not write {en})"]
    if faults:
        raise invalid(faults)


async def delete_rule(tx: Transaction, rule_id: str, expect: Expect) -> None:
    """Take a rule out of force for good; its results stay.

    Raises:
        RuleNotFoundError: there is none in force.
    """
    present = await rules.get_newest(tx, rule_id, lock=True)
    if present is None or not present.in_force:
        raise rules.not_found(rule_id)
    expect(present.version)
    await rules.end(tx, rule_id, by_user=True)
    await runs.mark_due(tx, [present.entity], "rules")


async def install_shipped(tx: Transaction, dictionary: Dictionary) -> int:
    """Bring the hub's own rules up to date; return how many changed.

    A rule that was changed or deleted here is left as it is. One that cannot be read, whatever the
    college declared, holds up no other, and neither the evaluation.
    """
    stored = await rules.lock_newest(tx)
    changed: set[str] = set()
    shipped = {str(each["rule"]): each for each in rules.shipped_rules(dictionary)}
    for rule_id, document in shipped.items():
        present = stored.get(rule_id)
        is_ours = present is None or present.origin == "shipped"
        if is_ours and not (present and present.in_force and present.document == document):
            try:
                rule = parse_rule(document, dictionary, present.version + 1 if present else 1)
            except RuleInvalidError as error:
                log.warning("quality_rule_unreadable", rule=rule_id, places=sorted(error.fields))
                continue
            await rules.add_version(tx, rule, document, "shipped")
            changed.add(rule.entity.name)
    for rule_id, present in stored.items():
        if present.in_force and present.origin == "shipped" and rule_id not in shipped:
            await rules.end(tx, rule_id)
            changed.add(present.entity)
    await runs.mark_due(tx, sorted(changed), "rules")
    return len(changed)
