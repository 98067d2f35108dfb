"""`import file` as typed: what is stored, what is said of bad rows, and that sums are not calls."""

from pathlib import Path

import pytest

from tests.commands.runner import Home
from tests.ingest.files.test_aggregates import AMOUNT, ANTHROPIC, archive
from tests.ingest.files.test_formats import GENERATION, LANGFUSE, LITELLM, OPENROUTER, as_csv, as_lines

TABLE = "when,what,in,out\n2026-11-24T10:00:00Z,gpt-4o-mini,1000,100\n2026-11-24T11:00:00Z,gpt-4o-mini,many,100\n"
MAP = ("--map", "time=when,model=what,input_tokens=in,output_tokens=out")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Ausgaben für November.csv"


def test_each_call_is_stored_once_with_the_providers_cost(home: Home, file: Path) -> None:
    file.write_text(as_csv(OPENROUTER), encoding="utf-8-sig")

    first, again = home.run("import", "file", str(file)), home.run("import", "file", str(file))

    assert (first.code, first.out) == (0, "")
    assert first.err.splitlines()[0] == f"{file.name} (openrouter): stored 1, known before 0, bad 0"
    assert "stored 0, known before 1" in again.err
    (record,) = home.run("logs", "--json", "--since", "all").json
    assert (record["cost_usd"], record["cost_source"], record["source"]) == ("0.00123", "provider", "import:openrouter")


def test_a_call_that_the_proxy_recorded_is_not_counted_again(home: Home, file: Path) -> None:
    home.run("platform", "add", "router", "--provider", "openrouter", "--no-key")
    usage = ("--input-tokens", "1000", "--output-tokens", "200", "--cost", "0.00123", "--project", "shop")
    home.run("report", "--platform", "router", "--model", "openai/gpt-5.4", "--response-id", GENERATION, *usage,
             "--at", "2026-11-24T10:00:00.100Z")  # fmt: skip
    file.write_text(as_csv(OPENROUTER), encoding="utf-8")

    home.run("import", "file", str(file))

    (record,) = home.run("logs", "--json", "--since", "all").json
    assert (record["response_id"], record["project"], record["cost_usd"]) == (GENERATION, "shop", "0.00123")
    assert (record["platform"], record["usage_source"]) == ("router", "provider")


def test_another_tools_cost_counts_only_where_no_price_is_known(home: Home, file: Path) -> None:
    unknown = {**LITELLM, "request_id": "chatcmpl-of-an-unknown-model", "model": "acme/none", "model_group": "none"}
    file.write_text(as_lines(LITELLM, {**unknown, "custom_llm_provider": "acme"}), encoding="utf-8")

    assert home.run("import", "file", str(file)).code == 0

    found = {one["response_model"]: one for one in home.run("logs", "--json", "--since", "all").json}
    assert found["none" if "none" in found else "acme/none"]["cost_usd"] == "0.0125"
    assert found["claude-sonnet-4-6"]["cost_usd"] != "0.0125"
    assert {one["cost_source"] for one in found.values()} == {"catalogue"}


def test_a_table_is_previewed_and_its_bad_rows_are_told(home: Home, file: Path) -> None:
    file.write_text(TABLE, encoding="utf-8")

    done = home.run("import", "file", str(file), *MAP)

    assert done.code == 1
    assert "gpt-4o-mini" in done.out
    assert "1,000" in done.out
    assert done.err.splitlines() == [
        "row 3: in: 'many' is not a number",
        f"{file.name} (mapped): stored 1, known before 0, bad 1",
        "see them: tokenmon stats --by source,model --since all",
        "tokenmon: error: 1 row could not be read: row 3: in: 'many' is not a number",
        "hint: mend them and import the file again: each call counts once",
    ]
    assert home.run("stats", "--json", "--since", "all").json["totals"]["input_tokens"] == 1000


def test_a_dry_run_shows_and_stores_nothing(home: Home) -> None:
    done = home.run("import", "file", "-", "--dry-run", "--json", text=as_lines(LANGFUSE))

    assert done.code == 0
    assert {name: done.json[name] for name in ("format", "file", "dry_run", "rows", "added", "bad")} == {
        "format": "langfuse", "file": "stdin", "dry_run": True, "rows": 1, "added": 1, "bad": 0,
    }  # fmt: skip
    assert done.json["preview"][0]["input_tokens"] == 700
    assert home.run("logs", "--json", "--since", "all").json == []


