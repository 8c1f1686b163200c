"""Read models of standards."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final

from sqlalchemy import func, or_, select, true

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.paging import Page
from shared.kit.sql import text
from target_service.domain.attainment import rounded
from target_service.domain.comparison import Change, CriterionChange, compare
from target_service.domain.judge import exact_value
from target_service.domain.support import Supported, support_attainment
from target_service.domain.training_plan import figures_of, lint
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository import standards as documents
from target_service.repository.chain import not_found
from target_service.schemas import (
    ComparisonView,
    CriterionChangeView,
    FindingView,
    LineChangeView,
    LintView,
    PlanFiguresView,
    ShareView,
    StandardFilter,
    StandardView,
    SupportedView,
    SupportView,
    TrainingPlanBody,
)
from target_service.tables import IndicatorRow, StandardRow

_HUNDRED: Final = Fraction(100)


class NoPlanError(DomainError):
    """The standard is no training plan, or says too little to be asked that."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "no-training-plan"
    title_zh: ClassVar = "不是人才培养方案"
    title_en: ClassVar = "No training plan"


async def list_standards(
    tx: Transaction, wanted: Page, only: StandardFilter
) -> Listed[StandardView]:
    """Return the newest version of each standard, in the order of their keys."""
    other = select(func.max(StandardRow.version).label("version"), StandardRow.key.label("key"))
    newest = other.group_by(StandardRow.key).subquery()
    query = select(StandardRow).join(
        newest,
        (newest.c.key == StandardRow.key) & (newest.c.version == StandardRow.version),
    )
    query = query.where(StandardRow.withdrawn_at.is_(None))
    names = {StandardRow.kind: only.kind, StandardRow.state: only.state}
    words = {column: word.value if word else None for column, word in names.items()}
    query = filtered(query, {**words, StandardRow.scope: only.scope})
    if only.indicator:
        named = StandardRow.criteria.contains([{"indicator": only.indicator}])
        query = query.where(or_(StandardRow.indicator == only.indicator, named))
    rows, total, after = await page_of(tx, query, StandardRow.key, wanted)
    return Listed(
        items=[StandardView.model_validate(row.StandardRow) for row in rows],
        total=total,
        next_after=after,
    )


async def get_standard(tx: Transaction, key: str, version: int | None) -> StandardView:
    """Return a version of a standard, the newest when none is named.

    Raises:
        NotFoundError: there is no such version.
    """
    return StandardView.model_validate(await _version(tx, key, version))


async def compare_standards(tx: Transaction, key: str, before: int, after: int) -> ComparisonView:
    """Return what differs between two versions of a standard, criterion by criterion.

    Raises:
        NotFoundError: there is no such version.
    """
    old, new = [documents.criteria_of(await _version(tx, key, each)) for each in (before, after)]
    changes = compare(old, new)
    counted = Counter(each.change for each in changes)
    return ComparisonView(
        key=key,
        before=before,
        after=after,
        counts={change: counted[change] for change in Change},
        criteria=[_change(each) for each in changes],
    )


async def lint_standard(tx: Transaction, key: str, version: int | None) -> LintView:
    """Return what a training plan does not keep.

    Raises:
        NotFoundError: there is no such version.
        NoPlanError: it is no training plan.
    """
    row, plan = await _plan(tx, key, version)
    courses = [each.to_rule() for each in plan.courses]
    figures = figures_of(courses)
    return LintView(
        key=key,
        version=row.version,
        figures=PlanFiguresView(
            hours=figures.hours,
            practice=rounded(figures.practice),
            public_basic=rounded(figures.public_basic),
            elective=rounded(figures.elective),
        ),
        findings=[
            FindingView(rule=each.rule, path=each.path, zh=each.zh, en=each.en, source=each.source)
            for each in lint(courses, plan.years)
        ],
    )


async def get_support(
    tx: Transaction, key: str, version: int | None, period: str, minimum_coverage: Decimal
) -> SupportView:
    """Return how far the requirements of a training plan are attained by its courses.

    Raises:
        NotFoundError: there is no such version.
        NoPlanError: it is no training plan, or names no indicator for what a course attains.
    """
    row, plan = await _plan(tx, key, version)
    if plan.support_indicator is None:
        raise NoPlanError(
            f"{key} 没有给出课程达成度的指标",
            f"{key} names no indicator of what a course attains",
            fields={"$.plan.support_indicator": ["给出指标 (name an indicator)"]},
        )
    values = await _course_values(tx, plan, plan.support_indicator, period)
    titles = {each.key: each.title for each in plan.requirements}
    found = support_attainment([each.to_rule() for each in plan.support], list(titles), values)
    return SupportView(
        key=key,
        version=row.version,
        indicator=plan.support_indicator,
        period=period,
        requirements=[
            _supported(each, titles[each.requirement], minimum_coverage) for each in found
        ],
    )


async def _version(tx: Transaction, key: str, version: int | None) -> StandardRow:
    query = select(StandardRow).where(
        StandardRow.key == key, StandardRow.version == version if version else true()
    )
    row = await tx.session.scalar(query.order_by(StandardRow.version.desc()).limit(1))
    if row is None:
        raise not_found("标准", "standard", f"{key}@{version}" if version else key)
    return row


async def _plan(
    tx: Transaction, key: str, version: int | None
) -> tuple[StandardRow, TrainingPlanBody]:
    row = await _version(tx, key, version)
    if row.plan is None:
        raise NoPlanError(f"{key} 不是人才培养方案", f"{key} is no training plan")
    return row, TrainingPlanBody.model_validate(row.plan)


async def _course_values(
    tx: Transaction, plan: TrainingPlanBody, indicator: str, period: str
) -> dict[str, Fraction]:
    """Return what each course attained, 0 to 1; a course without a value is left out."""
    rows = await tx.session.execute(
        text(
            "SELECT substr(scope, 8) AS code, value, numerator, denominator FROM measured_value"
            " WHERE indicator = :indicator AND period = :period AND scope = ANY(:scopes)"
            " AND value IS NOT NULL"
        ),
        {
            "indicator": indicator,
            "period": period,
            "scopes": [f"course/{each.code}" for each in plan.courses],
        },
    )
    unit = await tx.session.scalar(
        select(IndicatorRow.unit).where(IndicatorRow.indicator == indicator)
    )
    whole = _HUNDRED if unit == "percent" else Fraction(1)
    return {row.code: _reached(row) / whole for row in rows}


def _reached(row: object) -> Fraction:
    value = exact_value(*(getattr(row, name) for name in ("value", "numerator", "denominator")))
    return Fraction(value or 0)


def _supported(each: Supported, title: str, minimum_coverage: Decimal) -> SupportedView:
    return SupportedView(
        requirement=each.requirement,
        title=title,
        attainment=_rounded(each.attainment),
        coverage=rounded(each.coverage),
        thin=each.coverage < Fraction(minimum_coverage),
        shares=[
            ShareView(
                course=share.course,
                weight=rounded(share.weight),
                attainment=_rounded(share.attainment),
            )
            for share in each.shares
        ],
    )


def _rounded(number: Fraction | None) -> Decimal | None:
    return None if number is None else rounded(number)


def _change(each: CriterionChange) -> CriterionChangeView:
    return CriterionChangeView(
        indicator=each.indicator,
        change=each.change,
        lines=[
            LineChangeView(
                line=line.line,
                change=line.change,
                before=line.before.words if line.before else None,
                after=line.after.words if line.after else None,
            )
            for line in each.lines
        ],
        others=list(each.others),
    )
