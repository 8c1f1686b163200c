"""What the forms beside a run of an assessment say, as the target service takes it.

Source: contract of the target service; the forms are our default.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Given = Mapping[str, str]

MARK: Final = ("subject", "item", "source", "rater", "mark")
TALLY: Final = ("subject", "item", "ref", "what", "count")
LISTS: Final = {"marks": MARK, "tallies": TALLY}


def lines(what: str, given: Given) -> dict[str, Any]:
    """Return marks or tallies, one a line with blanks between."""
    names: Sequence[str] = LISTS[what]
    rows = [line.split(None, len(names) - 1) for line in given.get("lines", "").splitlines()]
    return {what: [dict(zip(names, row, strict=False)) for row in rows if row]}


def decision(given: Given) -> dict[str, Any]:
    """Return a decision on somebody who came out of a run."""
    said = {name: given.get(name, "") for name in ("subject", "decision", "reason")}
    return {"decisions": [said]}


def answer(given: Given) -> dict[str, Any]:
    """Return the answer to an objection."""
    return {"upheld": given.get("upheld") == "true", "answer": given.get("answer", "")}
