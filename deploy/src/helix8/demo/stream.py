"""The daily stream: the college's changes, pushed for ever, half over NATS and half over REST."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from helix8.demo.college import Change, changes
from helix8.demo.integrator import Integrators
from helix8.demo.portal import Portal, RefusedError
from helix8.demo.sources import the_college
from helix8.progress import Progress

NDJSON: Final = "application/x-ndjson"
DAY_OF_CHANGES: Final = 1_000_000
"""More than a day brings at any rate; then the day begins again."""

FATES: Final = (
    *("created", "updated", "deleted", "unchanged"),
    *("quarantined", "parked", "rejected", "duplicate"),
)
"""Every row has exactly one of them: they add up to what was sent."""

TELL_SECONDS: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Stream:
    """Pushes ``rate`` records a second until it is cancelled."""

    portal: Portal
    progress: Progress
    rate: float
    now: Callable[[], datetime]
    sent: Counter[str] = field(default_factory=Counter)
    """Records by channel, ``nats`` and ``rest``, and ``refused`` ones."""

    fates: Counter[str] = field(default_factory=Counter)
    """What the hub answered over REST."""

    heard: Counter[str] = field(default_factory=Counter)
    """What the hub answered over NATS."""

    async def run(self) -> None:
        """Push for ever."""
        self.progress.step(
            f"每秒推送 {self.rate:g} 条变更，NATS 与 REST 各半",
            f"pushing {self.rate:g} changes a second, half over NATS, half over REST",
        )
        integrators = Integrators(self.portal.access, self.heard)
        try:
            await self._push(integrators)
        finally:
            await integrators.close()

    async def _push(self, integrators: Integrators) -> None:
        clock = asyncio.get_running_loop().time
        told = due = clock()
        for turn, run in enumerate(self._runs()):
            await self._deliver(integrators, run, over_nats=turn % 2 == 0)
            if clock() - told >= TELL_SECONDS:
                told = clock()
                self._tell()
            # After an absence of the suite the missed time is not made up for in a burst.
            due = max(due + len(run) / self.rate, clock())
            await asyncio.sleep(due - clock())

    def _runs(self) -> Iterator[list[Change]]:
        """Yield changes in a row of one kind, at most a second's worth: one delivery each."""
        most = max(1, int(self.rate))
        for _, same in itertools.groupby(self._changes(), key=lambda each: each[:3]):
            yield from _cut(same, most)

    def _changes(self) -> Iterator[Change]:
        while True:
            today = self.now().date()
            college = the_college(today)
            for each in changes(college, college.spec.data_day, DAY_OF_CHANGES):
                yield each
                if self.now().date() != today:
                    break

    async def _deliver(
        self, integrators: Integrators, run: list[Change], *, over_nats: bool
    ) -> None:
        if over_nats:
            for each in run:
                await integrators.push(*each, self.now())
            self.sent["nats"] += len(run)
            return
        system, entity, op, _ = run[0]
        body = b"".join(msgspec.json.encode(each.record) + b"\n" for each in run)
        query = {"source": system, "entity": entity, "mode": op}
        try:
            ledger = await self.portal.push(body, NDJSON, query)
        except RefusedError as error:
            self.sent["refused"] += len(run)
            self.progress.note(str(error))
            return
        self.sent["rest"] += len(run)
        self._count(ledger)

    def _count(self, ledger: dict[str, Any]) -> None:
        for fate in FATES:
            self.fates[fate] += ledger[fate]

    def _tell(self) -> None:
        heard = dict(sorted(self.heard.items()))
        heard["在途 on the way"] = self.sent["nats"] - self.heard.total()
        verdicts = ", ".join(f"{name} {n}" for name, n in heard.items() if n > 0)
        fates = ", ".join(f"{name} {n}" for name, n in self.fates.items() if n)
        refused = f"，被拒 refused {self.sent['refused']}" if self.sent["refused"] else ""
        self.progress.step(
            f"已推送 NATS {self.sent['nats']}（{verdicts}）",
            f"REST {self.sent['rest']} ({fates}){refused}",
        )


def _cut(changes_of_a_kind: Iterator[Change], most: int) -> Iterator[list[Change]]:
    while part := list(itertools.islice(changes_of_a_kind, most)):
        yield part
