"""The demonstration data in a whole suite: loaded, loaded again, and streamed through faults."""

import asyncio
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import asyncpg
import httpx
import pytest
from tests.system import levels_on_facts
from tests.system.test_figure_eight import do

from gateway.docs.domain.operations import operations_of
from helix8.demo import oulad
from helix8.demo.access import OwnSuite
from helix8.demo.integrator import Integrators
from helix8.demo.loader import Loader
from helix8.demo.portal import Portal, RefusedError, running_suite
from helix8.demo.stream import Stream
from helix8.embedded.ports import free_port
from helix8.embedded.postgres import SUPERUSER
from helix8.home import Home
from helix8.progress import Progress
from helix8.state import load_state
from helix8.vault import Vault
from report_service.repository.rebuilding import TABLES
from shared.contracts.vocabulary import Level, level_of
from shared.kit.clock import CAMPUS, now

SAMPLE = Path(str(oulad.__path__[0])) / "sample"
UNFORESEEN = "NOT AS EXPECTED"
DIRTY = r"quarantined (\d+) \("
COLLEGE_FILES = 29


def helix8(*arguments: str) -> str:
    """Run a command; return what it printed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "helix8", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a suite that runs."""
    directory = tmp_path_factory.mktemp("suite") / "data"
    helix8("up", "--detach", f"--data={directory}", f"--port={free_port()}")
    yield directory
    helix8("down", f"--data={directory}")


@pytest.fixture(scope="module")
def loaded(data: Path) -> str:
    """What the first load printed."""
    return helix8("demo", f"--data={data}")


@dataclass(frozen=True, slots=True)
class Again:
    """A second load: what it printed, and the rows that waited in quarantine around it."""

    said: str
    before: dict[str, int]
    after: dict[str, int]


@pytest.fixture(scope="module")
def again(data: Path, loaded: str) -> Again:
    """Load a second time, with nothing new."""
    assert loaded
    before = asyncio.run(put_aside(data))
    said = helix8("demo", f"--data={data}")
    return Again(said, before, asyncio.run(put_aside(data)))


def test_every_row_meets_the_fate_its_file_declares(loaded: str) -> None:
    assert UNFORESEEN not in loaded
    assert "academic/kqxx.csv" in loaded
    assert "studentVle.tsv.gz" in loaded


def test_some_values_are_handed_in_and_one_waits_for_another_person(
    data: Path, loaded: str, again: Again
) -> None:
    async def states() -> Counter[tuple[str, bool]]:
        async with running_suite(data) as portal:
            found = (await portal.get("/api/datahub/v1/handed-in", limit=100)).json()
        return Counter((each["state"], each["counts"]) for each in found)

    assert "6 values handed in, 5 approved now, 1 to be approved" in loaded
    assert "6 values handed in, 0 approved now, 1 to be approved" in again.said
    assert asyncio.run(states()) == {("approved", True): 5, ("waiting", False): 1}


def test_every_binding_is_judged_and_some_raise_alerts(loaded: str) -> None:
    found = re.search(r"(\d+) of (\d+) bindings judged, (\d+) alerts open", loaded)

    assert found is not None
    judged, bindings, alerts = (int(each) for each in found.groups())
    assert judged == bindings == 131
    assert 0 < alerts < 50


SYSTEMS = {
    "academic": {"student": 3000, "score": 8441, "attendance": 33763},
    "hr": {"staff": 199, "org_unit": 14},
    "student_affairs": {"dorm_check": 8955, "affair_case": 597},
    "research": {"research_output": 239},
    "assets": {"asset_item": 1493},
    "quality": {"teaching_evaluation": 276},
    "classroom": {"class_interaction": 143, "assignment": 96},
    "survey": {"survey": 4},
}
"""Rows that each system's first delivery leaves in the records: what came, less what is dirty."""


