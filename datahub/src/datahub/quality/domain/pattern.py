r"""Patterns of texts: a small language of our own, compiled to a bounded regular expression.

``*`` any run · ``?`` one character · ``[0-9X]`` one of a class · ``[!a-z]`` one not of it ·
``{18}`` or ``{1,3}`` that many of what stands before · ``|`` alternatives · ``\`` takes the next
sign as it is. The whole text must match: ``[0-9]{15}|[0-9]{17}[0-9X]``.

What users write never reaches a regular expression engine as it stands: every sign is written
anew, a repetition holds one sign and never another repetition, there are no groups and no
references back. Such an expression is matched without backtracking. Source: design "Security"
(user patterns never reach ``re``).
"""

from collections.abc import Iterator
from typing import Final

MAX_LENGTH: Final = 200
MAX_REPEAT: Final = 64
MAX_SIGNS: Final = 256
"""Signs of an alternative when its repetitions are written out."""

MAX_RUNS: Final = 4
"""``*`` in one alternative."""

MAX_ALTERNATIVES: Final = 8


class PatternError(ValueError):
    """A pattern that cannot be read; the text says where and why."""


def compile_pattern(pattern: str) -> str:
    """Return the regular expression of PostgreSQL that a pattern stands for.

    Raises:
        PatternError: the pattern cannot be read, or asks for too much.
    """
    if not 0 < len(pattern) <= MAX_LENGTH:
        raise PatternError(f"1–{MAX_LENGTH} 个字符 (1–{MAX_LENGTH} characters)")
    alternatives: list[list[_Part]] = [[]]
    for part in _Reader(pattern).parts():
        if part is None:
            alternatives.append([])
        else:
            alternatives[-1].append(part)
    if len(alternatives) > MAX_ALTERNATIVES:
        raise PatternError(f"至多 {MAX_ALTERNATIVES} 个分支 (at most that many alternatives)")
    return f"^(?:{'|'.join(_written(parts) for parts in alternatives)})$"


_Part = tuple[str, int, int]
"""What one sign is, and how often it may stand: ``(sign, least, most)``; -1 is any number."""


def _written(parts: list[_Part]) -> str:
    if not parts:
        raise PatternError("有一个分支是空的 (an alternative is empty)")
    if sum(most == -1 for _, _, most in parts) > MAX_RUNS:
        raise PatternError(f"一个分支至多 {MAX_RUNS} 个 * (at most {MAX_RUNS} of * in one)")
    if sum(most for _, _, most in parts if most > 0) > MAX_SIGNS:
        raise PatternError(f"展开后超过 {MAX_SIGNS} 个字符 (longer than that when written out)")
    return "".join(
        sign + ("*" if most == -1 else "" if least == most == 1 else f"{{{least},{most}}}")
        for sign, least, most in parts
    )


def _sign(character: str) -> str:
    """Write one character so that it stands for itself, inside and outside of a class."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


class _Reader:
    """Reads a pattern from its beginning to its end."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._place = 0

    def parts(self) -> Iterator[_Part | None]:
        """Yield what the pattern is made of; None between alternatives."""
        while self._place < len(self._text):
            match self._next():
                case "|":
                    yield None
                case "*":
                    yield (".", 0, -1)
                case "?":
                    yield self._repeated(".")
                case "[":
                    yield self._repeated(self._class())
                case "\\":
                    yield self._repeated(_sign(self._next()))
                case "]" | "{" | "}" as stray:
                    raise self._error(f"{stray!r} 前应加 \\ (put \\ before it)")
                case letter:
                    yield self._repeated(_sign(letter))

    def _next(self) -> str:
        if self._place == len(self._text):
            raise self._error("没有写完 (it ends too early)")
        self._place += 1
        return self._text[self._place - 1]

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _repeated(self, sign: str) -> _Part:
        if self._peek() != "{":
            return sign, 1, 1
        end = self._text.find("}", self._place)
        numbers = self._text[self._place + 1 : end].split(",") if end > 0 else []
        if len(numbers) not in {1, 2} or not all(_is_count(each) for each in numbers):
            raise self._error("次数写作 {3} 或 {1,3} (a count is written {3} or {1,3})")
        self._place = end + 1
        least, most = int(numbers[0]), int(numbers[-1])
        if not least <= most <= MAX_REPEAT or most == 0:
            raise self._error(f"次数在 1–{MAX_REPEAT} 之间 (a count is 1–{MAX_REPEAT})")
        return sign, least, most

    def _class(self) -> str:
        negated = self._peek() == "!"
        self._place += negated
        members = ""
        while (letter := self._member()) is not None:
            members += _sign(letter)
            if self._peek() == "-" and self._text[self._place + 1 : self._place + 2] != "]":
                self._place += 1
                last = self._member()
                if last is None or last < letter:
                    raise self._error("范围首尾颠倒 (a range that runs backwards)")
                members += f"-{_sign(last)}"
        if not members:
            raise self._error("字符类是空的 (an empty class)")
        return f"[{'^' if negated else ''}{members}]"

    def _member(self) -> str | None:
        letter = self._next()
        if letter == "]":
            return None
        return self._next() if letter == "\\" else letter

    def _error(self, reason: str) -> PatternError:
        return PatternError(f"第 {self._place} 个字符处：{reason}")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3
