"""Which questions cost a service much, and how much anybody may ask of them.

Source: design "Gateway" (limits on expensive queries); which they are was seen in the services:
whole tables, comparisons over all scopes, what computes or renders while the caller waits.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

COST: Final = 10
"""Such a question counts as ten in the limit of a minute."""

AT_ONCE: Final = 4
"""So many of them one caller may have under way."""

_COSTLY: Final[Mapping[str, str]] = {
    "datahub": (
        r"GET /v1/(exports/[^/]+|measurements/export|national/[^/]+/export|quarantine/export"
        r"|grid|correlation|comparison|influence|distribution|outliers|ranking)"
        r"|POST /v1/(quality/run|catalogue/publish|indicators/[^/]+/versions/[^/]+/measure)"
    ),
    "target": (
        r"GET /v1/(bundle|goals/lint|goals/transfer|assessment-runs/[^/]+/documents/[^/]+)"
        r"|POST /v1/(bundle|imports/[^/]+|plans/import|plans/lint|goals/[^/]+/what-if)"
    ),
    "spiral": r"POST /v1/programmes/preview|GET /v1/culture/(index|participation)",
    "alert": r"GET /v1/alerts/(export|heat-map|statistics)|POST /v1/rules/[^/]+/trial",
    "report": (
        r"GET /v1/(influences|review-package|batches/[^/]+/zip|reports/[^/]+/(remade|comparison))"
        r"|POST /v1/reports"
    ),
}
_PATTERNS: Final = {service: re.compile(written) for service, written in _COSTLY.items()}


def is_costly(service: str, method: str, path: str) -> bool:
    """Return whether a question is one of those.

    Args:
        path: inside the service, percent-encoded in whatever spelling: the service decodes it.
    """
    pattern = _PATTERNS.get(service)
    return pattern is not None and pattern.fullmatch(f"{method} {unquote(path)}") is not None
