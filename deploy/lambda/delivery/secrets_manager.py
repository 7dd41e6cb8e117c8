"""One call of AWS Secrets Manager, GetSecretValue, with the standard library alone.

The signature is AWS's version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

import hashlib
import hmac
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urlsplit

SERVICE = "secretsmanager"
TIMEOUT_SECONDS = 3.0
_ALGORITHM = "AWS4-HMAC-SHA256"


class Unreadable(RuntimeError):
    """The secret could not be read; the message says how AWS refused, never what was sent."""


def read_secret(arn: str) -> str:
    """Return the text of a secret, asked for with the function's own role.

    Lambda gives the role's credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    AWS_SESSION_TOKEN; AWS_ENDPOINT_URL_SECRETS_MANAGER may name another endpoint, as for every
    SDK. Raises Unreadable.
    """
    try:
        region = arn.split(":")[3]
        own = f"https://{SERVICE}.{region}.amazonaws.com"
        endpoint = os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER", own)
        body = json.dumps({"SecretId": arn}).encode()
        headers = signed(body, host=urlsplit(endpoint).netloc, region=region, at=datetime.now(UTC))
        request = urllib.request.Request(f"{endpoint}/", body, headers)  # noqa: S310
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return str(json.load(answer)["SecretString"])
    except urllib.error.HTTPError as error:
        with error:
            raise Unreadable(f"{arn}: {error.code} {_kind(error.read(4096))}") from None
    except (OSError, HTTPException, ValueError, LookupError) as error:
        raise Unreadable(f"{arn}: {type(error).__name__}") from error


def signed(body: bytes, *, host: str, region: str, at: datetime) -> dict[str, str]:
    """Return the headers of a GetSecretValue call, signed at `at` (an aware time).

    Raises KeyError when the environment holds no credentials.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": stamp,
        "x-amz-target": f"{SERVICE}.GetSecretValue",
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    scope = f"{stamp[:8]}/{region}/{SERVICE}/aws4_request"
    canonical = hashlib.sha256(_canonical(headers, body).encode()).hexdigest()
    text = "\n".join((_ALGORITHM, stamp, scope, canonical))
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return headers | {
        "authorization": f"{_ALGORITHM} Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope},"
        f" SignedHeaders={_names(headers)}, Signature={signature}"
    }


def _canonical(headers: Mapping[str, str], body: bytes) -> str:
    """Return the request as AWS writes it down before hashing: a POST to / without a query."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    return "\n".join(("POST", "/", "", lines, _names(headers), hashlib.sha256(body).hexdigest()))


def _names(headers: Mapping[str, str]) -> str:
    return ";".join(sorted(headers))


def _kind(answer: bytes) -> str:
    """Return the name of AWS's refusal, such as AccessDeniedException."""
    try:
        return str(json.loads(answer)["__type"]).rpartition("#")[2][:80]
    except (ValueError, LookupError, TypeError):
        return "(no reason given)"


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
