"""The vault: what is sealed opens only in its place, and no way of holding the key leaves it readable."""

import hashlib
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tokenmon import credentials, paths
from tokenmon.core.platform import Platform
from tokenmon.credentials import PASSPHRASE, Vault, hash_client_key, new_client_key
from tokenmon.errors import ConfigError
from tokenmon.session import Session, open_session

SECRET = "sk-a-secret-of-some-length"
SCRYPT_N = credentials.SCRYPT_N


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    # A passphrase is stretched in no time; one test stretches it as far as the program does.
    monkeypatch.setattr(credentials, "SCRYPT_N", 2**4)
    with open_session() as opened:
        yield opened


def add(session: Session, name: str) -> None:
    platform = Platform(name, name, "openai", datetime(2026, 1, 1, tzinfo=UTC))
    session.store.add_platform(platform, session.vault.sealing(name, SECRET + name))


def opened(session: Session, name: str) -> str:
    """The key, by a vault that has cached nothing."""
    sealed = session.store.platform(name).sealed_key
    assert sealed is not None
    return Vault(session.store).unseal(name, sealed)


def test_a_key_comes_back_as_it_was(session: Session) -> None:
    add(session, "one")

    assert opened(session, "one") == SECRET + "one"


def test_the_same_key_is_sealed_differently_each_time(session: Session) -> None:
    assert session.vault.seal("p", SECRET) != session.vault.seal("p", SECRET)


def test_a_sealed_key_opens_for_its_own_platform_alone(session: Session) -> None:
    sealed = session.vault.seal("one", SECRET)

    with pytest.raises(ConfigError):
        session.vault.unseal("two", sealed)


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_an_altered_byte_is_noticed(session: Session, at: int) -> None:
    sealed = bytearray(session.vault.seal("one", SECRET))
    sealed[at] ^= 1

    with pytest.raises(ConfigError):
        session.vault.unseal("one", bytes(sealed))


def test_the_key_file_is_its_owners_alone(session: Session) -> None:
    add(session, "one")
    status = session.vault.status()
    file = Path(status.place.rpartition(": ")[2])

    assert status.holder == "file"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="can be read by others"):
        opened(session, "one")


def test_without_its_key_file_the_vault_says_so(session: Session) -> None:
    add(session, "one")
    Path(session.vault.status().place.rpartition(": ")[2]).unlink()

    assert "missing or damaged" in str(Vault(session.store).status().problem)


def test_a_passphrase_leaves_no_key_on_disk(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "SCRYPT_N", SCRYPT_N)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    add(session, "one")

    assert opened(session, "one") == SECRET + "one"
    assert list((tmp_path / "state").glob("*")) == [] or not (tmp_path / "state").exists()
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(ConfigError, match="passphrase that is not set"):
        opened(session, "one")


def test_a_wrong_passphrase_is_told_and_seals_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    add(session, "one")
    monkeypatch.setenv(PASSPHRASE, "wrong horse")
    fresh = Vault(session.store)

    works: list[Callable[[], object]] = [
        lambda: opened(session, "one"), lambda: fresh.seal("two", SECRET), lambda: fresh.sealing("two", SECRET),
        fresh.rotate,
    ]  # fmt: skip
    for work in works:
        with pytest.raises(ConfigError, match="the passphrase in TOKENMON_PASSPHRASE is wrong"):
            work()

    assert "is wrong" in str(fresh.status().problem)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert opened(session, "one") == SECRET + "one"


def test_a_wrong_passphrase_is_stretched_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    add(session, "one")
    monkeypatch.setenv(PASSPHRASE, "wrong horse")
    fresh = Vault(session.store)
    stretched: list[bytes] = []

    def stretch(passphrase: bytes, **_: object) -> bytes:
        stretched.append(passphrase)
        return bytes(32)

    monkeypatch.setattr(hashlib, "scrypt", stretch)

    for _ in range(3):
        with pytest.raises(ConfigError, match="is wrong"):
            fresh.seal("two", SECRET)

    assert stretched == [b"wrong horse"]


