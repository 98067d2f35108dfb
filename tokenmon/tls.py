"""The certificate and key of the port, checked before anything is opened: what is wrong is said with the file's name.

Apart from the server because OpenSSL's own errors name neither the file nor what to do.
"""

import ssl
from pathlib import Path

from tokenmon.errors import ConfigError

HINT = "--tls-cert FILE takes the certificate chain, --tls-key FILE its private key, both as PEM"


def check_certificate(certificate: Path, key: Path) -> None:
    """Raise ConfigError, with the file at fault, when the port could not be encrypted with these files."""
    _check_holds(certificate, b"-----BEGIN CERTIFICATE-----", "certificate")
    _check_holds(key, b"PRIVATE KEY-----", "private key")
    try:
        # With a password OpenSSL never asks for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(f"{key} is not the key of {certificate}", hint=HINT) from None
        raise ConfigError(f"{certificate} and {key} cannot be used: one of them is damaged", hint=HINT) from None


def _check_holds(path: Path, mark: bytes, what: str) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {(error.strerror or 'no access').lower()}", hint=HINT) from None
    if mark not in content:
        raise ConfigError(f"{path} holds no PEM {what}", hint=HINT)
    if b"ENCRYPTED" in content:
        raise ConfigError(
            f"{path} is encrypted, and nobody can be asked for its password",
            hint=f"make a plain copy that only you can read: openssl pkey -in {path} -out plain.pem",
        )
