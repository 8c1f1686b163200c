"""The data directory of a suite: what lies where."""

import os
from dataclasses import dataclass
from pathlib import Path

from helix8.errors import StartError
from helix8.vault import Vault


@dataclass(frozen=True, slots=True)
class Home:
    """A data directory; ``.helix8`` unless said otherwise."""

    root: Path

    def prepare(self) -> None:
        """Make the directory, for its owner only.

        Raises:
            StartError: it cannot be made or written.
        """
        try:
            for directory in (self.root, self.run, self.logs):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            (self.run / ".writable").touch()
        except OSError as error:
            raise StartError(
                f"数据目录不可写：{self.root}（{error.strerror}）。请用 --data 指定其他目录 · "
                f"cannot write to the data directory {self.root} ({error.strerror}); "
                "choose another with --data"
            ) from None

    @property
    def run(self) -> Path:
        """What concerns the present run: lock and state."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.root / "logs"

    @property
    def loaded(self) -> Path:
        """What the demo says once all of its data is in."""
        return self.run / "demo-loaded"

    @property
    def lock(self) -> Path:
        """Held by the supervisor while it lives."""
        return self.run / "lock"

    @property
    def state(self) -> Path:
        """What the supervisor says about itself, JSON."""
        return self.run / "state.json"

    @property
    def postgres(self) -> Path:
        """Data of PostgreSQL."""
        return self.root / "postgres"

    @property
    def nats(self) -> Path:
        """Data of NATS."""
        return self.root / "nats"

    @property
    def accounts(self) -> Path:
        """Whom of the source systems NATS is to let in, as the hub says."""
        return self.root / "accounts.json"

    def log(self, process: str) -> Path:
        """Return the log file of a process."""
        return self.logs / f"{process}.log"

    def vault(self) -> Vault:
        """Return the generated secrets."""
        return Vault(self.root / "secrets")

    def mark(self) -> dict[str, str]:
        """Return the variable by which every process of this directory can be recognised."""
        return {"HELIX8_DIRECTORY": os.fspath(self.root.resolve())}
