"""Inspect deliveries: how they are written, and whether blocking rules hold them back."""

from collections.abc import Sequence
from typing import Final, cast

from datahub.dictionary.domain.entity import FieldType
from datahub.dictionary.repository import Dictionaries
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.gate import Held
from datahub.ingest.domain.ledger import Warned
from datahub.ingest.domain.oddities import drift_warnings
from datahub.ingest.domain.reading import LINE, Chunk
from datahub.ingest.repository.records import stage_name
from datahub.quality.domain.drift import MIN_ROWS, SAMPLE, Drift, Profile, follow, profile_of
from datahub.quality.domain.rule import Rule, Severity
from datahub.quality.repository import evaluating, feeds, profiles, rules
from datahub.quality.repository.evaluating import HeldLines
from shared.contracts.datahub import FailedRule, FeedDrifted, FeedQualityFailed, ShapeChange
from shared.kit.database import Transaction

MAX_COLUMNS: Final = 300
MAX_NAME: Final = 100
"""Characters of a column's name that is looked at: names go into an event."""

_CODED: Final = frozenset({FieldType.CODE, FieldType.ENUM, FieldType.BOOLEAN})


class QualityInspector:
    """Answers what ingest asks about a delivery; see `datahub.ingest.repository.inspection`."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries

    async def look(self, tx: Transaction, feed: Feed, batch: int, chunk: Chunk) -> Warned:
        """Note how a batch is written, by its first part; tell where it differs from the last."""
        if not chunk.frame.height:
            return Warned()
        before = await profiles.profile_before(tx, feed.id, batch)
        known, drift = follow(before, _profile(feed, chunk), is_sparse=chunk.is_sparse)
        says_nothing_new = chunk.frame.height < MIN_ROWS and known == before
        if says_nothing_new or not await profiles.keep_profile(tx, feed.id, batch, known):
            return Warned()
        if drift.is_any or drift.new_words:
            await profiles.keep_drift(tx, batch, drift)
        if drift.is_any:
            _tell_drift(tx, feed, batch, drift)
        return drift_warnings(drift.added, drift.missing, drift.type_changed)

    async def blocks(self, tx: Transaction, feed: Feed) -> bool:
        """Return whether rules may hold back a batch of this feed."""
        return bool(await self._blocking(tx, feed))

    async def hold(self, tx: Transaction, feed: Feed) -> Sequence[Held]:
        """Return what the blocking rules of a feed find in the staged rows."""
        blocking = await self._blocking(tx, feed)
        found = await evaluating.hold_lines(tx, blocking, stage_name(feed.entity))
        return [_held(each, feed) for each in found]

    async def _blocking(self, tx: Transaction, feed: Feed) -> list[Rule]:
        """Return the rules that hold this feed back; a field it does not write says nothing."""
        stored = await rules.list_blocking(tx, feed.entity.name)
        known, _ = rules.read_rules(stored, await self._dictionaries.current(tx))
        return [
            rule
            for rule in known
            if rule.terms_of(feed.id).gate == "block" and set(rule.fields) <= set(feed.written)
        ]

    async def tell_held(
        self, tx: Transaction, feed: Feed, held: Sequence[Held], batch: int | None
    ) -> None:
        """Tell that rows were held back; a refused batch is kept for the data steward."""
        failed = tuple(
            FailedRule(
                rule=each.rule,
                severity=cast("Severity", each.severity),
                name_zh=each.zh,
                name_en=each.en,
                checked=each.checked,
                failed=len(each.lines),
            )
            for each in held
            if each.lines
        )
        if batch is None:
            await feeds.keep_refusal(tx, feed.id, [each.model_dump() for each in failed])
        tx.publish(
            FeedQualityFailed(
                feed=feed.id,
                source=feed.source,
                entity=feed.entity.name,
                batch=batch,
                rules=failed,
                failed=sum(each.failed for each in failed),
                checked=sum(each.checked for each in failed),
                gate="block",
            ),
            key=feed.id,
            subject=f"feed/{feed.id}",
        )


def _held(found: HeldLines, feed: Feed) -> Held:
    rule = found.rule
    return Held(
        rule=rule.id,
        zh=rule.zh,
        en=rule.en,
        severity=rule.terms_of(feed.id).severity,
        fields=rule.fields,
        allowed_ratio=rule.allowed_ratio,
        checked=found.checked,
        lines=found.lines,
    )


def _profile(feed: Feed, chunk: Chunk) -> Profile:
    frame = chunk.frame
    names = [
        name
        for name in frame.columns
        if name != LINE and len(name) <= MAX_NAME and "\0" not in name
    ][:MAX_COLUMNS]
    rows = range(0, frame.height, max(1, frame.height // SAMPLE))[:SAMPLE]
    sample = frame if frame.height <= SAMPLE else frame[rows]
    columns = {
        name: [
            None if value is None or value.strip() in feed.null_words else value.strip()
            for value in sample[name].to_list()
        ]
        for name in names
    }
    return profile_of(frame.height, columns, _coded_columns(feed))


def _coded_columns(feed: Feed) -> frozenset[str]:
    """Return columns that go into codes alone: their values tell nothing about a person."""
    coded, other = set[str](), set[str]()
    for mapping in feed.mappings:
        is_coded = mapping.target.type in _CODED and not mapping.target.is_closed
        (coded if is_coded else other).update(mapping.sources)
    return frozenset(coded - other)


def _tell_drift(tx: Transaction, feed: Feed, batch: int, drift: Drift) -> None:
    tx.publish(
        FeedDrifted(
            feed=feed.id,
            source=feed.source,
            entity=feed.entity.name,
            batch=batch,
            added=drift.added,
            missing=drift.missing,
            type_changed={
                name: ShapeChange(before=before, now=now)
                for name, (before, now) in drift.type_changed.items()
            },
        ),
        key=feed.id,
        subject=f"feed/{feed.id}",
    )
