"""Own prices by platform and model, from a day on; a platform's own price of cache writes that last an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "price_rules",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("input_price", sa.Text(), nullable=True),
        sa.Column("output_price", sa.Text(), nullable=True),
        sa.Column("cache_read_price", sa.Text(), nullable=True),
        sa.Column("cache_write_price", sa.Text(), nullable=True),
        sa.Column("cache_write_1h_price", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "model", "starts_on"),
    )
    op.add_column("platforms", sa.Column("cache_write_1h_price", sa.Text(), nullable=True))
