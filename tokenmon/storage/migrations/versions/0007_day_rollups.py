"""Sums by local day; they are filled when the time zone is known, right after the migration."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SUMS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "cost_nanousd", "estimated_cost_nanousd", "unpriced_requests", "unpriced_tokens", "estimated_requests",
    "latency_ms", "latency_requests", "first_chunk_ms", "first_chunk_requests",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "day_rollups",
        sa.Column("day", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint("day", "series_id"),
        sqlite_with_rowid=False,
    )
    # Without a zone no days are kept.
    op.execute("DELETE FROM meta WHERE key = 'day_zone'")
