"""A session begins on its journal: what earlier sessions left is taken up, or said to be lost."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from regimeflow.engine.audit.opening import trail_of
from regimeflow.engine.journal.books_state import books_state, restore_books
from regimeflow.engine.journal.groups import native_state
from regimeflow.engine.journal.keeper import Journal
from regimeflow.engine.journal.recovery import Recovered, venue_of
from regimeflow.engine.journal.unread import unread_lines, unusable_lines
from regimeflow.engine.parts import Parts
from regimeflow.ports.feed import FeedDriven
from regimeflow.types.config import JournalSettings, LiveConfig
from regimeflow.types.errors import InvalidState


def journal_folder(config: LiveConfig, venue: str, *, is_played: bool) -> str | None:
    """Return where a session is written down; None: nowhere.

    Args:
        config: Frozen.
        venue: Whose account it is; its own folder by default.
        is_played: The venue plays a feed: a market that never happens twice needs no books.
    """
    settings = config.journal
    wanted = settings.enabled == "yes" or (settings.enabled == "auto" and not is_played)
    if config.dry_run or (settings.enabled == "auto" and settings.folder is not None):
        wanted = not config.dry_run
    if not wanted:
        return None
    folder = settings.folder or f"regimeflow-journal/{venue}"
    return str(Path(config.source_dir or "", Path(folder).expanduser()).absolute())


def open_journal(
    parts: Parts,
    make: Callable[[str, JournalSettings, Callable[[str], None]], Journal] = Journal,
) -> None:
    """Open the session's journal, take up what it holds, and write down all from here on.

    Args:
        parts: Of the session, which has not begun.
        make: What opens the folder; a simulation has its own.

    Raises:
        InvalidState: it is in use, belongs to another venue, or cannot be written.
    """
    is_played = isinstance(parts.broker, FeedDriven)
    venue = parts.broker.capabilities().venue
    folder = journal_folder(parts.config, venue, is_played=is_played)
    if folder is None:
        return
    _check_venue(folder, venue_of(folder), venue)  # before anything of ours is in it
    journal = make(
        folder,
        parts.config.journal,
        lambda why: parts.on_loop(lambda: parts.on_journal_room(why)),
    )
    taken = False
    try:
        began_s = time.perf_counter()
        recovered = journal.recover(parts.boot_nonce + "-")
        _check_venue(folder, recovered.books.venue, venue)
        if not is_played and not recovered.is_empty:
            restore_books(parts.books, books_state(recovered.books), recovered.books.table.image())
        parts.books.sessions = recovered.books.sessions
        parts.audit = audit = trail_of(parts, journal, is_played=is_played)
        _attach(parts, journal)
        if audit is not None:
            audit.start()
        taken = True
        _tell(parts, journal, recovered, time.perf_counter() - began_s, is_played=is_played)
    finally:
        if not taken:
            journal.close(None)
            if parts.audit is not None:
                parts.audit.stop()


def _attach(parts: Parts, journal: Journal) -> None:
    parts.journal = journal
    config, abilities = parts.config, parts.broker.capabilities()
    parts.seq_before = max(journal.writer.seq, 0)
    parts.bus.continue_from(parts.seq_before)
    parts.bus.set_journal(journal.writer, market_data=config.journal.market_data)
    info = {
        "version": _own_version(),
        "venue": abilities.venue,
        "abilities": {
            "order_types": sorted(each.name for each in abilities.order_types),
            "times_in_force": sorted(each.name for each in abilities.times_in_force),
            "modifies_in_place": abilities.modifies_in_place,
            "allows_short": abilities.allows_short,
            "has_sessions": abilities.has_sessions,
            "max_client_order_id_len": abilities.max_client_order_id_len,
            "terms": sorted(abilities.terms),
            "sets_exits_aside": abilities.sets_exits_aside,
            "native_groups": native_state(abilities.native_groups),
        },
        "rates": [parts.broker.max_orders_per_second(), parts.broker.max_messages_per_second()],
        "symbols": list(parts.symbols),
        "broker_type": config.broker_type,
        "config": config.describe(own_broker=True),
        "source_dir": config.source_dir,
        "is_played": isinstance(parts.broker, FeedDriven),
        "durability": config.journal.durability,
        "market_data": config.journal.market_data,
        "asks_before_opening": True,
        "watches_news": True,
        **({} if parts.finder is None else {"regime_models": dict(parts.finder.models)}),
        "strategies": {each.id: digest_of(config, each.name) for each in config.strategy},
    }
    parts.books.begin(abilities.venue)
    journal.log.began(parts.clock.now_ns(), parts.seed, parts.boot_nonce, info)
    parts.log = parts.turns.log = journal.log
    parts.manager.write_to(journal.log, journal.synced if journal.needs_sync else None)
    journal.start()


@functools.cache
def _own_version() -> str:
    return version("regimeflow")


def digest_of(config: LiveConfig, name: str) -> str:
    """Return the SHA-256 of a strategy's file; "" for one that has none."""
    module = name.partition(":")[0].replace(".", "/")
    path = Path(config.source_dir or "", f"{module}.py")
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""  # built in, or imported from elsewhere


def _check_venue(folder: str, theirs: str, ours: str) -> None:
    if theirs and theirs != ours:
        text = f"the journal in {folder} is of {theirs}, this session trades at {ours}"
        raise InvalidState(f"{text}; set journal.folder to another")


def _tell(
    parts: Parts, journal: Journal, recovered: Recovered, took_s: float, *, is_played: bool
) -> None:
    books, folder = recovered.books, journal.folder
    torn = journal.writer.recovery.torn_bytes if journal.writer.recovery is not None else 0
    if torn:
        parts.say("warning", f"journal {folder}: {torn} bytes of a half written end were cut")
    unread = unread_lines(recovered.damages, recovered.unknown)
    for text in (*unread, *unusable_lines(recovered.unusable)):
        parts.say("warning", f"journal {folder}: {text}")
    if recovered.is_empty or is_played:
        text = "the books begin with what the broker says"
    else:
        text = (
            f"{len(books.table)} orders ({books.table.open_count} open,"
            f" {len(books.in_flight()) + len(books.table.ids_in_doubt())} unknown)"
            f" of {books.sessions} sessions before, {recovered.frames} frames in {took_s:.2f} s"
        )
    parts.say("journal", f"journal {folder}: {text}", folder=folder, frames=recovered.frames)
