"""Importing: only what is new is read, whatever happened to the files, and nothing is lost silently."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.sample import NOON
from tests.ingest.importers.logs import Machine, line
from tests.ingest.importers.test_claude_code import FILE, FIRST, FOLDER, SECOND, SONNET, answer
from tokenmon.core.platform import Platform
from tokenmon.core.record import Billing, UsageRecord, identified_id, milliseconds
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest import import_batches, log_files
from tokenmon.ingest.import_labels import Choices
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Added, Store

WORK = Platform(id="1", name="claude-work", provider_name="anthropic", created_at=NOON)


@pytest.fixture
def machine(tmp_path: Path, store: Store, catalogue: Catalogue) -> Machine:
    root = tmp_path / "logs"
    root.mkdir()
    return Machine(root, store, catalogue)


def numbered(number: int, output: int = 10) -> dict[str, object]:
    """One of many answers."""
    return answer(f"msg_01{number:020d}", output, request=f"req_{number}")


def test_a_second_import_reads_nothing(machine: Machine) -> None:
    machine.write(FILE, answer())
    machine.run("claude-code")

    audit = machine.run("claude-code")

    assert (audit.files, audit.unchanged, audit.files_read, audit.lines) == (1, 1, 0, 0)


def test_only_what_was_written_since_is_read(machine: Machine) -> None:
    path = machine.write(FILE, answer())
    machine.run("claude-code")
    machine.append(path, answer(SECOND, request="req_2"))

    audit = machine.run("claude-code")

    assert (audit.lines, audit.added, audit.known) == (1, 1, 0)


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(machine: Machine) -> None:
    second = line(answer(SECOND, request="req_2"))
    path = machine.write(FILE, answer(), second[:200])
    first = machine.run("claude-code")
    machine.append(path, second[200:])

    audit = machine.run("claude-code")

    assert (first.added, first.unfinished, first.bad_lines) == (1, 1, 0)
    assert (audit.lines, audit.added, audit.bad_lines) == (1, 1, 0)


def test_a_last_line_without_an_end_counts_once(machine: Machine) -> None:
    path = machine.write(FILE, line(answer()).rstrip())
    assert machine.run("claude-code").added == 1
    machine.append(path, b"\n", answer(SECOND, request="req_2"))

    audit = machine.run("claude-code")

    assert (audit.added, audit.known) == (1, 1)


@pytest.mark.parametrize("is_new_file", [True, False])
def test_a_rewritten_file_is_read_from_its_start(machine: Machine, is_new_file: bool) -> None:
    path = machine.write(FILE, answer(), answer(SECOND, request="req_2"))
    machine.run("claude-code")
    if is_new_file:
        path.rename(path.with_name("kept"))
    machine.write(FILE, *(numbered(number) for number in range(5)))

    audit = machine.run("claude-code")

    assert (audit.lines, audit.added) == (5, 5)
    assert len(machine.records()) == 7


def test_a_truncated_file_is_read_from_its_start(machine: Machine) -> None:
    path = machine.write(FILE, answer(), answer(SECOND, request="req_2"))
    machine.run("claude-code")
    os.truncate(path, 0)
    machine.append(path, numbered(1))

    assert machine.run("claude-code").added == 1
    assert len(machine.records()) == 3


def test_a_rotated_file_adds_nothing_under_its_new_name(machine: Machine) -> None:
    path = machine.write(FILE, answer())
    machine.run("claude-code")
    path.rename(path.with_name("old.jsonl"))
    machine.write(FILE, answer(SECOND, request="req_2"))

    audit = machine.run("claude-code")

    assert (audit.added, audit.known) == (1, 1)


def test_a_vanished_file_takes_no_history_with_it(machine: Machine) -> None:
    path = machine.write(FILE, answer())
    machine.run("claude-code")
    path.unlink()

    assert machine.run("claude-code").files == 0
    assert len(machine.records()) == 1


def test_bad_lines_are_counted_and_told_with_file_and_line(machine: Machine) -> None:
    broken = line(answer(SECOND))[:-40] + b"\n"
    path = machine.write(FILE, answer(), b"\n", broken, b"not json\n", numbered(1))

    audit = machine.run("claude-code")

    assert (audit.lines, audit.added, audit.bad_lines) == (5, 2, 2)
    reason = "cannot be read as JSON"
    assert sorted(audit.told) == [f"{path}:3: {reason}", f"{path}:4: {reason}"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_line_ends_and_marks_of_other_systems_are_no_trouble(machine: Machine, ending: bytes) -> None:
    lines = [line(one).replace(b"\n", ending) for one in (answer(), answer(SECOND, request="req_2"))]
    machine.write(FILE, b"\xef\xbb\xbf", *lines)

    audit = machine.run("claude-code")

    assert (audit.lines, audit.added, audit.bad_lines) == (2, 2, 0)


def test_text_that_is_no_utf8_spoils_no_counts(machine: Machine) -> None:
    machine.write(FILE, line(answer()).replace(b"web-app", b"web-\xff\xfe"))

    audit = machine.run("claude-code")

    assert (audit.added, audit.bad_lines) == (1, 0)


def test_lines_longer_than_a_block_are_read(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "BLOCK_BYTES", 100)
    path = machine.write(FILE, *(numbered(number) for number in range(3)), b"broken\n")

    audit = machine.run("claude-code")

    assert (audit.lines, audit.added, audit.told) == (4, 3, [f"{path}:4: cannot be read as JSON"])


def test_a_line_that_is_too_long_is_told_and_the_next_ones_read(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "BLOCK_BYTES", 100)
    monkeypatch.setattr(log_files, "MAX_LINE_BYTES", 2000)
    path = machine.write(FILE, numbered(1), b'{"usage":"' + b"x" * 3000 + b'"}\n', numbered(2))

    first = machine.run("claude-code")
    machine.append(path, numbered(3))
    second = machine.run("claude-code")

    assert (first.lines, first.added, first.told) == (3, 2, [f"{path}:2: longer than 32 MB"])
    assert (second.lines, second.added) == (1, 1)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator reads everything")
def test_a_file_that_may_not_be_read_hides_no_other(machine: Machine) -> None:
    machine.write(f"{FOLDER}/a.jsonl", answer()).chmod(0)
    machine.write(FILE, answer(SECOND, request="req_2"))

    audit = machine.run("claude-code")

    assert (audit.added, audit.bad_lines) == (1, 1)


def test_a_dry_run_tells_and_stores_nothing(machine: Machine) -> None:
    machine.write(FILE, answer())

    assert machine.run("claude-code", dry_run=True).added == 1

    assert machine.records() == []
    assert machine.run("claude-code").added == 1
    machine.append(machine.root / FILE, answer(output=500), numbered(1))
    audit = machine.run("claude-code", dry_run=True)
    assert (audit.added, audit.replaced, audit.known) == (1, 1, 0)


def test_calls_before_since_are_left_out_and_can_be_had_later(machine: Machine) -> None:
    machine.write(FILE, answer(at="08:00:00"), answer(SECOND, request="req_2", at="10:00:00"))
    nine = milliseconds(NOON.replace(year=2026, month=5, day=2, hour=9))

    first = machine.run("claude-code", Choices(since_ms=nine))
    second = machine.run("claude-code")

    assert (first.added, first.skipped) == (1, {"before --since": 1})
    assert (second.added, second.known) == (1, 1)


def seen_by_the_proxy(output: int) -> UsageRecord:
    """The same call as FIRST, as the proxy records it."""
    at = NOON.replace(year=2026, month=5, day=2, hour=9)
    return UsageRecord(
        id=identified_id(at, "anthropic", FIRST), occurred_at=at, platform="claude-work", provider_name="anthropic",
        operation_name="chat", source="proxy", response_model=SONNET, response_id=FIRST, status=200,
        usage=TokenUsage(19186, output, 18230, 950, 250), usage_source="provider",
        client_key="laptop",
    )  # fmt: skip


@pytest.mark.parametrize("proxy_comes_first", [True, False])
def test_a_call_of_the_proxy_and_of_the_log_counts_once(machine: Machine, proxy_comes_first: bool) -> None:
    machine.write(FILE, answer())
    if proxy_comes_first:
        machine.store.add([seen_by_the_proxy(412)])

    machine.run("claude-code")

    if not proxy_comes_first:
        machine.store.add([seen_by_the_proxy(412)])
    (record,) = machine.records()
    assert machine.counts() == [(SONNET, 19186, 412, 18230, 950)]
    # What only one of the two knows is kept.
    assert (record.project, record.conversation_id, record.client_key) == ("web-app", "0f3c9a52-1111", "laptop")
    assert record.source == ("proxy" if proxy_comes_first else "import:claude-code")


@pytest.mark.parametrize(
    ("platforms", "choices", "platform", "billing"),
    [
        ((), Choices(), "claude-code", "metered"),
        ((WORK,), Choices(), "claude-work", "metered"),
        ((replace(WORK, billing="subscription"),), Choices(), "claude-work", "subscription"),
        ((WORK, replace(WORK, id="2", name="claude-2")), Choices(), "claude-code", "metered"),
        ((replace(WORK, provider_name="openai"),), Choices(), "claude-code", "metered"),
        ((WORK,), Choices(billing="subscription"), "claude-code", "subscription"),
        ((WORK,), Choices(platform="laptop"), "laptop", "metered"),
        ((replace(WORK, billing="subscription"), replace(WORK, id="2", name="two")), Choices(platform="claude-work"),
         "claude-work", "subscription"),
    ],
)  # fmt: skip
def test_the_platform_is_the_one_that_fits_else_the_tool(
    machine: Machine, platforms: tuple[Platform, ...], choices: Choices, platform: str, billing: Billing
) -> None:
    for one in platforms:
        machine.store.add_platform(one)
    machine.write(FILE, answer())

    audit = machine.run("claude-code", choices)

    assert [(one.platform, one.billing) for one in machine.records()] == [(platform, billing)]
    assert [(one.platform, one.billing) for one in audit.decisions] == [(platform, billing)]


def test_calls_without_a_price_are_counted_in_the_audit(machine: Machine) -> None:
    content = answer()
    content["message"]["model"] = "claude-of-tomorrow"
    machine.write(FILE, content)

    audit = machine.run("claude-code")

    assert (audit.unpriced_calls, audit.unpriced_tokens) == (1, 19598)
    assert audit.unpriced_models == {"claude-of-tomorrow": 19598}


def test_an_import_that_was_killed_goes_on_where_it_stored(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_batches, "BATCH", 3)
    for number in range(6):
        path = machine.write(f"{FOLDER}/{number}.jsonl", numbered(2 * number), numbered(2 * number + 1))
        os.utime(path, ns=(number * 10**9, number * 10**9))
    add = Store.add
    batches: list[list[UsageRecord]] = []

    def add_twice(store: Store, batch: list[UsageRecord], machine: str | None) -> Added:
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(batch)
        return add(store, batch, machine=machine)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "add", add_twice)
        with pytest.raises(KeyboardInterrupt):
            machine.run("claude-code")
    audit = machine.run("claude-code")

    # The second batch ended with the last line of the third file, whose end was not reached yet.
    assert (audit.unchanged, len(machine.records())) == (2, 12)
    assert (audit.added, audit.known) == (6, 2)


def test_progress_is_told_in_bytes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "BLOCK_BYTES", 1000)
    size = machine.write(FILE, *(numbered(number) for number in range(9))).stat().st_size
    told: list[tuple[int, int]] = []

    machine.run("claude-code", progress=lambda done, total: told.append((done, total)))

    assert len(told) > 2
    assert told[-1] == (size, size)
