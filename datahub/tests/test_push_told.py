"""What a sender is told, so that he can mend what he sends."""

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": None, "name": None}
ROOM = {
    "feed": "academic.room",
    "source": "academic",
    "entity": "room",
    "fields": {"building": {"from": "building"}, "room_no": {"from": "room_no"}},
}


async def test_an_unknown_feed_is_answered_with_those_that_may_be_meant(hub: Any) -> None:
    await hub.client.put("/v1/feeds/academic.room", json=ROOM)

    by_id = await hub.post("academic.rooms", "{}", headers={"accept-language": "en"})
    by_entity = await hub.client.post(
        "/v1/batches?source=academic&entity=rom",
        content="{}",
        headers={"content-type": "application/x-ndjson"},
    )

    assert (by_id.status_code, by_entity.status_code) == (404, 404)
    assert (
        by_id.json()["detail"] == "there is no feed academic.rooms; there are academic.room（room）"
    )
    assert by_entity.json()["detail"] == "没有数据源约定 academic/rom，已有 academic.room（room）"


async def test_rows_that_were_declared_and_did_not_come_are_told(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("course", COURSE)
    rows = [{"course_code": hub.name(), "name": "x"} for _ in range(2)]

    short = await hub.push(feed, *rows, declared=3)
    rehearsed = await hub.push(feed, *rows, declared=1, dryRun=True)
    whole = await hub.push(feed, *rows, declared=2)
    silent = await hub.push(feed, *rows)

    assert short["remarks"] == [
        {
            "code": "declared-differs",
            "zh": "声明 3 行，收到 2 行，少 1 行",
            "en": "3 rows were declared and 2 came, 1 fewer",
            "declared": 3,
            "received": 2,
        }
    ]
    assert rehearsed["remarks"][0]["zh"] == "声明 1 行，收到 2 行，多 1 行"
    assert (whole["remarks"], silent["remarks"]) == ([], [])
    assert ledger(short) == {"created": 2}
    listed = {each["batch"]: each["remarks"] for each in await hub.get("batches", feed=feed)}
    assert listed == {
        silent["batch"]: [],
        whole["batch"]: [],
        short["batch"]: short["remarks"],
    }
    assert (await hub.get(f"batches/{short['batch']}"))["remarks"] == short["remarks"]


async def test_a_feed_says_when_it_was_saved_and_when_it_last_delivered(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    before = await hub.get(f"feeds/{feed}")
    await hub.push(feed, {"course_code": hub.name(), "name": "x"})
    after = await hub.get(f"feeds/{feed}")
    [batch] = await hub.get("batches", feed=feed)
    again = await hub.client.put(f"/v1/feeds/{feed}", json=after["document"])

    assert before["saved_at"] is not None
    assert before["last_batch_at"] is None
    assert after == {**before, "last_batch_at": batch["finished_at"]}
    assert again.json() == after
    assert after in await hub.get("feeds")


async def test_a_file_in_the_other_usual_encoding_says_which_setting_to_change(
    hub: Any, ledger: Ledger
) -> None:
    feed = await hub.feed("course", COURSE)
    body = f"course_code,name\n{hub.name()},高等数学\n".encode("gb18030")

    answer = (await hub.post(feed, body, kind="text/csv")).json()

    assert ledger(answer) == {"rejected": 1}
    [verdict] = answer["verdicts"]
    assert (verdict["code"], verdict["path"]) == ("undecodable", "$.name")
    assert "按 gb18030 读作“高等数学”" in verdict["message"]
    assert "set format.encoding of the feed to gb18030" in verdict["message"]


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ("sha-256=:{}:", 200),
        ("sha-512=:xxxx:, sha-256=:{}:", 200),
        ("sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:", 422),
    ],
)
async def test_a_body_is_held_against_its_digest(hub: Any, declared: str, status: int) -> None:
    feed, code = await hub.feed("course", {"course_code": None}), hub.name("D")
    body = f'{{"course_code": "{code}"}}\n'.encode()
    digest = b64encode(sha256(body).digest()).decode()

    answer = await hub.post(feed, body, headers={"Content-Digest": declared.format(digest)})

    assert answer.status_code == status
    if status == 422:
        assert answer.json()["type"] == "urn:helix8:problem:digest-differs"
        assert answer.json()["validationErrors"] == {
            "header.Content-Digest": [f"sha-256=:{digest}:"]
        }
    found = await hub.client.get(f"/v1/records/course/{code}")
    assert found.status_code == (200 if status == 200 else 404)


