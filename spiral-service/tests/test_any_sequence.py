"""No sequence of calls and facts, in any order, twice or late, reaches a state the rules forbid.

The model is written from the design alone: it knows ten steps, what each gate asks for, and when a
cycle may close; it shares nothing with the rules of the service.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.contracts.alert import AlertRaised, AlertSettled
from shared.contracts.base import Event
from shared.contracts.target import (
    AssessmentPublished,
    Attainment,
    AttainmentChanged,
    BindingChanged,
    GoalRevised,
    GoalWithdrawn,
)
from shared.contracts.target_tasks import TaskAccepted, TaskCancelled, TaskIssued, TaskProgressed
from shared.errors import DomainError
from shared.kit.database import Database, Transaction
from shared.kit.etags import VersionConflictError
from shared.kit.sql import text
from shared.testing import TestServers, new_database
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.moving import Act
from spiral_service.domain.standing import Actor
from spiral_service.repository.cycles import find_cycle
from spiral_service.schemas.cycles import OpenCycle
from spiral_service.usecases.auditing import rebuild_page
from spiral_service.usecases.cycles import open_cycle
from spiral_service.usecases.facts import hear_facts
from spiral_service.usecases.moving import Turn, close_cycle, file_form, move_cycle

PERIOD = "term:2026-2027-1"
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
STEPS = [
    "goal", "standard", "design", "organise", "implement",
    "diagnose", "incentive", "learn", "innovate", "improve",
]  # fmt: skip
SHARED = ["design", "organise", "implement"]
FORMS: dict[str, dict[str, Any]] = {
    "diagnose": {"result": "r", "cause": "data", "conclusion": "c"},
    "learn": {"cause": "data", "lesson": "l"},
    "innovate": {"proposal": "p"},
    "improve": {"measures": ["m"]},
}
ASKED = {
    "diagnose": "diagnosis",
    "learn": "lesson",
    "innovate": "proposal",
    "improve": "improvement",
}
ALERTS = ("red", "orange", "yellow")
NUMBERS = count(1)
Do = Callable[[Transaction], Awaitable[Any]]


class Model:
    """What the design says of one cycle."""

    def __init__(self) -> None:
        self.version = 1
        self.at = "goal"
        self.routine = False
        self.closed = False
        self.filed: set[str] = set()
        self.heard: dict[str, tuple[int, str]] = {}
        """By thing the newest version that was told, and what it said."""

    def hear(self, thing: str, version: int, said: str) -> None:
        """Keep the newest."""
        if version > self.heard.get(thing, (0, ""))[0]:
            self.heard[thing] = (version, said)

    def says(self, thing: str) -> str:
        """Return what was told last of a thing; empty before it was told."""
        return self.heard.get(thing, (0, ""))[1]

    def holds(self) -> bool:
        """Return whether the step may be left."""
        goal = self.says("goal") in {"smart", "unsmart"}
        task = self.says("task") if goal else ""
        gates = {
            "goal": self.says("goal") == "smart",
            "standard": goal and self.says("binding") == "approved",
            "design": goal and task in {"issued", "accepted", "progress"},
            "organise": task in {"accepted", "progress"},
            "implement": task == "progress",
            "diagnose": goal and self.says("attainment") == "met" and "diagnose" in self.filed,
            "incentive": self.says("assessment") == "published",
        }
        return gates.get(self.at, self.at in self.filed)

    def may_go(self, to: str, *, force: bool, why: str) -> bool:
        """Return whether a move is one that the rules know."""
        place, wanted = STEPS.index(self.at), STEPS.index(to)
        if self.closed or (force and not why):
            return False
        if wanted == place + 1:
            return force or self.holds()
        back = self.routine and self.at in SHARED and to in SHARED and wanted < place
        return back and bool(why)

    def go(self, to: str) -> None:
        """Enter a step."""
        self.version += 1
        self.at = to
        self.routine = to == "implement" or (self.routine and to in SHARED)

    def grave(self) -> set[str]:
        """Return the colours of the orange and red alerts that are not settled."""
        return {each for each in ("red", "orange") if self.says(each) == "raised"}

    def may_close(self, carried: set[str]) -> bool:
        """Return whether the cycle may close over what it carries."""
        open_ = {each for each in ALERTS if self.says(each) == "raised"}
        is_end = not self.closed and self.at == "improve" and self.holds()
        return is_end and carried <= open_ and self.grave() <= carried


def told_of(thing: str, version: int, scope: str) -> tuple[str, Event]:
    """Return what a version of a thing says, in a word and as an event: always the same."""
    word = {
        "goal": ("smart", "unsmart", "smart", "smart", "gone"),
        "binding": ("approved", "without", "approved", "approved", "gone"),
        "task": ("issued", "accepted", "progress", "progress", "gone"),
        "attainment": ("none", "met", "met", "none", "met"),
        "assessment": ("published",) * 5,
    }.get(thing, ("raised", "settled", "raised", "settled", "raised"))[version - 1]
    return word, _EVENTS.get(thing, _alert)(thing, word, version, scope)


def _goal(_: str, word: str, version: int, scope: str) -> Event:
    kind = GoalWithdrawn if word == "gone" else GoalRevised
    return kind(
        id=f"G{scope}", version=version, scope=scope, period=PERIOD, title="t", owner="",
        indicator=None, target=None, deadline=None, missing=("M",) if word == "unsmart" else (),
    )  # fmt: skip


def _binding(_: str, word: str, version: int, scope: str) -> Event:
    said = {
        "id": f"B{scope}", "version": version, "indicator": "i", "scope": scope,
        "period": PERIOD, "title": "t", "target": None, "warning": None, "alert_from": "either",
        "owner": "", "goal": f"G{scope}", "withdrawn": word == "gone",
        "tiers": {"floor": {"op": ">=", "value": "0"}},
        "standard_version": None if word == "without" else 1,
    }  # fmt: skip
    return BindingChanged.model_validate(said)


def _task(_: str, word: str, version: int, scope: str) -> Event:
    kinds = {"issued": TaskIssued, "accepted": TaskAccepted, "gone": TaskCancelled}
    states = {"issued": "issued", "accepted": "accepted", "gone": "cancelled"}
    said = {
        "id": f"K{scope}", "version": version, "state": states.get(word, "in_progress"),
        "title": "t", "kind": "key", "system": "generation", "scope": scope, "unit": None,
        "owner": "teacher/T1", "goals": (f"G{scope}",), "starts_on": "2026-09-01",
        "ends_on": "2026-12-01", "due_at": AT, "resourced": True, "at": AT, "by": "b",
        "progress": "0.5" if word == "progress" else "0", "reason": "r", "planned": "0.5",
        "budget": None, "spent": "0", "light": None, "reported_by": "", "approved_by": "",
    }  # fmt: skip
    return kinds.get(word, TaskProgressed).model_validate(said)


def _attainment(_: str, word: str, version: int, scope: str) -> Event:
    said = {
        "id": f"goal/G{scope}", "binding": None, "goal": f"G{scope}", "indicator": None,
        "scope": scope, "period": PERIOD, "warning": False, "attainment": None,
        "coverage": None, "value": None, "gap": None, "seq": version,
        "state": "met_target" if word == "met" else "no_data",
    }  # fmt: skip
    return AttainmentChanged(items=(Attainment.model_validate(said),))


def _assessment(_: str, _word: str, version: int, scope: str) -> Event:
    said = {
        "id": f"R{scope}", "version": version, "title": "t", "scheme": "s", "scheme_version": 1,
        "purpose": "evaluation", "kind": "course", "period": PERIOD, "count": 1, "part": 1,
        "parts": 1, "items": [{"subject": scope, "title": "t", "points": None, "coverage": None,
        "thin": False, "vetoed": False, "place": None, "choice": None, "grade": None,
        "verdicts": (), "decision": None}],
    }  # fmt: skip
    return AssessmentPublished.model_validate(said)


def _alert(thing: str, word: str, version: int, scope: str) -> Event:
    said = {
        "alert": f"{thing}{scope}", "version": version, "rule": "r", "family": "indicator",
        "scope": scope, "period": PERIOD, "severity": thing, "indicator": None, "title": "t",
        "state": "below_standard", "value": None, "owner": "", "raised_at": AT, "due_at": None,
        "at": AT,
    }  # fmt: skip
    if word == "settled":
        return AlertSettled.model_validate(said | {"how": "recovered"})
    return AlertRaised.model_validate(said)


_EVENTS = {
    "goal": _goal,
    "binding": _binding,
    "task": _task,
    "attainment": _attainment,
    "assessment": _assessment,
}


class AnySequence(RuleBasedStateMachine):
    """Calls and facts about one cycle, in any order."""

    def __init__(self, run: Callable[[Do], Any]) -> None:
        super().__init__()
        self.run = run
        self.number = next(NUMBERS)
        self.scope = f"course/C{self.number}"
        self.key = f"K{self.number}"
        self.model = Model()
        self.seconds = count()
        run(self._open)

    async def _open(self, tx: Transaction) -> None:
        await tx.session.execute(
            text(
                "INSERT INTO scope (scope, name_zh, parents, owners, gone, seq)"
                " VALUES (:scope, 'c', '{}', '[]', false, 1)"
            ),
            {"scope": self.scope},
        )
        wanted = OpenCycle(key=self.key, scope=self.scope, period=PERIOD)
        await open_cycle(tx, wanted, self._act(""))

    def _act(self, reason: str) -> Act:
        return Act(by="person/T1", at=AT + timedelta(seconds=next(self.seconds)), reason=reason)

    def _turn(self, reason: str = "", version: int | None = None) -> Turn:
        def expect(present: int | str | None) -> None:
            if version is not None and version != present:
                raise VersionConflictError("", "")

        actor = Actor(subject="person/T1", is_everywhere=True, leads=True)
        return Turn(actor=actor, act=self._act(reason), expect=expect)

    def _try(self, do: Do) -> bool:
        try:
            self.run(do)
        except DomainError:
            return False
        return True

    @rule(
        thing=st.sampled_from([*_EVENTS, *ALERTS]),
        version=st.integers(1, 5),
        times=st.integers(1, 2),
    )
    def hear(self, thing: str, version: int, times: int) -> None:
        """A fact comes: late, early, or twice."""
        word, event = told_of(thing, version, self.scope)
        self.run(lambda tx: hear_facts(tx, [event] * times))
        self.model.hear(thing, version, word)

    @rule()
    def hear_all(self) -> None:
        """All goes well with the other services."""
        for thing, version in (
            *(("goal", 4), ("binding", 4), ("task", 4), ("attainment", 3), ("assessment", 1)),
            *((alert, 4) for alert in ALERTS),
        ):
            self.hear(thing, version, 1)

    @rule(to=st.sampled_from(STEPS), force=st.booleans(), why=st.sampled_from(["", "because"]))
    def move(self, to: str, force: bool, why: str) -> None:  # noqa: FBT001 — hypothesis names it
        """Somebody moves the cycle, or tries to."""
        expected = self.model.may_go(to, force=force, why=why)
        turn = self._turn(why)
        assert self._try(lambda tx: move_cycle(tx, self.key, to, turn, force=force)) == expected
        if expected:
            self.model.go(to)

    @precondition(lambda self: not self.model.closed and self.model.at != "improve")
    @rule()
    def move_on(self) -> None:
        """Somebody tries the next step."""
        self.move(STEPS[STEPS.index(self.model.at) + 1], force=False, why="")

    @rule(far=st.sampled_from(["implement", "diagnose", "improve", "improve"]))
    def go_far(self, far: str) -> None:
        """All goes well for a while; what was withdrawn before stays withdrawn."""
        self.hear_all()
        for _ in STEPS:
            if self.model.closed or STEPS.index(self.model.at) >= STEPS.index(far):
                return
            if self.model.at in FORMS:
                self.fill_in(self.model.at)
            self.move_on()

    @rule(behind=st.integers(1, 3))
    def move_on_what_was(self, behind: int) -> None:
        """Somebody moves the cycle that he saw a while ago."""
        turn = self._turn("because", self.model.version - behind)
        assert not self._try(lambda tx: move_cycle(tx, self.key, "standard", turn, force=True))

    @rule(form=st.sampled_from(list(FORMS)))
    def fill_in(self, form: str) -> None:
        """Somebody fills in a form, at its step or elsewhere."""
        expected = not self.model.closed and self.model.at == form
        turn = self._turn()
        done = self._try(lambda tx: file_form(tx, self.key, ASKED[form], FORMS[form], turn))
        assert done == expected
        if expected:
            self.model.filed.add(form)

    @precondition(lambda self: self.model.at in FORMS)
    @rule()
    def fill_in_what_is_asked(self) -> None:
        """Somebody fills in the form of the step."""
        self.fill_in(self.model.at)

    @rule(carried=st.sets(st.sampled_from(ALERTS)))
    def close(self, carried: set[str]) -> None:
        """Somebody closes the cycle, or tries to."""
        expected = self.model.may_close(carried)
        turn, reasons = self._turn(), {f"{each}{self.scope}": "because" for each in carried}
        assert self._try(lambda tx: close_cycle(tx, self.key, reasons, turn)) == expected
        if expected:
            self.model.closed, self.model.routine = True, False
            self.model.version += 1

    @invariant()
    def is_where_the_model_is(self) -> None:
        """The cycle stands where the rules let it stand."""
        cycle: Cycle = self.run(lambda tx: find_cycle(tx, self.key))
        assert (cycle.step, cycle.version, cycle.state == "closed", cycle.in_routine) == (
            self.model.at,
            self.model.version,
            self.model.closed,
            self.model.routine,
        )

    def teardown(self) -> None:
        """Its state can be rebuilt from its events, and nothing else was published of it."""
        [found] = self.run(lambda tx: rebuild_page(tx, "", [self.key]))
        assert (found.facts, found.wrong) == (self.model.version, [])


@pytest.fixture
def run(servers: TestServers) -> Iterator[Callable[[Do], Any]]:
    """Do something in a transaction of its own, on an empty database."""
    with asyncio.Runner() as runner:
        database = Database(runner.run(new_database(servers, "spiral_service")), "spiral")

        async def once(do: Do) -> Any:
            async with database.transaction() as tx:
                return await do(tx)

        yield lambda do: runner.run(once(do))
        kinds = runner.run(once(_published))
        told = {f"qa.spiral.cycle.{each}.v1" for each in ("opened", "moved", "closed")}
        assert kinds <= told | {"qa.spiral.step.opened.v1", "qa.spiral.step.closed.v1"}
        runner.run(database.dispose())


async def _published(tx: Transaction) -> set[str]:
    return set(await tx.session.scalars(text("SELECT DISTINCT type FROM outbox")))


def test_no_sequence_reaches_a_state_that_the_rules_forbid(run: Callable[[Do], Any]) -> None:
    asked = settings(
        max_examples=40,
        stateful_step_count=25,
        deadline=None,
        phases=[Phase.generate],  # to make a failure small would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: AnySequence(run), settings=asked)
    assert next(NUMBERS) > 40
