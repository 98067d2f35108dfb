"""Which paths pass the proxy: an encoded slash within a Bedrock model's name does, as a trick it does not."""

import pytest

from tokenmon.proxy.admission import split_path
from tokenmon.proxy.failures import ProxyFailure


@pytest.mark.parametrize(
    "name",
    [
        b"arn%3Aaws%3Asagemaker%3Aus-east-1%3A123%3Aendpoint%2Fendpoint-1",
        b"arn:aws:bedrock:us-east-1:123:inference-profile%2Fus.anthropic.claude-v1%3A0",
        b"us.anthropic.claude-v1%3A0",
    ],
)
def test_a_bedrock_models_name_passes(name: bytes) -> None:
    assert split_path(b"/work/model/" + name + b"/invoke") == ("work", b"/model/" + name + b"/invoke")


@pytest.mark.parametrize(
    "path",
    [
        b"/work/model%2Finvoke", b"/work/model/claude%2F..%2Finvoke", b"/work/model/arn:aws%2F%2e%2e/invoke",
        b"/work/model/arn:aws%2F../invoke", b"/work/model/arn:aws%2Fa%2Fb/invoke", b"/work/model/arn:aws%2F",
        b"/work/v1/arn:aws%2Fa/invoke",
    ],
)  # fmt: skip
def test_a_trick_does_not(path: bytes) -> None:
    with pytest.raises(ProxyFailure):
        split_path(path)
