"""Loads a data package: definitions first, then the files, then cycles, goals and bindings.

In that order, because a goal, binding or cycle is about something that exists: the files bring
it. Cycles go before bindings, so that the first alert meets its cycle. Definitions are upserts. A
file is sent under a key made of its content and the version of its feed, and the hub takes in once
what it gets under one key: a second load changes nothing, puts no row aside again, and leaves
alone what changed since.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from helix8.demo.documents import Document
from helix8.demo.portal import Portal
from helix8.demo.sources import CLICKS, Package, Upload
from helix8.progress import Progress

FATES: Final = (
    ("created", "新增"),
    ("updated", "更新"),
    ("unchanged", "未变"),
    ("parked", "待父记录"),
    ("rejected", "拒收"),
    ("duplicate", "重复"),
)
SETTLE_SECONDS: Final = 120.0
STEADY_LOOKS: Final = 3
UNJUDGED_LOOKS: Final = 20
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
    surprises: int = 0
    """Files whose rows met another fate than expected."""

    _before: int = field(default=0, init=False)
    _versions: dict[str, int] = field(default_factory=dict, init=False)
    """Version of each feed; another one reads the same file differently."""

    async def load(self, package: Package) -> None:
        """Load a package."""
        self.progress.note(f"—— {package.zh} · {package.en}")
        self._before = await self._newest_batch()
        await self._define(package)
        feeds = (await self.portal.get("/api/datahub/v1/feeds")).json()
        self._versions = {each["feed"]: each["version"] for each in feeds}
        for upload in package.uploads:
            await self._send(upload)
        await self._bind(package)

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

    async def settle(self) -> None:
        """Wait until nothing moves any more, and tell what there is."""
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
        self.progress.step(
            f"已判定 {judged}/{bindings} 个绑定，未销号预警 {alerts} 条，纠偏中 {corrections} 项"
            f"（{time.monotonic() - begin:.1f} s）",
            f"{judged} of {bindings} bindings judged, {alerts} alerts open, "
            f"{corrections} corrections under way",
        )

    async def _look(self) -> tuple[int, ...]:
        summary = (await self.portal.get("/api/target/v1/attainments/summary")).json()
        judged = summary["total"] - summary["states"].get("no_data", 0)
        alerts = await self._count("/api/alert/v1/alerts")
        corrections = await self._count("/api/spiral/v1/corrections")
        return judged, summary["total"], alerts, corrections

    async def _count(self, path: str) -> int:
        answer = await self.portal.get(path, state="open", limit=1, totalCount="true")
        return int(answer.headers["total-count"])

    async def _newest_batch(self) -> int:
        found = (await self.portal.get("/api/datahub/v1/batches", pageSize=1)).json()
        return int(found[0]["batch"]) if found else 0

    async def _define(self, package: Package) -> None:
        def keyed(kind: str, name: str) -> Put:
            path = f"/api/datahub/v1/{kind}"
            return lambda each: self.portal.put(f"{path}/{quote(each[name])}", each)

        await self._put_all("数据源约定", "feeds", keyed("feeds", "feed"), package.feeds)
        await self._put_all(
            "指标", "indicators", keyed("indicators", "indicator"), package.indicators
        )

    async def _bind(self, package: Package) -> None:
        def posted(service: str, collection: str) -> Put:
            return lambda each: self.portal.post(f"/api/{service}/v1/{collection}", each)

        chains = package.chains
        steps: tuple[tuple[str, str, str, Iterable[Document]], ...] = (
            ("诊改周期", "cycles", "spiral", chains.cycles),
            ("标准", "standards", "target", chains.standards),
            ("目标", "goals", "target", chains.goals),
            ("绑定", "bindings", "target", chains.bindings),
        )
        for zh, en, service, documents in steps:
            await self._put_all(zh, en, posted(service, en), documents)

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

    async def _send(self, upload: Upload) -> None:
        begin = time.monotonic()
        query = {"feed": upload.feed, "document": upload.document}
        if upload.rows is not None:
            query["declared"] = str(upload.rows)
        key = f"demo:{upload.feed}@{self._versions[upload.feed]}:{upload.digest()}"
        ledger = await self.portal.push(upload.parts, "text/csv", query, key)
        if ledger["batch"] <= self._before:
            self.progress.step(
                f"{upload.document} → {upload.feed}：此前已载入（批次 {ledger['batch']}）",
                "loaded before",
            )
            return
        self._tell(upload, ledger, time.monotonic() - begin)

    def _tell(self, upload: Upload, ledger: dict[str, Any], seconds: float) -> None:
        as_expected = ledger["quarantined"] == upload.dirty and (
            upload.rows in {None, ledger["received"]} and not ledger["parked"]
        )
        self.surprises += not as_expected
        fates = [(zh, en, ledger[en]) for en, zh in FATES if ledger[en]]
        aside_zh = f"隔离 {ledger['quarantined']}（预期 {upload.dirty}）"
        aside_en = f"quarantined {ledger['quarantined']} ({upload.dirty} expected)"
        if not upload.dirty and not ledger["quarantined"]:
            aside_zh, aside_en = "隔离 0", "none quarantined"
        mark = "" if as_expected else "【与预期不符 · NOT AS EXPECTED】"
        zh = "，".join([*(f"{word} {number:,}" for word, _, number in fates), aside_zh])
        en = ", ".join([*(f"{word} {number:,}" for _, word, number in fates), aside_en])
        self.progress.step(
            f"{mark}{upload.document} → {upload.feed}：{ledger['received']:,} 行，{zh}"
            f"（{seconds:.1f} s）",
            f"{ledger['received']:,} rows: {en}",
        )
