"""Load and save assessment schemes and runs, and what people hand in for them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS
from target_service.domain.assessing.found import Marked
from target_service.domain.assessing.runs import FOLLOWING, Step
from target_service.repository.chain import not_found
from target_service.tables import (
    AssessmentActRow,
    AssessmentConsentRow,
    AssessmentMarkRow,
    AssessmentObjectionRow,
    AssessmentResultRow,
    AssessmentRunRow,
    AssessmentSchemeRow,
    AssessmentTallyRow,
    ScopeRow,
)

LOCK: Final = 5_533
"""Advisory lock: of two who state one scheme at once the second must see what the first did."""

_LED: Final = """
    WITH RECURSIVE above (about, scope, steps) AS (
        SELECT about, about, 0 FROM unnest(CAST(:scopes AS text[])) AS about
        UNION
        SELECT a.about, parent, a.steps + 1
          FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
         WHERE a.steps < :most),
    near (about, scope) AS (
        SELECT about, scope FROM above
        UNION
        SELECT about, s.scope FROM above CROSS JOIN scope s WHERE s.scope LIKE 'school/%')
    SELECT DISTINCT n.about FROM near n JOIN scope s ON s.scope = n.scope
     CROSS JOIN jsonb_array_elements(s.owners) AS named
     WHERE named ->> 'person' = :owner AND named ->> 'role' = ANY(:roles)
"""
_LED_BY: Final = {"most": MOST_STEPS, "roles": sorted(LEADING_ROLES)}


async def lock_assessments(tx: Transaction) -> None:
    """State schemes and open runs alone, until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def find_scheme(
    tx: Transaction, key: str, version: int | None = None, *, approved: bool = False
) -> AssessmentSchemeRow | None:
    """Return a version of a scheme, the newest (approved) one where none is named."""
    query = select(AssessmentSchemeRow).where(AssessmentSchemeRow.key == key)
    if version is not None:
        query = query.where(AssessmentSchemeRow.version == version)
    if approved:
        query = query.where(AssessmentSchemeRow.approved_at.is_not(None))
    return await tx.session.scalar(query.order_by(AssessmentSchemeRow.version.desc()).limit(1))


async def list_versions(tx: Transaction, key: str) -> Sequence[AssessmentSchemeRow]:
    """Return every version of a scheme."""
    query = select(AssessmentSchemeRow).where(AssessmentSchemeRow.key == key)
    return (await tx.session.scalars(query.order_by(AssessmentSchemeRow.version))).all()


async def scheme_of(tx: Transaction, run: AssessmentRunRow) -> AssessmentSchemeRow:
    """Return the version of a scheme that a run goes by."""
    scheme = await find_scheme(tx, run.scheme, run.scheme_version)
    assert scheme is not None
    return scheme


async def find_run(tx: Transaction, key: str) -> AssessmentRunRow | None:
    """Return a run, locked until the transaction ends."""
    return await tx.session.get(AssessmentRunRow, key, with_for_update=True)


async def get_run(tx: Transaction, key: str) -> AssessmentRunRow:
    """Return a run, locked until the transaction ends.

    Raises:
        NotFoundError: no run has that key.
    """
    row = await find_run(tx, key)
    if row is None:
        raise not_found("考核轮次", "assessment run", key)
    return row


async def list_results(tx: Transaction, run: str) -> Sequence[AssessmentResultRow]:
    """Return those assessed in a run, in the order of their keys."""
    query = select(AssessmentResultRow).where(AssessmentResultRow.run == run)
    return (await tx.session.scalars(query.order_by(AssessmentResultRow.subject))).all()


async def drop_results(tx: Transaction, run: str) -> None:
    """Forget whom a run assesses."""
    await tx.session.execute(delete(AssessmentResultRow).where(AssessmentResultRow.run == run))


async def find_result(tx: Transaction, run: str, subject: str) -> AssessmentResultRow:
    """Return one who is assessed in a run.

    Raises:
        NotFoundError: he is not.
    """
    row = await tx.session.get(AssessmentResultRow, (run, subject))
    if row is None:
        raise not_found("考核对象", "one assessed", subject)
    return row


async def scopes_there(tx: Transaction, which: ColumnElement[bool]) -> dict[str, str]:
    """Return the names of scopes whose records are there."""
    query = select(ScopeRow.scope, ScopeRow.name_zh).where(which, ~ScopeRow.gone)
    return {row.scope: row.name_zh for row in await tx.session.execute(query)}


async def scopes_of_kind(tx: Transaction, kind: str) -> dict[str, str]:
    """Return the names of all scopes of a kind."""
    return await scopes_there(tx, ScopeRow.scope.startswith(f"{kind}/", autoescape=True))


async def names_of(tx: Transaction, scopes: Iterable[str]) -> dict[str, str]:
    """Return the names of those scopes that are there."""
    return await scopes_there(tx, ScopeRow.scope.in_(sorted(set(scopes))))


async def find_school(tx: Transaction) -> str | None:
    """Return the scope of the school; None before the hub told of it."""
    there = ScopeRow.scope.startswith("school/") & ~ScopeRow.gone
    return await tx.session.scalar(select(func.min(ScopeRow.scope)).where(there))


