"""The change feed for who sees some of the records alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from datahub.changes.repository.numbering import list_changes
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.masking import Masking, masked
from datahub.dictionary.domain.seeing import Narrowing
from datahub.dictionary.repository.seeing import seen_sql
from datahub.dictionary.tables import table_name
from shared.kit.database import Transaction

LOOKED_AT: Final = 20_000
"""Changes that one question looks at for who sees few of them. Source: our default."""

AT_ONCE: Final = 1_000
"""So many at a time, however few are asked for: each look costs several statements."""


async def list_seen_changes(
    tx: Transaction,
    after: int,
    limit: int,
    dictionary: Dictionary,
    narrowings: Mapping[str, Narrowing | None],
) -> tuple[list[dict[str, Any]], int]:
    """Return the changes of records that somebody sees, and how far was looked for them."""
    found: list[dict[str, Any]] = []
    upto = after
    while upto - after < LOOKED_AT:
        changes = await list_changes(tx, upto, AT_ONCE, dictionary)
        for each in await _seen_among(tx, changes, narrowings):
            if len(found) == limit:
                return found, int(found[-1]["seq"])
            found.append(each)
        if len(changes) < AT_ONCE:
            return found, int(changes[-1]["seq"]) if changes else upto
        upto = int(changes[-1]["seq"])
    return found, upto


async def mask_changes(
    tx: Transaction,
    changes: Sequence[dict[str, Any]],
    dictionary: Dictionary,
    maskings: Mapping[str, Masking | None],
) -> list[dict[str, Any]]:
    """Return changes with their documents masked, as the records themselves are."""
    hiding = {name: each for name, each in maskings.items() if each is not None}
    if not hiding:
        return list(changes)
    clear = await _seen_among(
        tx,
        [each for each in changes if each["entity"] in hiding],
        {name: each.clear for name, each in hiding.items()},
    )
    told = {each["seq"] for each in clear}
    return [
        each
        if each["doc"] is None or each["seq"] in told or each["entity"] not in hiding
        else {
            **each,
            "doc": masked(
                dictionary.entities[each["entity"]], each["doc"], hiding[each["entity"]].fields
            ),
        }
        for each in changes
    ]


async def _seen_among(
    tx: Transaction,
    changes: Sequence[dict[str, Any]],
    narrowings: Mapping[str, Narrowing | None],
) -> list[dict[str, Any]]:
    driver = await tx.driver()
    seen: dict[str, set[str]] = {}
    for name in {each["entity"] for each in changes}:
        narrowing = narrowings[name]
        if narrowing is None:
            continue
        values: list[Any] = [[each["key"] for each in changes if each["entity"] == name]]

        def bind(value: Any, kind: str, values: list[Any] = values) -> str:
            values.append(value)
            return f"${len(values)}::{kind}"

        condition = seen_sql(narrowing, bind)
        rows = await driver.fetch(
            f'SELECT key FROM "{table_name(name)}" WHERE key = ANY($1::text[]) AND {condition}',
            *values,
        )
        seen[name] = {row["key"] for row in rows}
    return [
        each
        for each in changes
        if each["entity"] not in seen or each["key"] in seen[each["entity"]]
    ]
