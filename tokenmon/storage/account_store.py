"""The small tables through the store: platforms, client keys, price rules, facts, alerts, and what providers say."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tokenmon.core.headroom import Headroom
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.platform import ClientKey, Platform, Seal
from tokenmon.core.price_rule import PriceRule
from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.core.sent_alert import SentAlert
from tokenmon.storage import accounts, headroom, official_limits, price_rules, provider_sums
from tokenmon.storage.database import Database


class AccountStore(Database):
    """What is set up by people, apart from the records of calls."""

    def settings_version(self) -> int:
        """A number that every change of platforms, client keys, prices and vault facts raises."""
        return self._watched_number(accounts.SETTINGS_VERSION)

    def raise_settings_version(self) -> None:
        """Tell running processes to read again what they hold, such as an updated price list."""
        with self._writing() as connection:
            accounts.raise_version(connection)

    def price_rules(self) -> list[PriceRule]:
        """The user's own prices by platform and model."""
        with self._reading() as connection:
            return price_rules.price_rules(connection)

    def set_price_rule(self, rule: PriceRule) -> None:
        """Store a rule in place of the one for the same platform, model and start."""
        with self._writing() as connection:
            price_rules.set_price_rule(connection, rule)

    def remove_price_rule(self, rule: PriceRule) -> bool:
        """Remove the rule for the same platform, model and start; whether there was one."""
        with self._writing() as connection:
            return price_rules.remove_price_rule(connection, rule)

    def replace_provider_sums(
        self, key: tuple[str, str, str], window: Window, sums: Iterable[ProviderSum], *, pulled_at: datetime
    ) -> None:
        """Store a provider's sums of a window, by platform, provider and report, in place of what was stored of it."""
        with self._writing() as connection:
            provider_sums.replace(connection, key, window, sums, pulled_at)

    def provider_sums(self, platform: str, window: Window) -> list[ProviderSum]:
        """A provider's own sums on a platform's days."""
        with self._reading() as connection:
            return provider_sums.provider_sums(connection, platform, window)

    def pulled_days(self, platform: str, window: Window) -> dict[tuple[str, str, datetime], datetime]:
        """When each day of a platform was pulled last, by provider, report and the day's start."""
        with self._reading() as connection:
            return provider_sums.pulled_days(connection, platform, window)

    def headroom(self) -> list[Headroom]:
        """What is left of the rate limits of platforms that exist, by platform and dimension, as last stated."""
        with self._reading() as connection:
            return headroom.headroom(connection)

    def save_headroom(self, stated: Sequence[Headroom]) -> None:
        """Store statements in place of older ones of the same limits."""
        if stated:
            with self._writing() as connection:
                headroom.save_headroom(connection, stated)

    def official_limits(self) -> list[OfficialLimit]:
        """What providers say is used of their plans' windows, the newest statement of each."""
        with self._reading() as connection:
            found = official_limits.official_limits(connection)
        return sorted(found, key=lambda one: one.key)

    def save_official_limits(self, limits: Sequence[OfficialLimit]) -> None:
        """Keep what providers say, unless a newer statement is kept; nothing is written where nothing changed."""
        with self._reading() as connection:
            changed = official_limits.news(official_limits.official_limits(connection), limits)
        if changed:
            with self._writing() as connection:
                official_limits.save(connection, changed)

    def platforms(self) -> list[Platform]:
        """All platforms by name."""
        with self._reading() as connection:
            return accounts.platforms(connection)

    def platform(self, name: str) -> Platform:
        """The platform of a name, or NotFoundError."""
        with self._reading() as connection:
            return accounts.platform(connection, name)

    def add_platform(self, platform: Platform, seal: Seal | None = None) -> None:
        """Store a new platform, its key sealed within the transaction if it comes as `seal`; or ConflictError."""
        with self._writing() as connection:
            accounts.add_platform(connection, platform, seal)

    def replace_platform(self, platform: Platform, seal: Seal | None = None) -> None:
        """Store a changed platform under its id; `seal` exchanges its key, a platform without a key loses it."""
        with self._writing() as connection:
            accounts.replace_platform(connection, platform, seal)

    def remove_platform(self, name: str) -> Platform:
        """Remove a platform and its sealed key; its records stay."""
        with self._writing() as connection:
            return accounts.remove_platform(connection, name)

    def reseal(self, change: accounts.Reseal) -> None:
        """Exchange the sealed keys and the vault's description for what `change` makes of them, in one transaction."""
        with self._writing() as connection:
            accounts.reseal(connection, change)

    def client_keys(self) -> list[ClientKey]:
        """All client keys by name, revoked ones too."""
        with self._reading() as connection:
            return accounts.client_keys(connection)

    def add_client_key(self, key: ClientKey) -> None:
        """Store a new client key, or ConflictError."""
        with self._writing() as connection:
            accounts.add_client_key(connection, key)

    def revoke_client_key(self, name: str, at: datetime) -> ClientKey:
        """Revoke a client key, or NotFoundError."""
        with self._writing() as connection:
            return accounts.revoke_client_key(connection, name, at)

    def get_meta(self, key: str) -> str | None:
        """A fact by name."""
        with self._reading() as connection:
            return accounts.get_meta(connection, key)

    def set_meta(self, key: str, value: str) -> None:
        """Set a fact."""
        with self._writing() as connection:
            accounts.set_meta(connection, key, value)

    def claim_meta(self, key: str, value: str) -> str:
        """Set a fact unless it is set, by whichever process; its value then."""
        with self._writing() as connection:
            return accounts.claim_meta(connection, key, value)

    def mark_alert(self, platform_id: str, threshold: int, period_start: datetime, now: datetime) -> bool:
        """Note that an alert is sent; False when it was noted before, by whichever process."""
        with self._writing() as connection:
            return accounts.mark_alert(connection, platform_id, threshold, period_start, now)

    def unmark_alert(self, platform_id: str, threshold: int, period_start: datetime) -> None:
        """Forget an alert whose delivery failed, so that it is sent again."""
        with self._writing() as connection:
            accounts.unmark_alert(connection, platform_id, threshold, period_start)

    def sent_thresholds(self, platform_id: str, period_start: datetime) -> set[int]:
        """The thresholds of a period whose alerts were sent."""
        with self._reading() as connection:
            return accounts.sent_thresholds(connection, platform_id, period_start)

    def alert_history(self, limit: int) -> list[SentAlert]:
        """The latest alerts that were sent for platforms that exist, newest first."""
        with self._reading() as connection:
            return accounts.alert_history(connection, limit)
