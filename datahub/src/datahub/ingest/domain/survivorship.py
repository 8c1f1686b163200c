"""Which system a field is believed from, where several write it: priority, then recency.

A system has a word while it has a value: one that says nothing, or deletes its record, takes its
word back, and the next one's last word takes its place. Fields that one system alone writes are
no contest. Source: design "Data hub" 6; ADR 20.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Entity
from datahub.ingest.domain.feed import Feed, FieldMapping
from shared.errors import DomainError, ErrorKind

SOURCE: Final = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
"""How a source system is called."""


class SurvivorshipInvalidError(DomainError):
    """An order of systems that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "survivorship-invalid"
    title_zh: ClassVar = "字段来源的优先次序有误"
    title_en: ClassVar = "The order of the systems is wrong"


@dataclass(frozen=True, slots=True)
class Policy:
    """The order of the systems, by field; a field that is not named goes by recency alone."""

    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ranks(self) -> list[tuple[str, str, int]]:
        """Return field, system and rank, the best first; systems that are not named come last."""
        return [
            (name, source, rank)
            for name, sources in self.order.items()
            for rank, source in enumerate(sources)
        ]


@dataclass(frozen=True, slots=True)
class Writer:
    """A feed, and the fields that it writes."""

    feed: str
    source: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Whom a feed shares its entity with."""

    entity: Entity
    feed: str
    source: str
    rivals: tuple[str, ...]
    """The feed, and other feeds of its system that write some of its fields."""

    writers: tuple[Writer, ...] = ()
    """Every feed of the entity."""

    fields: tuple[str, ...] = ()
    """Fields of the feed that another system writes, too."""

    @property
    def others(self) -> tuple[str, ...]:
        """Feeds of other systems."""
        return tuple(each.feed for each in self.writers if each.source != self.source)

    @property
    def is_leading(self) -> bool:
        """Whether the system is the one whose deletion ends the record for all."""
        return self.source in self.entity.systems[:1]

    @property
    def of_source(self) -> frozenset[str]:
        """Fields outside the key that the feeds of the system write."""
        own = (each.fields for each in self.writers if each.source == self.source)
        return frozenset().union(*own) - set(self.entity.key)


def contest_of(feed: Feed, writers: Sequence[Writer]) -> Contest:
    """Return whom a feed shares its entity with."""
    own = frozenset(feed.written) - set(feed.entity.key)
    others = [each for each in writers if each.feed != feed.id]
    rivals = [each.feed for each in others if each.source == feed.source and own & each.fields]
    foreign = frozenset[str]().union(
        *(each.fields for each in others if each.source != feed.source)
    )
    return Contest(
        entity=feed.entity,
        feed=feed.id,
        source=feed.source,
        rivals=(feed.id, *rivals),
        writers=(*others, Writer(feed.id, feed.source, frozenset(feed.written))),
        fields=tuple(name for name in feed.written if name in own & foreign),
    )


def silenced(feed: Feed, names: Iterable[str]) -> Feed:
    """Return a feed by which its system says nothing of some fields."""
    targets = [found for name in sorted(names) if (found := feed.entity.find(name)) is not None]
    mappings = tuple(FieldMapping(target=each) for each in targets)
    return replace(feed, mappings=mappings, measures=(), unknown_fields="ignore")


def contested(entity: Entity, writers: Iterable[Writer]) -> tuple[str, ...]:
    """Return the fields of an entity that several systems write."""
    sources: dict[str, set[str]] = {}
    for each in writers:
        for name in each.fields - set(entity.key):
            sources.setdefault(name, set()).add(each.source)
    return tuple(sorted(name for name, found in sources.items() if len(found) > 1))


def parse_policy(
    document: Mapping[str, Any], entity: Entity, systems: Collection[str] | None = None
) -> Policy:
    """Build a policy: ``{"fields": {"phone": ["student_affairs", "academic"]}}``.

    Args:
        systems: those that are registered, where one that is not is to be refused.

    Raises:
        SurvivorshipInvalidError: with every fault.
    """
    faults = Faults()
    faults.known("$", document, frozenset({"fields"}))
    order = {}
    for name, value in faults.table("$.fields", document.get("fields")).items():
        place = f"$.fields.{name}"
        sources = faults.words(place, value)
        if entity.find(name) is None:
            faults.add(place, f"{entity.name} 没有字段 {name} (no such field)")
        if name in entity.key:
            faults.add(place, "主键没有优先次序 (a field of the key has no order)")
        if not sources or len(set(sources)) < len(sources):
            faults.add(place, "至少一个业务系统，不重复 (one system or more, each once)")
        if not all(SOURCE.fullmatch(source) for source in sources):
            faults.add(place, "系统：小写字母、数字、_ -，至多 32 字符 (lower-case, at most 32)")
        for system in (each for each in sources if systems is not None and each not in systems):
            faults.add(place, f"没有业务系统 {system} (there is no source system {system})")
        order[name] = sources
    if faults.found:
        raise _invalid(faults.found, systems or ())
    return Policy(order)


def _invalid(
    faults: Mapping[str, Sequence[str]], systems: Collection[str]
) -> SurvivorshipInvalidError:
    places = "、".join(faults)
    known = f"GET /api/datahub/v1/source-systems: {', '.join(sorted(systems))}"
    return SurvivorshipInvalidError(
        f"优先次序有误：{places}",
        f"the order is wrong at {places}",
        fields=faults,
        fixes=[known] if systems else [],
    )
