"""Names of the columns in which a row is computed, and what every step asks of them.

A feed is compiled to column expressions in steps that each see the columns of the one before;
polars would evaluate a common part anew in each expression that holds it.

``$.xh``        a source column, cleaned
``~name``       the source text of a field; null where the source says nothing
``#name:word``  something about that text
``&name``       what the code mapping makes of the text
``=name``       the canonical value; null where the text is not of the agreed form

The last step names the values after their fields, and adds faults (``!name``: a code, or null) and
warnings (``?name:code``: true or not). Source: our default.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from datahub.ingest.domain.feed import FieldMapping, Lookup

SOURCE: Final = "$."
TEXT: Final = "~"
CODED: Final = "&"
VALUE: Final = "="
FAULT: Final = "!"
WARNING: Final = "?"

KEY: Final = "#key"
"""Column of the record key, once a row is whole."""

RAW: Final = "#raw"
"""Column of what the source wrote, as JSON."""

Found = Mapping[Lookup, Mapping[str, str]]
"""For each lookup, the value by record key."""

Check = tuple[pl.Expr, str]
"""A condition, and the code of what is then the case."""


def source(name: str) -> pl.Expr:
    """Return a source column, cleaned."""
    return pl.col(SOURCE + name)


def text_of(mapping: FieldMapping) -> pl.Expr:
    """Return the source text of a field."""
    return pl.col(TEXT + mapping.target.name)


def flag_name(mapping: FieldMapping, word: str) -> str:
    """Return the name of a column that says something about a field's text."""
    return f"#{mapping.target.name}:{word}"


def flag(mapping: FieldMapping, word: str) -> pl.Expr:
    """Return what a column says about a field's text."""
    return pl.col(flag_name(mapping, word))


def value_of(name: str) -> pl.Expr:
    """Return the value of a field, as parsed."""
    return pl.col(VALUE + name)


def wanted(mapping: FieldMapping) -> pl.Expr:
    """Return the text that is parsed; a code that is empty says nothing."""
    if mapping.codes is None:
        return text_of(mapping)
    coded = pl.col(CODED + mapping.target.name)
    return pl.when(coded != "").then(coded) if "" in mapping.codes.values() else coded


def lookup_key(lookup: Lookup) -> pl.Expr:
    """Return the record key that a lookup asks for."""
    return key_of([source(name) for name in lookup.key])


def key_of(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Join the parts of a record key; see `datahub.dictionary.domain.entity.record_key`."""
    if len(parts) == 1:
        return parts[0]
    escaped = [
        part.str.replace_all("%", "%25", literal=True).str.replace_all("/", "%2F", literal=True)
        for part in parts
    ]
    return pl.concat_str(escaped, separator="/")
