"""What `pull` needs around the pulling: the key, the days, and how the result looks."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tokenmon.commands.platform_form import read_secret
from tokenmon.core.period import parse_period
from tokenmon.core.platform import Platform
from tokenmon.core.provider_sum import Window
from tokenmon.core.record import EPOCH
from tokenmon.core.record_json import time_text
from tokenmon.errors import ConfigError
from tokenmon.ingest.pull.api import PullApi
from tokenmon.ingest.pull.client import AdminClient
from tokenmon.ingest.pull.pulling import Pulled, check_key, pull
from tokenmon.output import Column, number, print_json, print_table, progress, say
from tokenmon.providers.registry import provider

if TYPE_CHECKING:
    from tokenmon.session import Session


def admin_key(session: "Session", api: PullApi, platform: Platform, *, from_stdin: bool, file: Path | None) -> str:
    """The key from where the options say, else the platform's stored one; ConfigError for one that cannot work."""
    if from_stdin or file is not None:
        key = read_secret(platform.name, from_stdin, file, False, asks=False) or ""
    elif platform.sealed_key is not None:
        key = session.vault.unseal(platform.id, platform.sealed_key)
    else:
        raise ConfigError(f"the platform {platform.name} stores no key", hint=api.key_help)
    check_key(api, key)
    return key


def window_of(api: PullApi, since: str, until: str | None, *, now: datetime) -> Window | None:
    """The UTC days that the options mean, as far as the API can tell of them."""
    period = parse_period(since=since, until=until, now=now, timezone="UTC")
    if period.start is None:
        raise ConfigError("--since must name a first day", hint="--since 2026-01")
    return api.span(max(period.start, EPOCH), now if period.end is None else period.end, now)


def pull_shown(
    session: "Session", api: PullApi, platform: Platform, key: str, window: Window | None, *, again: bool
) -> Pulled:
    """Pull with a progress bar."""
    base_url = platform.base_url or provider(platform.provider_name).default_base_url or ""
    client = AdminClient(base_url, api.headers(key), title=api.title, key=key, key_help=api.key_help)
    with client, progress(f"pulling from {api.title}") as show:
        return pull(session.store, client, api, platform.name, window, now=session.now, again=again, tell=show)


def print_pulled(pulled: Pulled, *, as_json: bool) -> None:
    """Print what a pull did."""
    window = pulled.window
    if as_json:
        print_json({
            "platform": pulled.platform, "provider_name": pulled.provider_name,
            "start": None if window is None else time_text(window.start, timespec="seconds"),
            "end": None if window is None else time_text(window.end, timespec="seconds"),
            "reports": [
                {"report": one.report, "days": one.days, "known_days": one.known_days, "sums": one.sums,
                 "skipped": one.skipped}
                for one in pulled.reports
            ],
        })  # fmt: skip
    elif window is not None:
        rows = [
            [one.report, f"{one.days:,}", f"{one.known_days:,}", f"{one.sums:,}", one.skipped or ""]
            for one in pulled.reports
        ]
        columns = [Column("report"), number("days pulled"), number("known before"), number("sums")]
        print_table([*columns, Column("left out", shrinks=True)], rows)
    if window is None:
        say("the provider tells nothing of these days")
    else:
        say(f"next: tokenmon reconcile {pulled.platform} --month {window.days[-1]:%Y-%m}")
