"""``helix8 simulate`` against a whole suite: by file, REST and NATS, and what it refuses."""

import asyncio
import io
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helix8.demo.college import SYSTEMS
from helix8.demo.portal import running_suite
from helix8.demo.simulate import command
from helix8.demo.simulate.channels import counted
from helix8.demo.simulate.wish import Wish, wish_of
from helix8.embedded.ports import free_port
from helix8.home import Home
from helix8.state import load_state

FIRST = "2026-09-25"
SMALL = "--students=300"
ASKED = re.compile(r"^(\S+)：([\d,]+) 行 rows(?:（脏 dirty (\d+))?", re.MULTILINE)
SUM = re.compile(r"(\d+) deliveries, ([\d,]+) rows, (\d+) dirty; (\d+) not as expected")


def helix8(*arguments: str, code: int = 0) -> str:
    """Run a command; return what it printed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "helix8", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a suite that runs and has no data."""
    directory = tmp_path_factory.mktemp("suite") / "data"
    with pytest.MonkeyPatch.context() as variables:
        # The days lie in one year for ever.
        variables.setenv("DATAHUB_LEARNING_MONTHS", "240")
        helix8("up", "--detach", f"--data={directory}", f"--port={free_port()}")
    yield directory
    helix8("down", f"--data={directory}")


def simulate(data: Path, system: str, *arguments: str, code: int = 0, **variables: str) -> str:
    """Play a system in this process; return what it printed."""
    said = io.StringIO()
    with redirect_stdout(said):
        ended = command.simulate(Home(data), [system, SMALL, *arguments], variables.get)
    assert ended == code, said.getvalue()
    return said.getvalue()


def total(said: str) -> tuple[int, int, int, int]:
    """Return deliveries, rows, dirty rows and surprises of a run."""
    found = SUM.search(said)
    assert found is not None, said
    files, rows, dirty, other = (int(each.replace(",", "")) for each in found.groups())
    return files, rows, dirty, other


FULL = {
    "hr": (2, 214, 1, 0),
    "academic": (13, 5573, 24, 0),
    "student_affairs": (3, 1800, 8, 0),
    "research": (1, 240, 1, 0),
    "assets": (1, 1500, 7, 0),
    "quality": (1, 277, 1, 0),
    "classroom": (6, 1081, 5, 0),
    "survey": (2, 265, 1, 0),
}
"""What each system holds on its first day: deliveries, rows, dirty rows, surprises."""


@pytest.fixture(scope="module")
def uploaded(data: Path) -> dict[str, str]:
    """What each simulator printed that sent all of its first day by REST."""
    return {name: simulate(data, name, "--by=rest", f"--day={FIRST}") for name in SYSTEMS}


@pytest.mark.parametrize("system", FULL)
def test_each_system_sends_all_it_holds_by_rest(system: str, uploaded: dict[str, str]) -> None:
    assert total(uploaded[system]) == FULL[system]
    assert "NOT AS EXPECTED" not in uploaded[system]


def files_in(directory: Path) -> list[Path]:
    """Return all files, hidden ones too."""
    return [file for file in sorted(directory.rglob("*")) if file.is_file()]


async def batches(data: Path, source: str) -> list[dict[str, Any]]:
    async with running_suite(data) as portal:
        found = (await portal.get("/api/datahub/v1/batches", limit=1000)).json()
    return [each for each in found if each["source"] == source]


@pytest.mark.parametrize("system", FULL)
async def test_the_files_are_what_a_person_would_upload(
    system: str, data: Path, uploaded: dict[str, str], tmp_path: Path
) -> None:
    """Uploaded by hand, each changes nothing: they are the same rows."""
    arguments = ("--by=file", f"--to={tmp_path}", f"--day={FIRST}")
    said = await asyncio.to_thread(simulate, data, system, *arguments)
    asked = {name: (rows, dirty) for name, rows, dirty in ASKED.findall(said)}
    feeds = {
        Path(name).name: feed
        for name, feed in re.findall(r"全量 (\S+) → (\S+?)：", uploaded[system])
    }
    written = files_in(tmp_path)

    assert total(said)[:3] == FULL[system][:3]
    assert {file.name for file in written} == set(feeds)
    async with running_suite(data) as portal:
        for file in written:
            kind = "application/x-ndjson" if file.suffix == ".ndjson" else "text/csv"
            query, door = {"feed": feeds[file.name], "mode": "snapshot"}, "batches"
            if feeds[file.name] == "classroom.learning_event":
                query, door = {"source": "classroom"}, "learning-events"
            ledger = await portal.push(file.read_bytes(), kind, query, door=door)
            rows, dirty = asked[f"{system}/{file.name}"]
            fates = {name: ledger[name] for name in ("created", "updated", "vanished", "parked")}
            assert set(fates.values()) == {0}, (file.name, ledger)
            assert ledger["quarantined"] == int(dirty or 0)
            assert ledger["received"] == int(rows.replace(",", ""))


