"""The kill switch as a file: whoever can write it can press it, whatever else is broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regimeflow.engine.parts import Parts
from regimeflow.engine.resume import journal_folder
from regimeflow.engine.risk.kill import Kill
from regimeflow.types.config import LiveConfig
from regimeflow.types.errors import InvalidState

if TYPE_CHECKING:
    import asyncio

EVERY_S: Final = 0.1
_FLATTENS: Final = {"flatten": True, "cancel": False}  # by the file's first word


def kill_path(config: LiveConfig, venue: str, *, is_played: bool) -> str | None:
    """Return the file that presses the kill switch of a session; None: there is none.

    Args:
        config: Frozen.
        venue: As ``journal_folder`` takes it.
        is_played: Likewise.
    """
    if config.risk.kill_file is not None:
        given = Path(config.risk.kill_file).expanduser()
        return str(Path(config.source_dir or "", given).absolute())
    folder = journal_folder(config, venue, is_played=is_played)
    return None if folder is None else f"{folder}.kill"


def enable_path(path: str) -> str:
    """Return the file that turns trading on again; it is taken away when that is done."""
    return f"{path}.enable"


class KillFile:
    """Looks for the file ten times a second, on the machine's own clock.

    What it finds is a call from outside, as any host's, so that a replay needs no file.

    Threading: the loop only.
    """

    def __init__(
        self, parts: Parts, kill: Kill, path: str | None, is_ready: Callable[[], bool]
    ) -> None:
        self._parts: Final = parts
        self._kill: Final = kill
        self._path: Final = path
        self._is_ready: Final = is_ready  # before, the holds of the last session are not here yet
        self._fault = ""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look now, before anything is sent, and from here on."""
        if self._path is not None:
            self._ring()

    def stop(self) -> None:
        """Look no more; harmless the second time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        import asyncio

        self.look()
        self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._ring)

    def look(self) -> None:
        """Press the switch if the file is there, release it if that is asked for."""
        path = self._path
        if path is None:
            return
        try:
            text = _read(path)
            if text is None and self._is_ready() and _read(enable_path(path)) is not None:
                self._enable(path)
        except OSError as error:
            self._tell_fault(f"the kill file {path} cannot be looked for: {error.strerror}")
            return
        self._fault = ""
        if text is not None and not self._kill.is_pressed:
            word = text.split()[0].lower() if text.split() else ""
            cause = f"the kill file {path} is there"
            self._kill.press(cause, flatten=_FLATTENS.get(word))

    def _enable(self, path: str) -> None:
        Path(enable_path(path)).unlink()
        self._parts.switch.release_by_hand()

    def _tell_fault(self, text: str) -> None:
        if text != self._fault:
            self._fault = text
            self._parts.say("error", text)
            self._parts.listeners.tell_error(InvalidState(text))


def _read(path: str) -> str | None:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(100)
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        return ""


def press_file(path: str, *, flatten: bool | None) -> None:
    """Make the file, whole from its first moment; a request to enable that waits is void.

    Raises:
        OSError: it cannot be made.
    """
    word = {True: "flatten\n", False: "cancel\n", None: "as configured\n"}[flatten]
    Path(enable_path(path)).unlink(missing_ok=True)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(f"{path}.{os.getpid()}.tmp")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(word)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def release_file(path: str) -> None:
    """Take the file away, and ask a session, running or the next, to enable trading.

    Raises:
        OSError: it cannot be done.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(enable_path(path)).write_text("enable\n", encoding="utf-8")
    Path(path).unlink(missing_ok=True)
