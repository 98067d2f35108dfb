"""What dashboard tests share: a session with a pinned clock over a database of its own."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenize import tokenize_values
from textual.css.tokenizer import Token

from tests.tui.sample import NOW, call
from tests.tui.spread import fill_months, fill_sessions
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.session import Session, open_session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import OpenScreen

Parse = Callable[..., Iterable[RuleSet]]
Variables = dict[str, list[Token]]


def remembered(parser: Parse) -> Parse:
    """A parser of stylesheets that parses the same text under the same variables once: every test mounts the same ones,
    and to parse them took as long as all the rest of mounting. Variables are the same if they are one object."""
    known: dict[tuple[object, ...], list[RuleSet]] = {}

    def parsed(scope: str, css: str, read_from: object, *, variable_tokens: Variables, **how: object) -> list[RuleSet]:
        key = (scope, css, read_from, id(variable_tokens), *sorted(how.items()))
        if key not in known:
            known[key] = list(parser(scope, css, read_from, variable_tokens=variable_tokens, **how))
        return known[key]

    return parsed


def remembered_variables() -> Callable[[dict[str, str]], Variables]:
    """Gives one object for the same variables, and keeps it, so that no other gets its place in memory."""
    known: dict[tuple[tuple[str, str], ...], Variables] = {}

    def variables(texts: dict[str, str]) -> Variables:
        key = tuple(texts.items())
        if key not in known:
            known[key] = tokenize_values(texts)
        return known[key]

    return variables


@pytest.fixture(autouse=True, scope="session")
def _stylesheets_are_parsed_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.css.stylesheet.parse", remembered(parse))
        patch.setattr("textual.css.stylesheet.tokenize_values", remembered_variables())
        yield


@pytest.fixture(autouse=True, scope="session")
def _idleness_is_seen_soon() -> Iterator[None]:
    """Textual's pilot sleeps for 20 ms at a time until nothing happens any more; half of that tells as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual._wait.SLEEP_GRANULARITY", 1 / 100)
        patch.setattr("textual._wait.SLEEP_IDLE", 1 / 2000)
        yield


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("TOKENMON_TIMEZONE", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with open_session() as opened:
        monkeypatch.setattr(opened, "now", lambda: NOW)
        yield opened


@pytest.fixture
def filled(session: Session) -> Session:
    """A session with a platform whose quota is nearly used, and calls of all outcomes."""
    quota = PlatformQuota(Decimal("0.6"), "usd", 80)
    session.store.add_platform(Platform("p1", "work", "openai", NOW, quota=quota))
    session.store.add([call(number * 17) for number in range(45)])
    session.store.add([
        call(1, cost=None, cost_source="unpriced", request_model="[red]house\x1b[31m-model"),
        call(2, status=429, error_type="rate_limit_error", usage=None, usage_source="none", cost=None,
             cost_source="unpriced"),
    ])  # fmt: skip
    return session


@pytest.fixture
def many(session: Session) -> Session:
    """A session with twelve hundred calls, none in the last five minutes."""
    models = ("gpt-4o", "claude-opus-4-5", "gemini-2.5-pro")
    session.store.add([
        call(5 + number, request_model=models[number % 3], cost=Decimal(number % 700) / 1000,
             conversation_id=f"s-{number % 9}", latency_ms=None if number % 50 == 0 else number)
        for number in range(1200)
    ])  # fmt: skip
    return session


@pytest.fixture
def spread(session: Session) -> Session:
    """A session with two months of calls of several models and projects."""
    fill_months(session.store)
    return session


@pytest.fixture
def talked(session: Session) -> Session:
    """A session with conversations, and calls without one."""
    fill_sessions(session.store)
    return session


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[OpenScreen]:
    """The screens that were asked for; none of them is opened."""
    asked: list[OpenScreen] = []
    monkeypatch.setattr(Dashboard, "on_open_screen", lambda _, message: asked.append(message))
    return asked
