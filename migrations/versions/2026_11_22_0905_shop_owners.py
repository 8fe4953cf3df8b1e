"""Who answers for a shop, and sets of its items."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "shop_owners",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("share", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("num_nonnulls(department_id, person_id) = 1", name=op.f("ck_shop_owners_one_owner")),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_shop_owners_share")),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_shop_owners_window")),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_shop_owners_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_shop_owners_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["shops.company_id", "shops.id"],
            name=op.f("fk_shop_owners_company_id_shop_id_shops"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_shop_owners")),
    )
    op.create_index(
        op.f("ix_shop_owners_company_id_department_id"), "shop_owners", ["company_id", "department_id"], unique=False
    )
    op.create_index(
        op.f("ix_shop_owners_company_id_person_id"), "shop_owners", ["company_id", "person_id"], unique=False
    )
    op.create_index(
        op.f("ix_shop_owners_company_id_shop_id_starts_on"),
        "shop_owners",
        ["company_id", "shop_id", "starts_on"],
        unique=False,
    )
    op.create_table(
        "item_sets",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("item_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["shops.company_id", "shops.id"],
            name=op.f("fk_item_sets_company_id_shop_id_shops"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_item_sets")),
        sa.UniqueConstraint("company_id", "shop_id", "name", name=op.f("uq_item_sets_company_id_shop_id_name")),
    )
    op.create_index(op.f("ix_item_sets_company_id_name_id"), "item_sets", ["company_id", "name", "id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("item_sets")
    op.drop_table("shop_owners")
