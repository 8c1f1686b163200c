"""Say what is odd about rows that stand, about lines, and about a batch as a whole.

Source: design "Data hub" 2 and 3 (a value that stands but is odd is taken in with a warning).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from datahub.ingest.domain.columns import WARNING
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import MAX_WARNINGS, RowVerdict, Verdict, Warned
from datahub.ingest.domain.reading import LINE, BadLine
from datahub.ingest.domain.verdicts import place_of
from datahub.ingest.domain.words import WARNINGS


def warnings_of(feed: Feed, good: pl.DataFrame, names: Sequence[str]) -> Warned:
    """Return what is odd about canonical rows."""
    hit = [name for name in names if good[name].any()]
    if not hit:
        return Warned()
    places = {each.target.name: place_of(each) for each in feed.mappings}
    codes: dict[str, int] = {}
    listed: list[RowVerdict] = []
    for name in hit:
        field, _, code = name.removeprefix(WARNING).partition(":")
        lines = good.filter(pl.col(name))[LINE]
        codes[code] = codes.get(code, 0) + lines.len()
        listed += [_warning(line, code, places[field]) for line in lines.head(MAX_WARNINGS)]
    rows = good.select(pl.any_horizontal(hit).sum()).item()
    listed.sort(key=lambda each: each.row)
    return Warned(rows=rows, codes=codes, listed=tuple(listed[:MAX_WARNINGS]))


def line_warnings(lines: Sequence[BadLine]) -> Warned:
    """Return what is odd about a file, at the line where it shows."""
    codes: dict[str, int] = {}
    for each in lines:
        codes[each.code] = codes.get(each.code, 0) + 1
    return Warned(
        rows=len(lines),
        codes=codes,
        listed=tuple(_warning(each.line, each.code, "$") for each in lines),
    )


def drift_warnings(
    added: Sequence[str], missing: Sequence[str], changed: Mapping[str, tuple[str, str]]
) -> Warned:
    """Return how a batch is written otherwise than the one before it: about no row, the whole.

    Args:
        changed: by column, the shape of its values before and now.
    """
    said = dict.fromkeys(added, "新填写的列 (a column that is filled now)")
    said |= dict.fromkeys(missing, "不再填写的列 (a column that is filled no more)")
    said |= {name: f"{before} → {now}" for name, (before, now) in changed.items()}
    listed = [_warning(0, "drifted", f"$.{name}", f"：{said[name]}") for name in sorted(said)]
    return Warned(codes={"drifted": len(said)} if said else {}, listed=tuple(listed))


def _warning(line: int, code: str, path: str, detail: str = "") -> RowVerdict:
    message = WARNINGS[code] + detail
    return RowVerdict(row=line, verdict=Verdict.WARNING, code=code, path=path, message=message)
