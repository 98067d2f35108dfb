"""Codex CLI's logs, by hand: cumulative counters become calls, and what a fork copies counts once."""

from typing import Any

import pytest

from tests.ingest.importers.logs import Machine
from tokenmon.core.usage import TokenUsage

MODEL = "gpt-5.2-codex"
DAY = "2026/05/02"
Counts = tuple[int, int, int, int]


def name_of(session: str) -> str:
    return f"{DAY}/rollout-2026-05-02T09-00-00-{session}.jsonl"


def meta(session: str = "0199-aa", at: str = "09:00:00.000", **more: Any) -> dict[str, Any]:
    payload = {"id": session, "cwd": "/home/ann/api", "originator": "codex_cli_rs", "git": {"branch": "main"}, **more}
    return {"timestamp": f"2026-05-02T{at}Z", "type": "session_meta", "payload": payload}


def turn(model: str = MODEL) -> dict[str, Any]:
    return {"timestamp": "2026-05-02T09:00:01.000Z", "type": "turn_context", "payload": {"model": model}}


def counters(counts: Counts) -> dict[str, int]:
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    return dict(zip(names, counts, strict=True)) | {"total_tokens": counts[0] + counts[2]}


def tokens(
    total: Counts | None, last: Counts | None = None, at: str = "09:00:09.000", plan: str | None = None
) -> dict[str, Any]:
    info = {
        **({} if total is None else {"total_token_usage": counters(total)}),
        **({} if last is None else {"last_token_usage": counters(last)}),
    }
    limits = None if plan is None else {"plan_type": plan, "primary": {"used_percent": 12.0}}
    payload = {"type": "token_count", "info": info or None, "rate_limits": limits}
    return {"timestamp": f"2026-05-02T{at}Z", "type": "event_msg", "payload": payload}


# Three turns of a parent session: its totals after each, and what each used.
TOTALS: tuple[Counts, ...] = ((9000, 7000, 300, 120), (20000, 15000, 800, 300), (32000, 26000, 900, 310))
USED: tuple[Counts, ...] = ((9000, 7000, 300, 120), (11000, 8000, 500, 180), (12000, 11000, 100, 10))


def used(machine: Machine) -> list[tuple[int, int, int, int]]:
    """Input, cached, output and reasoning of each record, oldest first."""
    return [
        (one.input_tokens, one.cache_read_input_tokens, one.output_tokens, one.reasoning_output_tokens)
        for record in machine.records()
        if (one := record.usage) is not None
    ]


def turns(
    *, with_last: bool = True, at: tuple[str, ...] = ("09:00:09", "09:01:00", "09:02:00")
) -> list[dict[str, Any]]:
    return [tokens(t, u if with_last else None, f"{a}.000") for t, u, a in zip(TOTALS, USED, at, strict=True)]


@pytest.mark.parametrize("with_last", [True, False])
def test_counters_that_only_grow_become_calls(machine: Machine, with_last: bool) -> None:
    machine.write(name_of("0199-aa"), meta(), turn(), *turns(with_last=with_last))

    machine.run("codex")

    assert used(machine) == list(USED)
    record = machine.records()[0]
    assert record.usage == TokenUsage(9000, 300, cache_read_input_tokens=7000, reasoning_output_tokens=120)
    assert (record.platform, record.provider_name, record.model) == ("codex", "openai", MODEL)
    assert (record.conversation_id, record.project, record.tags) == ("0199-aa", "api", (("git_branch", "main"),))
    # 2,000 x 1.75 + 7,000 x 0.175 + 300 x 14 dollars a million.
    assert str(record.cost) == "0.008925000"


def test_an_event_that_is_written_twice_counts_once(machine: Machine) -> None:
    first, second, third = turns()
    again = second | {"timestamp": "2026-05-02T09:01:07.000Z"}
    machine.write(name_of("0199-aa"), meta(), turn(), tokens(None), first, second, again, third)

    audit = machine.run("codex")

    assert used(machine) == list(USED)
    assert audit.skipped == {"counters that have not moved": 1}


def test_counters_that_went_back_add_nothing_negative(machine: Machine) -> None:
    machine.write(
        name_of("0199-aa"), meta(), turn(),
        tokens((9000, 7000, 300, 0)), tokens((100, 0, 5, 0), at="09:01:00.000"),
        tokens((600, 100, 25, 0), at="09:02:00.000"),
    )  # fmt: skip

    machine.run("codex")

    assert used(machine) == [(9000, 7000, 300, 0), (500, 100, 20, 0)]


