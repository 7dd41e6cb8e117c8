"""The page cache may vanish: a shopper then waits for the page itself, never for the cache."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
# For so long after a failure nobody asks: each try could cost a page its time limit.
PAUSE_SECONDS = 5.0


class PageCache(RedisCache):
    """Valkey or Redis; while it does not answer every page is a miss and nothing is kept.

    OPTIONS give its time limits in seconds. A failure is one line in the log per pause.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"retry": Retry(NoBackoff(), 0)} | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._away_until = 0.0

    def _ask(self, question: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return question()
        # OSError: a connection that breaks while TLS is agreed upon.
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("cache_away", extra={"why": type(error).__name__})
            return otherwise

    def _read(self, question: Callable[[], Any], otherwise: Any) -> Any:
        """Ask for what is kept; what another release kept, and this one cannot read, is a miss."""
        try:
            return self._ask(question, otherwise)
        except Exception as error:
            log.warning("cache_unreadable", extra={"why": type(error).__name__})
            return otherwise

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        ask = super().get
        return self._read(lambda: ask(key, default, version), default)

    def get_many(self, keys: Any, version: Any = None) -> dict[Any, Any]:
        ask = super().get_many
        found: dict[Any, Any] = self._read(lambda: ask(keys, version), {})
        return found

    def has_key(self, key: Any, version: Any = None) -> bool:
        ask = super().has_key
        return bool(self._ask(lambda: ask(key, version), False))

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        ask = super().add
        return bool(self._ask(lambda: ask(key, value, *args, **kwargs), False))

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        ask = super().set
        self._ask(lambda: ask(key, value, *args, **kwargs), None)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        ask = super().set_many
        failed: list[Any] = self._ask(lambda: ask(data, *args, **kwargs), list(data))
        return failed

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        ask = super().touch
        return bool(self._ask(lambda: ask(key, *args, **kwargs), False))

    def delete(self, key: Any, version: Any = None) -> bool:
        ask = super().delete
        return bool(self._ask(lambda: ask(key, version), False))

    def delete_many(self, keys: Any, version: Any = None) -> None:
        ask = super().delete_many
        self._ask(lambda: ask(keys, version), None)

    def clear(self) -> None:
        self._ask(super().clear, None)
