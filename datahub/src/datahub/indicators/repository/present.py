"""The present day, college and periods, as the records of the hub have them."""

from sqlalchemy import text

from datahub.dictionary.tables import table_name
from datahub.indicators.domain.present import Now
from datahub.indicators.repository.row_sql import of_term
from shared.kit.database import Transaction

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
                f" FROM (SELECT {_NOW}::date AS day, extract(hour FROM {_NOW})::int AS hour) d"
            )
        )
    ).one()
    periods = {"day": row.iso, "month": row.iso[:7], "year": row.iso[:4]}
    if row.term is not None:
        periods |= {"term": row.term, "ayear": row.term[:9]}
    if row.week is not None:
        periods["week"] = row.week
    return Now(day=row.day, hour=row.hour, school=row.school, periods=periods)