def test_a_file_that_grew_is_read_on_from_its_counters(machine: Machine) -> None:
    first, *others = turns(with_last=False)
    path = machine.write(name_of("0199-aa"), meta(), turn(), first)
    machine.run("codex")
    machine.append(path, *others)

    audit = machine.run("codex")

    assert (audit.lines, audit.added) == (2, 2)
    assert used(machine) == list(USED)
    assert {one.model for one in machine.records()} == {MODEL}


NEXT = tokens((33000, 26500, 950, 310), (1000, 500, 50, 0), "10:00:20.000")
FORKED = {"forked_from_id": "0199-aa"}
SPAWNED = {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "0199-aa", "depth": 1}}}}
STAMPS = {
    "original times": ("09:00:09", "09:01:00", "09:02:00"),
    "the second of its creation": ("10:00:00", "10:00:00", "10:00:00"),
    "spread after its creation": ("10:00:00", "10:00:02", "10:00:05"),
}


@pytest.mark.parametrize("with_last", [True, False])
@pytest.mark.parametrize("stamps", STAMPS)
@pytest.mark.parametrize("origin", [FORKED, SPAWNED])
@pytest.mark.parametrize("child", ["0199-00", "0199-zz"])
def test_a_child_repeats_its_parents_history_that_counts_once(
    machine: Machine, with_last: bool, stamps: str, origin: dict[str, Any], child: str
) -> None:
    copies = turns(with_last=with_last, at=STAMPS[stamps])
    machine.write(name_of(child), meta(child, "10:00:00.000", **origin), meta(), turn(), *copies, NEXT)
    machine.write(name_of("0199-aa"), meta(), turn(), *turns(with_last=with_last))

    machine.run("codex")

    assert used(machine) == [*USED, (1000, 500, 50, 0)]
    assert machine.records()[-1].conversation_id == child


def test_children_that_used_the_same_stay_apart(machine: Machine) -> None:
    machine.write(name_of("0199-aa"), meta(), turn(), *turns())
    for child in ("0199-b", "0199-c"):
        machine.write(name_of(child), meta(child, "10:00:00.000", **FORKED), turn(), *turns(), NEXT)

    machine.run("codex")

    assert used(machine) == [*USED, (1000, 500, 50, 0), (1000, 500, 50, 0)]


def test_a_child_without_history_counts_in_full(machine: Machine) -> None:
    machine.write(name_of("0199-aa"), meta(), turn(), *turns())
    machine.write(
        name_of("0199-b"), meta("0199-b", "10:00:00.000", **SPAWNED), turn(), tokens((500, 0, 5, 0), at="10:00:07.000")
    )

    machine.run("codex")

    assert used(machine) == [*USED, (500, 0, 5, 0)]


@pytest.mark.parametrize("stamps", ["original times", "the second of its creation"])
def test_history_whose_file_is_gone_counts_once_for_all_children(machine: Machine, stamps: str) -> None:
    for child in ("0199-b", "0199-c"):
        copies = turns(at=STAMPS[stamps])
        machine.write(name_of(child), meta(child, "10:00:00.000", **FORKED), turn(), *copies, NEXT)

    machine.run("codex")

    assert sorted(used(machine)) == sorted([*USED, (1000, 500, 50, 0), (1000, 500, 50, 0)])


def test_a_parent_is_found_by_its_first_line_where_names_tell_nothing(machine: Machine) -> None:
    machine.write(
        "a.jsonl", meta("child", "10:00:00.000", **FORKED), turn(), *turns(at=STAMPS["spread after its creation"])
    )
    machine.write("b.jsonl", meta(), turn(), *turns())

    machine.run("codex")

    assert used(machine) == list(USED)


def test_an_archived_copy_counts_once(machine: Machine) -> None:
    for folder in ("sessions", "archived_sessions"):
        machine.write(f"{folder}/{name_of('0199-aa')}", meta(), turn(), *turns())

    audit = machine.run("codex")

    assert used(machine) == list(USED)
    assert (audit.sights, audit.merged) == (6, 3)


def test_a_session_may_change_its_model(machine: Machine) -> None:
    first, second, _ = turns()
    machine.write(name_of("0199-aa"), meta(), turn(), first, turn("gpt-5.5"), second)

    machine.run("codex")

    assert [one.model for one in machine.records()] == [MODEL, "gpt-5.5"]