async def save_marks(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store marks; a later one of the same rater replaces his earlier one."""
    new = insert(AssessmentMarkRow)
    names = ("mark", "checklist", "given_at")
    await tx.session.execute(
        new.on_conflict_do_update(
            index_elements=["run", "subject", "item", "source", "rater"],
            set_={name: new.excluded[name] for name in names},
        ),
        rows,
    )


async def save_tallies(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store tallies; a later one of the same ref replaces the earlier one."""
    new = insert(AssessmentTallyRow)
    names = ("what", "count", "note", "told_by", "told_at")
    await tx.session.execute(
        new.on_conflict_do_update(
            index_elements=["run", "subject", "item", "ref"],
            set_={name: new.excluded[name] for name in names},
        ),
        rows,
    )


async def marks_of(tx: Transaction, run: str) -> dict[tuple[str, str], dict[str, Marked]]:
    """Return number and sum of the marks, by object and item, then by source."""
    mark = AssessmentMarkRow
    columns = (mark.subject, mark.item, mark.source, func.count(), func.sum(mark.mark))
    query = select(*columns).where(mark.run == run)
    rows = await tx.session.execute(query.group_by(mark.subject, mark.item, mark.source))
    found: dict[tuple[str, str], dict[str, Marked]] = {}
    for subject, item, source, count, total in rows:
        found.setdefault((subject, item), {})[source] = Marked(count=count, total=total)
    return found


async def tallies_of(tx: Transaction, run: str) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Return how much was registered, by object and item, then by what."""
    tally = AssessmentTallyRow
    columns = (tally.subject, tally.item, tally.what, func.sum(tally.count))
    query = select(*columns).where(tally.run == run)
    rows = await tx.session.execute(query.group_by(tally.subject, tally.item, tally.what))
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    for subject, item, what, count in rows:
        found.setdefault((subject, item), {})[what] = count
    return found


async def consents_to(tx: Transaction, scheme: str) -> frozenset[str]:
    """Return the persons who agree to have a place in the rankings of a scheme."""
    query = select(AssessmentConsentRow.person).where(
        AssessmentConsentRow.scheme == scheme, AssessmentConsentRow.given
    )
    return frozenset(await tx.session.scalars(query))


async def save_consent(
    tx: Transaction, scheme: str, person: str, at: datetime, *, given: bool
) -> None:
    """Store whether a person agrees."""
    new = insert(AssessmentConsentRow).values(scheme=scheme, person=person, given=given, at=at)
    changed = {"given": given, "at": at}
    await tx.session.execute(
        new.on_conflict_do_update(index_elements=["scheme", "person"], set_=changed)
    )


async def list_objections(tx: Transaction, run: str) -> Sequence[AssessmentObjectionRow]:
    """Return the objections to a run, in the order in which they were raised."""
    query = select(AssessmentObjectionRow).where(AssessmentObjectionRow.run == run)
    return (await tx.session.scalars(query.order_by(AssessmentObjectionRow.number))).all()


async def find_objection(tx: Transaction, run: str, number: int) -> AssessmentObjectionRow:
    """Return an objection.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = await tx.session.get(AssessmentObjectionRow, (run, number))
    if row is None:
        raise not_found("异议", "objection", str(number))
    return row


async def record(
    tx: Transaction, run: AssessmentRunRow, act: str, by: str, at: datetime, **detail: Any
) -> None:
    """Write down what somebody did in a run; the run is locked, so numbers are dense."""
    count = select(func.count()).where(AssessmentActRow.run == run.key)
    number = (await tx.session.scalar(count) or 0) + 1
    tx.session.add(
        AssessmentActRow(run=run.key, number=number, act=act, by=by, at=at, detail=detail)
    )


async def count_steps(tx: Transaction, run: str) -> int:
    """Return how many steps a run has taken, its opening among them."""
    query = select(func.count()).where(
        AssessmentActRow.run == run, AssessmentActRow.act.in_(("open", *Step))
    )
    return await tx.session.scalar(query) or 0


async def list_following(tx: Transaction, keys: Sequence[str]) -> list[str]:
    """Return those of some runs whose results follow the values."""
    query = select(AssessmentRunRow.key).where(
        AssessmentRunRow.key.in_(keys), AssessmentRunRow.state.in_(FOLLOWING)
    )
    return list(await tx.session.scalars(query.order_by(AssessmentRunRow.key)))


async def led_among(tx: Transaction, scopes: Sequence[str], owner: str) -> frozenset[str]:
    """Return those of some scopes that somebody leads, or that lie in one that he leads."""
    return frozenset(
        await tx.session.scalars(text(_LED), {"scopes": list(scopes), "owner": owner, **_LED_BY})
    )


def add(
    tx: Transaction,
    row: AssessmentSchemeRow | AssessmentRunRow | AssessmentResultRow | AssessmentObjectionRow,
) -> None:
    """Store a new row with the transaction."""
    tx.session.add(row)
