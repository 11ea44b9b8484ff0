"""Which journal a command is about: a configuration's, or a folder's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import Exit, complain, fault_lines
from regimeflow.types.errors import ConfigError, InvalidState, NotFound

if TYPE_CHECKING:
    from regimeflow._core.frames import Damage
    from regimeflow.types.config import LiveConfig


def journal_of(source: str) -> tuple[str, LiveConfig | None]:
    """Return the folder of a journal that is there, and the configuration that named it.

    Raises:
        ConfigError: the configuration is wrong.
        InvalidState: sessions of the configuration write no journal.
        NotFound: there is no journal in the folder.
    """
    folder, config = (source, None) if Path(source).is_dir() else _of_config(source)
    _demand_journal(folder, config)
    return folder, config


def told(source: str, act: Callable[[], int], *, debug: bool) -> int:
    """Do something with a configuration; its faults are one line each, with their exit code."""
    try:
        return act()
    except ConfigError as error:
        if debug:
            raise
        complain(*fault_lines(error, source))
        return Exit.CONFIG


def tell_unread(
    folder: str, damages: Sequence[Damage], unknown: Mapping[int, int], tail_bytes: int
) -> None:
    """Say on stderr what of a journal could not be read."""
    from regimeflow.engine.journal.unread import unread_lines

    complain(*(f"{folder}: {text}" for text in unread_lines(damages, unknown)))
    if tail_bytes and not (damages and damages[-1].reason.startswith("torn")):
        text = "a frame that is being written, or a write that was cut off"
        complain(f"{folder}: the last {tail_bytes} bytes are no whole frame: {text}")


def _of_config(path: str) -> tuple[str, LiveConfig]:
    from regimeflow.engine.resume import journal_folder
    from regimeflow.types.config import LiveConfig

    config = LiveConfig.from_file(path).frozen()
    is_played = config.broker_type == "paper"
    venue = str(getattr(config.broker, "venue", config.broker_type))
    folder = journal_folder(config, venue, is_played=is_played)
    if folder is None:
        why = "dry_run is true" if config.dry_run else "journal.enabled decides"
        text = f"{path}: a session of this configuration writes no journal ({why})"
        raise InvalidState(f'{text}; name a journal\'s folder, or set journal.enabled = "yes"')
    return folder, config


def _demand_journal(folder: str, config: LiveConfig | None) -> None:
    from regimeflow._core.journal_writer import segments_of

    if not Path(folder).is_dir():
        text = f"there is no journal: {folder} does not exist"
        raise NotFound(text if config is None else f"{text}; no session has run yet")
    if not segments_of(folder):
        found = sum(1 for _ in Path(folder).iterdir())
        raise NotFound(
            f"there is no journal in {folder}: expected files journal-<16 digits>.rfj,"
            f" found {found} other files"
        )
