"""One seed: a session of the engine against the venue's process, then both books side by side."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regimeflow.live import (
    LiveConfig,
    LiveMessage,
    LiveTopic,
    LiveTradingEngine,
    SystemCode,
    SystemMessage,
)
from tests.e2e.venue.books import differences
from tests.e2e.venue.maker import Maker
from tests.e2e.venue.plays import BINANCE, Play
from tests.e2e.venue.process import VenueProcess
from tests.e2e.venue.schedule import Schedule

SETTLES_S = 120.0  # a minute may have to end first: its request weight is used
TURN_S = 0.06


@dataclass
class Run:
    """What came of a seed."""

    seed: int
    differences: list[str] = field(default_factory=list)
    schedule: list[str] = field(default_factory=list)
    orders: int = 0
    fills: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    truth: dict[str, Any] = field(default_factory=dict)


def run_seed(
    seed: int,
    folder: Path,
    feed: str | None,
    *,
    steps: int | None = None,
    step_s: float = 2.0,
    play: Play = BINANCE,
) -> Run:
    """Run a session over the feed, or over ``steps`` steps of it."""
    run = Run(seed)
    options = [] if feed is None else ["--feed", feed]
    if play.accounts:
        folder.mkdir(exist_ok=True)
        (folder / "accounts.toml").write_text(play.accounts)
        options += ["--accounts", str(folder / "accounts.toml")]
    with VenueProcess(play.venue, *options, seed=seed) as venue:
        venue.ask("POST", "market", {"step_seconds": step_s})
        engine = LiveTradingEngine(_config(play, venue.port, folder, seed))
        engine.on_error(lambda error: run.errors.append(f"{type(error).__name__}: {error}"))
        engine.start()
        try:
            schedule = Schedule(seed, play.faults, play.actions, share=play.share)
            _play(venue, schedule, steps=steps, step_s=step_s)
            run.schedule = schedule.told
            _settle(venue, engine, run, play)
            run.fired = venue.ask("GET", "faults")["fired"]
        finally:
            engine.stop()
        run.truth = truth = venue.ask("GET", "truth")
        names = play.executions(venue.port, truth)
    if play.differences is not None:
        run.differences += play.differences(str(folder), truth)
    else:
        run.differences += differences(str(folder), truth, play.symbol, names)
    run.orders, run.fills = len(truth["orders"]), len(truth["fills"])
    return run


def _play(venue: VenueProcess, schedule: Schedule, *, steps: int | None, step_s: float) -> None:
    number = 0
    while steps is None or number < steps:
        number += 1
        schedule.step(venue, number)
        Maker.seen.clear()
        Maker.turn.set()
        state = venue.ask("POST", "market", {"step_seconds": step_s})
        Maker.seen.wait(TURN_S)  # a market that is cut off says nothing: then we go on
        if state["ended"]:
            return


def _settle(venue: VenueProcess, engine: LiveTradingEngine, run: Run, play: Play) -> None:
    """Let nothing more go wrong, take every order back, and wait until both sides rest."""
    Maker.turn.clear()
    venue.ask("DELETE", "faults")
    for action in play.at_the_end:
        venue.ask("POST", "action", action)
    deadline = time.monotonic() + SETTLES_S
    while time.monotonic() < deadline:
        if not engine.is_running():
            run.differences.append("the session has ended by itself")
            return
        engine.order_manager.cancel_all_orders()
        Maker.seen.wait(TURN_S)
        Maker.seen.clear()
        venue.ask("POST", "market", {"step": 5})
        truth = venue.ask("GET", "truth")
        is_open = any(order["is_open"] for order in truth["orders"])
        ours = engine.order_manager.get_open_orders()
        if not is_open and not ours:
            _wait_for_reconciliations(engine, 2)
            return
    run.differences.append(f"it never came to rest: {engine.order_manager.get_open_orders()}")


def _wait_for_reconciliations(engine: LiveTradingEngine, wanted: int) -> None:
    """What a venue tells only when it is asked (a late commission) is asked for by these."""
    agreed, done = 0, threading.Event()

    def count(message: LiveMessage) -> None:
        nonlocal agreed
        payload = message.payload
        agreed += isinstance(payload, SystemMessage) and payload.code == SystemCode.RECONCILED
        if agreed >= wanted:
            done.set()

    number = engine.event_bus.subscribe(LiveTopic.SYSTEM, count)
    done.wait(SETTLES_S / 2)
    engine.event_bus.unsubscribe(number)


def _broker(play: Play, port: int) -> dict[str, object]:
    return {
        "environment": "local",
        "base_url": f"http://127.0.0.1:{port}",
        "request_timeout_s": 2.0,
        "max_orders_per_second": 20.0,
        **play.broker,
    }


def _config(play: Play, port: int, folder: Path, seed: int) -> LiveConfig:
    return LiveConfig.from_dict(
        {
            "broker_type": play.venue,
            "symbols": [play.symbol],
            "broker": _broker(play, port) if play.settings is None else play.settings(port),
            "strategy": [
                {
                    "name": "tests.e2e.venue.maker:Maker",
                    "id": f"maker-{seed}",
                    "params": {"quantity": play.quantity},
                }
            ],
            "orders": {
                "request_timeout_s": 3.0,
                "lookup_interval_s": 0.3,
                "lookup_patience_s": 3.0,
            },
            "reconnect": {"first_wait_s": 0.1, "longest_wait_s": 1.0},
            "reconcile": {"interval_s": 1.0},
            "heartbeat": {"stale_after_s": None},
            "journal": {"enabled": "yes", "folder": str(folder), "segment_mb": 8},
        }
    )
