"""Web services: every way of paging, and no way to an address that nobody has allowed."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from datahub.pulls.domain.pull import HttpSource, Paging, Secret
from datahub.pulls.sources import Page, SourceFailedError
from datahub.pulls.sources.guarded import check_name
from datahub.pulls.sources.http import read_pages
from shared.addresses import AddressRefusedError, Receivers, parse_receivers

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
ALLOWED = parse_receivers("127.0.0.1")
ROWS = [{"id": at, "at": f"2026-01-{at // 3 + 1:02}", "score": 2.50} for at in range(7)]


class Service:
    """A campus system that answers JSON; tests say how."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.base = ""
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note what was asked, and answer."""
        self.asked.append((request.path, dict(request.query)))
        self.headers.append(dict(request.headers))
        assert self.answer is not None
        return await self.answer(request)


@pytest_asyncio.fixture(loop_scope="module")
async def service() -> AsyncIterator[Service]:
    """A web service on this machine."""
    running = Service()
    app = web.Application()
    app.router.add_get("/{tail:.*}", running.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    running.base = f"http://127.0.0.1:{port}"
    yield running
    await runner.cleanup()


def say(service: Service, document: Any, **headers: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return web.Response(body=body, headers=headers)

    service.answer = answer


async def read(
    source: HttpSource, position: Any = None, receivers: Receivers = ALLOWED, **headers: str
) -> list[Page]:
    return [page async for page in read_pages(None, source, headers, receivers, position, 0)]


def ids(pages: list[Page]) -> list[str]:
    frames = [page.chunk.frame for page in pages if page.chunk.received]
    return [value for frame in frames for value in frame["id"].to_list()]


async def test_the_list_itself_or_one_inside_the_answer(service: Service) -> None:
    say(service, ROWS)
    bare = await read(HttpSource(url=f"{service.base}/rows", query={"term": "学期 1"}))
    say(service, {"data": {"list": ROWS}})
    inside = await read(HttpSource(url=f"{service.base}/rows?x=1", items=("data", "list")))

    assert ids(bare) == ids(inside) == list("0123456")
    assert bare[0].chunk.frame["score"][0] == "2.5"
    assert service.asked == [("/rows", {"term": "学期 1"}), ("/rows", {"x": "1"})]
    assert [page.position for page in bare] == [None]


async def test_a_record_that_repeats_a_name_is_none_and_the_others_are_read(
    service: Service,
) -> None:
    say(service, b'{"list": [{"id": 1, "at": 2}, {"id": 2, "at": 3, "id": 4}, {"id": 5}]}')
    [page] = await read(HttpSource(url=f"{service.base}/rows", items=("list",)))
    [bad] = page.chunk.bad

    assert ids([page]) == ["1", "5"]
    assert (bad.line, bad.code, bad.path) == (2, "repeated-name", "$.id")
    assert bad.raw == '{"id": 2, "at": 3, "id": 4}'


async def test_half_a_character_costs_no_other_record(service: Service) -> None:
    say(service, rb'[{"id": "a\ud83d"}, {"id": "\ud83d\ude00"}, {"id": "\\\ud83d"}, {"id": "b"}]')

    found = ids(await read(HttpSource(url=f"{service.base}/rows")))

    assert found == ["a\ufffd", "\U0001f600", "\\\ufffd", "b"]


@pytest.mark.parametrize(
    ("paging", "asked"),
    [
        (
            Paging(kind="page", param="p", size_param="n", size=3),
            [{"p": "1", "n": "3"}, {"p": "2", "n": "3"}, {"p": "3", "n": "3"}],
        ),
        (Paging(kind="page", param="p", first=0), [{"p": str(at)} for at in range(4)]),
        (
            Paging(kind="offset", param="from", size_param="n", size=3),
            [{"from": str(at), "n": "3"} for at in (0, 3, 6)],
        ),
        (Paging(kind="cursor", param="c", next=("page", "next")), [{}, {"c": "3"}, {"c": "6"}]),
        (Paging(kind="link"), [{}, {"start": "3"}, {"start": "6"}]),
    ],
    ids=["page with size", "page to an empty one", "offset", "cursor", "link"],
)
async def test_every_page_is_read_once(
    service: Service, paging: Paging, asked: list[dict[str, str]]
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        query = request.query
        start = int(query.get("from", query.get("c", query.get("start", "0"))))
        start = (int(query["p"]) - paging.first) * 3 if "p" in query else start
        following = start + 3 if start + 3 < len(ROWS) else None
        response = web.json_response(
            {"items": ROWS[start : start + 3], "page": {"next": following and str(following)}}
        )
        if following and paging.kind == "link":
            response.headers["Link"] = f'<{service.base}/rows?start={following}>; rel="next"'
        return response

    service.answer = answer
    source = HttpSource(url=f"{service.base}/rows", items=("items",), paging=paging)

    pages = await read(source)

    assert ids(pages) == list("0123456")
    assert [query for _, query in service.asked] == asked
    lines = [line for page in pages for line in page.chunk.frame["#line"].to_list()]
    assert lines == list(range(1, 8))


async def test_a_watermark_moves_when_the_run_has_ended_and_a_page_at_once(
    service: Service,
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        start = (int(request.query["p"]) - 1) * 3
        return web.json_response(ROWS[start : start + 3])

    service.answer = answer
    paging = Paging(kind="page", param="p", size=3)
    source = HttpSource(
        url=f"{service.base}/rows", paging=paging, watermark="at", since="updatedFrom"
    )

    pages = await read(source)
    again = await read(source, pages[1].position)
    await read(source, pages[-1].position)

    newest = {"type": "str", "value": "2026-01-02"}
    assert pages[1].position == {"since": None, "newest": newest, "next": 3}
    assert pages[-1].position == {"since": {"type": "str", "value": "2026-01-03"}}
    assert (ids(again), again[-1].position) == (["6"], pages[-1].position)
    assert service.asked[-3] == ("/rows", {"p": "1", "updatedFrom": "2026-01-03"})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<html>", "the answer is not JSON"),
        (b"[" * 100_000, "the answer is not JSON"),
        ({"data": {}}, "items of the answer is no list"),
        (b"[" + b" " * (33 * 1024 * 1024) + b"]", "larger than 32 MiB"),
    ],
)
async def test_an_answer_of_another_kind_is_told_of(
    service: Service, document: Any, words: str
) -> None:
    say(service, document)
    items = ("items",) if isinstance(document, dict) else ()

    with pytest.raises(SourceFailedError, match=words):
        await read(HttpSource(url=f"{service.base}/rows", items=items))


async def test_another_status_a_compressed_answer_and_an_endless_cursor_are_told_of(
    service: Service,
) -> None:
    source = HttpSource(url=f"{service.base}/rows")
    say(service, b"x" * 100, **{"Content-Encoding": "gzip"})
    with pytest.raises(SourceFailedError, match="sends its answer compressed"):
        await read(source)
    say(service, {"rows": [{"id": 1}], "next": "same"})
    paging = Paging(kind="cursor", param="c", next=("next",))
    with pytest.raises(SourceFailedError, match="the same page again"):
        await read(HttpSource(url=source.url, items=("rows",), paging=paging))

    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(status=401, text="who are you")

    service.answer = refuse
    with pytest.raises(SourceFailedError, match="answered 401"):
        await read(source)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "localhost"),
        *("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("①②⑦.⓪.⓪.①", "169.254.169.254", "10.0.0.1", "[fe80::1]", "0"),
    ],
)
async def test_no_spelling_of_an_inner_address_is_connected_to(service: Service, host: str) -> None:
    say(service, ROWS)
    port = service.base.rsplit(":", 1)[1]

    # What is no address in the common spelling is refused before any name is asked for.
    with pytest.raises((AddressRefusedError, SourceFailedError), match=r"allowed|canonical"):
        await read(HttpSource(url=f"http://{host}:{port}/"), receivers=parse_receivers(""))

    assert service.asked == []


async def test_a_redirect_is_checked_like_the_first_address(service: Service) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/rows":
            return web.json_response(ROWS)
        raise web.HTTPFound(request.query.get("to", "/go"))

    service.answer = answer
    source = HttpSource(url=f"{service.base}/go")
    inner = "http://169.254.169.254/latest/meta-data"

    followed = await read(HttpSource(url=source.url, query={"to": "/rows"}))
    with pytest.raises(AddressRefusedError):
        await read(HttpSource(url=source.url, query={"to": inner}))
    with pytest.raises(SourceFailedError, match="no http"):
        await read(HttpSource(url=source.url, query={"to": "file:///etc/passwd"}))
    with pytest.raises(SourceFailedError, match="redirects too often"):
        await read(HttpSource(url=source.url, query={"to": "/go"}))

    assert ids(followed) == list("0123456")


async def test_a_secret_stays_with_the_host_that_it_was_given_for(service: Service) -> None:
    say(service, ROWS)
    header: Any = {"Authorization": Secret(env="X")}
    source = HttpSource(url=f"{service.base}/rows", headers=header)
    await read(source, Authorization="Bearer hush")
    seen = service.headers[-1]
    port = service.base.rsplit(":", 1)[1]
    say(service, ROWS, Link=f'<http://localhost:{port}/more>; rel="next"')
    elsewhere = HttpSource(url=source.url, headers=header, paging=Paging(kind="link"))

    with pytest.raises(SourceFailedError, match="which is sent no secret"):
        await read(elsewhere, Authorization="Bearer hush")

    assert seen["Authorization"] == "Bearer hush"
    assert [path for path, _ in service.asked] == ["/rows", "/rows"]


@pytest.mark.parametrize("host", ["a\\b", "\u00ad"])
async def test_an_address_that_no_run_could_read_is_refused_when_it_is_saved(host: str) -> None:
    with pytest.raises(SourceFailedError) as refused:
        await check_name(f"http://{host}/rows", Receivers())
    assert [*refused.value.fields] == ["$.url"]


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "localhost", "127.1"])
async def test_what_a_run_would_refuse_is_refused_when_it_is_saved(run: Any, host: str) -> None:
    async with run(pull_hosts="10.1.2.3") as hub:
        feed = await hub.feed("course", {"course_code": {"from": "id"}})
        document = {"kind": "http", "url": f"http://{host}/latest/meta-data"}
        answer = await hub.client.put(f"/v1/feeds/{feed}/pull", json=document)
        unknown = {"kind": "http", "url": "https://nobody.invalid/rows"}
        later = await hub.client.put(f"/v1/feeds/{feed}/pull", json=unknown)

    assert answer.status_code == 422, answer.text
    [fault] = answer.json()["validationErrors"]["$.url"]
    assert "DATAHUB_PULL_HOSTS" in fault
    assert "which nobody has allowed" in fault
    assert later.status_code == 201, "a name that leads nowhere yet is left to the run"


async def test_a_pull_over_http_goes_the_way_of_every_delivery(
    run: Any, service: Service, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAHUB_SECRET_API", "canary-token")
    async with run(pull_hosts="127.0.0.1") as hub:
        feed = await hub.feed("course", {"course_code": {"from": "id"}, "credits": None})
        say(service, {"rows": [{"id": "A", "credits": 2.50}, {"id": "B", "credits": "?"}]})
        answer = await hub.client.put(
            f"/v1/feeds/{feed}/pull",
            json={
                "kind": "http",
                "url": f"{service.base}/rows",
                "items": "rows",
                "headers": {"Authorization": {"env": "DATAHUB_SECRET_API", "prefix": "Bearer "}},
            },
        )
        state = await hub.pulled(feed)
        service.answer = broken
        failed = await hub.pulled(feed)
        record = await hub.get("records/course/A")
        whole = await whole_lists(hub, service)
        moved = await another_way_of_paging(hub, service)

    assert whole == [("done", 3, 0), ("failed", 3, 0), ("done", 2, 1)]
    begun = {"since": None, "newest": None}
    assert moved == [begun | {"next": "c2"}, None, begun | {"next": 2}, None]
    assert answer.status_code == 201, answer.text
    assert service.headers[0]["Authorization"] == "Bearer canary-token"
    assert ledger(state["last_batch"]) == {"created": 1, "quarantined": 1}
    assert float(record["credits"]) == 2.5
    assert (failed["last_outcome"], failed["last_error"]["code"]) == ("failed", "source-failed")
    assert failed["last_error"]["fixes"]
    assert "canary" not in json.dumps([answer.json(), state, failed])


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


def say_pages(service: Service, *pages: Any) -> None:
    """Answer with these pages; behind the last one the service is broken."""

    async def answer(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("p", "c1").removeprefix("c"))
        return (
            await broken(request) if number > len(pages) else web.json_response(pages[number - 1])
        )

    service.answer = answer


async def whole_lists(hub: Any, service: Service) -> list[tuple[str, int, int]]:
    """Pull snapshots: one that breaks off deletes nothing, the next one what it lacks."""
    more = {"content": "full", "max_vanish_ratio": 0.5}
    feed = await hub.feed("course", {"course_code": {"from": "id"}}, **more)
    paging = {"kind": "page", "param": "p", "size": 2}
    document = {"kind": "http", "url": service.base, "mode": "snapshot", "paging": paging}
    await hub.client.put(f"/v1/feeds/{feed}/pull", json=document)
    found = []
    rows = [{"id": f"W{at}"} for at in range(3)]
    for pages in ((rows[:2], rows[2:]), (rows[:2],), (rows[:2], [])):
        say_pages(service, *pages)
        state = await hub.pulled(feed)
        live = await hub.sql(
            "SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS live, count(deleted_at) AS gone"
            " FROM record_course WHERE key LIKE 'W%'"
        )
        found.append((state["last_outcome"], live[0]["live"], live[0]["gone"]))
    return found


async def another_way_of_paging(hub: Any, service: Service) -> list[Any]:
    """Break off, page otherwise, break off twice: where the place of the next page is kept."""
    feed = await hub.feed("course", {"course_code": {"from": "id"}})
    document = {"kind": "http", "url": service.base, "items": "rows"}
    ways = ({"kind": "cursor", "param": "p", "next": "next"}, {"kind": "page", "param": "p"})
    say_pages(service, {"rows": [{"id": "P1"}], "next": "c2"})

    async def place() -> Any:
        return (await hub.get(f"feeds/{feed}/pull"))["position"]

    found = []
    for paging in ways:
        await hub.client.put(f"/v1/feeds/{feed}/pull", json={**document, "paging": paging})
        found += [await place()] if found else []
        await hub.pulled(feed)
        found.append(await place())
    await hub.pulled(feed)
    return [*found, await place()]
