"""The formats of calls, listed once: each is known by the columns of its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tokenmon.errors import ConfigError
from tokenmon.ingest.files import aggregates, cursor, helicone, langfuse, litellm, openrouter, own
from tokenmon.ingest.files.call import FileCall

CallOf = Callable[[Mapping[str, Any]], FileCall | None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format whose rows are calls: `call_of` reads one, and gives None for a row that is no call."""

    name: str
    title: str
    recognises: Callable[[frozenset[str]], bool]
    call_of: CallOf

    @property
    def source(self) -> str:
        """The source of its records."""
        return f"import:{self.name}"


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format(openrouter.NAME, openrouter.TITLE, openrouter.COLUMNS.issubset, openrouter.call_of),
        Format(litellm.NAME, litellm.TITLE, litellm.COLUMNS.issubset, litellm.call_of),
        Format(langfuse.NAME, langfuse.TITLE, langfuse.recognises, langfuse.call_of),
        Format(helicone.NAME, helicone.TITLE, helicone.COLUMNS.issubset, helicone.call_of),
        Format(cursor.NAME, cursor.TITLE, cursor.COLUMNS.issubset, cursor.call_of),
    )
}
NAMES = (own.NAME, *FORMATS, *aggregates.KINDS)


def format_name(columns: tuple[str, ...], place: str) -> str:
    """The name of the format that columns belong to; ConfigError when they are of none."""
    have = frozenset(columns)
    if have >= own.COLUMNS:
        return own.NAME
    for name, recognises in (*((one.name, one.recognises) for one in FORMATS.values()), *aggregates.RECOGNISERS):
        if recognises(have):
            return name
    raise ConfigError(
        f"{place}: the format is not known by its columns: {', '.join(one[:40] for one in columns[:12])}",
        hint="say which columns hold what, such as --map time=DATE,model=MODEL,input_tokens=IN,output_tokens=OUT",
    )


def check_format(name: str) -> str:
    """The name if it is a format's, else ConfigError."""
    if name in NAMES:
        return name
    raise ConfigError(f"there is no format {name[:40]!r}", hint="use " + ", ".join(NAMES))
