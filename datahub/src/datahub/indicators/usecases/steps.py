"""Values that wait to be handed in, or to be approved, are human steps: they open, and close."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from urllib.parse import urlencode

from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.handed import Handed
from shared.contracts.steps import HubStepClosed, HubStepOpened
from shared.kit.database import Transaction

APPROVE: Final = "datahub:approve"
"""Permission to decide on what others hand in."""

HAND_IN: Final = "datahub:hand-in"
"""Permission to hand values in, for the scopes that one answers for."""

TIME: Final = timedelta(days=7)
"""Until it should be decided on. Source: our default."""

TIME_TO_HAND_IN: Final = timedelta(days=30)
"""Until a value should be there once its period is over. Source: our default."""

How = Literal["approved", "rejected", "withdrawn", "replaced"]
AskedHow = Literal["answered", "replaced", "withdrawn"]


def step_of(handed: str) -> str:
    """Return the id of the step by which a value is decided on."""
    return f"datahub/handed-in/{handed}"


def open_step(tx: Transaction, handed: Handed, indicator: Indicator) -> None:
    """Tell that a value waits."""
    step = step_of(handed.id)
    opened = HubStepOpened(
        step=step,
        kind="approval",
        title_zh=f"审批填报：{indicator.zh}",
        title_en=f"Approve a value: {indicator.en or indicator.zh}",
        scope=handed.entry.scope,
        period=handed.entry.period,
        role="leader",
        permission=APPROVE,
        not_by=handed.entered_by,
        opened_at=handed.entered_at,
        due_at=handed.entered_at + TIME,
        link=f"/handed-in/{handed.id}",
    )
    tx.publish(opened, key=step, subject=handed.entry.scope)


def close_step(tx: Transaction, handed: Handed, how: How, by: str) -> None:
    """Tell what became of a value that waited."""
    step = step_of(handed.id)
    closed = HubStepClosed(
        step=step,
        kind="approval",
        scope=handed.entry.scope,
        link=f"/handed-in/{handed.id}",
        how=how,
        by=by,
    )
    tx.publish(closed, key=step, subject=handed.entry.scope)


class Awaited(NamedTuple):
    """A cell that people have to hand a value in for."""

    indicator: str
    scope: str
    period: str

    @property
    def link(self) -> str:
        """Return the page of the portal with the form that says so much already."""
        return f"/handed-in?{urlencode(self._asdict(), safe='/:')}"

    def step(self, number: int) -> str:
        """Return the id of the step by which a value is handed in."""
        return f"datahub/to-hand-in/{self.indicator}|{self.scope}|{self.period}/{number}"


def ask_for(
    tx: Transaction,
    cell: Awaited,
    number: int,
    indicator: Indicator,
    owners: Sequence[str],
    at: datetime,
) -> None:
    """Tell that a value is to be handed in: by its owners, else by whoever leads the scope."""
    opened = HubStepOpened(
        step=cell.step(number),
        kind="form",
        title_zh=f"填报：{indicator.zh}",
        title_en=f"Hand a value in: {indicator.en or indicator.zh}",
        scope=cell.scope,
        period=cell.period,
        role="owner" if owners else "leader",
        owners=tuple(owners),
        permission=HAND_IN,
        not_by="",
        opened_at=at,
        due_at=at + TIME_TO_HAND_IN,
        link=cell.link,
    )
    tx.publish(opened, key=cell.step(0), subject=cell.scope)


def ask_no_more(tx: Transaction, cell: Awaited, number: int, how: AskedHow) -> None:
    """Tell that a value is there, or is asked of others."""
    closed = HubStepClosed(
        step=cell.step(number),
        kind="form",
        scope=cell.scope,
        period=cell.period,
        link=cell.link,
        how=how,
        by="system/datahub",
    )
    tx.publish(closed, key=cell.step(0), subject=cell.scope)