@pytest.mark.parametrize("system", SYSTEMS)
async def test_each_of_the_systems_has_its_records_in_the_hub(
    data: Path, loaded: str, system: str
) -> None:
    """Each by feeds of its own, in its own words; the dictionary's names come out."""
    assert loaded
    async with running_suite(data) as portal:
        batches = (await portal.get("/api/datahub/v1/batches", limit=1000)).json()
        taken = {
            each["entity"]: each["created"] + each["updated"] + each["unchanged"]
            for each in reversed(batches)
            if each["source"] == system and each["document"]
        }
        entity, rows = next(iter(SYSTEMS[system].items()))
        path = f"/api/datahub/v1/records/{entity}"
        answer = await portal.get(path, limit=1, totalCount=True)
        known = (await portal.get(f"/api/datahub/v1/dictionary/entities/{entity}")).json()

    assert {name: taken[name] for name in SYSTEMS[system]} == SYSTEMS[system]
    assert int(answer.headers["total-count"]) >= rows
    assert set(answer.json()[0]) - {"key", "id", "version"} <= {
        each["name"] for each in known["fields"]
    }


async def judged_by_level(portal: Portal) -> dict[Level, dict[str, Any]]:
    """Return a judgement of each level, once there is one of each."""
    first: dict[Level, dict[str, Any]] = {}
    async with asyncio.timeout(90):
        while len(first) < len(Level):
            found = (await portal.get("/api/target/v1/attainments", limit=1000)).json()
            judged = [each for each in found if each["state"] != "no_data"]
            first = {level_of(each["scope"]): each for each in judged}
    return first


async def test_each_of_the_five_levels_gets_its_report(data: Path, loaded: str) -> None:
    """For one object of each level that has been judged; an object without data is refused."""
    assert loaded
    nobody = {"scope": "course/nobody", "period": "term:2026-2027-1"}
    shown = {}
    async with running_suite(data) as portal:
        for level, each in (await judged_by_level(portal)).items():
            place = {"scope": each["scope"], "period": each["period"]}
            wish = place | {"kind": "self_diagnosis"}
            await portal.post("/api/report/v1/reports", wish)
            [report] = (await portal.get("/api/report/v1/reports", **wish, limit=1)).json()
            html = (await portal.get(f"/api/report/v1/reports/{report['id']}/html")).text
            needed = (report["scope_name"], report["number"], each["title"])
            shown[level] = [part for part in needed if part not in html]
        with pytest.raises(RefusedError, match="reference-unknown"):
            await portal.post("/api/report/v1/reports", nobody)

    assert shown == {level: [] for level in Level}


async def test_the_report_centre_has_an_issued_report_and_one_that_is_written(
    data: Path, loaded: str
) -> None:
    assert loaded
    async with running_suite(data) as portal:
        [issued] = (await portal.get("/api/report/v1/reports", state="issued")).json()
        path = f"/api/report/v1/reports/{issued['id']}"
        assert (issued["scope"].partition("/")[0], issued["template"]) == (
            "school",
            "self_diagnosis",
        )
        assert (await portal.get(f"{path}/pdf")).content.startswith(b"%PDF-1.7")
        asked = {"state": "draft", "kind": "annual_quality"}
        [draft] = (await portal.get("/api/report/v1/reports", **asked)).json()
        texts = (await portal.get(f"/api/report/v1/reports/{draft['id']}/draft")).json()["texts"]
        assert texts["conclusion"]


async def lose_read_model(home: Home) -> None:
    """Delete every row of what the report service knows from others."""
    state = load_state(home.state)
    assert state is not None
    server = await asyncpg.connect(
        host="127.0.0.1",
        port=state.ports()["postgres"],
        user=SUPERUSER,
        password=Vault(home.postgres / "secrets").read(SUPERUSER),
        database="report",
    )
    for table in TABLES:
        await server.execute(f'DELETE FROM "{table}"')  # noqa: S608 — ours
    await server.close()


