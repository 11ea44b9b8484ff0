"""The hourly faults: what befalls the session, the venue and its orders at some moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from regimeflow.adapters.clock import ReplayClock
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.link import SECOND, Link
from regimeflow.testing.simulation.process import Process
from regimeflow.testing.simulation.tickets import Execution, Stage, Ticket
from regimeflow.testing.simulation.trace import Trace
from regimeflow.testing.simulation.venue import ModelVenue, Refusal
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce

_HOUR_S: Final = 3_600


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a run is made of; processes come and go."""

    true: ReplayClock
    plan: FaultPlan
    trace: Trace
    venue: ModelVenue
    link: Link
    restart: Callable[[], None]
    process: Process | None = None
    opened_ns: int = 2**62  # when the first session had begun for sure
    # The engine lets go of what has ended within seconds. An order that a venue then works again
    # is a disagreement that only a person can end.
    forgets: bool = False


class Hands:
    """Carries out the hourly faults of a plan."""

    def __init__(self, scene: Scene, dice: random.Random) -> None:
        self._scene: Final = scene
        self._dice: Final = dice
        style = scene.venue.style
        self._deeds: Final[dict[Fault, Callable[[], bool]]] = {
            Fault.DISCONNECT: self._disconnect,
            Fault.MUTE: self._mute,
            Fault.CLOCK_STEP: self._step_clock,
            Fault.DISK_FULL: self._fill_disk,
            Fault.KILL: self._kill,
            Fault.RESTART: self._restart,
            Fault.EXTERNAL: self._place_by_hand,
            Fault.EXTERNAL_TOUCH: self._cancel_by_hand,
            Fault.SESSION_END: self._end_session,
        }
        if style.revises:
            self._deeds[Fault.CORRECTION] = lambda: self._revise(is_bust=False)
            self._deeds[Fault.BUST] = lambda: self._revise(is_bust=True)
        if style.holds:
            self._deeds[Fault.HELD] = lambda: self._to_some_order(self._scene.venue.hold)
            self._deeds[Fault.RESTATED] = lambda: self._to_some_order(self._scene.venue.restate)
        if style.late_rejects:
            self._deeds[Fault.LATE_REJECT] = self._reject_late

    def plan_all(self, begin_ns: int, end_ns: int) -> None:
        """Set the times of everything in a stretch of time."""
        for fault in self._deeds:
            for at_ns in self._scene.plan.times(fault, begin_ns, end_ns):
                self._set(at_ns, fault)

    def _set(self, at_ns: int, fault: Fault) -> None:
        def strike() -> None:
            scene = self._scene
            if not scene.plan.calm and self._deeds[fault]():
                scene.plan.count(fault)
                scene.trace.add(scene.true.now_ns(), "fault", "", fault.name)

        self._scene.true.call_at(at_ns, strike)

    # ---- the session

    def _disconnect(self) -> bool:
        process = self._living()
        if process is None or not self._scene.link.is_up:
            return False
        process.broker.drop(self._dice.choice((0, 1, 5, 30, 120)))
        return True

    def _mute(self) -> bool:
        link = self._scene.link
        if not link.is_up or link.is_mute:
            return False
        link.is_mute = True

        def speak() -> None:
            link.is_mute = False

        true = self._scene.true
        true.call_at(true.now_ns() + self._dice.choice((1, 5, 40)) * SECOND, speak)
        return True

    def _step_clock(self) -> bool:
        process = self._living()
        if process is not None:
            step_s = self._dice.choice((-_HOUR_S, -30, -3, -1, 1, 3, 30, _HOUR_S))
            process.own.step(step_s * SECOND)
            self._scene.forgets |= step_s == _HOUR_S  # all that has ended did so an hour ago
        return process is not None

    # ---- the process

    def _living(self) -> Process | None:
        process = self._scene.process
        return None if process is None or process.is_dead else process

    def _kill(self) -> bool:
        process = self._living()
        if process is not None:
            process.kill()
        return process is not None

    def _restart(self) -> bool:
        if self._living() is None:
            return False
        self._scene.restart()
        return True

    def _fill_disk(self) -> bool:
        process, true = self._living(), self._scene.true
        if process is None:
            return False
        process.fill_disk(is_full=True)
        wait_ns = self._dice.choice((2, 20, 60)) * SECOND
        true.call_at(true.now_ns() + wait_ns, lambda: process.fill_disk(is_full=False))
        return True

    # ---- the venue

    def _end_session(self) -> bool:
        self._scene.venue.end_session()
        return True

    def _place_by_hand(self) -> bool:
        venue, dice = self._scene.venue, self._dice
        product = dice.choice(list(venue.ledger.products.values()))
        ticket = Ticket(
            client_id=f"web_{dice.randrange(10**9)}",  # its adapter's, where a venue has none
            product=product,
            side=dice.choice((OrderSide.BUY, OrderSide.SELL)),
            type=OrderType.LIMIT,
            tif=TimeInForce.GTC,
            qty=dice.randint(1, 9) * product.lot,
            limit_px=venue.market.px[product.symbol] + dice.randint(-10, 10),
            stop_px=None,
            expire_ns=0,
            made_ns=self._scene.true.now_ns(),
            is_ours=False,
        )
        venue.new_order(ticket)
        return True

    def _cancel_by_hand(self) -> bool:
        ticket = self._some_order()
        if ticket is None:
            return False
        try:
            self._scene.venue.cancel(ticket.broker_id)
        except Refusal:
            return False
        return True

    def _reject_late(self) -> bool:
        return self._to_some_order(self._scene.venue.reject_late)

    def _revise(self, *, is_bust: bool) -> bool:
        now_ns, venue = self._scene.true.now_ns(), self._scene.venue
        # What was traded before the session is in the positions that it began with, and no more.
        since_ns = max(now_ns - 600 * SECOND, self._scene.opened_ns)
        recent = venue.ledger.executions_of(since_ns, now_ns)
        live = [each for each in recent if not each.is_undone and not each.is_bust]
        if not live:
            return False
        worked = [each for each in live if not each.ticket.stage.is_over]
        is_of_open = bool(worked) and self._dice.randrange(2) == 0
        execution: Execution = self._dice.choice(worked if is_of_open else live)
        px = None if is_bust else execution.px + self._dice.choice((-3, -1, 1, 2))
        works_on = self._dice.randrange(2) == 0 and not self._scene.forgets
        venue.revise(execution, px=px, works_on=works_on)
        return True

    def _to_some_order(self, deed: Callable[[Ticket], None]) -> bool:
        ticket = self._some_order()
        if ticket is None or ticket.stage is not Stage.WORKING:
            return False
        deed(ticket)
        return True

    def _some_order(self) -> Ticket | None:
        return self._dice.choice(self._scene.venue.open) if self._scene.venue.open else None
