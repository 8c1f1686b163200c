"""Cycles that a plan proposes (诊改周期建议): for whom, and in which period.

Source: design "The spiral" 2.
"""

from datetime import date
from typing import ClassVar

from shared.calendar import Calendar
from shared.contracts.vocabulary import Level
from shared.errors import DomainError, ErrorKind


class ProposalUnfitError(DomainError):
    """No cycle can be opened by the proposal now."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-proposal-unfit"
    title_zh: ClassVar = "现在不能按此建议开启周期"
    title_en: ClassVar = "No cycle follows from it now"


def running_period(rhythm: str, of_plan: str, day: date, calendar: Calendar) -> str | None:
    """Return the period of a rhythm that runs on a day.

    None of an appointment, which follows the contract of each, and of a term or an academic year
    that the school calendar does not tell of.

    Args:
        of_plan: period of the plan; a construction period is that.
    """
    told = calendar.told
    terms = (each.term for each in told.terms if each.starts_on <= day <= each.ends_on)
    years = (each.year for each in told.years if each.starts_on <= day <= each.ends_on)
    running = {
        "construction": of_plan,
        "year": f"year:{day.year}",
        "month": f"month:{day:%Y-%m}",
        "term": next((f"term:{each}" for each in terms), None),
        "ayear": next((f"ayear:{each}" for each in years), None),
    }
    return running.get(rhythm)


def refuse_unfit(rhythm: str, running: str | None, *, warning_only: bool) -> str:
    """Return the running period, in which cycles may be opened.

    Raises:
        ProposalUnfitError: the rhythm only warns, or no period of it runs.
    """
    if warning_only:
        raise ProposalUnfitError(
            "该周期仅用于预警，不开启诊改周期",
            "this rhythm only warns: it opens no cycles",
        )
    if running is None:
        raise ProposalUnfitError(
            f"今天没有 {rhythm} 周期（聘期因人而异；学期与学年见校历）",
            f"no period of the rhythm {rhythm} runs today",
            fixes=["POST /api/spiral/v1/cycles 逐个开启 (open them one by one)"],
        )
    return running


def covers(level: str, of_plan: str) -> str:
    """Return for whom a proposal is: at the level of the school the plan's scope, else a kind."""
    return of_plan if level == Level.SCHOOL else f"{level}/"


def key_of(period: str, scope: str) -> str:
    """Return the key of the cycle of a scope in a period."""
    return f"{period.partition(':')[2]}/{scope}"
