"""The audit of a service over HTTP: searched, its blocks, and whether they are what they were."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from shared.kit.admin import Db
from shared.kit.audit import rows
from shared.kit.audit.rows import Wanted
from shared.kit.audit.verifying import verify
from shared.kit.depending import made
from shared.kit.identity import require
from shared.kit.moments import Moment
from shared.kit.paging import INT64, Page, after_number, answer_page, page
from shared.kit.strict_json import StrictJsonRoute

AUDITS: Final = "audit:read"
MOST_QUERY: Final = 1_000
"""Characters of a question that an entry keeps."""

Asked = Annotated[str | None, Query(min_length=1, max_length=300)]


class AuditEntry(BaseModel):
    """An entry of the audit."""

    seq: int
    at: datetime
    kind: str
    actor: str
    role: str | None
    by: str
    about: str
    method: str | None
    status: int | None
    address: str
    request: str
    trace: str
    detail: dict[str, Any]


class AuditBlock(BaseModel):
    """A sealed block of entries."""

    number: int
    first_seq: int
    last_seq: int
    entries: int
    digest: str
    """SHA-256 in hex."""

    sealed_at: datetime
    retired_at: datetime | None = None
    """Its entries are no longer kept."""


class AuditFinding(BaseModel):
    """What computing every block anew has found."""

    blocks: int
    entries: int
    digest: str
    """Of the last good block, hex."""

    broken: str
    """What is wrong; empty when all is as it was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries are asked for; ``about`` that ends in ``*`` is a beginning."""

    actor: Asked = None
    about: Asked = None
    kind: Annotated[str | None, Query(pattern="^[a-z-]{1,40}$")] = None
    trace: Asked = None
    request: Annotated[str | None, Query(min_length=1, max_length=128)] = None
    address: Asked = None
    since: Moment | None = None
    until: Moment | None = None
    before: Annotated[int | None, Query(ge=1, le=INT64)] = None
    """Only entries with a smaller ``seq``."""

    def as_query(self) -> dict[str, str]:
        """Return the question as it stands in an address."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in told.items()
        }

    def wanted(self) -> Wanted:
        """Return the question as it is put to the rows."""
        equal = {name: value for name, value in asdict(self).items() if name not in _NO_WORDS}
        return Wanted(equal=equal, since=self.since, until=self.until)


_NO_WORDS: Final = ("since", "until", "before")


async def read_audit(
    response: Response, db: Db, paging: Page, asked: AuditQuery
) -> list[dict[str, Any]]:
    """Return a page of entries, the newest first."""
    wanted, before = asked.wanted(), after_number(paging) or asked.before
    async with db.transaction() as tx:
        found = await rows.search(
            tx, wanted, before=before, limit=paging.limit, offset=paging.offset
        )
        total = await rows.count(tx, wanted) if paging.total_count else None
    more = [found[-1]["seq"]] if len(found) == paging.limit else None
    answer_page(response, paging, total=total, next_after=more)
    return found


async def read_blocks(response: Response, db: Db, paging: Page) -> list[AuditBlock]:
    """Return a page of blocks, the newest first."""
    async with db.transaction() as tx:
        found = await rows.list_blocks(
            tx, before=after_number(paging), limit=paging.limit, offset=paging.offset
        )
    more = [found[-1].number] if len(found) == paging.limit else None
    answer_page(response, paging, total=None, next_after=more)
    return [AuditBlock(**{**asdict(each), "digest": each.digest.hex()}) for each in found]


def audit_router() -> APIRouter:
    """Return the routes; of whoever may read the audit, everywhere."""
    router = APIRouter(
        tags=["audit 审计"],
        route_class=StrictJsonRoute,
        dependencies=[Depends(require(AUDITS))],
    )

    @router.get("/audit", summary="审计记录（最新在前）")
    async def list_audit(
        response: Response,
        db: Db,
        paging: Annotated[Page, Depends(page)],
        asked: Annotated[AuditQuery, Depends(made(AuditQuery))],
    ) -> list[AuditEntry]:
        found = await read_audit(response, db, paging, asked)
        return [AuditEntry.model_validate(each) for each in found]

    @router.get("/audit/blocks", summary="审计封存块（最新在前）")
    async def list_audit_blocks(
        response: Response, db: Db, paging: Annotated[Page, Depends(page)]
    ) -> list[AuditBlock]:
        return await read_blocks(response, db, paging)

    @router.get("/audit/verification", summary="核对审计封存块")
    async def verify_audit(db: Db) -> AuditFinding:
        return AuditFinding.model_validate(asdict(await verify(db)))

    return router


async def exported(request: Request, db: Db) -> None:
    """Put on record that a file is given out, before any of it is: who, what, by which filters.

    A dependency of routes that hand out whole sets.
    """
    async with db.transaction() as tx:
        tx.record("exported", query=request.url.query[:MOST_QUERY])
