"""Modules that a configuration names, found in the file's folder or among what is installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING

from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from pathlib import Path


def module_of(name: str, folder: Path | None, path: str) -> ModuleType:
    """Import a module.

    Args:
        name: Of the module.
        folder: The configuration file's; modules in it can be imported.
        path: The key to blame.

    Raises:
        ConfigError: there is none, or importing it failed.
    """
    if folder is not None:
        _make_importable(name, folder.resolve())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{name}.".startswith(f"{missing.name}."):
            raise ConfigError(
                [Fault(path, f"importing {name} failed: {missing}; is that package installed?")]
            ) from missing
        places = f" in {folder} and" if folder is not None else ""
        near = near_name(name, _modules_in(folder))
        raise ConfigError(
            [
                Fault(
                    path, f"there is no module {name}{near}; looked{places} among what is installed"
                )
            ]
        ) from missing
    except Exception as raised:  # a user's module may raise anything
        detail = f"importing {name} failed: {type(raised).__name__}: {raised}"
        raise ConfigError([Fault(path, detail)]) from raised


def _make_importable(name: str, folder: Path) -> None:
    """Put the folder first, and forget a module of this name that came from somewhere else."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    top = name.partition(".")[0]
    loaded = sys.modules.get(top)
    here = (folder / f"{top}.py", folder / top / "__init__.py")
    if loaded is None or not any(each.is_file() for each in here):
        return
    origin = getattr(loaded, "__file__", None)
    if origin is None or type(folder)(origin).resolve() not in here:
        for known in [key for key in sys.modules if key == top or key.startswith(f"{top}.")]:
            del sys.modules[known]
        sys.path.remove(str(folder))
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()


def _modules_in(folder: Path | None) -> list[str]:
    return [] if folder is None else [each.stem for each in folder.glob("*.py")]


def near_name(name: str, names: Iterable[str]) -> str:
    """Return a hint at the name that may have been meant, or ""."""
    import difflib

    close = difflib.get_close_matches(name, list(names), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
