"""Judge bindings on measured values, and tell what came out otherwise than before."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from shared.contracts.datahub import MeasuredValue
from shared.kit.database import Transaction
from target_service.domain.judge import exact_value, judge
from target_service.repository import chain, measured
from target_service.repository.measured import Attained, Case
from target_service.usecases.facts import publish_attainments


async def judge_measured(
    tx: Transaction, values: Sequence[MeasuredValue], at: datetime, coverage: Decimal
) -> None:
    """Keep measured values that are newer than what is kept, and judge their bindings."""
    newest: dict[tuple[str, str, str], MeasuredValue] = {}
    for value in values:
        cell = (value.indicator, value.scope, value.period)
        kept = newest.get(cell)
        if kept is None or _age(value) > _age(kept):
            newest[cell] = value
    await chain.share_chain(tx)
    keys = await measured.keep_newest(tx, list(newest.values()))
    await judge_bindings(tx, keys, at, coverage)


async def judge_bindings(
    tx: Transaction, keys: Sequence[str], at: datetime, coverage: Decimal
) -> None:
    """Judge bindings on the kept values; publish the judgements that differ from before."""
    if not keys:
        return
    judged: list[tuple[Case, Attained, int]] = []
    for case in await measured.list_cases(tx, keys):
        attained = Attained(
            judgement=judge(
                case.lines,
                exact_value(case.kept.value, case.kept.numerator, case.kept.denominator),
                case.kept.coverage,
                minimum_coverage=coverage,
            ),
            kept=case.kept,
            standard_version=case.standard_version,
        )
        judged.append((case, attained, case.seq + (not attained.says_same_as(case.before))))
    if judged:
        await measured.save_attainments(tx, judged, at)
        publish_attainments(tx, [each for each in judged if each[2] > each[0].seq])


def _age(value: MeasuredValue) -> tuple[int, int]:
    return value.seq, value.formula_version
