"""Alerts with an owner and a playbook, and the rules that raise them (CULT-5).

An index for open alerts stands where the one before stood: workers of the build before find it by its columns. Only
connectors and shops that are there are told apart by it now; what a rule raises has an index of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAMED = {"rule_id": "alert_rules", "goal_id": "goals", "department_id": "departments", "owner_id": "people"}
# in a block, as it is of all companies
FORGET_RULES = "DO $$ BEGIN DELETE FROM alerts WHERE kind <> 'silent_connector'; END $$"
OPEN = ["company_id", "kind", "connector_id", "shop_id"]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "alert_rules",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("condition", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("severity", sa.String(length=80), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("playbook", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_alert_rules_company_id_companies")),
        sa.ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_alert_rules_company_id_owner_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_alert_rules")),
    )
    op.create_index(
        "uq_alert_rules_silent_connector",
        "alert_rules",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'silent_connector'"),
    )
    _widen_alerts()


def _widen_alerts() -> None:
    op.add_column("alerts", sa.Column("severity", sa.String(length=80), server_default="warning", nullable=False))
    for name, table in NAMED.items():
        op.add_column("alerts", sa.Column(name, sa.Uuid(), nullable=True))
        key = op.f(f"fk_alerts_company_id_{name}_{table}")
        op.create_foreign_key(key, "alerts", table, ["company_id", name], ["company_id", "id"])
    op.add_column("alerts", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alerts", sa.Column("acknowledged_by", sa.Uuid(), nullable=True))
    op.add_column("alerts", sa.Column("comment", sa.Text(), nullable=True))
    op.create_index(op.f("ix_alerts_company_id_rule_id"), "alerts", ["company_id", "rule_id"])
    op.drop_index("uq_alerts_open", table_name="alerts")
    op.create_index("uq_alerts_open", "alerts", OPEN, unique=True, postgresql_where=sa.text("cleared_at IS NULL"))
    op.create_index(
        "uq_alerts_open_of_rule",
        "alerts",
        ["company_id", "rule_id", "shop_id", "goal_id", "department_id"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL AND connector_id IS NULL AND rule_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FORGET_RULES)
    op.drop_index("uq_alerts_open_of_rule", table_name="alerts")
    op.drop_index("uq_alerts_open", table_name="alerts")
    op.create_index(
        "uq_alerts_open",
        "alerts",
        OPEN,
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_alerts_company_id_rule_id"), table_name="alerts")
    for name in ("comment", "acknowledged_by", "acknowledged_at", *reversed(NAMED), "severity"):
        op.drop_column("alerts", name)
    op.drop_table("alert_rules")
