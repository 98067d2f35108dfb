"""What the proxy costs, as ratios against nginx and against no proxy at all, measured in one run.

    python benchmarks/proxy.py [--seconds 5] [--connections 16]

Starts a fast fake provider, nginx (when it is installed), and the proxy with recording, key check and quotas on;
prints requests/s, CPU per request, added latency, streams/s and memory. All processes share the machine's cores, so
only the ratios mean something elsewhere.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = sys.executable
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def start_upstream() -> tuple[subprocess.Popen[str], int]:
    """The fake provider and its port."""
    process = subprocess.Popen([PYTHON, str(HERE / "upstream.py")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def start_nginx(folder: Path, upstream: int) -> tuple[subprocess.Popen[str], int] | None:
    """nginx with one worker in front of the fake provider, and its port; None where it is not installed."""
    binary = shutil.which("nginx")
    if binary is None:
        return None
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
        daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            keepalive_requests 100000000;
            upstream provider {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
            server {{ listen 127.0.0.1:{port};
                location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
                              proxy_buffering off; }} }}
        }}""")
    process = subprocess.Popen([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], text=True)
    wait_for(port)
    return process, port


def free_port() -> int:
    """A port that nothing listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> float:
    """Wait until something listens; the seconds it took."""
    import socket

    started = time.perf_counter()
    while time.perf_counter() - started < 20:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return time.perf_counter() - started
    raise SystemExit(f"nothing listens on port {port}")


def tokenmon(home: Path, *arguments: str, text: str | None = None) -> str:
    """Run a tokenmon command in a home of its own and return what it prints."""
    command = [PYTHON, "-m", "tokenmon", *arguments]
    environment = {**os.environ, "TOKENMON_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    return subprocess.run(command, env=environment, input=text, text=True, check=True, capture_output=True).stdout


def start_proxy(home: Path, upstream: int) -> tuple[subprocess.Popen[str], int, str, float]:
    """The proxy with a platform, a stored key, a quota and a client key; its port, the key, the seconds to listen."""
    tokenmon(
        home, "platform", "add", "bench", "--provider", "openai", "--base-url", f"http://127.0.0.1:{upstream}/v1",
        "--key-stdin", "--quota", "100000 USD", text="sk-benchmark-key-0001\n",
    )  # fmt: skip
    key = json.loads(tokenmon(home, "key", "create", "load", "--json"))["key"]
    port = free_port()
    environment = {**os.environ, "TOKENMON_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    process = subprocess.Popen(
        [PYTHON, "-m", "tokenmon", "proxy", "--port", str(port)], env=environment, text=True, stderr=subprocess.DEVNULL
    )
    return process, port, key, wait_for(port)


def put_load(port: int, path: str, **options: object) -> dict[str, float]:
    """Run the load generator once and return its figures."""
    command = [PYTHON, str(HERE / "load.py"), "--port", str(port), "--path", path]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if figures["failed"]:
        raise SystemExit(f"{figures['failed']} of {figures['count']} requests on {path} failed")
    return figures


def row(name: str, figures: dict[str, float], cpu: float, unit: str = "requests") -> None:
    """Print one line of figures."""
    per_call = cpu / figures["count"] * 1e6
    print(
        f"{name:34} {figures['per_second']:10,.0f} {unit}/s {per_call:8.1f} us CPU each"
        f"   median {figures['median'] * 1e3:7.3f} ms   p99 {figures['p99'] * 1e3:7.3f} ms"
    )


def measured(load: Callable[[], dict[str, float]], pid: int) -> tuple[dict[str, float], float]:
    """Figures of a load and the CPU time that a process spent meanwhile."""
    before = cpu_seconds(pid)
    figures = load()
    return figures, cpu_seconds(pid) - before


def main() -> None:
    """Run every measurement and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--requests", type=int, default=0, help="a soak of this many requests, for the memory")
    options = parser.parse_args()
    running: list[subprocess.Popen[str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            upstream, upstream_port = start_upstream()
            running.append(upstream)
            nginx = start_nginx(folder, upstream_port)
            if nginx is not None:
                running.append(nginx[0])
            proxy, port, key, start_seconds = start_proxy(folder / "home", upstream_port)
            running.append(proxy)
            compare(options, upstream_port, nginx, (proxy.pid, port, key))
            print(f"start to listening: {start_seconds:.2f} s; memory: {memory_mb(proxy.pid):.0f} MB")
            if options.requests:
                put_load(port, "/bench/v1/chat/completions", key=key, requests=options.requests, seconds=3600)
                print(f"memory after {options.requests:,} more requests: {memory_mb(proxy.pid):.0f} MB")
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(30)


def compare(
    options: argparse.Namespace,
    upstream_port: int,
    nginx: tuple[subprocess.Popen[str], int] | None,
    proxy: tuple[int, int, str],
) -> None:
    """Measure plain calls, streams and latency at the provider, at nginx and at the proxy, and print them."""
    direct, path = "/v1/chat/completions", "/bench/v1/chat/completions"
    pid, port, key = proxy
    shape = {"seconds": options.seconds, "connections": options.connections}
    put_load(port, path, key=key, seconds=1, connections=options.connections)
    plain, cpu = measured(lambda: put_load(port, path, key=key, **shape), pid)
    row("proxy, recording", plain, cpu)
    if nginx is not None:
        worker = int(subprocess.check_output(["pgrep", "-P", str(nginx[0].pid)], text=True).split()[0])
        peer, peer_cpu = measured(lambda: put_load(nginx[1], direct, **shape), worker)
        row("nginx, one worker", peer, peer_cpu)
        print(f"ratio of requests/s to nginx: {plain['per_second'] / peer['per_second']:.2f}")
    streams, cpu = measured(lambda: put_load(port, path, key=key, stream=True, **shape), pid)
    row("proxy, streams of 50 chunks", streams, cpu, "streams")
    bare_streams = put_load(upstream_port, direct, stream=True, **shape)
    print(f"ratio of streams/s to no proxy: {streams['per_second'] / bare_streams['per_second']:.2f}")
    one = {"seconds": options.seconds / 2, "connections": 1}
    bare, through = put_load(upstream_port, direct, **one), put_load(port, path, key=key, **one)
    print(f"added latency, one connection: {(through['median'] - bare['median']) * 1e3:.3f} ms (median)")
    slow = {"seconds": 3, "connections": 1, "stream": True}
    bare = put_load(upstream_port, "/slow/v1/chat/completions", **slow)
    through = put_load(port, "/bench/slow/v1/chat/completions", key=key, **slow)
    added = (through["first_median"] - bare["first_median"]) * 1e3
    print(f"added to a slow stream's first chunk: {added:.3f} ms (median)")


if __name__ == "__main__":
    main()
