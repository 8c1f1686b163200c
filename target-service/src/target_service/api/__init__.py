"""REST API of the target service: open the transaction, call one function, answer.

One module a resource. A path below ``/{key:path}`` is declared before it, or it is taken for a key.
"""

from typing import Final

from target_service.api import (
    attainments,
    bindings,
    evidence,
    goals,
    plans,
    sheets,
    standards,
    tasks,
)

_RESOURCES: Final = (goals, plans, standards, bindings, attainments, tasks, evidence, sheets)
ROUTERS: Final = [each.router for each in _RESOURCES]
