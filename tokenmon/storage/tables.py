"""The schema, declared once: what the migrations must end at (a test compares them).

Statements on the hot road are written in `records.py` and `rollups.py` without importing this module: SQLModel takes
longer to load than most commands take to run.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Text, func
from sqlmodel import Field, SQLModel

COUNT_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "reasoning_output_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)


class SeriesRow(SQLModel, table=True):
    """One set of labels that records share; `digest` identifies the set."""

    __tablename__ = "series"

    id: int | None = Field(default=None, primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False, unique=True))
    platform: str = Field(sa_type=Text)
    provider_name: str = Field(sa_type=Text)
    operation_name: str = Field(sa_type=Text)
    request_model: str | None = Field(default=None, sa_type=Text)
    response_model: str | None = Field(default=None, sa_type=Text)
    source: str = Field(sa_type=Text)
    project: str | None = Field(default=None, sa_type=Text)
    client_key: str | None = Field(default=None, sa_type=Text)
    service_tier: str | None = Field(default=None, sa_type=Text)
    processing: str | None = Field(default=None, sa_type=Text)
    stream: int = Field(sa_type=SmallInteger)
    status: int | None = Field(default=None, sa_type=SmallInteger)
    error_type: str | None = Field(default=None, sa_type=Text)
    billing: str = Field(sa_type=Text)
    server_address: str | None = Field(default=None, sa_type=Text)
    machine: str | None = Field(default=None, sa_type=Text)


class TextRow(SQLModel, table=True):
    """A text that many records repeat: a conversation's id, a set of tags, a set of units."""

    __tablename__ = "texts"

    id: int | None = Field(default=None, primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False, unique=True))
    text: str = Field(sa_type=Text)


class RecordRow(SQLModel, table=True):
    """One call. The time is in the id's first 6 bytes, the call's identity in the other 10 (unique by an index)."""

    __tablename__ = "records"
    __table_args__ = (
        Index("records_identity", func.substr(Column("id"), 7), unique=True),
        {"sqlite_with_rowid": False},
    )

    id: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))
    series_id: int
    response_id: str | None = Field(default=None, sa_type=Text)
    conversation_id: int | None = None
    tags_id: int | None = None
    units_id: int | None = None
    latency_ms: int | None = Field(default=None, sa_type=BigInteger)
    first_chunk_ms: int | None = Field(default=None, sa_type=BigInteger)
    input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_read_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_creation_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_creation_1h_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    reasoning_output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    audio_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    audio_output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cost_nanousd: int | None = Field(default=None, sa_type=BigInteger)
    cost_source: int = Field(sa_type=SmallInteger)
    usage_source: int = Field(sa_type=SmallInteger)


class Sums(SQLModel):
    """The columns of sums, whatever span of time they are of."""

    requests: int = Field(sa_type=BigInteger)
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    cache_read_input_tokens: int = Field(sa_type=BigInteger)
    cache_creation_input_tokens: int = Field(sa_type=BigInteger)
    cache_creation_1h_input_tokens: int = Field(sa_type=BigInteger)
    reasoning_output_tokens: int = Field(sa_type=BigInteger)
    audio_input_tokens: int = Field(sa_type=BigInteger)
    audio_output_tokens: int = Field(sa_type=BigInteger)
    cost_nanousd: int = Field(sa_type=BigInteger)
    estimated_cost_nanousd: int = Field(sa_type=BigInteger)
    unpriced_requests: int = Field(sa_type=BigInteger)
    unpriced_tokens: int = Field(sa_type=BigInteger)
    estimated_requests: int = Field(sa_type=BigInteger)
    latency_ms: int = Field(sa_type=BigInteger)
    latency_requests: int = Field(sa_type=BigInteger)
    first_chunk_ms: int = Field(sa_type=BigInteger)
    first_chunk_requests: int = Field(sa_type=BigInteger)


class RollupRow(Sums, table=True):
    """Sums of the records of one series in one quarter of an hour (`bucket` counts them since 1970)."""

    __tablename__ = "rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)

    bucket: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    series_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class DayRollupRow(Sums, table=True):
    """Sums of the records of one series in one local day (`day` is the number of its first quarter of an hour)."""

    __tablename__ = "day_rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    series_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class PlatformRow(SQLModel, table=True):
    """A platform; prices and amounts are decimal texts, the key is sealed."""

    __tablename__ = "platforms"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    provider_name: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    base_url: str | None = Field(default=None, sa_type=Text)
    sealed_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    key_hint: str | None = Field(default=None, sa_type=Text)
    input_price: str | None = Field(default=None, sa_type=Text)
    output_price: str | None = Field(default=None, sa_type=Text)
    cache_read_price: str | None = Field(default=None, sa_type=Text)
    cache_write_price: str | None = Field(default=None, sa_type=Text)
    cache_write_1h_price: str | None = Field(default=None, sa_type=Text)
    billing: str = Field(sa_type=Text)
    quota_amount: str | None = Field(default=None, sa_type=Text)
    quota_unit: str | None = Field(default=None, sa_type=Text)
    quota_warn_at: int | None = None
    inject_usage: int = Field(sa_type=SmallInteger)
    drain_on_disconnect: int = Field(sa_type=SmallInteger)


