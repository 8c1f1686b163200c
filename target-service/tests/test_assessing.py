"""Assessment: exact worked examples of items, wholes, places, grades, verdicts and terms."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.vocabulary import Operator
from target_service.domain.assessing.conditions import Clause, Condition, Verdict
from target_service.domain.assessing.found import (
    Found,
    Gather,
    Marked,
    Part,
    gather,
    read_found,
    write_found,
)
from target_service.domain.assessing.ranking import Choice, Grade, choose, grade, places
from target_service.domain.assessing.reckoning import Findings, Result, reckon
from target_service.domain.assessing.runs import RunState, RunStateError, Step, after
from target_service.domain.assessing.scheme import (
    Item,
    Purpose,
    Scheme,
    Takes,
    faults_of_scheme,
)
from target_service.domain.assessing.seeing import Reader, shows_marks
from target_service.domain.assessing.sources import Check, Rater, Source, mark_of_checklist, weigh
from target_service.domain.assessing.terms import before, days_within, faults_of_term
from target_service.domain.limits import Limit

HALF = Decimal("0.5")
CAPPED = {"rule": "capped_ratio", "qualified": {"op": ">=", "value": "0.8"}}


def item(key: str, **more: Any) -> Item:
    given = {"title": key, "takes": Takes.INDICATOR, "of": "rate", "rule": CAPPED, "weight": HALF}
    return Item(key=key, **given | more)


def scheme(*items: Item, **more: Any) -> Scheme:
    given = {"purpose": Purpose.DEPARTMENT, "kind": "unit"}
    return Scheme(items=items, **given | more)


def value(told: str | None, **more: Any) -> Found:
    number = None if told is None else Decimal(told)
    return Found(parts=(Part(scope="unit/U1", period="year:2026", value=number, **more),))


def one(of: Scheme, found: dict[str, Found]) -> Result:
    return reckon(of, {"unit/U1": found}, frozenset())["unit/U1"]


def test_a_department_is_reckoned_item_by_item() -> None:
    """37.5 for 0.6 of 0.8 at one half, 27 for nine tenths of a target, 12 with two complaints."""
    department = scheme(
        item("rate"),
        item("tasks", takes=Takes.ATTAINMENT, rule=None, weight=Decimal("0.3")),
        item(
            "law",
            takes=Takes.TALLY,
            of="",
            weight=Decimal("0.2"),
            rule={"rule": "deduction", "full": "1", "deductions": {"complaint": "0.2"}},
        ),
    )
    found = {
        "rate": value("0.6"),
        "tasks": value("0.9", numerator=Decimal(9), denominator=Decimal(10)),
        "law": Found(tally={"complaint": Decimal(2)}),
    }

    result = one(department, found)

    assert [each.points for each in result.lines] == [Fraction("37.5"), 27, 12]
    assert (result.points, result.coverage, result.thin) == (Fraction("76.5"), 1, False)


def test_an_item_without_data_is_left_out_and_told_by_the_coverage() -> None:
    result = one(scheme(item("a"), item("b")), {"a": value("0.6")})

    assert (result.points, result.coverage, result.thin) == (75, Fraction(1, 2), True)
    assert result.lines[1].score is None


def test_a_veto_leaves_nothing() -> None:
    veto = Limit(Operator.GE, (Decimal(1),))
    vetoing = item("accidents", rule=None, weight=Decimal(0), veto=veto)
    of = scheme(item("rate", weight=Decimal(1)), vetoing)

    safe = one(of, {"rate": value("0.8"), "accidents": value("0")})
    unsafe = one(of, {"rate": value("0.8"), "accidents": value("1")})

    assert (safe.points, safe.vetoed) == (100, False)
    assert (unsafe.points, unsafe.vetoed) == (0, True)


def test_progress_counts_and_not_the_level() -> None:
    """From 0.50 to 0.60 is twice the step of 0.05; from 0.95 to 0.96 is a fifth of it."""
    step = {"rule": "capped_ratio", "qualified": {"op": ">=", "value": "0.05"}}
    progress = item("rate", takes=Takes.PROGRESS, rule=step, weight=Decimal(1))
    of = scheme(progress, purpose=Purpose.PROGRESS, kind="course", ranked=True)

    def gained(then: str, now: str) -> Found:
        return Found(parts=value(now).parts, before=value(then).parts)

    found = {
        "course/strong": {"rate": gained("0.95", "0.96")},
        "course/weak": {"rate": gained("0.50", "0.60")},
        "course/falling": {"rate": gained("0.90", "0.85")},
        "course/new": {"rate": value("0.99")},
    }
    results = reckon(of, found, frozenset())

    assert {key: (each.points, each.place) for key, each in results.items()} == {
        "course/strong": (20, 2),
        "course/weak": (100, 1),
        "course/falling": (0, 3),
        "course/new": (None, None),
    }


def test_a_rule_that_compares_takes_the_best_of_those_assessed_together() -> None:
    best = item("papers", rule={"rule": "relative_to_best"}, weight=Decimal(1))

    results = reckon(
        scheme(best),
        {"unit/A": {"papers": value("8")}, "unit/B": {"papers": value("2")}},
        frozenset(),
    )
    nothing = reckon(scheme(best), {"unit/A": {"papers": value("0")}}, frozenset())

    assert [each.points for each in results.values()] == [100, 25]
    assert nothing["unit/A"].points is None


def test_the_mean_of_a_group_is_taken_to_six_decimals() -> None:
    rule = {"rule": "relative_to_mean", "full": "2", "steps": [{"within": "5", "score": "1.8"}]}
    mean = item("employed", rule=rule, weight=Decimal(1))
    found = {f"unit/{n}": {"employed": value(told)} for n, told in enumerate(["80", "81", "81"])}

    results = reckon(scheme(mean), found, frozenset())

    assert [each.points for each in results.values()] == [90, 100, 100]


SOURCES = (
    Source(rater=Rater.STUDENTS, weight=Decimal("0.5"), minimum=5),
    Source(rater=Rater.PEERS, weight=Decimal("0.3"), minimum=2),
    Source(rater=Rater.SUPERVISION, weight=Decimal("0.2")),
)


def test_marks_are_weighed_by_who_gave_them() -> None:
    """0.5 × 90 + 0.3 × 80 + 0.2 × 70 = 83."""
    marks = {
        Rater.STUDENTS: Marked(count=10, total=Decimal(900)),
        Rater.PEERS: Marked(count=2, total=Decimal(160)),
        Rater.SUPERVISION: Marked(count=1, total=Decimal(70)),
    }

    assert weigh(SOURCES, marks).score == Fraction("0.83")


def test_a_source_with_too_few_marks_counts_for_nothing_and_is_named() -> None:
    """Without the students (0.3 × 80 + 0.2 × 70) ÷ 0.5 = 76."""
    marks = {
        Rater.STUDENTS: Marked(count=4, total=Decimal(400)),
        Rater.PEERS: Marked(count=2, total=Decimal(160)),
        Rater.SUPERVISION: Marked(count=1, total=Decimal(70)),
    }

    weighed = weigh(SOURCES, marks)

    assert (weighed.score, weighed.coverage) == (Fraction("0.76"), HALF)
    assert weighed.short == (Rater.STUDENTS,)


def test_a_checklist_adds_up_to_a_mark_and_names_every_wrong_line() -> None:
    lines = [
        Check(key="aim", title="目标明确", points=Decimal(40)),
        Check(key="work", title="学生参与", points=Decimal(60)),
    ]
    faults: list[tuple[str, str]] = []
    wrong: list[tuple[str, str]] = []

    assert mark_of_checklist("$.c", lines, {"aim": "35", "work": "50.5"}, faults) == Decimal("85.5")
    mark_of_checklist("$.c", lines, {"aim": "41", "style": "1"}, wrong)

    assert faults == []
    assert [path for path, _ in wrong] == ["$.c.style", "$.c.work", "$.c.aim"]


def test_a_tie_has_one_place_and_leaves_the_next_out() -> None:
    points = {"a": 90, "b": 80, "c": 80, "d": 70}
    placed = places({key: (Fraction(each),) for key, each in points.items()})

    assert placed == {"a": 1, "b": 2, "c": 2, "d": 4}
    assert choose(placed, 2) == {
        "a": Choice.CHOSEN,
        "b": Choice.TIED,
        "c": Choice.TIED,
        "d": Choice.NOT_CHOSEN,
    }
    assert choose(placed, 3)["c"] is Choice.CHOSEN


def test_a_tie_is_broken_by_the_items_that_the_scheme_names() -> None:
    of = scheme(item("a"), item("b"), ranked=True, tie_break=("b",))
    found = {
        "unit/A": {"a": value("0.8"), "b": value("0.4")},
        "unit/B": {"a": value("0.4"), "b": value("0.8")},
    }

    results = reckon(of, found, frozenset())

    assert {key: (each.points, each.place) for key, each in results.items()} == {
        "unit/A": (75, 2),
        "unit/B": (75, 1),
    }


def test_a_grade_of_which_only_a_share_may_have_it_is_given_from_the_top() -> None:
    """20 % of ten is two; the third with 92 takes the next grade, and a tie takes it whole."""
    grades = [
        Grade(name="优秀", least=Decimal(90), share=Decimal("0.2")),
        Grade(name="合格", least=Decimal(60)),
    ]
    points = {
        f"u{n}": Fraction(each) for n, each in enumerate([95, 93, 92, 80, 70, 60, 59, 50, 40, 30])
    }
    tied = points | {"u1": Fraction(92)}

    def graded(of: dict[str, Fraction]) -> list[str | None]:
        given = grade(grades, of, places({key: (each,) for key, each in of.items()}))
        return [given[f"u{n}"] for n in range(7)]

    assert graded(points) == ["优秀", "优秀", "合格", "合格", "合格", "合格", None]
    assert graded(tied) == ["优秀", "合格", "合格", "合格", "合格", "合格", None]


def test_only_who_is_eligible_and_agrees_takes_a_place() -> None:
    eligible = Condition(
        title="通过率不低于 0.7",
        verdict=Verdict.ELIGIBLE,
        clauses=(Clause(item="rate", facet="value", limit=Limit(Operator.GE, (Decimal("0.7"),))),),
        least=1,
    )
    of = scheme(
        item("rate", weight=Decimal(1)),
        purpose=Purpose.SELECTION,
        kind="teacher",
        ranked=True,
        quota=1,
        opt_in=True,
        conditions=(eligible,),
    )
    found: Findings = {
        "teacher/T1": {"rate": value("0.9")},
        "teacher/T2": {"rate": value("0.8")},
        "teacher/T3": {"rate": value("0.6")},
    }

    results = reckon(of, found, frozenset({"teacher/T2", "teacher/T3"}))

    assert {key: (each.place, each.choice) for key, each in results.items()} == {
        "teacher/T1": (None, None),
        "teacher/T2": (1, Choice.CHOSEN),
        "teacher/T3": (None, None),
    }


def test_a_major_is_red_by_two_of_three_reasons_and_never_for_lack_of_data() -> None:
    def below(key: str, least: str) -> Clause:
        return Clause(item=key, facet="value", limit=Limit(Operator.LT, (Decimal(least),)))

    red = Condition(
        title="三项中两项过低",
        verdict=Verdict.RED,
        clauses=(below("enrol", "0.6"), below("employ", "0.8"), below("match", "0.5")),
        least=2,
    )
    items = [item(key, rule=None, weight=Decimal(0)) for key in ("enrol", "employ", "match")]
    majors = scheme(*items, purpose=Purpose.ADJUSTMENT, kind="major", conditions=(red,))

    results = reckon(
        majors,
        {
            "major/A": {"enrol": value("0.5"), "employ": value("0.7"), "match": value("0.9")},
            "major/B": {"enrol": value("0.5"), "employ": value("0.9"), "match": value(None)},
        },
        frozenset(),
    )

    assert {key: each.verdicts for key, each in results.items()} == {
        "major/A": frozenset({Verdict.RED}),
        "major/B": frozenset(),
    }
    told = [(each.item, each.limit, each.found, each.holds) for each in results["major/B"].reasons]
    assert told == [
        ("enrol", "< 0.6", "0.5", True),
        ("employ", "< 0.8", "0.9", False),
        ("match", "< 0.5", None, False),
    ]
    assert faults_of_scheme(majors, {}) == []


def test_a_team_is_its_members_pooled() -> None:
    """3 of 4 and 10 of 16: 13 of 20, not the mean of 0.75 and 0.625."""
    members = (
        *value("0.75", numerator=Decimal(3), denominator=Decimal(4)).parts,
        *value("0.625", numerator=Decimal(10), denominator=Decimal(16)).parts,
    )

    assert gather(members, Gather.POOLED) == Fraction("0.65")
    assert gather(members, Gather.MEAN) == Fraction("0.6875")
    assert gather(members, Gather.BEST) == Fraction("0.75")


def test_the_years_of_a_term_count_by_their_days_in_it() -> None:
    """2024-07-01 to 2026-01-01: 184 days of 2024 at 0.8, 365 of 2025 at 0.9."""
    term = (date(2024, 7, 1), date(2026, 1, 1))
    years = [(date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1))]
    days = [days_within(each, term) for each in years]

    parts = [*value("0.8", weight=days[0]).parts, *value("0.9", weight=days[1]).parts]

    assert days == [184, 365]
    assert days_within((date(2026, 1, 1), date(2027, 1, 1)), term) == 0
    assert gather(parts, Gather.MEAN) == Fraction(184 * 8 + 365 * 9, 5490)


def test_a_term_without_an_end_and_one_that_ends_first_are_refused() -> None:
    assert [path for path, _ in faults_of_term("$.s", date(2024, 1, 1), None)] == ["$.s.until"]
    assert [path for path, _ in faults_of_term("$.s", date(2024, 1, 1), date(2023, 1, 1))] == [
        "$.s.until"
    ]


@pytest.mark.parametrize(
    ("period", "earlier"),
    [
        ("year:2026", "year:2025"),
        ("ayear:2026-2027", "ayear:2025-2026"),
        ("term:2026-2027-2", "term:2026-2027-1"),
        ("term:2026-2027-1", "term:2025-2026-2"),
        ("month:2026-01", "month:2025-12"),
        ("week:2026-2027-1/3", None),
    ],
)
def test_the_period_before(period: str, earlier: str | None) -> None:
    assert before(period) == earlier


def test_everything_wrong_with_a_scheme_is_told_at_once() -> None:
    wrong = scheme(
        item("a", weight=Decimal("0.33333")),
        item("a", weight=Decimal("0.33333"), rule={"rule": "capped_ratio"}),
        item(
            "m", takes=Takes.MARKS, of="", rule=None, weight=Decimal("0.33333"), sources=SOURCES[:2]
        ),
        item("t", takes=Takes.RESULT, of="", weight=Decimal(0)),
        purpose=Purpose.SELECTION,
        kind="teacher",
        ranked=True,
        tie_break=("z",),
        grades=(Grade(name="合格", least=Decimal(60)), Grade(name="优秀", least=Decimal(90))),
    )

    assert [path for path, _ in faults_of_scheme(wrong, {})] == [
        "$.items[1].key",
        "$.items[1].rule.qualified",
        "$.items[2].sources",
        "$.items[3].of",
        "$.items[3].rule",
        "$.items",
        "$.grades[1].from",
        "$.tie_break[0]",
        "$.opt_in",
        "$.quota",
    ]
    told = dict(faults_of_scheme(wrong, {}))
    assert (
        told["$.items"]
        == "权重之和为 0.99999，须恰为 1，差 0.00001 (weights sum to 0.99999, not to 1)"
    )


def test_a_scheme_that_counts_against_the_direction_of_its_indicator_is_refused() -> None:
    banded = {
        "rule": "banded_ratio",
        "qualified": {"op": ">=", "value": "18"},
        "limit": {"op": ">=", "value": "10"},
    }
    wrong = scheme(
        item("a", of="staff_ratio", rule=banded, weight=Decimal("0.25")),
        item("b", of="staff_ratio", rule={"rule": "relative_to_best"}, weight=Decimal("0.25")),
        item(
            "c",
            of="pass_rate",
            rule={"rule": "deduction", "full": 1, "deductions": {"n": 1}},
            weight=Decimal("0.25"),
        ),
        item(
            "d",
            takes=Takes.PROGRESS,
            of="staff_ratio",
            rule={"rule": "capped_ratio", "qualified": {"op": ">=", "value": "1"}},
            weight=Decimal("0.25"),
        ),
    )

    found = faults_of_scheme(wrong, {"staff_ratio": "lower", "pass_rate": "higher"})

    assert [path for path, _ in found] == [
        "$.items[0].rule.qualified.op",
        "$.items[0].rule.limit.op",
        "$.items[1].rule.better",
        "$.items[2].rule.rule",
        "$.items[3].lower_is_better",
    ]


def test_steps_go_in_their_order_and_a_wrong_one_names_those_that_can_be_taken() -> None:
    state = RunState.OPEN
    for step in (Step.COLLECT, Step.COMPUTE, Step.REVIEW, Step.PUBLISH):
        state = after(state, step)
    assert state is RunState.PUBLISHED

    with pytest.raises(RunStateError) as refused:
        after(RunState.COMPUTED, Step.PUBLISH)
    assert refused.value.fixes == ["step: collect", "step: review", "step: cancel"]


def test_means_of_fewer_than_five_marks_close_all_sources_of_the_item() -> None:
    four = {Rater.STUDENTS: Marked(count=4, total=Decimal(360))}
    five = {Rater.STUDENTS: Marked(count=5, total=Decimal(450))}
    leader = {Rater.LEADER: Marked(count=1, total=Decimal(90))}
    reader = Reader(subject="person/T1")

    assert [shows_marks(reader, marks) for marks in (four, five, five | leader)] == [
        False,
        True,
        True,
    ]
    assert shows_marks(Reader(subject="person/T1", sees_persons=True), four)


numbers = st.decimals(min_value=0, max_value=2, places=3)


@given(st.dictionaries(st.sampled_from("abcdef"), numbers, min_size=1), st.integers(1, 5))
def test_what_was_kept_reckons_to_the_same_result(told: dict[str, Decimal], quota: int) -> None:
    of = scheme(item("rate", weight=Decimal(1)), ranked=True, quota=quota)
    found = {key: {"rate": value(str(each))} for key, each in told.items()}
    kept = {key: {"rate": read_found(write_found(each["rate"]))} for key, each in found.items()}

    results = reckon(of, found, frozenset())

    assert reckon(of, kept, frozenset()) == results
    assert sum(each.choice is Choice.CHOSEN for each in results.values()) <= quota


@given(numbers, numbers)
def test_a_better_value_never_has_fewer_points(one_value: Decimal, other: Decimal) -> None:
    of = scheme(item("rate", weight=Decimal(1)))
    low, high = sorted([one_value, other])

    first, second = (one(of, {"rate": value(str(each))}).points for each in (low, high))

    assert first is not None
    assert second is not None
    assert first <= second
