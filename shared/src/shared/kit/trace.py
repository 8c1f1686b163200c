"""What followed from something: each service answers for its part, the gateway puts it together.

A *ref* names a thing, and what the next service must know to find what followed from it: when it
was, and which value it had. A service that is asked about refs returns the steps that followed from
them in it, each with a ref of its own. Refs of kinds that it does not know mean nothing to it.
Source: contract "HTTP" 9.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from shared.kit.admin import Db
from shared.kit.database import Transaction
from shared.kit.identity import require
from shared.kit.sql import text
from shared.kit.strict_json import StrictJsonRoute

TRACES: Final = "operations:trace"
"""Refs tell values whatever they are of: the gateway asks with this permission, and tells less."""

MOST_REFS: Final = 200
MOST_STEPS: Final = 200
"""Of one kind, in one answer. Source: our default."""

EXAMPLE: Final = "request/01a213d0-f74b-769f-b905-86157c56be91"
"""In the documentation; of a request that there never was."""

Ref = Annotated[str, Field(min_length=3, max_length=500, pattern="^[a-z]+/[^\x00]+$")]


class TraceStep(BaseModel):
    """Something that followed from something else."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: str
    """``write batch change measurement attainment alert correction report event``."""

    ref: str
    because: str
    """The ref that it followed from."""

    at: datetime
    title: str
    scope: str | None = None
    period: str | None = None
    detail: dict[str, Any] = {}


Follow = Callable[[Transaction, Sequence[str]], Awaitable[list[TraceStep]]]
"""Returns what followed from refs in a service."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a ref tells of the thing that it names."""

    ref: str
    name: str
    at: datetime
    value: str | None


def ref_of(kind: str, name: str, at: datetime, value: object = None) -> str:
    """Return the ref of something that was so at an instant."""
    told = "" if value is None else str(value)
    return f"{kind}/{name}@{at.astimezone(UTC).isoformat()}~{told}"


def read_ref(ref: str) -> Known | None:
    """Return what a ref tells; None where it tells no instant."""
    name, _, told = ref.partition("/")[2].rpartition("@")
    instant, _, value = told.partition("~")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return Known(ref, name, at, value or None) if at.tzinfo and name else None


def known_of(refs: Iterable[str], kind: str) -> list[Known]:
    """Return what the refs of a kind tell."""
    read = (read_ref(ref) for ref in refs if ref.startswith(f"{kind}/"))
    return [each for each in read if each is not None]


def columns_of(known: Sequence[Known]) -> dict[str, list[Any]]:
    """Return refs as a statement takes them: ``refs names ats values``."""
    return {
        "refs": [each.ref for each in known],
        "names": [each.name for each in known],
        "ats": [each.at for each in known],
        "values": [each.value for each in known],
    }


ASKED: Final = (
    "unnest(CAST(:refs AS text[]), CAST(:names AS text[]), CAST(:ats AS timestamptz[]),"
    " CAST(:values AS text[])) AS asked (ref, name, at, value)"
)
"""The refs of `columns_of` as rows."""

SOON: Final = "BETWEEN asked.at - interval '2 seconds' AND asked.at + interval '1 day'"
"""When what follows from something is to be looked for: clocks of processes differ."""


def of_kind(refs: Iterable[str], kind: str) -> list[str]:
    """Return what the refs of a kind name."""
    return [ref.partition("/")[2] for ref in refs if ref.startswith(f"{kind}/")]


async def writes_of(tx: Transaction, refs: Sequence[str]) -> list[TraceStep]:
    """Return what requests changed, by the audit, and the facts that these changes told."""
    rows = await tx.session.execute(
        text(
            "SELECT seq, at, request, method, about, kind, actor, detail FROM audit_entry"
            " WHERE request = ANY(:requests) ORDER BY seq LIMIT :limit"
        ),
        {"requests": of_kind(refs, "request"), "limit": MOST_STEPS},
    )
    found = []
    for row in rows.mappings():
        ref = f"write/{tx.service}-{row['seq']}"
        found.append(
            TraceStep(
                kind="write",
                ref=ref,
                because=f"request/{row['request']}",
                at=row["at"],
                title=f"{row['method'] or ''} {row['about']}".strip(),
                detail={"actor": row["actor"], "kind": row["kind"]},
            )
        )
        found += [
            TraceStep(kind="event", ref=f"event/{id_}", because=ref, at=row["at"], title=kind)
            for kind, id_ in row["detail"].get("events", ())
        ]
    return found


def trace_router(follow: Follow | None) -> APIRouter:
    """Return the route by which a service answers for its part."""
    router = APIRouter(tags=["trace 追溯"], route_class=StrictJsonRoute)

    @router.get(
        "/trace",
        summary="由此引起的事：本服务的部分",
        dependencies=[Depends(require(TRACES))],
    )
    async def list_trace(
        db: Db,
        of: Annotated[
            list[Ref],
            Query(min_length=1, max_length=MOST_REFS, examples=[[EXAMPLE]]),
        ],
    ) -> list[TraceStep]:
        async with db.transaction() as tx:
            own = await follow(tx, of) if follow is not None else []
            return [*await writes_of(tx, of), *own]

    return router
