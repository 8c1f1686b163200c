"""REST of indicators.

``definitions``  definitions: published, listed, read
``trying``       what publishing a definition would change
``versions``     versions of a definition, and what an old one would say
``retiring``     definitions: measured no more, or again
``catalogue``    definitions that are shipped: listed, published
``islands``      which systems feed which indicators
``measured``     measured values: listed
``history``      measured values as they were told, from the first on
``explaining``   where a measured value comes from, and the rows behind it
``exports``      measured values as files
``grids``        grid and trend
``groups``       ranking, comparison
``spread``       distribution, outliers, correlation
``moving``       influence
``handed``       values that people hand in
``sheets``       values that people hand in by sheet
``statements``   what people say of measured values: right or wrong, with the answer
``evidence``     files of evidence
``asking``       what every question has in common
"""

from datahub.indicators.api import (
    catalogue,
    definitions,
    evidence,
    explaining,
    exports,
    grids,
    groups,
    handed,
    history,
    islands,
    measured,
    moving,
    retiring,
    sheets,
    spread,
    statements,
    versions,
)
from datahub.indicators.api.definitions import EXAMPLE

__all__ = ["EXAMPLE", "routers"]

_PARTS = (
    islands,
    definitions,
    retiring,
    catalogue,
    exports,
    grids,
    groups,
    spread,
    versions,
    moving,
    explaining,
    measured,
    history,
    handed,
    sheets,
    statements,
    evidence,
)
routers = [each.router for each in _PARTS]
