"""Providers' own sums by day, kept apart from records, and the days for which they were pulled."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TEXTS = ("model", "line_item", "project", "api_key", "service_tier", "processing", "detail", "unit")
COUNTS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "cost_nanousd",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "provider_sums",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("provider_name", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in COUNTS),
        sa.Column("quantity", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("provider_sums_day", "provider_sums", ["platform", "starts_at"])
    op.create_table(
        "provider_days",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("provider_name", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("pulled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "provider_name", "report", "starts_at"),
    )
