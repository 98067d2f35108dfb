"""Calls to Bedrock in the name of AWS credentials: signed as the specification says, and only for client keys."""

import asyncio
import hashlib
import hmac
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.proxy.running import platform
from tests.proxy.servers import read_request, scripted_server
from tokenmon.config import load_settings
from tokenmon.core.platform import ClientKey
from tokenmon.credentials import hash_client_key, new_client_key
from tokenmon.proxy.aws_signature import AwsCredentials, aws_credentials
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEY = f"AKIAIOSFODNN7EXAMPLE:{SECRET}"
HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
PATH = "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile/converse"
BODY = b'{"messages": []}'
ANSWER = b'{"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}'


def signature(url: str, date: str, body: bytes, *, region: str, token: str | None) -> tuple[str, str]:
    """Signed headers and signature as the specification's steps make them, written out here on their own."""
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "x-amz-date": date}
    if token is not None:
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n{quote(parts.path, safe='/~')}\n{parts.query}\n{lines}\n{names}\n{digest}"
    scope = f"{date[:8]}/{region}/bedrock/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + SECRET.encode()
    for part in (date[:8], region, "bedrock", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return names, hmac.digest(key, text.encode(), "sha256").hex()


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEXAMPLE//token=="])
def test_a_request_is_signed_as_the_specification_says(token: str | None) -> None:
    credentials = aws_credentials(KEY + (f":{token}" if token else ""), HOST)
    assert credentials is not None

    headers = dict(credentials.signed("POST", f"https://{HOST}{PATH}", BODY))

    date = headers[b"x-amz-date"].decode()
    names, expected = signature(f"https://{HOST}{PATH}", date, BODY, region="eu-central-1", token=token)
    assert headers[b"authorization"].decode() == (
        f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{date[:8]}/eu-central-1/bedrock/aws4_request, "
        f"SignedHeaders={names}, Signature={expected}"
    )


@pytest.mark.parametrize("key", ["ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl", "sk-1:2", "AKIAIOSFODNN7EXAMPLE", ""])
def test_any_other_key_is_bedrocks_own(key: str) -> None:
    assert aws_credentials(key, HOST) is None


def test_credentials_show_no_secret() -> None:
    credentials = aws_credentials(KEY + ":token-secret", HOST)

    assert isinstance(credentials, AwsCredentials)
    assert SECRET not in repr(credentials)
    assert "token-secret" not in repr(credentials)


def test_a_call_with_a_client_key_goes_on_signed_and_others_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    heads: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % len(ANSWER) + ANSWER)
        await writer.drain()

    async def call(port: int, *lines: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST /work{PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nconnection: close\r\n"
        )
        head += "".join(f"{line}\r\n" for line in lines) + f"content-length: {len(BODY)}\r\n\r\n"
        writer.write(head.encode() + BODY)
        answer = await reader.read()
        writer.close()
        return answer

    async def run() -> tuple[int, list[bytes]]:
        async with scripted_server(handle) as upstream:
            with open_session() as session:
                sealed = session.vault.seal("work", KEY)
                base_url = f"http://127.0.0.1:{upstream}"
                session.store.add_platform(platform("work", base_url, provider="bedrock", sealed_key=sealed))
                token = new_client_key()
                session.store.add_client_key(
                    ClientKey("tests", "member", hash_client_key(token), "0000", session.now())
                )
            server = ProxyServer(load_settings(), port=0)
            port = await server.start()
            try:
                answers = [
                    await call(port, f"authorization: Bearer {token}", "x-amz-date: 20200101T000000Z"),
                    await call(port),
                    await call(port, "authorization: Bearer ABSK-own"),
                ]
            finally:
                await server.stop()
            return upstream, answers

    upstream, answers = asyncio.run(run())

    assert [answer[9:12] for answer in answers] == [b"200", b"401", b"200"]
    signed, own = (head.decode() for head, _ in heads)
    date = re.findall(r"x-amz-date: (\S+)", signed)
    names, expected = signature(f"http://127.0.0.1:{upstream}{PATH}", date[0], BODY, region="us-west-2", token=None)
    assert len(date) == 1
    assert f"SignedHeaders={names}, Signature={expected}" in signed
    assert "tm-" not in signed
    assert "authorization: Bearer ABSK-own" in own
    assert "AWS4" not in own
