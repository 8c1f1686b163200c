"""The review package (复核): a report, an index of evidence, objects drawn by lot and followed.

One archive that opens offline in a browser; every file stands in its manifest with its digest.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from json import dumps
from typing import Any, Final
from zipfile import ZipFile

from report_service.domain.checklists import Checklist
from report_service.domain.document.blocks import as_json
from report_service.domain.facts import Facts, ScopeFact
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS, SELF_DIAGNOSIS
from report_service.domain.making_lines import NothingToReportError
from report_service.domain.tracing import Trace, draw, traces_of
from report_service.domain.wording import instant, instant_words, period_words
from report_service.repository import facts as known
from report_service.repository import reports
from report_service.usecases.archiving import add, as_table
from report_service.usecases.rendering.html import render_page
from report_service.usecases.rendering.press import Press
from report_service.usecases.reports import facts_for, find_seen
from shared.kit.database import Transaction

MOST_POINTS: Final = 12
"""Points of an object that are followed."""

FORMATS: Final = ("docx", "html", "json", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reviewer asks for."""

    scope: str
    period: str | None
    as_of: datetime
    count: int
    seed: str
    checklist: Checklist


async def review_package(tx: Transaction, asked: Asked, press: Press) -> tuple[str, bytes]:
    """Return the name and the content of a review package; the same question, the same bytes.

    Raises:
        UnknownReferenceError: there is no such object, or the caller does not see it.
        NothingToReportError: nothing is known of it.
    """
    await known.read_in_one_snapshot(tx)
    about = await find_seen(tx, asked.scope, asked.as_of)
    period = await _period_of(tx, asked, about)
    kind = KINDS[SELF_DIAGNOSIS]
    facts = await facts_for(tx, kind, about, period, asked.as_of)
    document = compose(kind, facts)
    told = as_json(document)
    traces, pool = await _drawn(tx, asked, period, facts)
    files = {
        f"report.{each}": content for each, content in (await press.make(told, FORMATS)).items()
    }
    number, issued = await reports.issued_files(tx, asked.scope, period, kind.key, asked.as_of)
    files |= {f"issued.{each}": content for each, content in issued.items()}
    files["evidence.csv"] = _evidence(told)
    files["traces.json"] = _json([asdict(each) for each in traces])
    files["checklist.json"] = _json(asked.checklist.document)
    cover = {
        "scope": asked.scope,
        "name": about.name_zh,
        "period": period,
        "period_zh": period_words(period),
        "as_of": instant(asked.as_of),
        "as_of_zh": instant_words(asked.as_of),
        "seed": asked.seed,
        "pool": pool,
        "number": document.cover.number,
        "issued": number,
        "digest": document.cover.digest,
        "template_version": document.cover.template_version,
    }
    files["index.html"] = render_page(
        "review.html",
        cover=cover,
        traces=traces,
        notes=told["notes"],
        checklist=asked.checklist.document,
        files=sorted(files),
    ).encode()
    name = f"review-{asked.scope.replace('/', '-')}-{asked.as_of:%Y%m%d}.zip"
    return name, _packed(files, cover)


async def _period_of(tx: Transaction, asked: Asked, about: ScopeFact) -> str:
    period = asked.period or await known.newest_period(tx, asked.scope, asked.as_of)
    if period is None:
        raise NothingToReportError(
            f"{about.name_zh} 没有数据", f"nothing is known of {asked.scope}"
        )
    return period


async def _drawn(
    tx: Transaction, asked: Asked, period: str, facts: Facts
) -> tuple[list[Trace], int]:
    """Return the chains of the object itself and of those drawn beneath it, and how many could."""
    beneath = await known.judged_beneath(tx, asked.scope, period, asked.as_of)
    seed = f"{asked.seed}|{asked.scope}|{period}|{instant(asked.as_of)}"
    traces = traces_of(facts, MOST_POINTS)
    for scope in draw([each for each in beneath if each != asked.scope], seed, asked.count):
        about: ScopeFact = await find_seen(tx, scope, asked.as_of)
        traces += traces_of(await known.read_facts(tx, about, period, asked.as_of), MOST_POINTS)
    return traces, len(beneath)


def _evidence(told: dict[str, Any]) -> bytes:
    """Return the index of evidence: every note of the report, its version and where it lies."""
    head = ["编号", "种类", "说明", "版本", "陈述时间", "查看"]
    columns = ("number", "kind", "text", "version", "stated_at", "link")
    return as_table([head, *([note.get(each, "") for each in columns] for note in told["notes"])])


def _packed(files: dict[str, bytes], cover: dict[str, Any]) -> bytes:
    digests = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    manifest = _json(cover | {"files": digests})
    made = BytesIO()
    with ZipFile(made, "w") as zipped:
        for name, content in [*sorted(files.items()), ("manifest.json", manifest)]:
            add(zipped, name, content)
    return made.getvalue()


def _json(thing: Any) -> bytes:
    return dumps(thing, ensure_ascii=False, indent=1, sort_keys=True).encode()
