"""The stored snapshots: one compressed SVG each, the same cells giving the same bytes."""

import gzip
import os
from pathlib import Path

from tests.tui.cells import differences, read_cells

FOLDER = Path(__file__).parent / "snapshots"
# Set by `make snapshots`: what is drawn now is what shall be drawn.
IS_ACCEPTING = bool(os.environ.get("ACCEPT_SNAPSHOTS"))
ACCEPT = "make snapshots"


def snapshot_path(name: str) -> Path:
    """Where a snapshot is kept."""
    return FOLDER / f"{name}.svgz"


def check_snapshot(name: str, svg: str, new_folder: Path) -> None:
    """Fail, in words, where a picture differs from its snapshot; or keep it as such where that is wanted."""
    path = snapshot_path(name)
    old = gzip.decompress(path.read_bytes()).decode() if path.exists() else None
    words = ["there is no such snapshot yet"] if old is None else differences(read_cells(old), read_cells(svg))
    if not words:
        return
    if IS_ACCEPTING:
        FOLDER.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(svg.encode(), mtime=0))
        return
    new = new_folder / f"{name}.svg"
    new.write_text(svg, encoding="utf-8")
    if old is not None:
        (new_folder / f"{name}.old.svg").write_text(old, encoding="utf-8")
    said = [f"{name}: {words[0]}", *words[1:], f"as it is now: {new}", f"if that is right: {ACCEPT}"]
    raise AssertionError("\n".join(said))
