"""What ``cancel-all``, ``flatten``, ``kill`` and ``enable`` do."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.types.config import LiveConfig
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    from regimeflow.engine.emergency import Done

What = Literal["cancel-all", "flatten"]


def end_all(
    source: str,
    what: What,
    *,
    symbols: tuple[str, ...],
    is_live_meant: bool,
    even_if_running: bool,
    dry_run: bool,
    wait_s: float,
    as_json: bool,
) -> int:
    """Cancel, or cancel and close, at the broker of a configuration; return the exit code.

    Raises:
        ConfigError: the configuration is wrong.
        InvalidState: it is not to be done: a live account is not meant, or a session is running.
        BrokerError, NetworkError: the broker could not be asked.
    """
    config = LiveConfig.from_file(source).frozen()
    if config.broker_type == "paper":
        complain(f"{source}: the paper venue keeps no account between sessions: nothing to do")
        return Exit.OK
    is_quiet = dry_run or config.dry_run
    demand_meant(config, is_live_meant=is_live_meant)
    owner = owner_of(config)
    if owner is not None and not (even_if_running or is_quiet):
        raise InvalidState(
            f"{owner} holds the journal of this account: two hands on one account undo each other;"
            " stop it, or press its kill switch (regimeflow-live kill); if it hangs,"
            " --even-if-running"
        )
    if owner is not None:
        complain(f"{source}: {owner} is running on this account")
    done = asyncio.run(_end_all(config, what, symbols, wait_s=wait_s, is_quiet=is_quiet))
    _show(done, as_json=as_json, is_quiet=is_quiet)
    return Exit.FAILED if done.left and not is_quiet else Exit.OK


async def _end_all(
    config: LiveConfig, what: What, symbols: tuple[str, ...], *, wait_s: float, is_quiet: bool
) -> Done:
    from regimeflow.engine.emergency import Emergency
    from regimeflow.engine.wiring import broker_of

    async with Emergency(broker_of(config), wait_s=wait_s, only=symbols) as emergency:
        if is_quiet:
            return await emergency.look()
        return await (emergency.flatten() if what == "flatten" else emergency.cancel_all())


def press(source: str, *, flatten: bool | None) -> int:
    """Make the kill file of a configuration; return the exit code."""
    from regimeflow.engine.risk.kill_file import press_file

    config = LiveConfig.from_file(source).frozen()
    path = _kill_path(source, config)
    press_file(path, flatten=flatten)
    owner = owner_of(config)
    acts = "a session sees it at once" if owner else "the next session begins with it"
    sys.stdout.write(f"pressed: {path}; {acts}; regimeflow-live enable {source} ends it\n")
    return Exit.OK


def release(source: str) -> int:
    """Take the kill file away and ask to enable trading; return the exit code."""
    from regimeflow.engine.risk.kill_file import release_file

    config = LiveConfig.from_file(source).frozen()
    path = _kill_path(source, config)
    release_file(path)
    acts = "a session does so at once" if owner_of(config) else "the next session does so"
    sys.stdout.write(f"released: {path}; trading is to be enabled; {acts}\n")
    return Exit.OK


def _kill_path(source: str, config: LiveConfig) -> str:
    from regimeflow.engine.risk.kill_file import kill_path

    path = kill_path(config, venue_of(config), is_played=config.broker_type == "paper")
    if path is None:
        text = f"{source}: a session of this configuration has no kill file"
        raise InvalidState(f"{text}: it writes no journal; set risk.kill_file")
    return path


def venue_of(config: LiveConfig) -> str:
    """Return what the venue of a configuration is called."""
    return str(getattr(config.broker, "venue", config.broker_type))


def demand_meant(config: LiveConfig, *, is_live_meant: bool) -> None:
    """Refuse a live account that is not meant (InvalidState)."""
    if getattr(config.broker, "environment", "") == "live" and not is_live_meant:
        text = "broker.environment is live: this is real money"
        raise InvalidState(f"{text}; nothing was done; --live says that it is meant")


def owner_of(config: LiveConfig) -> str | None:
    """Return which process holds the journal of a configuration; None: none on this machine."""
    from regimeflow.engine.resume import journal_folder

    folder = journal_folder(config, venue_of(config), is_played=False)
    if folder is None:
        return None
    try:
        descriptor = os.open(Path(folder, "journal.lock"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
            raise
        number = os.read(descriptor, 20).decode("ascii", "replace").strip()
        return f"process {number}" if number else "another process"
    finally:
        os.close(descriptor)  # which lets go of it
    return None


def _show(done: Done, *, as_json: bool, is_quiet: bool) -> None:
    if as_json:
        values = {"asked": done.asked, "done": list(done.done), "left": list(done.left)}
        sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
        return
    for line in done.done:
        sys.stdout.write(line + "\n")
    label = "there is" if is_quiet else "LEFT"
    for line in done.left:
        sys.stdout.write(f"{label} {line}\n")
    if not done.left:
        sys.stdout.write("nothing is left\n" if done.done else "there is nothing to do\n")
