"""`docs/providers.md` is what the script makes of the registry and the endpoint tables."""

import runpy
from pathlib import Path

from tokenmon.providers.registry import PROVIDERS
from tokenmon.providers.routes import ROUTES

ROOT = Path(__file__).parents[2]


def test_the_page_equals_what_the_script_emits() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "providers.py"))["page"]()

    assert (ROOT / "docs" / "providers.md").read_text(encoding="utf-8") == page


def test_the_page_names_every_provider_and_family() -> None:
    names = runpy.run_path(str(ROOT / "scripts" / "providers.py"))
    page = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")

    assert [name for name in PROVIDERS if f"| `{name}` |" not in page] == []
    assert set(names["FAMILIES"]) == set(ROUTES)
