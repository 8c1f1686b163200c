"""From one id: the request, its batch, change, value, judgement, alert, correction and report."""

import asyncio
import subprocess
from typing import Any

import httpx

from tests.conftest import HELIX8, Suite, until
from tests.system.test_journey import BINDING, FEEDS, INDICATOR, PERIOD

ID = "trace-one-record"
CLASS = "T-2026-01"
SCOPE = f"class/{CLASS}"
RATE = INDICATOR["indicator"]


async def done(asked: Any) -> Any:
    answer = await asked
    assert answer.is_success, answer.text
    return answer.json()


async def prepare(portal: httpx.AsyncClient) -> None:
    """Have a class of three, its cycle, and a line that the fourth will cross."""
    for feed in FEEDS:
        await done(portal.put(f"/api/datahub/v1/feeds/{feed['feed']}", json=feed))
    await done(portal.put(f"/api/datahub/v1/indicators/{RATE}", json=INDICATOR))
    brought = {
        "teaching_class": f"jxbh,kch,xq,mc\n{CLASS},T01,2096-2097-1,追溯一班\n",
        "student": "xh\nT0\nT1\nT2\nT3\n",
        "enrolment": "jxbh,xh,jg\n" + "".join(f"{CLASS},T{n},及格\n" for n in range(3)),
    }
    for feed, text in brought.items():
        await done(
            portal.post(
                f"/api/datahub/v1/batches?feed=journey.{feed}",
                content=text.encode(),
                headers={"content-type": "text/csv"},
            )
        )
    cycle = {"key": "trace-cycle", "scope": SCOPE, "period": PERIOD}
    await done(portal.post("/api/spiral/v1/cycles", json=cycle))
    binding = BINDING | {"key": "trace-binding", "scope": SCOPE}
    await done(portal.post("/api/target/v1/bindings", json=binding))


async def traced(portal: httpx.AsyncClient, id_: str = ID) -> dict[str, Any]:
    answer = await portal.get(f"/api/gateway/v1/trace/{id_}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_one_write_is_followed_to_the_report(portal: httpx.AsyncClient) -> None:
    await prepare(portal)

    async def measured() -> list[dict[str, Any]]:
        query = {"indicator": RATE, "scope": SCOPE}
        found: list[dict[str, Any]] = await done(
            portal.get("/api/datahub/v1/measurements", params=query)
        )
        return found

    await until(measured, lambda found: bool(found) and found[0]["n"] == 3)

    wrote = await portal.post(
        "/api/datahub/v1/records/enrolment?feed=journey.enrolment",
        json={"jxbh": CLASS, "xh": "T3", "jg": "退选"},
        headers={"x-request-id": ID},
    )
    assert wrote.status_code == 201, wrote.text

    async def warned() -> set[str]:
        return {each["kind"] for each in (await traced(portal))["steps"]}

    await until(warned, lambda kinds: "correction" in kinds)
    made = await portal.post("/api/report/v1/reports", json={"scope": SCOPE, "period": PERIOD})
    assert made.status_code == 201, made.text
    await until(warned, lambda kinds: "report" in kinds)
    found = await traced(portal)

    steps = {each["kind"]: each for each in found["steps"]}
    assert {"http", "write", "batch", "change", "measurement", "attainment", "alert"} <= set(steps)
    assert (found["unanswered"], found["cut"]) == ([], False)
    by_id = {each["id"]: each for each in found["steps"]}
    chain = [steps["correction"]]
    while chain[-1]["because"] in by_id:
        chain.append(by_id[chain[-1]["because"]])
    kinds = [each["kind"] for each in reversed(chain)]
    assert kinds == ["http", "batch", "change", "measurement", "attainment", "alert", "correction"]
    services = [each["service"] for each in reversed(chain)]
    assert services == ["gateway", "datahub", "datahub", "datahub", "target", "alert", "spiral"]
    # What the services hand over of it to the hub is told, too: here it is the record itself.
    change = next(each for each in chain if each["kind"] == "change")["detail"]
    assert (change["entity"], change["key"]) == ("enrolment", f"{CLASS}/T3")
    [value] = [
        each
        for each in found["steps"]
        if each["kind"] == "measurement" and each["scope"] == SCOPE and each["title"] == RATE
    ]
    assert value in chain
    # The report tells every value of the class, and is told once, as following from one of them.
    told = by_id[steps["report"]["because"]]
    assert (told["kind"], told["scope"], told["because"]) == (
        "measurement",
        SCOPE,
        value["because"],
    )
    assert value["detail"]["value"] is None  # four students: masked here as everywhere
    assert steps["alert"]["detail"]["step"] == "raised"
    assert (steps["alert"]["scope"], steps["alert"]["period"]) == (SCOPE, PERIOD)


def verified(suite: Suite) -> "subprocess.CompletedProcess[str]":
    """Compute the audits anew from the databases, at the command line."""
    return subprocess.run(
        [HELIX8, "audit", "verify", "--data", str(suite.home.root)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_the_audits_of_all_services_are_one(portal: httpx.AsyncClient, suite: Suite) -> None:
    """The demonstration's key may not read them; who may, sees the write at the edge and inside."""
    refused = await portal.get("/api/gateway/v1/audit/all")
    assert refused.status_code == 403

    async with httpx.AsyncClient(base_url=suite.url, timeout=60, trust_env=False) as admin:
        login = {"login": "demo", "password": suite.secret("demo-password")}
        signed_in = await admin.post(
            "/api/gateway/v1/sessions", json=login, headers={"origin": suite.url}
        )
        assert signed_in.status_code == 201, signed_in.text
        about = {"request": ID}
        found = (await admin.get("/api/gateway/v1/audit/all", params=about)).json()
        asked = [each for each in found if each["by"] not in {"event", "job"}]
        assert {(each["service"], each["kind"]) for each in asked} == {
            ("gateway", "write"),
            ("datahub", "write"),
        }
        assert {each["about"] for each in asked} == {"/api/datahub/v1/records/enrolment"}
        # What others decided on it, in their own names.
        followed = {(each["service"], each["actor"]) for each in found if each["by"] == "event"}
        assert ("alert", "system/alert") in followed
        first = await admin.get("/api/gateway/v1/audit/all", params={"pageSize": 3})
        pages = [each["at"] for each in first.json()]
        token = first.headers["next-page-token"]
        second = await admin.get(
            "/api/gateway/v1/audit/all", params={"pageSize": 3, "pageToken": token}
        )
        pages += [each["at"] for each in second.json()]
        assert pages == sorted(pages, reverse=True)
        found = (await admin.get("/api/gateway/v1/audit/all/verification")).json()
        broken = {each["service"]: each["broken"] for each in found}
        parts = ("gateway", "datahub", "target", "spiral", "alert", "report")
        assert broken == dict.fromkeys(parts, "")
        told = await asyncio.to_thread(verified, suite)
        assert (told.returncode, told.stderr) == (0, "")
        assert len(told.stdout.splitlines()) == len(parts)
        facts = (await admin.get("/api/gateway/v1/facts", params={"limit": 5})).json()
        assert [each["event"]["source"] for each in facts] == ["urn:helix8:gateway"] * len(facts)
        assert facts
