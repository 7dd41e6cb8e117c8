"""Practise the restore: a backup goes into a fresh server on this machine, and a clock runs.

`deploy/scripts/restore-drill.sh BACKUP` becomes this process; `--demo` makes a backup of a small
demo shop first. Everything it makes is thrown away again.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.env import EXAMPLE, ROOT, base_environment, read_env
from sandbox.plan import LOCAL
from sandbox.world.ports import free_port
from sandbox.world.postgres import Postgres, unpack_binaries

# A drill must never touch the shop's own files.
_NOWHERE = (
    *("MEDIA_BUCKET", "MEDIA_BUCKET_FILE", "MEDIA_ROOT_FILE"),
    *("DATABASE_URL_FILE", "DATABASE_AUTH", "DATABASE_AUTH_FILE"),
)


class StepFailed(Exception):
    """A command of the drill ended badly; it has said why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the drill; 0 when the backup came back whole, 1 with the reason when it did not."""
    options = _parse(argv)
    with tempfile.TemporaryDirectory(prefix="restore-drill-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL may run as nobody
        server = Postgres(
            folder / "postgres",
            port=free_port(0),
            binaries=LOCAL,
            roles=ROOT / "deploy" / "sql" / "roles.sql",
        )
        try:
            server.start()
            _drill(server, folder, options.backup)
        except StepFailed as failure:
            print(failure, file=sys.stderr, flush=True)
            return 1
        finally:
            server.stop()
    return 0


def _drill(server: Postgres, folder: Path, backup: Path | None) -> None:
    programs = unpack_binaries(LOCAL)
    if backup is None:
        backup = folder / "backup"
        server.create("demo")
        env = _environment(server.url("demo"), folder / "demo-media")
        for words in ("migrate --noinput -v 0", "createcachetable", "fill_demo --only 2"):
            _run(words.split(), env)
        _run(["backup", str(backup), "--programs", str(programs)], env)
    server.create("restored")
    began = time.monotonic()
    env = _environment(server.url("restored"), folder / "media")
    _run(["restore", str(backup.absolute()), "--here", "--programs", str(programs)], env)
    print(f"Restored and proven in {time.monotonic() - began:.1f} s.", flush=True)


def _environment(database: str, media: Path) -> dict[str, str]:
    """Give the example's variables, over them the shell's, over them what the drill must own.

    With the shop's SECRET_KEY in the shell the drill also knows whether second factors will open.
    """
    shell = {name: value for name, value in base_environment().items() if name not in _NOWHERE}
    return read_env(EXAMPLE) | shell | {"DATABASE_URL": database, "MEDIA_ROOT": str(media)}


def _run(words: Sequence[str], env: Mapping[str, str]) -> None:
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise StepFailed(f"manage.py {words[0]} ended with {done.returncode}.")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="restore-drill.sh", description="Restore a backup into a fresh server, and time it."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("backup", nargs="?", type=Path, help="a folder made by manage.py backup")
    which.add_argument("--demo", action="store_true", help="back up a small demo shop first")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
