"""What an import costs, against the plainest reading of the same bytes in the same run.

    python benchmarks/imports.py [--kind logs|csv|jsonl] [--megabytes N] [--line-kilobytes N] [--folder DIR]

`logs`: a corpus of Claude Code sessions (half of the lines that state usage repeat a call, as in real ones; the rest
are what users and tools said), against `json.loads` of every line. `csv`: one file as OpenRouter exports its activity,
against `csv.reader`. `jsonl`: tokenmon's own export of the same calls, against `json.loads`. Each is imported into a
new database, and again. Each import is a process of its own, so that its peak memory (that of its reading process
added) and its start count. CPU seconds are those of all processes. Compare the ratios, not the machine.
"""

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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


def activity(number: int, random_: random.Random) -> dict[str, Any]:
    """A row of OpenRouter's activity, with the columns that it has."""
    at = START + timedelta(seconds=7 * number)
    return {
        "generation_id": f"gen-{1_750_000_000 + number}-{number:020x}",
        "created_at": at.strftime("%Y-%m-%d %H:%M:%S.") + f"{number % 1000:03d}",
        "cost_total": f"{random_.random() / 100:.8f}", "cost_web_search": "0", "cost_cache": "0",
        "cost_file_processing": "0", "byok_usage_inference": "0",
        "tokens_prompt": random_.randrange(100, 30_000), "tokens_completion": random_.randrange(1, 2000),
        "tokens_reasoning": 0, "tokens_cached": random_.randrange(100),
        "model_permaslug": random_.choice(("anthropic/claude-sonnet-4.5", "openai/gpt-5", "google/gemini-2.5-flash")),
        "provider_name": random_.choice(("Anthropic", "OpenAI", "Google")), "variant": "standard",
        "cancelled": "false", "streamed": "true", "user": "", "finish_reason_raw": "stop",
        "finish_reason_normalized": "stop", "generation_time_ms": random_.randrange(500, 20_000),
        "time_to_first_token_ms": random_.randrange(100, 900), "app_name": "my-app",
        "api_key_name": f"key-{number % 5}",
    }  # fmt: skip


def make_csv(folder: Path, megabytes: int) -> tuple[int, int]:
    """OpenRouter's activity; the number of its calls and their output tokens."""
    random_ = random.Random(7)
    folder.mkdir(parents=True)
    calls = output_sum = 0
    with open(folder / "activity.csv", "w", newline="") as file:
        rows = csv.DictWriter(file, list(activity(0, random.Random(0))))
        rows.writeheader()
        while file.tell() < megabytes << 20:
            row = activity(calls, random_)
            rows.writerow(row)
            calls, output_sum = calls + 1, output_sum + row["tokens_completion"]
    return calls, output_sum


def make_jsonl(folder: Path, megabytes: int) -> tuple[int, int]:
    """tokenmon's own export of such calls."""
    from tokenmon.core.record_json import record_json
    from tokenmon.ingest.files.call import RecordMaker
    from tokenmon.ingest.files.openrouter import call_of

    random_ = random.Random(7)
    folder.mkdir(parents=True)
    maker = RecordMaker("import:openrouter", {}, None, datetime.now(UTC))
    calls = output_sum = 0
    with open(folder / "export.jsonl", "w") as file:
        while file.tell() < megabytes << 20:
            row = {name: str(cell) for name, cell in activity(calls, random_).items()}
            found = maker.found(call_of(row), row)
            file.write(json.dumps(record_json(found.record.priced(found.stated, "provider"))) + "\n")
            calls, output_sum = calls + 1, output_sum + int(row["tokens_completion"])
    return calls, output_sum


