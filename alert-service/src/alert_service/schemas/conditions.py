"""Conditions of rules over REST: the shape; what they mean together is linted.

Every condition says by ``is`` what it is.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from alert_service.domain.rules import model
from alert_service.schemas.common import Indicator
from shared.contracts.vocabulary import Operator, State

Number = Annotated[
    Decimal, Field(max_digits=24, decimal_places=9, allow_inf_nan=False, examples=["0.85"])
]
Periods = Annotated[int, Field(ge=1, le=12)]
Days = Annotated[int, Field(ge=0, le=400)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MOST_PARTS = 20


class Strict(BaseModel):
    """A body that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


class ValueBody(Strict):
    """A measured value lies beyond a line: ``attendance_rate < 0.85``."""

    kind: Annotated[Literal["value"], Field(alias="is")]
    indicator: Indicator
    op: Operator
    value: Annotated[list[Number], Field(min_length=1, max_length=20)] | Number
    """One number; lower and upper end of ``between``; several of ``in``."""

    periods: Periods = 1
    """So many periods in a row, the present one among them."""

    def to_rule(self) -> model.Value:
        """Return it as the rules see it."""
        numbers = self.value if isinstance(self.value, list) else [self.value]
        return model.Value(
            indicator=self.indicator, op=self.op, value=tuple(numbers), periods=self.periods
        )


class ChangeBody(Strict):
    """A value differs from that of the period before."""

    kind: Annotated[Literal["change"], Field(alias="is")]
    indicator: Indicator
    op: Literal["<", "<=", ">", ">="]
    value: Number
    """Now minus before; a ratio of the value before where it is relative."""

    relative: bool = False

    def to_rule(self) -> model.Change:
        """Return it as the rules see it."""
        return model.Change(
            indicator=self.indicator,
            op=Operator(self.op),
            value=self.value,
            relative=self.relative,
        )


class TrendBody(Strict):
    """A value falls or rises from period to period."""

    kind: Annotated[Literal["trend"], Field(alias="is")]
    indicator: Indicator
    way: Literal["falling", "rising"]
    times: Annotated[int, Field(ge=2, le=12)] = 2
    """Changes in a row; 2 are three values."""

    def to_rule(self) -> model.Trend:
        """Return it as the rules see it."""
        return model.Trend(indicator=self.indicator, way=self.way, times=self.times)


class DeviationBody(Strict):
    """A value lies apart from its own past, or from those of the other scopes of the rule."""

    kind: Annotated[Literal["deviation"], Field(alias="is")]
    indicator: Indicator
    among: Literal["own", "group"]
    measure: Literal["z", "mad"] = "mad"
    beyond: Annotated[Decimal, Field(gt=0, le=20, max_digits=6, decimal_places=3)]
    side: Literal["below", "above", "either"] = "either"
    least: Annotated[int, Field(ge=3, le=1000)] = 5
    """With fewer values to compare it with nothing is decided."""

    def to_rule(self) -> model.Deviation:
        """Return it as the rules see it."""
        return model.Deviation(**self.model_dump(exclude={"kind"}))


class AbsentBody(Strict):
    """No value was measured for so many days."""

    kind: Annotated[Literal["absent"], Field(alias="is")]
    indicator: Indicator
    days: Annotated[int, Field(ge=1, le=400)]

    def to_rule(self) -> model.Absent:
        """Return it as the rules see it."""
        return model.Absent(indicator=self.indicator, days=self.days)


class JudgedBody(Strict):
    """A binding stands in some way, as it was judged: state, flags, relative gap, forecast."""

    kind: Annotated[Literal["judged"], Field(alias="is")]
    indicator: Indicator
    states: Annotated[list[State], Field(max_length=7)] = []
    warning: bool | None = None
    overdue: bool | None = None
    gap_beyond: Annotated[Number, Field(ge=0)] | None = None
    forecast_misses: bool | None = None
    periods: Periods = 1

    def to_rule(self) -> model.Judged:
        """Return it as the rules see it."""
        said = self.model_dump(exclude={"kind", "states"})
        return model.Judged(states=frozenset(self.states), **said)


