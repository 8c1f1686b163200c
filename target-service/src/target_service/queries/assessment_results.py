"""Results as somebody may see them: lists, explanations, documents."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, any_, func, literal, or_, select, true

from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.assessing.found import Found, Marked, Part, read_found, write_found
from target_service.domain.assessing.results import spell
from target_service.domain.assessing.runs import RunState
from target_service.domain.assessing.scheme import PERSONAL, PRIVATE, TEAM
from target_service.domain.assessing.seeing import SMALLEST_GROUP, Reader, shows_marks
from target_service.queries.assessments import read_run
from target_service.queries.pages import Listed, page_of
from target_service.repository import assessments
from target_service.repository.chain import not_found
from target_service.schemas.assessment_views import (
    DocumentView,
    LineView,
    ResultDetail,
    ResultView,
)
from target_service.tables import AssessmentResultRow, AssessmentRunRow

Kind = Literal["breakdown", "sheet", "result", "proposal"]

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "breakdown": ("任务分解表", "What each is assessed by"),
    "sheet": ("任务考核表", "How each item came out"),
    "result": ("考核结果", "Results"),
    "proposal": ("调整建议书", "Proposal: who is warned or nominated, why, what was decided"),
}


async def list_results(
    tx: Transaction, wanted: Page, key: str, reader: Reader
) -> Listed[ResultView]:
    """Return the results that somebody may see, in the order of those assessed."""
    run = await read_run(tx, key)
    query = select(AssessmentResultRow).where(
        AssessmentResultRow.run == key, await _seen(tx, run, reader)
    )
    rows, total, after = await page_of(tx, query, AssessmentResultRow.subject, wanted)
    items = [ResultView.model_validate(each.AssessmentResultRow) for each in rows]
    return Listed(items=items, total=total, next_after=after)


async def explain(tx: Transaction, key: str, subject: str, reader: Reader) -> ResultDetail:
    """Return a result explained down to the indicator.

    Raises:
        NotFoundError: nobody of that name is assessed, or not for this reader.
    """
    run = await read_run(tx, key)
    query = select(AssessmentResultRow).where(
        AssessmentResultRow.run == key,
        AssessmentResultRow.subject == subject,
        await _explained(tx, run, reader),
    )
    row = await tx.session.scalar(query)
    if row is None:
        raise not_found("考核对象（或无权查看）", "one assessed (or not for you)", subject)
    return ResultDetail(
        **ResultView.model_validate(row).model_dump(),
        run=key,
        scheme=run.scheme,
        scheme_version=run.scheme_version,
        stands_for=row.stands_for,
        since=row.since,
        until=row.until,
        lines=[_line(each, row.found, reader) for each in row.lines],
        reasons=row.reasons,
    )


async def get_document(tx: Transaction, key: str, document: Kind, reader: Reader) -> DocumentView:
    """Return a document of a run, with the rows that somebody may see."""
    run = await read_run(tx, key)
    which = _seen if document == "result" else _explained
    query = select(AssessmentResultRow).where(
        AssessmentResultRow.run == key, await which(tx, run, reader)
    )
    order = (AssessmentResultRow.place.nulls_last(), AssessmentResultRow.subject)
    rows = (await tx.session.scalars(query.order_by(*order))).all()
    scheme = await assessments.scheme_of(tx, run)
    title_zh, title_en = TITLES[document]
    return DocumentView(
        document=document,
        title_zh=f"{run.title} {title_zh}",
        title_en=title_en,
        run=key,
        scheme=run.scheme,
        scheme_version=run.scheme_version,
        period=run.period,
        state=RunState(run.state),
        rows=[cells for row in rows for cells in _ROWS[document](row, scheme.document)],
    )


async def _seen(tx: Transaction, run: AssessmentRunRow, reader: Reader) -> ColumnElement[bool]:
    """Who agreed to have a place is named in the list, once it is published."""
    explained = await _explained(tx, run, reader)
    if run.state != RunState.PUBLISHED:
        return explained
    if run.kind == TEAM:
        return true()
    row = AssessmentResultRow
    return or_(explained, row.consented & row.place.is_not(None))


async def _explained(tx: Transaction, run: AssessmentRunRow, reader: Reader) -> ColumnElement[bool]:
    """A result of a person is his, of those who lead him, and of who may see persons.

    That of a team of fewer than five is its members'.
    """
    if run.kind not in PRIVATE or reader.sees_persons:
        return true()
    row = AssessmentResultRow
    if run.kind == TEAM:
        mine = [literal(each) == any_(row.stands_for) for each in sorted(reader.scopes)]
        return or_(func.cardinality(row.stands_for) >= SMALLEST_GROUP, *mine)
    subjects = [each.subject for each in await assessments.list_results(tx, run.key)]
    led = await assessments.led_among(tx, subjects, reader.scope)
    return row.subject.in_(sorted(led | reader.scopes))


def _line(line: Mapping[str, Any], found: Mapping[str, Any], reader: Reader) -> LineView:
    mine = read_found(found[line["item"]])
    told = write_found(_without_others(mine, reader))
    return LineView.model_validate(
        {
            **line,
            "parts": told["parts"],
            "before": told["before"],
            "tally": told["tally"],
            "marks": _marks(mine.marks) if shows_marks(reader, mine.marks) else None,
        }
    )


def _without_others(found: Found, reader: Reader) -> Found:
    """Leave out the values of single members of a team."""
    if reader.sees_persons or len(found.parts) == 1:
        return found

    def is_open(part: Part) -> bool:
        return part.scope.partition("/")[0] not in PERSONAL or part.scope in reader.scopes

    return replace(
        found,
        parts=tuple(filter(is_open, found.parts)),
        before=tuple(filter(is_open, found.before)),
    )


def _marks(marks: Mapping[str, Marked]) -> dict[str, dict[str, Any]]:
    return {
        source: {"count": each.count, "mean": spell(each.total / each.count)}
        for source, each in marks.items()
    }


def _breakdown(row: AssessmentResultRow, scheme: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("title", "takes", "of", "weight", "rule")
    return [
        {"subject": row.subject, "name": row.title, "item": item["key"]}
        | {name: item[name] for name in names}
        for item in scheme["items"]
    ]


def _sheet(row: AssessmentResultRow, scheme: Mapping[str, Any]) -> list[dict[str, Any]]:
    del scheme
    names = ("item", "title", "weight", "value", "score", "points", "short")
    return [
        {"subject": row.subject, "name": row.title} | {name: line[name] for name in names}
        for line in row.lines
    ]


def _result(row: AssessmentResultRow, scheme: Mapping[str, Any]) -> list[dict[str, Any]]:
    del scheme
    return [{"name": row.title} | ResultView.model_validate(row).model_dump(mode="json")]


def _proposal(row: AssessmentResultRow, scheme: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Only those of whom something was said, each with the clauses that hold."""
    if not {*row.verdicts} - {"eligible"}:
        return []
    return [
        {
            "subject": row.subject,
            "name": row.title,
            "verdicts": row.verdicts,
            "reasons": [each for each in row.reasons if each["holds"]],
            "basis": scheme["basis"],
            "decision": row.decision,
            "decision_reason": row.decision_reason,
            "decided_by": row.decided_by,
        }
    ]


_ROWS: Final = {
    "breakdown": _breakdown,
    "sheet": _sheet,
    "result": _result,
    "proposal": _proposal,
}