@pytest.mark.parametrize(("name", "day"), [("console.csv", "claude-sonnet-4-6"), ("deepseek.zip", "deepseek-chat")])
def test_sums_are_shown_and_never_added_to_calls(home: Home, tmp_path: Path, name: str, day: str) -> None:
    content = ANTHROPIC.encode() if name.endswith("csv") else archive({"amount-1.csv": AMOUNT})
    (tmp_path / name).write_bytes(content)

    shown = home.run("import", "file", str(tmp_path / name))
    listed = home.run("import", "file", str(tmp_path / name), "--json")

    assert (shown.code, listed.json["kind"]) == (0, "aggregates")
    assert day in shown.out
    assert "not calls; nothing was stored" in shown.err
    assert listed.json["sums"][0]["day"] == "2026-11-01"
    assert home.run("logs", "--json", "--since", "all").json == []


def test_an_export_of_one_home_adds_each_call_once_to_another(
    work: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.run("report", "--platform", "work", "--model", "gpt-4o-mini", "--input-tokens", "9", "--output-tokens", "1")
    exported = work.run("export", "jsonl", "--since", "all").out
    before = work.run("logs", "--json", "--since", "all").json
    other = Home(tmp_path / "other", monkeypatch)

    added = [other.run("import", "file", "-", text=exported).err.split(": ")[1] for _ in range(2)]

    assert added == ["stored 1, known before 0, bad 0\nsee them", "stored 0, known before 1, bad 0\n"]
    assert other.run("logs", "--json", "--since", "all").json == before


def test_rows_of_a_named_platform_have_its_prices_and_are_its_own(work: Home, file: Path) -> None:
    work.run("platform", "add", "other", "--provider", "openai", "--no-key", "--billing", "subscription")
    file.write_text(TABLE.rsplit("\n", 2)[0], encoding="utf-8")

    for platform in ("work", "other", "work"):
        assert work.run("import", "file", str(file), *MAP, "--platform", platform).code == 0

    found = {one["platform"]: one for one in work.run("logs", "--json", "--since", "all").json}
    assert (found["work"]["cost_usd"], found["work"]["cost_source"]) == ("0.003", "override")
    assert (found["other"]["billing"], len(found)) == ("subscription", 2)
    assert work.run("stats", "--json", "--since", "all").json["totals"]["requests"] == 2


def test_an_empty_file_is_told(home: Home) -> None:
    done = home.run("import", "file", "-")

    assert (done.code, done.err.splitlines()[0]) == (2, "tokenmon: error: stdin: the file is empty")
    assert home.run("import", "file", "-", "--format", "tokenmon").code == 0


def test_two_machines_are_one_total_and_told_apart(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = ("--provider", "openai", "--platform", "work", "--model", "gpt-4o-mini", "--output-tokens", "1")
    monkeypatch.setenv("TOKENMON_MACHINE", "laptop")
    home.run("report", *usage, "--input-tokens", "9")
    exported = home.run("export", "jsonl", "--since", "all").out
    home = Home(tmp_path / "other", monkeypatch)
    monkeypatch.setenv("TOKENMON_MACHINE", "server")
    home.run("report", *usage, "--input-tokens", "5")

    for _ in range(2):
        home.run("import", "file", "-", text=exported)

    groups = home.run("stats", "--by", "machine", "--json", "--since", "all").json["groups"]
    assert {one["key"]["machine"]: one["input_tokens"] for one in groups} == {"laptop": 9, "server": 5}
    (record,) = home.run("logs", "--machine", "lap*", "--json", "--since", "all").json
    assert (record["machine"], record["input_tokens"]) == ("laptop", 9)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.csv",), 2, "cannot read nowhere.csv: no such file or directory"),
        (("-", "--format", "exel"), 2, "there is no format 'exel'"),
        (("-", "--map", "modle=M"), 2, "a call has no field 'modle'"),
        (("-", *MAP, "--mapping", "m.toml"), 2, "--map and --mapping say the same"),
        (("-", "--mapping", "nowhere.toml"), 2, "cannot read the mapping nowhere.toml"),
        (("-", *MAP, "--platform", "nobody"), 1, "nobody"),
        (("-",), 2, "the format is not known by its columns: when, what, in, out"),
    ],
)
def test_wrong_use_is_one_line_and_a_hint(home: Home, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = home.run("import", "file", *arguments, text=TABLE)

    lines = done.err.splitlines()
    assert (done.code, len(lines)) == (code, 2)
    assert words in lines[0]
    assert lines[1].startswith("hint: ")
