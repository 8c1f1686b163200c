"""Load and save rules: versions of documents, and those that the hub brings along."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

from datahub.dictionary.domain.entity import Dictionary
from datahub.locks import Space
from datahub.quality.domain.derived import derived_rules
from datahub.quality.domain.rule import Rule
from datahub.quality.domain.rule_document import RuleInvalidError, parse_rule
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

Origin = Literal["shipped", "user"]


class RuleNotFoundError(DomainError):
    """No rule in force has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "quality-rule-not-found"
    title_zh: ClassVar = "没有这条质量规则"
    title_en: ClassVar = "No such quality rule"


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A version of a rule as stored."""

    id: str
    version: int
    entity: str
    document: dict[str, Any]
    origin: Origin
    in_force: bool
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that the dictionary no longer bears out: it is reported, and nothing else."""

    stored: RuleVersion
    reason: str


_COLUMNS = "id, version, entity, document, origin, in_force, saved_at"

_parsed: dict[tuple[str, int, datetime], tuple[Dictionary, Rule]] = {}
"""Rules that this process has read, by id, version and instant of saving, and by what."""

_in_force: dict[str, list[RuleVersion]] = {}
"""Every rule in force, as this process read them last, by what tells one state from another."""


async def get_newest(tx: Transaction, rule_id: str, *, lock: bool = False) -> RuleVersion | None:
    """Return the newest version of a rule, deleted or not; None when there never was one."""
    if lock:
        # Neither together with who saves the same one, nor while the hub's own are brought along.
        await tx.session.execute(
            text(
                f"SELECT pg_advisory_xact_lock_shared({Space.QUALITY_RULE}, 0),"
                f" pg_advisory_xact_lock({Space.QUALITY_RULE}, hashtext(:id))"
            ),
            {"id": rule_id},
        )
    rows = await tx.session.execute(
        text(f"SELECT {_COLUMNS} FROM quality_rule WHERE id = :id ORDER BY version DESC LIMIT 1"),
        {"id": rule_id},
    )
    row = rows.one_or_none()
    return RuleVersion(*row) if row is not None else None


async def get_in_force(tx: Transaction, rule_id: str) -> RuleVersion:
    """Return a rule.

    Raises:
        RuleNotFoundError: there is none, or it was deleted.
    """
    found = await get_newest(tx, rule_id)
    if found is None or not found.in_force:
        raise not_found(rule_id)
    return found


def not_found(rule_id: str) -> RuleNotFoundError:
    """Return the refusal of a rule that is not there."""
    return RuleNotFoundError(
        f"没有质量规则 {rule_id}",
        f"there is no quality rule {rule_id}",
        fixes=["GET /api/datahub/v1/quality/rules", "PUT /api/datahub/v1/quality/rules/{id}"],
    )


async def add_version(
    tx: Transaction, rule: Rule, document: Mapping[str, Any], origin: Origin
) -> None:
    """Put a version of a rule in force."""
    await end(tx, rule.id)
    await tx.session.execute(
        text(
            "INSERT INTO quality_rule (id, version, entity, document, origin, in_force, may_block)"
            " VALUES (:id, :version, :entity, CAST(:document AS jsonb), :origin, true, :may_block)"
        ),
        {
            "id": rule.id,
            "version": rule.version,
            "entity": rule.entity.name,
            "document": json.dumps(document, ensure_ascii=False),
            "origin": origin,
            "may_block": rule.may_block,
        },
    )


async def end(tx: Transaction, rule_id: str, *, by_user: bool = False) -> None:
    """Take a rule out of force; one that a user ended does not come back by itself."""
    await tx.session.execute(
        text(
            "UPDATE quality_rule SET in_force = false,"
            " origin = CASE WHEN :by_user THEN 'user' ELSE origin END WHERE id = :id AND in_force"
        ),
        {"id": rule_id, "by_user": by_user},
    )


async def lock_newest(tx: Transaction) -> dict[str, RuleVersion]:
    """Return the newest version of every rule, deleted or not; only one process at a time."""
    await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.QUALITY_RULE}, 0)"))
    rows = await tx.session.execute(
        text(f"SELECT DISTINCT ON (id) {_COLUMNS} FROM quality_rule ORDER BY id, version DESC")
    )
    return {row.id: RuleVersion(*row) for row in rows}


async def list_stored(tx: Transaction, entity: str | None) -> list[RuleVersion]:
    """Return every rule in force, of one entity or of all.

    Hundreds of documents are read when one of them is another; otherwise they are as they were.
    """
    stamp: str = await tx.session.scalar(
        text(
            "SELECT coalesce(md5(string_agg(concat_ws(' ', id, version, saved_at), ','"
            " ORDER BY id)), '') FROM quality_rule WHERE in_force"
        )
    )
    found = _in_force.get(stamp)
    if found is None:
        rows = await tx.session.execute(
            text(f"SELECT {_COLUMNS} FROM quality_rule WHERE in_force ORDER BY id")
        )
        found = [RuleVersion(*row) for row in rows]
        _in_force.clear()
        _in_force[stamp] = found
    return [each for each in found if entity is None or each.entity == entity]


async def list_blocking(tx: Transaction, entity: str) -> list[RuleVersion]:
    """Return the rules in force of an entity that hold back batches of some feed."""
    rows = await (await tx.driver()).fetch(
        f"SELECT {_COLUMNS} FROM quality_rule WHERE in_force AND may_block"
        " AND entity = $1 ORDER BY id",
        entity,
    )
    return [RuleVersion(*row) for row in rows]


def read_rules(
    stored: Sequence[RuleVersion], dictionary: Dictionary
) -> tuple[list[Rule], list[BrokenRule]]:
    """Return the rules that can be asked, and those that can no longer be read."""
    rules: list[Rule] = []
    broken: list[BrokenRule] = []
    for each in stored:
        try:
            rules.append(_parse(each, dictionary))
        except RuleInvalidError as error:
            broken.append(BrokenRule(each, f"{error.code}: {', '.join(error.fields)}"))
    return rules, broken


def _parse(stored: RuleVersion, dictionary: Dictionary) -> Rule:
    place = (stored.id, stored.version, stored.saved_at)
    known = _parsed.get(place)
    if known is None or known[0] is not dictionary:
        rule = parse_rule(stored.document, dictionary, stored.version)
        known = _parsed[place] = (dictionary, rule)
    return known[1]


@cache
def _shipped_documents() -> tuple[dict[str, Any], ...]:
    folder = files("datahub.quality") / "rules"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(
        rule
        for path in paths
        if path.name.endswith(".toml")
        for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rules"]
    )


def shipped_rules(dictionary: Dictionary) -> list[dict[str, Any]]:
    """Return the documents that the hub brings along: of the dictionary, then those in files."""
    derived = [
        document for entity in dictionary.entities.values() for document in derived_rules(entity)
    ]
    return [*derived, *_shipped_documents()]
