"""What the framework refuses is said in the reader's language."""

import re
from datetime import datetime
from typing import Any, Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticKnownError
from pydantic_core._pydantic_core import list_all_errors
from pydantic_core.core_schema import ErrorType

from shared.contracts.base import Envelope
from shared.kit.validation import EN, ZH, all_in_both, in_both, in_english, words

HAN = re.compile(r"[\u4e00-\u9fff]")


class Thing(BaseModel):
    """One field for each kind of fault that a request may hold."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1)
    state: Literal["open", "held", "closed"]
    tags: list[str] = Field(max_length=1)
    at: datetime
    name: str

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        raise ValueError(f"没有 {name} (no {name})")


def faults(**body: Any) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        Thing.model_validate(body)
    return list(refused.value.errors())


def test_every_error_of_the_framework_has_words_in_both_languages() -> None:
    examples = {each["type"]: each["example_context"] or {} for each in list_all_errors()}
    assert set(examples) == set(get_args(ErrorType)) >= set(EN)
    for kind, context in examples.items():
        example = {name: value or 7 for name, value in context.items()}
        message = PydanticKnownError(kind, context or None).message()
        error = {"type": kind, "msg": message, "ctx": example}
        assert kind in ZH
        assert HAN.search(words(error, english=False)) or ZH[kind] == "{error}"
        english = words(error, english=True)
        assert english
        assert not HAN.search(english)


def test_reasons_are_words_of_the_readers_language_with_the_values_that_count() -> None:
    found = faults(count=0, state="ajar", tags=["a", "b"], at="x", name="N1", more=1)

    assert [words(each, english=False) for each in found] == [
        "须大于或等于 1",
        "只能是 open、held、closed",
        "至多 1 项",
        "不是时间，应如 2026-09-01T08:00:00+08:00",
        "没有 N1 (no N1)",
        "没有这一项，不接受",
    ]
    assert [words(each, english=True) for each in found] == [
        "Input should be greater than or equal to 1",
        "Input should be one of open, held, closed",
        "List should have at most 1 item after validation, not 2",
        "Input should be a valid datetime or date, input is too short",
        "没有 N1 (no N1)",
        "Extra inputs are not permitted",
    ]


def test_an_error_without_words_names_its_type() -> None:
    error = {"type": "brand_new", "msg": "Something new", "loc": ("body",)}

    assert words(error, english=False) == "内容不合要求（brand_new）"
    assert words(error, english=True) == "Something new"
    assert in_both(error) == "内容不合要求（brand_new） (Something new)"


def test_all_faults_are_told_each_with_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Envelope.model_validate_json(b'{"specversion": "1.0", "type": "t", "data": 1}')
    with pytest.raises(ValidationError) as broken:
        Envelope.model_validate_json(b"{")

    assert all_in_both(caught.value.errors()) == (
        "id: 必填 (Field required); source: 必填 (Field required)"
    )
    assert all_in_both(broken.value.errors()).startswith("不是合法的 JSON")


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("另存为 UTF-8 (save it as UTF-8)", "save it as UTF-8"),
        ("unmapped-code: 没有这个值 (no mapping)", "unmapped-code: no mapping"),
        ("乱码 (garbled)：可能是 张三 (perhaps 张三)", "garbled; perhaps 张三"),
        ("含字节 (bytes (not UTF-8) in it)", "bytes (not UTF-8) in it"),
        ("GET /api/datahub/v1/feeds", "GET /api/datahub/v1/feeds"),
        ("course (C0001)", "course (C0001)"),
        ("学号 (student number) 未知", "学号 (student number) 未知"),
    ],
)
def test_the_english_of_what_is_told_in_both_languages(text: str, english: str) -> None:
    assert in_english(text) == english


def test_a_secret_that_is_too_short_lacks_characters() -> None:
    class Account(BaseModel):
        password: SecretStr = Field(min_length=10)

    with pytest.raises(ValidationError) as caught:
        Account.model_validate({"password": "abc"})

    [error] = caught.value.errors()
    assert words(error, english=False) == "至少 10 个字符"
    assert words(error, english=True) == "String should have at least 10 characters"
