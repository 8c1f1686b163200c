"""Whether a service does its work now; if not, what stands still, since when and by how much.

Every check says ``ok``; one that does not says ``why``, in Chinese and English, and its figures.
"""

import json
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from nats.aio.client import Client

from shared.errors import DomainError
from shared.kit import bus
from shared.kit.bus import JetStreamView
from shared.kit.database import Database
from shared.kit.loops import Loop
from shared.kit.problems import problem
from shared.kit.sql import text
from shared.kit.telemetry import OUTBOX_AGE
from shared.kit.worker import Worker

_OUTBOX = text(
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float FROM outbox"
)

Check = dict[str, Any]
Checks = dict[str, Check]


async def check_service(
    database: Database,
    nats: Client,
    loops: Iterable[Loop],
    workers: Iterable[Worker],
    limit_seconds: float,
) -> Checks:
    """Check everything a service of the suite needs and does.

    Args:
        limit_seconds: so long may events wait in the outbox, and messages without one being done.
    """
    checks = {
        "database": await check(database.ping()),
        "nats": await check(bus.round_trip(nats)),
        **check_loops(loops),
    }
    return checks | await check_flow(checks, database, nats, workers, limit_seconds)


async def check_flow(
    known: Checks,
    database: Database,
    nats: Client,
    workers: Iterable[Worker],
    limit_seconds: float,
) -> Checks:
    """Check whether events go out and come in, as far as database and NATS are there.

    Args:
        known: says whether they are.
    """
    checks: Checks = {}
    try:
        if known["database"]["ok"]:
            checks["outbox"] = await _check_outbox(database, limit_seconds)
        if known["database"]["ok"] and known["nats"]["ok"]:
            checks["streams"] = await _check_streams(database, nats)
        if known["nats"]["ok"]:
            checks |= {
                f"lag:{worker.name}": await _check_lag(worker, limit_seconds) for worker in workers
            }
    except DomainError as error:
        # It went away between the round trip and the question.
        checks["rest"] = _away(error)
    return checks


async def check(attempt: Awaitable[None]) -> Check:
    """Return whether an attempt succeeds."""
    try:
        await attempt
    except DomainError as error:
        return _away(error)
    return {"ok": True}


def check_loops(loops: Iterable[Loop]) -> Checks:
    """Return how every background loop gets on."""
    return {f"loop:{loop.name}": _check_loop(loop) for loop in loops}


def answer(request: Request, service: str, checks: Checks, more: Mapping[str, Any]) -> JSONResponse:
    """Return the checks, as a problem where one of them fails.

    Args:
        checks: those on which readiness depends.
        more: what else the document says.
    """
    failing = [each for each in checks.values() if not each["ok"]]
    document = {"ready": not failing, "service": service, **more}
    if not failing:
        return JSONResponse(document)
    said = problem(
        request,
        code="not-ready",
        status=503,
        title="未就绪 · Not ready",
        detail="\n".join(each["why"] for each in failing),
        fixes=["见运维手册“/readyz 说不” · see the runbook, “/readyz says no”"],
    )
    headers = {"Retry-After": said.headers["Retry-After"]}
    return JSONResponse(json.loads(bytes(said.body)) | document, 503, headers, said.media_type)


def _away(error: DomainError) -> Check:
    return _no(error.zh, error.en)


def _no(zh: str, en: str, **figures: Any) -> Check:
    return {"ok": False, "why": f"{zh} · {en}", **figures}


def _check_loop(loop: Loop) -> Check:
    state = loop.state
    if state in {"running", "done"}:
        return {"ok": True, "state": state}
    if state == "ended":
        return _no(
            f"后台任务 {loop.name} 已终止，要重启进程",
            f"the loop {loop.name} has ended: restart the process",
            state=state,
        )
    assert loop.failing_since is not None
    since = loop.failing_since.isoformat(timespec="seconds")
    return _no(
        f"后台任务 {loop.name} 正在重试：自 {since} 起失败 {loop.failures} 次，最近是 {loop.error}",
        f"the loop {loop.name} is tried again: it failed {loop.failures} times since {since},"
        f" last by {loop.error}",
        state=state,
        since=since,
        failures=loop.failures,
        error=loop.error,
    )


async def _check_outbox(database: Database, limit_seconds: float) -> Check:
    async with database.transaction() as tx:
        result = await tx.session.execute(_OUTBOX)
        events, age = result.one()
    OUTBOX_AGE.set(age)
    figures = {"events": events, "age_seconds": round(age, 3)}
    if age < limit_seconds:
        return {"ok": True, **figures}
    return _no(
        f"{events} 个事件等待发出，最早的已等 {age:.0f} 秒",
        f"{events} events wait to be sent, the oldest for {age:.0f} s",
        **figures,
    )


async def _check_streams(database: Database, nats: Client) -> Check:
    """A stream that ends before what it acknowledged has lost its tail."""
    async with database.transaction() as tx:
        relayed = (await tx.session.execute(text("SELECT stream, last_seq FROM relayed"))).all()
    view = JetStreamView(nats)
    short = {
        row.stream: {"acknowledged": row.last_seq, "holds": last}
        for row in relayed
        if (last := await view.last_sequence(row.stream)) < row.last_seq
    }
    return _lost(short) if short else {"ok": True}


def _lost(short: Mapping[str, Mapping[str, int]]) -> Check:
    lost = short.items()
    zh = [f"{name} 确认过 {each['acknowledged']}，只到 {each['holds']}" for name, each in lost]
    en = [
        f"{name} acknowledged {each['acknowledged']}, ends at {each['holds']}"
        for name, each in lost
    ]
    return _no(
        f"消息流丢了末尾：{'；'.join(zh)}", f"a stream lost its tail: {'; '.join(en)}", short=short
    )


async def _check_lag(worker: Worker, limit_seconds: float) -> Check:
    waiting, seconds = await worker.look()
    figures = {"messages": waiting, "still_seconds": round(seconds, 1)}
    if seconds < limit_seconds:
        return {"ok": True, **figures}
    return _no(
        f"{worker.name} 有 {waiting} 条消息在等，{seconds:.0f} 秒没有进展",
        f"{waiting} messages wait for {worker.name}, none was done for {seconds:.0f} s",
        **figures,
    )
