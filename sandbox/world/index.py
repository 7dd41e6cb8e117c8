"""`python -m sandbox.world.index`: one page with the addresses of everything that runs here."""

import argparse
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, render_template

from sandbox.world.codes import code_at, seconds_left
from sandbox.world.serving import THIS_MACHINE, new_app, serve

_CHECK_SECONDS = 2.0
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Link:
    """One address and what is found there."""

    name: str
    url: str
    about: str

    @classmethod
    def parse(cls, written: str) -> "Link":
        """Read `Name=URL=what it is`. Raises ArgumentTypeError when it is not that."""
        parts = written.split("=", 2)
        if len(parts) != 3 or urlsplit(parts[1]).scheme not in ("http", "https"):
            raise argparse.ArgumentTypeError(f"not Name=URL=what it is: {written!r}")
        return cls(*parts)

    def is_up(self) -> bool:
        """Say whether the address's own server answers /healthz with 200."""
        parts = urlsplit(self.url)
        try:
            with _opener.open(f"{parts.scheme}://{parts.netloc}/healthz", timeout=_CHECK_SECONDS):
                return True
        except (OSError, urllib.error.URLError):
            return False


@dataclass(frozen=True)
class App:
    """The authenticator app of somebody who signs in here with a second factor."""

    name: str
    secret: str

    @classmethod
    def parse(cls, written: str) -> "App":
        """Read `Name=SECRET`, in base32. Raises ArgumentTypeError when it is not that."""
        name, _equals, secret = written.rpartition("=")
        try:
            code_at(secret, 0)
        except ValueError:
            name = ""
        if not name or not secret:
            raise argparse.ArgumentTypeError(f"not Name=SECRET: {written!r}")
        return cls(name, secret)


def create_app(links: list[Link], apps: Sequence[App] = ()) -> Flask:
    """Return the page as an application; it asks every address each time it is shown.

    It shows the codes of now, and asks to be loaded again when they are over.
    """
    app = new_app("Addresses")

    @app.get("/")
    def _list() -> str:
        with ThreadPoolExecutor(max_workers=max(1, len(links))) as pool:
            states = list(pool.map(Link.is_up, links))
        now = time.time()
        return render_template(
            "index.html",
            links=list(zip(links, states, strict=True)),
            codes=[(each.name, code_at(each.secret, now)) for each in apps],
            seconds=seconds_left(now),
        )

    return app


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.world.index", description="A page that lists addresses."
    )
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--host", default=THIS_MACHINE, help="where it listens (this machine)")
    parser.add_argument(
        "--link", action="append", default=[], type=Link.parse, metavar="NAME=URL=WHAT"
    )
    parser.add_argument("--app", action="append", default=[], type=App.parse, metavar="NAME=SECRET")
    asked = parser.parse_args()
    serve(create_app(asked.link, asked.app), asked.port, asked.host)


if __name__ == "__main__":
    main()
