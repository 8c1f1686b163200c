"""Where scenarios are played: one world, one copy of a service at a time."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.points import POINTS
from harness.tree import Patch, copy_tree
from harness.waiting import until
from harness.world import World

NAMES = itertools.count(1)


@dataclass(slots=True)
class Stage:
    """Runs one copy of the product, shipped or broken, and arms its points."""

    world: World
    running: tuple[str, str] = ("", "")
    """Service and name of the copy."""

    trees: dict[str, Path] = field(default_factory=dict)

    async def run(self, service: str, copy: str, patches: tuple[Patch, ...]) -> None:
        """Have a service run, and no other, of the copy with these patches."""
        if self.running == (service, copy):
            await self.world.keeper.ready(self.name_of(service))
            return
        await self.clear()
        if copy not in self.trees:
            target = self.world.root / f"tree-{copy}"
            # Points first: a mutant may touch the lines beside them.
            self.trees[copy] = copy_tree(target, (*POINTS, *patches))
        self.running = (service, copy)
        package = "tally" if service == "tally" else None
        await self.world.add_service(self.name_of(service), self.trees[copy], package=package)

    @staticmethod
    def name_of(service: str) -> str:
        """Return whose database, port and NATS user a service has."""
        return "target" if service == "tally" else service

    async def clear(self) -> None:
        """End what runs, and disarm every point."""
        if self.running[0]:
            self.world.keeper.stop(self.name_of(self.running[0]))
        self.running = ("", "")

    @staticmethod
    def label() -> str:
        """Return a name that no other scenario has."""
        return f"n{next(NAMES)}"

    def arm(self, point: str) -> None:
        """Let the next process that comes to a point die there, or wait."""
        self._file(f"{point}.reached").unlink(missing_ok=True)
        self._file(point).touch()

    def release(self, point: str) -> None:
        """Let go who is held at a point."""
        self._file(point).unlink(missing_ok=True)

    async def reached(self, point: str, seconds: float = 15.0) -> None:
        """Wait until somebody was at a point."""
        await until(self._file(f"{point}.reached").exists, seconds)

    def _file(self, name: str) -> Path:
        return self.world.root / name

    async def fetch(self, database: str, query: str, *values: Any) -> list[Any]:
        """Ask a database."""
        connection = await self.world.connect(database)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()
