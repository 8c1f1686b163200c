"""Who handed in which file of evidence (佐证)."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class EvidenceUploadRow(Base):
    """Who has uploaded a file: he may name it, and read it again."""

    __tablename__ = "evidence_upload"

    digest: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
