"""One record a request: its own answer, a transaction shared with those of the same moment."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from datahub.ingest.repository import at_once
from datahub.tests.conftest import fates

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSING = {"batch", "correlationId", "detail"}
"""What differs between two answers to the same request: a refusal names its batch."""

COURSE: dict[str, Any] = {"course_code": None, "name": None}


async def put(hub: Any, feed: str, record: Any, entity: str = "course", **headers: str) -> Response:
    answer: Response = await hub.client.post(
        f"/v1/records/{entity}",
        params={"feed": feed},
        json=record,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    return answer


async def test_the_first_time_creates_and_the_next_says_whether_it_changed(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    first = await put(hub, feed, {"course_code": code, "name": "x"})
    same = await put(hub, feed, {"course_code": code, "name": "x"})
    other = await put(hub, feed, {"course_code": code, "name": "y"})

    assert [each.status_code for each in (first, same, other)] == [201, 200, 200]
    assert [each.headers["changed"] for each in (first, same, other)] == ["true", "false", "true"]
    assert [each.headers["etag"] for each in (first, same, other)] == ['"1"', '"1"', '"2"']
    assert first.headers["location"] == f"/v1/records/course/{code}"
    assert other.json() == {
        "entity": "course",
        "batch": other.json()["batch"],
        "verdict": "updated",
        "key": code,
        "version": 2,
        "waits_for": [],
        "warnings": [],
    }
    assert (await hub.get(f"records/course/{code}"))["name"] == "y"


async def test_those_of_one_moment_share_a_batch_and_each_has_its_answer(
    hub: Any, ledger: Any
) -> None:
    feed, mark = await hub.feed("student", {"student_no": None, "sex": None}), hub.name("S")
    rows = [{"student_no": f"{mark}{at}", "sex": "x" if at == 7 else "1"} for at in range(20)]

    answers = await asyncio.gather(*(put(hub, feed, row, "student") for row in rows))

    assert [each.status_code for each in answers] == [422 if at == 7 else 201 for at in range(20)]
    batches = {each.json()["batch"] for each in answers if each.status_code == 201}
    assert 1 <= len(batches) <= 3, "the first goes alone, the others together"
    fates = [ledger(await hub.get(f"batches/{batch}")) for batch in batches]
    assert sum(each.get("created", 0) for each in fates) == 19
    assert sum(each.get("quarantined", 0) for each in fates) == 1


async def test_a_record_that_is_put_aside_is_kept_and_its_reasons_told(hub: Any) -> None:
    feed = await hub.feed("student", {"student_no": None, "sex": None})

    answer = await put(hub, feed, {"student_no": hub.name("S"), "sex": "x"}, "student")

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:record-put-aside")
    assert list(problem["validationErrors"]) == ["$.sex"]
    assert problem["validationErrors"]["$.sex"][0].startswith("unknown-code: ")
    [row] = [each for each in await hub.get("quarantine") if each["feed"] == feed]
    assert row["raw"]["sex"] == "x"


async def test_one_whose_parent_has_not_come_waits(hub: Any) -> None:
    feed = await hub.feed("enrolment", {"class_no": None, "student_no": None})
    no, class_no = hub.name("S"), hub.name("K")

    answer = await put(hub, feed, {"class_no": class_no, "student_no": no}, "enrolment")

    assert answer.status_code == 202
    assert (answer.json()["verdict"], answer.json()["key"]) == ("parked", None)
    assert answer.json()["waits_for"] == [f"teaching_class:{class_no}", f"student:{no}"]


TRACE = """
SELECT replace(t::text, :mark, 'K') AS row FROM (
  SELECT key, version, deleted_at IS NOT NULL, raw, final_result, line FROM record_enrolment
   WHERE class_no = :mark OR key LIKE :mark || '/%'
  UNION ALL
  SELECT c.key, c.version, c.op = 'delete', c.before, array_to_string(c.fields, ','), c.ordinal
    FROM change c WHERE c.key LIKE :mark || '/%'
  UNION ALL
  SELECT q.waits_for::text, 0, q.released_at IS NULL, q.raw, q.verdict || q.code || q.path, q.row_no
    FROM quarantined_row q WHERE q.raw ->> 'class_no' = :mark
) t ORDER BY 1
"""


async def test_by_one_statement_rows_become_what_they_become_by_a_staging_table(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = {"codes": {"通过": "pass", "退选": "withdrawn"}, "from": "final_result"}
    fields = {"class_no": None, "student_no": None, "final_result": results}
    one, other, absent = hub.name("S"), hub.name("S"), hub.name("S")
    await hub.have("student", one, other)
    traces, ledgers = [], []
    for most in (0, at_once.MOST):
        monkeypatch.setattr(at_once, "MOST", most)
        mark, feed = (
            await hub.have("teaching_class", hub.name("K")),
            await hub.feed("enrolment", fields),
        )
        rows = [
            {"class_no": mark, "student_no": no, "final_result": result}
            for no, result in ((one, "通过"), (other, "退选"), (absent, "通过"))
        ]
        answers = [
            await hub.push(feed, *rows),
            await hub.push(feed, rows[0], {**rows[1], "final_result": "通过"}),
            await hub.push(feed, rows[1], mode="delete"),
            await hub.push(feed, rows[1], {**rows[0], "final_result": "无"}),
        ]
        ledgers.append([fates(each) for each in answers])
        traces.append([each["row"] for each in await hub.sql(TRACE, mark=mark)])

    assert ledgers[0] == ledgers[1]
    assert traces[0] == traces[1]
    assert len(traces[1]) == 2 + 5 + 2, "two records, five changes, one row that waits, one bad"


async def test_of_two_at_once_for_one_record_one_stands_and_both_are_told_so(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    await put(hub, feed, {"course_code": code, "name": "old"})

    blocker = put(hub, feed, {"course_code": hub.name("B"), "name": "x"})
    names = [put(hub, feed, {"course_code": code, "name": name}) for name in ("one", "other")]
    answers = await asyncio.gather(blocker, *names)

    assert [each.status_code for each in answers] == [201, 200, 200]
    stands = await hub.client.get(f"/v1/records/course/{code}")
    assert stands.json()["name"] in {"one", "other"}, "which came later, nobody can say"
    assert max(each.headers["etag"] for each in answers[1:]) == stands.headers["etag"]


async def test_conditions_hold_for_the_record_as_it_is(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    created = await put(hub, feed, {"course_code": code, "name": "x"}, if_none_match="*")
    again = await put(hub, feed, {"course_code": code, "name": "y"}, if_none_match="*")
    stale = await put(hub, feed, {"course_code": code, "name": "y"}, if_match='"7"')
    right = await put(hub, feed, {"course_code": code, "name": "y"}, if_match='"1"')

    assert [each.status_code for each in (created, again, stale, right)] == [201, 412, 412, 200]
    assert (await hub.get(f"records/course/{code}"))["name"] == "y"


async def test_a_key_is_answered_as_before_and_not_used_for_something_else(hub: Any) -> None:
    feed, code, key = await hub.feed("course", COURSE), hub.name("C"), hub.name("key")

    first = await put(hub, feed, {"course_code": code, "name": "x"}, idempotency_key=key)
    await put(hub, feed, {"course_code": code, "name": "y"})
    again = await put(hub, feed, {"course_code": code, "name": "x"}, idempotency_key=key)
    other = await put(hub, feed, {"course_code": code, "name": "z"}, idempotency_key=key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["type"]) == (
        422,
        "urn:helix8:problem:idempotency-key-reused",
    )
    assert (await hub.get(f"records/course/{code}"))["name"] == "y"


@pytest.mark.parametrize(
    ("entity", "params", "status", "code"),
    [
        ("ghost", {"source": "academic"}, 404, "unknown-entity"),
        ("course", {}, 422, "which-feed"),
        ("course", {"feed": "none"}, 404, "feed-not-found"),
        ("course", {"source": "assets"}, 404, "feed-not-found"),
    ],
)
async def test_what_cannot_be_understood_is_refused(
    hub: Any, entity: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = await hub.client.post(f"/v1/records/{entity}", params=params, json={"a": "b"})

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:helix8:problem:{code}")


async def test_a_feed_of_another_entity_is_refused(hub: Any) -> None:
    feed = await hub.feed("student", {"student_no": None})

    answer = await put(hub, feed, {"course_code": "x"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:other-feed")


async def test_one_that_fails_does_not_take_the_others_with_it(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    records = [{"course_code": f"{code}{at}", "name": "x"} for at in range(4)]

    answers = await asyncio.gather(
        *(put(hub, "none" if at == 2 else feed, row) for at, row in enumerate(records))
    )

    assert [each.status_code for each in answers] == [201, 201, 404, 201]


async def test_a_key_of_any_letters_stands_in_the_location(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), f"{hub.name('课')} a/b?c#d%"

    answer = await put(hub, feed, {"course_code": code, "name": "x"})

    assert answer.status_code == 201
    there = await hub.client.get(answer.headers["location"])
    assert (there.status_code, there.json()["course_code"]) == (200, code)


async def test_a_source_that_is_not_the_feeds_is_refused(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    single = await hub.client.post(
        "/v1/records/course",
        params={"feed": feed, "source": "hr"},
        json={"course_code": code, "name": "x"},
    )
    batch = await hub.post(feed, "{}", source="hr")

    for answer in (single, batch):
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:helix8:problem:other-feed")
    assert "academic" in batch.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("course?feed={feed}", '{{"course_code": "{code}", "name": "x"}}'),
        ("course?feed={feed}&source=academic", '{{"course_code": "{code}"}}'),
        ("course?feed={feed}&source=hr", '{{"course_code": "{code}"}}'),
        ("course?feed={feed}", '{{"course_code": "", "name": "x"}}'),
        ("course?feed={feed}", '{{"course_code": "{code}", "course_code": "y"}}'),
        ("course?feed={feed}", '["{code}"]'),
        ("course?feed={feed}", ""),
        ("course?feed={feed}", "{{"),
        ("course?feed=t.nobody", "{{}}"),
        ("course", "{{}}"),
        ("course?feed={feed}&feed={feed}", '{{"course_code": "{code}"}}'),
        ("course?feed={feed}&other=1", '{{"course_code": "{code}"}}'),
        ("course?source=A-B", "{{}}"),
        ("Course?feed={feed}", "{{}}"),
        ("student?feed={feed}", "{{}}"),
        ("nobody?feed={feed}", "{{}}"),
    ],
)
async def test_a_plain_request_is_answered_as_one_that_the_framework_reads(
    hub: Any, path: str, body: str
) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    async def asked(kind: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        answer = await hub.client.post(
            f"/v1/records/{path.format(feed=feed)}",
            content=body.format(code=code).encode(),
            headers={"content-type": kind, **headers},
        )
        told = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "date"}}
        told.pop("content-length")
        document = answer.json()
        return answer.status_code, told, {k: v for k, v in document.items() if k not in PASSING}

    await asked("application/json")
    for headers in ({}, {"authorization": "Bearer nobody"}):
        plain = await asked("application/json", **headers)
        read = await asked("application/json; charset=utf-8", **headers)

        assert plain == read
