"""The server: uvicorn's server with the proxy and the HTTP API on one port, and what runs beside them."""

import asyncio
import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from tokenmon import __version__, paths
from tokenmon.alerts.deliver import evaluate_and_deliver
from tokenmon.alerts.webhook import LONG, Patience
from tokenmon.analytics.quotas import QuotaState, quota_headers, quota_states
from tokenmon.config import Settings
from tokenmon.core.platform import Platform
from tokenmon.core.process_state import ProcessState
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError
from tokenmon.ingest.journal import Journal
from tokenmon.ingest.writer import JournalWriter, Unstored
from tokenmon.port import LazyApi, Port
from tokenmon.proxy.app import ProxyApp
from tokenmon.proxy.caller_connection import CallerConnection
from tokenmon.proxy.directory import Directory
from tokenmon.proxy.exchange import Surroundings
from tokenmon.proxy.gate import Gate, is_loopback
from tokenmon.proxy.headroom_watch import HeadroomWatch
from tokenmon.proxy.labels import Headers
from tokenmon.proxy.pool import ConnectionPool
from tokenmon.proxy.tap import TapCounters
from tokenmon.proxy.tasks import spawn
from tokenmon.session import Session, open_session
from tokenmon.tls import check_certificate

logger = logging.getLogger("tokenmon.server")


QUOTA_SECONDS = 2.0
QUOTA_LATEST_SECONDS = 60.0
# A request that is cancelled only has to write its record.
CANCEL_SECONDS = 5.0


class _Server(uvicorn.Server):
    """uvicorn's server with our own signals: both stop gracefully, and nothing is raised again afterwards."""

    received: int | None = None

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _: Any) -> None:
        # A second Ctrl-C does not wait for streams in flight.
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True
        self.received = number


class ProxyServer:
    """The running server: `start` listens, `stop` finishes what is in flight and stores what is journalled."""

    def __init__(
        self,
        settings: Settings,
        *,
        host: str | None = None,
        port: int | None = None,
        tls: tuple[Path, Path] | None = None,
        alert_patience: Patience = LONG,
    ) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._alert_patience = replace(alert_patience, sleep=self._sleep)
        self._delivery: asyncio.Task[None] | None = None
        self._host = host if host is not None else settings.proxy_host
        self._wanted_port = port if port is not None else settings.proxy_port
        self._tls = tls
        self._exit = contextlib.ExitStack()
        self._counters = TapCounters()
        self._quota_headers: dict[str, Headers] = {}
        self._stored = threading.Event()
        self._background: list[asyncio.Task[Any]] = []
        self.server: _Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where the server listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    async def start(self) -> int:
        """Open the database and the journal, listen, and return the port."""
        listener = self._listen()
        self.port = listener.getsockname()[1]
        session = self._exit.enter_context(open_session(settings=self._settings))
        self._session = session
        self._started_at = session.now()
        directory = self._directory = Directory(lambda: session.store, lambda platform: _unseal(session, platform))
        directory.load()
        self._journal = Journal(paths.journal_dir())
        self._writer = JournalWriter(self._journal, session.recorder, on_stored=lambda _: self._stored.set())
        self._writer.start()
        self._writer.wake()
        self._pool = ConnectionPool(connect_timeout_seconds=self._settings.proxy_connect_timeout_seconds)
        self._headroom = HeadroomWatch(session.store.save_headroom)
        around = Surroundings(
            pool=self._pool,
            journal=self._record,
            counters=self._counters,
            read_timeout_seconds=self._settings.proxy_read_timeout_seconds,
            max_body_bytes=self._settings.proxy_max_body_bytes,
            extra_headers=lambda name: self._quota_headers.get(name, []),
            note_head=self._headroom.note,
        )
        gate = Gate.of(
            self._host,
            self.port,
            allowed_hosts=tuple(self._settings.proxy_allowed_hosts),
            allowed_origins=tuple(self._settings.proxy_allowed_origins),
        )
        api = LazyApi(session, self._process_state)
        self._proxy = ProxyApp(directory, around)
        port = Port(gate, self._proxy, api, self._health)
        self.server = _Server(self._uvicorn_config(port))
        self._serving = spawn(self.server.serve(sockets=[listener]), name="server")
        await asyncio.wait(
            {self._serving, spawn(self.server.listening.wait(), name="start")}, return_when="FIRST_COMPLETED"
        )
        if self._serving.done():
            await self._serving
        api.begin()
        self._background.append(spawn(self._watch_quotas(), name="quotas"))
        self._background.append(spawn(self._headroom.run(), name="headroom"))
        return self.port

    def wait_until_stored(self, timeout_seconds: float) -> bool:
        """Whether all that was journalled before the call is in the database, within the time; for other threads."""
        return self._writer.wait_until_stored(timeout_seconds)

    async def wait(self) -> Unstored:
        """Wait until the server was told to stop, and stop; the records that are not in the database then."""
        await self._serving
        return await self._finish()

    async def stop(self) -> Unstored:
        """Finish what is in flight, store what is journalled, and close everything; what is not stored then."""
        if self.server is not None:
            self.server.should_exit = True
        return await self.wait()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._wanted_port))
        except (OSError, OverflowError) as error:
            listener.close()
            reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
            raise ConfigError(
                f"cannot listen on {self._host} port {self._wanted_port}: {reason}",
                hint=f"choose another port: tokenmon proxy --port {min(self._wanted_port + 1, 65535)}",
            ) from None
        listener.setblocking(False)
        return listener

    def _uvicorn_config(self, port: Port) -> uvicorn.Config:
        certificate, key = self._tls or (None, None)
        return uvicorn.Config(
            # Not an ASGI application: the connections hand their requests to it themselves.
            port,
            interface="asgi3",
            http=CallerConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(self._settings.proxy_stop_timeout_seconds),
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )

    def _record(self, line: bytes) -> None:
        self._journal.append_line(line)
        self._writer.wake()

    def _health(self) -> dict[str, object]:
        problem = self._writer.last_problem
        return {
            "status": "degraded" if problem is not None or self._journal.held_back else "ok",
            "version": __version__,
            "journal_backlog_bytes": self._writer.backlog_bytes,
            "journal_failures": self._journal.failures,
            "uncounted_responses": self._counters.failures,
            "problem": problem,
        }

    def _process_state(self) -> ProcessState:
        """What the process knows of itself; from any thread."""
        return ProcessState(
            started_at=self._started_at,
            waiting_records=self._writer.waiting_records,
            backlog_bytes=self._writer.backlog_bytes,
            journal_write_failures=self._journal.failures,
            stored_records=self._writer.stored,
            rejected_records=self._journal.rejected,
            calls_in_flight=self._proxy.calls_in_flight,
            open_websockets=self._proxy.open_websockets,
            uncounted_responses=self._counters.failures,
            refused_requests=dict(self._proxy.refused),
        )

    async def _watch_quotas(self) -> None:
        """Evaluate the quotas after records were stored: the response headers, and the alerts that are due."""
        seen_version, evaluated_at = -1, float("-inf")
        while True:
            version, now = self._directory.snapshot.version, time.monotonic()
            # A changed quota counts like a new record; and months end without either.
            if self._stored.is_set() or version != seen_version or now - evaluated_at > QUOTA_LATEST_SECONDS:
                self._stored.clear()
                seen_version, evaluated_at = version, now
                try:
                    states = await asyncio.to_thread(_quota_states, self._session)
                    self._quota_headers = {state.platform: quota_headers(state) for state in states}
                    # A webhook that does not answer must not hold up the headers.
                    if self._delivery is None or self._delivery.done():
                        work = asyncio.to_thread(_deliver_alerts, self._session, states, self._alert_patience)
                        self._delivery = spawn(work, name="alerts")
                except TokenmonError as error:
                    logger.warning("quotas cannot be evaluated: %s", error.message)
            await asyncio.sleep(QUOTA_SECONDS)

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise TemporaryError("the proxy stops before the next try")

    async def _finish(self) -> Unstored:
        self._stopping.set()
        for task in self._background:
            task.cancel()
        await self._end_requests()
        await self._pool.close()
        # Beside the writer: a database that does not answer holds up the stop once, not twice.
        last_limits = spawn(self._headroom.store(), name="headroom")
        unstored = await asyncio.to_thread(self._writer.stop, timeout_seconds=self._settings.proxy_stop_timeout_seconds)
        await asyncio.wait({last_limits}, timeout=CANCEL_SECONDS)
        if self._delivery is not None:
            # An alert that was not delivered is noted as such in the database.
            await asyncio.wait({self._delivery})
        self._exit.close()
        return unstored

    async def _end_requests(self) -> None:
        """End the requests that a forced or late stop left running: each still journals its record."""
        ends_at = time.monotonic() + CANCEL_SECONDS
        # One that ends can let the next of its connection begin.
        while self.server is not None and (tasks := set(self.server.server_state.tasks)):
            left = ends_at - time.monotonic()
            if left <= 0:
                logger.error("%d requests do not end", len(tasks))
                return
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=left)


