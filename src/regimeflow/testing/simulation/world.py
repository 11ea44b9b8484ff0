"""One seed: a venue, its faults, an engine that trades there, and what became of it."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.anomalies import LATE_FILL, OrderAnomaly
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.domain.orders.transitions import as_lookup
from regimeflow.engine.awaiting import Reply
from regimeflow.testing.simulation.account_stream import AccountStream
from regimeflow.testing.simulation.broker import ModelBroker
from regimeflow.testing.simulation.checks import Difference, differences, replays, sessions_of
from regimeflow.testing.simulation.endings import heard_wrong, left_behind, not_flat, owned_wrong
from regimeflow.testing.simulation.faults import Fault, FaultPlan
from regimeflow.testing.simulation.hands import Hands, Scene
from regimeflow.testing.simulation.link import SECOND, Link
from regimeflow.testing.simulation.process import Process
from regimeflow.testing.simulation.styles import IB, STYLES, Style
from regimeflow.testing.simulation.tickets import Product
from regimeflow.testing.simulation.times import SteppedClock, alive
from regimeflow.testing.simulation.trace import EVERYBODY, Trace
from regimeflow.testing.simulation.trader import RandomTrader
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.types.config import LiveConfig
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
_SPARE: Final = 25  # orders that may be refused on their way
_CALM_S: Final = 240  # how long books may take to agree once nothing goes wrong any more
_REPLAYED: Final = 0.25  # of the runs: that costs as much as playing them
_KILLED_REPLAYED: Final = 0.25  # of the runs: a session that was killed, which is a part of one
_HOUR_S: Final = 3_600.0
_LONGEST: Final = 6  # times the hours that were asked for


@dataclass(slots=True)
class Run:
    """What became of one seed."""

    seed: int
    style: str
    orders: int = 0
    hours: float = 0.0
    starts: int = 0
    replayed: int = 0
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
    with tempfile.TemporaryDirectory(prefix="regimeflow-sim-", dir=_scratch()) as folder:
        return World(seed, hours=hours, style=style, folder=folder).run()


def _scratch() -> str | None:
    """Memory, where the machine has such a folder: a run writes some megabytes."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - files of a run


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, *, hours: float, style: Style | None, folder: str) -> None:
        self._dice: Final = _dice("world", seed)
        true, trace = ReplayClock(EPOCH_NS), Trace()
        plan = FaultPlan(_dice("faults", seed))
        self.style: Final = style or self._dice.choice((*STYLES, IB))  # it has the most to show
        venue = ModelVenue(self.style, PRODUCTS, true, _dice("venue", seed))
        link = Link(true, SteppedClock(true), plan, _dice("link", seed), trace)
        venue.tell = link.tell
        self._account: Final = AccountStream(venue, link, true, _dice("account", seed))
        # In a third of the runs orders are let go within seconds, so that news of them comes late.
        kept_s = (_HOUR_S, _HOUR_S, _HOUR_S, _HOUR_S, 20.0, 4.0)
        self._retire_s: Final = _dice("retired", seed).choice(kept_s)
        self.scene: Final = Scene(
            true=true,
            plan=plan,
            trace=trace,
            venue=venue,
            link=link,
            restart=self._restart,
            forgets=self._retire_s < _HOUR_S,
        )
        self._hands: Final = Hands(self.scene, _dice("hands", seed))
        self._seed: Final = seed
        self._hours: Final = hours
        self._folder: Final = folder
        self._sent: Final = Counter[str]()
        self._commands: Final = Counter[str]()
        self._on_stop: Final = self._dice.choice(("leave", "cancel"))
        self._durability: Final = self._dice.choice(("process", "process", "power"))
        self._replays: Final = self._dice.random() < _REPLAYED
        self._past: Final = _dice("past", seed)
        self._replays_killed: Final = self._past.random() < _KILLED_REPLAYED
        self._killed_boots: Final[set[str]] = set()
        self._configs: Final[dict[int, LiveConfig]] = {}
        self._starts = 0
        self._rows = [0] * len(as_lookup())
        self._unforeseen: Final[list[Difference]] = []
        self._wrongs: Final[list[str]] = []

    def run(self) -> Run:
        """Play the seed and compare the books."""
        true = self.scene.true
        self._start()
        self._walk()
        self._hands.plan_all(EPOCH_NS, EPOCH_NS + int(self._hours * 3600 * SECOND))
        last_ns = EPOCH_NS + int(self._hours * _LONGEST * 3600 * SECOND)
        while not self._has_traded and true.now_ns() < last_ns:
            true.advance_to(true.now_ns() + 10 * SECOND)
        if not self._has_traded:
            self._unforeseen.append(Difference("it has not come to the end of its orders"))
        traded_ns = true.now_ns() - EPOCH_NS
        self._calm_down()
        return self._outcome(traded_ns)

    # ---- the process

    @property
    def _has_traded(self) -> bool:
        process = self.scene.process
        hosts = process.runtime.hosts if process is not None and not process.is_dead else ()
        return any(
            isinstance(host.strategy, RandomTrader) and host.strategy.is_done for host in hosts
        )

    def _start(self) -> None:
        self._starts += 1
        scene, before = self.scene, self.scene.process
        own = SteppedClock(scene.true, 0 if before is None else before.own.error_ns)
        scene.link.own = own
        clocks = (scene.true, own)
        broker = ModelBroker(
            scene.venue,
            scene.link,
            clocks,
            plan=scene.plan,
            trace=scene.trace,
            sent=self._sent,
            commands=self._commands,
        )
        seed = self._seed * 1_000 + self._starts
        process = Process(
            self._config(), broker, own, plan=scene.plan, seed=seed, on_killed=self._killed
        )
        scene.process = process
        self._account.answers = lambda: broker.answers
        process.runtime.parts.manager.on_order_update(self._note_order)
        process.runtime.parts.manager.on_anomaly(self._note_anomaly)
        process.runtime.parts.listeners.error.append(
            lambda error: None if process.is_dead else self._note_error(error)
        )
        broker.wrongs = self._wrongs
        self._note("start", "", self._starts)
        alive(lambda: process.begin(self._opened))

    def _killed(self) -> None:
        self._note("killed", "")
        if self.scene.process is not None:
            self._killed_boots.add(self.scene.process.runtime.parts.boot_nonce)
        self._sum_up(most_lost=1)  # it may have died with a report in hand
        self._later(self._dice.choice((0.05, 1.0, 20.0)), self._start)

    def _restart(self, after_s: Sequence[float] = (0.1, 5.0, 30.0)) -> None:
        """End the session as a host does, and start another one after a while."""
        process = self.scene.process
        if process is None or process.is_dead or process.runtime.is_stop_asked:
            return

        def ended(_: Reply[None]) -> None:
            if not process.is_dead:
                process.is_dead = process.own.is_stopped = True
                self._note("ended", "")
                self._sum_up()
                self._later(self._dice.choice(after_s), self._start)

        alive(lambda: process.runtime.end(ended))

    def _sum_up(self, most_lost: int = 0) -> None:
        """Add what this process has used of the transition table, and whether it heard all."""
        process = self.scene.process
        if process is None:
            return
        hits = process.runtime.parts.books.table.hits()
        self._rows = [sum(both) for both in zip(self._rows, hits, strict=True)]
        self._unforeseen.extend(Difference(text) for text in process.unheard(most_lost))

    def _config(self) -> LiveConfig:
        orders = max(ORDERS + _SPARE - len(self._sent), 1)
        if orders not in self._configs:
            self._configs[orders] = self._config_for(orders)
        return self._configs[orders]

    def _config_for(self, orders: int) -> LiveConfig:
        params = {
            "orders": orders,
            "pause_s": 0.6 * self._hours * 3600 / ORDERS,
            "types": " ".join(each.name for each in sorted(self.style.order_types)),
            "tifs": " ".join(each.name for each in sorted(self.style.times_in_force)),
        }
        name = f"{RandomTrader.__module__}:{RandomTrader.__qualname__}"
        journal = {
            "enabled": "yes",
            "folder": self._folder,
            "segment_mb": 1,
            "snapshot_every": 3_000,
            "durability": self._durability,
        }
        return LiveConfig.from_dict(
            {
                "symbols": [product.symbol for product in PRODUCTS],
                "strategy": {"name": name, "id": "random", "params": params},
                "orders": {
                    "on_stop": self._on_stop,
                    "lookup_interval_s": 3.0,
                    "retire_after_s": self._retire_s,
                },
                "risk": {"duplicate_window_s": 0.5},
                "journal": journal,
                "audit": {"enabled": "no"},  # it has a thread of its own
            }
        ).frozen(own_broker=True)

    def _opened(self, reply: Reply[None]) -> None:
        try:
            reply.result()
        except BrokerError as error:
            self._note("no session", "", str(error))
            self._restart(after_s=(1.0, 15.0, 45.0))  # as a supervisor would, and not at once
        else:
            self.scene.opened_ns = min(self.scene.opened_ns, self.scene.true.now_ns())

    # ---- the world

    def _walk(self) -> None:
        if self.scene.plan.calm:
            return
        self._later(self._dice.uniform(1.0, 6.0), self._walk)
        self.scene.venue.step()
        process = self.scene.process
        if process is not None:
            process.work_ahead()
            process.broker.send_quotes()

    def _calm_down(self) -> None:
        """No more faults, no more trading: then the books must come to agree."""
        scene = self.scene
        scene.plan.calm, scene.link.is_mute = True, False
        if scene.process is not None:
            scene.process.fill_disk(is_full=False)
        scene.true.advance_to(scene.true.now_ns() + _CALM_S * SECOND)
        if scene.process is not None:
            scene.process.runtime.reconcile()
        scene.true.advance_to(scene.true.now_ns() + 60 * SECOND)

    def _outcome(self, traded_ns: int) -> Run:
        scene = self.scene
        run = Run(self._seed, self.style.name, orders=len(self._sent), hours=traded_ns / 3.6e12)
        run.trace, run.faults, run.starts = scene.trace, scene.plan.hits, self._starts
        run.differences += self._unforeseen
        run.differences += [Difference(text) for text in self._wrongs]
        if scene.process is None or scene.process.is_dead:
            run.differences.append(Difference("no engine runs in the end"))
            return run
        self._sum_up()
        run.rows = self._rows
        run.differences += self._ending(scene.process)
        if run.orders < ORDERS:
            run.differences.append(Difference(f"only {run.orders} orders were sent"))
        never = [name for name in ("submit", "cancel", "modify") if not self._commands[name]]
        run.differences += [Difference(f"no {name} ever came to the broker") for name in never]
        if run.faults.total() < FAULTS:
            run.differences.append(Difference(f"only {run.faults.total()} faults struck"))
        if not run.faults[Fault.DISK_FULL]:
            self._replay(run)
        return run

    def _ending(self, process: Process) -> Iterator[Difference]:
        """Compare: as it stands, when nothing of ours is open, and when nothing is held."""
        scene, runtime = self.scene, process.runtime
        sides = scene.venue, runtime.parts.books.table, runtime.parts.portfolio
        # Books that began anew, their journal lost with the power, take revisions of what traded
        # before for the account's own.
        if runtime.parts.books.base_ns <= scene.opened_ns:
            yield from map(Difference, owned_wrong(process, scene.venue))
        cancel, close = runtime.parts.manager.cancel_all_orders, runtime.flattener.start
        # Twice: an exit that is like another one of a moment ago is refused as its repeat.
        rounds: tuple[tuple[Callable[[], object], ...], ...] = ((cancel,), (close, close), ())
        for acts in rounds:
            yield from differences(*sides, self._sent)
            yield from map(Difference, heard_wrong(process, scene.venue))
            for act in acts:
                act()
                scene.true.advance_to(scene.true.now_ns() + 90 * SECOND)
        yield from map(Difference, not_flat(scene.venue))
        if self._retire_s < _HOUR_S:
            yield from map(Difference, left_behind(runtime))

    def _replay(self, run: Run) -> None:
        """Replay the last session of some runs, and of some one that was killed before."""
        killed = sessions_of(self._folder, self._killed_boots) if self._replays_killed else []
        wanted = [self._past.choice(killed)] if killed else []
        if self._replays:
            self._end()
            wanted.append(0)
        for number in wanted:
            frames, differing = replays(self._folder, number or None)
            run.replayed += frames
            run.differences += differing

    def _end(self) -> None:
        """End the last session as a host does: its journal is then whole."""
        scene = self.scene
        if scene.process is not None:
            scene.process.runtime.end(lambda _: None)
        scene.true.advance_to(scene.true.now_ns() + 60 * SECOND)

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        true = self.scene.true
        true.call_at(true.now_ns() + int(seconds * SECOND), callback)

    # ---- the trace

    def _note(self, kind: str, about: str, *what: object) -> None:
        self.scene.trace.add(self.scene.true.now_ns(), kind, about, *what)

    def _note_error(self, error: BaseException) -> None:
        self._note("error", EVERYBODY, type(error).__name__, str(error))
        if not isinstance(error, (RegimeFlowError, OSError)):
            self._unforeseen.append(Difference(f"{type(error).__name__}: {error}"))

    def _note_anomaly(self, anomaly: OrderAnomaly) -> None:
        if anomaly.kind == LATE_FILL and not anomaly.order_id:
            self.scene.plan.hits[Fault.LATE_OF_RETIRED] += 1

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
