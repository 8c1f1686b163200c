"""Watched folders: each file is claimed, read once, and put away with a report."""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pytest_asyncio

from datahub.ingest.api.bodies import read_chunks
from datahub.ingest.repository.feeds import get_feed
from datahub.pulls import usecases
from datahub.pulls.domain.pull import FolderSource
from datahub.pulls.jobs.files import _Taking
from datahub.pulls.sources.folder import Claimed, Watched
from shared.kit.clock import now
from shared.kit.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": {"from": "kch"}, "name": {"from": "kcmc"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(run: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """A hub that may watch below one folder."""
    root = tmp_path_factory.mktemp("watched")
    async with run(pull_roots=f"/nowhere{os.pathsep}{root}") as running:
        running.root = root
        yield running


class Box:
    """A watched folder and its feed."""

    def __init__(self, hub: Any, feed: str, folder: Path) -> None:
        self.hub = hub
        self.feed = feed
        self.folder = folder

    def put(self, name: str, body: bytes | str) -> None:
        """Put a file there."""
        data = body if isinstance(body, bytes) else body.encode()
        (self.folder / name).write_bytes(data)

    def files(self, place: str = "") -> list[str]:
        """Return the files of a place, without their claims and reports."""
        found = sorted(path.name for path in (self.folder / place).iterdir() if path.is_file())
        return [name[31:] if place else name for name in found if not name.endswith(".json")]

    def reports(self, place: str) -> list[dict[str, Any]]:
        """Return the reports of a place, in the order of their files."""
        found = sorted((self.folder / place).glob("*.report.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]


async def box(hub: Any, fields: Any = None, entity: str = "course", **more: Any) -> Box:
    """Return a folder that is watched for a new feed."""
    shape = {name: more.pop(name) for name in ("pattern", "mode") if name in more}
    feed = await hub.feed(entity, fields or COURSE, **more)
    folder = hub.root / feed
    folder.mkdir()
    document = {"kind": "folder", "path": str(folder), "settle_seconds": 1, **shape}
    answer = await hub.client.put(f"/v1/feeds/{feed}/pull", json=document)
    assert answer.status_code == 201, answer.text
    return Box(hub, feed, folder)


def book(*rows: list[Any]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


async def test_files_of_every_kind_are_read_and_put_away_with_a_report(
    hub: Any, ledger: Ledger
) -> None:
    place = await box(hub)
    a, b, c = hub.name("F"), hub.name("F"), hub.name("F")
    place.put("1.csv", f"kch,kcmc\n{a},x\n,y\n")
    place.put("2.ndjson", f'{{"kch": "{b}", "kcmc": "x"}}\n')
    place.put("3.xlsx", book(["kch", "kcmc"], [c, "x"]))

    state = await hub.pulled(place.feed)

    assert (state["last_outcome"], state["last_error"], state["position"]) == ("done", None, None)
    assert (place.files(), place.files("working"), place.files("failed")) == ([], [], [])
    assert place.files("done") == ["1.csv", "2.ndjson", "3.xlsx"]
    reports = place.reports("done")
    assert [ledger(report["batch"]) for report in reports] == [
        {"created": 1, "quarantined": 1},
        {"created": 1},
        {"created": 1},
    ]
    [aside] = reports[0]["put_aside"]
    assert (aside["row"], aside["code"], aside["raw"]) == (2, "missing", {"kcmc": "y"})
    assert {report["batch"]["channel"] for report in reports} == {"pull"}
    assert [report["batch"]["document"] for report in reports] == ["1.csv", "2.ndjson", "3.xlsx"]


async def test_a_file_that_cannot_be_read_fails_alone(hub: Any) -> None:
    place = await box(hub)
    place.put("bad.csv", "a,b\n1,2\n")
    place.put("bad.pdf", "%PDF")
    place.put("good.csv", f"kch,kcmc\n{hub.name('F')},x\n")

    state = await hub.pulled(place.feed)

    assert place.files("failed") == ["bad.csv", "bad.pdf"]
    assert place.files("done") == ["good.csv"]
    assert [each["error"]["code"] for each in place.reports("failed")] == [
        "columns-differ",
        "unreadable-file",
    ]
    assert (state["last_outcome"], state["last_error"]["file"]) == ("failed", "bad.pdf")
    assert state["last_error"]["fixes"]


async def test_names_that_are_long_or_in_gbk_are_taken_like_any_other(hub: Any) -> None:
    place = await box(hub)
    long = f"{'课' * 83}.csv"
    gbk = os.fsdecode("课程.csv".encode("gb18030"))
    for name in (long, gbk):
        place.put(name, f"kch,kcmc\n{hub.name('F')},x\n")

    state = await hub.pulled(place.feed)

    assert (state["last_outcome"], place.files(), place.files("working")) == ("done", [], [])
    told = sorted(each["batch"]["document"] for each in place.reports("done"))
    assert told == ["课程.csv", f"{'课' * 69}.csv"]


async def test_a_file_that_the_hub_may_not_read_keeps_no_other_one_waiting(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await box(hub)
    for name in ("a.csv", "b.csv"):
        place.put(name, f"kch,kcmc\n{hub.name('F')},x\n")
    digest = Claimed.digest

    def guarded(file: Claimed) -> tuple[str, int]:
        if file.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return digest(file)

    monkeypatch.setattr(Claimed, "digest", guarded)
    state = await hub.pulled(place.feed)
    waiting = place.files("working")
    monkeypatch.undo()
    mended = await hub.pulled(place.feed)

    error = state["last_error"]
    assert (error["file"], error["en"]) == ("a.csv", "the hub may not read a.csv")
    assert (waiting, mended["last_outcome"]) == (["a.csv"], "done")
    assert place.files("done") == ["a.csv", "b.csv"]


async def test_only_whole_files_of_the_pattern_are_taken(hub: Any, tmp_path: Path) -> None:
    place = await box(hub, pattern="kc-*.csv")
    secret = tmp_path / "secret.csv"
    secret.write_text("kch,kcmc\nsecret,x\n", encoding="utf-8")
    (place.folder / "kc-link.csv").symlink_to(secret)
    (place.folder / "kc-folder.csv").mkdir()
    for name in ("xs-1.csv", ".kc-1.csv", "~$kc-1.csv", "kc-2.csv.part", "kc-3.CSV.tmp"):
        place.put(name, "kch,kcmc\nno,x\n")
    place.put("kc-1.csv", f"kch,kcmc\n{hub.name('F')},x\n")

    await hub.pulled(place.feed)

    assert place.files("done") == ["kc-1.csv"]
    assert len(place.files()) == 6
    assert (await hub.client.get("/v1/records/course/secret")).status_code == 404


async def test_a_file_that_still_grows_is_left(hub: Any) -> None:
    folder = hub.root / hub.name("grow")
    folder.mkdir()
    watched = Watched(FolderSource(path=str(folder), settle_seconds=1))
    (folder / "a.csv").write_text("a", encoding="utf-8")
    looking = asyncio.create_task(watched.settled())
    await asyncio.sleep(0.3)
    (folder / "a.csv").write_text("aa", encoding="utf-8")

    assert await looking == []
    assert await watched.settled() == ["a.csv"]


async def test_of_two_hubs_one_claims_a_file(hub: Any) -> None:
    folder = hub.root / hub.name("claim")
    folder.mkdir()
    hubs = [Watched(FolderSource(path=str(folder))) for _ in range(2)]
    [each.left() for each in hubs]
    (folder / "a.csv").write_text("a", encoding="utf-8")

    claims = [each.claim("a.csv", now()) for each in hubs]

    assert [claim is not None for claim in claims] == [True, False]


async def test_the_same_file_again_changes_nothing_and_an_older_one_does(
    hub: Any, ledger: Ledger
) -> None:
    place = await box(hub)
    code = hub.name("F")
    for name in ("x", "x", "y", "x"):
        place.put("kc.csv", f"kch,kcmc\n{code},{name}\n")
        await hub.pulled(place.feed)

    reports = place.reports("done")
    batches = [each["batch"] and ledger(each["batch"]) for each in reports]

    assert [each["state"] for each in reports] == ["done", "same", "done", "done"]
    assert batches == [{"created": 1}, None, {"updated": 1}, {"updated": 1}]
    assert (await hub.get(f"records/course/{code}"))["version"] == 3

    # In another mode it says something else.
    pull = (await hub.get(f"feeds/{place.feed}/pull"))["document"] | {"mode": "delete"}
    await hub.client.put(f"/v1/feeds/{place.feed}/pull", json=pull)
    place.put("kc.csv", f"kch,kcmc\n{code},x\n")
    state = await hub.pulled(place.feed)
    assert ledger(state["last_batch"]) == {"deleted": 1}


async def begun(hub: Any, place: Box) -> _Taking:
    """Begin to take the only file, as a hub does that is about to be killed."""
    app = hub.client._transport.app
    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, place.feed, await app.state.dictionaries.current(tx))
        run = await usecases.begin(tx, feed, app.state.reach, uuid7())
    watched = Watched(run.pull.source)
    watched.left()
    [name] = await watched.settled()
    claimed = watched.claim(name, now())
    assert claimed is not None
    return _Taking(hub.database, run, claimed)


async def test_a_killed_run_goes_on_with_its_file_where_its_last_commit_ended(
    hub: Any, ledger: Ledger
) -> None:
    place = await box(hub)
    mark = hub.name("F")
    place.put("kc.csv", "kch,kcmc\n" + "".join(f"{mark}-{at},x\n" for at in range(65_000)))
    taking = await begun(hub, place)
    with taking._file.open() as file:
        chunks = read_chunks(file, "text/csv", taking._run.feed, "upsert")
        for _ in range(2):
            await taking._take_chunk(await anext(chunks))
    [half] = await hub.get("batches", feed=place.feed)
    # Another file of that name comes while nobody runs.
    place.put("kc.csv", f"kch,kcmc\n{mark}-0,y\n")

    await hub.pulled(place.feed)

    reports = place.reports("done")
    # A block of 60,000 lines, of which the first names the columns.
    assert (half["received"], half["finished_at"]) == (59_999, None)
    assert [ledger(each["batch"]) for each in reports] == [{"created": 65_000}, {"updated": 1}]
    assert reports[0]["batch"]["batch"] == half["batch"]
    assert place.files("working") == []


async def test_a_run_killed_between_commit_and_rename_only_puts_the_file_away(
    hub: Any, ledger: Ledger
) -> None:
    place = await box(hub)
    place.put("kc.csv", f"kch,kcmc\n{hub.name('F')},x\n")
    await (await begun(hub, place)).take()
    waiting = place.files("working")

    state = await hub.pulled(place.feed)

    assert waiting == ["kc.csv"]
    assert (place.files("working"), place.files("done")) == ([], ["kc.csv"])
    assert [ledger(each["batch"]) for each in place.reports("done")] == [{"created": 1}]
    assert len(await hub.get("batches", feed=place.feed)) == 1
    assert state["last_outcome"] == "done"


async def test_a_file_of_an_aggregating_feed_is_one_document(hub: Any, ledger: Ledger) -> None:
    place = await box(
        hub,
        dict.fromkeys(("student_no", "class_no", "date")),
        "learning_daily",
        aggregate={"identity": "document", "measures": {"clicks": {"sum": "n"}}},
        never_waits_for=["student_no", "class_no"],
    )
    student = hub.name("S")
    head = "student_no,class_no,date,n\n"
    place.put("day.csv", head + f"{student},C,2026-01-01,2\n{student},C,2026-01-01,3\n")
    await hub.pulled(place.feed)
    place.put("day.csv", head + f"{student},C,2026-01-01,4\n")

    state = await hub.pulled(place.feed)

    assert ledger(state["last_batch"]) == {"updated": 1}
    assert (await hub.get(f"records/learning_daily/{student}/C/2026-01-01"))["clicks"] == 4
    assert len(place.reports("done")) == 2


async def test_of_whole_files_what_the_last_one_lacks_is_deleted(hub: Any, ledger: Ledger) -> None:
    place = await box(hub, mode="snapshot", content="full")
    keys = [hub.name("F") for _ in range(10)]

    async def put(*held: str) -> dict[str, Any]:
        place.put("kc.csv", "kch,kcmc\n" + "".join(f"{each},x\n" for each in held))
        state: dict[str, Any] = await hub.pulled(place.feed)
        return state

    first = await put(*keys)
    second = await put(*keys[1:])
    third = await put(keys[0])

    assert ledger(first["last_batch"]) == {"created": 10}
    assert ledger(second["last_batch"]) == {"unchanged": 9}
    assert second["last_batch"]["vanished"] == 1
    assert second["last_batch"]["document"] == "kc.csv"
    assert (await hub.client.get(f"/v1/records/course/{keys[0]}")).status_code == 404
    # A file of one row in place of nine is half a file, not a college that closes.
    assert third["last_error"]["code"] == "too-many-vanish"
    assert place.files("failed") == ["kc.csv"]
    assert (await hub.client.get(f"/v1/records/course/{keys[9]}")).status_code == 200
