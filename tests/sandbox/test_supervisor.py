"""What starts dies with its starter, comes back by itself, and keeps its data."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox import env
from sandbox.services import Program, Watched
from sandbox.steps import Step, run_chains
from sandbox.world.ports import free_port, is_free
from sandbox.world.postgres import EXTENSIONS, AlreadyRunning, Postgres, reachable
from sandbox.world.processes import ChildFailed, spawn, stop
from sandbox.world.valkey import Valkey
from tests.sandbox.small_stand_ins import wait_until

LOCAL = env.ROOT / ".local"
# A supervisor in small: PostgreSQL, Valkey and a gunicorn with two workers.
KEEPER = """
import signal, sys, time
from pathlib import Path
from sandbox.world.ports import free_port
from sandbox.world.postgres import Postgres
from sandbox.world.processes import spawn
from sandbox.world.valkey import Valkey
home, local = Path(sys.argv[1]), Path(sys.argv[2])
postgres, valkey = Postgres(home / "pg", binaries=local), Valkey(home / "vk", port=free_port(0))
postgres.start(), valkey.start()
postgres.create("shop")
address = f"127.0.0.1:{free_port(0)}"
words = f"-m gunicorn wsgiref.simple_server:demo_app -b {address} -w 2 --worker-class gthread"
argv = [sys.executable, *words.split(), "--no-control-socket"]
(home / "web.log").unlink(missing_ok=True)
web = spawn(argv, log=home / "web.log", death_signal=signal.SIGQUIT)
while (home / "web.log").read_text().count("Booting worker") < 2: time.sleep(0.05)
print(postgres.url("shop"), postgres.process.pid, valkey.process.pid, web.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder everybody may pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="makers-market-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    server = Postgres(home / "pg", binaries=LOCAL)
    yield server
    server.stop()


def keep(home: Path) -> tuple[subprocess.Popen[str], list[str]]:
    """Start KEEPER; gives it and what it printed."""
    argv = [sys.executable, "-c", KEEPER, str(home), str(LOCAL)]
    keeper = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=env.ROOT)
    assert keeper.stdout is not None
    return keeper, keeper.stdout.readline().split()


