"""`python -m sandbox.world.signin`: serve the stand-in until the process is ended."""

import argparse

from flask import Flask

from sandbox.world.serving import THIS_MACHINE, new_app, serve
from sandbox.world.signin.pages import machine, pages
from sandbox.world.signin.tokens import Client, Pool


def main() -> None:
    """Parse the command line and serve."""
    asked = _arguments()
    client = Client(id=asked.client_id, secret=asked.client_secret, redirect_uri=asked.redirect_uri)
    serve(create_app(Pool(f"http://localhost:{asked.port}", client)), asked.port, asked.host)


def create_app(pool: Pool) -> Flask:
    """Return the pool's pages and its API as one application."""
    app = new_app("Sign-in")
    app.register_blueprint(pages(pool))
    app.register_blueprint(machine(pool))
    return app


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.world.signin",
        description="A stand-in for a Cognito user pool on 127.0.0.1. It asks nobody for proof.",
    )
    parser.add_argument("--port", type=int, default=8604)
    parser.add_argument("--host", default=THIS_MACHINE, help="where it listens (this machine)")
    parser.add_argument("--client-id", required=True, help="what the shop calls itself")
    parser.add_argument("--client-secret", required=True, help="by which it proves that")
    parser.add_argument("--redirect-uri", required=True, help="where people go back to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
