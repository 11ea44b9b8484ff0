"""``regimeflow-live check``: is this configuration right, and what does it come to."""

from __future__ import annotations

import json
import sys
import tomllib

from regimeflow.apps.cli.exits import Exit, complain, fault_lines
from regimeflow.types.errors import ConfigError


def check_config(path: str, *, as_json: bool = False) -> int:
    """Print the effective configuration, or every fault; return the exit code."""
    from regimeflow.types.config import LiveConfig

    try:
        effective = LiveConfig.from_file(path).describe()
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


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
