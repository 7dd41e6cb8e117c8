"""What is done and what runs, as data: the steps before opening, the stand-ins, the shop."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.demo.people import LOGINS
from sandbox.env import POOL_CLIENT, ROOT, Addresses, base_environment
from sandbox.services import Program
from sandbox.steps import Step

LOCAL = ROOT / ".local"
LOGS = LOCAL / "logs"
DATA = LOCAL / "data"


def before_opening(database_stamps: Path) -> list[list[Step]]:
    """Return chains of steps that may run side by side.

    What fills the database is remembered in `database_stamps`, so that it is done again for
    another database.
    """
    static = [ROOT / "makers_market" / "core" / "assets.py", *_folders("*/static")]
    build = LOCAL / "stamps"
    return [
        [_step("compile_translations", build, [*_code(), *_words()])],
        [_step("collectstatic", build, [*_code(), *static], "--noinput")],
        [_migrate(database_stamps)],
    ]


def _migrate(stamps: Path) -> Step:
    return Step(
        name="migrate",
        argv=[sys.executable, "-m", "makers_market", "migrate"],
        inputs=_schema(),
        stamp=stamps / "migrate",
        log=LOGS / "migrate.log",
    )


def demo(database_stamps: Path) -> list[Step]:
    """Return the steps that fill the shop with demo pieces and write down who can sign in."""
    inputs = [ROOT / "sandbox" / "demo", *_schema()]
    return [
        _step("fill_demo", database_stamps, inputs, shown=True),
        _step("demo_logins", database_stamps, inputs),
    ]


def _code() -> list[Path]:
    return [ROOT / "requirements.txt", ROOT / "makers_market" / "settings.py"]


def _words() -> list[Path]:
    """The sources only: what is compiled of them lies beside them."""
    return sorted((ROOT / "locale").rglob("*.po"))


def _schema() -> list[Path]:
    return [*_code(), *_folders("*/migrations"), *_folders("*/*/migrations")]


def _folders(pattern: str) -> list[Path]:
    """Return the checkout's own folders of this name, not those in .venv or .local."""
    found = sorted(ROOT.glob(pattern))
    return [path for path in found if not path.relative_to(ROOT).parts[0].startswith(".")]


def _step(
    name: str, stamps: Path, inputs: Sequence[Path], *words: str, shown: bool = False
) -> Step:
    return Step(
        name=name,
        argv=[sys.executable, "manage.py", name, *words],
        inputs=inputs,
        stamp=stamps / name,
        log=LOGS / f"{name}.log",
        shown=shown,
    )


def stand_ins(at: Addresses, own: Mapping[str, str]) -> dict[str, Program]:
    """Return Stripe, Resend, the carrier, the user pool and the page that lists them.

    `own` holds the secrets.
    """
    return {
        name: Program(
            argv=[sys.executable, "-m", f"sandbox.world.{name}", *arguments],
            log=LOGS / f"{name}.log",
            env=base_environment(),
            cwd=ROOT,
            address=f"http://127.0.0.1:{getattr(at, name)}",
            patience=2.0,
        )
        for name, arguments in _arguments(at, own).items()
    }


def _arguments(at: Addresses, own: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what each stand-in is told; its name is the field of its port."""
    site = f"http://localhost:{at.web}"
    return {
        "stripe": [
            *("--port", str(at.stripe), "--data", str(DATA / "stripe")),
            *("--api-key", own["STRIPE_SECRET_KEY"], "--webhook-url", f"{site}/webhooks/stripe/"),
            *("--webhook-secret", own["STRIPE_WEBHOOK_SECRETS"].split(",")[0]),
            *("--public-url", f"http://localhost:{at.stripe}"),
        ],
        "resend": [
            *("--port", str(at.resend), "--data", str(DATA / "resend")),
            *("--api-key", own["RESEND_API_KEY"]),
        ],
        "carrier": [
            *("--port", str(at.carrier), "--data", str(DATA / "carrier")),
            *("--callback-url", f"{site}/callbacks/delivery/"),
            *("--secret", own["DELIVERY_CALLBACK_SECRETS"].split(",")[0]),
        ],
        "signin": [
            *("--port", str(at.signin), "--client-id", POOL_CLIENT["COGNITO_CLIENT_ID"]),
            *("--client-secret", POOL_CLIENT["COGNITO_CLIENT_SECRET"]),
            *("--redirect-uri", f"{site}/accounts/oidc/cognito/login/callback/"),
        ],
        "index": ["--port", str(at.index), *_links(at), *_apps()],
    }


def _links(at: Addresses) -> list[str]:
    site = f"http://localhost:{at.web}"
    links = (
        f"The shop={site}/=Browse, buy, follow a parcel",
        f"Workshop and admin={site}/admin/=For makers and operators",
        f"Stripe=http://localhost:{at.stripe}/_sandbox/=Payments, events, faults to provoke",
        f"Inbox=http://localhost:{at.resend}/=Every mail the shop sends",
        f"Carrier=http://localhost:{at.carrier}/=Parcels on their way, and their fate",
        f"Sign-in=http://localhost:{at.signin}/=Who “Continue with …” can be",
    )
    return [word for link in links for word in ("--link", link)]


def _apps() -> list[str]:
    """Name the authenticator apps of the demo's people, so that the page shows their codes."""
    apps = [f"{login.name}, {login.role}={login.totp}" for login in LOGINS if login.totp]
    return [word for app in apps for word in ("--app", app)]


def shop(at: Addresses, env: Mapping[str, str]) -> dict[str, Program]:
    """Return the shop itself, as in production, and the worker for its jobs."""
    env = {**env, "WEB_HOST": "127.0.0.1", "PORT": str(at.web)}
    # Nobody stands before it that must hear of its end, and nobody waits long for Ctrl-C.
    env |= {"DRAIN_SECONDS": "0", "GRACE_SECONDS": "4"}
    return {
        "web": Program(
            argv=[sys.executable, "-m", "makers_market", "web"],
            log=LOGS / "web.log",
            env=env,
            cwd=ROOT,
            address=f"http://localhost:{at.web}",
            # Killed outright, the master would leave its workers to find out by themselves.
            death_signal=signal.SIGQUIT,
        ),
        "worker": Program(
            argv=[sys.executable, "-m", "makers_market", "worker"],
            log=LOGS / "worker.log",
            env=env,
            cwd=ROOT,
        ),
    }
