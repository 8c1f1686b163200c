"""What the data behind a report covers, how fresh it is, and the facts it rests on."""

from collections.abc import Sequence
from decimal import Decimal

from report_service.domain.content import Source, StandardLine, Statement
from report_service.domain.facts import (
    AlertNote,
    BindingFact,
    CorrectionNote,
    Facts,
    GoalFact,
    MeasurementFact,
)
from report_service.domain.wording import figure, instant, instant_words, state_words
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


def list_sources(facts: Facts) -> list[Source]:
    """Return every fact that the report rests on, with the version it used."""
    return [
        *(
            _source("状态数据", each.id, each, _measured_words(facts, each))
            for each in facts.measurements.values()
        ),
        *(_source("目标", each.id, each, each.title) for each in facts.goals),
        *(_source("标准绑定", each.id, each, each.title) for each in facts.bindings),
        *(_source("预警", each.alert, each, each.title) for each in facts.alerts),
        *(_source("纠偏", each.correction, each, each.title) for each in facts.corrections),
    ]


_Stated = MeasurementFact | GoalFact | BindingFact | AlertNote | CorrectionNote


def _source(kind: str, id_: str, fact: _Stated, what: str) -> Source:
    return Source(
        kind=kind,
        id=id_,
        version=fact.version,
        what=what,
        stated_at=instant(fact.at),
        stated_at_zh=instant_words(fact.at),
    )


def _measured_words(facts: Facts, measured: MeasurementFact) -> str:
    name = facts.name_of(measured.indicator)
    return f"{name}，公式第{measured.formula_version}版，{measured.n:,}行"
