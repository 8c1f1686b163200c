"""An aggregating feed sums lines; every line of a document counts exactly once."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from datahub.changes.repository import numbering as repository

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]


async def clicks_feed(hub: Any) -> str:
    return str(
        await hub.feed(
            "learning_daily",
            {"student_no": None, "class_no": None, "date": None},
            aggregate={
                "identity": "document",
                "measures": {"clicks": {"sum": "n"}, "visits": {"count": True}},
            },
            never_waits_for=["student_no", "class_no"],
        )
    )


def lines(no: str, *clicks: int, day: str = "2026-11-23") -> list[dict[str, Any]]:
    return [{"student_no": no, "class_no": "K1", "date": day, "n": n} for n in clicks]


async def total(hub: Any, no: str, day: str = "2026-11-23") -> tuple[int, int] | None:
    answer = await hub.client.get(f"/v1/records/learning_daily/{no}/K1/{day}")
    record = answer.json()
    return None if answer.status_code == 404 else (record["clicks"], record["visits"])


async def test_equal_lines_of_a_document_all_count(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")

    answer = await hub.push(feed, *lines(no, 3, 3, 4), document="day.csv")

    assert ledger(answer) == {"created": 3}
    assert await total(hub, no) == (10, 3)


async def test_a_document_sent_twice_counts_once(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    await hub.push(feed, *lines(no, 3, 4), document="day.csv")

    again = await hub.push(feed, *lines(no, 3, 4), document="day.csv")

    assert ledger(again) == {"unchanged": 2}
    assert await total(hub, no) == (7, 2)


async def test_a_document_sent_with_other_lines_replaces_what_it_gave(hub: Any) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    await hub.push(feed, *lines(no, 3, 4), *lines(no, 9, day="2026-11-24"), document="a.csv")
    await hub.push(feed, *lines(no, 100), document="b.csv")

    await hub.push(feed, *lines(no, 5), document="a.csv")

    assert await total(hub, no) == (105, 2)
    assert await total(hub, no, "2026-11-24") is None


async def test_a_document_without_a_name_is_called_by_its_content(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")

    first = await hub.push(feed, *lines(no, 2, 5))
    again = await hub.push(feed, *lines(no, 2, 5))
    other = await hub.push(feed, *lines(no, 2))

    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in lines(no, 2, 5))
    name = f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
    assert (first["document"], again["document"]) == (name, name)
    assert (ledger(again), ledger(other)) == ({"unchanged": 2}, {"updated": 1})
    assert (await hub.get(f"batches/{again['batch']}"))["document"] == name
    assert await total(hub, no) == (9, 3)


async def test_the_answer_says_the_name_that_a_document_was_given(hub: Any) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")

    answer = await hub.push(feed, *lines(no, 1), document="day.csv", dryRun=True)

    assert answer["document"] == "day.csv"


async def test_a_bad_line_is_put_aside_and_the_others_count(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    bad = {**lines(no, 1)[0], "n": "many"}

    answer = await hub.push(feed, *lines(no, 1, 2), bad, document="day.csv")

    assert ledger(answer) == {"created": 2, "quarantined": 1}
    assert [(each["code"], each["path"]) for each in answer["verdicts"]] == [("not-decimal", "$.n")]
    assert await total(hub, no) == (3, 2)


async def test_a_mended_line_joins_its_document_and_is_not_counted_twice_later(
    hub: Any,
) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    bad = {**lines(no, 1)[0], "n": "5 clicks"}
    answer = await hub.push(feed, *lines(no, 1), bad, document="day.csv")
    batch = answer["batch"]
    await hub.sql(
        'UPDATE quarantined_row SET raw = raw || \'{"n": "5"}\' WHERE batch = :b', b=batch
    )
    [row] = await hub.get("quarantine", batch=batch)
    await hub.client.post("/v1/quarantine/replay", json={"ids": [row["id"]]})
    assert await total(hub, no) == (6, 2)

    await hub.push(feed, *lines(no, 1, 5), document="day.csv")

    assert await total(hub, no) == (6, 2)


async def test_a_line_put_aside_goes_when_its_document_comes_again(hub: Any) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    bad = {**lines(no, 1)[0], "n": "5 clicks"}
    answer = await hub.push(feed, *lines(no, 1), bad, document="day.csv")

    await hub.push(feed, *lines(no, 1, 5), document="day.csv")

    assert await hub.get("quarantine", batch=answer["batch"]) == []
    assert await total(hub, no) == (6, 2)


async def test_a_rehearsal_tells_what_the_document_would_do(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    await hub.push(feed, *lines(no, 3), document="day.csv")

    same = await hub.push(feed, *lines(no, 3), document="day.csv", dryRun=True)
    other = await hub.push(feed, *lines(no, 4), document="day.csv", dryRun=True)

    assert (ledger(same), ledger(other)) == ({"unchanged": 1}, {"updated": 1})
    assert await total(hub, no) == (3, 1)


async def test_an_empty_document_gives_nothing_any_more(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    await hub.push(feed, *lines(no, 3), document="day.csv")

    answer = await hub.post(feed, b"", document="day.csv")

    assert (answer.status_code, ledger(answer.json())) == (200, {})
    assert await total(hub, no) is None


async def test_a_large_commit_is_told_in_messages_that_a_stream_takes(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message a partition outgrows the limit with 300,000 keys; the limit is lowered here."""
    monkeypatch.setattr(repository, "BYTES_PER_EVENT", 2_000)
    feed, no = await clicks_feed(hub), hub.name("S")
    answer = await hub.push(feed, *(lines(f"{no}-{number}", 1)[0] for number in range(1000)))
    await hub.settled()

    events = [
        event["data"]
        for event in await hub.facts()
        if event["type"] == "qa.datahub.learning_daily.changed.v1"
        and event["data"]["batch"] == answer["batch"]
    ]
    seqs = [item["seq"] for event in events for item in event["items"]]

    assert len(events) > 32
    assert max(len(str(event["items"])) for event in events) < 4_000
    assert sorted(seqs) == list(range(events[0]["seq_from"], events[0]["seq_to"] + 1))
    assert all(
        [item["seq"] for item in event["items"]] == sorted(item["seq"] for item in event["items"])
        for event in events
    )


async def test_a_line_that_no_sum_could_hold_is_put_aside_alone(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")

    answer = await hub.push(feed, *lines(no, 10**12 - 1, 10**12, -(2**63), 1), document="big.csv")

    assert ledger(answer) == {"created": 2, "quarantined": 2}
    assert {(each["row"], each["code"]) for each in answer["verdicts"]} == {
        (2, "out-of-range"),
        (3, "out-of-range"),
    }
    assert await total(hub, no) == (10**12, 2)


async def test_of_equal_documents_at_once_one_is_taken_in(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    body = json.dumps(lines(no, 5)[0])
    key = {"Idempotency-Key": hub.name("key")}

    answers = await asyncio.gather(
        *(hub.post(feed, body, headers=key, document="once.csv") for _ in range(4))
    )
    again = await hub.post(feed, body, headers=key, document="once.csv")

    assert ledger(again.json()) == {"created": 1}
    assert {each.text for each in answers if each.status_code == 200} == {again.text}
    refused = {(each.status_code, each.headers.get("retry-after")) for each in answers}
    assert refused <= {(200, None), (409, "2")}
    assert len(await hub.get("batches", feed=feed)) == 1