class TaskBody(Strict):
    """Some task of the scope is so; of those that run, unless states are named."""

    kind: Annotated[Literal["task"], Field(alias="is")]
    overdue: bool | None = None
    due_within_days: Days | None = None
    states: Annotated[list[Word], Field(max_length=6)] = []
    kinds: Annotated[list[Word], Field(max_length=4)] = []
    progress_below: Annotated[Decimal, Field(gt=0, le=1, max_digits=7)] | None = None
    executed_below: Annotated[Decimal, Field(gt=0, le=1, max_digits=7)] | None = None
    """Less of its budget was spent, as a share of it."""

    overspent: bool | None = None
    """More than a tenth of its budget was spent beyond its progress, or more than there is."""

    def to_rule(self) -> model.Task:
        """Return it as the rules see it."""
        said = self.model_dump(exclude={"kind", "states", "kinds"})
        return model.Task(states=frozenset(self.states), kinds=frozenset(self.kinds), **said)


class CycleBody(Strict):
    """Some open cycle of the scope is so."""

    kind: Annotated[Literal["cycle"], Field(alias="is")]
    steps: Annotated[list[Word], Field(max_length=40)] = []
    in_step_days: Days | None = None
    past_end: bool | None = None

    def to_rule(self) -> model.Cycle:
        """Return it as the rules see it."""
        return model.Cycle(
            steps=frozenset(self.steps), in_step_days=self.in_step_days, past_end=self.past_end
        )


class CycleStepBody(Strict):
    """Some cycle of the scope has not left its step in time (环节逾期)."""

    kind: Annotated[Literal["cycle_step"], Field(alias="is")]
    late_days: Annotated[int, Field(ge=0, le=366)] = 0

    def to_rule(self) -> model.CycleStep:
        """Return it as the rules see it."""
        return model.CycleStep(late_days=self.late_days)


class FeedBody(Strict):
    """The feed is late, or missing: the third delivery in a row."""

    kind: Annotated[Literal["feed"], Field(alias="is")]
    levels: Annotated[list[Literal["late", "missing"]], Field(min_length=1)]

    def to_rule(self) -> model.Feed:
        """Return it as the rules see it."""
        return model.Feed(levels=frozenset(self.levels))


class QualityBody(Strict):
    """Records of the feed failed rules in the last days."""

    kind: Annotated[Literal["quality"], Field(alias="is")]
    gates: Annotated[list[Literal["block", "warn"]], Field(min_length=1)]
    failed_over: Annotated[int, Field(ge=0, le=10**9)] = 0
    days: Annotated[int, Field(ge=1, le=90)] = 7

    def to_rule(self) -> model.Quality:
        """Return it as the rules see it."""
        return model.Quality(
            gates=frozenset(self.gates), failed_over=self.failed_over, days=self.days
        )


class AllBody(Strict):
    """Every part holds."""

    kind: Annotated[Literal["all"], Field(alias="is")]
    of: Annotated[list["ConditionBody"], Field(min_length=1, max_length=MOST_PARTS)]

    def to_rule(self) -> model.All:
        """Return it as the rules see it."""
        return model.All(of=tuple(each.to_rule() for each in self.of))


class AnyBody(Strict):
    """Some part holds."""

    kind: Annotated[Literal["any"], Field(alias="is")]
    of: Annotated[list["ConditionBody"], Field(min_length=1, max_length=MOST_PARTS)]

    def to_rule(self) -> model.AnyOf:
        """Return it as the rules see it."""
        return model.AnyOf(of=tuple(each.to_rule() for each in self.of))


class NotBody(Strict):
    """The part does not hold."""

    kind: Annotated[Literal["not"], Field(alias="is")]
    of: "ConditionBody"

    def to_rule(self) -> model.Not:
        """Return it as the rules see it."""
        return model.Not(of=self.of.to_rule())


ConditionBody = TypeAliasType(
    "ConditionBody",
    Annotated[
        ValueBody
        | ChangeBody
        | TrendBody
        | DeviationBody
        | AbsentBody
        | JudgedBody
        | TaskBody
        | CycleBody
        | CycleStepBody
        | FeedBody
        | QualityBody
        | AllBody
        | AnyBody
        | NotBody,
        Field(discriminator="kind"),
    ],
)
"""Any of them."""

for each in (AllBody, AnyBody, NotBody):
    each.model_rebuild()
