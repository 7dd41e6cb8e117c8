"""A PostgreSQL that is as strict as RDS: TLS, an administrator without superuser, no roles of ours.

`TokenDoor` stands before it as RDS's sign-in does: a member of rds_iam is let in by a token alone.
"""

import os
import pwd
import shutil
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import psycopg

from sandbox.world.postgres import Postgres
from tests import world
from tests.files.doors import TlsDoor, join

MASTER, PASSWORD = "master", "rotated-each-week"
SSL_REQUEST = struct.pack("!II", 8, 80877103)
ASK_PASSWORD = b"R" + struct.pack("!II", 8, 3)
RULES = f"""
host    all postgres  127.0.0.1/32 trust
hostssl all {MASTER}  127.0.0.1/32 scram-sha-256
hostssl all market    127.0.0.1/32 trust
"""


class Rds:
    """One server with the database `market`, which belongs to its administrator `master`."""

    def __init__(self, folder: Path, certificate: Path, key: Path) -> None:
        self.server = Postgres(folder, durable=False, binaries=world.LOCAL)
        self.server.start()
        self._encrypt(certificate, key)
        self.run("DROP ROLE market")
        self.run("CREATE ROLE rds_superuser NOLOGIN; CREATE ROLE rds_iam NOLOGIN")
        self.run(f"CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'")
        self.run(f"GRANT rds_superuser TO {MASTER}")
        self.run(f"GRANT rds_iam TO {MASTER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
        self.run(f"CREATE DATABASE market OWNER {MASTER} TEMPLATE template0")

    @property
    def port(self) -> int:
        return self.server.port

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the superuser that RDS keeps for itself."""
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def prepare(self, *, auth: str) -> None:
        """Run the script of roles as the administrator does."""
        address = f"host=localhost port={self.port} user={MASTER} dbname=market sslmode=require"
        script = (world.ROOT / "deploy" / "sql" / "roles.sql").read_bytes()
        with psycopg.connect(address, password=PASSWORD, autocommit=True) as connection:
            connection.execute("SET roles.app = 'market'")
            connection.execute("SELECT set_config('roles.auth', %s, false)", [auth])
            connection.execute(script)

    def _encrypt(self, certificate: Path, key: Path) -> None:
        data = self.server.data
        for file in (certificate, key):
            placed = Path(shutil.copy(file, data))
            placed.chmod(0o600)
            if os.geteuid() == 0:
                owner = pwd.getpwnam("nobody")
                os.chown(placed, owner.pw_uid, owner.pw_gid)
        self.run(f"ALTER SYSTEM SET ssl_cert_file = '{certificate.name}'")
        self.run(f"ALTER SYSTEM SET ssl_key_file = '{key.name}'")
        self.run("ALTER SYSTEM SET ssl = on")
        (data / "pg_hba.conf").write_text(RULES)
        self.run("SELECT pg_reload_conf()")

    def stop(self) -> None:
        self.server.stop()


class TokenDoor(TlsDoor):
    """RDS's sign-in: asks for the password, lets `judge(user, password)` decide, then passes on."""

    def __init__(
        self, port: int, certificate: Path, key: Path, judge: Callable[[str, str], bool]
    ) -> None:
        self.judge = judge
        super().__init__(port, certificate, key)

    def admit(self, plain: socket.socket) -> None:
        if _exactly(plain, 8) != SSL_REQUEST:
            return
        plain.sendall(b"S")
        with self.context.wrap_socket(plain, server_side=True) as client:
            startup = _message(client)
            words = startup[8:].split(b"\0")
            user = words[words.index(b"user") + 1].decode()
            client.sendall(ASK_PASSWORD)
            _exactly(client, 1)
            password = _message(client)[4:].rstrip(b"\0").decode()
            if self.judge(user, password):
                self._pass_on(client, startup)
            else:
                client.sendall(_refusal(f'PAM authentication failed for user "{user}"'))

    def _pass_on(self, client: ssl.SSLSocket, startup: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self.behind)) as plain:
            plain.sendall(SSL_REQUEST)
            _exactly(plain, 1)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            with context.wrap_socket(plain) as server:
                server.sendall(startup)
                join(client, server)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise OSError("the client left")
        data += more
    return data


def _message(source: socket.socket) -> bytes:
    """Read a message without its type: its length first, which counts itself."""
    head = _exactly(source, 4)
    return head + _exactly(source, struct.unpack("!I", head)[0] - 4)


def _refusal(words: str) -> bytes:
    fields = b"SFATAL\0VFATAL\0C28000\0M" + words.encode() + b"\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields
