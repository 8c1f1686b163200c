"""Raw learning events: a table of months, the totals that are due, how sources name things."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

# The service may not make tables: what it needs of that, the owner does for it.
MAKE_MONTH = """
CREATE FUNCTION learning_make_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first date := date_trunc('month', month)::date;
  part text := to_char(first, '"learning_event_"YYYY_MM');
BEGIN
  IF to_regclass(part) IS NULL THEN
    EXECUTE format('CREATE TABLE %I (LIKE learning_event INCLUDING ALL)', part);
    EXECUTE format(
      'ALTER TABLE learning_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part,
      first::timestamp AT TIME ZONE 'Asia/Shanghai',
      (first + interval '1 month') AT TIME ZONE 'Asia/Shanghai');
  END IF;
END $$
"""

DROP_MONTH = """
CREATE FUNCTION learning_drop_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE format('DROP TABLE %I', to_char(month, '"learning_event_"YYYY_MM'));
END $$
"""

# What national tables and quality rules read. An event that was voided is none.
RECORDS = """
CREATE VIEW record_learning_event AS
SELECT event_id AS key, NULL::text AS identity, event_id, student_no, verb, object_type, object_id,
       class_no, event_at,
       duration_s::bigint AS duration_s, result_score, statement, NULL::jsonb AS ext,
       NULL::jsonb AS raw, 1 AS version, observed,
       jsonb_build_object(source || '.learning_event', observed) AS seen, batch, line,
       NULL::timestamptz AS deleted_at
  FROM learning_event WHERE voids IS NULL AND voided_by IS NULL
"""

# Fields of learning events had no store of their own before; what somebody filled is kept aside.
OLD_RECORDS = """
DO $$
DECLARE
  filled boolean;
BEGIN
  IF to_regclass('record_learning_event') IS NOT NULL THEN
    EXECUTE 'SELECT EXISTS (SELECT FROM record_learning_event)' INTO filled;
    IF filled THEN
      ALTER TABLE record_learning_event RENAME TO learning_event_before_0017;
    ELSE
      DROP TABLE record_learning_event;
    END IF;
  END IF;
END $$
"""


def upgrade() -> None:
    op.execute(OLD_RECORDS)
    op.create_table(
        "learning_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("student_no", sa.String(), nullable=True),
        sa.Column("class_no", sa.String(), nullable=True),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("object_type", sa.String(), nullable=True),
        sa.Column("object_id", sa.String(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("result_score", sa.Numeric(), nullable=True),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("voids", sa.String(), nullable=True),
        sa.Column("voided_by", sa.String(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "event_at", name=op.f("pk_learning_event")),
        postgresql_partition_by="RANGE (event_at)",
    )
    op.create_index("ix_learning_event_student", "learning_event", ["student_no", "event_at"])
    op.create_index("ix_learning_event_class", "learning_event", ["class_no", "event_at"])
    op.create_index(
        "ix_learning_event_voids",
        "learning_event",
        ["voids"],
        postgresql_where=sa.text("voids IS NOT NULL"),
    )
    op.create_table(
        "learning_due",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("student_no", sa.String(), nullable=False),
        sa.Column("class_no", sa.String(), nullable=False),
        sa.Column("touched", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("day", "student_no", "class_no", name=op.f("pk_learning_due")),
    )
    op.create_table(
        "learning_source",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_learning_source")),
    )
    op.create_table(
        "learning_kept",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_kept")),
    )
    op.execute(MAKE_MONTH)
    op.execute(DROP_MONTH)
    op.execute(RECORDS)


def downgrade() -> None:
    op.execute("DROP VIEW record_learning_event")
    op.execute("DROP FUNCTION learning_make_month, learning_drop_month")
    for table in ("learning_event", "learning_due", "learning_source", "learning_kept"):
        op.drop_table(table)
