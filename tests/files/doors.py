"""Small servers that stand before a real one and pass on what they let in."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

from tests.files.certificates import server_side


class TlsDoor:
    """TLS before a server that speaks none, as ElastiCache's own."""

    def __init__(self, port: int, certificate: Path, key: Path) -> None:
        self.behind = port
        self.context = server_side(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                threading.Thread(target=self._answer, args=[client], daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        # Whoever leaves in the middle is gone.
        with contextlib.suppress(OSError, struct.error), client:
            self.admit(client)

    def admit(self, plain: socket.socket) -> None:
        """Meet one client and pass on what it says, until one side leaves."""
        with (
            self.context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self.behind)) as server,
        ):
            join(client, server)


def join(client: socket.socket, server: socket.socket) -> None:
    """Pass on bytes both ways until both have left."""
    back = threading.Thread(target=_pump, args=[server, client], daemon=True)
    back.start()
    _pump(client, server)
    back.join(timeout=5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
