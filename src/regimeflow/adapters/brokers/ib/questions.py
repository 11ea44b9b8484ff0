"""Requests that TWS answers with a list and an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Final

from regimeflow.adapters.brokers.ib.errors import not_sent, unknown
from regimeflow.types.errors import BrokerError
from regimeflow.types.records import Record, made


class _Pending(Record, frozen=False):
    answer: asyncio.Future[list[object]]
    rows: list[object] = made(list)


class Questions:
    """Pairs answers with their requests; one without an end in time fails, as a whole.

    Args:
        timeout_s: How long an answer may take.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s: Final = timeout_s
        self._pending: Final[dict[Hashable, _Pending]] = {}
        self._turns: Final[dict[Hashable, asyncio.Lock]] = {}

    async def ask(self, key: Hashable, send: Callable[[], object], what: str) -> list[object]:
        """Send a request and return the rows of its answer.

        Args:
            key: The request's id, or its kind where answers of it carry none; then one is out at a
                time.
            send: Sends it.
            what: What to call it in an error.

        Raises:
            NetworkError: there is no line, it was lost meanwhile, or the end did not come.
            BrokerError: IB answered with an error.
        """
        if isinstance(key, int):
            return await self._ask(key, send, what)
        async with self._turns.setdefault(key, asyncio.Lock()):
            return await self._ask(key, send, what)

    def add(self, key: Hashable, row: object) -> None:
        """Take a row of an answer; one that nobody asked for is passed over."""
        pending = self._pending.get(key)
        if pending is not None:
            pending.rows.append(row)

    def end(self, key: Hashable) -> None:
        """Take the end of an answer."""
        pending = self._pending.pop(key, None)
        if pending is not None and not pending.answer.done():
            pending.answer.set_result(pending.rows)

    def is_out(self, key: Hashable) -> bool:
        """Whether a request waits for its answer."""
        return key in self._pending

    def fail(self, key: Hashable, error: BrokerError) -> None:
        """Let a request fail."""
        pending = self._pending.pop(key, None)
        if pending is not None and not pending.answer.done():
            pending.answer.set_exception(error)

    def fail_all(self, why: str) -> None:
        """Let every request fail: what was answered of it so far is no answer."""
        for key in list(self._pending):
            self.fail(key, not_sent(why))

    async def _ask(self, key: Hashable, send: Callable[[], object], what: str) -> list[object]:
        pending = _Pending(asyncio.get_running_loop().create_future())
        self._pending[key] = pending
        try:
            send()
            async with asyncio.timeout(self._timeout_s):
                return await pending.answer
        except ConnectionError as error:
            raise not_sent(f"{what}: {error}") from None
        except TimeoutError:
            raise unknown(f"{what}: no answer in {self._timeout_s:g} s") from None
        finally:
            if self._pending.get(key) is pending:
                del self._pending[key]
