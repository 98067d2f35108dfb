"""Routes of platforms: list, add, read, replace, remove. A key goes in and never comes out."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from tokenmon.analytics.platform_state import read_state, state_json
from tokenmon.api.access import Manager, Reader
from tokenmon.api.platform_body import NewPlatform, PlatformBody, add, replace_settings, shown
from tokenmon.api.surroundings import SessionOf

router = APIRouter(prefix="/api/platforms", tags=["platforms"])


@router.get("", summary="List the platforms.")
def list_platforms(session: SessionOf, _: Reader) -> list[dict[str, Any]]:
    """Every platform, by name."""
    return [shown(platform) for platform in session.store.platforms()]


@router.post("", status_code=201, summary="Add a platform.")
def add_platform(
    session: SessionOf, _: Manager, body: Annotated[NewPlatform, Body()], response: Response
) -> dict[str, Any]:
    """409 when the name is taken. The answer holds the key's last four characters only."""
    add(body, session)
    response.headers["location"] = f"/api/platforms/{body.name}"
    return shown(session.store.platform(body.name))


@router.get("/{name}", summary="Show a platform.")
def show_platform(session: SessionOf, _: Reader, name: str) -> dict[str, Any]:
    """With `health` (how its calls of the last hour and day went) and `headroom` (what is left of its rate limits).

    404 names the nearest platform.
    """
    platform = session.store.platform(name)
    return {**shown(platform), **state_json(read_state(session.store, platform, now=session.now()))}


@router.put("/{name}", summary="Replace a platform's settings.")
def replace_platform(
    session: SessionOf, _: Manager, name: str, body: Annotated[PlatformBody, Body()]
) -> dict[str, Any]:
    """All settings are replaced, those left out by their defaults; the stored key stays unless `key` is given."""
    replace_settings(name, body, session)
    return shown(session.store.platform(name))


@router.delete("/{name}", status_code=204, summary="Remove a platform.")
def remove_platform(session: SessionOf, _: Manager, name: str) -> Response:
    """The platform and its key go; its records stay."""
    session.store.remove_platform(name)
    return Response(status_code=204)
