"""Column types that every table uses the same way."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import DateTime
from sqlalchemy.orm import mapped_column

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""An aware instant; a column of plain ``datetime`` would lose its zone."""
