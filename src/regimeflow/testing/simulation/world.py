"""One seed: a venue, its faults, an engine that trades there, and what became of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.engine.awaiting import Reply
from regimeflow.engine.runtime import Runtime
from regimeflow.engine.wiring import build_runtime
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.testing.simulation.broker import ModelBroker
from regimeflow.testing.simulation.checks import Difference, differences
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.hands import Hands, Scene
from regimeflow.testing.simulation.link import SECOND, Link
from regimeflow.testing.simulation.styles import STYLES, Style
from regimeflow.testing.simulation.tickets import Product
from regimeflow.testing.simulation.times import SteppedClock
from regimeflow.testing.simulation.trace import EVERYBODY, Trace
from regimeflow.testing.simulation.trader import RandomTrader
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.types.config import LiveConfig, StrategyConfig
from regimeflow.types.errors import BrokerError, RegimeFlowError

EPOCH_NS: Final = 1_767_225_600_000_000_000  # where every run begins: 2026-01-01, UTC
PRODUCTS: Final = (
    Product("ALPHA", "ALP", 2, 0, 1, 10_000),
    Product("BRAVO", "BRV", 1, 3, 5, 43_000),
    Product("CHARLIE", "CHA", 5, 2, 100, 120_000),
)
ORDERS: Final = 200  # that every run sends at least
HOURS: Final = 0.25  # of trading, about
FAULTS: Final = 20  # that befall every run at least
_CALM_S: Final = 240  # how long books may take to agree once nothing goes wrong any more
_LONGEST: Final = 6  # times the hours that were asked for


@dataclass(slots=True)
class Run:
    """What became of one seed."""

    seed: int
    style: str
    orders: int = 0
    hours: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    faults: Counter[Fault] = field(default_factory=Counter)
    rows: list[int] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)

    @property
    def is_good(self) -> bool:
        """Whether our books are the venue's."""
        return not self.differences


