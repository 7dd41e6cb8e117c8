"""Finding a TCP port on this machine that nobody listens on."""

import contextlib
import socket

_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def free_port(preferred: int) -> int:
    """Return `preferred` when it is free on both loopback addresses, else (or for 0) any free one.

    Both are asked because browsers try ::1 first for "localhost" and would meet a stranger there.
    The port is not reserved: whoever binds it first has it.
    """
    if preferred and is_free(preferred):
        return preferred
    while True:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            candidate: int = sock.getsockname()[1]
        if is_free(candidate):
            return candidate


def is_free(port: int) -> bool:
    """Say whether nobody listens on `port` at 127.0.0.1 or ::1."""
    return all(_can_bind(family, host, port) for family, host in _LOOPBACKS)


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    if not _exists(family, host):
        return True
    with socket.socket(family) as sock:
        # Without it a port stays "busy" for a minute after its last connection closed.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True


def _exists(family: socket.AddressFamily, host: str) -> bool:
    """Say whether this machine has the address at all (containers often lack IPv6)."""
    with contextlib.suppress(OSError), socket.socket(family) as sock:
        sock.bind((host, 0))
        return True
    return False
