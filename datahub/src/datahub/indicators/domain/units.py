"""What a number is a number of: persons and things, yuan, hours, points, or of nothing.

Only what makes a difference to the reader is told apart. A figure per head of money is money still,
so persons and things count for nothing beside another unit; alone they are a count, and one over
the other is a ratio. Of ratios and money also the scale is kept, in powers of ten: a ratio shown as
a per-cent is wrong by a hundred. Source: design "Indicators" 4; what is lenient is our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

COUNT: Final = "count"
MONEY: Final = "money"
_TIMES: Final = frozenset({"hours", "minutes", "seconds", "days", "weeks"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of units with their exponents, and a scale."""

    dims: Mapping[str, int] = field(default_factory=dict)
    scale: int | None = 0
    """Power of ten by which the number is larger; None where it is not known."""

    @property
    def told(self) -> Mapping[str, int]:
        """What it is of: persons and things where there is nothing else."""
        others = {name: power for name, power in self.dims.items() if name != COUNT}
        return others or self.dims

    @property
    def has_scale(self) -> bool:
        """Whether its scale makes a difference: of ratios and of money."""
        return not self.dims or self.told == {MONEY: 1}

    @property
    def words(self) -> str:
        """Return it as a reader of the formula may write it."""
        names = [f"{name}^{power}" if power != 1 else name for name, power in self.told.items()]
        scaled = f" × 10^{self.scale}" if self.has_scale and self.scale else ""
        return ("·".join(names) or "ratio") + scaled

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """Return the unit of a product, or with sign -1 of a quotient."""
        dims = dict(self.dims)
        for name, power in other.dims.items():
            dims[name] = dims.get(name, 0) + sign * power
        unknown = self.scale is None or other.scale is None
        scale = None if unknown else (self.scale or 0) + sign * (other.scale or 0)
        return Unit({name: power for name, power in dims.items() if power}, scale)

    def scaled(self, by: Decimal) -> "Unit | None":
        """Return the unit after a fixed number multiplied it; of a time it may be any after."""
        power = _power_of_ten(by)
        if power is not None:
            return replace(self, scale=None if self.scale is None else self.scale + power)
        return None if _TIMES & self.dims.keys() else self

    def is_like(self, other: "Unit") -> bool:
        """Whether the two may be added and compared."""
        if self.told != other.told:
            return False
        return not self.has_scale or self.scale == other.scale or None in {self.scale, other.scale}


RATIO: Final = Unit()
COUNTED: Final = Unit({COUNT: 1})
DAYS: Final = Unit({"days": 1})

_OWN_NAMES: Final = ("score", "hours", "minutes", "seconds", "days", "weeks", "area", "credits")
_ALIASES: Final[Mapping[str, str]] = {
    "%": "percent",
    "‰": "per_mille",
    ":1": "to_one",
    "元": MONEY,
    "分": "score",
    "学时": "hours",
    "课时": "hours",
    "小时": "hours",
    "分钟": "minutes",
    "天": "days",
    "周": "weeks",
    "㎡": "area",
    "平方米": "area",
    "学分": "credits",
}
_UNITS: Final[Mapping[str, Unit]] = {
    "ratio": RATIO,
    "to_one": RATIO,
    "percent": Unit({}, 2),
    "per_mille": Unit({}, 3),
    COUNT: COUNTED,
    MONEY: Unit({MONEY: 1}),
    "万元": Unit({MONEY: 1}, -4),
    **{name: Unit({name: 1}) for name in _OWN_NAMES},
}
UNITS: Final = frozenset(_UNITS)
"""Words that are checked; any other is the college's own and is not."""


def unit_of(word: str | None) -> Unit | None:
    """Return the unit that a word stands for; None where nothing is known of it."""
    return _UNITS.get(_ALIASES.get(word or "", word or ""))


def is_fit(declared: str, found: Unit) -> bool:
    """Whether numbers of a unit may be shown as what a definition declares."""
    unit = unit_of(declared)
    # An index of points may be made of shares.
    return unit is None or unit.is_like(found) or (unit.told == {"score": 1} and not found.dims)


def remedy(declared: str, found: Unit) -> str:
    """Return what to do about a unit that does not fit."""
    unit = unit_of(declared)
    if unit is not None and unit.told == found.told and None not in {unit.scale, found.scale}:
        power = (unit.scale or 0) - (found.scale or 0)
        by = f"{'乘以' if power > 0 else '除以'} {10 ** abs(power)}"
        other = f"{'multiply' if power > 0 else 'divide'} by {10 ** abs(power)}"
        fits = next((name for name, each in _UNITS.items() if each == found), None)
        zh = f"{by}，或 unit 改为 {fits}" if fits else by
        return f"{zh} ({other}{f', or declare {fits}' if fits else ''})"
    return f"改正公式或 unit，公式得出 {found.words} (mend formula or unit: it gives {found.words})"


def _power_of_ten(number: Decimal) -> int | None:
    """Return which power of ten a number is; None where it is none, or one."""
    digits = number.normalize().as_tuple()
    is_power = digits.digits == (1,) and digits.sign == 0 and digits.exponent != 0
    return int(digits.exponent) if is_power else None
