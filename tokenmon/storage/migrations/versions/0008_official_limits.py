"""What providers say is used of their plans' windows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "official_limits",
        sa.Column("provider_name", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("window_name", sa.Text(), nullable=False),
        sa.Column("window_minutes", sa.BigInteger(), nullable=True),
        sa.Column("used_percent", sa.Text(), nullable=False),
        sa.Column("resets_at", sa.BigInteger(), nullable=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("provider_name", "tool", "machine", "window_name"),
    )
