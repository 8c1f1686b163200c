"""REST API of the spiral service: open the transaction, call one function, answer.

One module a subject. A path below ``/{key:path}`` is declared before it, or it is taken for a key.
"""

from typing import Final

from spiral_service.api import corrections, cycles, definitions, programmes, work

ROUTERS: Final = [each.router for each in (cycles, definitions, programmes, corrections, work)]
