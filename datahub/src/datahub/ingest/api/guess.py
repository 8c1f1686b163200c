"""A feed contract from a sample, by HTTP."""

import tempfile
from contextlib import aclosing
from dataclasses import asdict
from io import BytesIO
from typing import IO, Annotated, Any, ClassVar, Final, Literal, cast

from fastapi import Depends, Query, Request

from datahub.dictionary.api import Known as KnownDictionary
from datahub.dictionary.domain.privacy import Privacy
from datahub.ingest.api.batches import kind_of
from datahub.ingest.api.bodies import BODIES, CSV, HTML, NDJSON, is_page
from datahub.ingest.api.spreadsheets import SPREADSHEETS
from datahub.ingest.api.turns import in_turn
from datahub.ingest.domain import guess
from datahub.ingest.domain.feed_layout import MAX_ABOVE
from datahub.ingest.domain.guess_columns import Column, columns_of, is_personal, masked
from datahub.ingest.domain.guess_file import (
    MAX_ROWS,
    Sample,
    SampleRefusedError,
    Written,
    cut_footer,
    encoding_of,
    sample_of_csv,
    sample_of_rows,
    text_of,
)
from datahub.ingest.domain.guess_fit import Known
from datahub.ingest.domain.html_table import read_html
from datahub.ingest.domain.reading_json import read_ndjson
from datahub.ingest.repository.guessing import find_keys, vocabulary
from datahub.ingest.schemas.guess import (
    CandidateOut,
    CodesOut,
    ColumnOut,
    CoverageOut,
    DamageOut,
    GuessOut,
    QuestionOut,
    ReasonOut,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.idempotency import unkeyed
from shared.kit.identity import require
from shared.workbooks.reading import read_blocks
from shared.workbooks.sheet import Block, Layout

router = new_router(tags=["ingest 数据接入"])

MAX_SAMPLE: Final = 8 * 1024 * 1024
SHOWN: Final = 20
"""Values of a column that are shown."""

SAID: Final = """\
不写则由中台辨认；辨认不出或辨认错时写明。Left out it is found; say it where that goes wrong."""

MAX_ASKED: Final = 5_000
"""Values that are looked for among the keys of records."""


class SampleTooLargeError(DomainError):
    """The sample is larger than what is looked at."""

    kind: ClassVar = ErrorKind.TOO_LARGE
    code: ClassVar = "sample-too-large"
    title_zh: ClassVar = "样本过大"
    title_en: ClassVar = "The sample is too large"


class NotInSuchFileError(DomainError):
    """A file of this kind has no such thing."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "not-in-such-file"
    title_zh: ClassVar = "这种文件没有此项"
    title_en: ClassVar = "Such a file has no such thing"


async def written(
    encoding: Annotated[
        Literal["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16"] | None, Query(description=SAID)
    ] = None,
    delimiter: Annotated[str | None, Query(pattern=r'^[^"\r\n]{1,8}$', description=SAID)] = None,
    header: Annotated[int | None, Query(ge=1, le=MAX_ABOVE, description=SAID)] = None,
) -> Written:
    """Read what the user says of the file."""
    return Written(encoding=encoding, delimiter=delimiter, header=header)


@router.post(
    "/feeds/guess",
    summary="由样本推断数据源约定",
    dependencies=[Depends(require("datahub:write"))],
    openapi_extra=BODIES,
)
@unkeyed
async def guess_feed(
    request: Request,
    db: Db,
    dictionary: KnownDictionary,
    source: Annotated[str, Query(pattern="^[a-z0-9_-]{1,32}$", examples=["student_affairs"])],
    said: Annotated[Written, Depends(written)],
    entity: Annotated[str | None, Query(pattern="^[a-z0-9_]{1,64}$")] = None,
) -> GuessOut:
    kind = kind_of(request)
    if entity is not None:
        dictionary.entity(entity)
    _check_said(kind, said)
    body = await _body(request)
    sample = await _sample(request, body, kind, said)
    columns = await in_turn(request, columns_of, sample.frame.select(sample.columns), sample.labels)
    async with db.transaction() as tx:
        keys = await find_keys(tx, dictionary, _asked(columns))
    known = Known(dictionary=dictionary, vocabulary=vocabulary(dictionary), keys=keys)
    return _answer(await in_turn(request, guess.guess, sample, columns, known, source, entity))


def _check_said(kind: str, said: Written) -> None:
    """Refuse what is said of a file that is not written so.

    Raises:
        NotInSuchFileError: naming each parameter that means nothing here.
    """
    read = {CSV: {"encoding", "delimiter", "header"}, NDJSON: set(), HTML: {"encoding"}}
    unread = sorted(
        name
        for name, value in asdict(said).items()
        if value is not None and name not in read.get(kind, {"header"})
    )
    if unread:
        raise NotInSuchFileError(
            f"{kind} 没有 {'、'.join(unread)}",
            f"{kind} has no {', '.join(unread)}",
            fields={f"query.{name}": ["不适用 (means nothing here)"] for name in unread},
            fixes=["去掉这个参数再发 (send it without)"],
        )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_SAMPLE:
            raise SampleTooLargeError(
                f"样本超过 {MAX_SAMPLE >> 20} MiB",
                f"the sample is larger than {MAX_SAMPLE >> 20} MiB",
                fixes=["取文件的前几千行 (send the first few thousand rows)"],
            )
    return bytes(body)


async def _sample(request: Request, body: bytes, kind: str, said: Written) -> Sample:
    if kind == HTML or (kind in SPREADSHEETS and is_page(BytesIO(body))):
        return await in_turn(request, _page, body, said)
    if kind in SPREADSHEETS:
        return sample_of_rows(await _rows(body), said.header)
    if kind == NDJSON:
        return await in_turn(request, _records, body)
    return await in_turn(request, sample_of_csv, body, said)


def _page(body: bytes, said: Written) -> Sample:
    encoding = said.encoding or encoding_of(body)
    # Read whole once, so that bytes of another encoding are refused here.
    page = BytesIO(text_of(body, encoding).encode())
    frame, footer = cut_footer(next(read_html(page, "utf-8")).frame)
    return Sample(frame=frame, footer=footer, encoding=encoding)


def _records(body: bytes) -> Sample:
    chunk = next(read_ndjson(BytesIO(body), opens_all=True), None)
    if chunk is None or not chunk.frame.height:
        raise SampleRefusedError(
            "样本中没有记录",
            "the sample holds no record",
            fixes=["每行一个 JSON 对象 (one JSON object a line)"],
        )
    # A member of an object is called after itself: ``xh`` of ``xs.xh``.
    members = {name: name.rpartition(".")[2] for name in chunk.frame.columns if "." in name}
    return Sample(frame=chunk.frame.head(MAX_ROWS), labels=members)


async def _rows(body: bytes) -> list[list[str | None]]:
    """Return the first rows of the first sheet, as they are."""
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        return await _first_rows(file)


async def _first_rows(file: IO[bytes]) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    async with aclosing(cast("Any", read_blocks(file, Layout(raw=True)))) as parts:
        async for part in parts:
            _lay_out(part, rows)
            if len(rows) >= MAX_ROWS:
                break
    return rows


def _lay_out(part: list[str] | Block, rows: list[list[str | None]]) -> None:
    """Add the rows of a block at their places; the ones between them are empty."""
    block = part if isinstance(part, Block) else Block()
    for line, *cells in zip(block.lines, *block.columns, strict=True):
        rows.extend([None] * len(cells) for _ in range(line - 1 - len(rows)))
        rows.append(cells)


def _asked(columns: list[Column]) -> list[str]:
    """Return values that may be keys; PostgreSQL stores no NUL, so none holds one."""
    values = (value for column in columns for value, _ in column.distinct)
    return list(dict.fromkeys(value for value in values if "\0" not in value))[:MAX_ASKED]


def _answer(found: guess.Guess) -> GuessOut:
    return GuessOut(
        document=found.document,
        entity=found.entity.name,
        entities=[CandidateOut(name=name, score=score) for name, score in found.entities],
        columns=[_column(found, each) for each in found.columns],
        codes=[
            CodesOut(
                field=name,
                column=str(spec.spec["from"]),
                coverage=round(spec.codes.coverage, 4),
                mapped=dict(spec.codes.mapped),
                unmapped=dict(spec.codes.unmapped),
            )
            for name, spec in found.specs.items()
            if spec.codes is not None
        ],
        questions=[
            QuestionOut(path=each.path, zh=each.zh, en=each.en, choices=list(each.choices))
            for each in found.questions
        ],
        coverage=_coverage(found),
    )


def _column(found: guess.Guess, column: Column) -> ColumnOut:
    placed = [each for each in found.placed if each.column == column.name]
    fields = [
        name
        for name, spec in found.specs.items()
        if column.name in {*(spec.spec["from"] if isinstance(spec.spec["from"], list) else ())}
    ]
    is_hidden = is_personal(column) or any(_is_private(found, each.target) for each in placed)
    shown = [value for value, _ in column.distinct[:SHOWN]]
    best = max(placed, key=lambda each: each.match.score, default=None)
    return ColumnOut(
        name=column.name,
        label=column.label,
        kind=column.kind,
        filled=round(column.filled, 4),
        null_words=list(column.null_words),
        damage=[
            DamageOut(
                kind=each.kind,
                rows=each.rows,
                example=masked(each.example) if is_hidden else each.example,
            )
            for each in column.damage
        ],
        values=[masked(value) for value in shown] if is_hidden else shown,
        masked=is_hidden,
        distinct=len(column.distinct),
        fields=[*(each.target for each in placed), *fields],
        score=best.match.score if best else (0.9 if fields else 0.0),
        why=best.match.why if best else ("学年与学期 (academic year and term)" if fields else ""),
        others=[CandidateOut(name=name, score=score) for name, score in found.others[column.name]],
    )


def _is_private(found: guess.Guess, target: str) -> bool:
    """Whether values of a field belong to a person; a code is shown, or nobody could map it."""
    field = found.entity.fields[target]
    is_code = found.specs[target].codes is not None
    return field.privacy not in {Privacy.PUBLIC, Privacy.INTERNAL} and not is_code


def _coverage(found: guess.Guess) -> CoverageOut:
    ignored = set(found.document["ignore"])
    missing = [
        field.name
        for field in found.entity.fields.values()
        if field.required and field.name not in found.specs
    ]
    return CoverageOut(
        columns=len(found.columns),
        columns_mapped=sum(each.name not in ignored for each in found.columns),
        required_missing=missing,
        rows=found.trial.rows,
        rows_good=found.trial.good,
        reasons=[
            ReasonOut(code=code, path=path, rows=rows) for code, path, rows in found.trial.reasons
        ],
        faults={path: list(reasons) for path, reasons in found.trial.faults.items()},
    )
