"""Map source rows to canonical rows by a feed: vectorised, explained, nothing guessed.

`apply` runs a feed's column expressions over a chunk and returns the canonical rows, and for every
other row all reasons why it is none. Unknown values are never guessed and never dropped: they are
put aside with the raw text. Source: design "Data hub" 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import polars as pl

from datahub.dictionary.domain.entity import EXT, record_key
from datahub.ingest.domain import checks, plain, texts, values
from datahub.ingest.domain.cleaning import FEW, clean_columns, clean_text
from datahub.ingest.domain.columns import (
    CODED,
    FAULT,
    KEY,
    RAW,
    SOURCE,
    TEXT,
    VALUE,
    WARNING,
    Found,
    key_of,
    lookup_key,
)
from datahub.ingest.domain.feed import Feed, Lookup
from datahub.ingest.domain.leaving_out import LEFT_OUT, is_left_out, left_out, said_last
from datahub.ingest.domain.ledger import RowVerdict, Verdict, Warned
from datahub.ingest.domain.oddities import warnings_of
from datahub.ingest.domain.reading import LINE, Chunk
from datahub.ingest.domain.verdicts import (
    broken_rows,
    explain,
    failed_cells,
    lookup_empty,
    raw_rows,
    refused_rows,
    unknown_columns,
)

_STEPS: Final = "steps"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a chunk."""

    good: pl.DataFrame
    """Canonical rows: ``#key``, ``#line``, ``#raw`` and the feed's fields, all as text."""

    verdicts: Sequence[RowVerdict]
    """Reasons of every other row; a row may have several."""

    raw: Mapping[int, Mapping[str, str | None]]
    """The source record of every row that has a verdict, by line."""

    warned: Warned = field(default_factory=Warned)
    """What is odd about canonical rows; they stand all the same."""


def apply(
    feed: Feed, chunk: Chunk, found: Found, today: date = date.max, mode: str = "create"
) -> Mapped:
    """Map one chunk.

    Args:
        found: what the feed's lookups gave; a key that is absent means the row's parent has
            not come yet, and the row is parked.
        today: the campus's present day, for feeds that hold dates against it.
        mode: in ``upsert`` and ``update`` a field that a record leaves out stays as it is.
    """
    good = plain.map_rows(feed, chunk, mode)
    if good is not None:
        return Mapped(good, verdicts=[], raw={})
    return by_columns(feed, chunk, found, today, mode)


def by_columns(
    feed: Feed, chunk: Chunk, found: Found, today: date = date.max, mode: str = "create"
) -> Mapped:
    """Map one chunk by the column expressions of its feed, whatever it holds."""
    source = chunk.frame
    verdicts: list[RowVerdict] = []
    cleaned = _cleaned(source, feed)
    undecodable, broken = broken_rows(feed, source, verdicts)
    broken |= failed_cells(feed, cleaned, verdicts)
    refused = undecodable | refused_rows(feed, source, undecodable, verdicts)
    mapped = _compute(feed, cleaned, found, today)
    left = left_out(feed, chunk) if mode in {"upsert", "update"} else None
    if left is not None:
        mapped = mapped.join(left, on=LINE, how="left", maintain_order="left")
        mapped = mapped.with_columns(_may_be_missing(feed)) if mode == "update" else mapped
    # Asked of each column alone: that moves nothing, and most chunks have nothing bad.
    faulty = [name for name in _names(mapped, FAULT) if mapped[name].null_count() < mapped.height]
    if faulty or broken or refused:
        is_bad = mapped.select(
            pl.any_horizontal(
                pl.col(LINE).is_in(list(broken | refused)), pl.col(faulty).is_not_null()
            )
        ).to_series()
        explain(feed, mapped.filter(is_bad), refused, verdicts, today)
        mapped = mapped.filter(~is_bad)
    if not feed.is_aggregating:
        mapped = keep_last(feed, mapped, verdicts)
    if feed.keeps_unknown:
        mapped = mapped.join(_unknown(feed, source), on=LINE, how="left", maintain_order="left")
    warned = warnings_of(feed, mapped, _names(mapped, WARNING))
    lines = {each.row for each in verdicts if each.verdict is not Verdict.DUPLICATE}
    more = [LEFT_OUT] if LEFT_OUT in mapped.columns else []
    more += [EXT] if feed.keeps_unknown else []
    good = mapped[[LINE, KEY, RAW, *more, *feed.written]]
    return Mapped(good, verdicts, raw_rows(source, lines), warned)


def keys_of(feed: Feed, chunk: Chunk, found: Found, today: date = date.max) -> pl.DataFrame:
    """Return every row whose key can be read, whatever else it holds.

    Returns:
        ``#line``, ``#key`` and the fields of the key.
    """
    only = replace(feed, mappings=feed.key_mappings, measures=())
    mapped = _compute(only, _cleaned(chunk.frame, only), found, today)
    faults = _names(mapped, FAULT)
    is_whole = ~pl.any_horizontal(pl.col(faults).is_not_null()) if faults else pl.lit(True)
    return mapped.filter(is_whole).select(LINE, KEY, *feed.entity.key)


def lookup_keys(feed: Feed, chunk: Chunk) -> Mapping[Lookup, list[str]]:
    """Return the record keys that the feed's lookups will ask for in this chunk."""
    wanted: dict[Lookup, set[str]] = {}
    cleaned = _cleaned(chunk.frame, feed)
    for mapping in feed.mappings:
        asked = {lookup: lookup_key(lookup) for lookup in mapping.lookups}
        if mapping.registry is not None:
            asked[mapping.registry] = texts.padded(feed, mapping)
        for lookup, key in asked.items():
            wanted.setdefault(lookup, set()).update(cleaned.select(key).to_series().drop_nulls())
    return {lookup: sorted(keys) for lookup, keys in wanted.items()}