async def test_a_read_model_of_reports_that_is_lost_is_rebuilt_from_what_services_keep(
    data: Path, loaded: str
) -> None:
    """Deleted, rebuilt from ``/facts`` and the hub's history, and equal to that of the streams."""
    assert loaded
    async with running_suite(data) as portal:
        await Loader(portal=portal, progress=Progress(lambda _: None)).settle()
    said = helix8("rebuild", "reports", f"--data={data}")
    assert said.splitlines()[-1].startswith("0 ")
    assert re.search(r"^= measurement  [1-9]", said, re.MULTILINE), said
    await lose_read_model(Home(data))
    assert "≠ measurement  0 " in helix8("rebuild", "reports", "--apply", f"--data={data}")
    assert helix8("rebuild", "reports", "--streams", f"--data={data}") == said


async def test_a_review_package_of_a_major_has_the_rows_behind_its_values(
    data: Path, loaded: str, tmp_path: Path
) -> None:
    """One command, one archive that opens offline: what is in it is what its manifest says."""
    assert loaded
    file = tmp_path / "review.zip"
    async with running_suite(data) as portal:
        judged = (await judged_by_level(portal))[Level.MAJOR]
    wanted = ("--scope", judged["scope"], "--period", judged["period"], "--draw", "2")
    said = helix8("review", *wanted, "--out", str(file), f"--data={data}")

    with ZipFile(file) as zipped:
        files = {each: zipped.read(each) for each in zipped.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: sha256(each).hexdigest() for name, each in files.items()}
    traces = json.loads(files["traces.json"])
    rows = {each["rows"] for each in traces if each["measurement"]}
    assert traces[0]["scope"] == judged["scope"]
    assert rows
    assert rows <= files.keys(), said
    assert [each["step"] for each in traces[0]["links"]] == [
        "goal",
        "standard",
        "task",
        "value",
        "alert",
        "measure",
        "effect",
    ]


async def test_what_employers_answer_about_a_major_warns_it_and_is_corrected_at_once(
    data: Path, loaded: str
) -> None:
    """A survey of employers falls short: the major is warned, and its lead gets a correction."""
    assert loaded
    scope = "major/440301"
    corrected: list[Any] = []
    async with running_suite(data) as portal, asyncio.timeout(60):
        while not corrected:
            alerts = (await portal.get("/api/alert/v1/alerts", scope=scope, limit=1000)).json()
            about = [each for each in alerts if each["indicator"] == "employer_content_ratio"]
            found = (await portal.get("/api/spiral/v1/corrections", limit=1000)).json()
            ids = {each["id"] for each in about}
            of_scope = [each for each in found if each["scope"] == scope]
            corrected = [each for each in of_scope if any(id_ in str(each) for id_ in ids)]

    assert [each["state"] != "settled" for each in about] == [True]


CHAIN = ("school-pass", "unit-JZGC-pass", "major-440301-pass", "course-C0011-pass")
"""The goals of one chain, from the school down to a course."""

TARGET = "/api/target/v1"


async def test_the_chain_of_goals_leads_from_the_school_to_a_teacher_and_a_student(
    data: Path, loaded: str
) -> None:
    assert loaded
    async with running_suite(data) as portal:
        levels = {
            key: (await portal.get(f"{TARGET}/chain", parent=key, limit=100)).json()
            for key in CHAIN
        }
        goals = {
            key: (await portal.get(f"{TARGET}/goals/{key}")).json()
            for key in (*CHAIN, "teacher-T060-rating", "student-20260001-pass")
        }
        lint = (await portal.get(f"{TARGET}/goals/lint", limit=200)).json()
        every = (await portal.get(f"{TARGET}/goals", limit=1000)).json()
        plans = (await portal.get(f"{TARGET}/plans", limit=100)).json()

    beneath = {key: {each["key"] for each in level} for key, level in levels.items()}
    assert all(below in beneath[above] for above, below in pairwise(CHAIN))
    assert beneath[CHAIN[-1]] == {"teacher-T060-rating", "student-20260001-pass"}
    assert {key: each["state"] for key, each in goals.items()} == dict.fromkeys(goals, "published")
    assert all(each["standing"]["attainment"] is not None for each in goals.values())
    assert Counter(each["state"] for each in every)["draft"] == 0
    assert [each for each in lint if each["rule"] == "rootless"] == []
    assert {each["kind"] for each in plans if each["state"] == "approved"} == {
        *("five_year", "special", "year", "construction", "personal"),
    }


