"""What people do with alerts: assign, dismiss; what the clock does: escalate.

Alerts from before that wait for an acknowledgement get their clock.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_TEXTS = ("assigned_by", "assigned_note", "supervisor", "dismissed_by", "dismissed_reason")
_INSTANTS = ("assigned_at", "accepted_until")
_HOURS = ("acknowledge_hours", "handling_hours")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("alert", sa.Column(name, sa.String(), nullable=True))
    for name in _INSTANTS:
        op.add_column("alert", sa.Column(name, _INSTANT, nullable=True))
    for name in _HOURS:
        op.add_column("alert", sa.Column(name, sa.Numeric(), nullable=True))
    op.add_column(
        "alert", sa.Column("escalated", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index("ix_alert_raised", "alert", ["raised_at"])
    op.add_column(
        "scope",
        sa.Column(
            "owners",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "scope",
        sa.Column(
            "tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_table(
        "exemption",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("cell", "alert", "how", "severity", "by", "reason")
        ),
        sa.Column("until", _INSTANT, nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("cell", name=op.f("pk_exemption")),
    )
    op.create_table(
        "timer",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["kind", "due_at"])
    op.execute(
        "INSERT INTO timer (kind, key, due_at) SELECT 'escalation', id, due_at FROM alert"
        " WHERE state = 'open' AND acknowledged_at IS NULL"
    )


def downgrade() -> None:
    op.drop_table("timer")
    op.drop_table("exemption")
    op.drop_column("scope", "tags")
    op.drop_column("scope", "owners")
    op.drop_index("ix_alert_raised", "alert")
    for name in ("escalated", *_HOURS, *_INSTANTS, *_TEXTS):
        op.drop_column("alert", name)
