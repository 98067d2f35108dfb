"""`tokenmon import file`: the calls of an export, a log or any table, each counted once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from tokenmon.commands.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenmon.ingest.files.importer import Outcome
    from tokenmon.ingest.files.intake import Sums, Wanted
    from tokenmon.ingest.files.mapping import Mapped
    from tokenmon.session import Session


def import_file(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file; - reads stdin.")],
    format: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="openrouter, litellm, langfuse, helicone, cursor, tokenmon; found if not given."
        ),
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=COLUMN,...", help="Where any table has what; FIELD:=VALUE holds for all rows."),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same as TOML: tables columns and values.")
    ] = None,
    platform: Annotated[str | None, typer.Option(metavar="NAME", help="The platform of the calls.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be stored.")] = False,
    json: AsJson = False,
) -> None:
    """Read a file of calls: an export, a log, or any table."""
    from tokenmon.ingest.files.importer import Outcome, failure
    from tokenmon.ingest.files.intake import Wanted
    from tokenmon.session import open_session

    with open_session() as session, _opened(path) as (stream, name):
        wanted = Wanted(_format(format), _mapped(map, mapping), _platform(session, platform), dry_run)
        done = _taken(session, stream, name, wanted)
    if isinstance(done, Outcome):
        _print_outcome(done, name, wanted, as_json=json)
    else:
        _print_sums(done, name, as_json=json)
    if done.bad:
        raise failure(done.problems, done.bad)


def _taken(session: "Session", stream: BinaryIO, name: str, wanted: "Wanted") -> "Outcome | Sums":
    from functools import partial

    from tokenmon.alerts.deliver import deliver_after_report
    from tokenmon.ingest.files.importer import Outcome
    from tokenmon.ingest.files.intake import Intake
    from tokenmon.ingest.report import platforms_by_name
    from tokenmon.output import progress

    platforms = platforms_by_name(session.store.platforms())
    with progress(f"importing {name}") as show:
        seen = partial(_show_place, stream, show)
        done = Intake(session.store, session.recorder, platforms, session.now(), seen).take(stream, name, wanted)
    if isinstance(done, Outcome) and not wanted.is_dry_run:
        deliver_after_report(session, done.platforms)
    return done


def _show_place(stream: BinaryIO, show: "Callable[[int, int], None]") -> None:
    """Show how far a file has been read, in megabytes; a pipe has no end to show."""
    import os

    raw: Any = getattr(stream, "raw", None)
    if raw is not None and raw.seekable():
        show(raw.tell() // 1_000_000, os.fstat(stream.fileno()).st_size // 1_000_000)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    import sys

    from tokenmon.errors import ConfigError

    if str(path) == "-":
        yield sys.stdin.buffer, "stdin"
        return
    with ExitStack() as opened:
        try:
            stream = opened.enter_context(path.open("rb"))
        except OSError as error:
            reason = (error.strerror or "no access").lower()
            raise ConfigError(f"cannot read {path}: {reason}", hint="name a file, or - for stdin") from None
        yield stream, path.name


def _format(name: str | None) -> str | None:
    from tokenmon.ingest.files.formats import check_format

    return None if name is None else check_format(name)


def _mapped(words: list[str] | None, file: Path | None) -> "Mapped | None":
    from tokenmon.errors import ConfigError
    from tokenmon.ingest.files.mapping import mapping_from_toml, mapping_of

    if file is None:
        return mapping_of(words) if words else None
    if words:
        raise ConfigError("--map and --mapping say the same", hint="give one of them")
    try:
        return mapping_from_toml(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the mapping {file}: {error}", hint="name a TOML file") from None


def _platform(session: "Session", name: str | None) -> Any:
    return None if name is None else session.store.platform(name)


def _print_outcome(done: "Outcome", name: str, wanted: "Wanted", *, as_json: bool) -> None:
    from tokenmon.commands.call_preview import print_preview
    from tokenmon.ingest.files.importer import outcome_json, problem_text
    from tokenmon.output import print_json, say

    is_shown = wanted.is_dry_run or wanted.mapped is not None
    if as_json:
        print_json(outcome_json(done, file=name, dry_run=wanted.is_dry_run))
    elif is_shown and done.preview:
        print_preview(done.preview)
    for one in done.problems:
        say(problem_text(one))
    if done.bad > len(done.problems):
        say(f"and {done.bad - len(done.problems):,} more bad rows")
    verb = "would store" if wanted.is_dry_run else "stored"
    passed = f", no calls {done.passed:,}" if done.passed else ""
    say(
        f"{name} ({done.format}): {verb} {done.added:,}, known before {done.replaced + done.repeated:,}{passed}, "
        f"bad {done.bad:,}"
    )
    if wanted.is_dry_run:
        say("nothing was stored; run it again without --dry-run")
    elif done.added:
        say("see them: tokenmon stats --by source,model --since all")


def _print_sums(done: "Sums", name: str, *, as_json: bool) -> None:
    from tokenmon.commands.call_preview import print_aggregates, sums_json
    from tokenmon.ingest.files.importer import problem_text
    from tokenmon.output import print_json, say

    if as_json:
        print_json(sums_json(done, file=name))
    elif done.sums:
        print_aggregates(done.sums)
    for one in done.problems:
        say(problem_text(one))
    say(f"{name} ({done.format}): sums by day and model, not calls; nothing was stored")
    say("they do not add to the calls: they are for comparing with them (tokenmon reconcile)")