def test_one_altered_key_does_not_make_the_passphrase_wrong(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    add(session, "one")
    add(session, "two")
    sealed = session.store.platform("two").sealed_key or b""
    session.store.reseal(lambda description, keys: ({**keys, "two": sealed[:-1] + b"\0"}, description or ""))

    assert opened(session, "one") == SECRET + "one"
    with pytest.raises(ConfigError, match="was sealed under another key or altered"):
        opened(session, "two")


def test_what_is_sealed_under_a_lost_passphrase_can_be_dropped(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    add(session, "one")
    monkeypatch.setenv(PASSPHRASE, "another horse")

    bare = replace(session.store.platform("one"), sealed_key=None, key_hint=None)
    session.store.replace_platform(bare, None)
    session.store.replace_platform(bare, Vault(session.store).sealing("one", SECRET + "one"))

    assert opened(session, "one") == SECRET + "one"


def test_rotating_seals_every_key_anew_under_what_is_usable_now(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(session, "one")
    add(session, "two")
    before = {one.name: one.sealed_key for one in session.store.platforms()}
    monkeypatch.setenv(PASSPHRASE, "correct horse")

    assert session.vault.rotate() == (2, "passphrase")

    assert all(one.sealed_key != before[one.name] for one in session.store.platforms())
    assert [opened(session, name) for name in ("one", "two")] == [SECRET + "one", SECRET + "two"]


def test_a_rotation_that_fails_changes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add(session, "one")

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(session.store, "reseal", fail)
        with pytest.raises(RuntimeError):
            session.vault.rotate()

    assert opened(session, "one") == SECRET + "one"


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run work in threads at once; a failure of one is the test's."""
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def test_the_first_keys_sealed_at_once_share_one_vault(session: Session) -> None:
    everybody = threading.Barrier(4)

    def seal_one(number: int) -> None:
        with open_session() as own:
            own.store.platforms()
            everybody.wait(10)
            add(own, f"p{number}")

    in_threads(4, seal_one)

    assert [opened(session, f"p{number}") for number in range(4)] == [f"{SECRET}p{number}" for number in range(4)]
    assert len(list(paths.state_dir().glob("*.key"))) == 1


def test_keys_stored_and_platforms_changed_during_a_rotation_stay_readable(session: Session) -> None:
    add(session, "first")
    everybody = threading.Barrier(3)

    def work(number: int) -> None:
        with open_session() as own:
            own.store.platforms()
            everybody.wait(10)
            for turn in range(8):
                if number == 0:
                    own.vault.rotate()
                elif number == 1:
                    add(own, f"p{turn}")
                else:
                    read = own.store.platform("first")
                    own.store.replace_platform(replace(read, billing="subscription" if turn % 2 else "metered"))

    in_threads(3, work)

    names = ["first", *(f"p{turn}" for turn in range(8))]
    assert [opened(session, name) for name in names] == [SECRET + name for name in names]
    assert len(list(paths.state_dir().glob("*.key"))) == 1


def test_a_rotation_between_sealing_and_storing_changes_nothing(session: Session) -> None:
    add(session, "one")
    read = session.store.platform("one")
    seal = session.vault.sealing("one", "sk-another-secret")

    Vault(session.store).rotate()
    session.store.replace_platform(replace(read, billing="subscription"))
    kept = opened(session, "one")
    session.store.replace_platform(read, seal)

    assert (kept, opened(session, "one")) == (SECRET + "one", "sk-another-secret")


def test_client_keys_are_long_random_and_kept_as_a_hash() -> None:
    first, second = new_client_key(), new_client_key()

    assert first != second
    assert first.startswith("tm-")
    assert len(first) >= 40
    assert first.encode() not in hash_client_key(first)
