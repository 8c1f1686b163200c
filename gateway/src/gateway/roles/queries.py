"""Who holds which role, and what bodies give, for those who ask."""

from sqlalchemy import or_, select

from gateway.roles.schemas import BodyRule, BodyView, GrantView
from gateway.tables import BodyRow, BodyRuleRow, RoleGrantRow
from shared.kit.database import Transaction


async def list_grants(  # noqa: PLR0913 — a page of a question
    tx: Transaction,
    *,
    person: str | None = None,
    scope: str | None = None,
    role: str | None = None,
    revoked: bool = False,
    limit: int,
    offset: int,
) -> list[GrantView]:
    """Return grants, the newest first.

    Args:
        revoked: those that were taken back, instead of those that hold.
    """
    query = select(RoleGrantRow).where(
        RoleGrantRow.revoked_at.is_not(None) if revoked else RoleGrantRow.revoked_at.is_(None)
    )
    for column, value in (
        (RoleGrantRow.person, person),
        (RoleGrantRow.scope, scope),
        (RoleGrantRow.role, role),
    ):
        if value is not None:
            query = query.where(column == value)
    rows = await tx.session.scalars(
        query.order_by(RoleGrantRow.id.desc()).limit(limit).offset(offset)
    )
    return [GrantView.model_validate(row, from_attributes=True) for row in rows]


async def delegations_of(tx: Transaction, person: str) -> list[GrantView]:
    """Return what a person has lent and what was lent to him, the newest first."""
    rows = await tx.session.scalars(
        select(RoleGrantRow)
        .where(
            RoleGrantRow.origin == "delegation",
            RoleGrantRow.revoked_at.is_(None),
            or_(RoleGrantRow.source == person, RoleGrantRow.person == person),
        )
        .order_by(RoleGrantRow.id.desc())
    )
    return [GrantView.model_validate(row, from_attributes=True) for row in rows]


async def list_bodies(tx: Transaction) -> list[BodyView]:
    """Return every body by title, with what its places give."""
    rules: dict[str, list[BodyRule]] = {}
    for rule in await tx.session.scalars(
        select(BodyRuleRow).order_by(BodyRuleRow.place, BodyRuleRow.role)
    ):
        view = BodyRule.model_validate(
            {"place": rule.place, "role": rule.role, "scope": rule.scope}
        )
        rules.setdefault(rule.body, []).append(view)
    bodies = await tx.session.scalars(select(BodyRow).order_by(BodyRow.title, BodyRow.id))
    return [
        BodyView(
            id=body.id,
            title=body.title,
            since=body.since,
            until=body.until,
            members=body.members,
            rules=rules.get(body.id, []),
            withdrawn=body.withdrawn,
        )
        for body in bodies
    ]
