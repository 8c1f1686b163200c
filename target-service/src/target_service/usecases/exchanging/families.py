"""What is brought in, family by family: by which body, by which use case, and what it reads as."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from shared.kit.database import Transaction
from target_service.domain.exchanging.citing import REGISTERS
from target_service.domain.judge import Rules
from target_service.domain.standing import Actor
from target_service.schemas import BindingBody, GoalBody, PlanBody, StandardBody
from target_service.schemas.registers import BasisDocumentBody, BodyBody, ObjectClassBody, ValueBody
from target_service.schemas.selectors import SelectorBody
from target_service.schemas.tasks import TaskBody
from target_service.tables import RegisterEntryRow
from target_service.usecases.checks import Put
from target_service.usecases.goals import state_goal
from target_service.usecases.placing import Place, place_goals
from target_service.usecases.plans import put_plan
from target_service.usecases.putting import put_binding
from target_service.usecases.registers import BODIES as BODIES_REGISTER
from target_service.usecases.registers import Registrar
from target_service.usecases.selecting import put_selector
from target_service.usecases.standards import put_standard
from target_service.usecases.tasks.putting import put_task
from target_service.usecases.tasks.telling import Act

Document = dict[str, Any]

BODIES: Final[Mapping[str, type[BaseModel]]] = {
    "basis_documents": BasisDocumentBody,
    "value_dimensions": ValueBody,
    "object_classes": ObjectClassBody,
    "bodies": BodyBody,
    "plans": PlanBody,
    "goals": GoalBody,
    "standards": StandardBody,
    "selectors": SelectorBody,
    "bindings": BindingBody,
    "tasks": TaskBody,
}
_REGISTERS: Final = {**REGISTERS, "bodies": BODIES_REGISTER}
_JSON: Final = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Who brings something in, and when."""

    actor: Actor
    at: datetime
    rules: Rules
    place: Place = place_goals
    """Gives goals their places in the tree: of many that are brought in, together."""


def document_of(family: str, row: Any) -> Document:
    """Return a thing as its body would say it."""
    if isinstance(row, RegisterEntryRow):
        return {"key": row.key, "title": row.title, **row.document}
    names = (name for name in BODIES[family].model_fields if hasattr(row, name))
    return dict(_JSON.dump_python({name: getattr(row, name) for name in names}, mode="json"))


async def put(tx: Transaction, family: str, body: Any, who: Writing) -> Put[Any]:
    """Do for a body what the API does, whatever version is there.

    Raises:
        DomainError: what the use case refuses.
    """
    if family in _REGISTERS:
        registrar = Registrar(_REGISTERS[family], who.actor.subject)
        return await registrar.put(tx, body, anything, who.at, who.rules)
    done: Put[Any] = await _PUTS[family](tx, body, who)
    return done


async def _put_selector(tx: Transaction, body: SelectorBody, who: Writing) -> Put[Any]:
    done, _ = await put_selector(tx, body, anything, who.at, who.rules)
    return done


async def _put_goal(tx: Transaction, body: GoalBody, who: Writing) -> Put[Any]:
    done = await state_goal(tx, body, anything, who.at, who.rules, by=who.actor.subject)
    if done.changed:
        await who.place(tx, [body.key], who.at, who.rules)
    return done


def anything(_: int | None) -> None:
    """Take whatever version is there."""


_PUTS: Final[Mapping[str, Callable[[Transaction, Any, Writing], Awaitable[Put[Any]]]]] = {
    "plans": lambda tx, body, who: put_plan(
        tx, body, anything, who.at, who.rules, by=who.actor.subject
    ),
    "goals": _put_goal,
    "standards": lambda tx, body, who: put_standard(
        tx, body, anything, who.at, who.rules, author=who.actor.subject
    ),
    "selectors": _put_selector,
    "bindings": lambda tx, body, who: put_binding(tx, body, anything, who.at, who.rules),
    "tasks": lambda tx, body, who: put_task(tx, body, anything, Act(who.actor, who.at)),
}
