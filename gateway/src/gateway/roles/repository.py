"""Storage of scopes, bodies and grants of roles."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.access.domain.roles import own_role
from gateway.access.schemas import HeldRole
from gateway.roles.domain.deriving import Due, Member, Place, day_of, is_person, subject_of
from gateway.tables import BodyRow, BodyRuleRow, RoleGrantRow, ScopeRow
from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.clock import CAMPUS, now
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.sql import text


def today() -> date:
    """Return the campus day."""
    return now().astimezone(CAMPUS).date()


async def keep_scopes(tx: Transaction, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Store scopes that are newer than what is known; return which they were."""
    fresh = upsert(ScopeRow)
    columns = ("name_zh", "name_en", "parents", "owners", "valid_from", "valid_to", "gone", "seq")
    statement = fresh.on_conflict_do_update(
        index_elements=[ScopeRow.scope],
        set_={name: fresh.excluded[name] for name in columns},
        where=ScopeRow.seq < fresh.excluded.seq,
    ).returning(ScopeRow.scope)
    stored = await tx.session.scalars(statement, list(rows))
    return set(stored)


async def keep_body(tx: Transaction, row: dict[str, Any]) -> bool:
    """Store a body that is newer than what is known; return whether it was."""
    statement = upsert(BodyRow).values(row)
    columns = ("version", "title", "since", "until", "members", "withdrawn")
    stored = await tx.session.scalar(
        statement.on_conflict_do_update(
            index_elements=[BodyRow.id],
            set_={name: statement.excluded[name] for name in columns},
            where=BodyRow.version < statement.excluded.version,
        ).returning(BodyRow.id)
    )
    return stored is not None


async def body_of(tx: Transaction, body: str) -> BodyRow | None:
    """Return a body, locked until the end of the transaction."""
    return await tx.session.get(BodyRow, body, with_for_update=True)


async def bodies_naming(tx: Transaction, scopes: Collection[str]) -> list[str]:
    """Return the bodies of which one of these scopes is a member."""
    rows = await tx.session.scalars(
        select(BodyRow.id).where(
            text(
                "EXISTS (SELECT FROM jsonb_array_elements(members) AS m"
                " WHERE m ->> 'party' = ANY(:scopes))"
            ).bindparams(scopes=sorted(scopes))
        )
    )
    return list(rows)


async def rules_of(tx: Transaction, body: str) -> list[Place]:
    """Return which roles the places of a body give."""
    rows = await tx.session.scalars(
        select(BodyRuleRow)
        .where(BodyRuleRow.body == body)
        .order_by(BodyRuleRow.place, BodyRuleRow.role)
    )
    return [Place(row.place, row.role, row.scope) for row in rows]


async def put_rules(tx: Transaction, body: str, rules: Sequence[Place]) -> None:
    """Replace which roles the places of a body give."""
    await tx.session.execute(delete(BodyRuleRow).where(BodyRuleRow.body == body))
    if rules:
        rows = [
            {"body": body, "place": each.place, "role": each.role, "scope": each.scope}
            for each in {(rule.place, rule.role): rule for rule in rules}.values()
        ]
        await tx.session.execute(insert(BodyRuleRow), rows)


async def members_of(tx: Transaction, body: BodyRow) -> list[Member]:
    """Return the persons in a body: those named, and those who lead a scope that is named."""
    parties = [each["party"] for each in body.members]
    rows = await tx.session.execute(
        select(ScopeRow.scope, ScopeRow.owners).where(
            ScopeRow.scope.in_(parties), ScopeRow.gone.is_(False)
        )
    )
    owners = {row.scope: row.owners for row in rows}
    found: list[Member] = []
    for each in body.members:
        since, until = day_of(each.get("since")), day_of(each.get("until"))
        party = each["party"]
        if is_person(party):
            people = [party]
        else:
            people = [
                owner["person"] for owner in owners.get(party, []) if owner["role"] in LEADING_ROLES
            ]
        found += [Member(subject_of(person), each["place"], since, until) for person in people]
    return found