def test_a_file_that_was_sent_is_not_sent_again(data: Path, uploaded: dict[str, str]) -> None:
    said = simulate(data, "academic", "--by=rest", f"--day={FIRST}")

    assert uploaded["academic"].count(" rows: ") == said.count("loaded before") == 13


DELTAS = {
    "hr": ("--by=nats", 1, 2),
    "student_affairs": ("--by=nats", 7, 942),
    "survey": ("--by=nats", 3, 35),
    "academic": ("--by=rest", 5, 200),
    "classroom": ("--by=rest", 10, 186),
    "assets": ("--by=rest", 2, 6),
}
"""The three days after the first: the way, and how many deliveries and rows they take."""


@pytest.mark.parametrize("system", DELTAS)
def test_days_of_changes_meet_the_fates_they_declare(
    system: str, data: Path, uploaded: dict[str, str]
) -> None:
    way, files, rows = DELTAS[system]

    said = simulate(data, system, way, "--delta", "--day=2026-09-26", "--days=3")

    assert uploaded
    assert (*total(said)[:2], total(said)[3]) == (files, rows, 0)


@pytest.mark.parametrize("system", ["hr", "survey"])
async def test_a_snapshot_over_nats_finds_what_the_changes_left(
    system: str, data: Path, uploaded: dict[str, str]
) -> None:
    assert uploaded
    changes = ("--by=rest", "--delta", "--day=2026-09-26", "--days=3")
    await asyncio.to_thread(simulate, data, system, *changes)

    whole = ("--by=nats", "--full", "--day=2026-09-28")
    said = await asyncio.to_thread(simulate, data, system, *whole)

    taken = [each for each in await batches(data, system) if each["mode"] == "snapshot"]
    newest = {each["entity"]: each for each in reversed(taken)}
    assert total(said)[3] == 0
    assert {each["channel"] for each in newest.values()} == {"nats"}
    for each in newest.values():
        assert (each["created"], each["updated"], each["vanished"]) == (0, 0, 0)


@pytest.mark.parametrize("way", ["--by=rest", "--by=nats"])
def test_with_a_rate_records_go_one_by_one(way: str, data: Path, uploaded: dict[str, str]) -> None:
    assert uploaded
    arguments = (way, "--delta", "--day=2026-09-29", "--rate=25", "--dirty=0.1")

    said = simulate(data, "survey", *arguments)

    files, rows, dirty, surprises = total(said)
    seconds = float(re.findall(r"\[ *([\d.]+) s\]", said)[-1])
    assert (files, surprises) == (1, 0)
    assert dirty in {1, 2}
    assert seconds >= (rows - 1) / 25


def test_what_was_broken_off_goes_on(data: Path, uploaded: dict[str, str]) -> None:
    """Killed while the files go out; the next run leaves each of them in the hub once."""
    assert uploaded
    arguments = [SMALL, "--delta", "--day=2026-10-05", "--rate=4"]
    ours = [sys.executable, "-m", "helix8", "simulate", "quality", f"--data={data}", *arguments]
    with subprocess.Popen(ours, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        while "rows" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGKILL)

    said = simulate(data, "quality", *arguments)

    fates = Counter(
        {
            word: int(number)
            for word, number in re.findall(r"(created|updated|unchanged) (\d+)", said)
        }
    )
    assert total(said) == (1, 4, 0, 0)
    assert fates.total() == 4


def test_a_hub_that_is_named_is_reached_with_a_secret_that_is_given(
    data: Path, uploaded: dict[str, str]
) -> None:
    state = load_state(Home(data).state)
    assert uploaded
    assert state is not None
    secrets = data / "secrets"
    password = (secrets / "nats-integrator-assets").read_text()
    nats = ("--by=nats", f"--to=nats://127.0.0.1:{state.ports()['nats']}")
    rest = ("--by=rest", f"--to={state.url}")
    day = ("--delta", "--day=2026-09-30")
    nowhere = data / "nowhere"

    of_file = simulate(nowhere, "research", *rest, f"--secret-file={secrets / 'demo-key'}", *day)
    of_variable = simulate(nowhere, "assets", *nats, *day, HELIX8_NATS_PASSWORD=password)
    refused = simulate(nowhere, "research", *rest, *day, code=1, HELIX8_API_KEY="h8k_no")

    assert total(of_file)[3] == total(of_variable)[3] == 0
    assert "401" in refused


def test_rows_without_their_students_are_told_of_with_the_remedy(
    data: Path, uploaded: dict[str, str]
) -> None:
    """Of a larger college, the student office knows people of whom the hub has not heard."""
    assert uploaded
    arguments = ("--students=330", f"--day={FIRST}", "--seed=7", "--dirty=0.1")

    said = simulate(data, "student_affairs", *arguments, code=1)

    assert "NOT AS EXPECTED" in said
    assert "wait for students, classes or staff: play hr and academic" in said


