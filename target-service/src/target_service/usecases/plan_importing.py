"""Bring in a plan that was read: what it becomes is made, or changed where the file changed.

What people changed since stays: of a thing that is there, only what the file says otherwise than
the last one did is taken over. What a corrected file names no more is told, and stays.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ValidationError

from shared.contracts.target import CycleProposal, PlanImported
from shared.errors import DomainError, ErrorKind, UnknownReferenceError
from shared.kit.database import Transaction
from target_service.domain.plan_document.document import PlanDocument
from target_service.domain.plan_lint.known import series_of
from target_service.domain.plan_making import Drafts, Made, Surroundings, make
from target_service.repository import chain, names, plans, registers
from target_service.repository import plan_imports as store
from target_service.repository import tasks as task_store
from target_service.repository.rehearsing import undone
from target_service.schemas import GoalBody, PlanBody
from target_service.schemas.plan_reading import PlanImport, PlanMadeView, made_of
from target_service.schemas.tasks import TaskBody
from target_service.tables import PlanImportRow
from target_service.usecases.exchanging.families import BODIES as BODIES_OF
from target_service.usecases.exchanging.families import Writing, put
from target_service.usecases.exchanging.items import faults_of_form
from target_service.usecases.plan_reading import look_through, names_of_units
from target_service.usecases.registers import BASIS, BODIES

REGISTERS: Final = {"basis": BASIS, "body": BODIES}
FAMILIES: Final = {
    "basis": "basis_documents",
    "body": "bodies",
    "plan": "plans",
    "goal": "goals",
    "task": "tasks",
}
"""Kind of what is made → how the use cases call it."""


class PlanImportError(DomainError):
    """What the plan becomes cannot be made; nothing was kept."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "plan-import"
    title_zh: ClassVar = "规划无法导入"
    title_en: ClassVar = "The plan cannot be brought in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing(Writing):
    """Who brings in a plan, when, and for which school."""

    scope: str | None
    """None: the only school that the hub has told of."""


@dataclass(slots=True)
class _Desk:
    """What is at hand while a plan is brought in."""

    tx: Transaction
    who: Importing
    before: Mapping[tuple[str, str], Made]
    """What the last file made, by kind and key."""

    changes: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: dict[tuple[str, str], DomainError] = field(default_factory=dict)

    def faults(self) -> dict[str, list[str]]:
        """Return what cannot be made, by kind, key and field."""
        return {
            f"{kind}/{key} {path}": list(reasons)
            for (kind, key), error in self.refused.items()
            for path, reasons in (error.fields or {"$": [f"{error.zh} ({error})"]}).items()
        }


async def import_plan(
    tx: Transaction, document: PlanDocument, who: Importing, *, is_rehearsal: bool
) -> PlanImport:
    """Make what a plan becomes, all or nothing.

    Args:
        is_rehearsal: everything is done, and undone again.

    Raises:
        PlanImportError: with everything that cannot be made, by kind, key and field.
        UnknownReferenceError: it is not said for which school.
    """
    async with undone(tx, when=is_rehearsal):
        done = await _import(tx, document, who)
    return done.model_copy(update={"dry_run": is_rehearsal})


async def _import(tx: Transaction, document: PlanDocument, who: Importing) -> PlanImport:
    await chain.lock_chain(tx)
    units = await names_of_units(tx)
    scope = who.scope or await only_school(tx)
    drafts = make(document, Surroundings(scope=scope, units=units))
    row = await store.find_import(tx, drafts.plan["key"])
    last = row.made if row else []
    made = await _with_known_keys(tx, made_of(drafts), last)
    before = {(each["kind"], each["key"]): each["document"] for each in last}
    desk = _Desk(tx, who, before)
    await _make_all(desk, _in_order(made))
    if desk.refused:
        faults = desk.faults()
        raise PlanImportError(
            f"有 {len(faults)} 处无法导入，没有导入任何内容",
            f"{len(faults)} things cannot be made; nothing was kept",
            fields=faults,
            fixes=["改正文件后再导入 (mend the file, then bring it in again)"],
        )
    read = await look_through(tx, document)
    answered = [
        each.model_copy(update={"change": desk.changes[each.kind, each.key]}) for each in made
    ]
    answered += _gone(before, made)
    documents = [each.model_dump(include={"kind", "key", "lines", "document"}) for each in made]
    _remember(tx, row, drafts, (read.model_dump(mode="json"), documents), who)
    return PlanImport(dry_run=False, read=read, made=answered, cycles=read.cycles)


