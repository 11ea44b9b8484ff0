"""A session of a journal, once more: the same decisions, or the first that is another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from regimeflow._core.bus import EventBus
from regimeflow._core.frames import SessionStart
from regimeflow._core.journal_reader import JournalFrame, JournalReader
from regimeflow._core.latency import LatencyHistogram
from regimeflow.engine.journal.answers import load
from regimeflow.engine.journal.books_state import books_state, restore_books
from regimeflow.engine.journal.groups import native_of
from regimeflow.engine.journal.recovery import read_books
from regimeflow.engine.journal.replaying import (
    Player,
    TapeBroker,
    TapeClock,
    TapeIntake,
    TapeTurns,
)
from regimeflow.engine.journal.tape import Difference, Tape
from regimeflow.engine.journal.writing import SessionLog
from regimeflow.engine.resume import digest_of
from regimeflow.engine.runtime import Runtime
from regimeflow.engine.wiring import Edges, build_on
from regimeflow.ports.broker import BrokerAdapter, Capabilities
from regimeflow.types.config import LiveConfig
from regimeflow.types.enums import OrderType, TimeInForce
from regimeflow.types.errors import NotFound, RegimeFlowError
from regimeflow.types.records import Record


class Replayed(Record, kw_only=True):
    """What a replay came to.

    ``session``: its number in the journal. ``frames``: how many were the same. ``difference``: the
    first that was not. ``changed``: strategies whose code is no longer what it was then. ``lost``:
    frames that the session had no room for, ``fault`` why: what followed from them cannot be the
    same.
    """

    session: int
    frames: int
    difference: Difference | None
    changed: tuple[str, ...]
    runtime: Runtime
    lost: int = 0
    fault: str = ""


def replay_session(
    folder: str, *, number: int | None = None, config: LiveConfig | None = None
) -> Replayed:
    """Replay a session of a journal with the production engine; nothing is sent or written.

    Args:
        folder: Of the journal.
        number: Of the session, from 1; None: the last one.
        config: Another one than the session's own, to see where it would have decided otherwise;
            also says where strategies are found.

    Raises:
        NotFound: there is no such session.
        ConfigError: a strategy cannot be made any more.
        RegimeFlowError: the session cannot be replayed: its market data was not written.
    """
    start, session = _start_of(folder, number)
    began = start.message
    if not isinstance(began, SessionStart):
        raise NotFound(f"session {number} of {folder} cannot be read")
    info: dict[str, Any] = load(began.info)
    _demand(info, session)
    if not info.get("market_data", True):
        text = "its market data was not written (journal.market_data is false)"
        raise RegimeFlowError(f"session {session} cannot be replayed: {text}")
    # The models of the session itself, unless it is to be seen what others would have told.
    models = info.get("regime_models", {}) if config is None else {}
    config = config or _config_of(info)
    tape = Tape(iter(JournalReader(folder, position=start.next_position)))
    clock, bus = TapeClock(began.now_ns), EventBus()
    turns, intake = TapeTurns(clock, tape, bus), TapeIntake(tape, bus)
    broker = TapeBroker(tape, _abilities_of(info), tuple(info["rates"]))
    edges = Edges(
        broker=cast("BrokerAdapter", broker),
        turns=turns,
        bus=bus,
        latency=LatencyHistogram(),
        intake=intake,
        seed=began.seed,
        boot_nonce=began.boot_nonce,
        models=models,
    )
    runtime = build_on(config, edges)
    parts = runtime.parts
    parts.asks_before_opening = bool(info.get("asks_before_opening"))
    parts.watches_news = bool(info.get("watches_news"))
    before = read_books(folder, id_prefix="replay-", until=start.position)
    if not before.is_empty and not info.get("is_played"):
        restore_books(parts.books, books_state(before.books), before.books.table.image())
    parts.log = turns.log = SessionLog(tape)
    parts.manager.write_to(parts.log, _on_disk if info.get("durability") == "power" else None)
    Player(tape, runtime, clock, turns, intake).play()
    return _replayed(session, info, tape, runtime)


def _replayed(session: int, info: dict[str, Any], tape: Tape, runtime: Runtime) -> Replayed:
    tape.wind()
    config = runtime.parts.config
    now = {each.id: digest_of(config, each.name) for each in config.strategy}
    then = info.get("strategies", {})
    changed = tuple(name for name, digest in then.items() if now.get(name) != digest)
    return Replayed(
        session=session,
        frames=tape.read,
        difference=tape.difference,
        changed=changed,
        runtime=runtime,
        lost=tape.lost,
        fault=tape.fault,
    )


def _demand(info: dict[str, Any], session: int) -> None:
    missing = [name for name in ("config", "venue", "abilities", "rates") if name not in info]
    if missing:
        writer = info.get("version", "an unknown version")
        text = f"it was written by {writer}, which did not write {', '.join(missing)}"
        raise RegimeFlowError(f"session {session} cannot be replayed: {text}")


async def _on_disk() -> None:
    """Never awaited: the tape says when an intent was on disk."""


def _start_of(folder: str, number: int | None) -> tuple[JournalFrame, int]:
    if not Path(folder).is_dir():
        raise NotFound(f"there is no journal in {folder}")
    found: JournalFrame | None = None
    count = 0
    for frame in _starts(folder):
        count += 1
        found = frame
        if count == number:
            break
    if found is None or (number is not None and count != number):
        raise NotFound(f"{folder} has {count} sessions; there is no number {number or 1}")
    return found, count


def _starts(folder: str) -> Iterator[JournalFrame]:
    return (each for each in JournalReader(folder) if isinstance(each.message, SessionStart))


def _config_of(info: dict[str, Any]) -> LiveConfig:
    import tomllib

    tables = tomllib.loads(info["config"])
    return LiveConfig.from_dict(tables, source_dir=info.get("source_dir")).frozen(own_broker=True)


def _abilities_of(info: dict[str, Any]) -> Capabilities:
    given = info["abilities"]
    return Capabilities(
        venue=info["venue"],
        order_types=frozenset(OrderType[name] for name in given["order_types"]),
        times_in_force=frozenset(TimeInForce[name] for name in given["times_in_force"]),
        modifies_in_place=given["modifies_in_place"],
        allows_short=given["allows_short"],
        has_sessions=given["has_sessions"],
        max_client_order_id_len=given["max_client_order_id_len"],
        terms=frozenset(given.get("terms", ())),
        sets_exits_aside=given.get("sets_exits_aside", False),
        native_groups=native_of(given.get("native_groups")),
    )
