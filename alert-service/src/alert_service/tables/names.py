"""Copies of what the hub told of scopes and indicators."""

from sqlalchemy import BigInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base


class ScopeRow(Base):
    """This service's copy of a scope (诊改对象), from ``scope.changed``."""

    __tablename__ = "scope"

    scope: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    parents: Mapped[list[str]]
    owner: Mapped[str | None]
    """The first who answers for it; None where nobody is named."""

    owners: Mapped[list[dict[str, str]]] = mapped_column(JSONB(), server_default=text("'[]'"))
    """Everybody who answers for it: person and role."""

    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    gone: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class IndicatorRow(Base):
    """An indicator, from ``indicator.published``: its unit, and whether it is a core one."""

    __tablename__ = "indicator"

    indicator: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    core: Mapped[bool] = mapped_column(server_default="false")
    """It is watched more closely (核心指标)."""

    version: Mapped[int]
