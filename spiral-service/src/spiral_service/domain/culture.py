"""Quality culture (质量文化): who takes part, and how far it has grown.

Three levels (知晓、认同、建构) by four measures (精神、物质、制度、行为), from surveys; and what is
really used. Source: plan M092–M093, M096; the weights are our default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, Literal

from shared.contracts.vocabulary import RATIO_PLACES
from shared.errors import DomainError, ErrorKind

CultureLevel = Literal["awareness", "identification", "construction"]
CultureMeasure = Literal["spirit", "material", "institution", "conduct"]

LEVELS: Final[Mapping[CultureLevel, tuple[str, str]]] = {
    "awareness": ("知晓", "Awareness"),
    "identification": ("认同", "Identification"),
    "construction": ("建构", "Construction"),
}
MEASURES: Final[Mapping[CultureMeasure, tuple[str, str]]] = {
    "spirit": ("精神", "Spirit"),
    "material": ("物质", "Material"),
    "institution": ("制度", "Institution"),
    "conduct": ("行为", "Conduct"),
}
SURVEY_WEIGHT: Final = Decimal("0.6")
USE_WEIGHT: Final = Decimal("0.4")
"""How much the survey and the use count in the index. Source: our default."""

HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    name: str
    zh: str
    en: str
    count: int
    of: int

    @property
    def rate(self) -> Decimal | None:
        """Return the ratio; None where there is nothing to count."""
        return (Decimal(self.count) / self.of).quantize(RATIO_PLACES) if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The answers to a survey about one level and measure, 0 to 100."""

    level: CultureLevel
    measure: CultureMeasure
    score: Decimal
    respondents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The culture index (文化指数), 0 to 100, and how it came about."""

    value: Decimal | None
    """None while there is no survey, or nothing is used that could be counted."""

    survey: Decimal | None
    """Mean of the cells that have answers."""

    use: Decimal | None
    """Mean of the shares, in hundredths."""

    cells: int
    """How many of the twelve have answers."""

    words: str


class NoScoreError(DomainError):
    """A result of a survey names neither its score nor an indicator that has a value."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "no-score"
    title_zh: ClassVar = "没有可用的调查得分"
    title_en: ClassVar = "There is no score"


def points_of(value: Decimal) -> Decimal:
    """Return a measured value as points of 100: a ratio counts in hundredths.

    Raises:
        NoScoreError: it lies outside 0 to 100.
    """
    if not 0 <= value <= HUNDRED:
        raise NoScoreError(
            f"{value} 不在 0–100 之间",
            f"{value} does not lie between 0 and 100",
            fields={
                "$.indicator": ["换一个以比率或百分计的指标 (an indicator in ratio or points)"]
            },
        )
    return value * HUNDRED if value <= 1 else value


def index_of(cells: Sequence[Cell], uses: Sequence[Share]) -> Index:
    """Return the culture index from the survey and from use."""
    scores = [each.score for each in cells]
    rates = [each.rate * HUNDRED for each in uses if each.rate is not None]
    survey, use = _mean(scores), _mean(rates)
    value = None
    if survey is not None and use is not None:
        value = (SURVEY_WEIGHT * survey + USE_WEIGHT * use).quantize(Decimal("0.01"))
    return Index(
        value=value, survey=survey, use=use, cells=len(cells), words=_words(survey, use, value)
    )


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    if not values:
        return None
    return (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.01"))


def _words(survey: Decimal | None, use: Decimal | None, value: Decimal | None) -> str:
    if value is None:
        lacks = [name for name, part in (("调查", survey), ("应用", use)) if part is None]
        return f"缺少{'、'.join(lacks)}数据，不计算指数 (no index: a part has no data)"
    return f"{SURVEY_WEIGHT} × {survey} + {USE_WEIGHT} × {use} = {value}"
