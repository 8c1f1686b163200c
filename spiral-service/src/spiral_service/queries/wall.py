"""The wall of results (质量成果墙): what quality work brought, for everybody to see."""

from typing import Final

from sqlalchemy import select

from shared.access.families import RESTRICTED
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.culture import Share
from spiral_service.queries.culture import view_campaign, view_share
from spiral_service.schemas.culture import ResultView, WallView
from spiral_service.tables import CampaignRow

SHOWN: Final = 30
"""Results, and campaigns, the newest first."""

_RESULTS: Final = text(
    """
    WITH result (kind, title, scope, before, after, at) AS (
        SELECT 'correction', title, scope, value_before, value_after, closed_at
          FROM correction WHERE how = 'verified' AND family <> ALL(:closed)
        UNION ALL SELECT 'measure', text, scope, NULL, NULL, verified_at
          FROM measure WHERE state = 'effective'
        UNION ALL SELECT 'lesson', l.title, l.scope, NULL, NULL, max(u.at)
          FROM lesson l JOIN lesson_use u ON u.lesson = l.id AND u.helped GROUP BY l.id
        UNION ALL SELECT 'proposal', title, scope, NULL, NULL, decided_at
          FROM proposal WHERE state = 'accepted'
        UNION ALL SELECT 'review', title, scope, NULL, NULL, decided_at
          FROM review_round WHERE outcome IN ('passed', 'passed_with_changes')
    ), seen AS (
        SELECT * FROM result
         WHERE at IS NOT NULL AND scope NOT LIKE 'student/%' AND scope NOT LIKE 'teacher/%'
    )
    SELECT seen.*, COALESCE(s.name_zh, seen.scope) AS scope_name,
           count(*) OVER (PARTITION BY kind) AS of_kind
      FROM seen LEFT JOIN scope s ON s.scope = seen.scope
     ORDER BY at DESC, kind, title LIMIT :shown
    """
)
"""What is about one person, or in care of students, is not for the wall."""


_VALUES: Final = text(
    """
    WITH person (who) AS (
        SELECT 'person/' || split_part(scope, '/', 2) FROM scope
         WHERE NOT gone AND scope LIKE ANY (ARRAY['teacher/%', 'student/%'])
    ), made (who) AS (
        SELECT by FROM lesson UNION SELECT by FROM proposal UNION SELECT by FROM measure
    ), acted (who) AS (
        SELECT by FROM cycle_entry UNION SELECT drafted_by FROM diagnosis
        UNION SELECT by FROM diagnosis_contribution UNION SELECT by FROM correction_history
        UNION SELECT who FROM made
    )
    SELECT count(*) AS persons, count(*) FILTER (WHERE who IN (SELECT who FROM acted)) AS acted,
           count(*) FILTER (WHERE who IN (SELECT who FROM made)) AS made,
           (SELECT count(*) FROM correction WHERE state = 'closed') AS closed,
           (SELECT count(*) FROM correction
             WHERE state = 'closed' AND how IN ('verified', 'recovered')) AS better
      FROM person
"""
)
"""Counts, never names. Source: plan M093."""


async def get_wall(tx: Transaction) -> WallView:
    """Return the values of quality, what was done for them, and what it brought."""
    campaigns = await tx.session.scalars(
        select(CampaignRow).order_by(CampaignRow.held_on.desc(), CampaignRow.id).limit(SHOWN)
    )
    results = list(
        await tx.session.execute(_RESULTS, {"shown": SHOWN, "closed": sorted(RESTRICTED)})
    )
    return WallView(
        values=[view_share(each) for each in await _values(tx)],
        campaigns=[view_campaign(row) for row in campaigns],
        counts={row.kind: row.of_kind for row in results},
        results=[ResultView.model_validate(row) for row in results],
    )


async def _values(tx: Transaction) -> list[Share]:
    n = (await tx.session.execute(_VALUES)).one()
    said = (
        ("cherish", "人人重视质量", "All care for quality", n.acted, n.persons),
        ("create", "人人创造质量", "All create quality", n.made, n.persons),
        ("enjoy", "人人享受质量", "All enjoy quality", n.better, n.closed),
    )
    return [Share(name=name, zh=zh, en=en, count=count, of=of) for name, zh, en, count, of in said]
