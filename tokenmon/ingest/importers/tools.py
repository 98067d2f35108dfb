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
    """A tool and where it logs; the first of `files` that fits a path reads it.

    `settings` is the tool's own file beside its folders of logs, for what these leave to it.
    """

    name: str
    title: str
    places: Places
    files: tuple[Files, ...]
    settings: str | None = None


# Where editors built on VS Code keep what their extensions store, and the extensions that log alike.
EDITORS = (
    "{appdata}/Code",
    "{appdata}/Code - Insiders",
    "{appdata}/VSCodium",
    "{appdata}/Cursor",
    "{appdata}/Windsurf",
)
EXTENSIONS = ("saoudrizwan.claude-dev", "rooveterinaryinc.roo-cline", "kilocode.kilo-code")
REMOTE_EDITOR = "~/.vscode-server/data"

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
            settings="config.toml",
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
        Tool(
            "amp",
            "Amp",
            Places(("{data}/amp",), "AMP_DATA_DIR", ("threads",)),
            (Files(r".*\.json", "document", "amp:amp_document"),),
        ),
        Tool(
            "droid",
            "Droid",
            Places(("~/.factory/sessions",), "DROID_SESSIONS_DIR"),
            (Files(r".*\.settings\.json", "document", "droid:droid_document"),),
        ),
        Tool(
            "copilot",
            "GitHub Copilot CLI",
            Places(("~/.copilot",)),
            (
                Files(r"session-state/[^/]+/events\.jsonl", "lines", "copilot:CopilotEvents"),
                Files(r"otel/.*\.jsonl", "lines", "copilot:CopilotSpans"),
            ),
        ),
        Tool(
            "qwen",
            "Qwen Code",
            Places(("~/.qwen",), "QWEN_DATA_DIR", ("projects",)),
            (Files(r"[^/]+/chats/[^/]+\.jsonl", "lines", "qwen:QwenLines"),),
        ),
        Tool(
            "kimi",
            "Kimi CLI",
            Places(("~/.kimi",), "KIMI_DATA_DIR", ("sessions",)),
            (Files(r"[^/]+/[^/]+/wire\.jsonl", "lines", "kimi:KimiLines"),),
        ),
        Tool(
            "grok",
            "Grok CLI",
            Places(("~/.grok",), below=("sessions",)),
            (Files(r"(.*/)?updates\.jsonl", "lines", "grok:GrokLines"),),
        ),
        Tool(
            "goose",
            "Goose",
            Places(
                (
                    "{data}/goose/sessions",
                    "{mac}/goose/sessions",
                    "{data}/Block/goose/sessions",
                    "{appdata}/Block/goose/data/sessions",
                ),
                "GOOSE_PATH_ROOT",
                ("data/sessions",),
                or_itself=True,
            ),
            (Files(r"sessions\.db", "database", "session_sums:goose_database"),),
        ),
        Tool(
            "hermes",
            "Hermes Agent",
            Places(("~/.hermes",), "HERMES_HOME"),
            (Files(r"state\.db", "database", "session_sums:hermes_database"),),
        ),
        Tool(
            "crush",
            "Crush",
            Places(("{data}/crush",), "CRUSH_GLOBAL_DATA", registry="{data}/crush/projects.json", in_project=".crush"),
            (Files(r"(.*/)?crush\.db", "database", "session_sums:crush_database"),),
        ),
        Tool(
            "pi",
            "pi",
            Places(("~/.pi/agent/sessions",), "PI_AGENT_DIR", ("sessions",), or_itself=True),
            (Files(r".*\.jsonl", "lines", "pi:PiLines"),),
        ),
        Tool(
            "openclaw",
            "OpenClaw",
            Places(("~/.openclaw", "~/.clawdbot", "~/.moltbot", "~/.moldbot"), "OPENCLAW_DIR"),
            (Files(r".*\.jsonl(\.(deleted|reset)\..*)?", "lines", "pi:OpenClawLines"),),
        ),
        Tool(
            "codebuff",
            "Codebuff",
            Places(
                ("{config}/manicode", "{config}/manicode-dev", "{config}/manicode-staging"),
                "CODEBUFF_DATA_DIR",
                ("projects",),
            ),
            (Files(r"[^/]+/chats/[^/]+/chat-messages\.json", "document", "codebuff:codebuff_document"),),
        ),
        Tool(
            "cline",
            "Cline, Roo Code, Kilo",
            Places(
                (
                    *(
                        f"{editor}/User/globalStorage/{one}"
                        for editor in (*EDITORS, REMOTE_EDITOR)
                        for one in EXTENSIONS
                    ),
                    "~/.cline/data",
                ),
            ),
            (Files(r"tasks/[^/]+/ui_messages\.json", "document", "cline:cline_document"),),
        ),
        Tool(
            "zed",
            "Zed",
            Places(("{data}/zed/threads", "{mac}/Zed/threads")),
            (Files(r"threads\.db", "database", "call_rows:zed_database"),),
        ),
        Tool(
            "zcode",
            "ZCode",
            Places(("~/.zcode/cli/db",)),
            (Files(r"db\.sqlite", "database", "call_rows:zcode_database"),),
        ),
    )
}
