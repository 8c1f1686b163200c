"""REST of indicators.

``definitions``  definitions: published, listed, read
``catalogue``    definitions that are shipped: listed, published
``measured``     measured values: listed, explained
``exports``      measured values as files
``grids``        grid and trend
``groups``       ranking, comparison
``spread``       distribution, outliers, correlation
``moving``       influence
``handed``       values that people hand in
``sheets``       values that people hand in by sheet
``evidence``     files of evidence
``asking``       what every question has in common
"""

from datahub.indicators.api import (
    catalogue,
    definitions,
    evidence,
    exports,
    grids,
    groups,
    handed,
    measured,
    moving,
    sheets,
    spread,
)
from datahub.indicators.api.definitions import EXAMPLE

__all__ = ["EXAMPLE", "routers"]

_PARTS = (
    definitions,
    catalogue,
    exports,
    grids,
    groups,
    spread,
    moving,
    measured,
    handed,
    sheets,
    evidence,
)
routers = [each.router for each in _PARTS]
