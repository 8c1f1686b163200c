"""The present day, college and periods, as the records of the hub have them."""

from datahub.dictionary.tables import table_name
from datahub.indicators.domain.periods import plan_of
from datahub.indicators.domain.present import Now
from datahub.indicators.repository.row_sql import of_term
from shared.kit.database import Transaction
from shared.kit.sql import text

_TERMS = ", ".join(
    f'(SELECT array_agg(t.{name} ORDER BY t.key) FROM "{table_name("term")}" t'
    " WHERE t.deleted_at IS NULL AND t.starts_on <= t.ends_on) AS"
    f" {name}_of_terms"
    for name in ("key", "starts_on", "ends_on")
)
_NOW = "(clock_timestamp() AT TIME ZONE 'Asia/Shanghai')"


async def read_present(tx: Transaction) -> Now:
    """Return what is of the present."""
    school = table_name("school")
    row = (
        await tx.session.execute(
            text(
                "SELECT d.day, d.hour, to_char(d.day, 'YYYY-MM-DD') AS iso,"
                f" {of_term('term', 'd.day')} AS term,"
                f' {of_term("week", "d.day")} AS week, (SELECT s.key FROM "{school}" s'
                " WHERE s.deleted_at IS NULL ORDER BY s.key LIMIT 1) AS school"
                f", {_TERMS} FROM (SELECT {_NOW}::date AS day,"
                f" extract(hour FROM {_NOW})::int AS hour) d"
            )
        )
    ).one()
    periods = {"day": row.iso, "month": row.iso[:7], "year": row.iso[:4]}
    periods["plan"] = plan_of(row.day.year)
    if row.term is not None:
        periods |= {"term": row.term, "ayear": row.term[:9]}
    if row.week is not None:
        periods["week"] = row.week
    days = zip(row.starts_on_of_terms or (), row.ends_on_of_terms or (), strict=True)
    terms = dict(zip(row.key_of_terms or (), days, strict=True))
    return Now(day=row.day, hour=row.hour, school=row.school, periods=periods, terms=terms)