async def only_school(tx: Transaction) -> str:
    """Return the school that everything is about where nobody says which.

    Raises:
        UnknownReferenceError: there are several, or none.
    """
    schools = await names.named_scopes(tx, "school")
    if len(schools) != 1:
        known = "、".join(scope for scope, _ in schools) or "无"
        raise UnknownReferenceError(
            f"请写明学校：?scope=school/…（已知：{known}）",
            "say for which school: ?scope=school/…",
            fixes=["GET /api/datahub/v1/scopes?kind=school"],
        )
    return schools[0][0]


async def _with_known_keys(
    tx: Transaction, made: Sequence[PlanMadeView], last: Sequence[Mapping[str, Any]]
) -> list[PlanMadeView]:
    """Return what is made, under the keys of what the registers hold already of it.

    A document is known by its number or its title, a body by its title.
    """
    own = {(each["kind"], each["key"]) for each in last}
    keys: dict[str, str] = {}
    for kind, register in REGISTERS.items():
        entries = await store.list_entries(tx, register)
        there = {_mark(e.title, e.document.get("number")): e.key for e in entries}
        there |= {_mark(each.title, None): each.key for each in entries}
        for each in made:
            document = each.document
            key = there.get(_mark(document["title"], document.get("number"))) or there.get(
                _mark(document["title"], None)
            )
            if each.kind == kind and key and (kind, each.key) not in own:
                keys[each.key] = key
    return [_rekeyed(each, keys) for each in made]


def _mark(title: str, number: str | None) -> str:
    # 学校层面工作 and 学校层面工作组 are one body.
    return number or series_of(title).removesuffix("组")


def _rekeyed(each: PlanMadeView, keys: Mapping[str, str]) -> PlanMadeView:
    document = dict(each.document)
    document["key"] = keys.get(each.key, each.key)
    if each.kind == "plan":
        document["basis"] = [keys.get(key, key) for key in document["basis"]]
    return each.model_copy(
        update={
            "key": document["key"],
            "document": document,
            "registered": each.key in keys,
        }
    )


def _in_order(made: Sequence[PlanMadeView]) -> list[PlanMadeView]:
    """Return what is made so that a task comes behind those on which it depends.

    Tasks that depend on each other in a ring come last: the first is refused for whom it names.
    """
    left = [each for each in made if each.kind == "task"]
    ordered = [each for each in made if each.kind != "task"]
    done: set[str] = set()
    while ready := [each for each in left if done.issuperset(each.document["after"])]:
        ordered += ready
        done |= {each.key for each in ready}
        left = [each for each in left if each.key not in done]
    return ordered + left


async def _make_all(desk: _Desk, left: Sequence[PlanMadeView]) -> None:
    """Make things; what fails is tried again behind the others, the other way round.

    So a goal may end earlier together with the tasks that serve it.
    """
    while left:
        failed = [each for each in left if not await _attempt(desk, each)]
        if len(failed) == len(left):
            return
        left = failed[::-1]


async def _attempt(desk: _Desk, each: PlanMadeView) -> bool:
    try:
        async with desk.tx.part():
            await _make(desk, each)
    except DomainError as error:
        desk.refused[each.kind, each.key] = error
        return False
    desk.refused.pop((each.kind, each.key), None)
    return True


