"""Where configuration, data and state live; asking for a path never creates it.

`TOKENMON_HOME` puts all three under one folder; otherwise the platform's own folders are used (XDG on Linux).
"""

import os
from pathlib import Path


def _place(kind: str) -> Path:
    home = os.environ.get("TOKENMON_HOME")
    if home:
        return Path(home).expanduser() / kind
    # Imported late: 30 ms that a set TOKENMON_HOME does not need.
    from platformdirs import PlatformDirs

    folders = PlatformDirs("tokenmon", appauthor=False)
    return {
        "config": folders.user_config_path,
        "data": folders.user_data_path,
        "state": folders.user_state_path,
    }[kind]


def config_dir() -> Path:
    """The folder of `config.toml`."""
    return _place("config")


def data_dir() -> Path:
    """The folder of the database."""
    return _place("data")


def state_dir() -> Path:
    """The folder of the journal, the key file and other things that one machine owns."""
    return _place("state")


def config_file() -> Path:
    """The user's configuration file."""
    return config_dir() / "config.toml"


def database_file() -> Path:
    """The default SQLite database."""
    return data_dir() / "tokenmon.db"


def prices_dir() -> Path:
    """The folder of price lists that `price update` kept."""
    return data_dir() / "prices"


def journal_dir() -> Path:
    """The folder of the proxy's journal segments."""
    return state_dir() / "journal"


def key_file() -> Path:
    """The vault's key file, used where there is no OS keyring."""
    return state_dir() / "vault.key"


def make_private(folder: Path) -> Path:
    """Create a folder that only its owner may enter (mode 0700) and return it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
