"""Progress in words: a bar that fills on a terminal, a plain line anywhere else."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TextIO

BAR_WIDTH = 24


class Progress:
    """Counts one phase of work and tells how long it took."""

    def __init__(self, out: TextIO, what: str, total: int) -> None:
        self.out, self.what, self.total = out, what, total
        self.done = 0
        self.since = time.monotonic()

    def step(self) -> None:
        self.done += 1
        if self.out.isatty():
            filled = BAR_WIDTH * self.done // self.total
            bar = "█" * filled + "░" * (BAR_WIDTH - filled)
            self.out.write(f"\r  {self.what:<12} {bar} {self.done}/{self.total}")
            self.out.flush()

    def over[T](self, things: Iterable[T]) -> Iterator[T]:
        """Give each thing and count it once its work is done."""
        for thing in things:
            yield thing
            self.step()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        took = f"{time.monotonic() - self.since:.1f} s"
        if self.out.isatty():
            self.out.write(f"  {took}\n")
        else:
            self.out.write(f"  {self.what}: {self.done} of {self.total} in {took}\n")
        self.out.flush()
