"""What a load consists of: a data package's definitions, and its files in order."""

import gzip
import hashlib
import json
import tomllib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from helix8.demo import college as college_package
from helix8.demo.college import College, CollegeSpec, Delivery
from helix8.demo.documents import Chains, Document, read_chains, read_folder

CLICKS: Final = "oulad.learning_daily"
"""The feed whose document the full set and the sample name alike: the later one replaces it."""

_PART_BYTES: Final = 256 * 1024
_PACKAGE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way to the hub."""

    feed: str
    document: str
    content: bytes | Path
    """The bytes, or the file they are read from."""

    packed: bool = False
    """The file is gzip; it is sent as it is unpacked."""

    rows: int | None = None
    """Records in it; None where nobody counted."""

    dirty: int = 0
    """How many of them must end in quarantine."""

    parked: int = 0
    """How many of them must wait for records that never come."""

    mode: str = "upsert"
    """The hub's: upsert, delete or snapshot."""

    events_of: str | None = None
    """The source whose raw events they are; None where they are records, read by a feed."""

    @property
    def kind(self) -> str:
        """Return the content type."""
        return "application/x-ndjson" if self.document.endswith(".ndjson") else "text/csv"

    def digest(self) -> str:
        """Return what tells this file from any other of its feed."""
        if isinstance(self.content, bytes):
            content = hashlib.sha256(self.content)
        else:
            with self.content.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256")
        content.update(f"{self.mode}:{self.document}".encode())
        return content.hexdigest()

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the content piece by piece."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content.open("rb") as file, gzip.open(file) if self.packed else file as stream:
            while part := stream.read(_PART_BYTES):
                yield part


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A data set with everything that gives it meaning."""

    zh: str
    en: str
    systems: Mapping[str, Document]
    """Source systems that the installation does not make, by id."""

    feeds: tuple[Document, ...]
    shipped: tuple[str, ...]
    """Definitions of the hub's catalogue that it uses."""

    indicators: tuple[Document, ...]
    """Its own; what names a shipped one says only what is other here."""

    chain_files: tuple[Path, ...]
    day: date
    uploads: Iterable[Upload]
    plan: tuple[bytes, str] | None = None
    """The plan of the college, and the school whose it is."""

    def definitions(self, catalogue: Mapping[str, Document]) -> list[Document]:
        """Return its own definitions in full."""
        return [{**catalogue.get(each["indicator"], {}), **each} for each in self.indicators]

    def chains(self, catalogue: Mapping[str, Document]) -> Chains:
        """Return goals, standards, bindings and cycles; the catalogue names what they are about."""
        own = {each["indicator"]: each for each in self.definitions(catalogue)}
        return read_chains(self.chain_files, {**catalogue, **own}, self.day)


def the_college(today: date) -> College:
    """Return the demonstration college with data up to ``today``."""
    return College(the_spec(today))


def the_spec(today: date) -> CollegeSpec:
    """Return the parameters of the demonstration college with data up to ``today``."""
    text = (_PACKAGE / "college" / "college.toml").read_text(encoding="utf-8")
    return CollegeSpec.from_table(tomllib.loads(text)["college"], today)


def college_feeds() -> list[Document]:
    """Return the contracts by which the hub reads the college's systems."""
    return read_folder(_PACKAGE / "college" / "feeds")


def college_package_of(college: College) -> Package:
    """Return what is loaded of the college."""
    folder = _PACKAGE / "college"
    package = _package(
        ("示例学校", "demo college"),
        folder,
        [folder / each for each in ("bindings.toml", "chain.toml", "registers.toml")],
        college.spec.data_day,
        _college_uploads(college),
        shipped=tomllib.loads((folder / "shipped.toml").read_text(encoding="utf-8"))["indicators"],
    )
    plan = (folder / "plan-2020-18.txt").read_bytes()
    return replace(package, plan=(plan, f"school/{college.spec.school_code}"))


def oulad_package_of(directory: Path | None, today: date) -> Package:
    """Return what is loaded of OULAD: the set in ``directory``, or the sample that is shipped."""
    folder = _PACKAGE / "oulad"
    chosen = folder / "sample" if directory is None else directory
    chains = [folder / "bindings.toml"]
    chains += [] if directory is None else [folder / "bindings_full.toml"]
    what = (
        ("OULAD 样本", "OULAD sample") if directory is None else ("OULAD 全集", "OULAD, all of it")
    )
    return _package(what, folder, chains, today, list(_uploads_of(folder, chosen)))


def oea_package_of(directory: Path | None, today: date) -> Package:
    """Return what is loaded of OEA Contoso: the set in ``directory``, or the sample."""
    folder = _PACKAGE / "oea"
    sample = folder / "sample"
    text = ((sample if directory is None else folder) / "EXPECTED.json").read_text(encoding="utf-8")
    fates = {(each["file"], each["feed"]): each for each in json.loads(text)["files"]}
    what = ("OEA 样本", "OEA sample") if directory is None else ("OEA 全集", "OEA, all of it")
    uploads = [
        _expecting(each, fates.get((each.document, each.feed)))
        for each in _uploads_of(folder, directory or sample)
    ]
    return _package(what, folder, [], today, uploads)


def _expecting(upload: Upload, fate: Document | None) -> Upload:
    if fate is None:
        return upload
    aside = {"dirty": fate["quarantined"], "parked": fate["parked"]}
    return replace(upload, rows=fate["received"], **aside)


def _package(
    what: tuple[str, str],
    folder: Path,
    chains: Iterable[Path],
    day: date,
    uploads: Iterable[Upload],
    shipped: Iterable[str] = (),
) -> Package:
    return Package(
        zh=what[0],
        en=what[1],
        systems=_systems_of(folder),
        feeds=tuple(read_folder(folder / "feeds")),
        shipped=tuple(shipped),
        indicators=tuple(read_folder(folder / "indicators")),
        chain_files=tuple(chains),
        day=day,
        uploads=uploads,
    )


def _systems_of(package: Path) -> Mapping[str, Document]:
    """Return the source systems that a package brings along."""
    plan = package / "load.toml"
    if not plan.exists():
        return {}
    found: Mapping[str, Document] = tomllib.loads(plan.read_text(encoding="utf-8")).get(
        "systems", {}
    )
    return found


def _college_uploads(college: College) -> Iterator[Upload]:
    for each in college_package.files(college):
        yield upload_of(each, each.name)


def upload_of(delivery: Delivery, document: str) -> Upload:
    """Return what a system delivers as a file on its way."""
    return Upload(
        feed=delivery.feed,
        document=document,
        content=delivery.content,
        rows=delivery.rows,
        dirty=delivery.dirty,
        mode=delivery.mode,
        events_of=delivery.feed.partition(".")[0] if delivery.export.is_raw else None,
    )


def _uploads_of(package: Path, directory: Path) -> Iterator[Upload]:
    """Yield the files of a set in the order of the package's load.toml.

    Raises:
        FileNotFoundError: a file that the set cannot do without is not there.
    """
    plan = tomllib.loads((package / "load.toml").read_text(encoding="utf-8"))
    for each in plan["files"]:
        file = (package if each.get("own") else directory) / each["file"]
        packed = file.with_name(f"{file.name}.gz")
        if not file.exists() and packed.exists():
            file = packed
        if file.exists() or not each.get("optional"):
            if not file.is_file():
                raise FileNotFoundError(file)
            yield Upload(
                feed=each["feed"],
                document=each["file"],
                content=file,
                packed=file.suffix == ".gz",
            )