async def test_the_chain_of_standards_has_documents_of_every_kind_that_bind(
    data: Path, loaded: str
) -> None:
    assert loaded
    async with running_suite(data) as portal:
        found = (await portal.get(f"{TARGET}/standards", state="approved", limit=200)).json()
        bound = (await portal.get(f"{TARGET}/bindings", standard="std-major", limit=100)).json()
        teacher = f"{TARGET}/scopes/teacher/T060/next-tier"
        missing = (await portal.get(teacher, standard="std-teacher")).json()
        support = f"{TARGET}/standards/std-plan-440301/support"
        supported = (await portal.get(support, period="term:2026-2027-1")).json()
        lint = (await portal.get(f"{TARGET}/standards/std-plan-440301/lint")).json()

    documents = {each["kind"]: each for each in found if each["kind"] != "line"}
    assert len(documents) == 10
    assert {each["approved_by"] for each in documents.values()} == {"person/demo"}
    assert {each["object_class"] for each in bound} == {None}
    assert len(bound) == 12
    assert all(each["tiers_in_force"]["qualified"] for each in bound)
    assert {each["indicator"] for each in missing["criteria"]} == {"evaluation_score", "papers"}
    assert [each["requirement"] for each in supported["requirements"]] == ["R1", "R2", "R3"]
    assert supported["requirements"][1]["attainment"] is not None
    assert lint["findings"] == []


async def test_assessments_are_published_and_explained_to_the_indicator(
    data: Path, loaded: str
) -> None:
    assert loaded
    async with running_suite(data) as portal:
        every = (await portal.get(f"{TARGET}/assessment-runs", limit=50)).json()
        runs = [each for each in every if each["state"] != "collecting"]
        asked = {"mine": "false", "service": "target", "limit": 200}
        work = (await portal.get("/api/spiral/v1/work-items", **asked)).json()
        by_purpose = {each["purpose"]: each for each in runs}
        results = {
            purpose: (
                await portal.get(f"{TARGET}/assessment-runs/{run['key']}/results", limit=50)
            ).json()
            for purpose, run in by_purpose.items()
        }
        key = by_purpose["department"]["key"]
        path = f"{TARGET}/assessment-runs/{key}"
        explained = (await portal.get(f"{path}/results/unit/JWC")).json()
        checked = (await portal.get(f"{path}/verification")).json()

    assert {each["state"] for each in runs} == {"published"}
    assert len(every) == len(runs) + 1
    assert any("assessment" in each["step"] for each in work)
    assert set(by_purpose) == {"department", "cadre", "selection", "adjustment", "honour"}
    lines = {each["item"]: each for each in explained["lines"]}
    assert lines["affairs"]["parts"][0]["source"]["indicator"] == "affair_on_time_rate"
    assert lines["tasks"]["parts"][0]["source"]["tasks"]
    assert lines["marks"]["marks"]["peers"]["mean"] == "90"
    assert checked == {"same": True, "differs": []}
    chosen = [each for each in results["selection"] if each["choice"] == "chosen"]
    assert len(chosen) == 3
    yellow = [each["subject"] for each in results["adjustment"] if "yellow" in each["verdicts"]]
    assert yellow == ["major/440104", "major/510205"]
    nominated = [each for each in results["honour"] if "nominated" in each["verdicts"]]
    assert nominated
    assert {each["decision"] for each in nominated} == {"confirmed"}


BODIES = {
    "M140": ("校长", 2),
    "M141": ("副校长", 3),
    "M142": ("特聘专家", 8),
    "M143": ("校长", 4),
    "M144": ("分管教学工作校领导", 3),
    "M145": ("分管教师发展校领导", 3),
    "M146": ("分管学生工作校领导", 2),
    "M147": ("分管信息化工作校领导", 3),
    "M148": ("分管诊改工作校领导", 2),
    "M149": ("各二级学院（部）负责人", 1),
}
"""The bodies of the plan: who answers for their duties, and how many these are."""