@pytest.mark.parametrize("way", ["--by=rest", "--by=nats"])
def test_a_snapshot_that_would_delete_too_much_is_refused_with_the_reason(
    way: str, data: Path, uploaded: dict[str, str]
) -> None:
    """Of a later day first; an earlier one then lacks what came in between."""
    assert uploaded
    simulate(data, "survey", "--full", "--day=2026-11-01")

    said = simulate(data, "survey", way, "--full", "--day=2026-09-26", code=1)

    assert "not finished" in said
    assert "too-many-vanish" in said


def wished(home: Path, *arguments: str) -> Wish:
    asked = ["classroom", SMALL, *arguments]
    return wish_of(asked, Home(home), lambda _: None, date(2026, 11, 20))


def logs_of(wish: Wish) -> list[tuple[str, set[str]]]:
    """Return the deliveries of raw events: their day, and the days of the events."""
    return [
        (each.day.isoformat(), {row["timestamp"][:10] for row in each.records})
        for each in wish.deliveries()
        if each.export.is_raw
    ]


def test_events_are_sent_up_to_today_alone(tmp_path: Path) -> None:
    """The hub takes none out of the future; whatever else a later day holds is sent."""
    changes = wished(tmp_path, "--delta", "--day=2026-11-19", "--days=5")
    [whole] = logs_of(wished(tmp_path, "--day=2026-11-27"))

    assert [day for day, _ in logs_of(changes)] == ["2026-11-19", "2026-11-20"]
    assert max(each.day for each in changes.deliveries()) == date(2026, 11, 23)
    assert whole[0] == "2026-11-20"
    assert whole == logs_of(wished(tmp_path, "--day=2026-11-20"))[0]
    assert max(whole[1]) < "2026-11-20"


def test_the_file_of_a_later_day_holds_its_events(tmp_path: Path) -> None:
    [(day, events)] = logs_of(wished(tmp_path, "--by=file", f"--to={tmp_path}", "--day=2026-11-27"))

    assert (day, max(events)) == ("2026-11-27", "2026-11-26")


def test_a_verdict_of_a_message_tells_rejected_rows_from_quarantined_ones() -> None:
    fates = [(1, "rejected"), (2, "quarantined"), (2, "quarantined"), (3, "parked")]
    rows = [{"row": row, "verdict": verdict} for row, verdict in fates]

    counts = counted({"received": 5, "accepted": 2, "rows": rows})

    expected = {"received": 5, "accepted": 2, "rejected": 1, "quarantined": 1, "parked": 1}
    assert counts == expected


USAGE = [
    ([], "须指明业务系统"),
    (["library"], "library: choose one of hr, academic"),
    (["hr", "--by=file"], "--by file needs a folder: --to DIR"),
    (["hr", "--by=file", "--to=http://hub"], "--by file needs a folder: --to DIR"),
    (["hr", "--to=out"], "--to must begin with http:// / https://"),
    (["hr", "--by=nats", "--to=http://hub"], "--to must begin with nats:// / tls://"),
    (["hr", "--to=http://hub"], "no secret: set HELIX8_API_KEY, or give --secret-file"),
    (["hr", "--to=http://hub", "--secret-file=none"], "no file none"),
    (["hr", "--days=2"], "--days goes with --delta alone"),
    (["hr", "--full", "--delta"], "not allowed with argument --full"),
    (["hr", "--rate=2"], "--rate goes with --delta by rest or nats"),
    (["hr", "--rate=0", "--delta"], "0: up to 1000 a second"),
    (["hr", "--day=2026-09-24"], "the days must lie between 2026-09-25 and 2027-01-08"),
    (["hr", "--delta", f"--day={FIRST}"], "the days must lie between 2026-09-26 and 2027-01-08"),
    (["hr", "--delta", "--day=2027-01-08", "--days=2"], "asked for: 2027-01-08 to 2027-01-09"),
    (["hr", "--day=24.11.2026"], "24.11.2026 is no date: write 2026-11-24"),
    (["hr", "--students=100"], "100: between 300 and 29997, in three equal years"),
    (["hr", "--dirty=0.2"], "0.2: 0 to 0.1 is possible"),
    (["hr", "--days=many"], "many is no positive number"),
]


@pytest.mark.parametrize(("arguments", "says"), USAGE)
def test_what_cannot_be_meant_is_refused_by_name(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.simulate(Home(tmp_path), arguments, lambda _: None)

    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_without_a_suite_it_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    said = helix8("simulate", "hr", f"--data={tmp_path / 'none'}", code=1)

    assert "no suite here" in said
    assert list(tmp_path.iterdir()) == []
