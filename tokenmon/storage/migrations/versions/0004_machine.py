"""The machine that recorded a call, among the labels of series; those from before it have none."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("series", sa.Column("machine", sa.Text(), nullable=True))
