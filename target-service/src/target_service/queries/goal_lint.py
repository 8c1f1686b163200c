"""What somebody should look at: hanging and rootless goals, papers only, levels, empty cells."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from shared.access.rules import Kind
from shared.access.sight import narrowed_sql
from shared.contracts.vocabulary import Level, VerticalSystem, level_of, ratio
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError
from shared.kit.sql import text
from target_service.domain.chain_health import Chain, health_of
from target_service.domain.distribution import TAKEN
from target_service.domain.tasks import TaskState
from target_service.queries.attainments import rates_by_system
from target_service.queries.pages import Listed
from target_service.schemas import ChainHealth, Coverage, CoverageCell, Finding, TransferRate

_TOLD: Final = {
    "hanging": (
        "悬空：没有下级目标，也没有指标 (neither a child nor an indicator)",
        "给出 indicator，或分解给下级 (name an indicator, or divide it)",
    ),
    "rootless": (
        "无源：没有上级目标，也没有写明学校目标 (no parent needs it, and no aim is stated)",
        "给出 parent，或以 aim 写明学校目标 (name its parent, or state an aim)",
    ),
    "papers-only": (
        "破五唯：全部目标只看论文与职称、奖项等指标 (its goals rest on papers and titles alone)",
        "补充教学、服务、学生发展等目标 (add goals of teaching, service or students)",
    ),
}
_GOALS: Final = "goal g WHERE g.withdrawn_at IS NULL AND {seen}"
_FINDINGS: Final = f"""
    SELECT 'hanging' AS rule, g.key AS subject, g.title FROM {_GOALS} AND g.indicator IS NULL
       AND NOT EXISTS (SELECT FROM goal c WHERE c.parent = g.key AND c.withdrawn_at IS NULL)
    UNION ALL
    SELECT 'rootless', g.key, g.title FROM {_GOALS} AND g.parent IS NULL AND g.aim = ''
       AND g.scope NOT LIKE 'school/%'
    UNION ALL
    SELECT 'papers-only', 'scope:' || g.scope, g.scope FROM {_GOALS}
     GROUP BY g.scope HAVING {{only}}
    UNION ALL
    SELECT 'papers-only', 'plan:' || g.plan, g.plan FROM {_GOALS} AND g.plan IS NOT NULL
     GROUP BY g.plan HAVING {{only}}
""".replace("{only}", "bool_and(coalesce(g.indicator = ANY(:papers), false))")


_COVERAGE: Final = f"""
    SELECT g.system, split_part(g.scope, '/', 1) AS kind, count(*) AS goals,
           0 AS tasks, 0 AS done, 0 AS overdue FROM {_GOALS} GROUP BY 1, 2
    UNION ALL
    SELECT t.system, split_part(t.scope, '/', 1), 0, count(*),
           count(*) FILTER (WHERE t.state = 'done'), count(t.overdue_since)
      FROM task t WHERE t.state <> :cancelled AND {{tasks}} GROUP BY 1, 2
