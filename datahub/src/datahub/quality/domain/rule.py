"""A rule about the quality of an entity's records, and what follows when it fails.

Rules are data; `datahub.quality.domain.rule_document` reads and checks them. Source: design "Data
hub"; our defaults: no row may fail, a failure warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from datahub.dictionary.domain.entity import Entity
from datahub.quality.domain.check import Check, Condition, CrossTable, Reference, RowCheck
from shared.contracts.vocabulary import ratio

Severity = Literal["info", "warning", "error"]
Gate = Literal["block", "warn"]
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error")
GATES: Final[tuple[Gate, ...]] = ("block", "warn")


@dataclass(frozen=True, slots=True)
class Terms:
    """How grave a failure is, and whether it holds a batch back."""

    severity: Severity
    gate: Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, one version."""

    id: str
    version: int
    entity: Entity
    zh: str
    en: str
    terms: Terms
    feeds: Mapping[str, Terms] = field(default_factory=dict)
    """Feeds that have terms of their own."""

    allowed_ratio: Decimal
    """Share of the checked rows that may fail."""

    where: tuple[Condition, ...]
    check: Check

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the entity that the rule reads."""
        used = (*self.check.fields, *(each.field.name for each in self.where))
        return tuple(dict.fromkeys(used))

    @property
    def reads(self) -> frozenset[str]:
        """Entities whose changes may change the outcome."""
        match self.check:
            case Reference(field=target):
                return frozenset({self.entity.name, str(target.ref)})
            case CrossTable(left=left, right=right):
                return frozenset({self.entity.name, left.entity.name, right.entity.name})
            case _:
                return frozenset({self.entity.name})

    @property
    def is_row(self) -> bool:
        """Whether it looks at one row alone."""
        return isinstance(self.check, RowCheck)

    def terms_of(self, feed: str) -> Terms:
        """Return the terms that hold for a feed."""
        return self.feeds.get(feed, self.terms)

    @property
    def may_block(self) -> bool:
        """Whether it holds back batches of some feed."""
        return any(each.gate == "block" for each in (self.terms, *self.feeds.values()))


def score_of(checked: int, failed: int) -> Decimal | None:
    """Return 1 − failed ÷ checked to six decimals; None where nothing was checked."""
    return ratio(Decimal(checked - failed), Decimal(checked)) if checked else None


def is_broken(checked: int, failed: int, allowed_ratio: Decimal) -> bool:
    """Return whether more rows failed than may."""
    return failed > allowed_ratio * checked
