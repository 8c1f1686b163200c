"""Take in posts and bodies, grant and revoke, lend; every change is told and on record."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from gateway.access.schemas import HeldRole
from gateway.roles import repository
from gateway.roles.domain.deriving import Due, Place, by_places, by_posts, day_of, holds_on
from gateway.roles.schemas import NewDelegation, NewGrant
from gateway.tables import RoleGrantRow
from shared.contracts.datahub import ScopeItem
from shared.contracts.gateway import RoleGranted, RoleRevoked
from shared.contracts.target import BodyChanged
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.identity import NotAllowedError

LONGEST_LOAN: Final = timedelta(days=366)
"""Source: our default."""


class UnknownGrantError(DomainError):
    """No role that holds has this id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "grant-unknown"
    title_zh: ClassVar = "没有这项授权"
    title_en: ClassVar = "No such grant"


class GrantedBeforeError(DomainError):
    """The same role was granted before, and holds."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "granted-before"
    title_zh: ClassVar = "已有这项授权"
    title_en: ClassVar = "Granted before"


class FollowsFromElsewhereError(DomainError):
    """The role follows from a post or a body, and ends where that ends."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "grant-follows"
    title_zh: ClassVar = "授权来自岗位或机构"
    title_en: ClassVar = "The grant follows from a post or a body"


class NotYoursError(DomainError):
    """Only a role of one's own can be lent, and not one that was lent itself."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "role-not-yours"
    title_zh: ClassVar = "不是您自己的角色"
    title_en: ClassVar = "Not a role of your own"


class LoanTermError(DomainError):
    """A loan has an end, to come and not too far away; and nobody lends to himself."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "loan-term"
    title_zh: ClassVar = "委托不合要求"
    title_en: ClassVar = "Not a loan"


