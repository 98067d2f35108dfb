"""The root of the command line: a lazy table of commands, and the one place that turns errors into exit codes."""

import errno
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from tokenmon import __version__
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.output import ready_streams, tell_error

SEE = "See what was used"
SET_UP = "Set up"
KEEP = "Record and keep"

# Below WARNING these write whole URLs, and the path of a webhook is its secret.
LOGS_ADDRESSES = ("httpx", "httpcore")

# What helps when the system refuses, by its reason.
FULL = "make room, or write elsewhere"
DENIED = "make it writable, or set TOKENMON_HOME to a folder of yours"
SYSTEM_HINTS = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EACCES: DENIED, errno.EPERM: DENIED, errno.EROFS: DENIED,
    errno.EBADF: "give it a stdout that is open",
}  # fmt: skip

# name: (module in tokenmon.commands, summary, panel of --help). Modules load when their command is called.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "stats": ("stats", "Show totals, grouped as you like.", SEE),
    "daily": ("daily", "Show totals by day.", SEE),
    "weekly": ("weekly", "Show totals by week.", SEE),
    "monthly": ("monthly", "Show totals by month.", SEE),
    "session": ("by_session", "Show totals by conversation.", SEE),
    "logs": ("logs", "List calls, newest first.", SEE),
    "dash": ("dash", "Open the live dashboard.", SEE),
    "reconcile": ("reconcile", "Compare the provider's numbers with the recorded calls.", SEE),
    "statusline": ("statusline", "Print the status line of Claude Code.", SEE),
    "export": ("export", "Write all records as CSV or JSON.", SEE),
    "quota": ("quota", "Set, show and check monthly quotas.", SEE),
    "price": ("price", "Show, set and mend prices.", SET_UP),
    "platform": ("platform", "Manage accounts at providers.", SET_UP),
    "key": ("key", "Manage the keys that your programs use.", SET_UP),
    "proxy": ("proxy", "Run the recording proxy.", SET_UP),
    "run": ("run", "Run a command with its SDKs pointed at the proxy.", SET_UP),
    "config": ("config", "Show and change settings.", SET_UP),
    "vault": ("vault", "See to the sealed provider keys.", SET_UP),
    "demo": ("demo", "Try everything with sample data, without a key.", SET_UP),
    "import": ("imports", "Import what coding agents logged, or a file.", KEEP),
    "report": ("report", "Record a call that was made elsewhere.", KEEP),
    "pull": ("pull", "Fetch usage and costs as the provider counts them.", KEEP),
    "db": ("db", "See to the database.", KEEP),
    "doctor": ("doctor", "Check the installation and say what to mend.", KEEP),
    "completion": ("completion", "Print the completion script of a shell.", KEEP),
}


def load_command(name: str) -> Any:
    """The real command of a name, its module loaded now."""
    module, _, panel = COMMANDS[name]
    command = typer.main.get_command(importlib.import_module(f"tokenmon.commands.{module}").app)
    command.name = name
    command.rich_help_panel = panel  # type: ignore[attr-defined]
    return command


class LazyGroup(TyperGroup):
    """Registers a stub for each command and puts the real one in its place just before it is resolved."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (_, summary, panel) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=summary, rich_help_panel=panel))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in COMMANDS:
            self.add_command(load_command(args[0]))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Seen here, since further out click ends the program with a code of its own.
            _drop_output()
            return 0


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tokenmon {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print today's totals as JSON.")] = False,
) -> None:
    """What your AI API tokens cost. Without a command: today at a glance."""
    _set_up_logging()
    if context.invoked_subcommand is None:
        from tokenmon.commands.glance import glance

        glance(as_json=json)
    elif json:
        raise ConfigError("--json goes behind the command", hint=f"tokenmon {context.invoked_subcommand} --json")


# What the completion scripts set when they ask for the words that fit.
COMPLETE = "_TOKENMON_COMPLETE"


def _set_up_logging() -> None:
    # Imported late: 7 ms that --help and TAB do not need.
    import logging

    logging.basicConfig(level=logging.WARNING, format="tokenmon: %(levelname)s: %(message)s")
    for name in LOGS_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def main() -> None:
    """Run the command line and exit with the contract's codes: 0, 1, 2, 3, 4 or 130."""
    if COMPLETE in os.environ:
        # Typer teaches its shells to click only where it adds options of its own, which the root does not want.
        from typer._completion_classes import completion_init

        completion_init()
    ready_streams()
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        code = app(standalone_mode=False, prog_name="tokenmon")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except TokenmonError as error:
        return _tell(error.message, error.hint, error.exit_code)
    except typer.Abort:
        return _tell("interrupted", None, 130)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has what it wanted (`| head`).
        _drop_output()
        return 0
    except OSError as error:
        if os.environ.get("TOKENMON_DEBUG"):
            raise
        _flush_or_drop_output()
        place = f"{error.filename}: " if error.filename else ""
        hint = SYSTEM_HINTS.get(error.errno or 0, "run it again with TOKENMON_DEBUG=1 to see where")
        return _tell(f"the system refused: {place}{(error.strerror or str(error)).lower()}", hint, 1)
    except Exception as error:
        if hasattr(error, "format_message"):
            # A group without a command has printed its help; there is nothing more to say.
            return _tell(*_usage_words(error), 2) if error.format_message() else 2
        if os.environ.get("TOKENMON_DEBUG"):
            raise
        return _tell(
            f"a bug in tokenmon: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            "run it again with TOKENMON_DEBUG=1 and report what it prints",
            1,
        )


def _drop_output() -> None:
    """Nothing may be flushed at exit any more: it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush_or_drop_output() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()


def _usage_words(error: Any) -> tuple[str, str]:
    message = " ".join(error.format_message().split()).rstrip(".")
    command = getattr(getattr(error, "ctx", None), "command_path", None) or "tokenmon"
    return message[:1].lower() + message[1:], f"{command} --help"


def _tell(message: str, hint: str | None, code: int) -> int:
    tell_error(message, hint)
    return code
