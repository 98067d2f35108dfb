"""What the dashboard costs while nothing happens, and how soon a call that another process stores is on its screen.

    python benchmarks/dashboard_live.py --calls 20000

Linux alone: the time is read from /proc, and the dashboard runs on a pseudo-terminal.
"""

import argparse
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fcntl import ioctl
from pathlib import Path

from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.session import open_session
from tokenmon.storage.store import Store

CALLS_TO_WAIT_FOR = 8
SETTLE_SECONDS, IDLE_SECONDS, WAIT_SECONDS = 6.0, 30.0, 20.0
COMMAND = (sys.executable, "-m", "tokenmon")


def record(at: datetime, name: str, model: str) -> UsageRecord:
    """One call."""
    return UsageRecord(
        id=identified_id(at, "openai", name), occurred_at=at, platform="work", provider_name="openai",
        operation_name="chat", source="proxy", request_model=model, status=200, usage=TokenUsage(1200, 300),
        usage_source="provider", cost=Decimal("0.0123"), cost_source="catalogue", latency_ms=900,
    )  # fmt: skip


def fill(store: Store, calls: int) -> None:
    """Store so many calls over the last month."""
    now = datetime.now(UTC)
    store.add([record(now - timedelta(minutes=2 * one + 1), f"call-{one}", f"model-{one % 9}") for one in range(calls)])


def read_for(terminal: int, seconds: float, wanted: bytes = b"") -> float | None:
    """Read what is drawn; the seconds until a text was in it, None when it was not."""
    seen, begun = b"", time.perf_counter()
    while (left := begun + seconds - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                seen = (seen + os.read(terminal, 65536))[-131072:]
            except OSError:
                # The dashboard has gone.
                return None
            if wanted and wanted in seen:
                return time.perf_counter() - begun
    return None


def cpu_seconds(pid: int) -> float:
    """The processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(store: Store, calls: int) -> None:
    """Print both."""
    fill(store, calls)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "dash"], {**os.environ, "TERM": "xterm-256color"})
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    read_for(terminal, SETTLE_SECONDS)
    before = cpu_seconds(pid)
    read_for(terminal, IDLE_SECONDS)
    print(f"idle: {100 * (cpu_seconds(pid) - before) / IDLE_SECONDS:.2f} % of a core over {IDLE_SECONDS:.0f} s")
    for number in range(CALLS_TO_WAIT_FOR):
        # Not in step with the dashboard's own timer.
        read_for(terminal, 1 + number / 10)
        store.add([record(datetime.now(UTC), f"new-{number}", f"far-{number}-away")])
        seconds = read_for(terminal, WAIT_SECONDS, f"far-{number}-away".encode())
        print("live: not seen" if seconds is None else f"live: on screen {seconds:.2f} s after it was stored")
    os.write(terminal, b"q")
    read_for(terminal, 1)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    wanted_calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as home:
        os.environ["TOKENMON_HOME"] = home
        with open_session() as session:
            measure(session.store, wanted_calls)
