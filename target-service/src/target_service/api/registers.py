"""The registers over REST: the same four verbs for each."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from shared.kit.clock import CAMPUS, now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_there
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.api.assessors import PERSONAL, Reads
from target_service.api.saving import (
    Db,
    Judging,
    KeyPath,
    Saves,
    Wanted,
    Writer,
    answer_list,
)
from target_service.schemas.accounting import (
    AccountabilityBody,
    ExcellenceBody,
    InternalControlBody,
    ResolutionBody,
)
from target_service.schemas.registers import (
    BasisDocumentBody,
    BodyBody,
    EntryBody,
    EntryView,
    ObjectClassBody,
    ProcessBody,
    ReadinessBody,
    RiskBody,
    ValueBody,
)

router = APIRouter(route_class=StrictJsonRoute)

REGISTERS: Final[dict[str, tuple[str, type[EntryBody]]]] = {
    "basis-documents": ("依据文件", BasisDocumentBody),
    "bodies": ("机构", BodyBody),
    "risks": ("风险", RiskBody),
    "processes": ("工作流程", ProcessBody),
    "value-dimensions": ("价值维度", ValueBody),
    "readiness": ("复核准备度", ReadinessBody),
    "object-classes": ("对象类别", ObjectClassBody),
    "accountability": ("问责", AccountabilityBody),
    "internal-controls": ("内控检查", InternalControlBody),
    "excellence": ("精品登记", ExcellenceBody),
    "resolutions": ("会议决议", ResolutionBody),
}


def _shown(view: EntryView, kind: type[EntryBody], *, sees_persons: bool) -> EntryView:
    """Leave out what tells of persons, unless the reader may see it."""
    hidden = set() if sees_persons else kind.personal & view.document.keys()
    document = {name: each for name, each in view.document.items() if name not in hidden}
    return view.model_copy(update={"document": document, "hidden": sorted(hidden)})


def _today(at: datetime) -> Any:
    return at.astimezone(CAMPUS).date()


def _add_writing(register: str, zh: str, kind: type[EntryBody]) -> None:
    tags, name = _words(register, zh)

    async def put(body: kind, saving: Saves) -> EntryView:  # type: ignore[valid-type]
        registrar = usecases.Registrar(register, saving.caller.subject)
        row = await saving.save(register, body, registrar.put, lambda row: row)
        async with saving.db.transaction() as tx:
            view = await queries.view_entry(tx, row, _today(now()))
        return _shown(view, kind, sees_persons=saving.caller.may(PERSONAL))

    async def withdraw(
        key: KeyPath, request: Request, db: Db, expect: Expect, rules: Judging, caller: Writer
    ) -> None:
        registrar = usecases.Registrar(register, caller.subject)
        async with db.transaction(correlation=request.state.request_id) as tx:
            await registrar.withdraw(tx, key, expect, now(), rules)

    summary = f"{zh}：新建或新版本"
    post = router.post(
        f"/{register}",
        status_code=201,
        summary=summary,
        tags=tags,
        name=f"put_{name}",
        responses=also_there(EntryView),
    )
    post(put)
    one = f"/{register}/{{key:path}}"
    delete = router.delete(
        one, status_code=204, summary=f"{zh}：撤回", tags=tags, name=f"withdraw_{name}"
    )
    delete(withdraw)


def _add_reading(register: str, zh: str, kind: type[EntryBody]) -> None:
    tags, name = _words(register, zh)
    common: dict[str, Any] = {"tags": tags}

    async def find(response: Response, db: Db, wanted: Wanted, reader: Reads) -> list[EntryView]:
        async with db.transaction() as tx:
            listed = await queries.list_entries(tx, register, wanted, _today(now()))
        views = answer_list(response, wanted, listed)
        return [_shown(each, kind, sees_persons=reader.sees_persons) for each in views]

    async def get(
        key: KeyPath,
        db: Db,
        response: Response,
        reader: Reads,
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> EntryView:
        async with db.transaction() as tx:
            entry = await queries.get_entry(tx, register, key, version, _today(now()))
        response.headers["ETag"] = etag_of(entry.version)
        return _shown(entry, kind, sees_persons=reader.sees_persons)

    router.get(f"/{register}", summary=f"{zh}列表", name=f"list_{name}", **common)(find)
    one = f"/{register}/{{key:path}}"
    router.get(one, summary=f"{zh}的一条", name=f"get_{name}", **common)(get)


def _words(register: str, zh: str) -> tuple[list[str | Enum], str]:
    return [f"{register} {zh}"], register.replace("-", "_")


for _register, (_zh, _kind) in REGISTERS.items():
    _add_writing(_register, _zh, _kind)
    _add_reading(_register, _zh, _kind)