async def live_grants(tx: Transaction, origin: str, sources: Collection[str]) -> list[RoleGrantRow]:
    """Return what holds of these sources, locked until the end of the transaction."""
    rows = await tx.session.scalars(
        select(RoleGrantRow)
        .where(
            RoleGrantRow.origin == origin,
            RoleGrantRow.source.in_(sources),
            RoleGrantRow.revoked_at.is_(None),
        )
        .order_by(RoleGrantRow.id)
        .with_for_update()
    )
    return list(rows)


async def add_grants(tx: Transaction, rows: Sequence[RoleGrantRow]) -> None:
    """Store new grants."""
    tx.session.add_all(rows)
    await tx.session.flush()


def new_grant(due: Due, origin: str, source: str, by: str, reason: str | None) -> RoleGrantRow:
    """Return a grant that is not stored yet."""
    return RoleGrantRow(
        id=uuid7(),
        person=due.person,
        role=due.role,
        scope=due.scope,
        origin=origin,
        source=source,
        valid_from=due.valid_from,
        valid_to=due.valid_to,
        reason=reason,
        created_by=by,
    )


async def revoke_grants(tx: Transaction, ids: Iterable[UUID], by: str) -> None:
    """Mark grants as revoked."""
    await tx.session.execute(
        update(RoleGrantRow)
        .where(RoleGrantRow.id.in_(list(ids)), RoleGrantRow.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoked_by=by)
    )


async def live_grant(tx: Transaction, grant: UUID) -> RoleGrantRow | None:
    """Return a grant that was not revoked, locked until the end of the transaction."""
    return (
        await tx.session.scalars(
            select(RoleGrantRow)
            .where(RoleGrantRow.id == grant, RoleGrantRow.revoked_at.is_(None))
            .with_for_update()
        )
    ).one_or_none()


_HELD = """
SELECT g.role, g.scope, g.origin, g.valid_to,
       CASE g.origin WHEN 'delegation' THEN g.source END AS delegated_by
  FROM role_grant g
 WHERE g.person = :person AND g.revoked_at IS NULL
   AND coalesce(g.valid_from <= :day, true) AND coalesce(g.valid_to >= :day, true)
   AND (g.origin <> 'delegation' OR EXISTS (
       SELECT FROM role_grant own
        WHERE own.person = g.source AND own.role = g.role AND own.origin <> 'delegation'
          AND (own.scope = g.scope OR own.scope IS NULL) AND own.revoked_at IS NULL
          AND coalesce(own.valid_from <= :day, true) AND coalesce(own.valid_to >= :day, true))
       OR EXISTS (
       SELECT FROM account a
        WHERE a.subject = g.source AND g.role = ANY(a.roles) AND a.disabled_at IS NULL))
 ORDER BY g.role, g.scope, g.origin = 'delegation', g.valid_to DESC NULLS FIRST
"""


async def held_by(tx: Transaction, person: str) -> list[HeldRole]:
    """Return the roles that a person holds today, without those of an account.

    What was lent holds while whoever lent it holds it himself.
    """
    rows = await tx.session.execute(text(_HELD), {"person": person, "day": today()})
    found = [HeldRole(**row._mapping) for row in rows]  # noqa: SLF001 — its public name
    return found + await _for_himself(tx, person)


async def _for_himself(tx: Transaction, person: str) -> list[HeldRole]:
    key = person.partition("/")[2]
    rows = await tx.session.scalars(
        select(ScopeRow.scope).where(
            ScopeRow.scope.in_([f"teacher/{key}", f"student/{key}"]), ScopeRow.gone.is_(False)
        )
    )
    return [
        HeldRole(role=role, scope=scope, origin="self")
        for scope in sorted(rows)
        if (role := own_role(person, scope)) is not None
    ]


async def scope_names(tx: Transaction, scopes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the names of scopes, Chinese and English; the Chinese one where there is no other."""
    rows = await tx.session.execute(
        select(ScopeRow.scope, ScopeRow.name_zh, ScopeRow.name_en).where(ScopeRow.scope.in_(scopes))
    )
    return {row.scope: (row.name_zh, row.name_en or row.name_zh) for row in rows}
