"""The session with the broker: connect, agree on the books, subscribe, notice a loss, come back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.reconciler import Reconciler
from regimeflow.types.config import ReconnectPolicy
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

Sleep = Callable[[float], Awaitable[object]]


def wait_before(attempt: int, policy: ReconnectPolicy, dice: random.Random) -> float:
    """Return how long to wait before attempt number ``attempt`` (from 0) [s], with full jitter.

    Full jitter spreads the hosts that one outage threw out: each waits anything between nothing and
    the bound.
    """
    # Beyond 64 doublings the bound is the longest wait for any sane policy, and the power would
    # overflow.
    bound = policy.first_wait_s * policy.factor ** min(attempt, 64)
    return dice.uniform(0.0, min(policy.longest_wait_s, bound))


class Session:
    """One engine's session: opened once, reopened after each loss, closed once.

    Threading: the loop only.
    """

    def __init__(
        self,
        parts: Parts,
        reconciler: Reconciler,
        *,
        on_given_up: Callable[[str], None],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._parts = parts
        self._reconciler = reconciler
        self._on_given_up = on_given_up
        self._sleep = sleep
        self.is_up = asyncio.Event()
        self._is_closing = False
        self._comeback: asyncio.Task[None] | None = None
        self.reconnect_count = 0
        self.up_since_ns = 0

    async def open(self) -> None:
        """Connect, learn the instruments, agree on the books, subscribe.

        Raises:
            NetworkError: the broker cannot be reached.
            BrokerError: the broker refused; nothing stays open.
        """
        try:
            await self._establish()
        except BaseException:  # a cancel too: nothing stays open
            await self._drop()
            raise

    async def close(self) -> None:
        """End the session; the connection is closed whatever state it is in."""
        self._is_closing = True
        comeback, self._comeback = self._comeback, None
        if comeback is not None:
            comeback.cancel()
            await asyncio.wait({comeback})  # else its connect could outlive our disconnect
        if self._parts.broker.is_connected():
            await self._drop()
            self._parts.say("disconnected", f"disconnected from {self._venue}")

    def check(self) -> None:
        """Notice a lost connection; called on the engine's timer."""
        if self._is_closing or self._comeback is not None or self._parts.broker.is_connected():
            return
        parts = self._parts
        self.is_up.clear()
        parts.switch.hold(
            Hold(
                cause="disconnected",
                state=TradingState.HALTED,
                text=f"the connection to {self._venue} is lost",
                ends_with="reconnecting and agreeing on the books",
                since_ns=parts.clock.now_ns(),
            )
        )
        parts.publish_system(SystemCode.DISCONNECTED, self._venue)
        parts.say("disconnected", f"lost the connection to {self._venue}")
        self._comeback = asyncio.get_running_loop().create_task(self._come_back())

    @property
    def _venue(self) -> str:
        return self._parts.broker.capabilities().venue

    async def _establish(self) -> None:
        parts = self._parts
        await parts.broker.connect()
        for symbol in parts.symbols:
            instrument = await parts.broker.get_instrument(symbol)
            parts.instruments[symbol] = instrument
            parts.gate.list_instrument(instrument)
        await self._reconciler.run()
        await parts.broker.subscribe_market_data(parts.symbols)
        self.up_since_ns = parts.clock.now_ns()
        self.is_up.set()
        parts.publish_system(SystemCode.CONNECTED, self._venue)
        parts.say(
            "connected",
            f"connected to {self._venue}: {', '.join(parts.symbols)}",
            venue=self._venue,
        )

    async def _drop(self) -> None:
        self.is_up.clear()
        try:
            await self._parts.broker.disconnect()
        except (BrokerError, OSError) as error:
            self._parts.listeners.tell_error(error)

    async def _come_back(self) -> None:
        parts, policy = self._parts, self._parts.config.reconnect
        attempt = 0
        while policy.give_up_after is None or attempt < policy.give_up_after:
            wait_s = wait_before(attempt, policy, parts.random)
            attempt += 1
            parts.publish_system(SystemCode.RECONNECTING, self._venue, value=attempt)
            parts.say(
                "reconnecting",
                f"reconnecting to {self._venue} in {wait_s:.2f} s, attempt {attempt}",
                attempt=attempt,
                wait_s=wait_s,
            )
            await self._sleep(wait_s)
            try:
                await self._establish()
            except asyncio.CancelledError:
                await self._drop()
                raise
            except Exception as error:  # noqa: BLE001 - whatever failed: else nobody tries again
                parts.listeners.tell_error(error)
                await self._drop()
                if _is_refusal(error):
                    break  # asking again with the same credentials only gets us banned
                continue
            self.reconnect_count += 1
            self._comeback = None
            parts.switch.release("disconnected")
            return
        text = f"gave up reconnecting to {self._venue} after {attempt} attempts"
        parts.say("error", text)
        self._on_given_up(text)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, NetworkError) or not isinstance(error, BrokerError):
        return False
    return error.outcome is Outcome.REFUSED