@pytest.mark.parametrize("declared", ["garbage", "md5=:xxxx:", "sha-256=:AAAA:", "sha-256=abc", ""])
async def test_a_digest_that_cannot_be_read_is_told_as_that(hub: Any, declared: str) -> None:
    feed = await hub.feed("course", {"course_code": None})

    answer = await hub.post(feed, "{}", headers={"Content-Digest": declared})

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:helix8:problem:digest-malformed"
    assert list(answer.json()["validationErrors"]) == ["header.Content-Digest"]
    assert "openssl dgst -sha256" in answer.json()["fixes"][1]


async def test_whoever_reads_english_hears_the_reasons_in_english(hub: Any) -> None:
    fields = {"course_code": None, "name": None, "credits": None}
    feed = await hub.feed("course", fields)
    row = {"course_code": hub.name(), "name": "x", "credits": "many"}
    english = {"Accept-Language": "en"}

    batch = await hub.client.post(
        f"/v1/batches?feed={feed}",
        content=json.dumps(row),
        headers={"Content-Type": "application/x-ndjson", **english},
    )
    single = await hub.client.post(f"/v1/records/course?feed={feed}", json=row, headers=english)

    [verdict] = batch.json()["verdicts"]
    assert verdict["message"] == (
        "not a number: “many”; mend it at the source; if it means nothing, list it in null_words"
        " of the feed"
    )
    assert single.json()["validationErrors"] == {
        "$.credits": [f"not-decimal: {verdict['message']}"]
    }


async def test_a_word_without_a_code_is_named_with_its_like_and_the_remedy(hub: Any) -> None:
    codes = {"男性": "1", "女性": "2"}
    feed = await hub.feed("student", {"student_no": None, "sex": {"from": "xb", "codes": codes}})

    [verdict] = (await hub.push(feed, {"student_no": hub.name(), "xb": "男姓"}))["verdicts"]

    assert verdict["message"] == (
        '代码映射中没有“男姓”，相近的有 男性；在约定的 codes 中补上，或用 "labels"'
        ' (no mapping for “男姓”, only for 男性; add it to codes of the feed, or use "labels")'
    )


async def test_of_a_closed_field_the_word_is_not_told(hub: Any) -> None:
    fields = {"leave_no": None, "student_no": None, "kind": {"from": "lx", "codes": {"病": "1"}}}
    feed = await hub.feed("leave", {name: fields[name] for name in fields})

    answer = await hub.push(feed, {"leave_no": "x", "student_no": hub.name(), "lx": "秘密"})

    said = [each["message"] for each in answer["verdicts"] if each["code"] == "unmapped-code"]
    assert len(said) == 1
    assert "秘密" not in said[0]
    assert "add it to codes of the feed" in said[0]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("student_n", "可能是 student_no；"),
        ("Student_No", "可能是 student_no；"),
        ("fang", "fang；"),
    ],
)
async def test_an_unknown_column_is_told_with_its_like(hub: Any, column: str, told: str) -> None:
    feed = await hub.feed("student", {"student_no": None}, unknown_fields="reject")

    [verdict] = (await hub.push(feed, {"student_no": hub.name(), column: "1"}))["verdicts"]

    assert verdict["code"] == "unknown-field"
    assert told in verdict["message"]
    assert "add it to fields or ignore" in verdict["message"]
