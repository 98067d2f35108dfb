"""The schema's version: checked by one cheap query on every opening, raised by Alembic only when it must be."""

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tokenmon.errors import ConfigError

# The newest revision; a test compares it with the files in migrations/versions.
HEAD = "0008"


def current_version(connection: Connection) -> str | None:
    """The revision that a database is at; None for one without tokenmon's tables."""
    try:
        with connection.begin_nested() if connection.dialect.name == "postgresql" else _Nothing():
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if "alembic_version" in str(error.orig):
            return None
        raise
    return None if found is None else str(found)


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def refuse_newer(version: str | None, name: str) -> None:
    """Raise ConfigError for a revision that this program does not know: it was written by a newer tokenmon."""
    if version is not None and version > HEAD:
        raise ConfigError(
            f"the database {name} has the schema {version}, newer than this program's {HEAD}",
            hint="pip install --upgrade tokenmon",
        )


def migrate(connection: Connection) -> None:
    """Bring the schema to the newest revision, on this connection and in its transaction."""
    # Loaded only here: Alembic takes longer than most commands.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
