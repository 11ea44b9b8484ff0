"""The session with the broker: connect, agree on the books, subscribe, notice a loss, come back."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial

from regimeflow.engine.journal.answers import settings_state
from regimeflow.engine.journal.codes import NoteCode
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.parts import Parts
from regimeflow.engine.reconciler import Reconciler
from regimeflow.engine.scripts import Script
from regimeflow.types.config import ReconnectPolicy
from regimeflow.types.enums import SystemCode, TradingState
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

Sleep = Callable[[float], Awaitable[object]]

# Connecting may take a login, a download of instruments, a venue that answers slowly.
_CONNECT_TIMEOUT_S = 120.0
_DISCONNECT_TIMEOUT_S = 5.0


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
        warm_up: Callable[[], Coroutine[object, object, None]],
        *,
        on_up: Callable[[], None],
        on_given_up: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._reconciler = reconciler
        self._warm_up = warm_up
        self._on_up = on_up
        self._on_given_up = on_given_up
        self._pause: Sleep = parts.turns.pause
        self.is_up = False
        self._may_be_open = False
        self._is_closing = False
        self._is_coming_back = False
        self._comeback: Script[None] | None = None
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
        except Exception:  # whatever failed: nothing stays open
            await self._drop()
            raise

    async def close(self) -> None:
        """End the session; the connection is closed whatever state it is in."""
        parts = self._parts
        self._is_closing = True
        comeback, self._comeback = self._comeback, None
        if comeback is not None:
            await parts.turns.stopped(comeback)  # else its connect could outlive our disconnect
        if not self._may_be_open:
            return
        was_connected = parts.turns.is_up(parts.broker)
        await self._drop()
        if was_connected:
            parts.say("disconnected", f"disconnected from {self.venue}")

    def check(self) -> None:
        """Notice a lost connection; called on the engine's timer."""
        parts = self._parts
        if self._is_closing or self._is_coming_back or parts.turns.is_up(parts.broker):
            return
        self.is_up = False
        parts.switch.hold(
            Hold(
                cause="disconnected",
                state=TradingState.HALTED,
                text=f"the connection to {self.venue} is lost",
                ends_with="reconnecting and agreeing on the books",
                since_ns=parts.clock.now_ns(),
            )
        )
        parts.publish_system(SystemCode.DISCONNECTED, self.venue)
        parts.say("disconnected", f"lost the connection to {self.venue}")
        self._is_coming_back = True
        self._comeback = parts.turns.start(self._come_back())

    @property
    def venue(self) -> str:
        """The name of the broker's venue."""
        return self._parts.broker.capabilities().venue

    async def _establish(self) -> None:
        parts = self._parts
        broker, ask = parts.broker, parts.turns.ask
        self._may_be_open = True
        await ask("connect", broker.connect, within_s=_CONNECT_TIMEOUT_S)
        for symbol in parts.symbols:
            instrument = await ask("get_instrument", partial(broker.get_instrument, symbol))
            if parts.instruments.get(symbol) != instrument and parts.log is not None:
                body = settings_state(instrument)
                parts.log.note(parts.clock.now_ns(), NoteCode.INSTRUMENT, body)
            parts.instruments[symbol] = instrument
            parts.gate.list_instrument(instrument)
        await self._reconciler.open()
        await self._warm_up()
        await ask("subscribe", lambda: broker.subscribe_market_data(parts.symbols))
        self.up_since_ns = parts.clock.now_ns()
        self.is_up = True
        self._on_up()
        parts.publish_system(SystemCode.CONNECTED, self.venue)
        parts.say(
            "connected",
            f"connected to {self.venue}: {', '.join(parts.symbols)}",
            venue=self.venue,
        )

    async def _drop(self) -> None:
        self.is_up = self._may_be_open = False
        try:
            await self._parts.turns.ask(
                "disconnect", self._parts.broker.disconnect, within_s=_DISCONNECT_TIMEOUT_S
            )
        except (BrokerError, OSError) as error:
            self._parts.listeners.tell_error(error)

    async def _come_back(self) -> None:
        parts, policy = self._parts, self._parts.config.reconnect
        attempt, told_s = 0, 0.0
        while policy.give_up_after is None or attempt < policy.give_up_after:
            wait_s = max(told_s, wait_before(attempt, policy, parts.random))
            attempt += 1
            parts.publish_system(SystemCode.RECONNECTING, self.venue, value=attempt)
            parts.say(
                "reconnecting",
                f"reconnecting to {self.venue} in {wait_s:.2f} s, attempt {attempt}",
                attempt=attempt,
                wait_s=wait_s,
            )
            await self._pause(wait_s)
            try:
                await self._establish()
            except Exception as error:  # noqa: BLE001 - whatever failed: else nobody tries again
                parts.listeners.tell_error(error)
                await self._drop()
                if _is_refusal(error):
                    break  # asking again with the same credentials only gets us banned
                told_s = _told_s(error)
                continue
            self.reconnect_count += 1
            self._is_coming_back = False
            parts.switch.release("disconnected")
            return
        text = f"gave up reconnecting to {self.venue} after {attempt} attempts"
        parts.say("error", text)
        self._on_given_up(text)


def _is_refusal(error: Exception) -> bool:
    """Whether asking again is of no use; a venue that says when to ask again means just that."""
    if isinstance(error, NetworkError) or not isinstance(error, BrokerError):
        return False
    return error.outcome is Outcome.REFUSED and error.retry_after_s is None


def _told_s(error: Exception) -> float:
    """How long the venue asked us to stay away."""
    return (error.retry_after_s or 0.0) if isinstance(error, BrokerError) else 0.0
