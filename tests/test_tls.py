"""Files for TLS that cannot be used are named before the port opens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.commands.runner import Home
from tokenmon.errors import ConfigError
from tokenmon.tls import check_certificate

DAMAGED = "-----BEGIN {0}-----\nrubbish\n-----END {0}-----\n"


def key_pem(key: ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def certificate_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "cert").write_bytes(certificate_pem(own))
    (tmp_path / "key").write_bytes(key_pem(own, NoEncryption()))
    (tmp_path / "other-key").write_bytes(key_pem(other, NoEncryption()))
    (tmp_path / "secret-key").write_bytes(key_pem(own, BestAvailableEncryption(b"word")))
    (tmp_path / "bad-cert").write_text(DAMAGED.format("CERTIFICATE"))
    (tmp_path / "bad-key").write_text(DAMAGED.format("PRIVATE KEY"))
    return tmp_path


def test_a_certificate_with_its_key_is_good(folder: Path) -> None:
    check_certificate(folder / "cert", folder / "key")


UNUSABLE = {
    ("none", "key"): "none cannot be read: no such file or directory",
    ("cert", "none"): "none cannot be read: no such file or directory",
    ("key", "key"): "key holds no PEM certificate",
    ("cert", "cert"): "cert holds no PEM private key",
    ("cert", "other-key"): "other-key is not the key of .*cert",
    ("cert", "secret-key"): "secret-key is encrypted",
    ("bad-cert", "key"): "bad-cert and .*key cannot be used: one of them is damaged",
    ("cert", "bad-key"): "cert and .*bad-key cannot be used: one of them is damaged",
}


@pytest.mark.parametrize(("names", "message"), UNUSABLE.items(), ids=["+".join(names) for names in UNUSABLE])
def test_what_cannot_be_used_is_named(folder: Path, names: tuple[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check_certificate(folder / names[0], folder / names[1])

    assert caught.value.hint is not None


def test_the_proxy_does_not_start_with_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(folder / "home", monkeypatch)

    done = home.run("proxy", "--port", "0", "--tls-cert", str(folder / "cert"), "--tls-key", str(folder / "other-key"))

    assert done.code == 2
    assert f"error: {folder / 'other-key'} is not the key of {folder / 'cert'}\n" in done.err
    assert not home.folder.exists()
