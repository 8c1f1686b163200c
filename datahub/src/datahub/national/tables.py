"""How often the interfaces of the hub were called: no. 89 of the national tables tells it."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base


class InterfaceCallRow(Base):
    """Calls that were answered, of one interface."""

    __tablename__ = "interface_call"

    name: Mapped[str] = mapped_column(primary_key=True)
    """An entity, or a national table."""

    calls: Mapped[int] = mapped_column(BigInteger)
