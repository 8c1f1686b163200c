"""Answers to keys are kept; pieces are for reading alone; a proof of erasure keeps its words."""

import sqlalchemy as sa
from alembic import op

from shared.kit.migrations import keep_answers, order_answers

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

READING_ALONE = """
UPDATE embed_client SET resources = ARRAY(
  SELECT DISTINCT regexp_replace(each, ':act$', '') FROM unnest(resources) AS each ORDER BY 1)
"""

SAID_BEFORE = (
    "消息流保留期：QA_INGEST_* 与 QA_DATA 30 天、QA_DLQ 180 天；审计按其年限保留",
    "streams hold what passed: QA_INGEST_* and QA_DATA 30 days, QA_DLQ 180; the audit its years",
    "备份按其周期轮换；轮换之前恢复的，须重新执行本次删除",
    "backups rotate; what is restored from one before that is to be erased again",
)


def upgrade() -> None:
    keep_answers(sa.Text())
    order_answers()
    op.execute(READING_ALONE)
    op.execute("DELETE FROM embed_token")  # They live for minutes, and might say more.
    for name in ("held", "remains"):
        column = sa.Column(name, sa.ARRAY(sa.Text), nullable=False, server_default="{}")
        op.add_column("erasure", column)
        op.alter_column("erasure", name, server_default=None)
    erasure = sa.table("erasure", sa.column("held", sa.ARRAY(sa.Text)))
    op.execute(erasure.update().values(held=list(SAID_BEFORE)))


def downgrade() -> None:
    op.drop_column("erasure", "remains")
    op.drop_column("erasure", "held")
    op.drop_table("idempotency")
