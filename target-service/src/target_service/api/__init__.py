"""REST API of the target service: open the transaction, call one function, answer.

One module a resource. A path below ``/{key:path}`` is declared before it, or it is taken for a key.
"""

from typing import Final

from target_service.api import (
    assessment_results,
    assessment_runs,
    assessment_schemes,
    attainments,
    bindings,
    chain_view,
    duties,
    evidence,
    exchange,
    goals,
    next_tier,
    persons,
    plan_reading,
    plans,
    registers,
    selectors,
    sheets,
    standards,
    tasks,
)

ROUTERS: Final = [
    each.router
    for each in (
        *(plan_reading, plans, chain_view, goals, standards, bindings, attainments),
        *(selectors, registers, duties, next_tier, tasks, evidence, sheets),
        *(exchange, assessment_schemes, assessment_runs, assessment_results, persons),
    )
]
