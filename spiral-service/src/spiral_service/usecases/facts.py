"""Keep what the other services tell: what gates are judged on.

Each event becomes facts of one kind; the ``document`` holds what gates ask of that kind. A new
kind is a function here, its event in ``subscriptions.facts``, and a field of `gates.base.Facts`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

from shared.access.families import title_of
from shared.contracts.alert import AlertDismissed, AlertFact, AlertSettled
from shared.contracts.base import Event
from shared.contracts.target import (
    AssessmentPublished,
    AttainmentChanged,
    BindingChanged,
    BodyChanged,
    GoalFact,
    GoalWithdrawn,
    StandardFact,
    StandardWithdrawn,
)
from shared.contracts.target_tasks import TaskFact
from shared.kit.database import Transaction
from spiral_service.repository.facts import Heard, place_facts, save_facts
from spiral_service.repository.locks import follow_calendar, keep_calendar, lock


async def hear_facts(tx: Transaction, events: Sequence[Event]) -> None:
    """Keep the newest word on each thing of a batch of events.

    Scopes of alerts are waited for: whoever closes a cycle sees every alert, or it comes after.
    """
    scopes = [each.scope for each in events if isinstance(each, AlertFact)]
    if scopes:
        await lock(tx, scopes)
    heard = [fact for each in events for fact in facts_of(each)]
    await save_facts(tx, heard, await keep_calendar(tx))


async def place_known(tx: Transaction) -> None:
    """Give facts the days that the school calendar tells now."""
    await place_facts(tx, await follow_calendar(tx))


def facts_of(event: Event) -> Iterable[Heard]:
    """Return the facts that an event tells; none of a kind that gates do not ask for."""
    for kind, read in _READERS.items():
        if isinstance(event, kind):
            return read(event)
    return ()


def _goal(goal: GoalFact) -> Iterable[Heard]:
    yield Heard(
        kind="goal",
        key=goal.id,
        version=goal.version,
        scope=goal.scope,
        period=goal.period,
        gone=isinstance(goal, GoalWithdrawn),
        title=goal.title,
        owner=goal.owner,
        document={
            "missing": goal.missing,
            "waived": goal.waived,
            "state": goal.state,
            "parent": goal.parent,
            "indicator": goal.indicator,
            "target": goal.target and goal.target.model_dump(mode="json"),
        },
    )


def _binding(binding: BindingChanged) -> Iterable[Heard]:
    yield Heard(
        kind="binding",
        key=binding.id,
        version=binding.version,
        scope=binding.scope,
        period=binding.period,
        goals=[binding.goal] if binding.goal else [],
        gone=binding.withdrawn,
        title=binding.title,
        owner=binding.owner,
        document={
            "goal": binding.goal,
            "standard": binding.standard,
            "standard_version": binding.standard_version,
            "floor": "floor" in binding.tiers,
        },
    )


def _standard(standard: StandardFact) -> Iterable[Heard]:
    yield Heard(
        kind="standard",
        key=standard.id,
        version=standard.version,
        gone=isinstance(standard, StandardWithdrawn),
        title=standard.title,
        document={"effective_from": standard.effective_from},
    )


def _task(task: TaskFact) -> Iterable[Heard]:
    yield Heard(
        kind="task",
        key=task.id,
        version=task.version,
        scope=task.scope,
        goals=task.goals,
        gone=task.state == "cancelled",
        title=task.title,
        owner=task.owner,
        document={
            "state": task.state,
            "starts_on": task.starts_on,
            "ends_on": task.ends_on,
            "due": task.due_at is not None,
            "resourced": task.resourced,
            "progress": task.progress,
        },
    )


def _attainment(changed: AttainmentChanged) -> Iterable[Heard]:
    for each in changed.items:
        yield Heard(
            kind="attainment",
            key=each.id,
            version=each.seq,
            scope=each.scope,
            period=each.period,
            goals=[each.goal] if each.goal else [],
            document={
                "goal": each.goal,
                "state": each.state,
                "attainment": each.attainment,
                "value": each.value,
                "indicator": each.indicator,
                "gap": each.gap,
                "forecast": each.forecast,
            },
        )


def _assessment(published: AssessmentPublished) -> Iterable[Heard]:
    """Results of persons are not told one by one: that they were published counts for all."""
    told = {"purpose": published.purpose, "scheme": published.scheme, "result": None}
    found: dict[str, tuple[str, dict[str, Any] | None]] = {
        each.subject: (f"{published.id}/{each.subject}", each.model_dump(mode="json"))
        for each in published.items
    }
    if not found:
        found[f"{published.kind}/*"] = (published.id, None)
    for scope, (key, result) in found.items():
        yield Heard(
            kind="assessment",
            key=key,
            version=published.version,
            scope=scope,
            period=published.period,
            title=published.title,
            document=told | {"result": result},
        )


def _alert(alert: AlertFact) -> Iterable[Heard]:
    yield Heard(
        kind="alert",
        key=alert.alert,
        version=alert.version,
        scope=alert.scope,
        period=alert.period,
        title=title_of(alert.family, alert.title),
        owner=alert.owner,
        document={
            "severity": alert.severity,
            "settled": isinstance(alert, AlertSettled | AlertDismissed),
            "indicator": alert.indicator,
            "value": alert.value,
        },
    )


def _body(body: BodyChanged) -> Iterable[Heard]:
    heads = [each.party for each in body.members if each.place == "head"]
    names = ("place", "since", "until")
    members = [
        {"person": each.party.replace("person/", "teacher/", 1)}
        | {name: getattr(each, name) for name in names}
        for each in body.members
        if each.party.startswith(("person/", "teacher/"))
    ]
    yield Heard(
        kind="body",
        key=body.id,
        version=body.version,
        gone=body.withdrawn,
        title=body.title,
        document={
            "heads": [each.replace("person/", "teacher/", 1) for each in heads],
            "members": members,
        },
    )


_READERS: Final = cast(
    "dict[type[Event], Callable[[Any], Iterable[Heard]]]",
    {
        GoalFact: _goal,
        BindingChanged: _binding,
        StandardFact: _standard,
        TaskFact: _task,
        AttainmentChanged: _attainment,
        AssessmentPublished: _assessment,
        AlertFact: _alert,
        BodyChanged: _body,
    },
)
