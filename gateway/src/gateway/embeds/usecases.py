"""Register sites that embed, give them tokens for a person and a page, and know those again."""

from datetime import timedelta
from typing import ClassVar, Final
from urllib.parse import urlencode
from uuid import UUID

from gateway.access.domain.credentials import digest
from gateway.access.domain.roles import EVERYWHERE, SERVICES, permissions_of
from gateway.access.schemas import HeldRole, Visitor
from gateway.embeds import repository
from gateway.embeds.domain.narrowing import beyond, common, narrowed
from gateway.embeds.schemas import (
    Embedded,
    EmbedToken,
    NewEmbedClient,
    NewEmbedToken,
    NewFigureAddress,
)
from gateway.identity.domain.secrets import new_embed_token
from gateway.identity.repository.accounts import account_of_subject
from gateway.identity.usecases.sessions import roles_of
from gateway.tables import EmbedClientRow, EmbedTokenRow
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.identity import Caller, UnauthenticatedError

FIGURE: Final = "figure"
"""In place of an origin: the token stands in an address, and shows one figure."""


class UnknownEmbedClientError(DomainError):
    """No open client has this id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "embed-client-unknown"
    title_zh: ClassVar = "没有这个嵌入方"
    title_en: ClassVar = "No such embedding site"


class NotEmbeddableError(DomainError):
    """The site may not embed this, there, or for this person."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "not-embeddable"
    title_zh: ClassVar = "不能嵌入"
    title_en: ClassVar = "Not to be embedded"


async def add_client(tx: Transaction, new: NewEmbedClient, who: Circumstances) -> EmbedClientRow:
    """Register a site."""
    row = EmbedClientRow(
        name=new.name,
        subject=new.subject,
        origins=sorted(set(new.origins)),
        kinds=sorted(set(new.kinds)),
        resources=sorted(set(new.resources)),
        max_ttl=new.max_ttl,
        created_by=who.actor,
    )
    stored = await repository.add_client(tx, row)
    detail = {"subject": row.subject, "origins": " ".join(row.origins)}
    about = f"embed-client/{stored.id}"
    await append(tx, who, [Deed(kind="embed-client-made", about=about, detail=detail)])
    return stored


async def end_client(tx: Transaction, client: UUID, who: Circumstances) -> None:
    """End a site's registration; its tokens end at once.

    Raises:
        UnknownEmbedClientError: there is none that is open.
    """
    if not await repository.end_client(tx, client):
        raise UnknownEmbedClientError(f"没有嵌入方 {client}", f"no embedding site {client}")
    await append(tx, who, [Deed(kind="embed-client-ended", about=f"embed-client/{client}")])


async def give_token(
    tx: Transaction, system: Caller, new: NewEmbedToken, who: Circumstances
) -> EmbedToken:
    """Give a token for a person: with his own rights, and none that the system has not.

    Raises:
        NotEmbeddableError: the origin or a view is not registered for the system, or the person
            has no role here.
    """
    client = await _client(tx, system, new.origin, new.resources)
    return await _given(tx, system, client, new, (new.origin, sorted(set(new.resources))), who)


async def give_figure(
    tx: Transaction, system: Caller, new: NewFigureAddress, who: Circumstances
) -> EmbedToken:
    """Give a token that stands in the address of one figure and opens nothing else.

    Raises:
        NotEmbeddableError: as for a token.
    """
    subject = f"person/{new.subject.removeprefix('person/')}"
    client = await _client(tx, system, new.origin, [new.figure])
    one = f"{new.figure}?{urlencode(new.asked)}"
    said = new.model_copy(update={"subject": subject})
    return await _given(tx, system, client, said, (FIGURE, [one]), who)


async def _client(
    tx: Transaction, system: Caller, origin: str, resources: list[str]
) -> EmbedClientRow:
    client = await repository.client_for(tx, system.subject, origin)
    if client is None:
        raise NotEmbeddableError(
            f"{system.subject} 没有登记来源 {origin}",
            f"{origin} is not registered for {system.subject}",
            fields={"$.origin": ["未登记 (not registered)"]},
            fixes=["POST /api/gateway/v1/embed/clients"],
        )
    wrong = beyond(resources, client.resources)
    if wrong:
        raise NotEmbeddableError(
            f"{client.name} 不能嵌入 {'、'.join(wrong)}",
            f"{client.name} may not embed {', '.join(wrong)}",
            fields={"$.resources": [f"只登记了 {' '.join(client.resources)} (all it may embed)"]},
        )
    return client


async def _given(
    tx: Transaction,
    system: Caller,
    client: EmbedClientRow,
    new: NewEmbedToken | NewFigureAddress,
    use: tuple[str, list[str]],
    who: Circumstances,
) -> EmbedToken:
    """Give a token for a person; ``use`` is where it may be shown, and what it shows."""
    origin, resources = use
    held = await _held(tx, new.subject)
    if not held:
        raise NotEmbeddableError(
            f"{new.subject} 在本系统没有角色",
            f"{new.subject} has no role here",
            fields={"$.subject": ["没有角色 (no role)"]},
        )
    permissions = common(permissions_of(each.role for each in held), system.scopes, SERVICES)
    token = new_embed_token()
    row = EmbedTokenRow(
        token_hash=digest(token),
        client=client.id,
        subject=new.subject,
        actor=system.subject,
        scopes=sorted(narrowed(permissions)),
        resources=resources,
        origin=origin,
        language=new.locale,
    )
    until = await repository.add_token(tx, row, timedelta(seconds=min(new.ttl, client.max_ttl)))
    detail = {"subject": new.subject, "origin": new.origin, "resources": " ".join(resources)}
    about = f"embed-client/{client.id}"
    await append(tx, who, [Deed(kind="embed-token-given", about=about, detail=detail)])
    return EmbedToken(token=token, expires_at=until, resources=row.resources)


async def meet(tx: Transaction, token: str, origin: str) -> Embedded:
    """Return who looks at a piece: with the roles that are his now, within what the token allows.

    Args:
        origin: of the page that embeds.

    Raises:
        UnauthenticatedError: the token is unknown or has ended.
        NotEmbeddableError: it is for another page.
    """
    row = await repository.live_token(tx, digest(token))
    if row is None:
        raise UnauthenticatedError(
            "嵌入令牌无效或已过期", "this embed token is not valid, or has ended"
        )
    if origin != row.origin:
        raise NotEmbeddableError(
            "此令牌属于另一页面的来源", "this token is for a page of another origin"
        )
    held = await _held(tx, row.subject)
    if not held:
        raise NotEmbeddableError(f"{row.subject} 在本系统没有角色", f"{row.subject} has no role")
    roles = frozenset(each.role for each in held)
    allowed = frozenset(row.scopes) & common(permissions_of(roles), row.scopes, ())
    caller = Caller(
        subject=row.subject,
        roles=roles,
        scopes=allowed,
        actor=row.actor,
        holds=frozenset((each.role, each.scope or EVERYWHERE) for each in held),
    )
    visitor = Visitor(caller=caller, name=row.subject, by="token", until=row.expires_at, held=held)
    return Embedded(
        visitor=visitor,
        origin=origin,
        resources=frozenset(row.resources),
        language="en" if row.language == "en" else "zh",
    )


async def _held(tx: Transaction, subject: str) -> tuple[HeldRole, ...]:
    return await roles_of(tx, subject, await account_of_subject(tx, subject), ())