def with_waits(feed: Feed, mapped: Mapped, found: Found) -> Mapped:
    """Say which records a row waits for that its lookups did not find."""
    lookups = [lookup for each in feed.mappings for lookup in each.lookups]
    verdicts = []
    for verdict in mapped.verdicts:
        if verdict.code == "no-parent":
            row = mapped.raw[verdict.row]
            waits = [
                f"{lookup.entity}:{key}"
                for lookup in lookups
                if (key := record_key([clean_text(row.get(name) or "") for name in lookup.key]))
                not in found.get(lookup, {})
            ]
            verdicts.append(
                replace(verdict, waits_for=tuple(waits)) if waits else lookup_empty(verdict)
            )
        else:
            verdicts.append(verdict)
    return replace(mapped, verdicts=verdicts)


def _cleaned(source: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Return the columns that the feed reads, cleaned; one that did not come is null."""
    texts_read = pl.DataFrame(
        [
            source[name].alias(SOURCE + name)
            if name in source.columns
            else pl.Series(SOURCE + name, [None], dtype=pl.String).new_from_index(0, source.height)
            for name in sorted(feed.columns)
        ]
    )
    return clean_columns(texts_read).insert_column(0, source[LINE])


@dataclass(frozen=True, slots=True)
class _Steps:
    """The column expressions of a feed, step by step; see `datahub.ingest.domain.columns`."""

    texts: Sequence[pl.Expr]
    codes: Sequence[pl.Expr]
    values: Sequence[pl.Expr]
    last: Sequence[pl.Expr]
    key: pl.Expr


def _compute(feed: Feed, cleaned: pl.DataFrame, found: Found, today: date) -> pl.DataFrame:
    """Return the canonical fields of every row with their faults, warnings and source texts."""
    steps = _steps(feed, found, today)
    # Of few rows the plan of all steps at once would take twice as long as one step after another.
    whole = cleaned if cleaned.height < FEW else cleaned.lazy()
    frame = whole.with_columns(steps.texts).with_columns(steps.codes)
    mapped = frame.with_columns(steps.values).select(steps.last)
    return mapped.with_columns(steps.key).lazy().collect()


def _steps(feed: Feed, found: Found, today: date) -> _Steps:
    """Return what a chunk is computed by; for a feed that asks for nothing else, made once."""
    if feed.needs_lookup or feed.needs_today:
        return _compiled(feed, found, today)
    if _STEPS not in feed.compiled:
        feed.compiled[_STEPS] = _compiled(feed, found, today)
    steps: _Steps = feed.compiled[_STEPS]
    return steps


def _compiled(feed: Feed, found: Found, today: date) -> _Steps:
    return _Steps(
        texts=[column for each in feed.mappings for column in texts.text_columns(feed, each)],
        codes=[
            values.coded(each).alias(CODED + each.target.name)
            for each in feed.mappings
            if each.codes is not None
        ],
        values=[
            values.value(each, found, today).alias(VALUE + each.target.name)
            for each in feed.mappings
        ],
        last=[
            pl.col(LINE),
            *(values.final(each).alias(each.target.name) for each in feed.mappings),
            *(values.measured(feed, each).alias(each.target) for each in feed.measures),
            *checks.faults(feed, found, today),
            *checks.warnings(feed, found),
            *(pl.col(TEXT + each.target.name) for each in feed.mappings),
            texts.raw_texts(feed).alias(RAW),
        ],
        key=key_of([pl.col(name) for name in feed.entity.key]).alias(KEY),
    )


def _names(frame: pl.DataFrame, prefix: str) -> list[str]:
    return [name for name in frame.columns if name.startswith(prefix)]


def _unknown(feed: Feed, source: pl.DataFrame) -> pl.DataFrame:
    """Return what stands in columns that the feed does not know, as JSON under the feed's scope."""
    names = unknown_columns(feed, source)
    inner = pl.struct(names).struct.json_encode() if names else pl.lit("{}")
    kept = pl.concat_str(pl.lit(f'{{"feed/{feed.id}":'), inner, pl.lit("}"))
    return source.select(LINE, kept.alias(EXT))


def _may_be_missing(feed: Feed) -> list[pl.Expr]:
    """Return the faults of an update: a required field that was left out is not missing."""
    required = [each.target.name for each in feed.mappings if each.target.required]
    return [
        pl.when((pl.col(FAULT + name) == "missing") & is_left_out(name))
        .then(None)
        .otherwise(pl.col(FAULT + name))
        .alias(FAULT + name)
        for name in required
        if name not in feed.entity.key
    ]


def keep_last(feed: Feed, good: pl.DataFrame, verdicts: list[RowVerdict]) -> pl.DataFrame:
    """Keep the last row of each key; the ones before it are duplicates.

    What the last one leaves out is what the last one said that does not.
    """
    if good[KEY].n_unique() == good.height:
        return good
    kept = good.unique(subset=[KEY], keep="last", maintain_order=True)
    if LEFT_OUT in good.columns:
        kept = kept.drop(LEFT_OUT, *feed.written).join(
            said_last(good, feed.written), on=KEY, how="left", maintain_order="left"
        )
    lost = good.join(kept.select(LINE), on=LINE, how="anti")
    verdicts += [
        RowVerdict(
            row=line,
            verdict=Verdict.DUPLICATE,
            code="duplicate-key",
            path="$",
            message=f"同批次后面还有相同主键 {key} (a later row has the same key)",
        )
        for line, key in lost.select(LINE, KEY).iter_rows()
    ]
    return kept
