"""Lists are paged in two styles, and a token is good for its own question."""

import base64
from typing import Any

import pytest
from httpx import AsyncClient

from shared.kit.paging import (
    Page,
    PageTokenError,
    after_number,
    after_text,
    decode_token,
    encode_token,
    question_of,
)


async def test_pages_by_offset(client: AsyncClient) -> None:
    answer = await client.get("/numbers", params={"limit": 3, "offset": 5, "totalCount": True})

    assert (answer.json(), answer.headers["total-count"]) == ([6, 7], "7")
    assert "next-page-token" not in answer.headers


async def test_pages_by_token_end_without_one(client: AsyncClient) -> None:
    first = await client.get("/numbers", params={"pageSize": 4})
    second = await client.get(
        "/numbers", params={"pageSize": 4, "pageToken": first.headers["next-page-token"]}
    )

    assert (first.json(), second.json()) == ([1, 2, 3, 4], [5, 6, 7])
    assert "next-page-token" not in second.headers


async def test_the_two_styles_of_paging_never_mix(client: AsyncClient) -> None:
    answer = await client.get("/numbers", params={"limit": 1, "pageSize": 1})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:helix8:problem:paging-mixed")


def test_a_token_carries_the_last_row() -> None:
    assert decode_token(encode_token(["a/学", 5], "q"), "q") == ["a/学", 5]
    assert "=" not in encode_token(["a"], "q")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/staff", [("order", "asc")]),
        ("/v1/student", [("order", "desc")]),
        ("/v1/student", [("order", "asc"), ("name", "x")]),
        ("/v1/student", []),
    ],
)
def test_a_token_is_refused_for_another_question(path: str, query: list[tuple[str, str]]) -> None:
    asked = question_of("/v1/student", [("pageSize", "9"), ("order", "asc")])
    token = encode_token(["a"], asked)

    assert decode_token(token, question_of("/v1/student", [("order", "asc")])) == ["a"]
    with pytest.raises(PageTokenError, match="another question"):
        decode_token(token, question_of(path, query))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "学",
        "%%%",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1").decode(),
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
    ],
)
def test_a_token_of_nobody_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError):
        decode_token(token, "q")


@pytest.mark.parametrize("after", [[], [1, 2], [True], [1.5], [None], ["1"], [2**63], [[1]]])
def test_a_token_with_other_contents_is_refused(after: list[Any]) -> None:
    wanted = Page(limit=1, offset=0, total_count=False, after=after, by_token=True, question="q")

    with pytest.raises(PageTokenError):
        after_number(wanted)
    if after != ["1"]:
        with pytest.raises(PageTokenError):
            after_text(wanted)
