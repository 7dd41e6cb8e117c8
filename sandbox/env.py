"""The shop's environment on one machine: addresses, secrets made once, and the example's values.

`python -m sandbox.env COMMAND …` runs a command with `.env.example` exported.
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / ".env.example"
# What the shop is called at the sandbox's own user pool, which stands open to everybody here.
POOL_CLIENT = {"COGNITO_CLIENT_ID": "makers-market", "COGNITO_CLIENT_SECRET": "sandbox"}
# What a developer's shell may hold and would lead the shop or boto3 elsewhere.
_FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PYTHONPATH", "PYTHONHOME")


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where everything listens on this machine: ports on localhost, and two server URLs."""

    web: int
    index: int
    stripe: int
    resend: int
    carrier: int
    signin: int
    database: str
    cache: str


def read_env(path: Path) -> dict[str, str]:
    """Return the KEY=VALUE lines of `path`; `#` lines and blank ones are skipped, quotes taken off.

    Raises ValueError naming the line that is neither.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip().isidentifier():
            raise ValueError(f"{path.name}, line {number}: not KEY=VALUE")
        value = value.strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[key.strip()] = value[1:-1] if quoted else value
    return found


def keep_secrets(path: Path) -> dict[str, str]:
    """Return this checkout's secrets, making those `path` does not hold yet (mode 0600)."""
    known = read_env(path) if path.exists() else {}
    made = {key: make() for key, make in _SECRETS.items() if not known.get(key)}
    if made:
        known |= made
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text("".join(f"{key}={value}\n" for key, value in known.items()))
        aside.replace(path)
    return known


def shop_environment(local: Path, at: Addresses, own: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment the shop's processes get, made of ours and the shell's."""
    shop = {
        **own,
        "DJANGO_SETTINGS_MODULE": "makers_market.settings",
        "SANDBOX": "1",
        "DEBUG": "0",
        "SECURE_COOKIES": "0",
        "SITE_URL": f"http://localhost:{at.web}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": at.database,
        "CACHE_URL": at.cache,
        "MEDIA_ROOT": str(local / "media"),
        "STATIC_ROOT": str(local / "static"),
        "STRIPE_API_BASE": f"http://localhost:{at.stripe}",
        "STRIPE_CHECKOUT_ORIGINS": f"http://localhost:{at.stripe}",
        "RESEND_API_URL": f"http://localhost:{at.resend}",
        "MAIL_FROM": "Makers Market <hello@makersmarket.example>",
        "DELIVERY_QUEUE_URL": f"http://localhost:{at.carrier}/queue/delivery",
        **POOL_CLIENT,
        "COGNITO_ISSUER": f"http://localhost:{at.signin}",
        "COGNITO_DOMAIN": f"http://localhost:{at.signin}",
        "COGNITO_GOOGLE": "1",
        "COGNITO_GROUP_ROLES": "operators-support=support",
        "AWS_ENDPOINT_URL_SQS": f"http://localhost:{at.carrier}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
    }
    return base_environment() | shop


def base_environment() -> dict[str, str]:
    """Return the shell's environment without what would lead a sandbox process astray."""
    kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    # A proxy set in the shell must not be asked for localhost.
    for name in ("no_proxy", "NO_PROXY"):
        kept[name] = ",".join(filter(None, (kept.get(name), "localhost", "127.0.0.1")))
    return kept | {"PYTHONUNBUFFERED": "1"}


def main(argv: list[str]) -> None:
    """Replace this process by `argv`, run with the example's values."""
    if not argv:
        sys.exit("usage: python -m sandbox.env COMMAND [ARGUMENT …]")
    os.execvpe(argv[0], argv, base_environment() | read_env(EXAMPLE))  # noqa: S606


def _signing_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _key(prefix: str) -> Callable[[], str]:
    return lambda: prefix + secrets.token_hex(24)


_SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": _key(""),
    "STRIPE_SECRET_KEY": _key("sk_test_"),
    "STRIPE_WEBHOOK_SECRETS": _key("whsec_"),
    "RESEND_API_KEY": _key("re_"),
    "DELIVERY_CALLBACK_SECRETS": _signing_secret,
}

if __name__ == "__main__":
    main(sys.argv[1:])
