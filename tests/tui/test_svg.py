"""Pictures: small, without links, and right in every cell whatever the fonts of who looks at them."""

import asyncio
import re
import xml.etree.ElementTree as ElementTree

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.tui.sample import call
from tokenmon.session import Session
from tokenmon.tui.picture import take_picture
from tokenmon.tui.svg import exact_svg, framed_svg, slim_svg
from tokenmon.tui.theme import DARK, LIGHT


def exported(words: str) -> str:
    """A picture of some words as Rich writes it."""

    class Words(App[None]):
        def compose(self) -> ComposeResult:
            yield Static(words, markup=False)

    async def run() -> str:
        app = Words()
        async with app.run_test(size=(30, 4)):
            return app.export_screenshot(title="words")

    return asyncio.run(run())


def placed(svg: str) -> dict[str, tuple[str, str]]:
    """Where each text begins and how long it is."""
    found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return {str(one.text): (one.attrib["x"], one.attrib["textLength"]) for one in found if "textLength" in one.attrib}


def test_a_picture_is_an_svg_that_names_no_other_place_and_is_small() -> None:
    rich = exported("words & <signs>")

    svg = slim_svg(rich)

    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "@font-face" not in svg
    assert len(svg) < len(rich) / 2


def test_the_same_cells_give_the_same_bytes() -> None:
    assert slim_svg(exported("words")) == slim_svg(exported("words"))


def test_broad_signs_and_signs_of_other_fonts_stand_in_their_own_cells() -> None:
    svg = exact_svg(slim_svg(exported("ab日本cd──ef<&")))

    assert placed(svg) == {
        "ab": ("0", "24.4"), "日本": ("24.4", "48.8"), "cd": ("73.2", "24.4"), "──": ("97.6", "24.4"),
        "ef<&": ("122", "48.8"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sign", "path"),
    [
        ("██", "M0 1.5h24.4v24.4h-24.4z"),
        ("▁▁", "M0 22.8h24.4v3h-24.4z"),
        ("▌▌", "M0 1.5h6.1v24.4h-6.1zM12.2 1.5h6.1v24.4h-6.1z"),
        ("▐", "M6.1 1.5h6.1v24.4h-6.1z"),
        ("▀", "M0 1.5h12.2v12.2h-12.2z"),
    ],
)
def test_blocks_are_drawn_as_what_they_fill(sign: str, path: str) -> None:
    svg = exact_svg(slim_svg(exported(sign)))

    assert f'd="{path}"' in svg
    assert sign not in svg


def test_shades_are_shapes_that_let_something_through() -> None:
    svg = exact_svg(slim_svg(exported("░▒▓")))

    assert re.findall(r'fill-opacity="([.\d]+)"', svg) == [".25", ".5", ".75"]


def test_the_window_has_the_colours_of_the_screen_in_it(session: Session) -> None:
    session.store.add([call(1)])

    dark, light = (take_picture(session, screen="overview", size=(80, 24), theme=one.name) for one in (DARK, LIGHT))

    assert f'<rect fill="{DARK.panel}" stroke' in dark
    assert f'<rect fill="{LIGHT.panel}" stroke' in light


def test_the_window_stays_as_it_is_for_colours_that_only_a_terminal_knows() -> None:
    svg = slim_svg(exported("words"))

    assert framed_svg(svg, panel="transparent", ink="ansi_default") == svg
