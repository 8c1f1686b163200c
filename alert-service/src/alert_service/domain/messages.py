"""What people read when they are told of alerts: Chinese, and the fixed words of their templates.

A template knows these placeholders and nothing else: no attribute, no index, no format, no code.

Source: our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Final

from shared.access.families import MASKED_ZH, RESTRICTED
from shared.calendar import CAMPUS
from shared.contracts.vocabulary import Severity

COLOUR_ZH: Final = {
    Severity.RED: "红色",
    Severity.ORANGE: "橙色",
    Severity.YELLOW: "黄色",
    Severity.BLUE: "蓝色",
}
"""From the gravest to the mildest."""

MOST_LINES: Final = 20
"""Alerts that a message names; the others are counted."""

LINE: Final = "{colour}｜{title}｜{scope}｜{period}｜现值 {value}｜{line}｜签收至 {due}"
ENDED: Final = "已销号｜{title}｜{scope}｜{period}｜现值 {value}"
TITLE: Final = "诊改预警：{summary}"

OF_LINE: Final = frozenset(
    {"colour", "title", "scope", "period", "value", "line", "due", "owner", "family", "link"}
)
OF_TITLE: Final = frozenset({"summary", "open", "ended", "colour"})


class TemplateError(ValueError):
    """A template that cannot be filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """How a channel words its messages."""

    title: str = TITLE
    line: str = LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a message says of an alert."""

    alert: str
    family: str
    severity: Severity
    title: str
    scope: str
    """Its name."""

    period: str
    value: str
    line: str
    """The crossed line in words; empty where none was."""

    owner: str
    due_at: datetime
    link: str

    def masked(self) -> "Facts":
        """Return what somebody may read who must not know whom it is about."""
        if self.family not in RESTRICTED:
            return self
        return Facts(
            alert=self.alert,
            family=self.family,
            severity=self.severity,
            title=MASKED_ZH,
            scope="请登录平台查看",
            period=self.period,
            value="—",
            line="",
            owner="",
            due_at=self.due_at,
            link=self.link,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message as people read it."""

    title: str
    lines: Sequence[str]

    @property
    def body(self) -> str:
        """Return it as plain text."""
        return "\n".join(self.lines)


def check_template(text: str, known: frozenset[str]) -> None:
    """Refuse a template that cannot be filled, or that asks for more than the placeholders.

    Raises:
        TemplateError: with the place and the placeholders that there are.
    """
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"花括号不成对，文字中的写作 {{{{ 或 }}}} ({error})") from error
    for _, name, form, conversion in pieces:
        if name is None:
            continue
        if name not in known or form or conversion:
            raise TemplateError(
                f"没有占位符 {{{name}}}，可用 {' '.join(sorted(known))} (no such placeholder)"
            )


def write(templates: Templates, is_open: Sequence[Facts], ended: Sequence[Facts]) -> Text:
    """Return the message on some open alerts and some that ended."""
    counts = {
        "open": str(len(is_open)),
        "ended": str(len(ended)),
        "summary": summary_of(is_open, ended),
        "colour": _gravest(is_open),
    }
    lines = [templates.line.format_map(_words(each)) for each in is_open[:MOST_LINES]]
    lines += [ENDED.format_map(_words(each)) for each in ended[: MOST_LINES - len(lines)]]
    more = len(is_open) + len(ended) - len(lines)
    if more:
        lines.append(f"另有 {more} 条，请登录平台查看")
    return Text(title=templates.title.format_map(counts), lines=lines)


def summary_of(is_open: Sequence[Facts], ended: Sequence[Facts]) -> str:
    """Return ``红色 1、黄色 2；已销号 1``."""
    colours = [
        f"{zh} {n}"
        for colour, zh in COLOUR_ZH.items()
        if (n := sum(each.severity is colour for each in is_open))
    ]
    parts = ["、".join(colours)] if colours else []
    parts += [f"已销号 {len(ended)}"] if ended else []
    return "；".join(parts)


def _gravest(is_open: Sequence[Facts]) -> str:
    there = {each.severity for each in is_open}
    return next((zh for colour, zh in COLOUR_ZH.items() if colour in there), "")


def _words(facts: Facts) -> Mapping[str, str]:
    due = facts.due_at.astimezone(CAMPUS).strftime("%m-%d %H:%M")
    return {
        "colour": COLOUR_ZH[facts.severity],
        "title": facts.title,
        "scope": facts.scope,
        "period": facts.period,
        "value": facts.value,
        "line": facts.line,
        "due": due,
        "owner": facts.owner,
        "family": facts.family,
        "link": facts.link,
    }