def alive(words: list[bytes]) -> list[int]:
    """Numbers of processes, zombies apart, whose command line holds one of `words`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        if any(word in line for word in words):
            found.append(int(entry.parent.name))
    return found


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_kill_supervisor_leaves_no_process_and_keeps_data(home: Path) -> None:
    keeper, (url, *pids) = keep(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (word text)")
        connection.execute("insert into kept values ('mug')")
    family = [int(pid) for pid in pids]
    family += [child for pid in family for child in children(pid)]

    keeper.kill()
    keeper.wait()

    wait_until(lambda: not any(map(is_running, family)), seconds=5)
    assert len(family) > 8
    assert alive([os.fsencode(home)]) == []
    again, (url, *_) = keep(home)
    with psycopg.connect(url) as connection:
        assert connection.execute("select word from kept").fetchall() == [("mug",)]
    again.kill()
    again.wait()
    wait_until(lambda: alive([os.fsencode(home)]) == [], seconds=5)


@pytest.mark.slow
def test_start_with_stale_pid_of_another_process(home: Path, postgres: Postgres) -> None:
    postgres.start()
    text = (postgres.data / "postmaster.pid").read_text()
    postgres.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    (postgres.data / "postmaster.pid").write_text(text.replace(text.split()[0], str(stranger.pid)))

    postgres.start()

    assert stranger.poll() is None
    with psycopg.connect(postgres.url("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    stranger.kill()
    stranger.wait()


@pytest.mark.slow
def test_start_with_busy_port_takes_another(home: Path, postgres: Postgres) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        wish = busy.getsockname()[1]
        other = Postgres(home / "pg", port=wish, binaries=LOCAL)
        other.start()

        assert other.port != wish
        assert not is_free(other.port)
        other.stop()


@pytest.mark.slow
def test_start_twice_in_one_folder_is_refused(home: Path, postgres: Postgres) -> None:
    postgres.start()

    with pytest.raises(AlreadyRunning):
        Postgres(home / "pg", binaries=LOCAL).start()

    assert psycopg.connect(postgres.url("postgres")).execute("select 1").fetchone() == (1,)


@pytest.mark.slow
def test_create_gives_ordinary_role_a_database_with_extensions(postgres: Postgres) -> None:
    postgres.start()
    postgres.drop("fresh")

    made = [postgres.create("fresh"), postgres.create("fresh")]

    assert made == [True, False]
    with psycopg.connect(postgres.url("fresh"), autocommit=True) as connection:
        found = connection.execute("select extname from pg_extension").fetchall()
        assert {name for (name,) in found} == {*EXTENSIONS, "plpgsql"}
        role = connection.execute("select rolsuper, rolcreatedb from pg_roles where rolname = user")
        assert role.fetchone() == (False, True)
        about = "select datlocprovider, datlocale, pg_encoding_to_char(encoding) from pg_database"
        row = connection.execute(f"{about} where datname = 'fresh'").fetchone()
        assert row == ("b", "C.UTF-8", "UTF8")
    postgres.drop("fresh")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become nobody")
def test_start_below_a_closed_folder_uses_the_temp_root(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Postgres(closed / "pg", durable=False)

    server.start()

    assert server.folder.parent == reachable(closed)
    assert server.folder.parent.parent == Path(tempfile.gettempdir())
    server.stop()
    server.erase()
    assert not server.folder.exists()
    shutil.rmtree(server.folder.parent)


@pytest.mark.slow
def test_valkey_answers_and_stops(tmp_path: Path) -> None:
    server = Valkey(tmp_path, port=free_port(0))

    server.start()

    assert not is_free(server.port)
    server.stop()
    assert is_free(server.port)


def test_free_port_avoids_a_busy_one() -> None:
    first = free_port(0)

    assert free_port(first) == first
    assert first != 0


def test_spawn_outside_main_thread_is_refused(tmp_path: Path) -> None:
    refused: list[Exception] = []

    def run() -> None:
        try:
            spawn(["true"], log=tmp_path / "log")
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert len(refused) == 1


def test_stop_kills_the_whole_stubborn_group(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 60 & echo $!; wait; wait; sleep 60"
    child = spawn(["sh", "-c", script], log=tmp_path / "log")
    wait_until(lambda: bool((tmp_path / "log").read_text().strip()))
    grandchild = int((tmp_path / "log").read_text())

    stop(child, patience=0.1)

    assert child.returncode == -signal.SIGKILL
    wait_until(lambda: not is_running(grandchild))


def test_watch_starts_fallen_program_again_after_its_pause(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    program = Program(argv=argv, log=tmp_path / "log", env={}, cwd=tmp_path)
    program.start()
    watched = Watched("sleeper", program)
    first = program.process
    assert first is not None
    first.kill()
    first.wait()
    now = time.monotonic()

    watched.look(now)
    watched.look(now + 0.9)
    too_early = program.process
    watched.look(now + 1.1)

    assert too_early is first
    assert program.process is not first
    assert program.process is not None
    assert program.process.poll() is None
    program.patience = 0.1
    program.stop()


def step(folder: Path, name: str, script: str, *inputs: Path) -> Step:
    return Step(
        name=name,
        argv=["sh", "-c", script],
        inputs=inputs,
        stamp=folder / "stamps" / name,
        log=folder / f"{name}.log",
    )


def test_run_steps_skips_those_with_unchanged_inputs(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("1")
    count = step(tmp_path, "count", "echo x >> count.txt", tmp_path / "input")

    run_chains([[count]], env={}, cwd=tmp_path)
    run_chains([[count]], env={}, cwd=tmp_path)
    (tmp_path / "input").write_text("2")
    run_chains([[count]], env={}, cwd=tmp_path)

    assert (tmp_path / "count.txt").read_text() == "x\nx\n"


def test_run_steps_stops_at_failure_and_tells_the_log(tmp_path: Path) -> None:
    bad = step(tmp_path, "bad", "echo the reason; exit 3")
    after = step(tmp_path, "after", "touch after.txt")

    with pytest.raises(ChildFailed, match=r"bad failed \(exit 3\):\nthe reason"):
        run_chains([[bad, after]], env={}, cwd=tmp_path)

    assert not (tmp_path / "after.txt").exists()
    assert not bad.stamp.exists()


def test_keep_secrets_makes_them_once(tmp_path: Path) -> None:
    first = env.keep_secrets(tmp_path / "secrets.env")

    assert env.keep_secrets(tmp_path / "secrets.env") == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert first["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert first["RESEND_API_KEY"].startswith("re_")
    assert len(set(first.values())) == len(first) == 5


def test_read_env_takes_quotes_off_and_names_bad_lines(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# note\n\nA=1\nB = 'two = 2'\nC=\n")

    assert env.read_env(file) == {"A": "1", "B": "two = 2", "C": ""}
    file.write_text("A=1\nnonsense\n")
    with pytest.raises(ValueError, match="line 2"):
        env.read_env(file)
