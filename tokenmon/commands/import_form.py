"""Carrying out `tokenmon import`: which tools and folders, and the audit as a table or JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenmon.core.record import Billing
    from tokenmon.ingest.import_audit import Audit
    from tokenmon.ingest.import_labels import Choices
    from tokenmon.ingest.importers.tools import Tool
    from tokenmon.ingest.importing import Importer
    from tokenmon.session import Session

BILLINGS = ("metered", "subscription")
# What the table counts, by title; what is nowhere above 0 is left out, but for these.
COUNTS = {
    "files": "files", "read": "files_read", "lines": "lines", "merged": "merged", "skipped": "skipped",
    "bad": "bad_lines", "new": "added", "replaced": "replaced", "known": "known", "unpriced": "unpriced_tokens",
}  # fmt: skip
ALWAYS = ("files", "read", "lines", "merged", "new", "known")


def import_and_show(session: "Session", name: str, *, as_json: bool, dry_run: bool, **given: Any) -> None:
    """Import once and print what was done."""
    from tokenmon.output import progress

    importer, places = _prepared(session, name, dry_run=dry_run, **given)
    audits: list[Audit] = []
    for tool, roots in places:
        with progress(f"importing {tool.title}") as show:
            audits.append(importer.run(tool, roots, progress=lambda done, total: show(done >> 20, total >> 20)))
    _alert(session, audits, dry_run=dry_run)
    print_audits(session, audits, looked_for=name, dry_run=dry_run, as_json=as_json)


def watch_and_tell(session: "Session", name: str, *, as_json: bool, dry_run: bool, **given: Any) -> None:
    """Import, then go on with each change until interrupted; each import that found something is one line."""
    from tokenmon.errors import TemporaryError
    from tokenmon.ingest.following import changed_tools
    from tokenmon.output import say

    importer, places = _prepared(session, name, dry_run=dry_run, **given)
    tools = {tool.name: tool for tool, _ in places}
    say("following; stop with Ctrl+C")
    left: frozenset[str] = frozenset()
    for changed in changed_tools(lambda: {tool.name: roots for tool, roots in places_of(name, given["path"])}):
        folders = {tool.name: roots for tool, roots in places_of(name, given["path"])}
        due, left = changed | left, frozenset()
        for one in due:
            try:
                audit = importer.run(tools[one], folders[one])
                _alert(session, [audit], dry_run=dry_run)
            except TemporaryError as error:
                # The files' states were not kept, so the next look reads the same lines again.
                say(error.message)
                left |= {one}
            else:
                _tell_one(session, audit, dry_run=dry_run, as_json=as_json)


def _tell_one(session: "Session", audit: "Audit", *, dry_run: bool, as_json: bool) -> None:
    import json

    from tokenmon.ingest.import_audit import audit_json
    from tokenmon.output import print_line, say

    if not audit.added + audit.replaced + audit.bad_lines:
        return
    if as_json:
        print_line(json.dumps(audit_json(audit, dry_run=dry_run, now=session.now()), ensure_ascii=False))
    else:
        say(f"{audit.title}: {audit.added:,} new, {audit.replaced:,} replaced, {audit.known:,} known")
    for problem in audit.told:
        say(f"{audit.title}: {problem}")


def _prepared(
    session: "Session",
    name: str,
    *,
    dry_run: bool,
    since: str | None,
    platform: str | None,
    billing: str | None,
    path: Path | None,
) -> "tuple[Importer, list[tuple[Tool, list[Path]]]]":
    import platform as system

    from tokenmon.ingest.importing import Importer

    choices = _choices(session, since=since, platform=platform, billing=billing)
    importer = Importer(session.store, session.recorder, choices, machine=system.node() or "unknown", dry_run=dry_run)
    return importer, places_of(name, path)


def _choices(session: "Session", *, since: str | None, platform: str | None, billing: str | None) -> "Choices":
    from tokenmon.core.period import parse_period
    from tokenmon.core.platform import check_platform_name
    from tokenmon.core.record import milliseconds
    from tokenmon.errors import ConfigError
    from tokenmon.ingest.import_labels import Choices

    if billing is not None and billing not in BILLINGS:
        raise ConfigError(f"the billing {billing[:40]!r} is not known", hint="--billing metered or subscription")
    if platform is not None:
        check_platform_name(platform)
    period = parse_period(since=since, now=session.now(), timezone=session.settings.timezone)
    start = None if period.start is None else milliseconds(period.start)
    kinds: dict[str | None, Billing] = {"metered": "metered", "subscription": "subscription"}
    return Choices(platform, kinds.get(billing), start)


def places_of(name: str, path: Path | None) -> "list[tuple[Tool, list[Path]]]":
    """The tools that a word means, each with the folders of it that exist."""
    from tokenmon.errors import ConfigError, NotFoundError
    from tokenmon.ingest.importers.tools import TOOLS

    if name == "auto":
        if path is not None:
            raise ConfigError("--path needs to know whose logs these are", hint="tokenmon import codex --path DIR")
        return [(tool, tool.places.roots()) for tool in TOOLS.values()]
    tool = TOOLS[name]
    if path is None:
        return [(tool, tool.places.roots())]
    if not path.exists():
        raise NotFoundError(f"there is no folder {path}", hint="check --path")
    return [(tool, tool.places.within([path]) or [path])]


def _alert(session: "Session", audits: "Sequence[Audit]", *, dry_run: bool) -> None:
    touched = {one.platform for audit in audits for one in audit.decisions if audit.added + audit.replaced}
    if touched and not dry_run:
        # Imported late, as most imports find nothing new.
        from tokenmon.alerts.deliver import deliver_after_report

        deliver_after_report(session, touched)


def print_audits(
    session: "Session", audits: "Sequence[Audit]", *, looked_for: str, dry_run: bool, as_json: bool
) -> None:
    """The audit: a row for each tool that is on this machine, and under it what needs words."""
    from tokenmon.ingest.import_audit import audit_json
    from tokenmon.output import Column, number, print_json, print_table, say

    seen = [one for one in audits if one.roots]
    if as_json:
        print_json({"dry_run": dry_run, "tools": [audit_json(one, dry_run=dry_run, now=session.now()) for one in seen]})
        return
    if not seen:
        say("no logs found" + ("" if looked_for == "auto" else f" of {looked_for}"))
        say("name a folder: tokenmon import claude-code --path DIR")
        return
    counts = {title: [_count(one, title) for one in seen] for title in COUNTS}
    shown = [title for title, of_tools in counts.items() if title in ALWAYS or any(of_tools)]
    rows = [[one.title, *(f"{counts[title][at]:,}" for title in shown)] for at, one in enumerate(seen)]
    print_table([Column("tool", shrinks=True), *map(number, shown)], rows)
    for audit in seen:
        _say_details(audit)
        _say_limits(session, audit)
    if dry_run:
        say("nothing was stored (--dry-run)")
    elif any(one.added + one.replaced for one in seen):
        say("see them: tokenmon stats --by source,model --since all")


def _count(audit: "Audit", title: str) -> int:
    found = COUNTS[title]
    return sum(audit.skipped.values()) if found == "skipped" else int(getattr(audit, found))


def _say_details(audit: "Audit") -> None:
    from tokenmon.output import say

    for decision in dict.fromkeys(audit.decisions):
        say(f"{audit.title}: platform {decision.platform}, {decision.billing} ({decision.reason})")
    for reason, count in sorted(audit.skipped.items()):
        say(f"{audit.title}: skipped {count:,}: {reason}")
    for problem in audit.told:
        say(f"{audit.title}: {problem}")
    if audit.bad_lines > len(audit.told):
        say(f"{audit.title}: and {audit.bad_lines - len(audit.told):,} more that cannot be read")
    if audit.unfinished:
        say(f"{audit.title}: {audit.unfinished:,} last lines are still being written; the next import reads them")
    if audit.unpriced_models:
        models = sorted(audit.unpriced_models, key=lambda one: -audit.unpriced_models[one])
        say(f"{audit.title}: no price for {', '.join(models[:5])}{' ...' if len(models) > 5 else ''}")


def _say_limits(session: "Session", audit: "Audit") -> None:
    from tokenmon.core.limit_text import limit_text
    from tokenmon.core.period import zone
    from tokenmon.output import say

    now, place = session.now(), zone(session.settings.timezone)
    holding = [limit_text(one, now, place) for one in audit.limits if not one.is_over(now)]
    if holding:
        say(f"{audit.title}: the provider says is used: {', '.join(holding)}")
    elif audit.limits:
        say(f"{audit.title}: what the provider said is used has been reset since: tokenmon quota list")
