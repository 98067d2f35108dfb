"""The tools whose logs can be read, listed once: names, places, files and the parsers, which load when needed."""

import importlib
import re
from dataclasses import dataclass
from typing import Any, Literal

from tokenmon.ingest.importers.places import Places

Kind = Literal["lines", "document", "database"]


@dataclass(frozen=True, slots=True)
class Files:
    """Files of one kind: those whose path below the tool's folder matches, and what reads them (`module:name`)."""

    matches: str
    kind: Kind
    parser: str

    def fits(self, path: str) -> bool:
        """Whether a path, with `/` between names, is of these."""
        return re.fullmatch(self.matches, path) is not None

    def load(self) -> Any:
        """The parser: a LineParser's class, or a function that gives what a document or database holds."""
        module, _, name = self.parser.partition(":")
        return getattr(importlib.import_module(f"tokenmon.ingest.importers.{module}"), name)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool and where it logs; the first of `files` that fits a path reads it."""

    name: str
    title: str
    places: Places
    files: tuple[Files, ...]


TOOLS: dict[str, Tool] = {
    one.name: one
    for one in (
        Tool(
            "claude-code",
            "Claude Code",
            Places(("{config}/claude", "~/.claude"), "CLAUDE_CONFIG_DIR", ("projects",)),
            (Files(r".*\.jsonl", "lines", "claude_code:ClaudeCodeLines"),),
        ),
        Tool(
            "codex",
            "Codex CLI",
            Places(("~/.codex",), "CODEX_HOME", ("sessions", "archived_sessions"), or_itself=True),
            (Files(r".*\.jsonl", "lines", "codex:CodexLines"),),
        ),
        Tool(
            "gemini-cli",
            "Gemini CLI",
            Places(("~/.gemini/tmp",), "GEMINI_DATA_DIR", ("tmp",), or_itself=True),
            (
                Files(r".*\.jsonl", "lines", "gemini_cli:GeminiLines"),
                Files(r".*\.json", "document", "gemini_cli:gemini_document"),
            ),
        ),
        Tool(
            "opencode",
            "OpenCode",
            Places(("{data}/opencode",), "OPENCODE_DATA_DIR"),
            (
                Files(r"opencode(-[A-Za-z0-9_-]+)?\.db", "database", "opencode:opencode_database"),
                Files(r"storage/message/[^/]+/[^/]+\.json", "document", "opencode:opencode_document"),
            ),
        ),
        Tool(
            "kilo",
            "Kilo",
            Places(("{data}/kilo",), "KILO_DATA_DIR"),
            (Files(r"kilo\.db", "database", "opencode:kilo_database"),),
        ),
    )
}
