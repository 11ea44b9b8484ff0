"""The token of a session: made anew each time, in a file that only its user reads."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Final

from regimeflow.types.errors import ConfigError, Fault, InvalidState

SHORTEST_TOKEN: Final = 16
_OURS: Final = 0o700
_TOKEN_BYTES: Final = 32


def new_token() -> str:
    """Return 256 bits that nobody guesses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def demand_strong(token: str, setting: str) -> str:
    """Return a token of the configuration that is long enough.

    Raises:
        ConfigError: it is not.
    """
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        text = f"is no good token (hidden); expected {SHORTEST_TOKEN} or more characters of ASCII"
        raise ConfigError([Fault(setting, text)])
    return token


def token_path(port: int) -> Path:
    """Return where the token of what listens at a port is kept."""
    return _folder() / f"dashboard-{port}.token"


def write_token(port: int, token: str) -> Path:
    """Keep a token where only this user reads it.

    Raises:
        InvalidState: the folder is somebody else's.
        OSError: it cannot be written.
    """
    folder = _folder()
    folder.mkdir(mode=_OURS, exist_ok=True)
    _demand_ours(folder)
    path = token_path(port)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return path


def read_token(port: int) -> str | None:
    """Return the token of what listens at a port of this user's; None: there is none."""
    try:
        _demand_ours(_folder())
        return token_path(port).read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError, InvalidState):
        return None


def forget_token(port: int, token: str) -> None:
    """Delete a token's file, unless another session has written its own there since."""
    if read_token(port) == token:
        with contextlib.suppress(OSError):
            token_path(port).unlink()


def _folder() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and Path(given).is_dir():
        return Path(given, "regimeflow")
    return Path(tempfile.gettempdir(), f"regimeflow-{os.getuid()}")


def _demand_ours(folder: Path) -> None:
    found = folder.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or mode & 0o077:
        text = f"{folder} is not a folder that only this user reads; a token cannot be kept there"
        raise InvalidState(text)