def _unseal(session: Session, platform: Platform) -> str | None:
    return None if platform.sealed_key is None else session.vault.unseal(platform.id, platform.sealed_key)


def _quota_states(session: Session) -> list[QuotaState]:
    platforms = session.store.platforms()
    return quota_states(session.store, platforms, now=session.now(), timezone=session.settings.timezone)


def _deliver_alerts(session: Session, states: list[QuotaState], patience: Patience) -> None:
    try:
        evaluate_and_deliver(session, states, patience=patience)
    except TokenmonError as error:
        logger.warning("alerts cannot be delivered: %s", error.message)


def serve(
    *,
    settings: Settings,
    host: str | None = None,
    port: int | None = None,
    tls: tuple[Path, Path] | None = None,
    allow_remote: bool = False,
    on_ready: Callable[[str], None],
    on_stopped: Callable[[Unstored], None],
) -> None:
    """Run the server until SIGTERM (returns) or Ctrl-C (KeyboardInterrupt), streams in flight finished.

    Raises ConfigError when the address cannot be bound, or is not loopback and neither TLS nor `allow_remote` is given,
    or when the files of the certificate cannot be used.
    """
    bound = host if host is not None else settings.proxy_host
    if not is_loopback(bound) and tls is None and not allow_remote:
        raise ConfigError(
            f"refusing to listen on {bound} without TLS: keys would cross the network in the clear",
            hint="give --tls-cert and --tls-key, or --allow-remote if something in front encrypts",
        )
    if tls is not None:
        check_certificate(*tls)
    running = ProxyServer(settings, host=host, port=port, tls=tls)

    async def run() -> None:
        try:
            await running.start()
        except TemporaryError:
            running._exit.close()
            raise
        on_ready(running.url)
        on_stopped(await running.wait())

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())
    if running.server is not None and running.server.received == signal.SIGINT:
        raise KeyboardInterrupt


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
