"""How `price reprice` shows what changes, asks, and then does it."""

import sys
from typing import TYPE_CHECKING

from tokenmon.core.number_text import usd_text
from tokenmon.errors import ConfigError
from tokenmon.ingest.reprice import ModelChange, Preview, preview, preview_json, reprice, totals
from tokenmon.output import Column, confirm, number, print_json, print_table, say

if TYPE_CHECKING:
    from tokenmon.core.query import Filter
    from tokenmon.session import Session


def show_and_reprice(
    session: "Session", wanted: "Filter", *, dry_run: bool, yes: bool, asks: bool, as_json: bool
) -> None:
    """Show the calls that change, by model; change them when that is wanted."""
    pricer = session.pricer()
    seen = preview(session.store, pricer, wanted)
    if not as_json:
        _print_table(seen)
    if not dry_run and seen.changed and not yes:
        _ask(seen, asks=asks)
    applied = bool(seen.changed) and not dry_run
    changed = reprice(session.store, pricer, wanted) if applied else seen.changed
    if as_json:
        print_json(preview_json(seen, applied=applied, changed=changed))
    _tell(seen, changed, applied=applied)


def _ask(seen: Preview, *, asks: bool) -> None:
    may_ask = asks and sys.stdin.isatty()
    if not may_ask or not confirm(f"Change the cost of {seen.changed:,} calls?"):
        raise ConfigError("nothing was changed", hint="tokenmon price reprice --yes, or --dry-run to only look")


def _print_table(seen: Preview) -> None:
    if not seen.changes:
        return
    titles = ("calls", "changed", "before", "after", "difference", "unpriced")
    columns = [Column("model", shrinks=True), Column("billing"), *(number(title) for title in titles)]
    total = totals(seen.changes)
    print_table(columns, [_cells(one) for one in seen.changes], total=_cells(total))


def _cells(one: ModelChange) -> list[str]:
    difference = one.after - one.before
    sign = "-" if difference < 0 else "+"
    unpriced = f"{one.unpriced_before:,} → {one.unpriced_after:,}" if one.unpriced_before or one.unpriced_after else "-"
    return [
        one.model or "-", one.billing, f"{one.calls:,}", f"{one.changed:,}", usd_text(one.before), usd_text(one.after),
        f"{sign}{usd_text(abs(difference))}", unpriced,
    ]  # fmt: skip


def _tell(seen: Preview, changed: int, *, applied: bool) -> None:
    kept = f"; {seen.stated:,} keep the cost that their provider stated" if seen.stated else ""
    if applied:
        say(f"changed the cost of {changed:,} of {seen.calls:,} calls{kept}")
    elif seen.changed:
        say(f"{seen.changed:,} of {seen.calls:,} calls would change{kept}")
        say("next: tokenmon price reprice --yes")
    else:
        say(f"all {seen.calls:,} calls have today's prices{kept}")
