"""Bodies of the endpoints of roles."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.access.domain.roles import LENDABLE, PERMISSIONS
from shared.contracts.gateway import RoleOrigin
from shared.contracts.vocabulary import ScopeKey


def known_role(role: str) -> str:
    """Return a role that there is.

    Raises:
        ValueError: there is none of that name.
    """
    if role not in PERMISSIONS:
        raise ValueError(f"没有这个角色 (no such role); known: {', '.join(PERMISSIONS)}")
    return role


def _lendable(role: str) -> str:
    if role not in LENDABLE:
        raise ValueError(f"不能委托 (cannot be lent); can be: {', '.join(sorted(LENDABLE))}")
    return role


Role = Annotated[str, AfterValidator(known_role), Field(examples=["unit_head"])]
Person = Annotated[str, Field(pattern=r"^person/[^\s/]{1,80}$", examples=["person/T001"])]
Reason = Annotated[str, Field(min_length=2, max_length=300, examples=["出国访学"])]


class Input(BaseModel):
    """A body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


class _Term(Input):
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day."""

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to 早于 valid_from (ends before it begins)")
        return self


class NewGrant(_Term):
    """A role to be granted."""

    person: Person
    role: Role
    scope: Annotated[ScopeKey | None, Field(examples=["unit/JWC"])] = None
    """None: everywhere."""

    reason: Reason


class NewDelegation(_Term):
    """A role of one's own to be lent."""

    to: Annotated[Person, Field(examples=["person/T002"])]
    role: Annotated[str, AfterValidator(_lendable), Field(examples=["unit_head"])]
    scope: Annotated[ScopeKey | None, Field(examples=["unit/JWC"])] = None
    valid_to: date
    reason: Reason


class GrantView(BaseModel):
    """A role that somebody holds, held or will hold."""

    id: UUID
    person: str
    role: str
    scope: str | None
    origin: RoleOrigin
    source: str
    """The scope or body that it comes from; of a delegation, who lent it."""

    valid_from: date | None
    valid_to: date | None
    reason: str | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None


class BodyRule(Input):
    """The role that a place in a body gives."""

    place: Literal["head", "deputy", "member"]
    role: Role
    scope: Annotated[ScopeKey | None, Field(examples=["school/14365"])] = None
    """None: everywhere."""


class BodyRules(Input):
    """Every role that the places of a body give; those that are not named give none any more."""

    rules: Annotated[list[BodyRule], Field(max_length=20)]


class BodyView(BaseModel):
    """A body, who belongs to it by name, and what its places give."""

    id: str
    title: str
    since: date | None
    until: date | None
    members: list[dict[str, str | None]]
    rules: list[BodyRule]
    withdrawn: bool