def run_child(home: Path, kind: str) -> None:
    """One import, measured; printed as JSON."""
    started = time.perf_counter()
    from tokenmon.core.period import Period
    from tokenmon.core.query import Filter
    from tokenmon.session import open_session

    with open_session() as session:
        run = (import_of_logs if kind == "logs" else import_of_file)(session, home / "corpus")
        begun = time.perf_counter()
        added = run()
        ended = time.perf_counter()
        output = session.store.totals(Filter(Period(None, None))).output_tokens
    usages = [resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1024 if sys.platform != "darwin" else 1 << 20
    figures = {
        "seconds": ended - begun, "with_start": ended - started, "calls": added, "output": output,
        "peak_mb": sum(one.ru_maxrss for one in usages) // unit,
        "cpu": sum(one.ru_utime + one.ru_stime for one in usages),
    }  # fmt: skip
    print(json.dumps(figures))


def import_of_logs(session: Any, corpus: Path) -> Callable[[], int]:
    """What imports a corpus of sessions, and says how many calls were new."""
    from tokenmon.commands.import_form import places_of
    from tokenmon.ingest.import_labels import Choices
    from tokenmon.ingest.importing import Importer

    ((tool, roots),) = places_of("claude-code", corpus)
    importer = Importer(session.store, session.recorder, Choices(), machine="bench")
    return lambda: importer.run(tool, roots).added


def import_of_file(session: Any, corpus: Path) -> Callable[[], int]:
    """What imports the one file of a corpus, and says how many calls were new."""
    from tokenmon.ingest.files.importer import Outcome
    from tokenmon.ingest.files.intake import Intake, Wanted

    (path,) = corpus.iterdir()
    intake = Intake(session.store, session.recorder, {}, session.now())

    def run() -> int:
        with open(path, "rb") as stream:
            done = intake.take(stream, path.name, Wanted())
        assert isinstance(done, Outcome)
        return done.added

    return run


def measured(home: Path, kind: str) -> dict[str, float]:
    """What an import in a process of its own took."""
    environment = {**os.environ, "TOKENMON_HOME": str(home / "tokenmon")}
    started = time.perf_counter()
    command = [sys.executable, __file__, CHILD, str(home), kind]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures | {"process": time.perf_counter() - started}


def plain_lines(path: Path) -> Iterator[Any]:
    """`json.loads` of every line."""
    with open(path, "rb") as file:
        yield from map(json.loads, file)


def plain_csv(path: Path) -> Iterator[Any]:
    """Every row by `csv.reader`."""
    with open(path, newline="") as file:
        yield from csv.reader(file)


def plainly(folder: Path, read: Callable[[Path], Iterator[Any]]) -> float:
    """CPU seconds of the plainest reading of all files."""
    started = time.process_time()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for _ in read(path):
            pass
    return time.process_time() - started


def show(kind: str, size: int, calls: int, plain: float, first: dict[str, float], second: dict[str, float]) -> None:
    """Print the figures."""
    megabytes = size / 1e6
    peer = "csv.reader" if kind == "csv" else "json.loads"
    target = "   (target: 300 MB/s)" if kind == "logs" else ""
    again = "   (target: 0.3 s)" if kind == "logs" else ""
    print(f"corpus           {megabytes:9.0f} MB, {calls:,} calls, {size / calls / 1000:.1f} KB a call")
    print(f"{peer:<16} {megabytes / plain:9.0f} MB/s  {plain:.2f} s of one core")
    print(f"first import     {megabytes / first['seconds']:9.0f} MB/s  {first['seconds']:.2f} s{target}")
    print(f"  of it          {calls / first['seconds']:9,.0f} records/s")
    print(f"  of all cores   {first['cpu']:9.2f} s, {first['cpu'] / calls * 1e6:.1f} us a record, start included")
    print(f"  peak memory    {first['peak_mb']:9.0f} MB    (target: under 200)")
    print(f"  ratio          {plain / first['seconds']:9.3f} times {peer}, {plain / first['cpu']:.3f} by CPU time")
    print(f"second import    {second['seconds']:9.3f} s, {second['process']:.3f} s with its start{again}")
    print(f"  of all cores   {second['cpu']:9.2f} s")


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == [CHILD]:
        run_child(Path(sys.argv[2]), sys.argv[3])
        return
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kind", choices=("logs", "csv", "jsonl"), default="logs")
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--line-kilobytes", type=int, default=24, help="the longest line of a tool's output")
    options.add_argument(
        "--folder", type=Path, default=None, help="where the corpus is made; a temporary one if not given"
    )
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        home = Path(name)
        corpus = home / "corpus"
        if given.kind == "logs":
            calls, output = make(corpus, given.megabytes, given.line_kilobytes << 10)
        else:
            calls, output = (make_csv if given.kind == "csv" else make_jsonl)(corpus, given.megabytes)
        size = sum(path.stat().st_size for path in corpus.rglob("*") if path.is_file())
        plain = plainly(corpus, plain_csv if given.kind == "csv" else plain_lines)
        first, second = measured(home, given.kind), measured(home, given.kind)
        assert (first["calls"], first["output"]) == (calls, output), (first, calls, output)
        assert (second["calls"], second["output"]) == (0, output)
        show(given.kind, size, calls, plain, first, second)


if __name__ == "__main__":
    main()
