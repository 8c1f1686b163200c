"""Code sets (代码集): which codes a standard has, which of them may be written, what followed them.

Source: contract "HTTP" 7; design "Data hub" 1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from urllib.parse import quote

from shared.errors import DomainError, ErrorKind

OWN: Final = "own"
"""Standard of the code sets that a college made itself."""


class CodeUnknownError(DomainError):
    """The code set has no such code."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-code"
    title_zh: ClassVar = "代码集中没有这个代码"
    title_en: ClassVar = "No such code"


def holds_on(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Return whether a day lies in a half-open span; None is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code. A retired one stays readable for ever, and is written no more."""

    code: str
    zh: str
    en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    """First day on which it holds no more."""

    retired: bool = False
    successors: tuple[str, ...] = ()
    own: bool = False
    """The college added or changed it."""

    def is_writable(self, day: date) -> bool:
        """Return whether a source may write it on that day."""
        return not self.retired and holds_on(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet:
    """The codes of one list of one standard."""

    id: str
    standard: str
    version: str
    zh: str
    en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    own: bool = False
    codes: Mapping[str, Code]

    def code(self, code: str) -> Code:
        """Return a code.

        Raises:
            CodeUnknownError: the set does not hold it.
        """
        known = self.codes.get(code)
        if known is None:
            raise CodeUnknownError(
                f"{self.zh}中没有代码 {code}",
                f"the code set {self.id} has no code {code}",
                fixes=[f"GET /api/datahub/v1/code-sets/{self.id}"],
            )
        return known

    def writable(self, day: date) -> frozenset[str]:
        """Return the codes that a source may write on that day."""
        if not holds_on(self.valid_from, self.valid_to, day):
            return frozenset()
        return frozenset(each.code for each in self.codes.values() if each.is_writable(day))

    def find_retired(self, text: str, day: date) -> Code | None:
        """Return the code that a text names by itself or by its label, if none may write it."""
        named = [self.codes[text]] if text in self.codes else self._labelled(text)
        is_writable = any(each.is_writable(day) for each in named)
        return None if is_writable or not named else named[0]

    def _labelled(self, text: str) -> list[Code]:
        return [each for each in self.codes.values() if each.zh == text]

    def tell_retired(self, code: Code, day: date) -> tuple[str, str]:
        """Say in Chinese and in English since when a code holds no more, and what followed it."""
        name = f"{code.code} {code.zh}"
        if code.valid_from is not None and day < code.valid_from:
            return (
                f"{name} 从 {code.valid_from} 起才可使用",
                f"{name} may be written from {code.valid_from} on",
            )
        end = code.valid_to or self.valid_to
        followers = "、".join(
            f"{each} {self.codes[each].zh}"
            for each in self.successors(code.code)
            if each in self.codes and self.codes[each].is_writable(day)
        )
        return (
            f"{name} 已{f'于 {end} ' if end else ''}停用，"
            + (f"承接的是 {followers}" if followers else "没有承接的代码"),
            f"{name} is retired{f' since {end}' if end else ''}, "
            + (f"followed by {followers}" if followers else "nothing followed it"),
        )

    def urn(self, code: str) -> str:
        """Return the name of a code that holds everywhere."""
        standard = re.sub(r"[^a-z0-9.]+", "-", self.standard.lower())
        return f"urn:codeset:{standard}:{self.id}@{quote(self.version)}#{quote(code, safe='')}"

    def successors(self, code: str) -> Sequence[str]:
        """Return every code that followed, the nearest first.

        A code that the set does not hold (known of the shipped regions 500201 and 654281) ends
        its chain, and so does one that was met before.
        """
        found: list[str] = []
        waiting = [code]
        while waiting:
            known = self.codes.get(waiting.pop(0))
            for each in known.successors if known else ():
                if each != code and each not in found:
                    found.append(each)
                    waiting.append(each)
        return found