async def test_the_bodies_of_the_plan_are_appointed_and_somebody_answers_for_each_duty(
    data: Path, loaded: str
) -> None:
    assert loaded
    async with running_suite(data) as portal:
        found = (await portal.get(f"{TARGET}/bodies", limit=50)).json()
        [resolution] = (await portal.get(f"{TARGET}/resolutions")).json()

    bodies = {each["key"]: each for each in found if each["key"] in BODIES}
    documents = {key: each["document"] for key, each in bodies.items()}
    answering = {
        key: Counter(each["party"] for each in said["matrix"] if each["part"] == "A")
        for key, said in documents.items()
    }
    assert answering == {key: {who: duties} for key, (who, duties) in BODIES.items()}
    for key, said in documents.items():
        duties = {each["key"] for each in said["duties"]}
        assert duties == {each["duty"] for each in said["matrix"] if each["part"] == "R"}, key
        assert bodies[key]["follows"]["members_today"], key
        assert said["since"] == "2020-12-18", key
    assert {each["kind"] for each in resolution["document"]["decides"]} == {"body"}


async def test_the_culture_of_quality_and_advice_to_a_student_are_shown(
    data: Path, loaded: str
) -> None:
    """Three levels by four measures, participation by role, phase and level, advice on record."""
    assert loaded
    at = now().astimezone(CAMPUS)
    place = {"scope": "school/19001", "period": f"year:{at.year}"}
    days = {"from": f"{at.year}-01-01", "to": f"{at.year}-12-31"}
    async with running_suite(data) as portal:
        index = (await portal.get("/api/spiral/v1/culture/index", **place)).json()
        part = (await portal.get("/api/spiral/v1/culture/participation", **days)).json()
        [campaign] = (await portal.get("/api/spiral/v1/culture/campaigns", limit=5)).json()
        said = (await portal.get("/api/spiral/v1/advice", student="student/20260001")).json()

    assert (len(index["cells"]), sum(each["score"] is not None for each in index["cells"])) == (
        12,
        6,
    )
    assert (index["survey"], index["words"][:13]) == ("73.00", "0.6 × 73.00 +")
    took_part = {
        name: {each["name"] for each in part[name] if each["count"]}
        for name in ("roles", "phases", "fields")
    }
    assert took_part["phases"] == {"before", "during", "after"}
    assert took_part["fields"] == {each.value for each in Level}
    assert took_part["roles"] >= {"school_leader", "unit_head", "major_lead", "course_lead"}
    assert took_part["roles"] >= {"counsellor", "head_teacher", "teacher", "student"}
    assert all(
        each["count"] for each in index["uses"] if each["name"] in {"participation", "sign_ins"}
    )
    assert (campaign["participants"], campaign["materials"][0]["name"]) == (860, "质量月海报.txt")
    assert [(each["topic"], each["by"]) for each in said] == [("学习方法", "person/T005")]


async def put_aside(data: Path) -> dict[str, int]:
    """Return how many rows wait in quarantine, by feed."""
    async with running_suite(data) as portal:
        causes = (await portal.get("/api/datahub/v1/quarantine/causes")).json()
    rows: Counter[str] = Counter()
    for each in causes:
        rows[each["feed"]] += each["leading"]
    return dict(rows)


def test_a_second_load_finds_everything_as_it_is(loaded: str, again: Again) -> None:
    assert set(re.findall(r"(\d+) new or changed", again.said)) == {"0"}
    assert again.said.count("loaded before") == loaded.count(" rows: ")
    assert " rows: " not in again.said
    assert again.before == again.after
    assert sum(again.before.values()) == sum(int(each) for each in re.findall(DIRTY, loaded)) > 300


async def test_a_file_is_read_again_under_another_version_of_its_feed(
    data: Path, loaded: str
) -> None:
    """The college's own version comes back with the load, as a third one."""
    path = "/api/datahub/v1/feeds/academic.major"
    async with running_suite(data) as portal:
        document = (await portal.get(path)).json()["document"]
        assert await portal.put(path, {**document, "null_words": ["-"]})

    said = await asyncio.to_thread(helix8, "demo", f"--data={data}")

    assert loaded
    assert re.findall(r"(\S+) → academic.major：12 行，未变 12", said) == ["academic/zyxx.csv"]
    assert said.count(" rows: ") == 1


