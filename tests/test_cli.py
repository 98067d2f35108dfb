"""The root: what becomes of output that nobody takes, and what is never logged."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alerts.hook import running_hook
from tests.commands.runner import Home
from tokenmon.alerts.webhook import post_json


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
@pytest.mark.parametrize("command", [("config", "show"), ("config", "path"), ("--version",), ("stats", "--help")])
def test_output_to_a_full_device_fails_in_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tokenmon", *command],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env={**os.environ, "TOKENMON_HOME": str(tmp_path)},
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "tokenmon: error: the system refused: no space left on device", "hint: make room, or write elsewhere",
    ]  # fmt: skip


def test_output_to_a_closed_pipe_ends_silently(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "tokenmon", "config", "show"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        env={**os.environ, "TOKENMON_HOME": str(tmp_path)},
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


MODEL = "modèle-日本"


# Commands one after another, each with streams as Python made its own: a process for each takes a second.
SEVERAL = """
import json, sys
from tokenmon.cli import main
commands, folder, codes = json.loads(sys.argv[1]), sys.argv[2], []
made = {name: (stream.encoding, stream.errors) for name, stream in (("out", sys.stdout), ("err", sys.stderr))}
for number, arguments in enumerate(commands):
    files = [open(f"{folder}/{name}-{number}", "w", encoding=one[0], errors=one[1]) for name, one in made.items()]
    sys.argv, (sys.stdout, sys.stderr) = ["tokenmon", *arguments], files
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
    for file in files:
        file.close()
sys.stdout = sys.__stdout__
print(json.dumps(codes))
"""
SHOWING = [("logs",), ("stats", "--by", "model"), ("dash", "--once"), ("--help",)]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_encoding_of_the_streams_refuses_a_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    home = Home(tmp_path / "home", monkeypatch)
    call = {"platform": "x", "provider_name": "openai", "request_model": MODEL, "input_tokens": 1, "output_tokens": 1}
    home.run("report", "-", text=json.dumps(call))
    variables = {**os.environ, "PYTHONIOENCODING": encoding}
    commands = json.dumps([*SHOWING, ("logs", "--json")])

    shown, refused = [
        subprocess.run([sys.executable, *one], capture_output=True, check=False, env=variables)
        for one in (("-c", SEVERAL, commands, str(tmp_path)), ("-m", "tokenmon", "stats", "--by", MODEL))
    ]

    assert shown.returncode == 0, shown.stderr
    assert dict(zip([*SHOWING, "json"], json.loads(shown.stdout), strict=True)) == dict.fromkeys([*SHOWING, "json"], 0)
    assert json.loads((tmp_path / f"out-{len(SHOWING)}").read_bytes())[0]["request_model"] == MODEL
    assert refused.returncode == 2
    assert refused.stderr.decode(encoding).startswith("tokenmon: error: cannot group by ")


CLOSED = {
    "stats >&-": (1, "the system refused: bad file descriptor"),
    "--help >&-": (1, "the system refused: bad file descriptor"),
    "config show --json >&-": (1, "the system refused: bad file descriptor"),
    "report - <&-": (0, "stored 0, known before 0, bad 0"),
    "platform remove work <&-": (2, "nobody can be asked whether to remove it: --yes is needed"),
    "platform add other --provider openai <&-": (2, "no key is given, and nobody can be asked"),
    "platform add other --provider openai --key-stdin <&-": (2, "the key is empty"),
    "config get nothing <&- >&- 2>&-": (2, ""),
}


@pytest.mark.skipif(os.name != "posix", reason="the shell's way to close a stream")
@pytest.mark.parametrize(("line", "wanted"), CLOSED.items(), ids=CLOSED)
def test_a_closed_stream_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, wanted: tuple[int, str]
) -> None:
    home = Home(tmp_path, monkeypatch)
    home.run("platform", "add", "work", "--provider", "openai", "--no-key")
    home.run("report", "--platform", "work", "--model", "m", "--input-tokens", "1", "--output-tokens", "1")

    done = subprocess.run(
        ["sh", "-c", f'"$0" -m tokenmon {line}', sys.executable],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    first = done.stderr.partition("\n")[0].removeprefix("tokenmon: error: ")
    assert (done.returncode, first) == wanted


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_the_path_of_a_webhook_is_never_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    Home(tmp_path, monkeypatch).run("config", "path")
    with running_hook(200) as hook, caplog.at_level(level):
        post_json(hook.url, {"text": "hello"}, allow_private=True)

    assert hook.bodies
    assert "secret-in-url" not in caplog.text
