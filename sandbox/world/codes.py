"""The six digits that an authenticator app shows. Source: RFC 6238, RFC 4226."""

import base64
import hmac

STEP_SECONDS = 30


def code_at(secret: str, seconds: float) -> str:
    """Give the code of a base32 secret at a time in seconds since 1970."""
    counter = int(seconds // STEP_SECONDS).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def seconds_left(seconds: float) -> int:
    """Give for how many more seconds the code of this time is shown, 1 to 30."""
    return STEP_SECONDS - int(seconds) % STEP_SECONDS
