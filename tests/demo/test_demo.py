"""The demo: what it states is what is recorded, and nothing of it stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.demo import replies
from tokenmon.demo.replies import Reply, Spent
from tokenmon.demo.runner import run_demo
from tokenmon.errors import TokenmonError
from tokenmon.providers.parser import parser_for
from tokenmon.session import Session

SPENT = Spent(1000, 300, cached=400, written=100, reasoning=120)
NAME, MODEL = "0123456789abcdef", "some-model"
WHOLE = TokenUsage(1000, 300, cache_read_input_tokens=400, reasoning_output_tokens=120)
CLAUDE = TokenUsage(1000, 300, cache_read_input_tokens=400, cache_creation_input_tokens=100)
KINDS = {
    "chat": ("openai_chat", replies.chat(NAME, MODEL, SPENT), WHOLE),
    "chat stream": ("openai_chat", replies.chat_stream(NAME, MODEL, SPENT, states_usage=True), WHOLE),
    "completion": ("openai_chat", replies.completion(NAME, MODEL, SPENT), TokenUsage(1000, 300)),
    "embeddings": ("openai_chat", replies.embeddings(MODEL, SPENT), TokenUsage(1000, 0)),
    "responses": ("openai_responses", replies.responses(NAME, MODEL, SPENT), WHOLE),
    "responses stream": ("openai_responses", replies.responses_stream(NAME, MODEL, SPENT), WHOLE),
    "messages": ("anthropic", replies.messages(NAME, MODEL, SPENT), CLAUDE),
    "messages stream": ("anthropic", replies.messages_stream(NAME, MODEL, SPENT), CLAUDE),
    "generate": ("gemini", replies.generate(NAME, MODEL, SPENT), WHOLE),
    "generate events": ("gemini", replies.generate_stream(NAME, MODEL, SPENT, as_events=True), WHOLE),
    "generate array": ("gemini", replies.generate_stream(NAME, MODEL, SPENT, as_events=False), WHOLE),
}


@pytest.mark.parametrize(("wire", "reply", "usage"), KINDS.values(), ids=KINDS)
def test_each_kind_of_answer_states_its_usage(wire: str, reply: Reply, usage: TokenUsage) -> None:
    parser = parser_for(wire, status=200, content_type=reply.content_type)
    for piece in reply.pieces:
        parser.feed(piece)
    parser.close()

    assert parser.stated().usage == usage
    assert parser.stated().response_model == MODEL


def test_the_demo_records_every_call_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("TOKENMON_DATABASE_URL", f"sqlite:///{tmp_path}/own.db")
    homes: list[str] = []
    own_models: list[UsageRecord] = []

    def show(session: Session) -> None:
        own_models.extend(session.store.records(Filter(Period(None, None), models=("qwen*",))))
        homes.append(os.environ["TOKENMON_HOME"])
        assert session.settings.database_url.startswith(f"sqlite:///{homes[0]}")

    result = run_demo(calls=60, on_progress=lambda done, total: None, show=show)

    assert (result.calls, result.records) == (60, 60)
    assert own_models
    assert all(one.cost_source == "override" for one in own_models if one.usage is not None)
    assert not Path(homes[0]).exists()
    assert os.environ["TOKENMON_HOME"] == str(tmp_path / "own")
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_while_showing_stays_where_the_user_stands_whose_project_is_not_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tokenmon.toml").write_text('timezone = "Asia/Tokyo"\n')
    zones = []

    def show(session: Session) -> None:
        # A process that it starts, as for each page of --serve, heeds it as little.
        told = subprocess.run(
            [sys.executable, "-m", "tokenmon", "config", "get", "timezone"], capture_output=True, text=True, check=True
        )
        zones.extend([session.settings.timezone, told.stdout.strip()])
        Path("picture.svg").write_text("<svg/>")

    run_demo(calls=20, on_progress=lambda done, total: None, show=show)

    assert "Asia/Tokyo" not in zones
    assert len(zones) == 2
    assert (tmp_path / "picture.svg").read_text() == "<svg/>"


def test_a_folder_that_was_removed_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    shown = []

    run_demo(
        calls=20, on_progress=lambda done, total: None, show=lambda session: shown.append(session.settings.machine)
    )

    assert len(shown) == 1


def test_a_failure_while_showing_cleans_up_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    homes: list[str] = []

    def fail(session: Session) -> None:
        homes.append(os.environ["TOKENMON_HOME"])
        raise TokenmonError("no screen")

    with pytest.raises(TokenmonError, match="no screen"):
        run_demo(calls=20, on_progress=lambda done, total: None, show=fail)

    assert not Path(homes[0]).exists()
    assert os.environ["TOKENMON_HOME"] == str(tmp_path)
