"""Draft assessment schemes, and let another person approve them."""

from datetime import datetime

from shared.errors import UnknownReferenceError, no_such
from shared.kit.database import Transaction
from target_service.domain.assessing.runs import check_other_hand
from target_service.domain.assessing.scheme import (
    PLANNED,
    Item,
    Scheme,
    SchemeFaultsError,
    Takes,
    faults_of_scheme,
)
from target_service.domain.judge import Rules
from target_service.domain.units import Faults
from target_service.repository import assessments, names, plans
from target_service.repository.chain import not_found
from target_service.schemas.assessments import SchemeBody
from target_service.tables import AssessmentSchemeRow
from target_service.usecases.assessing.steps import close_approval, open_approval
from target_service.usecases.checks import Precondition, Put


async def put_scheme(
    tx: Transaction,
    body: SchemeBody,
    expect: Precondition,
    at: datetime,
    rules: Rules,
    *,
    author: str,
) -> Put[AssessmentSchemeRow]:
    """Draft a scheme, or its next version; runs go on by the version they were opened with.

    Raises:
        SchemeFaultsError: everything that it cannot mean.
        UnknownReferenceError: an indicator or a scheme that it takes is not there.
    """
    del rules
    await assessments.lock_assessments(tx)
    last = await assessments.find_scheme(tx, body.key)
    newest = None if last is None or last.withdrawn_at else last
    expect(newest.version if newest else None)
    scheme = body.to_rule()
    measures = await names.measures_of(tx, [item.of for item in scheme.items])
    directions = {indicator: each.direction for indicator, each in measures.items()}
    _refuse(faults_of_scheme(scheme, directions), await _unknown(tx, scheme, body.key))
    document = body.model_dump(mode="json", by_alias=True)
    if newest and newest.document == document:
        return Put(row=newest, created=False, changed=False)
    row = AssessmentSchemeRow(
        key=body.key,
        version=last.version + 1 if last else 1,
        title=body.title,
        purpose=body.purpose.value,
        kind=body.kind,
        document=document,
        author=author,
        made_at=at,
    )
    assessments.add(tx, row)
    if newest and newest.approved_at is None:
        await close_approval(tx, newest, "replaced", author)
    await open_approval(tx, row, at)
    return Put(row=row, created=newest is None, changed=True)


async def approve(
    tx: Transaction, key: str, expect: Precondition, at: datetime, by: str
) -> AssessmentSchemeRow:
    """Approve the newest version of a scheme; again, it changes nothing.

    Raises:
        NotFoundError: no scheme has that key.
        OtherHandError: who drafted it cannot approve it.
    """
    await assessments.lock_assessments(tx)
    row = await _newest(tx, key)
    expect(row.version)
    if row.approved_at is None:
        check_other_hand(by, row.author, "批准考核方案", "approving a scheme")
        row.approved_by, row.approved_at = by, at
        await close_approval(tx, row, "approved", by)
    return row


async def withdraw_scheme(
    tx: Transaction, key: str, expect: Precondition, at: datetime, by: str
) -> None:
    """Withdraw a scheme with all its versions; its runs go on.

    Raises:
        NotFoundError: no scheme has that key, or it is withdrawn already.
    """
    await assessments.lock_assessments(tx)
    newest = await _newest(tx, key)
    expect(newest.version)
    if newest.approved_at is None:
        await close_approval(tx, newest, "withdrawn", by)
    for row in await assessments.list_versions(tx, key):
        row.withdrawn_at = row.withdrawn_at or at


async def _newest(tx: Transaction, key: str) -> AssessmentSchemeRow:
    row = await assessments.find_scheme(tx, key)
    if row is None or row.withdrawn_at:
        raise not_found("考核方案", "assessment scheme", key)
    return row


async def _unknown(tx: Transaction, scheme: Scheme, own_key: str) -> Faults:
    found: Faults = []
    for place, item in enumerate(scheme.items):
        reason = await _unknown_item(tx, item, own_key)
        if reason:
            found.append((f"$.items[{place}].of", reason))
    return found


async def _unknown_item(tx: Transaction, item: Item, own_key: str) -> str:
    """Return that what an item takes is not there; empty where it is."""
    if not item.of:
        return ""
    if item.takes is Takes.RESULT:
        there = item.of == own_key or bool(await assessments.find_scheme(tx, item.of))
        reason = no_such("考核方案", "assessment scheme", item.of, [])
    elif item.takes in PLANNED:
        there = bool(await plans.find_in_force(tx, item.of))
        reason = no_such("规划", "plan", item.of, await plans.plans_like(tx, item.of))
    else:
        there = await names.has_indicator(tx, item.of)
        reason = no_such("指标", "indicator", item.of, await names.indicators_like(tx, item.of))
    return "" if there else reason


def _refuse(faults: Faults, unknown: Faults) -> None:
    found = [*faults, *unknown]
    if not found:
        return
    fields: dict[str, list[str]] = {}
    for path, reason in found:
        fields.setdefault(path, []).append(reason)
    kind = SchemeFaultsError if faults else UnknownReferenceError
    raise kind(f"请检查：{'、'.join(fields)}", f"check {', '.join(fields)}", fields=fields)
