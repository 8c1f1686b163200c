"""A small application with the kit's edges."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.app import new_router
from shared.kit.etags import Expect, is_not_modified
from shared.kit.identity import (
    Caller,
    TokenVerifier,
    current_caller,
    require,
)
from shared.kit.middleware import RequestMiddleware
from shared.kit.paging import (
    Page,
    after_number,
    answer_page,
    page,
)
from shared.kit.problems import add_problem_handlers

NUMBERS = list(range(1, 8))


class Item(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    weight: float
    count: int = 0
    strict: Annotated[bool, Field(strict=True)] = False


class Filter(BaseModel):
    """Which things are wanted."""

    state: Literal["open", "closed"] | None = None
    since_day: Annotated[str | None, Field(alias="sinceDay")] = None


class RefusedError(DomainError):
    """A refusal of these tests."""

    kind = ErrorKind.CONFLICT
    code = "refused"
    title_zh = "拒绝"
    title_en = "Refused"


def make_app(jwks_url: str) -> FastAPI:  # noqa: C901, PLR0915 — one small route for each rule
    app = FastAPI()
    router = new_router()

    @router.post("/items")
    async def post_item(item: Item) -> Item:
        return item

    @router.get("/items/{item}")
    @router.put("/items/{item}")
    async def keep_item(item: str) -> str:
        return item

    @router.get("/refused/{kind}")
    async def refused(kind: str) -> None:
        if kind == "unavailable":
            raise UnavailableError("暂时不可用", "away for now", retry_after=7)
        raise RefusedError("不行", "it will not do", fields={"$.a": ["wrong"]}, fixes=["mend it"])

    @router.get("/numbers")
    async def numbers(response: Response, wanted: Annotated[Page, Depends(page)]) -> list[int]:
        after = after_number(wanted) or 0
        found = [each for each in NUMBERS if each > after][wanted.offset :][: wanted.limit]
        total = len(NUMBERS) if wanted.total_count else None
        more = [found[-1]] if found and found[-1] < NUMBERS[-1] else None
        answer_page(response, wanted, total=total, next_after=more)
        return found

    @router.get("/version/{version}")
    async def version(request: Request, response: Response, version: int) -> Any:
        if is_not_modified(request, response, version):
            return Response(status_code=304, headers=dict(response.headers))
        return {"version": version}

    @router.put("/version/{version}")
    async def put_version(expect: Expect, version: int) -> dict[str, str]:
        expect(version or None)
        return {"done": "yes"}

    @router.get("/things")
    async def things(
        only: Annotated[Filter, Query()], wanted: Annotated[Page, Depends(page)]
    ) -> list[str]:
        return [str(only.state), str(only.since_day), str(wanted.limit)]

    @router.get("/lists")
    async def lists(kind: Annotated[list[str] | None, Query()] = None) -> list[str]:
        return kind or []

    @router.post("/uploads")
    async def upload(
        request: Request,
        dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    ) -> dict[str, Any]:
        return {"bytes": len(await request.body()), "dry_run": dry_run}

    @router.post("/made")
    async def made(response: Response) -> None:
        response.headers["Location"] = "/made/1"

    plain = APIRouter()

    @plain.get("/healthz")
    async def healthz() -> str:
        return "alive"

    @router.get("/me", dependencies=[Depends(current_caller)])
    async def me(caller: Annotated[Caller, Depends(require("thing:read"))]) -> dict[str, Any]:
        return {"subject": caller.subject, "actor": caller.actor, "roles": sorted(caller.roles)}

    @router.put("/me", dependencies=[Depends(current_caller)])
    async def keep_me() -> None: ...

    app.include_router(router)
    app.include_router(plain)
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware, behind_gateway=True)
    app.state.verifier = TokenVerifier(jwks_url, "target")
    return app
