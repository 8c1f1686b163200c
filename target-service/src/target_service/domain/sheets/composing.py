"""A sheet made of tasks: which objectives, owners, periods and lines it has, and in what order.

Source: domain notes of the one-page project manager (at most thirty tasks a page); how many
objectives and owners get a column of their own is our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from target_service.domain.pace import is_behind, planned_share
from target_service.domain.sheets.circles import circles_of, lamps_of
from target_service.domain.sheets.document import (
    About,
    Language,
    Line,
    Objective,
    Owner,
    Period,
    Role,
    Sheet,
    Work,
)
from target_service.domain.sheets.periods import choose_periods, place_of
from target_service.domain.sheets.reckoning import (
    costs_of,
    forecast_words,
    summary_words,
)
from target_service.domain.sheets.words import words_in

MOST_TASKS: Final = 30
MOST_OBJECTIVES: Final = 8
MOST_OWNERS: Final = 10
_OPEN: Final = frozenset({"draft", "issued", "accepted", "in_progress"})


def compose(
    about: About,
    works: Sequence[Work],
    objectives: Sequence[Objective],
    names: Mapping[str, str],
    at: tuple[date, Language],
) -> Sheet:
    """Return the sheet of tasks.

    Args:
        works: in their order.
        objectives: in their order; those that no task serves are left out.
        names: of owners.
        at: the day of the sheet, and its language.
    """
    day, language = at
    say = words_in(language)
    shown = works[:MOST_TASKS]
    columns = tuple(each for each in objectives if any(each.key in work.goals for work in shown))
    columns = columns[:MOST_OBJECTIVES]
    owners = _owners(shown, names, say("others"))
    kind, periods = _periods(shown, day, about.last_day)
    ordered = sorted(shown, key=lambda each: each.is_qualitative)
    plain = sum(not each.is_qualitative for each in shown)
    lines = [
        _line(number, each, (columns, owners, periods), day)
        for number, each in enumerate(ordered, start=1)
    ]
    pairs = [(each.key, each.title) for each in columns]
    costs = costs_of(works, pairs, say)
    left_out = len(works) - len(shown)
    summary = summary_words(lines, costs, left_out, say)
    if shown and place_of(day, periods) is None:
        span = {"first": periods[0].starts_on, "last": periods[-1].ends_on}
        summary.append(say("outside", day=day, **span))
    return Sheet(
        key=about.key,
        title=about.title,
        leader=about.leader,
        objective=about.objective,
        as_of=day,
        language=language,
        objectives=columns,
        owners=owners,
        period_kind=kind,
        periods=periods,
        tasks=tuple(lines[:plain]),
        qualitative=tuple(lines[plain:]),
        costs=tuple(costs),
        summary=(*summary, *_written(about.summary)),
        forecast=(*forecast_words(lines, day, say), *_written(about.forecast)),
        left_out=left_out,
    )


def _line(
    number: int,
    work: Work,
    frame: tuple[Sequence[Objective], Sequence[Owner], tuple[Period, ...]],
    day: date,
) -> Line:
    objectives, owners, periods = frame
    planned = planned_share(work.starts_on, work.ends_on, day)
    # One without an end goes on to the end of the timeline, and is never late.
    last, by = (work.ends_on, day) if work.ends_on else (periods[-1].ends_on, date.min)
    span = (work.starts_on, last)
    has_span = work.starts_on is not None and not work.is_qualitative
    return Line(
        number=number,
        key=work.key,
        title=work.title,
        state=work.state,
        objectives=tuple(at for at, each in enumerate(objectives) if each.key in work.goals),
        starts_on=work.starts_on,
        ends_on=work.ends_on,
        done_on=work.done_on,
        progress=work.progress,
        planned=planned,
        is_overdue=work.is_overdue,
        is_behind=work.state in _OPEN and is_behind(work.progress, planned),
        circles=circles_of(span, work.progress, work.done_on, by, periods) if has_span else (),  # type: ignore[arg-type]
        lamps=lamps_of(work.lights, periods),
        roles=_roles(work, owners),
    )


def _roles(work: Work, owners: Sequence[Owner]) -> dict[int, Role]:
    """Return who takes part, by column; of those without one of their own, the first role."""
    places = {each.key: at for at, each in enumerate(owners)}
    found: dict[int, Role] = {}
    for who, role in sorted(work.roles.items(), key=lambda each: each[1]):
        found.setdefault(places.get(who, len(owners) - 1), role)
    return found


def _owners(works: Iterable[Work], names: Mapping[str, str], others: str) -> tuple[Owner, ...]:
    """Return the columns of owners: who has most to do first; the last one may hold the rest."""
    loads: dict[str, tuple[int, int]] = {}
    for each in works:
        for who, role in each.roles.items():
            first, all_of_it = loads.get(who, (0, 0))
            loads[who] = first - (role == "A"), all_of_it - 1
    ranked = sorted(loads, key=lambda who: (loads[who], who))
    if len(ranked) <= MOST_OWNERS:
        return tuple(Owner(who, names.get(who, who)) for who in ranked)
    own = [Owner(who, names.get(who, who)) for who in ranked[: MOST_OWNERS - 1]]
    return (*own, Owner("", others))


def _periods(
    works: Sequence[Work], day: date, last_day: date | None
) -> tuple[str, tuple[Period, ...]]:
    """Return the periods that hold all tasks, and the present day while one of them is late.

    Args:
        last_day: until then tasks go on that have no end; until today where it is not known.
    """
    days = [each for work in works for each in (work.starts_on, work.ends_on, work.done_on) if each]
    if any(_is_late(work, day) for work in works):
        days.append(day)
    if any(work.starts_on and not work.ends_on for work in works):
        days.append(last_day or day)
    return choose_periods(min(days, default=day), max(days, default=day))


def _is_late(work: Work, day: date) -> bool:
    return work.state in _OPEN and work.ends_on is not None and work.ends_on < day


def _written(note: str) -> list[str]:
    return [line.strip() for line in note.splitlines() if line.strip()]