async def test_every_level_is_walked_on_facts_of_the_services_to_its_next_cycle(
    data: Path, loaded: str
) -> None:
    """And the state of every cycle of the college is that of its events."""
    assert loaded
    state, vault = load_state(Home(data).state), Home(data).vault()
    assert state is not None
    more = {"base_url": state.url, "timeout": 30, "trust_env": False}
    key, origin = vault.read("demo-key"), {"origin": state.url}
    async with (
        httpx.AsyncClient(headers={"authorization": f"Bearer {key}"}, **more) as portal,
        httpx.AsyncClient(headers=origin, **more) as person,
        httpx.AsyncClient(headers=origin, **more) as office,
    ):
        await sign_in(person, "demo", vault.read("demo-password"))
        password = "correct horse battery"
        about = {"subject": "person/LV-Q1", "name": "LV-Q1", "roles": ["quality_office"]}
        account = about | {"login": "lv-q1", "password": password}
        await do(person, "/api/gateway/v1/accounts", account)
        await sign_in(office, "lv-q1", password)
        seen = await levels_on_facts.walk_all(portal, person, office)

    assert seen == levels_on_facts.WALKED
    assert re.search(r"^[1-9]\d+ 个周期，0 个不符", helix8("rebuild", "cycles", f"--data={data}"))


async def sign_in(client: httpx.AsyncClient, login: str, password: str) -> None:
    """Begin a session."""
    await do(client, "/api/gateway/v1/sessions", {"login": login, "password": password})


