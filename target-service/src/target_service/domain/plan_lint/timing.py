"""Pieces of work that begin or end before what they need; and work without a beginning or an end.

A need of the beginning is missed when what is needed ends later than the piece begins: a gap of
months is a conflict, the same month a warning. A need of the end is missed when what is needed
ends later than the piece does. Of several that one needs for one reason the latest is told, with
how many there are.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from target_service.domain.plan_document.document import Column, How, Span
from target_service.domain.plan_lint.finding import Finding, Severity
from target_service.domain.plan_lint.needs import STARTS_AFTER, Need, Why
from target_service.domain.plan_lint.pieces import Piece

_RULES = {
    Why.STANDARDS: "run-before-standards",
    Why.RULE: "run-before-rule",
    Why.PLATFORM: "use-before-platform",
    Why.HUB: "platform-before-data-centre",
    Why.LEVEL_RULES: "summary-before-rules",
}
_WORDS = {
    Why.STANDARDS: ("所依的目标与标准", "the standards that it is held against"),
    Why.RULE: ("所依的制度", "the rule that it follows"),
    Why.PLATFORM: ("所用的平台", "the platform that it uses"),
    Why.HUB: ("所依的数据中心", "the data centre that it needs"),
    Why.LEVEL_RULES: ("所汇总的各层面制度", "the rules of the levels that it sums up"),
}


def missed_needs(needs: Sequence[Need]) -> Iterator[Finding]:
    """Yield a finding for each piece and reason whose need is missed."""
    for (_, why), group in groupby(needs, key=lambda need: (need.piece.place, need.why)):
        late = [need for need in group if _is_missed(need)]
        if late:
            yield _told(max(late, key=_ends), late, why)


def _ends(need: Need) -> int:
    end = need.needed.row.end
    assert end is not None  # only what has an end can be late
    return end.last.toordinal()


def _is_missed(need: Need) -> bool:
    begins = need.piece.row.start if need.why in STARTS_AFTER else need.piece.row.end
    ends = need.needed.row.end
    if begins is None or ends is None:
        return False
    return ends.last >= begins.first if need.why in STARTS_AFTER else ends.last > begins.last


def _told(worst: Need, late: Sequence[Need], why: Why) -> Finding:
    at_start = why in STARTS_AFTER
    mine = worst.piece.row.start if at_start else worst.piece.row.end
    theirs = worst.needed.row.end
    assert mine is not None
    assert theirs is not None
    same = at_start and mine.months_until(theirs) == 0
    zh, en = _WORDS[why]
    begins_zh, begins_en = ("开始", "begins") if at_start else ("完成", "ends")
    by_zh, by_en = _by(mine, theirs)
    lines = tuple(dict.fromkeys([worst.piece.row.line, *(each.needed.row.line for each in late)]))
    more = f"等 {len(late)} 项" if len(late) > 1 else ""
    return Finding(
        rule=_RULES[why],
        severity=Severity.WARNING if same else Severity.CONFLICT,
        lines=lines,
        zh=f"{worst.piece.name} {mine.words} {begins_zh}，{zh}{worst.needed.name}{more}"
        f" {theirs.words} 才完成，{by_zh}",
        en=f"line {worst.piece.row.line} {begins_en} {mine.words}, {en} (line "
        f"{worst.needed.row.line}) ends {theirs.words}: {by_en}",
        remedy_zh=f"把第 {worst.piece.row.line} 行的{begins_zh}移到 {theirs.words} 之后，"
        f"或让第 {worst.needed.row.line} 行在 {mine.words} 之前完成",
        remedy_en=f"move it behind {theirs.words}, or end line {worst.needed.row.line} before "
        f"{mine.words}",
    )


def _by(mine: Span, theirs: Span) -> tuple[str, str]:
    months = mine.months_until(theirs)
    if months <= 0:
        return "首尾在同一个月", "in the same month"
    return f"晚 {months} 个月", f"{months} month{'s' if months > 1 else ''} too late"


def open_ends(pieces: Sequence[Piece]) -> Iterator[Finding]:
    """Yield work that has no end and is not for good, and work that has no beginning."""
    for piece in pieces:
        row = piece.row
        end = row.text(Column.END)
        if not row.ongoing and row.end is None and not end:
            yield _open(piece, "no-end", ("没有完成时间", "no end"), ("完成", "its end"))
        if row.start is None and not row.text(Column.START):
            yield _open(piece, "no-start", ("没有开始时间", "no beginning"), ("开始", "its start"))
        for column in (Column.START, Column.END):
            yield from _unreadable(piece, column)
        if row.start and row.end and row.end.last < row.start.first:
            yield Finding(
                rule="ends-before-start",
                severity=Severity.CONFLICT,
                lines=(row.line,),
                zh=f"{piece.name} {row.end.words} 完成，早于开始 {row.start.words}",
                en=f"line {row.line} ends {row.end.words}, before it starts {row.start.words}",
                remedy_zh="改正开始或完成时间",
                remedy_en="mend its start or its end",
            )


def _open(piece: Piece, rule: str, what: tuple[str, str], ask: tuple[str, str]) -> Finding:
    moved = any(cell.how is How.MOVED for cell in piece.row.cells.values())
    slipped = "（该行的单元格有错位，可能因此缺失）" if moved else ""
    return Finding(
        rule=rule,
        severity=Severity.CONFLICT,
        lines=(piece.row.line,),
        zh=f"{piece.name} {what[0]}，也未注明“持续”{slipped}",
        en=f"line {piece.row.line} has {what[1]}, and does not say that it goes on for good",
        remedy_zh=f"补上{ask[0]}时间，或写“持续”",
        remedy_en=f"give {ask[1]}, or write 持续",
    )


def _unreadable(piece: Piece, column: Column) -> Iterator[Finding]:
    row = piece.row
    text = row.text(column)
    read = row.start if column is Column.START else row.end
    if text and read is None and not (column is Column.END and row.ongoing):
        yield Finding(
            rule="date-unreadable",
            severity=Severity.CONFLICT,
            lines=(row.line,),
            zh=f"{piece.name} 的时间“{text[:20]}”读不出年月",
            en=f"line {row.line}: {text[:20]!r} says no month",
            remedy_zh="写作 2021.02 这样的年月，或“持续”",
            remedy_en="write year and month, such as 2021.02",
        )
