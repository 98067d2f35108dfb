"""What importing coding agents' logs costs, against a plain `json.loads` of every line of the same files.

    python benchmarks/imports.py [--megabytes N] [--line-kilobytes N] [--folder DIR]

Makes a corpus of Claude Code sessions (half of the lines that state usage repeat a call, as in real ones; the rest are
what users and tools said), imports it into a new database, and imports again. Each import is a process of its own, so
that its peak memory and its start count; one core. Compare the ratios, not the machine.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 9, 1, tzinfo=UTC)
SESSION_BYTES = 2 << 20
MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")
CHILD = "--child"


def assistant(random_: random.Random, number: int, session: str, at: datetime, output: int, text: str) -> bytes:
    """A line that states usage."""
    usage = {
        "input_tokens": 6, "cache_creation_input_tokens": 950, "cache_read_input_tokens": 18230 + number % 9999,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 950},
        "output_tokens": output, "service_tier": "standard",
    }  # fmt: skip
    message = {
        "id": f"msg_01{number:020d}", "type": "message", "role": "assistant",
        "model": random_.choice(MODELS[: 1 + number % 3]),
        "content": [{"type": "text", "text": text}], "stop_reason": None, "usage": usage,
    }  # fmt: skip
    content = {
        "parentUuid": f"{number:032x}", "isSidechain": False, "userType": "external",
        "cwd": f"/home/ann/project-{number % 7}",
        "sessionId": session, "version": "2.1.4", "gitBranch": "main", "message": message,
        "requestId": f"req_011{number:020d}", "type": "assistant", "uuid": f"{number:036d}",
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }  # fmt: skip
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def said(session: str, text: str) -> bytes:
    """A line of the user or a tool."""
    message = {"role": "user", "content": [{"type": "tool_result", "content": text}]}
    content = {
        "type": "user",
        "sessionId": session,
        "message": message,
        "toolUseResult": {"stdout": text[: len(text) // 2]},
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def make(folder: Path, megabytes: int, line_bytes: int) -> tuple[int, int]:
    """A corpus; the number of its calls and their output tokens."""
    random_ = random.Random(7)
    text = "".join(random_.choice(("def ", "x", " = ", "ab", '"q"', "\n", "value", "(", ")")) for _ in range(60_000))
    calls = output_sum = written = session_number = 0
    while written < megabytes << 20:
        session = f"{session_number:08x}-0000-4000-8000-000000000000"
        path = folder / "projects" / f"-home-ann-project-{session_number % 7}" / f"{session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        session_number += 1
        with open(path, "wb") as file:
            while file.tell() < SESSION_BYTES:
                at = START + timedelta(seconds=11 * calls)
                output = random_.randrange(2, 2000)
                spot = random_.randrange(50_000)
                if calls % 2:
                    file.write(assistant(random_, calls, session, at, 1, text[spot : spot + 300]))
                file.write(assistant(random_, calls, session, at, output, text[spot : spot + 900]))
                file.write(said(session, text[spot : spot + random_.randrange(line_bytes)]))
                calls, output_sum = calls + 1, output_sum + output
            written += file.tell()
    return calls, output_sum


def run_child(home: Path) -> None:
    """One import, measured; printed as JSON."""
    started = time.perf_counter()
    from tokenmon.commands.import_form import places_of
    from tokenmon.core.period import Period
    from tokenmon.core.query import Filter
    from tokenmon.ingest.import_labels import Choices
    from tokenmon.ingest.importing import Importer
    from tokenmon.session import open_session

    with open_session() as session:
        importer = Importer(session.store, session.recorder, Choices(), machine="bench")
        ((tool, roots),) = places_of("claude-code", home / "corpus")
        begun = time.perf_counter()
        audit = importer.run(tool, roots)
        ended = time.perf_counter()
        output = session.store.totals(Filter(Period(None, None))).output_tokens
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak = usage.ru_maxrss // (1024 if sys.platform != "darwin" else 1 << 20)
    figures = {
        "seconds": ended - begun, "with_start": ended - started, "peak_mb": peak,
        "calls": audit.added, "lines": audit.lines, "output": output,
    }  # fmt: skip
    print(json.dumps(figures))


def measured(home: Path) -> dict[str, float]:
    """What an import in a process of its own took."""
    environment = {**os.environ, "TOKENMON_HOME": str(home / "tokenmon")}
    started = time.perf_counter()
    command = [sys.executable, __file__, CHILD, str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures | {"process": time.perf_counter() - started}


def loads(folder: Path) -> float:
    """Seconds that `json.loads` of every line takes."""
    started = time.perf_counter()
    for path in sorted(folder.rglob("*.jsonl")):
        with open(path, "rb") as file:
            for line in file:
                json.loads(line)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == [CHILD]:
        run_child(Path(sys.argv[2]))
        return
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--line-kilobytes", type=int, default=24, help="the longest line of a tool's output")
    options.add_argument(
        "--folder", type=Path, default=None, help="where the corpus is made; a temporary one if not given"
    )
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        home = Path(name)
        calls, output = make(home / "corpus", given.megabytes, given.line_kilobytes << 10)
        size = sum(path.stat().st_size for path in (home / "corpus").rglob("*.jsonl"))
        megabytes = size / 1e6
        plain = loads(home / "corpus")
        first, second = measured(home), measured(home)
        assert (first["calls"], first["output"]) == (calls, output), (first, calls, output)
        assert (second["calls"], second["output"]) == (0, output)
        print(f"corpus           {megabytes:9.0f} MB, {calls:,} calls, {size / calls / 1000:.1f} KB a call")
        print(f"json.loads       {megabytes / plain:9.0f} MB/s  {plain:.2f} s")
        print(
            f"first import     {megabytes / first['seconds']:9.0f} MB/s  {first['seconds']:.2f} s   (target: 300 MB/s)"
        )
        print(f"  of it          {calls / first['seconds']:9,.0f} records/s")
        print(f"  peak memory    {first['peak_mb']:9.0f} MB    (target: under 200)")
        print(f"  ratio          {plain / first['seconds']:9.2f} times json.loads")
        print(
            f"second import    {second['seconds']:9.3f} s, {second['process']:.3f} s with its start   (target: 0.3 s)"
        )


if __name__ == "__main__":
    main()
