"""Loads a data package: definitions first, then the files, then cycles, goals and bindings.

In that order, because a goal, binding or cycle is about something that exists: the files bring
it. Cycles go before bindings, so that the first alert meets its cycle. Definitions are upserts. A
file is sent under a key made of its content and the version of its feed, and the hub takes in once
what it gets under one key: a second load changes nothing, puts no row aside again, and leaves
alone what changed since.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from helix8.demo.documents import REGISTERS, Chains, Document, by_depth
from helix8.demo.portal import Portal
from helix8.demo.sending import Sender, Teller
from helix8.demo.sources import CLICKS, Package
from helix8.progress import Progress, say

SETTLE_SECONDS: Final = 180.0
STEADY_LOOKS: Final = 3
NAMED: Final = 5
UNJUDGED_LOOKS: Final = 60
"""As long as a binding has no judgement: a long change is measured before any value comes."""

LOOK_SECONDS: Final = 0.5
TOGETHER: Final = 4
"""Requests under way at a time."""

Put = Callable[[Document], Awaitable[bool]]


@dataclass(slots=True, kw_only=True)
class Loader:
    """One load into a running suite."""

    portal: Portal
    progress: Progress
    _sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self._sender = Sender(portal=self.portal, teller=Teller(self.progress), name="demo")

    @property
    def surprises(self) -> int:
        """Files whose rows met another fate than expected."""
        return self._sender.teller.surprises

    async def load(self, package: Package) -> None:
        """Load a package."""
        self.progress.note(f"—— {package.zh} · {package.en}")
        told = (await self.portal.get("/api/datahub/v1/catalogue")).json()
        catalogue = {each["indicator"]: each["document"] for each in told}
        await self._define(package, catalogue)
        await self._sender.begin()
        for upload in package.uploads:
            await self._sender.send(upload)
        await self._bind(package.chains(catalogue))
        if package.shipped:
            await self._put_rules_in_force()
        if package.plan:
            # Last, when the names of the units have come: by them it finds who does what.
            await self._bring_in(*package.plan)

    async def has_more_clicks(self, package: Package) -> bool:
        """Whether the hub holds a larger version of the document of clicks than ``package``.

        The sample and the full set name it alike, and the later one replaces the earlier.
        """
        found = (await self.portal.get("/api/datahub/v1/batches", feed=CLICKS, pageSize=1)).json()
        own = [each for each in package.uploads if each.feed == CLICKS]
        if not found or not own:
            return False
        lines = 0
        async for part in own[0].parts():
            lines += part.count(b"\n")
        return int(found[0]["received"]) > lines

    async def settle(self) -> str:
        """Wait until nothing moves any more; tell what there is, and return it."""
        begin = time.monotonic()
        last: tuple[int, ...] = ()
        steady = 0
        enough = UNJUDGED_LOOKS
        while steady < enough and time.monotonic() - begin < SETTLE_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            seen = await self._look()
            steady = steady + 1 if seen == last else 0
            last = seen
            enough = STEADY_LOOKS if seen[0] == seen[1] else UNJUDGED_LOOKS
        judged, bindings, alerts, corrections = last
        without = await self._without_value() if judged < bindings else []
        zh = f"已判定 {judged}/{bindings} 个绑定，未销号预警 {alerts} 条，纠偏中 {corrections} 项"
        en = f"{judged} of {bindings} bindings judged, {alerts} alerts open, "
        en += f"{corrections} corrections under way"
        if without:
            zh += f"；没有数据而无从判定：{'、'.join(without)}"
            en += f"; without any data to judge: {', '.join(without)}"
        self.progress.step(f"{zh}（{time.monotonic() - begin:.1f} s）", en)
        return say(zh, en)

    async def _without_value(self) -> list[str]:
        """Return the bindings that have nothing to be judged by, the first few."""
        path = "/api/target/v1/attainments"
        found = (await self.portal.get(path, state="no_data", limit=NAMED)).json()
        return [str(each["binding"]) for each in found]

    async def _look(self) -> tuple[int, ...]:
        summary = (await self.portal.get("/api/target/v1/attainments/summary")).json()
        judged = summary["total"] - summary["states"].get("no_data", 0)
        alerts = await self._count("/api/alert/v1/alerts")
        corrections = await self._count("/api/spiral/v1/corrections")
        return judged, summary["total"], alerts, corrections

    async def _count(self, path: str) -> int:
        answer = await self.portal.get(path, state="open", limit=1, totalCount="true")
        return int(answer.headers["total-count"])

    async def _define(self, package: Package, catalogue: Mapping[str, Document]) -> None:
        def keyed(kind: str, name: str) -> Put:
            path = f"/api/datahub/v1/{kind}"
            return lambda each: self.portal.put(f"{path}/{quote(each[name])}", each)

        for system, document in package.systems.items():
            await self.portal.put(f"/api/datahub/v1/source-systems/{system}", document)
        await self._put_all("数据源约定", "feeds", keyed("feeds", "feed"), package.feeds)
        own = package.definitions(catalogue)
        await self._put_all("指标", "indicators", keyed("indicators", "indicator"), own)
        if package.shipped:
            asked = {"indicators": list(package.shipped)}
            await self.portal.post("/api/datahub/v1/catalogue/publish", asked)
            count = len(package.shipped)
            self.progress.step(f"目录指标 {count} 项", f"{count} indicators of the catalogue")

    async def _put_rules_in_force(self) -> None:
        """Put the rules that the product ships in force: of every family of alerts some."""
        rules = (await self.portal.get("/api/alert/v1/rules")).json()
        shipped = [each["key"] for each in rules if each["shipped"]]
        for key in shipped:
            await self.portal.put(f"/api/alert/v1/rules/{key}/enabled", {"enabled": True})
        self.progress.step(f"预警规则 {len(shipped)} 条", f"{len(shipped)} rules of alerts")

    async def _bind(self, chains: Chains) -> None:
        def posted(service: str, collection: str) -> Put:
            return lambda each: self.portal.post(f"/api/{service}/v1/{collection}", each)

        roots, *below = by_depth(chains.goals) or [[]]
        for register, entries in chains.registers.items():
            if entries:
                put = posted("target", register)
                await self._put_all(REGISTERS[register], register, put, entries)
        steps: tuple[tuple[str, str, str, Iterable[Document]], ...] = (
            ("诊改周期", "cycles", "spiral", chains.cycles),
            ("标准", "standards", "target", chains.standards),
            *(("规划", "plans", "target", each) for each in by_depth(chains.plans)),
            ("目标", "goals", "target", roots),
        )
        for zh, en, service, documents in steps:
            await self._put_all(zh, en, posted(service, en), documents)
        for level in below:
            await self._divide(level)
        put = posted("target", "bindings")
        await self._put_all("绑定", "bindings", put, chains.bindings)

    async def _divide(self, level: Iterable[Document]) -> None:
        """Divide goals among their children by weight, each among all of its own at once."""
        by_parent: dict[str, list[Document]] = {}
        for goal in level:
            by_parent.setdefault(goal["parent"], []).append(goal)
        for parent, goals in by_parent.items():
            children = [{**each, "parent": None} for each in goals]
            body = {"allocation": "weighted", "children": children}
            await self.portal.send(f"/api/target/v1/goals/{quote(parent)}/decompose", body)
        divided, parts = len(by_parent), sum(map(len, by_parent.values()))
        self.progress.step(
            f"目标分解 {divided} 处，下级目标 {parts} 个", f"{divided} goals divided into {parts}"
        )

    async def _bring_in(self, plan: bytes, scope: str) -> None:
        begin = time.monotonic()
        done = await self.portal.bring_in(plan, scope)
        changed = sum(each["change"] in {"created", "changed"} for each in done["made"])
        findings = len(done["read"]["findings"])
        self.progress.step(
            f"规划方案：{len(done['read']['rows'])} 行进程，新增或变更 {changed} 项，"
            f"检查出 {findings} 处（{time.monotonic() - begin:.1f} s）",
            f"the plan: {changed} things new or changed, {findings} findings",
        )

    async def _put_all(self, zh: str, en: str, put: Put, documents: Iterable[Document]) -> None:
        begin = time.monotonic()
        gate = asyncio.Semaphore(TOGETHER)

        async def one(document: Document) -> bool:
            async with gate:
                return await put(document)

        changes = await asyncio.gather(*(one(each) for each in documents))
        seconds = time.monotonic() - begin
        self.progress.step(
            f"{zh} {len(changes)} 项，其中新增或变更 {sum(changes)}（{seconds:.1f} s）",
            f"{len(changes)} {en}, {sum(changes)} new or changed",
        )
