"""``regimeflow-live validate``: the life of an order at the configured venue, tried out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow.apps.cli.emergency import demand_meant, owner_of, venue_of
from regimeflow.apps.cli.exits import COMMAND, Exit, complain, failure_line, one_line
from regimeflow.types.config import LiveConfig
from regimeflow.types.config.regime import RegimeSettings
from regimeflow.types.errors import ConfigError, Fault, InvalidState, RegimeFlowError
from regimeflow.types.records import replace

if TYPE_CHECKING:
    from regimeflow.apps.cli.validation.trial import Mode, Step, Wanted
    from regimeflow.engine.live_engine import LiveTradingEngine

_SEGMENT_MB: Final = 8
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def validate_venue(
    source: str,
    mode: Mode,
    *,
    symbol: str | None,
    quantity: Decimal | None,
    limit_price: Decimal | None,
    away: Decimal,
    timeout_s: float,
    is_live_meant: bool,
    even_if_running: bool,
    as_json: bool,
) -> int:
    """Try the life of an order and report each step; return the exit code.

    Raises:
        ConfigError: the configuration is wrong, or does not trade the symbol.
        InvalidState: it is not to be done: a live account is not meant, a session is running,
            trading is held, or orders are not to be sent.
    """
    from regimeflow.apps.cli.validation.trial import Wanted

    config = LiveConfig.from_file(source).frozen()
    demand_meant(config, is_live_meant=is_live_meant)
    if config.dry_run:
        raise InvalidState("dry_run is true: no order would be sent, so there is nothing to try")
    if symbol is not None and symbol not in config.symbols:
        raise ConfigError([Fault("symbols", f"do not name {symbol}")])
    owner = owner_of(config)
    if owner is not None and not even_if_running:
        text = f"{owner} holds the journal of this account: its session would take these orders"
        raise InvalidState(f"{text} for a stranger's; stop it, or --even-if-running")
    _demand_trading(config)
    wanted = Wanted(
        mode=mode,
        symbol=symbol or config.symbols[0],
        quantity=quantity,
        limit_price=limit_price,
        away=away,
        patience_s=timeout_s,
    )
    chosen = _for_validation(LiveConfig.from_file(source), config)
    report = _Report(config, wanted, chosen.journal.folder, as_json=as_json)
    with _signals() as heard:
        asyncio.run(_conduct(chosen, wanted, report, heard))
    report.end()
    return Exit.by_signal(heard[0]) if heard else Exit.OK if report.is_good else Exit.FAILED


def _demand_trading(config: LiveConfig) -> None:
    """Refuse where trading waits for a person: this session would not know of it."""
    from regimeflow.engine.journal.recovery import read_books
    from regimeflow.engine.resume import journal_folder
    from regimeflow.engine.risk.kill_file import kill_path

    venue, is_played = venue_of(config), config.broker_type == "paper"
    path = kill_path(config, venue, is_played=is_played)
    if path is not None and Path(path).exists():
        raise InvalidState(f"the kill switch is pressed: {path}; regimeflow-live enable ends it")
    folder = journal_folder(config, venue, is_played=is_played)
    if folder is None or is_played or not Path(folder).is_dir():
        return
    holds = read_books(folder, id_prefix="validate-").books.holds
    for cause, text in holds.items():
        raise InvalidState(f"trading is held: {cause}: {text}; regimeflow-live enable ends it")


def _for_validation(config: LiveConfig, frozen: LiveConfig) -> LiveConfig:
    """Return the configuration without what decides and what is told, and with its own journal.

    The account's own journal is for its sessions: strategies' state and positions are theirs. They
    find what was traded here as they find whatever was traded elsewhere.
    """
    from regimeflow.engine.resume import journal_folder

    is_played = frozen.broker_type == "paper"
    folder = journal_folder(frozen, venue_of(frozen), is_played=is_played)
    if is_played and isinstance(config.broker, dict):
        config.broker = {**config.broker, "feed": (), "speed": 1.0}
    config.strategy, config.queue, config.regime = (), None, RegimeSettings()
    config.orders = replace(frozen.orders, on_stop="cancel")
    config.reconcile = replace(frozen.reconcile, external_orders="ignore")
    config.audit = replace(frozen.audit, folder=None)
    config.risk = replace(frozen.risk, kill_file=None)
    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    config.journal = replace(
        frozen.journal,
        enabled="yes" if folder is not None and not is_played else "no",
        folder=None if folder is None else f"{folder}.validate/{when}",
        segment_mb=_SEGMENT_MB,
    )
    return config.frozen()


async def _conduct(
    config: LiveConfig, wanted: Wanted, report: _Report, heard: list[signal.Signals]
) -> None:
    from regimeflow.apps.cli.validation.run import Validation
    from regimeflow.apps.cli.validation.trial import Trial
    from regimeflow.engine.live_engine import LiveTradingEngine
    from regimeflow.engine.wiring import broker_of

    broker = broker_of(config)
    engine = LiveTradingEngine(config, broker)
    running = asyncio.ensure_future(engine.run())

    def broken() -> str:
        if heard:
            return f"stopped by {heard[0].name}"
        if not running.done():
            return ""
        error = None if running.cancelled() else running.exception()
        return "the session has ended" if error is None else _text_of(error)

    validation = Validation(Trial(engine, broker, wanted, broken), report.step)
    try:
        report.is_good = await validation.run()
    finally:
        report.left += await validation.tidy()
        await _end(engine, running, report)


async def _end(engine: LiveTradingEngine, running: asyncio.Task[None], report: _Report) -> None:
    """End the session; what ended it before was told by the step that found out."""
    was_up = engine.is_running()
    engine.stop()
    try:
        await running
    except (RegimeFlowError, OSError) as error:
        if was_up:
            report.is_good = False
            report.left.append(_text_of(error))


def _text_of(error: BaseException) -> str:
    if isinstance(error, (RegimeFlowError, OSError)):
        return failure_line(error).removeprefix(f"{COMMAND}: ")
    return f"{type(error).__name__}: {one_line(str(error))}"


@contextmanager
def _signals() -> Iterator[list[signal.Signals]]:
    """Yield what was heard: the first signal stops and tidies up, a second leaves at once."""
    heard: list[signal.Signals] = []

    def hear(number: int, _frame: object) -> None:
        if heard:
            complain(f"{COMMAND}: left at once; an order may be open at the venue")
            os._exit(Exit.by_signal(number))
        heard.append(signal.Signals(number))

    before = {number: signal.signal(number, hear) for number in _SIGNALS}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Report:
    """What is printed: a line per step as it goes, or one JSON object at the end."""

    def __init__(
        self, config: LiveConfig, wanted: Wanted, journal: str | None, *, as_json: bool
    ) -> None:
        self.is_good = False
        self.left: list[str] = []
        self._as_json: Final = as_json
        self._steps: Final[list[Step]] = []
        self._about: Final = {
            "mode": wanted.mode,
            "broker": config.broker_type,
            "environment": str(getattr(config.broker, "environment", "")),
            "symbol": wanted.symbol,
            "journal": None if config.broker_type == "paper" else journal,
        }
        if not as_json:
            about = self._about
            self._write(f"{about['mode']} at {about['broker']} ({about['environment']})")

    def step(self, step: Step) -> None:
        """Take one step in."""
        self._steps.append(step)
        if not self._as_json:
            label = "ok" if step.is_ok else "FAILED"
            self._write(f"{label:<6}  {step.name:<10}  {step.took_s:6.2f} s  {one_line(step.text)}")

    def end(self) -> None:
        """Say how it came out."""
        if self._as_json:
            self._write(json.dumps(self._values(), ensure_ascii=False))
            return
        for line in self.left:
            self._write(f"LEFT    {line}")
        if self.left:
            complain(f"{COMMAND}: something is left at the venue: see cancel-all and flatten")
        if self._about["journal"] is not None:
            self._write(f"journal {self._about['journal']}")
        self._write("every step is good" if self.is_good else "it FAILED")

    def _values(self) -> dict[str, object]:
        steps = [
            {
                "name": each.name,
                "ok": each.is_ok,
                "text": each.text,
                "took_ms": round(1000 * each.took_s, 3),
                "data": each.data,
            }
            for each in self._steps
        ]
        return {**self._about, "ok": self.is_good, "steps": steps, "left": self.left}

    def _write(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
