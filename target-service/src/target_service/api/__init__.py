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
    goals,
    next_tier,
    registers,
    selectors,
    standards,
)

ROUTERS: Final = [
    each.router
    for each in (
        goals,
        standards,
        bindings,
        attainments,
        selectors,
        registers,
        next_tier,
        assessment_schemes,
        assessment_runs,
        assessment_results,
    )
]
