"""What the dashboard costs while nothing happens, and how soon a call that another process stores is on its screen.

    python benchmarks/dashboard.py --calls 20000

Linux alone: the time is read from /proc, and the dashboard runs on a pseudo-terminal.
"""

import argparse
import os
import pty
import select
import struct
import subprocess
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

SETTLE_SECONDS, IDLE_SECONDS, WAIT_SECONDS = 6.0, 30.0, 20.0
COMMAND = (sys.executable, "-m", "tokenmon")


def fill(calls: int) -> None:
    """Store so many calls over the last month."""
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=2 * number + 1) for number in range(calls)]
    with open_session() as session:
        session.store.add([
            UsageRecord(
                id=identified_id(at, "openai", f"call-{number}"), occurred_at=at, platform="work",
                provider_name="openai", operation_name="chat", source="proxy", request_model=f"model-{number % 9}",
                status=200, usage=TokenUsage(1200, 300), usage_source="provider", cost=Decimal("0.0123"),
                cost_source="catalogue", latency_ms=900,
            )
            for number, at in enumerate(moments)
        ])  # fmt: skip


def read_for(terminal: int, seconds: float, wanted: bytes = b"") -> float | None:
    """Read what is drawn; the seconds until a text was in it, None when it was not."""
    seen, begun = b"", time.perf_counter()
    while (left := begun + seconds - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left)[0]:
            seen = (seen + os.read(terminal, 65536))[-131072:]
            if wanted and wanted in seen:
                return time.perf_counter() - begun
    return None


def cpu_seconds(pid: int) -> float:
    """The processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(calls: int) -> None:
    """Print both."""
    fill(calls)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "dash"], {**os.environ, "TERM": "xterm-256color"})
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    read_for(terminal, SETTLE_SECONDS)
    before = cpu_seconds(pid)
    read_for(terminal, IDLE_SECONDS)
    print(f"idle: {100 * (cpu_seconds(pid) - before) / IDLE_SECONDS:.2f} % of a core over {IDLE_SECONDS:.0f} s")
    options = ("--platform", "work", "--model", "far-away", "--input-tokens", "9", "--output-tokens", "1")
    subprocess.run([*COMMAND, "platform", "add", "work", "--provider", "openai", "--no-key"], check=True)
    for _ in range(5):
        subprocess.run([*COMMAND, "report", *options], check=True, stdout=subprocess.DEVNULL)
        seconds = read_for(terminal, WAIT_SECONDS, b"far-away")
        print("live: not seen" if seconds is None else f"live: on screen {seconds:.2f} s after the command ended")
        read_for(terminal, 2)
    os.write(terminal, b"q")
    os.waitpid(pid, 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    wanted_calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as home:
        os.environ["TOKENMON_HOME"] = home
        measure(wanted_calls)
