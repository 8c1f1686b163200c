"""REST API of the spiral service: open the transaction, call one function, answer.

One module a subject. A path below ``/{key:path}`` is declared before it, or it is taken for a key.
"""

from typing import Final

from spiral_service.api import (
    correcting,
    corrections,
    culture,
    cycle_proposals,
    cycles,
    definitions,
    diagnoses,
    evidence,
    innovations,
    lessons,
    measures,
    persons,
    programmes,
    reviews,
    voices,
    work,
)

ROUTERS: Final = [
    each.router
    for each in (
        cycles,
        cycle_proposals,
        definitions,
        programmes,
        corrections,
        correcting,
        diagnoses,
        voices,
        lessons,
        innovations,
        measures,
        reviews,
        culture,
        evidence,
        work,
        persons,
    )
]
