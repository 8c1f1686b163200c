"""The lines of a binding, and what they inherit."""

from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Aim, Lines, Tier, inherit


def limit(text: str) -> Limit:
    """Read ``>= 0.8``, or ``between 1 2``."""
    op, value, *upper = text.split()
    return read_limit({"op": op, "value": value, "upper": upper[0] if upper else None})


def lines(target: str = "", warning: str = "", **tiers: str) -> Lines:
    return Lines(
        target=limit(target) if target else None,
        tiers={Tier(name): limit(text) for name, text in tiers.items()},
        warning=limit(warning) if warning else None,
    )


def test_own_lines_win_over_inherited_ones() -> None:
    own = lines(warning="< 0.85", qualified=">= 0.82")
    standard = lines(floor=">= 0.5", qualified=">= 0.8")

    inherited = inherit(own, goal=Aim(limit(">= 0.95"), of_indicator=False), standard=standard)

    assert inherited == lines(">= 0.95", "< 0.85", floor=">= 0.5", qualified=">= 0.82")


def test_the_target_of_a_goal_wins_where_the_goal_names_the_indicator() -> None:
    def target(goal: str, *, of_indicator: bool) -> Limit | None:
        aim = Aim(limit(goal) if goal else None, of_indicator=of_indicator)
        return inherit(lines(">= 0.9"), goal=aim, standard=lines(">= 0.7")).target

    assert target(">= 1", of_indicator=False) == limit(">= 0.9")
    assert target(">= 1", of_indicator=True) == limit(">= 1")
    assert target("", of_indicator=True) == limit(">= 0.9")


def test_the_floor_is_the_standard_where_there_is_no_qualified_tier() -> None:
    assert lines(floor=">= 0.5", qualified=">= 0.8").standard == limit(">= 0.8")
    assert lines(floor=">= 0.5", good=">= 0.8").standard == limit(">= 0.5")
    assert lines(good=">= 0.8").standard is None
