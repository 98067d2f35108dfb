"""Corpora with a known truth: however calls are repeated, forked, cut and spread over imports, each counts once."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.importers.logs import Machine, line
from tests.ingest.importers.test_claude_code import answer
from tests.ingest.importers.test_codex import meta, name_of, tokens, turn
from tokenmon.core.query import Totals

MODELS = ("claude-sonnet-4-5-20250929", "claude-of-tomorrow", "glm-4.6")
WHERE = ("/home/ann/web-app", "C:\\Users\\ann\\web.app", "/home/ann/日本語", None)
# Clocks that were wrong.
YEARS = ("2026-05-02", "1971-01-01", "2093-12-31")
SEEDS = range(6)


def totals(machine: Machine) -> tuple[int, int, int]:
    """Calls, input and output of all that is stored."""
    found: Totals = machine.store.totals(machine.everything)
    return found.requests, found.input_tokens, found.output_tokens


class Writer:
    """Writes files piece by piece, cut anywhere, with imports in between."""

    def __init__(self, machine: Machine, tool: str, chance: random.Random) -> None:
        self._machine = machine
        self._tool = tool
        self._chance = chance
        self._rest: dict[str, bytes] = {}
        self.told: list[str] = []

    def add(self, name: str, *contents: Any) -> None:
        """What a file will hold in the end."""
        self._rest[name] = self._rest.get(name, b"") + b"".join(map(line, contents))

    def write_all(self) -> None:
        """Write all files to their ends, interleaved."""
        while self._rest:
            for name in self._chance.sample(sorted(self._rest), self._chance.randint(1, len(self._rest))):
                self._grow(name)
            self._import()
        self._import()

    def _grow(self, name: str) -> None:
        content = self._rest.pop(name)
        size = self._chance.randint(1, len(content))
        path: Path = self._machine.root / name
        if not path.exists():
            self._machine.write(name, b"")
        self._machine.append(path, content[:size])
        if content[size:]:
            self._rest[name] = content[size:]

    def _import(self) -> None:
        self.told += self._machine.run(self._tool).told


def claude_lines(number: int, chance: random.Random) -> tuple[list[dict[str, Any]], int]:
    """The lines of one answer, its largest sight among them, and that one's output."""
    outputs = [chance.randrange(1, 500) for _ in range(chance.randint(1, 3))]
    model, cwd, day = chance.choice(MODELS), chance.choice(WHERE), chance.choice(YEARS)
    lines = [answer(f"msg_01{number:020d}", output, request=f"req_{number}", cwd=cwd) for output in outputs]
    for one in lines:
        one["message"]["model"] = model
        one["timestamp"] = f"{day}T09:{number % 60:02d}:00.{number % 1000:03d}Z"
    return lines, max(outputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_claude_codes_calls_count_once(machine: Machine, seed: int) -> None:
    chance = random.Random(seed)
    writer = Writer(machine, "claude-code", chance)
    outputs: list[int] = []
    history: list[dict[str, Any]] = []
    for session in range(4):
        # Each session may begin with a copy of an earlier one.
        kept = [one | {"sessionId": f"s{session}"} for one in history] if chance.random() < 0.5 else []
        for number in range(len(outputs), len(outputs) + chance.randint(1, 8)):
            lines, output = claude_lines(number, chance)
            outputs.append(output)
            kept += lines
            if chance.random() < 0.2:
                kept.append(lines[-1] | {"isSidechain": True, "requestId": "req_side"})
        writer.add(f"folder/s{session}.jsonl", *kept)
        history = kept

    writer.write_all()

    assert totals(machine) == (len(outputs), 19186 * len(outputs), sum(outputs))
    assert writer.told == []


@pytest.mark.parametrize("seed", SEEDS)
def test_codexs_forks_count_once(machine: Machine, seed: int) -> None:
    chance = random.Random(seed)
    writer = Writer(machine, "codex", chance)
    # What each session holds: its events' (total, last), its own and those it began with.
    held: list[list[tuple[tuple[int, int, int, int], tuple[int, int, int, int]]]] = []
    calls, into, out = 0, 0, 0
    for session in range(5):
        parent = chance.choice([None, *range(session)])
        events = [] if parent is None else held[parent][: chance.randint(1, len(held[parent]))]
        lines: list[dict[str, Any]] = [turn()]
        created = f"1{session}:00:00.000"
        for number, (total, last) in enumerate(events):
            stamp = f"09:{number:02d}:30.000" if session % 2 else created
            lines.append(tokens(total, last, stamp))
        total = events[-1][0] if events else (0, 0, 0, 0)
        for number in range(chance.randint(1, 6)):
            last = (chance.randrange(100, 900), chance.randrange(100), chance.randrange(1, 90), 0)
            total = tuple(a + b for a, b in zip(total, last, strict=True))
            events = [*events, (total, last)]
            event = tokens(total, last if chance.random() < 0.7 else None, f"1{session}:{number + 1:02d}:00.000")
            lines += [event] * chance.randint(1, 2)
            calls, into, out = calls + 1, into + last[0], out + last[2]
        held.append(events)
        origin = {} if parent is None else born_of(f"0199-{parent}", is_fork=session % 2 == 1)
        first = meta(f"0199-{session}", created, **origin)
        # A parent is whole before a child copies it.
        writer.add(name_of(f"0199-{session}"), first, *lines)
        writer.write_all()

    assert totals(machine) == (calls, into, out)
    assert writer.told == []


def born_of(parent: str, *, is_fork: bool) -> dict[str, Any]:
    """What a child's first line says of its parent."""
    return (
        {"forked_from_id": parent}
        if is_fork
        else {"source": {"subagent": {"thread_spawn": {"parent_thread_id": parent}}}}
    )
