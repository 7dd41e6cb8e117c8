"""A small draining proxy: sends each request to a server whose /readyz says 200.

Like a balancer it asks every half second, forgets a server that answers 503 at once and one that
says nothing after the second time, and never sends a request twice. If nobody is left, those that
were only silent are asked after all. Each request has a connection of its own.
`python -m tests.faults.proxy 8000 8101 8102` runs it in front of two servers.
"""

import asyncio
import contextlib
import itertools
import re
import sys
import threading
from collections.abc import Iterable

ASK_SECONDS = 0.5
ANSWER_SECONDS = 5.0
# What is known of a server: ready, silent once, silent twice, not ready or not asked yet.
READY, SILENT, NOT_READY = 0, 2, 3
REQUEST_SECONDS = 60.0
NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nX-Proxy: nobody\r\nContent-Length: 0\r\n\r\n"
CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class Proxy:
    """Listens on 127.0.0.1:port for as long as it is started; servers are ports on 127.0.0.1."""

    def __init__(self, port: int, servers: Iterable[int] = ()) -> None:
        self.port = port
        self.known = dict.fromkeys(servers, NOT_READY)
        self._turns = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._is_open = threading.Event()

    def start(self) -> None:
        """Serve in a thread of this process."""
        threading.Thread(
            target=self._loop.run_until_complete, args=[self.serve()], daemon=True
        ).start()
        assert self._is_open.wait(10)

    def add(self, server: int) -> None:
        """Send requests to this server too, once it says that it is ready."""
        self._loop.call_soon_threadsafe(self.known.setdefault, server, NOT_READY)

    def remove(self, server: int) -> None:
        self._loop.call_soon_threadsafe(self.known.pop, server, None)

    def ready(self) -> set[int]:
        return self._servers(READY)

    def _servers(self, worst: int) -> set[int]:
        return {server for server, known in self.known.copy().items() if known <= worst}

    async def serve(self) -> None:
        async with await asyncio.start_server(self._pass_on, "127.0.0.1", self.port):
            self._is_open.set()
            while True:
                await asyncio.gather(*map(self._ask, list(self.known)))
                await asyncio.sleep(ASK_SECONDS)

    async def _ask(self, server: int) -> None:
        status = b""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", server)
                writer.write(
                    b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                status = (await reader.readline()).partition(b" ")[2][:3]
                writer.close()
        if server in self.known:
            known = self.known[server]
            silent = known if known == NOT_READY else min(known + 1, SILENT)
            self.known[server] = {b"200": READY, b"": silent}.get(status, NOT_READY)

    async def _pass_on(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await client.readuntil(b"\r\n\r\n")
                ready = sorted(self.ready() or self._servers(SILENT))
                if not ready:
                    answer.write(NOBODY)
                else:
                    await self._exchange(
                        ready[next(self._turns) % len(ready)], head, client, answer
                    )
        with contextlib.suppress(OSError):
            answer.close()

    async def _exchange(
        self, server: int, head: bytes, client: asyncio.StreamReader, answer: asyncio.StreamWriter
    ) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server)
        writer.write(CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n")
        body = asyncio.create_task(_copy(client, writer))
        await _copy(reader, answer)
        body.cancel()
        writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65536):
        target.write(chunk)
        await target.drain()


if __name__ == "__main__":
    ports = [int(word) for word in sys.argv[1:]]
    asyncio.run(Proxy(ports[0], ports[1:]).serve())
