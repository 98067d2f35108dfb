"""What the tests of files share: a text read as a file of a format, without a database."""

import io
from datetime import UTC, datetime
from typing import Any

from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.call import Found, RecordMaker
from tokenmon.ingest.files.formats import FORMATS, format_name
from tokenmon.ingest.files.importer import reader_of_calls
from tokenmon.ingest.files.rows import BadRow, Row, read_table

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def rows_of(content: str | bytes) -> list[Row | BadRow]:
    """The rows of a file."""
    raw = content.encode() if isinstance(content, str) else content
    return list(read_table(io.BytesIO(raw), "a file").rows)


def calls_of(content: str | bytes, platform: Platform | None = None, name: str | None = None) -> list[Any]:
    """What each row of a file is: a Found, None for no call, or the words of what is wrong with it."""
    raw = content.encode() if isinstance(content, str) else content
    table = read_table(io.BytesIO(raw), "a file")
    one = FORMATS[name or format_name(table.columns, "a file")]
    read = reader_of_calls(one.call_of, RecordMaker(one.source, {}, platform, NOW))
    done: list[Any] = []
    for row in table.rows:
        if isinstance(row, BadRow):
            done.append(row)
            continue
        try:
            done.append(read(row))
        except ConfigError as error:
            done.append(error.message)
    return done


def records_of(content: str | bytes, platform: Platform | None = None) -> list[UsageRecord]:
    """The records of a file whose rows are all good calls."""
    found = calls_of(content, platform)
    assert all(isinstance(one, Found) for one in found), found
    return [one.record for one in found]
