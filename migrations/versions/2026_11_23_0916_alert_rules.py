"""Alerts with an owner and a playbook, and the rules that raise them (CULT-5)."""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
