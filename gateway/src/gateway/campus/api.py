"""The way to a campus login and back, and single logout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import Door, address_of, count_stranger
from gateway.access.domain.credentials import cookie_of
from gateway.access.domain.origins import landing
from gateway.access.usecases import Doorkeeper
from gateway.audit.api import circumstances_of
from gateway.campus.domain.cas import TICKET, RefusedTicketError, ended_ticket
from gateway.campus.domain.flow import PLAIN_COOKIE, SECONDS, SECURE_COOKIE, Flow, resume
from gateway.campus.domain.oidc import RefusedTokenError, refused
from gateway.campus.schemas import CasProvider, Claimed, OidcProvider
from gateway.campus.upstream import Cas, Oidc, Web
from gateway.campus.usecases import Browser, end_by_ticket, end_by_token, enter
from gateway.identity.api.sessions import AGENT_LENGTH, replace_session
from gateway.tables import SessionRow
from shared.errors import DomainError
from shared.kit.admin import Db
from shared.kit.audit.deeds import Circumstances
from shared.kit.database import Database

MAX_FORM: Final = 20_000
"""Bytes of what a campus login posts."""

router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class Logins:
    """The campus logins of this deployment."""

    providers: Sequence[CasProvider | OidcProvider]
    public_url: str
    """Where browsers come back to: never what a request says of its host."""

    web: Web = field(default_factory=Web)
    cas: dict[str, Cas] = field(default_factory=dict)
    oidc: dict[str, Oidc] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.providers:
            if isinstance(each, CasProvider):
                self.cas[each.id] = Cas(each, self.web)
            else:
                self.oidc[each.id] = Oidc(each, self.web)

    @property
    def home(self) -> str:
        """Where a browser goes that has signed out."""
        return f"{self.public_url.rstrip('/')}/login"

    def back(self, kind: str, provider: str) -> str:
        """Return where a login sends a browser back to."""
        return f"{self.home}/{kind}/{provider}/callback"

    async def logout_url(self, session: SessionRow) -> str | None:
        """Return where the login of a session is signed out of; None for a local one.

        A login that is away does not keep anybody in: he is signed out here in any case.
        """
        if session.provider in self.cas:
            return self.cas[session.provider].logout_url(self.home)
        if session.provider in self.oidc:
            try:
                return await self.oidc[session.provider].logout_url(session.logout_hint, self.home)
            except DomainError:
                return None
        return None


async def get_logins(request: Request) -> Logins:
    """Return the campus logins."""
    logins: Logins = request.app.state.logins
    return logins


AllLogins = Annotated[Logins, Depends(get_logins)]


@router.get("/login/cas/{provider}", dependencies=[Depends(count_stranger)])
async def begin_cas(request: Request, provider: str, door: Door, logins: AllLogins) -> Response:
    """Send a browser to CAS."""
    if provider not in logins.cas:
        return Response(status_code=404)
    flow = Flow.begin(provider, request.query_params.get("next", "/"))
    url = await logins.cas[provider].login_url(_service(logins, provider, flow.state))
    return _sent(url, flow, door)


@router.get("/login/cas/{provider}/callback", dependencies=[Depends(count_stranger)])
async def finish_cas(
    request: Request, provider: str, db: Db, door: Door, logins: AllLogins
) -> Response:
    """Take a ticket, once, for the very service that this browser asked it for."""
    if provider not in logins.cas:
        return Response(status_code=404)
    cas, query = logins.cas[provider], request.query_params
    flow = resume(_flow_cookie(request, door), provider, query.get("state"))
    ticket = query.get("ticket", "")
    if not TICKET.fullmatch(ticket):
        raise RefusedTicketError("没有登录票据，请重新登录", "no ticket: sign in again")
    claimed = await cas.validate(ticket, _service(logins, provider, flow.state))
    return await _enter(request, db, door, cas.provider, claimed, flow)


@router.post("/login/cas/{provider}/callback")
async def single_logout(
    request: Request, provider: str, db: Db, door: Door, logins: AllLogins
) -> Response:
    """End the session that a ticket opened. Only CAS and this gateway ever knew the ticket."""
    if provider not in logins.cas:
        return Response(status_code=404)
    form = await _form(request)
    ticket = ended_ticket(form.get("logoutRequest", ""))
    if ticket is None:
        return Response(status_code=400)
    async with db.transaction() as tx:
        gone = await end_by_ticket(tx, provider, ticket, _of(request, door, provider))
    _forget(door, gone)
    return Response(status_code=200)


@router.get("/login/oidc/{provider}", dependencies=[Depends(count_stranger)])
async def begin_oidc(request: Request, provider: str, door: Door, logins: AllLogins) -> Response:
    """Send a browser to the provider."""
    if provider not in logins.oidc:
        return Response(status_code=404)
    flow = Flow.begin(provider, request.query_params.get("next", "/"))
    url = await logins.oidc[provider].login_url(flow, logins.back("oidc", provider))
    return _sent(url, flow, door)


@router.get("/login/oidc/{provider}/callback", dependencies=[Depends(count_stranger)])
async def finish_oidc(
    request: Request, provider: str, db: Db, door: Door, logins: AllLogins
) -> Response:
    """Take a code, for the sign-in that this browser began."""
    if provider not in logins.oidc:
        return Response(status_code=404)
    oidc, query = logins.oidc[provider], request.query_params
    flow = resume(_flow_cookie(request, door), provider, query.get("state"))
    if query.get("iss") not in {None, oidc.provider.issuer}:
        raise refused("iss")
    if "code" not in query:
        raise refused(query.get("error", "code")[:40])
    claimed = await oidc.exchange(query["code"], flow, logins.back("oidc", provider))
    return await _enter(request, db, door, oidc.provider, claimed, flow)


@router.post("/login/oidc/{provider}/logout")
async def back_channel_logout(
    request: Request, provider: str, db: Db, door: Door, logins: AllLogins
) -> Response:
    """End sessions by a logout token that the provider signed."""
    if provider not in logins.oidc:
        return Response(status_code=404)
    headers = {"Cache-Control": "no-store"}
    form = await _form(request)
    try:
        ended = await logins.oidc[provider].ended(form.get("logout_token", ""))
    except RefusedTokenError:
        return Response(status_code=400, headers=headers)
    async with db.transaction() as tx:
        gone = await end_by_token(tx, provider, ended, _of(request, door, provider))
    _forget(door, gone)
    return Response(status_code=200, headers=headers)


def _service(logins: Logins, provider: str, state: str) -> str:
    return f"{logins.back('cas', provider)}?{urlencode({'state': state})}"


def _sent(url: str, flow: Flow, door: Doorkeeper) -> Response:
    answer = RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        _cookie(door),
        flow.written(),
        max_age=SECONDS,
        path="/",
        secure=door.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _enter(
    request: Request,
    db: Database,
    door: Doorkeeper,
    provider: CasProvider | OidcProvider,
    claimed: Claimed,
    flow: Flow,
) -> Response:
    agent = request.headers.get("user-agent", "")[:AGENT_LENGTH]
    browser = Browser(circumstances_of(request, door, None), agent)
    opened = await enter(db, provider, claimed, browser)
    answer = RedirectResponse(landing(flow.target), status_code=303)
    answer.delete_cookie(_cookie(door), path="/", secure=door.secure, httponly=True, samesite="lax")
    await replace_session(request, answer, db, door, opened)
    return answer


def _cookie(door: Doorkeeper) -> str:
    return SECURE_COOKIE if door.secure else PLAIN_COOKIE


def _flow_cookie(request: Request, door: Doorkeeper) -> str | None:
    return cookie_of(request.headers.get("cookie", ""), _cookie(door))


def _of(request: Request, door: Doorkeeper, provider: str) -> Circumstances:
    return Circumstances(
        actor=f"login/{provider}",
        by="event",
        address=address_of(request, door),
        request=request.state.request_id,
    )


def _forget(door: Doorkeeper, gone: Sequence[SessionRow]) -> None:
    for each in gone:
        door.forget_digest(each.id_hash)


async def _form(request: Request) -> Mapping[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))
