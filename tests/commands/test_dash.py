"""`tokenmon dash` without its screen: one frame, pictures, and uses that are refused before anything is drawn."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.commands.runner import Home, is_one_line_and_a_hint
from tokenmon.tui.tabs import NAMES

# Rich's own plain text is a grey with a touch of green.
NEARLY_GREY = 4
CALL = ("--platform", "work", "--model", "gpt-4o", "--input-tokens", "1000", "--output-tokens", "100")


@pytest.fixture
def used(work: Home) -> Home:
    """A home with one call."""
    assert work.run("report", *CALL).code == 0
    return work


def texts(path: Path) -> str:
    """The words of a picture."""
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg")
    return "\n".join("".join(one.itertext()).replace("\xa0", " ") for one in root.iter() if one.tag.endswith("text"))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--json",),
        ("--width", "80"),
        ("--period", "7d"),
        ("--once", "--screen", "trends"),
        ("--once", "--screenshot", "picture.svg"),
        ("--screen", "overveiw", "--screenshot", "picture.svg"),
        ("--screenshot", "picture.svg", "--size", "120"),
        ("--screenshot", "picture.svg", "--size", "39x40"),
        ("--screenshot", "picture.svg", "--size", "120x15"),
        ("--screenshot", "picture.svg", "--size", "401x40"),
        ("--screenshot", "picture.svg", "--size", "99999x99999"),
        ("--once", "--period", "soon"),
        ("--serve", "--once"),
        ("--serve", "--screenshot", "picture.svg"),
        ("--port", "8000"),
    ],
)
def test_a_wrong_use_is_one_line_with_a_hint(
    used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)

    done = used.run("dash", *arguments)

    assert done.code == 2
    assert done.out == ""
    assert is_one_line_and_a_hint(done)
    assert not (tmp_path / "picture.svg").exists()


@pytest.mark.parametrize("width", ["39", "401", "wide"])
def test_a_width_that_no_frame_has_is_refused(used: Home, width: str) -> None:
    assert used.run("dash", "--once", "--width", width).code == 2


def test_a_misspelt_screen_is_told_by_the_nearest(used: Home) -> None:
    done = used.run("dash", "--screen", "overveiw", "--screenshot", "-")

    assert "there is no screen 'overveiw'" in done.err
    assert "did you mean overview?" in done.err


@pytest.mark.parametrize("screen", NAMES)
@pytest.mark.parametrize("size", ["40x16", "80x24", "120x40"])
def test_a_picture_of_each_screen_is_written_at_each_size(used: Home, tmp_path: Path, screen: str, size: str) -> None:
    path = tmp_path / "picture.svg"

    done = used.run("dash", "--screen", screen, "--screenshot", str(path), "--size", size)

    assert (done.code, done.out) == (0, "")
    assert done.err.strip() == f"wrote a picture of the {screen} screen to {path}"
    assert "live" in texts(path)
    assert not re.search(r"@font-face|url\(http|href=", path.read_text())


@pytest.mark.parametrize(
    "surroundings",
    [{"TERM": "dumb"}, {"TERM": ""}, {"TERM": "xterm-256color"}, {"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"LC_ALL": "C"}],
)
def test_a_picture_needs_no_terminal(
    used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, surroundings: dict[str, str]
) -> None:
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "picture.svg"

    assert used.run("dash", "--screenshot", str(path)).code == 0

    assert "gpt-4o" in texts(path)
    assert "╭" in texts(path)


def has_colours(path: Path) -> bool:
    """Whether any word of the picture is neither black nor white nor grey."""
    found = re.findall(r"-r\d+ \{ fill: #([0-9a-f]{6})", path.read_text())
    parts = [[int(one[at : at + 2], 16) for at in (0, 2, 4)] for one in found]
    return any(max(one) - min(one) > NEARLY_GREY for one in parts)


@pytest.mark.parametrize(("value", "is_coloured"), [(None, True), ("", True), ("1", False)])
def test_no_color_takes_the_colours_out_unless_it_is_empty(
    used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, is_coloured: bool
) -> None:
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    path = tmp_path / "picture.svg"

    assert used.run("dash", "--screenshot", str(path)).code == 0

    assert has_colours(path) == is_coloured


def test_a_picture_goes_to_stdout(used: Home) -> None:
    done = used.run("dash", "--screenshot", "-")

    assert done.out.startswith("<svg")
    assert done.err == ""


def test_a_picture_that_cannot_be_written_is_said(used: Home, tmp_path: Path) -> None:
    done = used.run("dash", "--screenshot", str(tmp_path / "none" / "picture.svg"))

    assert done.code == 1
    assert is_one_line_and_a_hint(done)


@pytest.mark.parametrize("arguments", [("--screenshot", "picture.svg"), ("--serve", "--port", "0")])
@pytest.mark.parametrize(
    ("name", "value", "error", "hint"),
    [
        ("THEME", "tokenmon-dakr", "there is no theme 'tokenmon-dakr'", "did you mean tokenmon-dark?"),
        ("KEYS", "puase=f9", "there is no binding 'puase'", "did you mean pause?"),
        ("KEYS", "pause=f99", "there is no key 'f99'", "did you mean f9?"),
        ("KEYS", "pause=q", "pause and quit are both on q", "pause=f9"),
        ("KEYS", "pause", "dash.keys must be pairs such as pause=f9", "unset TOKENMON_DASH_KEYS"),
    ],
)
def test_a_theme_or_a_key_that_cannot_be_is_said_at_start(
    used: Home,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    name: str,
    value: str,
    error: str,
    hint: str,
) -> None:
    monkeypatch.setenv(f"TOKENMON_DASH_{name}", value)

    done = used.run("dash", *arguments)

    assert done.code == 2
    assert is_one_line_and_a_hint(done)
    assert error in done.err
    assert hint in done.err


def test_a_theme_of_textual_is_known(used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_DASH_THEME", "nord")

    assert used.run("dash", "--screenshot", str(tmp_path / "picture.svg")).code == 0


def test_one_frame_as_json_and_as_text_tell_the_same_call(used: Home) -> None:
    content = used.run("dash", "--once", "--json").json
    frame = used.run("dash", "--once", "--width", "100").out

    assert content["today"]["requests"] == len(content["calls"]) == 1
    assert "gpt-4o" in frame
    assert max(map(len, frame.splitlines())) <= 100


def test_a_dumb_terminal_is_sent_to_one_frame(used: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.output.has_screen", lambda: True)
    monkeypatch.setenv("TERM", "dumb")

    done = used.run("dash")

    assert done.code == 2
    assert "TERM=dumb" in done.err
    assert "tokenmon dash --once" in done.err