@pytest.mark.long
def test_the_full_set_replaces_the_sample_and_is_not_replaced_by_it(
    data: Path, loaded: str, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    shutil.copytree(SAMPLE, full)
    clicks = gzip.decompress((SAMPLE / "studentVle.tsv.gz").read_bytes())
    some = clicks.splitlines(keepends=True)[1:11]
    (full / "studentVle.tsv.gz").write_bytes(gzip.compress(clicks + b"".join(some)))
    with (full / "courses.csv").open("a", encoding="utf-8") as courses:
        # The bindings of the full set are about these too.
        for name in ("DDD-2013B", "DDD-2013J", "EEE-2013J", "FFF-2013B", "FFF-2013J", "GGG-2013J"):
            courses.write(f"{name.replace('-', ',')},240\n")

    said = helix8("demo", f"--data={data}", f"--oulad={full}")
    again = helix8("demo", f"--data={data}")

    assert loaded
    assert "71,350 rows" in said
    assert "the sample is left out" in again


async def test_the_stream_goes_on_when_gateway_and_nats_die(data: Path, loaded: str) -> None:
    portal = running_suite(data)
    stream = Stream(portal=portal, progress=Progress(lambda _: None), rate=40, now=now)
    async with portal:
        running = asyncio.create_task(stream.run())
        await _until(lambda: min(stream.sent["nats"], stream.sent["rest"]) > 20)
        for name in ("gateway", "nats"):
            _kill(data, name)
        before = stream.sent.copy()
        await _until(
            lambda: all(stream.sent[each] > before[each] + 20 for each in ("nats", "rest"))
        )
        await _until(lambda: stream.heard["accepted"] > before["nats"])
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    assert loaded
    assert stream.sent["refused"] == 0
    assert set(stream.heard) <= {"accepted", "duplicate"}
    assert set(+stream.fates) <= {"created", "updated", "unchanged", "duplicate"}


async def test_a_sender_counts_the_verdicts_on_its_own_messages_alone(
    data: Path, loaded: str
) -> None:
    mine, other = (Integrators(OwnSuite(Home(data)), Counter()) for _ in range(2))
    row = {"XH": "20260001", "CQSJ": "2026-11-20 22:11:00.0", "ZQZT": "在寝"}

    async def push(sender: Integrators) -> None:
        await sender.push("student_affairs", "dorm_check", "upsert", row, now())

    for sender in (mine, other, other, other):
        await push(sender)
    await _until(lambda: (mine.verdicts.total(), other.verdicts.total()) == (1, 3))
    await push(mine)
    await _until(lambda: mine.verdicts.total() == 2)
    await asyncio.gather(mine.close(), other.close())

    assert loaded
    assert other.verdicts.total() == 3


@pytest.mark.timeout(600)
async def test_the_next_start_finds_the_files_loaded_and_goes_on_pushing(
    data: Path, loaded: str
) -> None:
    assert loaded
    helix8("down", f"--data={data}")
    helix8("up", "--demo", "--detach", f"--data={data}", f"--port={free_port()}")
    log = Home(data).log("demo")

    await _until(lambda: log.exists() and "pushing 2 changes a second" in log.read_text(), 180)

    said = log.read_text()
    assert said.count("loaded before") >= COLLEGE_FILES
    assert " rows: " not in said
    assert UNFORESEEN not in said


@pytest.mark.long
async def test_who_feeds_the_demonstration_begins_again_when_it_was_killed(
    data: Path, loaded: str
) -> None:
    assert loaded
    helix8("down", f"--data={data}")
    log = Home(data).log("demo")
    log.unlink(missing_ok=True)
    helix8("up", "--demo", "--detach", f"--data={data}", f"--port={free_port()}")

    def begun() -> int:
        return log.read_text().count("pushing 2 changes a second") if log.exists() else 0

    await _until(lambda: begun() == 1, 180)
    _kill(data, "demo")
    await _until(lambda: begun() == 2, 180)

    assert UNFORESEEN not in log.read_text()


UNREACHABLE = {
    # A student or a class must be named, and neither of the two is required.
    "GET /api/datahub/v1/learning-events": "whose-events",
    # So must indicators or the core ones, and scopes or a kind of them.
    "GET /api/datahub/v1/grid?period=term%3A2026-2027-1": "measurements-question",
    # The example is the college's own from the start: nothing shipped lies beneath it.
    "DELETE /api/datahub/v1/indicators/example_withdrawal_rate/override": "not-overridden",
    # A person approves, and the example is sent by a system.
    "POST /api/target/v1/standards/example-standard/decision": "standard-not-yours",
    "POST /api/target/v1/plans/example-plan/approve": "not-yours",
    # A person says whether a value about him is right.
    "POST /api/datahub/v1/statements": "statement-not-yours",
    # No later goal has a lower target there.
    "POST /api/spiral/v1/measures/lowered-targets": "reference-unknown",
}


async def test_every_documented_example_runs_on_the_demonstration(data: Path, loaded: str) -> None:
    assert loaded
    async with running_suite(data) as portal:
        merged = (await portal.get("/api/openapi.json")).json()
    suite = load_state(Home(data).state)
    assert suite is not None
    key = Home(data).vault().read("demo-key")
    refused = {}
    async with httpx.AsyncClient(
        base_url=suite.url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    ) as client:
        for each in operations_of(merged):
            # The stream never ends, and accounts are an administrator's.
            if each.service == "gateway":
                continue
            # The audit is an auditor's, and what is held of somebody is told by the gateway.
            if any(need.startswith(("audit:", "persons:")) for need in each.permissions):
                continue
            # ``@file`` is a file of the reader's own.
            shown = [body for body in each.bodies if not (body.example or "").startswith("@")]
            body = next(iter(shown or each.bodies), None)
            answer = await client.request(
                each.method,
                each.target,
                content=(body.example or "").encode() if body else None,
                headers={"Content-Type": body.media} if body else {},
            )
            # What is there may be in another state than a step needs: its words were right.
            if not answer.is_success and answer.status_code != 409:
                refused[f"{each.method} {each.target}"] = answer.json()["type"].rsplit(":", 1)[1]

    # What a number or an id of an example names may not be there; its form and words must be right.
    assert {
        name: code for name, code in refused.items() if not code.endswith("not-found")
    } == UNREACHABLE


def _kill(data: Path, name: str) -> None:
    state = load_state(Home(data).state)
    assert state is not None
    [pid] = [each.pid for each in state.processes if each.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def _until(holds: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.05)
