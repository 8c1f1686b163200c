"""Read a rule from its document: all of it is checked before it takes effect.

A document is refused with every fault at once, by its place. Whatever one lets through can be
asked of PostgreSQL. Source: contract "Errors"; design "Data hub".
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.check import RowCheck
from datahub.quality.domain.check_document import KINDS
from datahub.quality.domain.check_reader import CheckReader
from datahub.quality.domain.rule import GATES, SEVERITIES, Rule, Terms
from shared.errors import DomainError, ErrorKind

_COMMON: Final = frozenset(
    {
        "rule",
        "entity",
        "kind",
        "zh",
        "en",
        "severity",
        "gate",
        "feeds",
        "allowed_ratio",
        "where",
    }
)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,159}")
_FEED: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


class RuleInvalidError(DomainError):
    """A rule that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "quality-rule-invalid"
    title_zh: ClassVar = "质量规则有误"
    title_en: ClassVar = "The quality rule is wrong"


def invalid(faults: Mapping[str, list[str]]) -> RuleInvalidError:
    """Return the refusal of a rule with every fault."""
    return RuleInvalidError(
        f"质量规则有误：{'、'.join(faults)}",
        f"the quality rule is wrong at {', '.join(faults)}",
        fields=faults,
        fixes=["按 validationErrors 逐处修改后重新 PUT (mend each place and PUT again)"],
    )


def parse_rule(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Rule:
    """Build a rule from its document.

    Raises:
        RuleInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    rule = _read(document, dictionary, version, faults)
    if rule is None or faults.found:
        raise invalid(faults.found)
    return rule


def _read(
    document: Mapping[str, Any], dictionary: Dictionary, version: int, faults: Faults
) -> Rule | None:
    kind = document.get("kind")
    reader = KINDS.get(kind) if isinstance(kind, str) else None
    _check_shape(document, _COMMON | (reader.keys if reader else set(document)), faults)
    terms = _terms("$", document, Terms("warning", "warn"), faults)
    allowed = _allowed_ratio(document, faults)
    feeds = _feeds(document, terms, faults)
    entity = dictionary.entities.get(str(document.get("entity")))
    if entity is None:
        faults.add(
            "$.entity",
            f"未知实体 {document.get('entity')!r} (unknown entity {document.get('entity')!r})",
        )
    if reader is None:
        faults.one_of("$.kind", sorted(KINDS))
    if entity is None or reader is None:
        return None
    fields = CheckReader(entity, dictionary, document, faults)
    where = fields.conditions("$.where", document.get("where", []))
    check = reader.read(fields)
    if check is None:
        return None
    rule = Rule(
        id=str(document.get("rule")),
        version=version,
        entity=entity,
        zh=str(document.get("zh")),
        en=str(document.get("en")),
        terms=terms,
        feeds=feeds,
        allowed_ratio=allowed,
        where=where,
        check=check,
    )
    _check_gate(rule, faults)
    return rule


def _check_shape(document: Mapping[str, Any], known: frozenset[str], faults: Faults) -> None:
    faults.known("$", document, known)
    for name in ("rule", "entity", "kind", "zh", "en"):
        if not document.get(name):
            faults.add(f"$.{name}", "必填 (required)")
    for name in ("zh", "en"):
        words = document.get(name, "")
        if not isinstance(words, str) or len(words) > 200:
            faults.add(f"$.{name}", "须为至多 200 字的文本 (a text of at most 200)")
    if not _ID.fullmatch(str(document.get("rule"))):
        faults.add("$.rule", "小写字母、数字、_ . -，至多 160 字符 (lower-case, at most 160)")


def _terms(place: str, spec: Mapping[str, Any], default: Terms, faults: Faults) -> Terms:
    severity = spec.get("severity", default.severity)
    gate = spec.get("gate", default.gate)
    if severity not in SEVERITIES:
        faults.add(f"{place}.severity", " | ".join(SEVERITIES))
    if gate not in GATES:
        faults.add(f"{place}.gate", " | ".join(GATES))
    return Terms(severity, gate)


def _allowed_ratio(document: Mapping[str, Any], faults: Faults) -> Decimal:
    allowed = faults.number("$.allowed_ratio", document.get("allowed_ratio", 0))
    if allowed is None or not 0 <= allowed < 1:
        faults.add("$.allowed_ratio", "在 0 与 1 之间，不含 1 (from 0 to below 1)")
        return Decimal(0)
    return allowed


def _feeds(document: Mapping[str, Any], terms: Terms, faults: Faults) -> dict[str, Terms]:
    found = {}
    for feed, spec in faults.table("$.feeds", document.get("feeds")).items():
        place = f"$.feeds.{feed}"
        if not _FEED.fullmatch(str(feed)):
            faults.add(place, "不是数据源约定的编号 (not the id of a feed)")
        own = faults.table(place, spec)
        faults.known(place, own, frozenset({"severity", "gate"}))
        found[str(feed)] = _terms(place, own, terms, faults)
    return found


def _check_gate(rule: Rule, faults: Faults) -> None:
    """Only what one row says of itself is known before a batch takes effect."""
    if isinstance(rule.check, RowCheck):
        return
    reason = f"{rule.check.kind} 看一组记录，不能拦截批次 (it looks at a set: it cannot hold back)"
    if rule.terms.gate == "block":
        faults.add("$.gate", reason)
    for feed, terms in rule.feeds.items():
        if terms.gate == "block" and rule.terms.gate != "block":
            faults.add(f"$.feeds.{feed}.gate", reason)