async def _make(desk: _Desk, each: PlanMadeView) -> None:
    before = desk.before.get((each.kind, each.key))
    # What is registered from elsewhere, and what the last file said already, stays as it is.
    if each.registered or before == each.document:
        desk.changes[each.kind, each.key] = "unchanged"
        return
    present = await _PRESENT[each.kind](desk.tx, each.key) if before else None
    said = each.document if before is None else _differing(before, each.document)
    body = _body(each.kind, {**(present or each.document), **said})
    done = await put(desk.tx, FAMILIES[each.kind], body, desk.who)
    desk.changes[each.kind, each.key] = (
        "created" if done.created else "changed" if done.changed else "unchanged"
    )


def _body(kind: str, document: Made) -> BaseModel:
    """Return a document as the request that makes it.

    Raises:
        PlanImportError: the file says more of it than there may be, such as helpers of a task.
    """
    try:
        return BODIES_OF[FAMILIES[kind]].model_validate(document)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for path, reason in faults_of_form(error):
            fields.setdefault(path, []).append(reason)
        raise PlanImportError("内容有误", "it cannot be meant", fields=fields) from error


def _differing(before: Made, document: Made) -> Made:
    return {name: value for name, value in document.items() if before.get(name) != value}


def _present(body: type[BaseModel], row: Any, leave_out: frozenset[str] = frozenset()) -> Made:
    return {name: getattr(row, name) for name in body.model_fields if name not in leave_out}


async def _present_plan(tx: Transaction, key: str) -> Made | None:
    row = await plans.find_in_force(tx, key)
    return _present(PlanBody, row) if row else None


async def _present_goal(tx: Transaction, key: str) -> Made | None:
    row = await chain.find_goal_in_force(tx, key)
    return _present(GoalBody, row) if row else None


async def _present_task(tx: Transaction, key: str) -> Made | None:
    row = await task_store.find(tx, key)
    reason = {"reason": "规划文件已更正 (the plan's file was corrected)"}
    return _present(TaskBody, row, frozenset(reason)) | reason if row else None


def _present_entry(register: str) -> "_Present":
    async def find(tx: Transaction, key: str) -> Made | None:
        row = await registers.find_entry(tx, register, key)
        standing = row is not None and row.withdrawn_at is None
        return {"key": row.key, "title": row.title, **row.document} if row and standing else None

    return find


_Present = Callable[[Transaction, str], Awaitable[Made | None]]
_PRESENT: Final[Mapping[str, _Present]] = {
    "plan": _present_plan,
    "goal": _present_goal,
    "task": _present_task,
    "basis": _present_entry(BASIS),
    "body": _present_entry(BODIES),
}


def _gone(
    before: Mapping[tuple[str, str], Made], made: Sequence[PlanMadeView]
) -> list[PlanMadeView]:
    """Return what the last file made and this one names no more: it stays, and is told."""
    now = {(each.kind, each.key) for each in made}
    return [
        PlanMadeView(kind=kind, key=key, lines=[], document=document, change="gone")
        for (kind, key), document in before.items()
        if (kind, key) not in now
    ]


def _remember(
    tx: Transaction,
    row: PlanImportRow | None,
    drafts: Drafts,
    told: tuple[dict[str, Any], list[dict[str, Any]]],
    who: Importing,
) -> None:
    read, made = told
    if row and (row.read, row.made) == (read, made):
        return
    if row is None:
        row = PlanImportRow(plan=drafts.plan["key"], version=0)
        store.add_import(tx, row)
    row.version, row.read, row.made = row.version + 1, read, made
    row.imported_by, row.imported_at = who.actor.subject, who.at
    fact = PlanImported(
        id=row.plan,
        version=row.version,
        title=drafts.plan["title"],
        number=read["number"],
        scope=drafts.plan["scope"],
        period=drafts.plan["period"],
        cycles=tuple(
            CycleProposal.model_validate({name: each[name] for name in CycleProposal.model_fields})
            for each in drafts.cycles
        ),
        findings=len(read["findings"]),
    )
    tx.publish(fact, key=fact.scope, subject=f"plan/{row.plan}")
