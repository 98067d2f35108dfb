"""DeepSeek's ZIP of amounts and costs: read in memory, member by member, nothing is unpacked to the disk.

An archive from elsewhere may name any path and claim any size: names only tell what a member holds, and each is read
no further than its bound, whatever its header says.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from tokenmon.errors import ConfigError
from tokenmon.ingest.files.rows import Table, read_table

MEMBERS = {"amount": "deepseek-amount", "cost": "deepseek-cost"}
MEMBER = re.compile(r"(?:.*[/\\])?(amount|cost)[^/\\]*\.csv", re.IGNORECASE)
# A year's export has some thousand rows.
MAX_ARCHIVE = 64 * 1024 * 1024
MAX_MEMBER = 256 * 1024 * 1024
MAX_MEMBERS = 100


def archive_tables(content: bytes, name: str) -> Iterator[tuple[str, Table]]:
    """The tables of an archive, each with the kind of aggregates that it holds; ConfigError for another archive."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [(found[1].lower(), one) for one in archive.infolist() if (found := MEMBER.fullmatch(one.filename))]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ConfigError(f"{name}: the archive is damaged: {error}", hint="download it again") from None
    if not members:
        raise ConfigError(f"{name}: no archive of DeepSeek's usage", hint="unpack it and import the file in it")
    if len(members) > MAX_MEMBERS:
        raise ConfigError(f"{name}: the archive has {len(members)} tables", hint="import them one by one")
    for word, member in members:
        yield MEMBERS[word], _table(archive, member, name)


def _table(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Table:
    try:
        opened: Any = _Bounded(archive.open(member), f"{name}: {member.filename[-60:]}")
        return read_table(opened, opened.name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        # RuntimeError: it has a password.
        raise ConfigError(f"{name}: the archive cannot be read: {error}", hint="download it again") from None


class _Bounded(io.RawIOBase):
    """A member that ends with an error where it is longer than any export."""

    def __init__(self, member: Any, name: str) -> None:
        self._member: BinaryIO = member
        self._left = MAX_MEMBER
        self.name = name

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            found = self._member.read(len(target))
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise ConfigError(f"{self.name}: the archive is damaged: {error}", hint="download it again") from None
        self._left -= len(found)
        if self._left < 0:
            raise ConfigError(f"{self.name}: it unpacks to more than {MAX_MEMBER:,} bytes", hint="import it alone")
        target[: len(found)] = found
        return len(found)
