"""Bodies are read strictly: JSON that cannot be taken, other types, charsets and codings."""

from collections.abc import AsyncIterator

import pytest
from fastapi import Response
from httpx import AsyncClient

from shared.kit.middleware import MAX_JSON_BODY


async def post(client: AsyncClient, body: bytes, **headers: str) -> Response:
    return await client.post(  # type: ignore[return-value]
        "/items", content=body, headers={"content-type": "application/json", **headers}
    )


def deep(levels: int) -> bytes:
    return b'{"name":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Field required"),
        (b"{", "line 1 column 2"),
        (deep(900), "nested deeper than 32"),
        (deep(100_000), "nested deeper than 32"),
        (b'{"name": "a", "weight": NaN}', "NaN is no JSON number"),
        (b'{"name": "a", "weight": -Infinity}', "-Infinity is no JSON number"),
        (b'{"name": "a", "weight": 1e999}', "a number is too large"),
        (b'{"name": "\\ud800", "weight": 1}', "NUL or a lone surrogate"),
        (b'{"name": "a\\u0000b", "weight": 1}', "NUL or a lone surrogate"),
        (b'{"a\\u0000b": 1}', "NUL or a lone surrogate"),
        (b'{"name": "a", "weight": 1' + b"0" * 400 + b"}", "beyond 64 bits"),
        (b'{"name": "a", "count": 9223372036854775808}', "beyond 64 bits"),
        (b'{"name": "a", "name": "b", "weight": 1}', "'name' occurs twice"),
        ('{"name": "a", "weight": 1}'.encode("utf-16"), "is not UTF-8"),
        ('{"name": "姓名"}'.encode("gb18030"), "is not UTF-8"),
    ],
)
async def test_json_that_cannot_be_taken_is_refused_with_its_place(
    client: AsyncClient, body: bytes, words: str
) -> None:
    answer = await post(client, body, **{"accept-language": "en"})

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text  # type: ignore[attr-defined]


async def test_a_fault_of_json_is_told_in_chinese(client: AsyncClient) -> None:
    answer = await post(client, b"{")

    assert answer.json()["detail"] == "第 1 行第 2 列不是合法的 JSON"  # type: ignore[attr-defined]
    [reason] = answer.json()["validationErrors"]["$"]  # type: ignore[attr-defined]
    assert reason.startswith("第 1 行第 2 列不是合法的 JSON (line 1 column 2: ")


async def test_json_at_the_limits_is_taken(client: AsyncClient) -> None:
    body = b'{"name": "\\ud83d\\ude00", "weight": 1e308, "count": 9223372036854775807}'

    answer = await client.post("/items", content=body, headers={"content-type": "application/json"})

    assert answer.json() == {
        "name": "😀",
        "weight": 1e308,
        "count": 9223372036854775807,
        "strict": False,
    }


@pytest.mark.parametrize("path", ["/items", "/nowhere"])
async def test_a_refused_body_is_read_to_its_end_so_that_the_answer_is_seen(
    client: AsyncClient, path: str
) -> None:
    """Who is still writing when the connection closes sees a broken one, and no answer."""
    pieces = MAX_JSON_BODY // 65_536 + 40
    sent = 0

    async def too_large() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(pieces):
            sent += 1
            yield b" " * 65_536

    answer = await client.post(
        path, content=too_large(), headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (
        (413, "too-large") if path == "/items" else (404, "not-found")
    )
    assert sent == pieces


@pytest.mark.parametrize("coding", ["gzip", "identity, br", "GZIP", "deflate"])
@pytest.mark.parametrize("path", ["/items", "/uploads"])
async def test_a_compressed_body_is_refused_before_it_is_read(
    client: AsyncClient, path: str, coding: str
) -> None:
    answer = await client.post(
        path,
        content=b"\x1f\x8b",
        headers={"content-type": "application/json", "content-encoding": coding},
    )

    assert (answer.status_code, answer.json()["type"]) == (415, "urn:helix8:problem:content-coding")
    assert answer.json()["validationErrors"] == {"header.content-encoding": ["identity"]}


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
async def test_a_body_as_it_is_is_read(client: AsyncClient, coding: str) -> None:
    answer = await client.post("/uploads", content=b"x", headers={"content-encoding": coding})

    assert answer.json() == {"bytes": 1, "dry_run": False}


@pytest.mark.parametrize(
    "charset", ["gbk", "utf-16", "iso-8859-1", "no-such", "base64", '"gb18030"']
)
async def test_json_in_another_charset_is_refused(client: AsyncClient, charset: str) -> None:
    answer = await post(client, b"{}", **{"content-type": f"application/json; charset={charset}"})

    assert answer.status_code == 415
    document = answer.json()  # type: ignore[attr-defined]
    assert document["type"] == "urn:helix8:problem:charset"
    assert document["fixes"] == ["Content-Type: application/json; charset=utf-8"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"Utf-8"', "us-ascii", "utf-8-sig"])
async def test_json_that_says_it_is_utf_8_is_read(client: AsyncClient, charset: str) -> None:
    body = b'{"name": "a", "weight": 1}'

    answer = await post(client, body, **{"content-type": f"application/json; charset={charset}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ";;=/"])
async def test_a_body_of_another_type_is_told_which_is_read(client: AsyncClient, kind: str) -> None:
    answer = await post(client, b'{"name": "a"}', **{"content-type": kind})

    assert answer.status_code == 415
    document = answer.json()  # type: ignore[attr-defined]
    assert document["type"] == "urn:helix8:problem:unsupported"
    assert document["fixes"] == ["Content-Type: application/json"]
