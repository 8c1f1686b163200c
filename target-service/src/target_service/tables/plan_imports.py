"""Plans that came from files."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class PlanImportRow(Base):
    """The last file of a plan: what was read of it, and what was made."""

    __tablename__ = "plan_import"

    plan: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    read: Mapped[Document]
    made: Mapped[list[Document]] = mapped_column(JSONB)
    """``{kind, key, lines, document}`` of everything, the document as the file said it."""

    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
