"""Registers: entries with versions, checked in themselves and in what they name."""

from datetime import datetime
from typing import ClassVar, Final

from shared.contracts.target import BodyChanged, BodyDuty, BodyMember, BodyResponsibility
from shared.errors import DomainError, ErrorKind, no_such
from shared.kit.database import Transaction
from target_service.domain.judge import Rules
from target_service.domain.lines import refuse
from target_service.domain.units import Faults
from target_service.repository import chain, names, registers
from target_service.schemas.registers import BodyBody, EntryBody
from target_service.tables import RegisterEntryRow
from target_service.usecases.checks import Precondition, Put
from target_service.usecases.selecting import follow_scopes

BASIS: Final = "basis-documents"
BODIES: Final = "bodies"
CLASSES: Final = "object-classes"
DECIDED: Final = ("plan", "goal", "standard", "task", "body")
"""What a resolution may be about."""


class EntryError(DomainError):
    """An entry of a register contradicts itself."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "register-entry"
    title_zh: ClassVar = "登记的内容有误"
    title_en: ClassVar = "The entry cannot be meant"


class CitedError(DomainError):
    """Standards, plans, goals or entries cite the basis document."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cited"
    title_zh: ClassVar = "仍被引用"
    title_en: ClassVar = "It is cited"


class Registrar:
    """Who writes into a register."""

    def __init__(self, register: str, by: str) -> None:
        self.register = register
        self.by = by

    async def put(
        self, tx: Transaction, body: EntryBody, expect: Precondition, at: datetime, rules: Rules
    ) -> Put[RegisterEntryRow]:
        """Make an entry, or its next version.

        Raises:
            EntryError: it contradicts itself.
            UnknownReferenceError: what it names is not there.
        """
        await chain.lock_chain(tx)
        last = await registers.find_entry(tx, self.register, body.key)
        standing = None if last is None or last.withdrawn_at else last
        expect(standing.version if standing else None)
        refuse(body.faults(), await _unknown(tx, body), EntryError)
        document = body.to_document()
        if standing and (standing.title, standing.document) == (body.title, document):
            return Put(row=standing, created=False, changed=False)
        row = self._next(last, at, key=body.key, title=body.title, document=document)
        await registers.save_version(tx, last, row)
        await self._tell(tx, row, standing, at, rules)
        return Put(row=row, created=standing is None, changed=True)

    async def withdraw(
        self, tx: Transaction, key: str, expect: Precondition, at: datetime, rules: Rules
    ) -> None:
        """Withdraw an entry; it stays readable by its key.

        Raises:
            NotFoundError: nothing has that key, or it is withdrawn already.
            CitedError: something cites it.
        """
        await chain.lock_chain(tx)
        last = await registers.find_entry(tx, self.register, key)
        if last is None or last.withdrawn_at:
            raise chain.not_found("登记", "entry", key)
        expect(last.version)
        await self._refuse_cited(tx, key)
        row = self._next(last, at, key=key, title=last.title, document=last.document)
        row.withdrawn_at = at
        await registers.save_version(tx, last, row)
        await self._tell(tx, row, last, at, rules)

    def _next(
        self, last: RegisterEntryRow | None, at: datetime, *, key: str, title: str, document: object
    ) -> RegisterEntryRow:
        return RegisterEntryRow(
            register=self.register,
            key=key,
            version=last.version + 1 if last else 1,
            newest=True,
            title=title,
            document=document,
            updated_by=self.by,
            updated_at=at,
        )

    async def _refuse_cited(self, tx: Transaction, key: str) -> None:
        citing = await registers.list_citing(tx, key) if self.register == BASIS else []
        if citing:
            named = citing[:20]
            raise CitedError(
                f"{len(citing)} 处引用它：{'、'.join(named)}",
                f"{len(citing)} cite it: {', '.join(named)}",
                fixes=["先改它们的 basis (change their basis first)"],
            )

    async def _tell(
        self,
        tx: Transaction,
        row: RegisterEntryRow,
        before: RegisterEntryRow | None,
        at: datetime,
        rules: Rules,
    ) -> None:
        if self.register == BODIES:
            tx.publish(body_fact(row), key=f"body/{row.key}")
        if self.register == CLASSES:
            now = set() if row.withdrawn_at else set(row.document["scopes"])
            then = set(before.document["scopes"]) if before else set()
            await follow_scopes(tx, sorted(now ^ then), at, rules)


def body_fact(row: RegisterEntryRow) -> BodyChanged:
    """Return the event that a body is appointed, changed or dissolved."""
    said = BodyBody.model_validate({"key": row.key, "title": row.title, **row.document})
    return BodyChanged(
        id=row.key,
        version=row.version,
        title=row.title,
        since=said.since.isoformat() if said.since else None,
        until=said.until.isoformat() if said.until else None,
        members=tuple(
            BodyMember.model_validate(each.model_dump(mode="json")) for each in said.members
        ),
        duties=tuple(BodyDuty(key=each.key, text=each.text) for each in said.duties),
        matrix=tuple(
            BodyResponsibility.model_validate(each.model_dump(mode="json")) for each in said.matrix
        ),
        withdrawn=row.withdrawn_at is not None,
    )


async def _unknown(tx: Transaction, body: EntryBody) -> Faults:
    """Return what an entry names and is not there."""
    named = body.references()
    kinds: dict[str, set[str]] = {}
    for kind, key in named.values():
        kinds.setdefault(kind, set()).add(key)
    known: dict[str, set[str]] = {
        "scope": await names.scopes_among(tx, kinds.get("scope", set())),
        "indicator": set(await names.units_of(tx, kinds.get("indicator", set()))),
        "document": set(await registers.clauses_of(tx, kinds.get("document", set()))),
    }
    for each in DECIDED:
        known[each] = await registers.decided_among(tx, each, kinds.get(each, set()))
    words: dict[str, tuple[str, str]] = {
        "scope": ("诊改对象", "scope"),
        "indicator": ("指标", "indicator"),
        "document": ("依据文件", "basis document"),
        "plan": ("规划", "plan"),
        "goal": ("目标", "goal"),
        "standard": ("标准", "standard"),
        "task": ("任务", "task"),
        "body": ("机构", "body"),
    }
    return [
        (path, no_such(*words[kind], key, []))
        for path, (kind, key) in named.items()
        if key not in known[kind]
    ]
