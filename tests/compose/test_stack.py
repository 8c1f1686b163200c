"""What the containers may, how one enters, and what happens when one is killed."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.testing import connect_by_nkey
from tests.compose.stack import EVERYTHING, KEEPERS, SERVICES, Stack, seconds_until

pytestmark = pytest.mark.needs("docker")

FEED = {
    "feed": "compose.course",
    "source": "academic",
    "entity": "course",
    "fields": {"course_code": {"from": "kch"}, "name": {"from": "kcmc"}},
}
RECORD = "/api/datahub/v1/records/course/C-01"


def put_a_record(portal: httpx.Client, name: str = "工程测量") -> None:
    """Teach the hub a feed, and push one course by it."""
    answer = portal.put("/api/datahub/v1/feeds/compose.course", json=FEED)
    assert answer.status_code in {200, 201}, answer.text
    answer = portal.post(
        "/api/datahub/v1/batches?feed=compose.course",
        content=json.dumps({"kch": "C-01", "kcmc": name}).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["received"] == 1


@pytest.fixture
def caller(suite: Stack) -> Any:
    """Calls the gateway with the demo's key."""
    with httpx.Client(
        base_url=suite.url, headers=suite.api_key, timeout=30, trust_env=False
    ) as client:
        yield client


def test_all_containers_are_up_and_the_whole_suite_is_ready(suite: Stack) -> None:
    told = suite.containers()
    assert set(told) == set(EVERYTHING)
    health = {name: each["State"].get("Health", {}).get("Status") for name, each in told.items()}
    unasked = dict.fromkeys(("nats", *KEEPERS))
    assert health == dict.fromkeys((*SERVICES, "postgres"), "healthy") | unasked
    assert suite.ready()


def test_the_demo_signs_in_with_the_generated_password_only(suite: Stack) -> None:
    sessions = "/api/gateway/v1/sessions"
    with httpx.Client(base_url=suite.url, trust_env=False) as browser:
        wrong = browser.post(sessions, json={"login": "demo", "password": "demo"})
        assert wrong.status_code == 401
        password = suite.secret("demo-password")
        right = browser.post(sessions, json={"login": "demo", "password": password})
        assert right.is_success, right.text
        me = browser.get("/api/gateway/v1/me")
        assert me.status_code == 200
        assert browser.get("/").status_code == 200


def test_a_record_pushed_over_http_is_readable(caller: httpx.Client) -> None:
    put_a_record(caller)
    answer = caller.get(RECORD)
    assert answer.status_code == 200, answer.text
    assert "工程测量" in answer.text


async def test_a_source_system_that_is_registered_pushes_by_its_key(
    suite: Stack, portal: httpx.AsyncClient
) -> None:
    hub = "/api/datahub/v1"
    library = {"name_zh": "图书馆系统", "name_en": "Library system", "entities": ["course"]}
    feed = {**FEED, "feed": "library.course", "source": "library", "default": True}
    await portal.put(f"{hub}/source-systems/library", json=library)
    assert (await portal.put(f"{hub}/feeds/library.course", json=feed)).is_success
    made = (await portal.post(f"{hub}/source-systems/library/keys", json={})).json()
    look = ("exec", "-T", "nats-accounts", "cat", "/config/nats.conf")
    seconds_until(lambda: made["id"] in suite.compose(*look), 30)
    await asyncio.sleep(1)  # the server reads the file after it is written
    client = await connect_by_nkey(suite.nats_url, "library", made)
    verdicts = await client.subscribe("qa.verdict.v1.library")
    envelope = {"specversion": "1.0", "id": "L1", "source": "urn:campus:library"}
    event = {**envelope, "type": "qa.ingest", "data": {"kch": "L-01", "kcmc": "测量学"}}
    subject = "qa.ingest.v1.library.course.upsert"
    await client.jetstream().publish(subject, json.dumps(event).encode())
    [told] = json.loads((await verdicts.next_msg(20)).data)["data"]["items"]
    await client.close()
    assert (told["message"], told["accepted"]) == ("L1", 1)
    assert (await portal.get(f"{hub}/records/course/L-01")).json()["name"] == "测量学"


