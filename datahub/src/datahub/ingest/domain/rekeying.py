"""A push that speaks of a record by a key that it had: the record has another one now.

Fields that refer to such a record hold its present key; the key of the row follows from them, or
is itself the old key of a record. Source: our default; ADR 19.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

import polars as pl

from datahub.dictionary.domain.entity import Entity, FieldType
from datahub.ingest.domain.columns import KEY, key_of
from datahub.ingest.domain.ledger import MAX_WARNINGS, RowVerdict, Verdict, Warned
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import LINE
from datahub.ingest.domain.words import WARNINGS

REKEY: Final = "rekey"
"""Operation of the change log."""

CODE: Final = "rekeyed"

Renamed = Mapping[str, str]
"""Present key by an old one."""

_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
"""One text of a list in PostgreSQL's form, as `parsing.text_list` writes it."""


def parts_of(key: str, width: int) -> list[str]:
    """Return the parts of a record key of so many; the opposite of `record_key`."""
    if width == 1:
        return [key]
    return [unquote(part) for part in key.split("/")]


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that holds keys of other records."""

    name: str
    entity: str
    is_list: bool
    by: str | None = None
    """Field that says whose keys these are."""

    words: tuple[str, ...] = ()
    """What it says where they are those of the entity."""

    def keys(self, frame: pl.DataFrame) -> pl.Series:
        """Return the keys that stand in it."""
        if self.by is not None:
            frame = frame.filter(pl.col(self.by).is_in(self.words))
        column = frame[self.name]
        if not self.is_list:
            return column
        tokens = column.str.extract_all(_TEXT).explode().drop_nulls().unique()
        return pl.Series([_unquoted(each) for each in tokens], dtype=pl.String)

    def renamed(self, renamed: Renamed) -> pl.Expr:
        """Return the column with present keys."""
        column = self._renamed(renamed)
        if self.by is not None:
            is_meant = pl.col(self.by).is_in(self.words)
            column = pl.when(is_meant).then(column).otherwise(pl.col(self.name))
        return column.alias(self.name)

    def _renamed(self, renamed: Renamed) -> pl.Expr:
        column = pl.col(self.name)
        if not self.is_list:
            return column.replace(dict(renamed))
        tokens = {quoted(old): quoted(new) for old, new in renamed.items()}
        each = column.str.extract_all(_TEXT).list.eval(pl.element().replace(tokens))
        return pl.concat_str(pl.lit("{"), each.list.join(","), pl.lit("}"))


def quoted(text: str) -> str:
    """Return a text as it stands in a list."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def references(entity: Entity, names: Sequence[str]) -> list[Reference]:
    """Return, of some fields that feeds write, those that hold keys of other records.

    One whose kind of keys another field says is there once for each kind, if that is written too.
    """
    found: list[Reference] = []
    for field in filter(None, map(entity.find, names)):
        is_list, keys = field.type is FieldType.LIST, field.keys_of
        if field.refers_to is not None:
            found.append(Reference(field.name, field.refers_to, is_list))
        elif keys is not None and keys.by in names:
            found += [
                Reference(field.name, each, is_list, keys.by, keys.words(each))
                for each in sorted(set(keys.entities.values()))
            ]
    return found


def with_references(
    entity: Entity, frame: pl.DataFrame, renamed: Mapping[str, Renamed]
) -> pl.DataFrame:
    """Return rows whose references are present keys, and whose ``#key`` follows from them.

    Args:
        renamed: present keys by entity.
    """
    changed = [
        each.renamed(renamed[each.entity])
        for each in references(entity, frame.columns)
        if renamed.get(each.entity)
    ]
    if not changed:
        return frame
    for column in changed:
        frame = frame.with_columns(column)
    return frame.with_columns(key_of([pl.col(name) for name in entity.key]).alias(KEY))


def with_keys(entity: Entity, frame: pl.DataFrame, renamed: Renamed) -> pl.DataFrame:
    """Return rows that stand under the present key of their record."""
    if not renamed:
        return frame
    is_old = pl.col(KEY).is_in(list(renamed))
    columns = []
    for place, name in enumerate(entity.key):
        parts = {old: parts_of(new, len(entity.key))[place] for old, new in renamed.items()}
        part = pl.col(KEY).replace_strict(parts, default=None, return_dtype=pl.String)
        columns.append(pl.when(is_old).then(part).otherwise(pl.col(name)).alias(name))
    return frame.with_columns(*columns, pl.col(KEY).replace(dict(renamed)))


def warned(mapped: Mapped, before: pl.DataFrame) -> Warned:
    """Return the warnings of a mapped chunk, and one for each row that was renamed.

    Args:
        before: the same rows, as their source wrote them.
    """
    names = [name for name in before.columns if name != LINE]
    now = mapped.good
    differs = [now[name].ne_missing(before[name]) for name in names]
    is_moved = pl.select(pl.any_horizontal(differs)).to_series()
    lines = now.filter(is_moved)[LINE].to_list()
    places = [
        next(name for name, column in zip(names, differs, strict=True) if column[row])
        for row in is_moved.arg_true()[:MAX_WARNINGS]
    ]
    listed = [
        RowVerdict(
            row=line,
            verdict=Verdict.WARNING,
            code=CODE,
            path=f"$.{name}" if name != KEY else "$",
            message=f"{WARNINGS[CODE]}：{old} → {new}",
        )
        for line, name, old, new in zip(
            lines[:MAX_WARNINGS],
            places,
            *_pairs(before, now, is_moved, places),
            strict=True,
        )
    ]
    known = {each.row for each in mapped.warned.listed}
    more = Warned(
        rows=len(set(lines) - known), codes={CODE: len(lines)} if lines else {}, listed=(*listed,)
    )
    return mapped.warned + more


def _pairs(
    before: pl.DataFrame, now: pl.DataFrame, is_moved: pl.Series, places: Sequence[str]
) -> tuple[list[str], list[str]]:
    rows = is_moved.arg_true()[:MAX_WARNINGS].to_list()
    pairs = [
        _shown(before[name][row], now[name][row]) for row, name in zip(rows, places, strict=True)
    ]
    return [old for old, _ in pairs], [new for _, new in pairs]


def _shown(old: str, new: str) -> tuple[str, str]:
    """Return, of a list, the keys that differ."""
    if not old.startswith('{"'):
        return old, new
    both = zip(re.findall(_TEXT, old), re.findall(_TEXT, new), strict=True)
    differ = [(_unquoted(one), _unquoted(other)) for one, other in both if one != other]
    return "、".join(one for one, _ in differ), "、".join(other for _, other in differ)


def renamed_in(mapped: Mapped, good: pl.DataFrame, shown: Sequence[str]) -> Mapped:
    """Return a mapped chunk with its rows renamed, and a warning for each of them.

    Args:
        shown: columns in which a row may have been renamed.
    """
    before = mapped.good.select(LINE, *shown)
    after = replace(mapped, good=good)
    return replace(after, warned=warned(after, before))
