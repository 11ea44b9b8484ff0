"""What the options of the command line change in a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Speed = float | Literal["max"]


def overrides_of(
    *,
    symbols: tuple[str, ...] = (),
    feeds: tuple[str, ...] = (),
    speed: Speed | None = None,
    seed: int | None = None,
    dry_run: bool = False,
    dashboard: bool = False,
    dashboard_port: int | None = None,
) -> dict[str, object]:
    """Return what the command line says in place of the file, by dotted key.

    Paths are from where the command was given, not from the file's folder.
    """
    values: dict[str, object] = {}
    if symbols:
        values["symbols"] = list(symbols)
    if feeds:
        values["broker.feed"] = [str(Path(path).resolve()) for path in feeds]
    if speed is not None:
        values["broker.speed"] = speed
    if seed is not None:
        values["broker.seed"] = seed
    if dry_run:
        values["dry_run"] = True
    if dashboard or dashboard_port is not None:
        values["dashboard.enabled"] = True
    if dashboard_port is not None:
        values["dashboard.port"] = dashboard_port
    return values