"""


async def list_findings(
    tx: Transaction, wanted: Page, papers: Collection[str], rule: str | None
) -> Listed[Finding]:
    """Return what somebody should look at, in the order of rules and subjects.

    Args:
        papers: indicators that count as papers and titles.
        rule: only this one.
    """
    seen, only = await narrowed_sql(tx, Kind.GOAL, "g.scope", "g.owner")
    told = {"papers": sorted(papers), "rule": rule, **only}
    among = f"({_FINDINGS.format(seen=seen)}) f WHERE (CAST(:rule AS text) IS NULL OR rule = :rule)"
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(text(f"SELECT count(*) FROM {among}"), told)
    after = _read_token(wanted.after)
    rows = list(
        await tx.session.execute(
            text(
                f"SELECT * FROM {among} AND (rule, subject) > (:after_rule, :after_subject)"
                " ORDER BY rule, subject LIMIT :most OFFSET :skipped"
            ),
            told
            | {"after_rule": after[0], "after_subject": after[1]}
            | {"most": wanted.limit + 1, "skipped": wanted.offset},
        )
    )
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    return Listed(
        items=[_finding(row) for row in rows],
        total=total,
        next_after=[rows[-1].rule, rows[-1].subject] if more else None,
    )


async def list_transfer_rates(tx: Transaction) -> list[TransferRate]:
    """Return, for each level, the share of its goals that were handed on and taken over below.

    A goal counts as handed on when it has children and the owner of every one of them has taken
    his over (accepted, signed or published). Goals of the narrowest level are handed on to nobody
    and not counted. Source: our default; the plan asks for the transfer of pressure (M033), not
    for a figure.
    """
    seen, only = await narrowed_sql(tx, Kind.GOAL, "g.scope", "g.owner")
    goals = _GOALS.replace(" WHERE", _CHILDREN + " WHERE").format(seen=seen)
    rows = await tx.session.execute(
        text(
            "SELECT split_part(g.scope, '/', 1) AS kind, count(*) AS goals,"
            " count(*) FILTER (WHERE c.n > 0 AND c.n = c.taken) AS handed_on"
            f" FROM {goals} GROUP BY 1"
        ),
        {"taken": sorted(TAKEN), **only},
    )
    of: Counter[Level] = Counter()
    handed: Counter[Level] = Counter()
    for row in rows:
        of[level_of(row.kind)] += row.goals
        handed[level_of(row.kind)] += row.handed_on
    return [_transfer(level, of[level], handed[level]) for level in Level if level != Level.STUDENT]


_CHAIN: Final = """
    SELECT count(*) AS goals,
           count(*) FILTER (WHERE g.state = 'published' AND g.waivers = '[]') AS smart,
           count(*) FILTER (WHERE g.parent IS NOT NULL OR g.aim <> '' OR g.scope LIKE 'school/%')
               AS rooted,
           count(*) FILTER (WHERE g.indicator IS NOT NULL OR c.n > 0) AS grounded,
           count(*) FILTER (WHERE c.n > 0) AS divided,
           count(*) FILTER (WHERE c.n > 0 AND c.n = c.taken) AS handed_on
      FROM """


async def get_chain_health(tx: Transaction) -> ChainHealth:
    """Return how sound the chain of the goals is that the reader sees."""
    seen, only = await narrowed_sql(tx, Kind.GOAL, "g.scope", "g.owner")
    goals = _GOALS.replace(" WHERE", _CHILDREN + " WHERE").format(seen=seen)
    row = (await tx.session.execute(text(_CHAIN + goals), {"taken": sorted(TAKEN), **only})).one()
    chain = Chain(**row._mapping)  # noqa: SLF001 — its public name
    return ChainHealth(**asdict(chain), score=health_of(chain))


async def get_coverage(tx: Transaction) -> Coverage:
    """Return the goals, tasks and rates of each vertical system at each level; the empty cells."""
    counts: Counter[tuple[str | None, Level, str]] = Counter()
    seen, of_goals = await narrowed_sql(tx, Kind.GOAL, "g.scope", "g.owner")
    tasks, of_tasks = await narrowed_sql(
        tx, Kind.TASK, "t.scope", "t.unit", "t.owner", name="seen_tasks"
    )
    told = {"cancelled": TaskState.CANCELLED.value, **of_goals, **of_tasks}
    for row in await tx.session.execute(text(_COVERAGE.format(seen=seen, tasks=tasks)), told):
        for name in ("goals", "tasks", "done", "overdue"):
            counts[row.system, level_of(row.kind), name] += getattr(row, name)
    rates = await rates_by_system(tx)
    cells = [
        CoverageCell(
            system=system,
            level=level,
            goals=counts[system.value, level, "goals"],
            tasks=counts[system.value, level, "tasks"],
            done=counts[system.value, level, "done"],
            overdue=counts[system.value, level, "overdue"],
            rates=rates[system.value, level],
        )
        for system in VerticalSystem
        for level in Level
    ]
    return Coverage(
        cells=cells,
        empty=[cell for cell in cells if cell.lacks],
        untagged=sum(counts[None, level, "goals"] for level in Level),
        chain=await get_chain_health(tx),
    )


_CHILDREN: Final = (
    " CROSS JOIN LATERAL (SELECT count(*) AS n,"
    " count(*) FILTER (WHERE k.state = ANY(:taken)) AS taken"
    " FROM goal k WHERE k.parent = g.key AND k.withdrawn_at IS NULL) c"
)


def _transfer(level: Level, goals: int, handed_on: int) -> TransferRate:
    rate = ratio(Decimal(handed_on), Decimal(goals)) if goals else None
    return TransferRate(level=level, goals=goals, handed_on=handed_on, rate=rate)


def _finding(row: Any) -> Finding:
    reason, remedy = _TOLD[row.rule]
    return Finding(
        rule=row.rule, subject=row.subject, title=row.title, reason=reason, remedy=remedy
    )


def _read_token(after: Sequence[Any] | None) -> tuple[str, str]:
    match after:
        case None:
            return "", ""
        case [str(rule), str(subject)] if "\0" not in rule + subject:
            return rule, subject
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )
