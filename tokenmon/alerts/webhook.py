"""The webhook: one JSON POST to the address in the configuration, to where its name resolves and nowhere else.

Apart from `deliver.py` because this file speaks HTTP and knows nothing of quotas. A webhook's URL is a secret (its
path often holds a token), so messages name the host alone.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenmon import __version__
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError

if TYPE_CHECKING:
    import httpx

# Statuses below 500 that ask to try again: time-out, too early, too many requests.
PASSING_STATUSES = frozenset({408, 425, 429})
# IPv4 inside IPv6: a translator on the way turns these into the plain address.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# A network's own translation (RFC 8215), whose length only that network knows, and a form that is used no more
# (RFC 4291, 2.5.5.1): no webhook of the open internet is there.
NEVER_PUBLIC = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery may take: the whole of a try, and the waits before the second and later ones.

    `sleep` may raise TemporaryError to give up.
    """

    try_seconds: float
    waits: tuple[float, ...]
    sleep: Sleep = time.sleep


LONG = Patience(10.0, (1.0, 4.0))
# Where somebody waits for a command.
SHORT = Patience(2.0, ())


def post_json(url: str, content: Mapping[str, object], *, allow_private: bool, patience: Patience = LONG) -> None:
    """POST JSON to a webhook; it is delivered when this returns.

    Tries again while the failure may pass and patience lasts, then TemporaryError; TokenmonError at once when the
    webhook refuses; ConfigError when the URL is unusable or leads to a private address that is not allowed.
    Redirects are never followed.
    """
    for seconds in patience.waits:
        try:
            _post_within(patience.try_seconds, url, content, allow_private=allow_private)
        except TemporaryError:
            patience.sleep(seconds)
        else:
            return
    _post_within(patience.try_seconds, url, content, allow_private=allow_private)


def _post_within(seconds: float, url: str, content: Mapping[str, object], *, allow_private: bool) -> None:
    """One try that is given up after a time, whatever it waits for; nothing else bounds looking up a name."""
    outcome: Future[None] = Future()

    def post() -> None:
        try:
            _post_once(url, content, allow_private=allow_private, timeout_seconds=seconds)
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    threading.Thread(target=post, name="webhook", daemon=True).start()
    try:
        outcome.result(seconds)
    except TimeoutError:
        raise TemporaryError("the webhook did not answer in time") from None


def _post_once(url: str, content: Mapping[str, object], *, allow_private: bool, timeout_seconds: float) -> None:
    # Imported late: 100 ms that only a due alert needs.
    import httpx

    target = _parsed(url)
    host = target.raw_host.decode("ascii")
    address = resolved_address(host, target.port or _default_port(target), allow_private=allow_private)
    # The name is looked up once and the checked address connected to: a second answer of the name server cannot
    # lead elsewhere. The certificate is still checked against the name.
    request = httpx.Request(
        "POST",
        target.copy_with(host=str(address)),
        json=content,
        headers={"host": target.netloc.decode("ascii").rpartition("@")[2], "user-agent": f"tokenmon/{__version__}"},
        extensions={"sni_hostname": host, "timeout": httpx.Timeout(timeout_seconds).as_dict()},
    )
    try:
        # An HTTP proxy from the environment would do the look-up again, out of our sight.
        with httpx.Client(trust_env=False, verify=httpx.create_ssl_context()) as client:
            response = client.send(request, stream=True, follow_redirects=False)
            response.close()
    except httpx.TimeoutException as error:
        raise TemporaryError(f"the webhook at {host} did not answer in time") from error
    except httpx.HTTPError as error:
        raise TemporaryError(f"the webhook at {host} cannot be reached: {_reason(error)}") from error
    _check_status(response.status_code, host)


def _check_status(status: int, host: str) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in PASSING_STATUSES:
        raise TemporaryError(f"the webhook at {host} answered {status}")
    if 300 <= status < 400:
        raise TokenmonError(
            f"the webhook at {host} answered {status}; redirects are not followed",
            hint="tokenmon config set alerts.webhook_url URL, with the address it redirects to",
        )
    raise TokenmonError(f"the webhook at {host} refused the alert with {status}", hint="check alerts.webhook_url")


def _parsed(url: str) -> "httpx.URL":
    import httpx

    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise _unusable() from error
    if target.scheme not in ("http", "https") or not target.host:
        raise _unusable()
    return target


def _unusable() -> ConfigError:
    return ConfigError(
        "alerts.webhook_url is not an http or https URL",
        hint="tokenmon config set alerts.webhook_url https://example.com/hook",
    )


def _default_port(target: "httpx.URL") -> int:
    return 443 if target.scheme == "https" else 80


def _reason(error: Exception) -> str:
    return str(error).lower() or type(error).__name__


def resolved_address(host: str, port: int, *, allow_private: bool) -> Address:
    """The address to connect to; ConfigError when the name leads to any address that is not public.

    A name with one public and one private address is refused whole: which one is used would be chance.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TemporaryError(f"the webhook's host {host} cannot be resolved") from error
    addresses = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not allow_private and any(not is_public(address) for address in addresses):
        raise ConfigError(
            f"the webhook's host {host} is a private or local address",
            hint="if that is meant: tokenmon config set alerts.webhook_allow_private true",
        )
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, also when it is written inside an IPv6 address."""
    if any(address in network for network in NEVER_PUBLIC):
        return False
    embedded = _embedded(address)
    if embedded is not None:
        return is_public(embedded)
    return address.is_global and not address.is_multicast


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
