"""Settings of the data hub: the only module that reads its environment."""

import os
from pathlib import Path
from typing import Final

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.addresses import parse_receivers
from shared.kit.settings import ServiceSettings

SECRETS: Final = "DATAHUB_SECRET_"
"""How the names of variables begin whose values a pull may use."""

MAX_SECRET: Final = 64 * 1024


class Settings(ServiceSettings):
    """Environment variables ``DATAHUB_*``."""

    model_config = SettingsConfigDict(env_prefix="DATAHUB_", extra="ignore")

    pull_roots: str = ""
    """Folders below which pulls may watch, with ``:`` between them."""

    pull_hosts: str = ""
    """Campus systems that pulls may connect to: host names, addresses, networks, with commas."""

    secrets_dir: Path | None = None
    """Folder of secrets that a pull may use, one file each."""

    accounts: Path | None = None
    """File in which the hub says whom of the source systems NATS is to let in, with which rights;
    without one, nobody is told."""

    quarantine_days: int = Field(400, ge=1)
    """For how long rows of the quarantine are kept that were taken up or given up."""

    learning_months: int = Field(6, ge=1, le=240)
    """Months before the present one for which raw learning events are kept: a term and its
    vacation. Our default."""

    learning_totals_seconds: float = Field(30.0, ge=0.1, le=3600)
    """Between two rounds of writing the daily totals that are due."""

    measure_seconds: float = Field(300.0, gt=0, le=3600)
    """For so long one statement may count; a definition that takes longer is parked."""

    measure_cost: float = Field(50_000_000.0, gt=0)
    """What PostgreSQL may expect counting a leg of a formula to cost; a dearer one is refused."""

    value_totals_seconds: float = Field(600.0, ge=0)
    """So often it writes down how many values each indicator has; 0 is never."""

    @field_validator("pull_hosts")
    @classmethod
    def _readable(cls, given: str) -> str:
        parse_receivers(given)
        return given

    def roots(self) -> tuple[Path, ...]:
        """Return the folders below which pulls may watch, links resolved."""
        return tuple(Path(each).resolve() for each in self.pull_roots.split(os.pathsep) if each)

    def secret(self, *, env: str | None, file: str | None) -> str | None:
        """Return a secret by its name; None when there is none.

        The hub's own secrets are out of reach: variables have a prefix of their own, files a
        folder of their own.
        """
        if env is not None:
            return os.environ.get(env) if env.startswith(SECRETS) else None  # noqa: TID251
        if file is None or self.secrets_dir is None or Path(file).name != file:
            return None
        path = self.secrets_dir / file
        if not path.is_file() or path.stat().st_size > MAX_SECRET:
            return None
        return path.read_text(encoding="utf-8").strip()
