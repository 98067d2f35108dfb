"""Platforms as typed: added, changed and removed, and no key shown or taken by mistake."""

import pytest

from tests.commands.runner import Home, is_one_line_and_a_hint

SECRET = "sk-test-key-000000001234"


def test_a_platform_is_added_shown_changed_and_removed(home: Home) -> None:
    options = ("--provider", "openai", "--key-stdin", "--input-price", "0.002", "--per", "1K", "--quota", "100 USD")
    added = home.run("platform", "add", "work", *options, "--json", text=SECRET + "\n")
    edited = home.run("platform", "edit", "work", "--warn-at", "90", "--billing", "subscription", "--json")
    listed = home.run("platform", "list", "--json")
    removed = home.run("platform", "remove", "work", "--yes")

    assert (added.code, edited.code, removed.code) == (0, 0, 0)
    assert (added.json["input_price"], added.json["key_hint"]) == ("2", "1234")
    assert edited.json["quota"] == {"amount": "100", "unit": "usd", "period": "month", "warn_at": 90}
    assert (listed.json[0]["billing"], listed.json[0]["has_key"]) == ("subscription", True)
    assert home.run("platform", "list", "--json").json == []


@pytest.mark.parametrize("options", [(), ("--no-input",)])
def test_nothing_is_removed_unasked(work: Home, options: tuple[str, ...]) -> None:
    done = work.run("platform", "remove", "work", *options)

    assert (done.code, "--yes" in done.err) == (2, True)
    assert is_one_line_and_a_hint(done)
    assert work.run("platform", "show", "work").code == 0


@pytest.mark.parametrize("options", [(), ("--json",), ("--per", "1K"), ("--period", "month")])
def test_an_edit_of_nothing_is_a_mistake(work: Home, options: tuple[str, ...]) -> None:
    done = work.run("platform", "edit", "work", *options)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tokenmon: error: nothing to change is given\nhint: ")


@pytest.mark.parametrize("command", [("add", "other", "--provider", "openai"), ("edit", "work")])
def test_a_client_key_is_no_providers_key(work: Home, command: tuple[str, ...]) -> None:
    token = work.run("key", "create", "laptop").out.strip()

    done = work.run("platform", *command, "--key-stdin", text=token)

    assert (done.code, "a client key of tokenmon" in done.err) == (2, True)
    assert token not in done.err


def test_no_key_is_printed_or_stored_in_the_clear(work: Home) -> None:
    texts = [work.run(*words) for words in (("platform", "list"), ("platform", "show", "work"), ("doctor",))]

    assert all(SECRET not in done.out + done.err for done in texts)
    assert all(SECRET.encode() not in path.read_bytes() for path in work.folder.rglob("*") if path.is_file())


def test_a_price_per_thousand_by_mistake_is_told(home: Home) -> None:
    done = home.run("platform", "add", "w", "--provider", "openai", "--no-key", "--input-price", "2.5", "--per", "1K")

    assert done.code == 0
    assert "is --per right?" in done.err
