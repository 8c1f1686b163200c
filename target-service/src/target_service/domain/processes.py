"""Process definitions (工作流程): the steps of a unit's or post's work, and who does each.

The first step begins; each names those that may follow it, also an earlier one (退回). Every
step is reached, and some step ends.

Source: plan §四(一)1 完善工作流程 (M036).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from target_service.domain.units import Faults


def faults_of_steps(steps: Sequence[tuple[str, Sequence[str]]]) -> Faults:
    """Return what is wrong with the steps of a process, by JSON path.

    Args:
        steps: key of each, and the keys of those that may follow it.
    """
    follow = dict(steps)
    counted = Counter(key for key, _ in steps)
    reached = _reached(steps[0][0], follow)
    found: Faults = []
    for place, (key, following) in enumerate(steps):
        path = f"$.steps[{place}]"
        if counted[key] > 1:
            found.append((f"{path}.key", f"步骤 {key} 出现不止一次 (a step twice)"))
        if key not in reached:
            reason = f"没有步骤通向 {key}：补上 next，或删去它 (no step leads to it)"
            found.append((f"{path}.key", reason))
        found += [
            (f"{path}.next[{nth}]", f"没有步骤 {name} (no such step)")
            for nth, name in enumerate(following)
            if name not in follow
        ]
    if all(following for _, following in steps):
        found.append(("$.steps", "流程没有终点：至少一步不再有 next (no step ends it)"))
    return found


def _reached(first: str, follow: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [first]
    while waiting:
        key = waiting.pop()
        if key not in reached and key in follow:
            reached.add(key)
            waiting += follow[key]
    return reached
