"""Basis documents (依据文件): number, date and clauses, and where a citation of one goes wrong.

The college's plan cites 教职成司函〔2015〕56号, which is of 2017: what is written there is kept as
``cited_as`` beside the right number, and the discrepancy is shown.

Source: plan, preamble (M001–M006).
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

_YEAR: Final = re.compile(r"[〔\[（(]([12][0-9]{3})[〕\]）)]")


def discrepancies(number: str | None, cited_as: str | None, issued_on: date | None) -> list[str]:
    """Return what does not fit, for people: the citation to the number, the number to the date."""
    found = []
    if number and cited_as and cited_as != number:
        found.append(
            f"文中作 {cited_as}，应为 {number}"
            f" (it is cited as {cited_as}, and should read {number})"
        )
    year = _YEAR.search(number or "")
    if year and issued_on and int(year[1]) != issued_on.year:
        found.append(
            f"文号的年份 {year[1]} 与发文日期 {issued_on} 不符"
            f" (the number is of {year[1]}, the date of issue is {issued_on})"
        )
    return found


def unknown_clause(document: str, clause: str | None, clauses: Mapping[str, str]) -> str | None:
    """Return that a document has no such clause; None where it has, or where none is named.

    A document that lists no clauses may be cited with any.
    """
    if clause is None or not clauses or clause in clauses:
        return None
    there = "、".join(clauses)
    return f"{document} 没有条款 {clause}，已有 {there} (no such clause)"
