"""Who may see the dashboard in a browser: values in, a verdict out.

Apart from the server so that every rule can be read, and tested, without one.
"""

import hmac
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: a status and a text for the person before the browser."""

    status: int
    text: str


WRONG_HOST = Refusal(
    421, "This address does not name the dashboard. Open the one that `tokenmon dash --serve` printed.\n"
)
FOREIGN_PAGE = Refusal(403, "Another page's requests are not answered.\n")
NO_TOKEN = Refusal(
    401,
    "The dashboard is shown only with its token, which is new at each start.\n"
    "Paste the whole address that `tokenmon dash --serve` printed into the address bar: "
    "it ends with ?token= and the token.\n",
)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server: its token, and the port under which it may be named."""

    token: str
    port: int

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers send cookies to every port, so each server has a name of its own."""
        return f"tokenmon-{self.port}"

    def is_token(self, secret: str | None) -> bool:
        """Whether a secret is the token, found in a time that tells nothing of it."""
        return secret is not None and hmac.compare_digest(secret.encode("utf-8", "replace"), self.token.encode())

    def refusal(
        self, hosts: list[str], origins: list[str], secrets: list[str | None], *, needs_origin: bool
    ) -> Refusal | None:
        """Why a request with these headers and secrets is refused; None if it is not.

        The host is looked at first: a page that reached this machine under a name of its own learns nothing more.
        """
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts():
            return WRONG_HOST
        if (origins or needs_origin) and origins != [f"http://{hosts[0].lower()}"]:
            return FOREIGN_PAGE
        return None if any(self.is_token(secret) for secret in secrets) else NO_TOKEN

    def _hosts(self) -> set[str]:
        names = (ADDRESS, "localhost")
        # Browsers leave out the port that is HTTP's own.
        bare = names if self.port == HTTP_PORT else ()
        return {*(f"{name}:{self.port}" for name in names), *bare}
