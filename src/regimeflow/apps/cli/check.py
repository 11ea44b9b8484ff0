"""``regimeflow-live check``: is this configuration right, and what does it come to."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import Exit, complain, fault_lines
from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from regimeflow.types.config import LiveConfig


def check_config(path: str, *, as_json: bool = False) -> int:
    """Print the effective configuration, or every fault; return the exit code."""
    from regimeflow.types.config import LiveConfig

    try:
        config = LiveConfig.from_file(path).frozen()
        _check_strategies(config)
        _check_regime(config)
        effective = config.describe()
    except ConfigError as error:
        if as_json:
            faults = [{"path": fault.path, "text": fault.text} for fault in error.faults]
            _print(json.dumps({"ok": False, "faults": faults}))
        else:
            complain(*fault_lines(error, path))
        return Exit.CONFIG
    if as_json:
        _print(json.dumps({"ok": True, "config": tomllib.loads(effective)}, default=str))
    else:
        _print(effective.rstrip("\n"))
        complain(f"{path}: valid")
    return Exit.OK


def _check_strategies(config: LiveConfig) -> None:
    """Make each strategy, as a run would: a class that is not there is a fault of the file."""
    from regimeflow.domain.strategy.loader import load_strategy, merged_params

    folder = Path(config.source_dir) if config.source_dir is not None else None
    faults: list[Fault] = []
    for place, each in enumerate(config.strategy):
        key = f"strategy[{place}]"
        try:
            strategy = load_strategy(each.name, folder=folder, path=f"{key}.name")
            merged_params(strategy, each.params, path=f"{key}.params")
        except ConfigError as error:
            faults.extend(error.faults)
    if faults:
        raise ConfigError(faults)


def _check_regime(config: LiveConfig) -> None:
    """Make the detector, as a run would."""
    from regimeflow.domain.regime.loader import load_detector

    folder = Path(config.source_dir) if config.source_dir is not None else None
    load_detector(config.regime, folder=folder)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