def run_seed(seed: int, *, hours: float = HOURS, style: Style | None = None) -> Run:
    """Play one seed: trade for about so many hours among faults, let it calm down, compare.

    Args:
        seed: Of all that is left to chance.
        hours: Of the world's time.
        style: The venue's manners; None: drawn.
    """
    return World(seed, hours=hours, style=style).run()


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, *, hours: float, style: Style | None) -> None:
        self._dice: Final = _dice("world", seed)
        true, trace = ReplayClock(EPOCH_NS), Trace()
        own, plan = SteppedClock(true), FaultPlan(_dice("faults", seed))
        self.style: Final = style or self._dice.choice(STYLES)
        venue = ModelVenue(self.style, PRODUCTS, true, _dice("venue", seed))
        link = Link(true, own, plan, _dice("link", seed), trace)
        venue.tell = link.tell
        broker = ModelBroker(venue, link, (true, own), plan, trace)
        self.scene: Final = Scene(
            true=true, own=own, plan=plan, trace=trace, venue=venue, link=link, broker=broker
        )
        self._hands: Final = Hands(self.scene, _dice("hands", seed))
        self._seed: Final = seed
        self._hours: Final = hours
        self._runtime: Runtime | None = None
        self._starts = 0
        self._unforeseen: Final[list[Difference]] = []

    def run(self) -> Run:
        """Play the seed and compare the books."""
        true = self.scene.true
        self._start_engine()
        self._walk()
        self._hands.plan_all(EPOCH_NS, EPOCH_NS + int(self._hours * 3600 * SECOND))
        last_ns = EPOCH_NS + int(self._hours * _LONGEST * 3600 * SECOND)
        while not self._has_traded and true.now_ns() < last_ns:
            true.advance_to(true.now_ns() + 10 * SECOND)
        traded_ns = true.now_ns() - EPOCH_NS
        self._calm_down()
        return self._outcome(traded_ns)

    # ---- the engine

    @property
    def _has_traded(self) -> bool:
        strategies = [host.strategy for host in self._runtime.hosts] if self._runtime else []
        return any(isinstance(each, RandomTrader) and each.is_done for each in strategies)

    def _start_engine(self) -> None:
        self._starts += 1
        broker = cast("BrokerAdapter", self.scene.broker)
        seed = self._seed * 1_000 + self._starts
        self._runtime = build_runtime(self._config(), broker, clock=self.scene.own, seed=seed)
        self._runtime.parts.manager.on_order_update(self._note_order)
        self._runtime.parts.listeners.error.append(self._note_error)
        self._runtime.begin(self._opened)

    def _config(self) -> LiveConfig:
        params = {
            "orders": ORDERS + 40,
            "pause_s": 0.6 * self._hours * 3600 / ORDERS,
            "types": " ".join(each.name for each in sorted(self.style.order_types)),
            "tifs": " ".join(each.name for each in sorted(self.style.times_in_force)),
        }
        name = f"{RandomTrader.__module__}:{RandomTrader.__qualname__}"
        return LiveConfig(
            symbols=[product.symbol for product in PRODUCTS],
            strategy=[StrategyConfig(name=name, id="random", params=params)],
        ).frozen(own_broker=True)

    def _opened(self, reply: Reply[None]) -> None:
        try:
            reply.result()
        except BrokerError as error:
            self._note("no session", "", error)
            self._later(10.0, self._start_engine)  # as a supervisor would

    # ---- the world

    def _walk(self) -> None:
        if self.scene.plan.calm:
            return
        self.scene.venue.step()
        self.scene.broker.send_quotes()
        self._later(self._dice.uniform(1.0, 6.0), self._walk)

    def _calm_down(self) -> None:
        """No more faults, no more trading: then the books must come to agree."""
        scene = self.scene
        scene.plan.calm, scene.link.is_mute = True, False
        scene.true.advance_to(scene.true.now_ns() + _CALM_S * SECOND)
        if self._runtime is not None:
            self._runtime.reconcile()
        scene.true.advance_to(scene.true.now_ns() + 60 * SECOND)

    def _outcome(self, traded_ns: int) -> Run:
        scene, sent = self.scene, self.scene.broker.sent
        run = Run(self._seed, self.style.name, orders=len(sent), hours=traded_ns / 3.6e12)
        run.trace, run.faults = scene.trace, scene.plan.hits
        run.differences += self._unforeseen
        if self._runtime is None:
            run.differences.append(Difference("the engine never started"))
            return run
        parts = self._runtime.parts
        table = parts.manager._desk.table  # noqa: SLF001 - the simulation looks everywhere
        run.rows = table.hits()
        run.differences += differences(scene.venue, table, parts.portfolio, sent)
        if run.orders < ORDERS:
            run.differences.append(Difference(f"only {run.orders} orders were sent"))
        if run.faults.total() < FAULTS:
            run.differences.append(Difference(f"only {run.faults.total()} faults struck"))
        return run

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        true = self.scene.true
        true.call_at(true.now_ns() + int(seconds * SECOND), callback)

    # ---- the trace

    def _note(self, kind: str, about: str, *what: object) -> None:
        self.scene.trace.add(self.scene.true.now_ns(), kind, about, *what)

    def _note_error(self, error: BaseException) -> None:
        self._note("error", EVERYBODY, type(error).__name__, error)
        if not isinstance(error, (RegimeFlowError, OSError)):
            self._unforeseen.append(Difference(f"{type(error).__name__}: {error}"))

    def _note_order(self, order: LiveOrder) -> None:
        self._note(
            "ours",
            order.client_order_id,
            order.status.name,
            "in doubt" if order.in_doubt else "",
            order.broker_order_id,
            order.cum_qty,
            order.quantity,
            order.error.text if order.error is not None else "",
        )


def _dice(what: str, seed: int) -> random.Random:
    """Chances of their own for each part: one that draws more moves no other."""
    return random.Random(f"{what} {seed}")