class UnknownBodyError(DomainError):
    """No body of this id was told."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "body-unknown"
    title_zh: ClassVar = "没有这个机构"
    title_en: ClassVar = "No such body"


async def take_scopes(tx: Transaction, items: Collection[ScopeItem]) -> set[str]:
    """Take in scopes, and let roles follow from their owners; return whose roles changed."""
    newest = {item.scope: item for item in sorted(items, key=lambda item: item.seq)}
    rows: list[dict[str, Any]] = [
        {
            "scope": item.scope,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "parents": list(item.parents),
            "owners": [owner.model_dump() for owner in item.owners],
            "valid_from": day_of(item.valid_from),
            "valid_to": day_of(item.valid_to),
            "gone": item.gone,
            "seq": item.seq,
        }
        for _, item in sorted(newest.items())
    ]
    taken = await repository.keep_scopes(tx, rows)
    due = {
        row["scope"]: []
        if row["gone"]
        else by_posts(
            row["scope"], row["owners"], valid_from=row["valid_from"], valid_to=row["valid_to"]
        )
        for row in rows
        if row["scope"] in taken
    }
    who = _by_event(tx, "system/datahub")
    changed = await _settle(tx, "post", due, who)
    for body in await repository.bodies_naming(tx, taken) if taken else ():
        changed |= await _settle_body(tx, body, who)
    return changed


async def take_body(tx: Transaction, event: BodyChanged) -> set[str]:
    """Take in a body, and let roles follow from its places; return whose roles changed."""
    row = {
        "id": event.id,
        "version": event.version,
        "title": event.title,
        "since": day_of(event.since),
        "until": day_of(event.until),
        "members": [member.model_dump() for member in event.members],
        "withdrawn": event.withdrawn,
    }
    if not await repository.keep_body(tx, row):
        return set()
    return await _settle_body(tx, event.id, _by_event(tx, "system/target"))


async def put_rules(
    tx: Transaction, body: str, rules: Sequence[Place], who: Circumstances
) -> set[str]:
    """Say which roles the places of a body give; return whose roles changed.

    Raises:
        UnknownBodyError: there is no such body.
    """
    if await repository.body_of(tx, body) is None:
        raise UnknownBodyError(f"没有机构 {body}", f"no body {body}")
    await repository.put_rules(tx, body, rules)
    told = {f"{each.place}:{each.role}": each.scope or "*" for each in rules}
    deed = Deed(kind="rule-changed", about=f"body/{body}", detail=told)
    await append(tx, who, [deed])
    return await _settle_body(tx, body, who)


async def grant(tx: Transaction, new: NewGrant, who: Circumstances) -> RoleGrantRow:
    """Grant a role.

    Raises:
        GrantedBeforeError: the same holds already.
    """
    due = Due(
        person=new.person,
        role=new.role,
        scope=new.scope,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
    )
    return await _add(tx, due, "grant", new.person, new.reason, who)


async def lend(
    tx: Transaction, new: NewDelegation, held: Collection[HeldRole], who: Circumstances
) -> RoleGrantRow:
    """Lend a role of one's own for a time.

    Args:
        held: the roles of who lends.

    Raises:
        LoanTermError: it has no end in reach, or goes to himself.
        NotYoursError: it is not his own.
        GrantedBeforeError: the same is lent already.
    """
    day = repository.today()
    wrong: dict[str, list[str]] = {}
    if not day <= new.valid_to <= day + LONGEST_LOAN:
        last = day + LONGEST_LOAN
        wrong["$.valid_to"] = [f"须在 {day} 与 {last} 之间 (between {day} and {last})"]
    if new.to == who.actor:
        wrong["$.to"] = ["不能委托给自己 (not to yourself)"]
    if wrong:
        raise LoanTermError("请检查委托", "check the loan", fields=wrong)
    # What only the campus login tells of is known while he is signed in, and no longer.
    lasting = [each for each in held if each.origin not in {"delegation", "login"}]
    own = [each for each in lasting if each.role == new.role]
    if not any(each.scope in {None, new.scope} for each in own):
        raise NotYoursError(
            "只能委托自己在该对象上的角色", "you can lend only a role that is your own there"
        )
    due = Due(
        person=new.to,
        role=new.role,
        scope=new.scope,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
    )
    return await _add(tx, due, "delegation", who.actor, new.reason, who)


async def take_back(
    tx: Transaction, grant_id: UUID, who: Circumstances, *, may_all: bool, lent_only: bool
) -> str:
    """Revoke a grant or a loan; return whose it was.

    Args:
        may_all: by an administrator; others end only what they lent, or was lent to them.
        lent_only: the question was about loans.

    Raises:
        UnknownGrantError: there is none that holds.
        FollowsFromElsewhereError: it follows from a post or a body.
        NotAllowedError: it is somebody else's.
    """
    row = await repository.live_grant(tx, grant_id)
    if row is None or (lent_only and row.origin != "delegation"):
        raise UnknownGrantError(f"没有生效的授权 {grant_id}", f"no grant {grant_id} that holds")
    if not may_all and who.actor not in {row.source, row.person}:
        raise NotAllowedError("只能结束自己的委托", "you can end your own loans only")
    if row.origin in {"post", "body"}:
        raise FollowsFromElsewhereError(
            f"它来自 {row.source}，请在数据源或机构中更改",
            f"it follows from {row.source}: change that",
        )
    await _revoke(tx, [row], who)
    return row.person


async def _settle_body(tx: Transaction, body: str, who: Circumstances) -> set[str]:
    row = await repository.body_of(tx, body)
    if row is None:
        return set()
    rules = await repository.rules_of(tx, body)
    members = [] if row.withdrawn else await repository.members_of(tx, row)
    due = by_places(rules, members, since=row.since, until=row.until)
    return await _settle(tx, "body", {body: due}, who)


async def _settle(
    tx: Transaction, origin: str, due: dict[str, list[Due]], who: Circumstances
) -> set[str]:
    """Grant what is due of each source and is not held, revoke what is held and not due."""
    if not due:
        return set()
    held: dict[str, dict[Any, RoleGrantRow]] = {source: {} for source in due}
    for row in await repository.live_grants(tx, origin, due):
        held[row.source][row.person, row.role, row.scope] = row
    gone: list[RoleGrantRow] = []
    new: list[RoleGrantRow] = []
    for source, wanted in due.items():
        keys = {each.key: each for each in wanted}
        for key, row in held[source].items():
            if key not in keys or (row.valid_from, row.valid_to) != _term(keys[key]):
                gone.append(row)
            else:
                del keys[key]
        new += [
            repository.new_grant(each, origin, source, who.actor, None) for each in keys.values()
        ]
    await _revoke(tx, gone, who)
    await _grant(tx, new, who)
    return {row.person for row in (*gone, *new)}


def _by_event(tx: Transaction, system: str) -> Circumstances:
    return Circumstances(actor=system, by="event", request=tx.correlation or "")


def _term(due: Due) -> tuple[date | None, date | None]:
    return (due.valid_from, due.valid_to)


async def _add(
    tx: Transaction, due: Due, origin: str, source: str, reason: str, who: Circumstances
) -> RoleGrantRow:
    await tx.take_turn(f"grants {origin} {source}")
    same = [
        row
        for row in await repository.live_grants(tx, origin, [source])
        if (row.person, row.role, row.scope) == due.key
    ]
    day = repository.today()
    if any(holds_on(day, None, row.valid_to) for row in same):
        raise GrantedBeforeError(
            f"已有同样的授权 {same[0].id}，可先撤销",
            f"the same holds already: revoke {same[0].id} first",
        )
    await _revoke(tx, same, who)
    row = repository.new_grant(due, origin, source, who.actor, reason)
    await _grant(tx, [row], who)
    return row


async def _grant(tx: Transaction, rows: Sequence[RoleGrantRow], who: Circumstances) -> None:
    if rows:
        await repository.add_grants(tx, rows)
        await append(tx, who, _deeds("role-granted", rows))
    for row in rows:
        tx.publish(RoleGranted(**_told(row)), row.person)


async def _revoke(tx: Transaction, rows: Sequence[RoleGrantRow], who: Circumstances) -> None:
    if rows:
        await repository.revoke_grants(tx, [row.id for row in rows], who.actor)
        await append(tx, who, _deeds("role-revoked", rows))
    for row in rows:
        tx.publish(RoleRevoked(**_told(row)), row.person)


def _deeds(kind: Any, rows: Iterable[RoleGrantRow]) -> list[Deed]:
    return [
        Deed(
            kind=kind,
            about=row.person,
            detail={
                "role": row.role,
                "scope": row.scope or "*",
                "origin": row.origin,
                "source": row.source,
                **({"reason": row.reason} if row.reason else {}),
            },
        )
        for row in rows
    ]


def _told(row: RoleGrantRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "person": row.person,
        "role": row.role,
        "scope": row.scope,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "origin": row.origin,
        "delegated_by": row.source if row.origin == "delegation" else None,
    }
