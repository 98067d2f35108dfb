"""Signature Version 4: how a call goes to Bedrock in the name of stored AWS credentials.

The signature covers host and path, so that a caller's own would not survive the way through a proxy; the proxy signs
what it sends. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, by the botocore library.
"""

import os
import re
from dataclasses import dataclass, field

from tokenmon.errors import ConfigError
from tokenmon.proxy.labels import Headers

SERVICE = "bedrock"
# `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, for temporary credentials with `:SESSION_TOKEN`; any other is Bedrock's own key.
CREDENTIALS = re.compile(r"((?:AKIA|ASIA)[A-Z0-9]{12,124}):([^:\s]{16,128})(?::(\S+))?")
REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
# What a signing caller sent of its own signature: it would contradict the one that is made here.
SIGNATURE_HEADERS = frozenset({b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256"})


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """Credentials for one region; signing takes a tenth of a millisecond."""

    access_key_id: str
    region: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)

    def signed(self, method: str, url: str, body: bytes) -> Headers:
        """The headers to add to a request for this URL (its path and query as they are sent) and body."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method=method, url=url, data=body)
        own = Credentials(self.access_key_id, self.secret_access_key, self.session_token)
        SigV4Auth(own, SERVICE, self.region).add_auth(request)
        return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in request.headers.items()]


def aws_credentials(key: str, host: str) -> AwsCredentials | None:
    """The AWS credentials that a stored key holds, for the region that the host names; None for any other key.

    Raises ConfigError when botocore, which signs, is not installed.
    """
    match = CREDENTIALS.fullmatch(key)
    if match is None:
        return None
    try:
        import botocore.auth  # noqa: F401 - loaded before the first call needs it
    except ImportError:
        raise ConfigError(
            "AWS credentials need botocore, which signs with them", hint="pip install 'tokenmon[bedrock]'"
        ) from None
    named = REGION.search(host)
    region = named[1] if named else os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return AwsCredentials(match[1], region, match[2], match[3])