def test_no_container_has_rights_that_it_does_not_need(suite: Stack) -> None:
    for name, each in suite.containers().items():
        host = each["HostConfig"]
        assert each["Config"]["User"] == ("999:999" if name == "postgres" else "10001:10001")
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert host["CapAdd"] is None, name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert host["RestartPolicy"]["Name"] == "unless-stopped", name
        # A password in the environment would show in `docker inspect`.
        assert not any(secret in json.dumps(each) for secret in passwords(suite)), name


def passwords(suite: Stack) -> list[str]:
    return [suite.secret(file.name) for file in suite.secrets.iterdir()]


def test_a_service_cannot_write_but_in_its_temporary_directory(suite: Stack) -> None:
    script = "import os; open('/tmp/x', 'w').close(); print(os.getuid()); open('/app/x', 'w')"
    done = suite.attempt("exec", "-T", "datahub", "python", "-c", script)
    assert done.stdout.strip() == "10001"
    assert "Read-only file system" in done.stderr
    rights = suite.compose("exec", "-T", "datahub", "cat", "/proc/1/status")
    lines = dict(line.split(":", 1) for line in rights.splitlines())
    assert int(lines["CapBnd"], 16) == 0
    assert lines["NoNewPrivs"].strip() == "1"


def test_only_the_gateway_is_reachable_and_the_rest_reaches_nothing_outside(suite: Stack) -> None:
    document = json.loads(suite.compose("config", "--format=json"))
    published = {
        name: [port["host_ip"] for port in service["ports"]]
        for name, service in document["services"].items()
        if service.get("ports")
    }
    # nats by deploy/nats/published.yml, which these tests use and a plain `up` does not.
    assert published == {"gateway": ["127.0.0.1"], "nats": ["127.0.0.1"]}
    assert document["networks"]["back"]["internal"]
    inside = {
        name: set(each["NetworkSettings"]["Networks"]) for name, each in suite.containers().items()
    }
    alone = {name for name, networks in inside.items() if networks == {f"{suite.project}_back"}}
    assert alone == {*EVERYTHING} - {"gateway", "nats"}


def test_a_missing_secret_is_named_and_nothing_starts(suite: Stack, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    shutil.copytree(suite.secrets, secrets)
    (secrets / "database-target").unlink()
    other = Stack(project=f"{suite.project}-lacking", secrets=secrets)
    try:
        refused = other.attempt("create", "target")
        assert refused.returncode != 0
        assert str(secrets / "database-target") in refused.stderr
    finally:
        other.attempt("down", "--volumes")


def test_a_second_up_changes_nothing(suite: Stack) -> None:
    before = {name: each["State"]["Pid"] for name, each in suite.containers().items()}
    suite.compose("up", "--detach", "--wait")
    assert {name: each["State"]["Pid"] for name, each in suite.containers().items()} == before
    assert "nothing to do" in suite.compose("logs", "--tail=1", "prepare")


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_killed_container_comes_back_by_itself(
    suite: Stack, caller: httpx.Client, name: str
) -> None:
    put_a_record(caller)
    before = suite.containers()[name]
    suite.kill(before)

    def is_another() -> bool:
        state = suite.containers()[name]["State"] if name in suite.containers() else {}
        return bool(state.get("Running")) and state["Pid"] != before["State"]["Pid"]

    took = seconds_until(is_another, 30) + seconds_until(suite.ready, 60)
    print(f"{name}: whole suite ready {took:.1f} s after kill -9")  # noqa: T201 - a figure
    assert caller.get(RECORD).status_code == 200


def test_a_backup_brings_back_what_was(suite: Stack, caller: httpx.Client, tmp_path: Path) -> None:
    put_a_record(caller, "备份前的名称")
    directory = str(tmp_path / "backup")
    saved = suite.run("deploy/compose/backup", directory)
    assert saved.returncode == 0, saved.stderr
    seconds_until(suite.ready, 60)
    put_a_record(caller, "备份后的名称")
    restored = suite.run("deploy/compose/restore", directory)
    assert restored.returncode == 0, restored.stderr
    seconds_until(suite.ready, 60)
    assert caller.get(RECORD).json()["name"] == "备份前的名称"
    put_a_record(caller, "恢复之后")
    assert caller.get(RECORD).json()["name"] == "恢复之后"
