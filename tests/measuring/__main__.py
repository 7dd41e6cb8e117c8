"""Measure the shop on this machine: `python -m tests.measuring [--orders N] [--seconds N]`.

Starts servers of its own, among them a PostgreSQL that waits for the disk, and prints the figures
that docs/scaling.md reckons with. Takes some minutes; nothing else should run meanwhile. What it
says of CPU seconds stays true beside other work, what it says of rates does not.
"""

import argparse
import os
import tempfile
from pathlib import Path

import django
from django.utils.module_loading import import_string

from sandbox.world.postgres import Postgres
from tests import stand_ins, world


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measuring", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="whole orders, one after another")
    parser.add_argument("--placed", type=int, default=1200, help="orders placed side by side")
    parser.add_argument("--seconds", type=float, default=10, help="of requests for each page")
    parser.add_argument("--jobs", type=int, default=1000, help="jobs for the worker")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="measuring-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL may run as nobody
        server = Postgres(
            folder / "postgres",
            port=world.free_port(),
            binaries=world.LOCAL,
            roles=world.ROOT / "deploy" / "sql" / "roles.sql",
        )
        outside = [stand_ins.Stripe(folder / "stripe"), stand_ins.Resend(folder / "resend")]
        try:
            server.start()
            server.create("measured")
            for each in outside:
                each.start()
            os.environ.update(world.environment(database=server.url("measured")))
            os.environ |= {
                "MEDIA_ROOT": str(folder / "media"),
                "STATIC_ROOT": str(folder / "static"),
            }
            django.setup()
            # Its modules need the settings, which are there only now.
            import_string("tests.measuring.running.measure")(options, server, outside[0])
        finally:
            for each in outside:
                each.kill()
            server.stop()
            world.pytest_unconfigure(None)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
