"""What `platform add` and `edit` share: from options to a platform, and how platforms look."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenmon.core.platform import Platform, Seal
from tokenmon.core.platform_check import CheckResult
from tokenmon.core.platform_words import (
    checked_secret,
    platform_json,
    quota_text,
)
from tokenmon.core.price_words import prices_text, suspicious_prices
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError
from tokenmon.output import Column, ask_secret, fields, print_json, print_line, print_table, say
from tokenmon.providers import platform_change as change
from tokenmon.providers.registry import provider as provider_of

if TYPE_CHECKING:
    from tokenmon.analytics.health import PlatformHealth
    from tokenmon.session import Session

MAX_KEY_FILE = 64 * 1024


def with_prices(platform: Platform, prices: Mapping[str, str | None], per: str, *, forget: bool = False) -> Platform:
    """The platform with own prices changed; a likely slip of unit is told."""
    changed = change.with_prices(platform, prices, per, forget=forget)
    if any(text is not None for text in prices.values()):
        for line in suspicious_prices(changed.prices):
            say(f"warning: {line}")
    return changed


def takes_no_key(platform: Platform, from_stdin: bool, file: Path | None) -> bool:
    """Whether nobody is asked for a key: a server on the user's own machine mostly takes none."""
    return not (from_stdin or file is not None or provider_of(platform.provider_name).needs_key)


def read_secret(name: str, from_stdin: bool, file: Path | None, no_key: bool, *, asks: bool) -> str | None:
    """The key from where the options say, or asked for without echo; None with --no-key."""
    if from_stdin + (file is not None) + no_key > 1:
        raise ConfigError("the key comes from one place", hint="give one of --key-stdin, --key-file and --no-key")
    if no_key:
        return None
    if from_stdin or str(file) == "-":
        return checked_secret(sys.stdin.read(MAX_KEY_FILE))
    if file is not None:
        try:
            with open(file, encoding="utf-8") as opened:
                return checked_secret(opened.read(MAX_KEY_FILE))
        except (OSError, UnicodeDecodeError) as error:
            reason = str(getattr(error, "strerror", None) or "not a text").lower()
            raise ConfigError(f"cannot read the key file {file}: {reason}", hint="--key-file FILE") from None
    if not asks or not sys.stdin.isatty():
        raise ConfigError(
            "no key is given, and nobody can be asked", hint="use --key-stdin, --key-file FILE or --no-key"
        )
    return checked_secret(ask_secret(f"API key of {name} (not shown): "))


def sealing(session: "Session", platform: Platform, secret: str | None) -> Seal | None:
    """What seals a platform's key while it is stored."""
    return None if secret is None else session.vault.sealing(platform.id, secret)


def _key_text(platform: Platform) -> str:
    return f"…{platform.key_hint}" if platform.has_key else "none"


def _prices_text(platform: Platform) -> str:
    return "catalogue" if platform.prices.is_empty else prices_text(platform.prices)


def print_platforms(session: "Session", platforms: Sequence[Platform], *, as_json: bool) -> None:
    """Print all platforms; the table tells their health too."""
    if as_json:
        print_json([platform_json(platform) for platform in platforms])
    elif not platforms:
        say("no platforms yet")
        say("hint: tokenmon platform add openai --provider openai")
    else:
        from tokenmon.analytics.health import platform_health

        health = platform_health(session.store, platforms, now=session.now())
        columns = [Column(title) for title in ("name", "provider", "health", "key", "prices", "billing", "quota")]
        columns.append(Column("base URL", shrinks=True))
        print_table(columns, [_row(*pair) for pair in zip(platforms, health, strict=True)])


def _row(platform: Platform, health: "PlatformHealth") -> list[str]:
    quota = "-" if platform.quota is None else quota_text(platform.quota)
    address = platform.base_url or provider_of(platform.provider_name).default_base_url or "-"
    return [
        platform.name, platform.provider_name, health.state, _key_text(platform), _prices_text(platform),
        platform.billing, quota, address,
    ]  # fmt: skip


def print_platform(session: "Session", platform: Platform, *, as_json: bool) -> None:
    """Print one platform, with its health and its headroom."""
    from tokenmon.analytics.platform_state import read_state, state_json
    from tokenmon.commands.platform_state import state_fields

    now = session.now()
    state = read_state(session.store, platform, now=now)
    if as_json:
        print_json({**platform_json(platform), **state_json(state)})
        return
    default = provider_of(platform.provider_name).default_base_url
    fields({
        "name": platform.name,
        "provider": platform.provider_name,
        "base URL": platform.base_url or f"{default} (the provider's own)",
        "key": _key_text(platform),
        "prices": _prices_text(platform),
        "billing": platform.billing,
        "quota": "none" if platform.quota is None else quota_text(platform.quota),
        "usage of streams": "asked for" if platform.inject_usage else "as the caller asks",
        "on hang-up": "the answer is read to its end" if platform.drain_on_disconnect else "the call is cancelled",
        "added": platform.created_at.strftime("%Y-%m-%d %H:%M UTC"),
        **state_fields(state, now=now),
    })  # fmt: skip


def tell_added(platform: Platform, *, as_json: bool) -> None:
    """Say what was added and what comes next."""
    if as_json:
        print_json(platform_json(platform))
    say(f"added the platform {platform.name} ({platform.provider_name}, key {_key_text(platform)})")
    say(f"next: tokenmon platform test {platform.name}; then: tokenmon key create my-laptop")


def tell_changed(platform: Platform, *, as_json: bool) -> None:
    """Say that a platform was changed."""
    if as_json:
        print_json(platform_json(platform))
    say(f"changed the platform {platform.name}; a running proxy uses it at once")


def check_stored(session: "Session", name: str) -> CheckResult:
    """Make one free call with a platform's stored key."""
    from tokenmon.proxy.check import check_platform

    platform = session.store.platform(name)
    key = session.vault.unseal(platform.id, platform.sealed_key) if platform.sealed_key is not None else None
    return check_platform(platform, key, connect_timeout_seconds=session.settings.proxy_connect_timeout_seconds)


def tell_check(name: str, result: CheckResult, *, as_json: bool) -> None:
    """Say how the test went; what is wrong becomes the error."""
    if as_json:
        print_json({
            "platform": name, "ok": result.ok, "message": result.message, "hint": result.hint,
            "status": result.status, "milliseconds": result.milliseconds,
        })  # fmt: skip
    if result.ok:
        if not as_json:
            print_line(result.message)
        return
    may_pass = result.status is not None and (result.status == 429 or result.status >= 500)
    raise (TemporaryError if may_pass else TokenmonError)(f"{name}: {result.message}", hint=result.hint)
