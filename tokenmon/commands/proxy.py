"""`tokenmon proxy`: the recording proxy, until it is stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tokenmon.ingest.writer import Unstored

app = typer.Typer(add_completion=False)

LEVELS = ("debug", "info", "warning", "error")


@app.command("proxy")
def proxy(
    host: Annotated[str | None, typer.Option(metavar="HOST", help="Where to listen; 127.0.0.1 if not set.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help="8484 if not set; 0 takes a free one.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")] = None,
    allow_remote: Annotated[
        bool,
        typer.Option("--allow-remote", help="Listen beyond this machine without TLS: something in front encrypts."),
    ] = False,
    log_level: Annotated[str, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = "warning",
) -> None:
    """Run the recording proxy."""
    import logging

    from tokenmon.config import load_settings
    from tokenmon.errors import ConfigError
    from tokenmon.output import say
    from tokenmon.server import serve

    if log_level not in LEVELS:
        raise ConfigError(f"there is no log level {log_level[:20]!r}", hint="use debug, info, warning or error")
    if (tls_cert is None) != (tls_key is None):
        raise ConfigError("TLS needs both files", hint="--tls-cert FILE --tls-key FILE")
    for flag, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        if file is not None and not file.is_file():
            raise ConfigError(f"{flag}: there is no file {file}", hint="--tls-cert FILE --tls-key FILE")
    logging.getLogger().setLevel(log_level.upper())
    tls = (tls_cert, tls_key) if tls_cert is not None and tls_key is not None else None

    def tell(url: str) -> None:
        say(f"listening on {url} (Ctrl-C stops)")
        say(f"base URLs: {url}/PLATFORM/v1 for OpenAI's SDK, {url}/PLATFORM for the others")

    serve(
        settings=load_settings(),
        host=host,
        port=port,
        tls=tls,
        allow_remote=allow_remote,
        on_ready=tell,
        on_stopped=lambda unstored: say(farewell(unstored)),
    )


def farewell(unstored: "Unstored") -> str:
    """What is said at the end: the truth about every record."""
    parts = []
    if unstored.lost:
        what, it = ("record is", "it") if unstored.lost == 1 else ("records are", "them")
        parts.append(f"{unstored.lost:,} {what} lost: neither the journal nor the database took {it}")
    if unstored.waiting:
        what, it = ("record waits", "it") if unstored.waiting == 1 else ("records wait", "them")
        parts.append(f"{unstored.waiting:,} {what} in the journal: the next start stores {it}")
    return "stopped; " + ("; ".join(parts) or "everything is stored")
