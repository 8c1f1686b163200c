"""What is odd in the writing: slipped rows, dates, brackets, words, numbers of documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from target_service.domain.plan_document.dates import separator, usual_separator
from target_service.domain.plan_document.document import (
    COLUMN_ZH,
    Citation,
    Column,
    How,
    PlanDocument,
    Row,
)
from target_service.domain.plan_document.lexicon import lookalikes
from target_service.domain.plan_lint.finding import Finding, Severity
from target_service.domain.plan_lint.known import series_of

_PAIRS: Final = {"）": "（", "》": "《", "”": "“", ")": "(", "〕": "〔"}
_SAME: Final = {"(": "（", ")": "）"}
"""A document mixes both kinds of round brackets."""


def slipped_rows(rows: Sequence[Row]) -> Iterator[Finding]:
    """Yield rows whose cells stood under the wrong column."""
    for row in rows:
        lost = [COLUMN_ZH[each] for each, cell in row.cells.items() if cell.how is How.LOST]
        moved = {each: cell for each, cell in row.cells.items() if cell.how is How.MOVED}
        if not moved and not lost:
            continue
        put = "，".join(
            f"{COLUMN_ZH[each]}=“{cell.text}”" for each, cell in moved.items() if cell.text
        )
        gone = f"，缺{'、'.join(lost)}（暂按上一行）" if lost else ""
        yield Finding(
            rule="cell-lost" if lost else "cells-slipped",
            severity=Severity.CONFLICT if lost else Severity.WARNING,
            lines=(row.line,),
            zh=f"单元格错位{gone}；按内容归位：{put}",
            en=f"the cells of line {row.line} have slipped"
            + (", and one of them is lost" if lost else "")
            + "; they were put where their kind belongs",
            remedy_zh=f"在原文补上{'、'.join(lost)}" if lost else "在原文把各格放回所属的列",
            remedy_en="give the cell that is lost" if lost else "put the cells under their columns",
        )


def odd_dates(rows: Sequence[Row]) -> Iterator[Finding]:
    """Yield dates that are written in another way than most of the plan's."""
    texts = [row.text(column) for row in rows for column in (Column.START, Column.END)]
    usual = usual_separator(texts)
    for row in rows:
        for column in (Column.START, Column.END):
            text = row.text(column)
            mark = separator(text)
            if usual and mark and mark != usual:
                meant = text.replace(mark, usual, 1)
                yield _slip(
                    "date-slip",
                    row.line,
                    (f"{COLUMN_ZH[column]}写作“{text}”，其余各行用“{usual}”", f"{text!r}"),
                    meant,
                )


def odd_words(lines: Sequence[str]) -> Iterator[Finding]:
    """Yield words that are written otherwise elsewhere in the plan."""
    for each in lookalikes(lines):
        told = (
            f"“{each.written}”只出现这一次，别处写作“{each.meant}”",
            f"{each.written!r} is written {each.meant!r} elsewhere",
        )
        yield _slip("word-slip", each.line, told, each.meant)


def odd_brackets(document: PlanDocument) -> Iterator[Finding]:
    """Yield lines where a bracket or quotation mark closes that none has opened, or the reverse.

    One that is open at the end of a line may close on the next; within a cell it may not.
    """
    for number, line in enumerate(document.lines, start=1):
        cells = line.split("\t")
        marks = [mark for cell in cells for mark in _unbalanced(cell, whole=len(cells) > 1)]
        if marks:
            words = "、".join(Counter(marks))
            yield Finding(
                rule="bracket-slip",
                severity=Severity.SLIP,
                lines=(number,),
                zh=f"{words} 没有配对",
                en=f"{words} has no counterpart",
                remedy_zh="补上或删去配对的括号、书名号、引号",
                remedy_en="add its counterpart, or take it away",
            )


def _unbalanced(text: str, *, whole: bool) -> list[str]:
    opened: list[str] = []
    odd: list[str] = []
    for character in text:
        mark = _SAME.get(character, character)
        if mark in _PAIRS.values():
            opened.append(mark)
        elif mark in _PAIRS:
            if _PAIRS[mark] in opened:
                opened.remove(_PAIRS[mark])
            else:
                odd.append(mark)
    return odd + (opened if whole else [])


def misdated(citations: Sequence[Citation], known: Mapping[str, str]) -> Iterator[Finding]:
    """Yield documents that are cited under another number than theirs.

    Args:
        known: title → number of documents that are known.
    """
    for each in citations:
        number = known.get(series_of(each.title))
        if each.number and number and each.number != number:
            told = (
                f"《{each.title}》的文号写作 {each.number}，应为 {number}",
                f"{each.number} should read {number}",
            )
            yield _slip("number-wrong", each.line, told, number, Severity.WARNING)


def _slip(
    rule: str,
    line: int,
    told: tuple[str, str],
    meant: str,
    severity: Severity = Severity.SLIP,
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        lines=(line,),
        zh=told[0],
        en=f"line {line}: {told[1]}",
        remedy_zh=f"改为“{meant}”",
        remedy_en=f"write {meant}",
    )