def test_a_session_that_names_no_model_is_assumed_to_use_gpt_5(machine: Machine) -> None:
    machine.write(name_of("0199-aa"), meta(git=None), turns()[0])

    machine.run("codex")

    assert [(one.model, one.tags) for one in machine.records()] == [("gpt-5", (("assumed_model", "yes"),))]


@pytest.mark.parametrize(("at", "model"), [("2026-04-22T23:59:59Z", "gpt-5.4"), ("2026-04-23T00:00:00Z", "gpt-5.5")])
def test_the_review_label_stands_for_the_newest_model_of_its_day(machine: Machine, at: str, model: str) -> None:
    machine.write(name_of("0199-aa"), meta(), turn("codex-auto-review"), turns()[0] | {"timestamp": at})

    machine.run("codex")

    assert machine.records()[0].model == model


def test_a_plan_in_the_log_makes_its_calls_subscription(machine: Machine) -> None:
    machine.write(name_of("0199-aa"), meta(), turn(), tokens(TOTALS[0], USED[0], plan="plus"))

    audit = machine.run("codex")

    assert machine.records()[0].billing == "subscription"
    assert [one.reason for one in audit.decisions] == ["as the log says"]


def test_a_tier_holds_from_its_change_on(machine: Machine) -> None:
    first, second, third = turns()
    changes = [
        {"timestamp": "2026-05-02T09:00:30Z", "type": "event_msg",
         "payload": {"type": "thread_settings_applied", "service_tier": tier}}
        for tier in ("fast", "default")
    ]  # fmt: skip
    machine.write(name_of("0199-aa"), meta(), turn(), first, changes[0], second, changes[1], third)

    machine.run("codex")

    assert [one.service_tier for one in machine.records()] == [None, "priority", None]


@pytest.mark.parametrize(
    ("folder", "settings", "tiers"),
    [
        ("sessions", 'model = "gpt-5.4"\nservice_tier = "fast"\n', ["priority", "priority", None]),
        ("sessions", 'service_tier = "standard"', [None, None, None]),
        ("sessions", "service_tier = [", [None, None, None]),
        ("elsewhere", 'service_tier = "fast"', [None, None, None]),
    ],
)
def test_the_settings_name_the_tier_until_the_log_does(
    machine: Machine, folder: str, settings: str, tiers: list[str | None]
) -> None:
    machine.root /= folder
    first, second, third = turns()
    change = {"timestamp": "2026-05-02T09:01:30Z", "type": "event_msg",
              "payload": {"type": "thread_settings_applied", "service_tier": "default"}}  # fmt: skip
    path = machine.write(name_of("0199-aa"), meta(), turn(), first)
    (machine.root.parent / "config.toml").write_text(settings)
    machine.run("codex")
    machine.append(path, second, change, third)

    machine.run("codex")

    records = machine.records()
    assert [one.service_tier for one in records] == tiers
    assert [dict(one.tags).get("assumed_tier") for one in records] == ["yes" if one else None for one in tiers]


def test_output_of_codex_exec_is_read(machine: Machine) -> None:
    usage = {"input_tokens": 120, "cached_input_tokens": 20, "output_tokens": 30}
    machine.write(
        "saved.jsonl",
        {"type": "turn.completed", "timestamp": "2026-05-02T09:05:00Z", "model": MODEL, "usage": usage},
        {
            "type": "turn.completed",
            "timestamp": False,
            "model": {"id": 1},
            "result": {"usage": usage, "note": "token_count"},
        },
    )

    machine.run("codex")

    assert used(machine) == [(120, 20, 30, 0), (120, 20, 30, 0)]


def test_spaced_keys_numeric_times_and_texts_with_the_words_are_read(machine: Machine) -> None:
    spaced = b'{ "timestamp" : 1777712409000 , "type" : "event_msg" , "payload" : { "type" : "token_count" , "info" : '
    spaced += b'{ "last_token_usage" : { "input_tokens" : "7" , "output_tokens" : 3 } } } }\n'
    said = {"type": "response_item", "payload": {"type": "message", "content": [{"input_tokens": 5}]}}
    machine.write(name_of("0199-aa"), meta(), turn(), said, spaced)

    machine.run("codex")

    assert used(machine) == [(7, 0, 3, 0)]
