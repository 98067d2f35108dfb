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


WRONG = [
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
]


def test_a_wrong_use_is_one_line_with_a_hint(used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    for arguments in WRONG:
        done = used.run("dash", *arguments)

        assert done.code == 2, arguments
        assert done.out == "", arguments
        assert is_one_line_and_a_hint(done), arguments
        assert not (tmp_path / "picture.svg").exists(), arguments


def test_a_width_that_no_frame_has_is_refused(used: Home) -> None:
    codes = {width: used.run("dash", "--once", "--width", width).code for width in ("39", "401", "wide")}

    assert codes == {"39": 2, "401": 2, "wide": 2}


def test_a_misspelt_screen_is_told_by_the_nearest(used: Home) -> None:
    done = used.run("dash", "--screen", "overveiw", "--screenshot", "-")

    assert "there is no screen 'overveiw'" in done.err
    assert "did you mean overview?" in done.err


@pytest.mark.parametrize("screen", NAMES)
def test_a_picture_of_each_screen_is_written_at_each_size(used: Home, tmp_path: Path, screen: str) -> None:
    for size in ("40x16", "80x24", "120x40"):
        path = tmp_path / f"{size}.svg"

        done = used.run("dash", "--screen", screen, "--screenshot", str(path), "--size", size)

        assert (done.code, done.out) == (0, ""), size
        assert done.err.strip() == f"wrote a picture of the {screen} screen to {path}"
        assert "live" in texts(path), size
        assert not re.search(r"@font-face|url\(http|href=", path.read_text()), size


def has_colours(path: Path) -> bool:
    """Whether any word of the picture is neither black nor white nor grey."""
    found = re.findall(r"-r\d+ \{ fill: #([0-9a-f]{6})", path.read_text())
    parts = [[int(one[at : at + 2], 16) for at in (0, 2, 4)] for one in found]
    return any(max(one) - min(one) > NEARLY_GREY for one in parts)


# Surroundings, and whether a picture that is taken in them has colours: only `NO_COLOR` with a value takes them out.
SURROUNDINGS: list[tuple[dict[str, str], bool]] = [
    ({"TERM": "dumb"}, True),
    ({"TERM": ""}, True),
    ({"TERM": "xterm-256color"}, True),
    ({"NO_COLOR": "1"}, False),
    ({"NO_COLOR": ""}, True),
    ({"LC_ALL": "C"}, True),
]


def test_a_picture_needs_no_terminal_and_no_color_takes_its_colours_out_unless_it_is_empty(
    used: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.svg"
    for surroundings, is_coloured in SURROUNDINGS:
        path.unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            for name, value in surroundings.items():
                patch.setenv(name, value)
            code = used.run("dash", "--screenshot", str(path)).code

        assert code == 0, surroundings
        assert "gpt-4o" in texts(path), surroundings
        assert "╭" in texts(path), surroundings
        assert has_colours(path) == is_coloured, surroundings


def test_a_picture_goes_to_stdout_and_a_theme_of_textual_is_known(used: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_DASH_THEME", "nord")

    done = used.run("dash", "--screenshot", "-")

    assert done.code == 0
    assert done.out.startswith("<svg")
    assert done.err == ""


def test_a_picture_that_cannot_be_written_is_said(used: Home, tmp_path: Path) -> None:
    done = used.run("dash", "--screenshot", str(tmp_path / "none" / "picture.svg"))

    assert done.code == 1
    assert is_one_line_and_a_hint(done)


# The setting, its value, the error and the hint.
IMPOSSIBLE = [
    ("THEME", "tokenmon-dakr", "there is no theme 'tokenmon-dakr'", "did you mean tokenmon-dark?"),
    ("KEYS", "puase=f9", "there is no binding 'puase'", "did you mean pause?"),
    ("KEYS", "pause=f99", "there is no key 'f99'", "did you mean f9?"),
    ("KEYS", "pause=q", "pause and quit are both on q", "pause=f9"),
    ("KEYS", "pause", "dash.keys must be pairs such as pause=f9", "unset TOKENMON_DASH_KEYS"),
]


@pytest.mark.parametrize("arguments", [("--screenshot", "picture.svg"), ("--serve", "--port", "0")])
def test_a_theme_or_a_key_that_cannot_be_is_said_at_start(
    used: Home, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    for name, value, error, hint in IMPOSSIBLE:
        with monkeypatch.context() as patch:
            patch.setenv(f"TOKENMON_DASH_{name}", value)
            done = used.run("dash", *arguments)

        assert done.code == 2, value
        assert is_one_line_and_a_hint(done), value
        assert error in done.err
        assert hint in done.err


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
