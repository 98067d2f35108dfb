"""The settings, each declared once with its type, default and a sentence.

Apart from `config.py` because that finds their values and knows where they come from.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from tokenmon.core.setting_text import (
    CURRENCY,
    DATABASE_URL,
    HOST,
    HOSTS,
    KEYS,
    MACHINE,
    MARKS,
    NUMBERS,
    ORIGINS,
    RATE,
    THEME,
    TIME_ZONE,
    WEBHOOK_URL,
    Fits,
)

# A database's URL may hold a password, and a webhook's path is often its secret.
SECRETS = frozenset({"database_url", "alerts.webhook_url"})


def _setting(
    name: str,
    default: Any,
    sentence: str,
    *,
    low: float | None = None,
    high: float | None = None,
    fits: Fits | None = None,
) -> Any:
    metadata = {"name": name, "sentence": sentence, "low": low, "high": high, "fits": fits}
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata, repr=name not in SECRETS)


@dataclass(frozen=True)
class Settings:
    """All settings, checked. An empty `timezone` or `database_url` never comes out of `load_settings`."""

    timezone: str = _setting(
        "timezone",
        "",
        "The IANA time zone of days and months; the system's when not set.",
        fits=TIME_ZONE,
    )
    database_url: str = _setting(
        "database_url",
        "",
        "An SQLAlchemy URL; a SQLite file in the data folder if not set.",
        fits=DATABASE_URL,
    )
    machine: str = _setting(
        "machine",
        "",
        "The name of this machine in records; the host's when not set.",
        fits=MACHINE,
    )
    proxy_host: str = _setting(
        "proxy.host",
        "127.0.0.1",
        "The address that the proxy listens on.",
        fits=HOST,
    )
    proxy_port: int = _setting("proxy.port", 8484, "The port that the proxy listens on.", low=0, high=65535)
    proxy_allowed_hosts: tuple[str, ...] = _setting(
        "proxy.allowed_hosts",
        (),
        "Host names that requests may name besides the address bound.",
        fits=HOSTS,
    )
    proxy_allowed_origins: tuple[str, ...] = _setting(
        "proxy.allowed_origins",
        (),
        "Origins of web pages that may call the proxy, such as http://localhost:3000.",
        fits=ORIGINS,
    )
    proxy_max_body_bytes: int = _setting(
        "proxy.max_body_bytes", 256 * 1024 * 1024, "The largest request body that is forwarded.", low=1024
    )
    proxy_connect_timeout_seconds: float = _setting(
        "proxy.connect_timeout_seconds", 10.0, "How long connecting to a provider may take.", low=0.1, high=600
    )
    proxy_read_timeout_seconds: float = _setting(
        "proxy.read_timeout_seconds", 600.0, "How long a provider may be silent.", low=0.1, high=86400
    )
    proxy_stop_timeout_seconds: float = _setting(
        "proxy.stop_timeout_seconds", 30.0, "How long a stop waits for streams in flight.", low=0, high=3600
    )
    alerts_webhook_url: str = _setting(
        "alerts.webhook_url",
        "",
        "Where quota alerts are sent as JSON.",
        fits=WEBHOOK_URL,
    )
    alerts_webhook_allow_private: bool = _setting(
        "alerts.webhook_allow_private", False, "Whether the webhook may be on a private network."
    )
    dash_theme: str = _setting(
        "dash.theme",
        "tokenmon-dark",
        "The dashboard's colours: tokenmon-dark, tokenmon-light or a theme of Textual.",
        fits=THEME,
    )
    dash_marks: str = _setting(
        "dash.marks",
        "blocks",
        "What charts are drawn with: blocks, braille or ascii.",
        fits=MARKS,
    )
    dash_currency: str = _setting(
        "dash.currency",
        "USD",
        "The currency that the dashboard shows, at dash.currency_rate.",
        fits=CURRENCY,
    )
    dash_currency_rate: str = _setting(
        "dash.currency_rate",
        "1",
        "What one US dollar is worth in dash.currency, a fixed rate of your own.",
        fits=RATE,
    )
    dash_numbers: str = _setting(
        "dash.numbers",
        "auto",
        "How the dashboard separates digits, such as 1.234,56; auto asks the environment's locale.",
        fits=NUMBERS,
    )
    dash_keys: tuple[str, ...] = _setting(
        "dash.keys",
        (),
        "Other keys for the dashboard's bindings, such as pause=f9; the help (?) names the bindings.",
        fits=KEYS,
    )


FIELDS = {one.metadata["name"]: one for one in fields(Settings)}