class PriceRuleRow(SQLModel, table=True):
    """Own prices of models on platforms, as globs; `starts_on` is an ISO date, empty for ever."""

    __tablename__ = "price_rules"

    platform: str = Field(sa_column=Column(Text, primary_key=True))
    model: str = Field(sa_column=Column(Text, primary_key=True))
    starts_on: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: int = Field(sa_type=BigInteger)
    input_price: str | None = Field(default=None, sa_type=Text)
    output_price: str | None = Field(default=None, sa_type=Text)
    cache_read_price: str | None = Field(default=None, sa_type=Text)
    cache_write_price: str | None = Field(default=None, sa_type=Text)
    cache_write_1h_price: str | None = Field(default=None, sa_type=Text)


class ProviderSumRow(SQLModel, table=True):
    """A provider's own sum for one UTC day and set of dimensions (`id` is their digest); never part of a total."""

    __tablename__ = "provider_sums"
    __table_args__ = (Index("provider_sums_day", "platform", "starts_at"),)

    id: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))
    platform: str = Field(sa_type=Text)
    provider_name: str = Field(sa_type=Text)
    report: str = Field(sa_type=Text)
    starts_at: int = Field(sa_type=BigInteger)
    ends_at: int = Field(sa_type=BigInteger)
    model: str | None = Field(default=None, sa_type=Text)
    line_item: str | None = Field(default=None, sa_type=Text)
    project: str | None = Field(default=None, sa_type=Text)
    api_key: str | None = Field(default=None, sa_type=Text)
    service_tier: str | None = Field(default=None, sa_type=Text)
    processing: str | None = Field(default=None, sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
    unit: str | None = Field(default=None, sa_type=Text)
    requests: int | None = Field(default=None, sa_type=BigInteger)
    input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_read_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_creation_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cache_creation_1h_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    reasoning_output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    audio_input_tokens: int | None = Field(default=None, sa_type=BigInteger)
    audio_output_tokens: int | None = Field(default=None, sa_type=BigInteger)
    cost_nanousd: int | None = Field(default=None, sa_type=BigInteger)
    quantity: str | None = Field(default=None, sa_type=Text)


class ProviderDayRow(SQLModel, table=True):
    """A UTC day for which a provider's report was pulled whole, with or without sums."""

    __tablename__ = "provider_days"

    platform: str = Field(sa_column=Column(Text, primary_key=True))
    provider_name: str = Field(sa_column=Column(Text, primary_key=True))
    report: str = Field(sa_column=Column(Text, primary_key=True))
    starts_at: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    pulled_at: int = Field(sa_type=BigInteger)


class HeadroomRow(SQLModel, table=True):
    """The newest statement of one of a platform's rate limits (`max_count`: LIMIT is a word of SQL)."""

    __tablename__ = "headroom"

    platform_id: str = Field(sa_column=Column(Text, primary_key=True))
    dimension: str = Field(sa_column=Column(Text, primary_key=True))
    max_count: int | None = Field(default=None, sa_type=BigInteger)
    remaining: int | None = Field(default=None, sa_type=BigInteger)
    resets_at: int | None = Field(default=None, sa_type=BigInteger)
    as_of: int = Field(sa_type=BigInteger)


class OfficialLimitRow(SQLModel, table=True):
    """The newest statement of a provider on one window of a plan, as a tool on a machine heard it."""

    __tablename__ = "official_limits"

    provider_name: str = Field(sa_column=Column(Text, primary_key=True))
    tool: str = Field(sa_column=Column(Text, primary_key=True))
    machine: str = Field(sa_column=Column(Text, primary_key=True))
    window_name: str = Field(sa_column=Column(Text, primary_key=True))
    window_minutes: int | None = Field(default=None, sa_type=BigInteger)
    used_percent: str = Field(sa_type=Text)
    resets_at: int | None = Field(default=None, sa_type=BigInteger)
    as_of: int = Field(sa_type=BigInteger)
    plan: str | None = Field(default=None, sa_type=Text)


class ClientKeyRow(SQLModel, table=True):
    """A client key; `digest` is its SHA-256, the key itself is nowhere."""

    __tablename__ = "client_keys"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False, unique=True))
    role: str = Field(sa_type=Text)
    hint: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class AlertRow(SQLModel, table=True):
    """An alert that was sent: one for each platform, threshold and period."""

    __tablename__ = "alerts"

    platform_id: str = Field(sa_column=Column(Text, primary_key=True))
    threshold: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    period_start: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sent_at: int = Field(sa_type=BigInteger)


class ImportFileRow(SQLModel, table=True):
    """How far a tool's log file on a machine was read."""

    __tablename__ = "import_files"

    machine: str = Field(sa_column=Column(Text, primary_key=True))
    tool: str = Field(sa_column=Column(Text, primary_key=True))
    path: str = Field(sa_column=Column(Text, primary_key=True))
    inode: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    mtime_ns: int = Field(sa_type=BigInteger)
    read_to: int = Field(sa_type=BigInteger)
    lines: int = Field(sa_type=BigInteger)
    fingerprint: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))
    context: bytes | None = Field(default=None, sa_type=LargeBinary)


class MetaRow(SQLModel, table=True):
    """Single facts of the database by name."""

    __tablename__ = "meta"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_type=Text)
