"""Bodies of embedding."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from gateway.access.schemas import Visitor
from gateway.embeds.domain.narrowing import ACT, VIEWS, is_origin
from gateway.identity.schemas import Name
from gateway.roles.schemas import Input
from gateway.tables import EmbedClientRow

LONGEST: Final = 300
"""Seconds that a token lives at most."""

Kind = Literal["frame", "element"]
"""``frame``: `<helix8-embed>`; ``element``: single figures in the page itself (CORS)."""


def _exact_origin(text: str) -> str:
    if not is_origin(text):
        raise ValueError(
            "须为确切的来源，如 https://portal.example.edu.cn，不带路径；本机测试可用 http"
            " (an exact origin without a path; plain http on this machine only)"
        )
    return text


def _known_view(resource: str) -> str:
    if resource.endswith(ACT):
        raise ValueError("嵌入的部件只可读，去掉 :act (pieces are for reading alone: drop :act)")
    if resource not in VIEWS:
        known = "、".join(VIEWS)
        raise ValueError(f"没有这个部件，已有 {known} (no such view; there are {known})")
    return resource


Origin = Annotated[
    str, AfterValidator(_exact_origin), Field(examples=["https://portal.example.edu.cn"])
]
Resource = Annotated[str, AfterValidator(_known_view), Field(examples=["overview"])]


class NewEmbedClient(Input):
    """A site that may embed pieces of the portal."""

    name: Name
    subject: Annotated[str, Field(pattern=r"^system/[^\s/]{1,80}$", examples=["system/portal"])]
    """The system whose keys mint tokens for it."""

    origins: Annotated[list[Origin], Field(min_length=1, max_length=20)]
    kinds: Annotated[list[Kind], Field(min_length=1)] = ["frame", "element"]  # noqa: RUF012
    resources: Annotated[list[Resource], Field(min_length=1, max_length=30)]
    max_ttl: Annotated[int, Field(ge=30, le=LONGEST)] = LONGEST
    """Seconds that a token lives at most."""


class EmbedClientView(BaseModel):
    """A site that may embed."""

    id: UUID
    name: str
    subject: str
    origins: list[str]
    kinds: list[str]
    resources: list[str]
    max_ttl: int
    created_by: str
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: EmbedClientRow) -> Self:
        """Return a client as it is told."""
        return cls.model_validate(row, from_attributes=True)


class NewEmbedToken(Input):
    """For whom, for what, for which page."""

    subject: Annotated[str, Field(pattern=r"^(person/)?[^\s/]{1,80}$", examples=["T001"])]
    """工号 or 学号: staff or student number."""

    origin: Origin
    """Of the page that embeds; the token is worth nothing elsewhere."""

    resources: Annotated[list[Resource], Field(min_length=1, max_length=30)]
    ttl: Annotated[int, Field(ge=5, le=LONGEST)] = LONGEST
    locale: Literal["zh", "en"] = "zh"

    @model_validator(mode="after")
    def _is_a_person(self) -> Self:
        self.subject = f"person/{self.subject.removeprefix('person/')}"
        return self


class EmbedToken(BaseModel):
    """A token, told once."""

    token: str
    expires_at: datetime
    resources: list[str]


class NewFigureAddress(Input):
    """Which figure, for whom, for how long."""

    subject: Annotated[str, Field(pattern=r"^(person/)?[^\s/]{1,80}$", examples=["T001"])]
    """工号 or 学号: staff or student number; the figure shows what that person may see."""

    origin: Origin
    """A registered one of the asking system."""

    figure: Literal["spiral", "onepage", "attainment", "profile"]
    asked: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default_factory=dict, max_length=4, examples=[{"of": "school/19001"}]
    )
    """What it is of: ``cycle``, ``of``, ``goal``, ``period``, as the piece asks."""

    format: Literal["svg", "png"] = "svg"
    ttl: Annotated[int, Field(ge=5, le=LONGEST)] = LONGEST
    locale: Literal["zh", "en"] = "zh"


class FigureAddress(BaseModel):
    """An address that shows one figure, without signing in."""

    url: str
    expires_at: datetime


class TodoCount(BaseModel):
    """How much the caller has to do, for a badge."""

    open: int
    overdue: int


class OEmbed(BaseModel):
    """An answer of oEmbed 1.0, of type ``rich``."""

    version: Literal["1.0"] = "1.0"
    type: Literal["rich"] = "rich"
    title: str
    provider_name: str = "Helix8"
    provider_url: str
    html: str
    width: int = 1024
    height: int = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Who looks at an embedded piece, and through which site."""

    visitor: Visitor
    origin: str
    resources: frozenset[str]
    language: Literal["zh", "en"]
