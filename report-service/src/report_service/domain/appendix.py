"""What the data behind a report cover, and how fresh they are.

Source: design "Reports" 1.
"""

from collections.abc import Sequence
from decimal import Decimal

from report_service.domain.facts import Facts, MeasurementFact
from report_service.domain.lines import StandardLine, Statement
from report_service.domain.wording import figure, instant_words, state_words
from shared.contracts.vocabulary import State


def make_statement(facts: Facts, standards: Sequence[StandardLine]) -> Statement:
    """Return the statement on coverage and freshness; it counts, and computes no value."""
    with_data = [line for line in standards if line.current.value is not None]
    coverages = [line.coverage.value for line in with_data if line.coverage.value is not None]
    ages = sorted(each.freshest_at for each in facts.measurements.values() if each.freshest_at)
    remarks = [
        f"{line.title}：无数据（{line.reason or '尚未测量'}）"
        for line in standards
        if line.current.value is None
    ]
    remarks += [f"{line.title}：{'、'.join(line.flags)}" for line in standards if line.flags]
    return Statement(
        bound=len(standards),
        with_data=len(with_data),
        by_state={
            state_words(state): count
            for state in [*reversed(State), None]
            if (count := sum(line.state == state for line in standards))
        },
        lowest_coverage=figure(min(coverages, key=Decimal, default=None), "ratio"),
        oldest_data_at_zh=instant_words(ages[0] if ages else None),
        newest_data_at_zh=instant_words(ages[-1] if ages else None),
        manual=[
            facts.name_of(each.indicator) for each in facts.measurements.values() if each.manual
        ],
        remarks=remarks,
    )


def measured_words(facts: Facts, measured: MeasurementFact) -> str:
    """Return what a measured value is: its indicator, the version of its formula, its rows."""
    name = facts.name_of(measured.indicator)
    return f"{name}，公式第{measured.formula_version}版，{measured.n:,}行"
