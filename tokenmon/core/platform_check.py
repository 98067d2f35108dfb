"""What a test call of a platform found. Apart from the proxy, which makes the call, so that others can show it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How the test ended; `message` says it in words, `hint` what to do, `milliseconds` how long the call took."""

    ok: bool
    message: str
    hint: str | None = None
    status: int | None = None
    milliseconds: int | None = None


# Tests the platform of a name; TokenmonError when it cannot even be tried.
PlatformCheck = Callable[[str], CheckResult]
