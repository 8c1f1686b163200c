"""Who is told of alerts: the policy, channels, silences."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response, status

from alert_service.api.edge import Db, Reader, Wanted, Writer, right_of
from alert_service.domain.routing import INBOX
from alert_service.queries import notifying as queries
from alert_service.queries import silences
from alert_service.repository.policies import Policies
from alert_service.schemas.notifying import (
    ChannelBody,
    ChannelView,
    SilenceBody,
    SilenceFilter,
    SilenceView,
    TestedView,
)
from alert_service.schemas.routing import PolicyBody, PolicyView, TrialBody, TrialView
from alert_service.usecases import routing as usecases
from alert_service.usecases.notifying import test_channel as send_test
from shared.addresses import AddressRefusedError
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.openapi import also_made
from shared.kit.paging import answer_page
from shared.kit.resolving import check_receiver
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(tags=["notifications 通知"], route_class=StrictJsonRoute)
Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["example-webhook"])]


@router.get("/notification-policy", summary="通知策略：路由树、分组、抑制、免打扰、摘要")
async def get_notification_policy(response: Response, db: Db, _: Reader) -> PolicyView:
    async with db.transaction() as tx:
        view = await queries.get_policy(tx)
    response.headers["ETag"] = etag_of(view.version)
    return view


@router.put(
    "/notification-policy", summary="换一个通知策略；未销号预警按新策略重新分派，不重复通知"
)
async def put_notification_policy(
    body: PolicyBody, request: Request, response: Response, db: Db, expect: Expect, caller: Writer
) -> PolicyView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.put_policy(tx, body, caller.subject, expect, now())
        view = await queries.get_policy(tx)
    response.headers["ETag"] = etag_of(view.version)
    return view


@router.get("/notification-policy/versions", summary="通知策略的历次版本")
async def list_notification_policies(db: Db, _: Reader) -> list[PolicyView]:
    async with db.transaction() as tx:
        return await queries.list_policies(tx)


@router.post("/notification-policy/trial", summary="试路由：一条预警会通知谁、被什么静默或抑制")
async def try_notification_policy(body: TrialBody, db: Db, _: Writer) -> TrialView:
    async with db.transaction() as tx:
        return await queries.try_policy(tx, Policies(), body, now())


@router.get("/channels", summary="通知渠道及其健康；不含密钥")
async def list_channels(db: Db, _: Writer) -> list[ChannelView]:
    async with db.transaction() as tx:
        return await queries.list_channels(tx, now())


@router.get("/channels/{key}", summary="一个通知渠道；不含密钥")
async def get_channel(key: Key, response: Response, db: Db, _: Writer) -> ChannelView:
    async with db.transaction() as tx:
        view = await queries.get_channel(tx, key, now())
    response.headers["ETag"] = etag_of(view.version)
    return view


@router.put(
    "/channels/{key}",
    summary="新建或修改通知渠道；未给的密钥保持不变",
    responses=also_made(ChannelView),
)
async def put_channel(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    key: Key,
    body: ChannelBody,
    request: Request,
    response: Response,
    db: Db,
    expect: Expect,
    caller: Writer,
) -> ChannelView:
    if key == INBOX:
        raise usecases.ChannelBodyError("站内信不用设置", "the inbox needs no settings")
    await _check(request, body)
    given = usecases.GivenChannel(body, request.app.state.parts.state["seals"])
    async with db.transaction(correlation=request.state.request_id) as tx:
        is_new = await usecases.put_channel(tx, key, given, caller.subject, expect, now())
        view = await queries.get_channel(tx, key, now())
    response.headers["ETag"] = etag_of(view.version)
    if is_new:
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = request.url.path
    return view


async def _check(request: Request, body: ChannelBody) -> None:
    """Refuse a receiver that may not be connected to; it is checked again at each connection."""
    receivers = request.app.state.parts.state["receivers"]
    settings = dict(body.settings)
    name = next(each for each in ("url", "base", "host", "kind") if each in settings)
    given = settings[name]
    if given is None or name == "kind":
        return
    try:
        await check_receiver(str(given), receivers)
    except AddressRefusedError as error:
        raise AddressRefusedError(
            error.zh, error.en, fields={f"$.settings.{name}": [error.told]}, fixes=error.fixes
        ) from error


@router.delete("/channels/{key}", summary="删除通知渠道", status_code=status.HTTP_204_NO_CONTENT)
async def delete_channel(key: Key, db: Db, expect: Expect, _: Writer) -> None:
    async with db.transaction() as tx:
        await usecases.drop_channel(tx, key, expect, now())


@router.post("/channels/{key}/test", summary="试发一条消息", status_code=status.HTTP_202_ACCEPTED)
async def test_channel(key: Key, db: Db, caller: Writer) -> TestedView:
    async with db.transaction() as tx:
        return TestedView(notification=await send_test(tx, key, caller.subject, now()))


@router.get("/silences", summary="静默：谁、为何、静默什么、到何时")
async def list_silences(
    response: Response,
    db: Db,
    caller: Reader,
    wanted: Wanted,
    only: Annotated[SilenceFilter, Query()],
) -> list[SilenceView]:
    async with db.transaction() as tx:
        listed = await silences.list_silences(tx, wanted, only, right_of(caller), now())
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items


@router.post("/silences", summary="新建静默", status_code=status.HTTP_201_CREATED)
async def create_silence(
    body: SilenceBody, request: Request, response: Response, db: Db, caller: Writer
) -> SilenceView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        key = await usecases.silence(tx, body, caller.subject, now())
        view = await silences.get_silence(tx, key, right_of(caller), now())
    response.headers["Location"] = f"{request.url.path}/{key}"
    return view


@router.get("/silences/{silence_id}", summary="一个静默")
async def get_silence(silence_id: UUID, db: Db, caller: Reader) -> SilenceView:
    async with db.transaction() as tx:
        return await silences.get_silence(tx, str(silence_id), right_of(caller), now())


@router.post("/silences/{silence_id}/expiry", summary="立即结束静默；它压住的随即通知")
async def expire_silence(silence_id: UUID, request: Request, db: Db, caller: Writer) -> SilenceView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.expire_silence(tx, str(silence_id), caller.subject, now())
        return await silences.get_silence(tx, str(silence_id), right_of(caller), now())
