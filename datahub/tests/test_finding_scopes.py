"""诊改对象 are found by what people type: a part of a name or key, pinyin or its initials."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.dictionary.domain.spoken import pattern_of
from datahub.tests.national_college import deliver

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAJORS = {"440301": "工程测量技术", "440501": "工程造价", "440502": "重庆工程", "M%1": "百分_比"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    rows = ({"major_code": key, "name": name} for key, name in MAJORS.items())
    await deliver(hub, "major", *rows)
    await deliver(hub, "student", {"student_no": "20260001", "name": "张静"})
    return hub


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("工程造价", ["440501"]),
        ("工程", ["440301", "440501", "440502"]),
        ("4405", ["440501", "440502"]),
        ("gczj", ["440501"]),
        ("GC", ["440301", "440501", "440502"]),
        ("cqgc", ["440502"]),
        ("zqgc", ["440502"]),
        ("gongchengzaojia", ["440501"]),
        ("zaojia", ["440501"]),
        ("chongqinggong", ["440502"]),
        ("zaojiagongcheng", []),
        ("%", ["M%1"]),
        ("_", ["M%1"]),
        ("没有", []),
    ],
)
async def test_majors_are_found(college: Any, asked: str, keys: list[str]) -> None:
    found = await college.get("scopes", q=asked, kind="major")
    assert [each["scope"].removeprefix("major/") for each in found] == keys


async def test_the_best_comes_first_whatever_its_kind(college: Any) -> None:
    await deliver(college, "course", {"course_code": "C1", "name": "440501 导论"})
    found = await college.get("scopes", q="440501")
    assert [each["scope"] for each in found] == ["major/440501", "course/C1"]
    assert [each["scope"] for each in await college.get("scopes", q="zj", kind="student")] == [
        "student/20260001"
    ]


async def test_pinyin_is_letters_and_nothing_else() -> None:
    assert [pattern_of(each) for each in ("z", "z1", "浙江", "z.", "z" * 13)] == [None] * 5


async def test_letters_that_divide_in_a_million_ways_are_answered_at_once() -> None:
    # Each "an" is a n, too, and nothing of it leads to the end.
    assert pattern_of("an" * 19 + "vv") is None
