"""Files on their way to the hub, and what it made of each.

A file is sent under a key made of its name, its content, its mode and the version of its feed. The
hub takes in once what it gets under one key, and goes on with what was broken off.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from helix8.demo.college.records import RAW
from helix8.demo.portal import Portal
from helix8.demo.sources import Upload
from helix8.progress import Progress

FATES: Final = (
    ("accepted", "接受"),
    ("created", "新增"),
    ("updated", "更新"),
    ("unchanged", "未变"),
    ("deleted", "删除"),
    ("vanished", "不在快照中而删除"),
    ("parked", "待父记录"),
    ("rejected", "拒收"),
    ("duplicate", "重复"),
)

_KIND: Final = {"upsert": "", "delete": "删除 ", "snapshot": "全量 "}


@dataclass(slots=True)
class Teller:
    """Tells what the hub made of each file, and counts what nobody expected."""

    progress: Progress
    surprises: int = 0
    """Files whose rows met another fate than expected."""

    parked: int = 0
    """Rows that wait for the record to which they belong."""

    def tell(self, upload: Upload, ledger: dict[str, Any], seconds: float) -> None:
        """Tell what became of the rows, and note when it is not what was expected."""
        as_expected = (ledger["quarantined"], ledger["parked"]) == (
            upload.dirty,
            upload.parked,
        ) and upload.rows in {None, ledger["received"]}
        self.surprises += not as_expected
        self.parked += ledger["parked"]
        fates = [(zh, en, ledger[en]) for en, zh in FATES if ledger.get(en)]
        aside_zh = f"隔离 {ledger['quarantined']}（预期 {upload.dirty}）"
        aside_en = f"quarantined {ledger['quarantined']} ({upload.dirty} expected)"
        if not upload.dirty and not ledger["quarantined"]:
            aside_zh, aside_en = "隔离 0", "none quarantined"
        mark = "" if as_expected else "【与预期不符 · NOT AS EXPECTED】"
        zh = "，".join([*(f"{word} {number:,}" for word, _, number in fates), aside_zh])
        en = ", ".join([*(f"{word} {number:,}" for _, word, number in fates), aside_en])
        self.progress.step(
            f"{mark}{_KIND[upload.mode]}{upload.document} → {upload.feed}："
            f"{ledger['received']:,} 行，{zh}（{seconds:.1f} s）",
            f"{ledger['received']:,} rows: {en}",
        )


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends files and tells what became of them."""

    portal: Portal
    teller: Teller
    name: str
    """Begins every key: what another one sends is another request."""

    _before: int = field(default=0, init=False)
    _versions: dict[str, int] = field(default_factory=dict, init=False)
    """Version of each feed; another one reads the same file differently."""

    async def begin(self) -> None:
        """Look what is there before anything is sent."""
        found = (await self.portal.get("/api/datahub/v1/batches", pageSize=1)).json()
        self._before = int(found[0]["batch"]) if found else 0
        feeds = (await self.portal.get("/api/datahub/v1/feeds")).json()
        self._versions = {each["feed"]: each["version"] for each in feeds}
        sources = (await self.portal.get("/api/datahub/v1/learning-sources")).json()
        self._versions |= {f"{each['source']}.{RAW}": each["version"] for each in sources}

    def key_of(self, upload: Upload) -> str:
        """Return the key under which a file is sent."""
        return f"{self.name}:{upload.feed}@{self._versions[upload.feed]}:{upload.digest()}"

    async def send(self, upload: Upload) -> None:
        """Send a file, unless the hub has it."""
        begin = time.monotonic()
        query = {"feed": upload.feed, "document": upload.document, "mode": upload.mode}
        if upload.rows is not None:
            query["declared"] = str(upload.rows)
        door = "batches"
        if upload.events_of is not None:
            door, query = "learning-events", {"source": upload.events_of}
        key = self.key_of(upload)
        ledger = await self.portal.push(upload.parts, upload.kind, query, key, door=door)
        if ledger["batch"] <= self._before:
            self.teller.progress.step(
                f"{upload.document} → {upload.feed}：此前已载入（批次 {ledger['batch']}）",
                "loaded before",
            )
            return
        self.teller.tell(upload, ledger, time.monotonic() - begin)
