"""Patterns of texts: what they mean, what they refuse, and that none of them can be made slow."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from datahub.quality.domain.pattern import MAX_LENGTH, PatternError, compile_pattern

PATTERNS = [
    ("[0-9]{15}|[0-9]{17}[0-9X]", ["110101199003078515", "11010119900307851X", "110101900307851"]),
    ("K*", ["K", "K12", "K一号"]),
    ("??", ["ab", "中文"]),
    ("[!0-9]{2,3}", ["ab", "abc", "中文字"]),
    (r"a\*b\\", ["a*b\\"]),
    ("[a-c^\\]-]", ["a", "c", "^", "]", "-"]),
    ("[一-龥]{2,4}", ["张三", "欧阳修远"]),
    ("x(.+)?y", ["x(.+)zy"]),
]
MISSES = [
    (
        "[0-9]{15}|[0-9]{17}[0-9X]",
        ["", "11010119900307851", "11010119900307851x", " 110101900307851"],
    ),
    ("K*", ["", "k", "aK"]),
    ("??", ["a", "abc"]),
    ("[!0-9]{2,3}", ["a1", "abcd", "a"]),
    ("[a-c^\\]-]", ["d", "b-", "\\"]),
    ("[一-龥]{2,4}", ["张", "zhang"]),
    ("x(.+)?y", ["xaby", "x(.+)y"]),
    ("a", ["a\n", "\na"]),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("pattern", "texts"), PATTERNS)
async def test_a_text_of_the_form_matches(hub: Any, pattern: str, texts: list[str]) -> None:
    assert [each for each in texts if not await matches(hub, pattern, each)] == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("pattern", "texts"), MISSES)
async def test_any_other_text_does_not(hub: Any, pattern: str, texts: list[str]) -> None:
    assert [each for each in texts if await matches(hub, pattern, each)] == []


async def matches(hub: Any, pattern: str, value: str) -> bool:
    async with hub.database.transaction() as tx:
        found = await tx.session.scalar(
            text("SELECT CAST(:value AS text) ~ CAST(:form AS text)"),
            {"value": value, "form": compile_pattern(pattern)},
        )
    return bool(found)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "1–200"),
        ("a" * (MAX_LENGTH + 1), "1–200"),
        ("[", "ends too early"),
        ("[]", "empty class"),
        ("[z-a]", "runs backwards"),
        ("a{", "{1,3}"),
        ("a{1,2,3}", "{1,3}"),
        ("a{x}", "{1,3}"),
        ("a{65}", "1–64"),
        ("a{3,2}", "1–64"),
        ("a{0}", "1–64"),
        ("{2}", "put \\ before it"),
        ("a{2}{3}", "put \\ before it"),
        ("]", "put \\ before it"),
        ("a\\", "ends too early"),
        ("a||b", "an alternative is empty"),
        ("*a*b*c*d*", "at most 4"),
        ("a{64}b{64}c{64}d{64}e", "written out"),
        ("a|b|c|d|e|f|g|h|i", "at most that many alternatives"),
    ],
)
def test_a_pattern_that_asks_for_too_much_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(PatternError) as refusal:
        compile_pattern(pattern)

    assert words in str(refusal.value)


@given(st.text(alphabet="ab*?[]!-{}0123,|\\^$.()+é中", max_size=30))
def test_whatever_is_let_through_holds_no_construct_of_the_engine(pattern: str) -> None:
    """Every sign is written anew: what is left are our own classes, counts and runs."""
    try:
        written = compile_pattern(pattern)
    except PatternError:
        return
    body = written.removeprefix("^(?:").removesuffix(")$")
    sign = r"(?:[A-Za-z0-9]|\\u[0-9A-F]{4}|\\U[0-9A-F]{8})"
    element = rf"(?:{sign}|\.|\[\^?(?:{sign}(?:-{sign})?)+\])(?:\*|\{{[0-9]+,[0-9]+\}})?"

    assert re.fullmatch(rf"(?:{element})+(?:\|(?:{element})+)*", body), written


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "pattern", ["*a*a*a*b", "*[ab]{64}[ac]{64}b|*a{60}?{60}c", "?{64}*a?{64}*b"]
)
async def test_no_pattern_can_be_made_slow(hub: Any, pattern: str) -> None:
    """The text is one that sends a backtracking engine into exponential time."""
    began = time.monotonic()

    assert not await matches(hub, pattern, "a" * 20_000)
    assert time.monotonic() - began < 5
