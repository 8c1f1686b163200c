"""Requests and answers of ingest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    computed_field,
    model_validator,
)

from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import MAX_WARNINGS, Ledger, RowVerdict, Warned
from shared.kit.validation import in_english

MAX_VERDICTS = 1000
"""Rows named in the answer of a batch; ``GET /quarantine?batch=`` lists them all."""

DORM_CHECK: Final = {
    "XH": "20260001",
    "CQSJ": "2026-11-20 22:11:00.0",
    "ZQZT": "未归",
    "SSL": "1号楼",
    "FJH": "101",
    "CQR": "T057",
}
"""A record as the student-affairs system of the demonstration writes it: what examples show."""

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
"""A reason that somebody gives; blanks are none."""

MAX_WORDS = 300
"""Characters of a path or a reason; a field's name may be as long as its line."""


class VerdictOut(BaseModel):
    """Why a row is not simply in the records."""

    row: int
    verdict: str
    code: str
    path: str
    message: str


class BatchRemark(BaseModel):
    """What a sender should look at, though every row has its fate."""

    code: str
    zh: str
    en: str
    declared: int
    received: int


class BatchOut(BaseModel):
    """The ledger of a delivery: ``received`` is the sum of the eight fates below it."""

    batch: int | None
    """None after a dry run: nothing was kept."""

    source: str
    entity: str
    feed: str
    feed_version: int
    mode: str
    dry_run: bool
    document: str | None = None
    """The document that the rows are of: as it was named, or of an aggregating feed ``sha256:…``
    of its content."""

    declared: int | None
    received: int
    created: int
    updated: int
    deleted: int
    unchanged: int
    quarantined: int
    parked: int
    rejected: int
    duplicate: int
    vanished: int = 0
    """Records that a full snapshot did not hold any more; they are not among ``received``."""

    blank: int = 0
    """Lines and rows without any value: they are no records, and not among ``received``."""

    verdicts: list[VerdictOut]
    verdicts_left_out: int = 0
    warned: int = 0
    """Rows that were taken in although something about them is odd; no fate of its own."""

    warning_codes: dict[str, int] = Field(default_factory=dict)
    """Warnings by code, all of them."""

    warnings: list[VerdictOut] = Field(default_factory=list)
    """The first warnings, in the order of the rows."""

    def in_english(self) -> "BatchOut":
        """Return it with the reasons in English alone."""
        return self.model_copy(
            update={
                name: [
                    each.model_copy(update={"message": in_english(each.message)})
                    for each in getattr(self, name)
                ]
                for name in ("verdicts", "warnings")
            }
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remarks(self) -> list[BatchRemark]:
        """``declared-differs``: not as many rows came as were declared."""
        return remarks_on(self.declared, self.received)


class RecordOut(BaseModel):
    """What became of one record."""

    entity: str
    batch: int
    verdict: str
    """``created``, ``updated``, ``unchanged``, or ``parked``: a parent has not come."""

    key: str | None = None
    """None while it is parked."""

    version: int | None = None
    waits_for: list[str] = Field(default_factory=list)
    """``entity:key`` of every record that a parked one waits for."""

    warnings: list[VerdictOut] = Field(default_factory=list)
    """What is odd about it, though it was taken: ``rekeyed`` where it has another key now."""


class PolicyIn(BaseModel):
    """Whom fields are believed from."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[
        dict[str, list[str]],
        Field(max_length=200, examples=[{"phone": ["student_affairs", "academic"]}]),
    ]
    """Systems by field, the best first; those that are not named come last, the newest word first.
    A field that is not named goes by recency alone."""


class PolicyOut(BaseModel):
    """Whom the fields of an entity are believed from."""

    entity: str
    version: int
    """0 while nobody has said anything: every field goes by recency."""

    fields: dict[str, list[str]]
    saved_by: str | None = None
    saved_at: datetime | None = None
    is_decided: bool
    """Whether the records that stood before have been decided by it, too."""


class RetireFeed(BaseModel):
    """Why nothing is taken in by a feed any more."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


class Retired(BaseModel):
    """Since when, by whom and why nothing is taken in by a feed."""

    at: datetime
    by: str
    reason: str


class FeedOut(BaseModel):
    """A feed contract as stored."""

    feed: str
    version: int
    source: str
    entity: str
    default: bool
    document: dict[str, Any]
    saved_at: datetime
    last_batch_at: datetime | None
    """When its newest batch was finished; None before the first."""

    retired: Retired | None
    """None while it is in use."""


class FeedVersionOut(BaseModel):
    """A feed contract as it was saved."""

    version: int
    document: dict[str, Any]
    saved_at: datetime


class Replay(BaseModel):
    """Rows to drive through the present version of their feed again: some, or those of a cause."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[int], Field(min_length=1, max_length=5000)] | None = None
    feed: Annotated[str | None, Field(max_length=80, examples=["student_affairs.dorm_check"])] = (
        None
    )
    code: Annotated[str | None, Field(max_length=64, examples=["unmapped-code"])] = None
    """With ``feed``: only rows put aside for this reason."""

    @model_validator(mode="after")
    def one_way(self) -> "Replay":
        """Refuse a request that says both, or neither."""
        if (self.ids is None) == (self.feed is None) or (self.code and not self.feed):
            raise ValueError("给出 ids，或 feed（可带 code） (ids, or feed with or without code)")
        return self


class ReplayOut(BaseModel):
    """What became of the rows of a replay."""

    replayed: int
    """Rows that were driven through again: ``released`` and ``put_aside_again`` together."""

    released: int
    """Rows that the records, or what is kept of them, have taken up."""

    put_aside_again: int
    """Rows that still have no place; each waits under a new id, with its present reasons."""

    handled: list[int]
    """Ids of rows that were released or given up before; `GET /quarantine/{id}` shows how."""

    not_found: list[int]
    """Ids of which there is no row."""

    unread: list[int]
    """Ids of lines that could not be read (at most 5,000): they stay as they are, with their cause,
    until `PUT /quarantine/{id}/record` says what they mean or they are given up."""


class DiscardOut(BaseModel):
    """What became of rows that are given up."""

    discarded: int
    handled: list[int]
    """Ids of rows that were released or given up before; `GET /quarantine/{id}` shows how."""

    not_found: list[int]
    """Ids of which there is no row."""


class Mending(BaseModel):
    """A row of the quarantine as it should have come."""

    model_config = ConfigDict(extra="forbid")

    record: Annotated[dict[str, Any], Field(min_length=1, examples=[DORM_CHECK])]
    """The whole record, in the source's own columns."""

    reason: Annotated[Why, Field(examples=["房号写错，已向宿管核实"])]


class Discard(BaseModel):
    """Rows that are given up."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[int], Field(min_length=1, max_length=5000)]
    reason: Annotated[Why, Field(examples=["来源确认为测试数据"])]


def remarks_on(declared: int | None, received: int) -> list[BatchRemark]:
    """Return what is to be said of a delivery that has ended."""
    if declared is None or declared == received:
        return []
    many_zh, many_en = ("少", "fewer") if received < declared else ("多", "more")
    rows = abs(declared - received)
    return [
        BatchRemark(
            code="declared-differs",
            zh=f"声明 {declared} 行，收到 {received} 行，{many_zh} {rows} 行",
            en=f"{declared} rows were declared and {received} came, {rows} {many_en}",
            declared=declared,
            received=received,
        )
    ]


def batch_out(
    feed: Feed,
    batch: int | None,
    mode: str,
    declared: int | None,
    *,
    document: str | None = None,
) -> BatchOut:
    """Build the answer to a delivery of which nothing is in yet."""
    return BatchOut(
        batch=batch,
        source=feed.source,
        entity=feed.entity.name,
        feed=feed.id,
        feed_version=feed.version,
        mode=mode,
        dry_run=batch is None,
        document=document,
        declared=declared,
        **asdict(Ledger()),
        verdicts=[],
    )


def with_part(
    answer: BatchOut, ledger: Ledger, verdicts: Sequence[RowVerdict], warned: Warned
) -> BatchOut:
    """Return an answer that also tells of the next part of its delivery."""
    counts = {name: getattr(answer, name) + rows for name, rows in asdict(ledger).items()}
    room = MAX_VERDICTS - len(answer.verdicts)
    named = [_verdict_out(each) for each in sorted(verdicts, key=lambda each: each.row)[:room]]
    left_out = answer.verdicts_left_out + max(0, len(verdicts) - room)
    odd = [_verdict_out(each) for each in warned.listed]
    return answer.model_copy(
        update={
            **counts,
            "verdicts": [*answer.verdicts, *named],
            "verdicts_left_out": left_out,
            "warned": answer.warned + warned.rows,
            "warning_codes": dict(Counter(answer.warning_codes) + Counter(warned.codes)),
            "warnings": [*answer.warnings, *odd][:MAX_WARNINGS],
        }
    )


def _verdict_out(each: RowVerdict) -> VerdictOut:
    return VerdictOut(
        row=each.row,
        verdict=each.verdict.value,
        code=each.code,
        path=each.path[:MAX_WORDS],
        message=each.message[:MAX_WORDS],
    )
