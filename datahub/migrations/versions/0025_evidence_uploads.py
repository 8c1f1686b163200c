"""Who has uploaded a file of evidence, and what waits for approval is told to the work list.

Revision: 0025, after 0024
"""

import json
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from shared.contracts.base import subject_of

revision = "0025"
down_revision = "0024"

OPENED = "qa.datahub.step.opened.v1"
WAITING = """
    SELECT h.id, h.scope, h.period, h.entered_by, h.entered_at, d.document ->> 'zh' AS zh,
           coalesce(d.document ->> 'en', d.document ->> 'zh') AS en
      FROM handed_value h
      JOIN LATERAL (SELECT document FROM indicator i WHERE i.id = h.indicator
                     ORDER BY version DESC LIMIT 1) d ON true
     WHERE h.state = 'waiting' ORDER BY h.id
"""
TELL = """
    INSERT INTO outbox (id, type, subject, partition_key, payload)
    VALUES (:id, :type, :subject, :key, :payload)
"""


def upgrade() -> None:
    op.create_table(
        "evidence_upload",
        sa.Column("digest", sa.String(), sa.ForeignKey("file.digest"), primary_key=True),
        sa.Column("by", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.execute(
        'INSERT INTO evidence_upload (digest, "by", at)'
        " SELECT digest, stored_by, stored_at FROM file"
    )
    connection = op.get_bind()
    for row in connection.execute(sa.text(WAITING)).all():
        connection.execute(sa.text(TELL), _opened(row))


def downgrade() -> None:
    op.drop_table("evidence_upload")


def _opened(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    key, event = f"datahub/handed-in/{row.id}", uuid4()
    data = {
        "step": key,
        "kind": "approval",
        "scope": row.scope,
        "link": f"/handed-in/{row.id}",
        "title_zh": f"审批填报：{row.zh}",
        "title_en": f"Approve a value: {row.en}",
        "period": row.period,
        "role": "leader",
        "permission": "datahub:approve",
        "not_by": row.entered_by,
        "opened_at": row.entered_at.isoformat(),
        "due_at": (row.entered_at + timedelta(days=7)).isoformat(),
    }
    document = {
        "specversion": "1.0",
        "id": str(event),
        "source": "urn:helix8:datahub",
        "type": OPENED,
        "time": row.entered_at.isoformat(),
        "subject": row.scope,
        "datacontenttype": "application/json",
        "dataschema": f"urn:helix8:schema:{OPENED}",
        "partitionkey": key,
        "correlationid": str(event),
        "data": data,
    }
    return {
        "id": event,
        "type": OPENED,
        "subject": subject_of(OPENED, key),
        "key": key,
        "payload": json.dumps(document, ensure_ascii=False).encode(),
    }
