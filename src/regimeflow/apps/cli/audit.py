"""``regimeflow-live audit``: is the log as it was written, and what is in it."""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.sources import journal_of
from regimeflow.types.errors import NotFound

if TYPE_CHECKING:
    from regimeflow.types.config import LiveConfig

_FOLLOW_EVERY_S = 0.2


def log_of(source: str) -> str:
    """Return the folder of an audit log that is there: a configuration's, or a folder's own.

    Raises:
        ConfigError: the configuration is wrong.
        InvalidState: sessions of the configuration write no journal, so no audit log.
        NotFound: there is no audit log in the folder.
    """
    from regimeflow.adapters.audit.folder import HEAD, files_of

    folder = Path(source)
    if not folder.is_dir():
        journal, config = journal_of(source)
        folder = Path(_log_beside(journal, config))
    inside = folder / "audit"
    for each in (folder, inside):
        if each.is_dir() and (files_of(each) or (each / HEAD).exists()):
            return str(each)
    raise NotFound(f"there is no audit log in {folder}: expected files audit-<8 digits>.jsonl")


def _log_beside(journal: str, config: LiveConfig | None) -> str:
    from regimeflow.engine.audit.opening import audit_folder

    folder = None if config is None else audit_folder(config, journal, is_played=False)
    return folder or str(Path(journal, "audit"))


def verify_log(source: str, *, public_key: str | None, as_json: bool) -> int:
    """Say whether a log is as it was written; return the exit code."""
    from regimeflow.adapters.audit.verify import verify_audit

    folder = log_of(source)
    found = verify_audit(folder, public_key=public_key)
    complain(*(f"{folder}: {finding}" for finding in found.findings))
    if as_json:
        values = {
            "folder": folder,
            "sound": found.is_sound,
            "lines": found.lines,
            "files": found.files,
            "signed": found.signed,
            "torn_bytes": found.torn,
            "last_hash": found.last_hash,
            "findings": [str(finding) for finding in found.findings],
        }
        sys.stdout.write(json.dumps(values) + "\n")
    else:
        verdict = "sound" if found.is_sound else f"{len(found.findings)} findings"
        signed = f", signed up to line {found.signed}" if found.signed else ""
        torn = f", the last {found.torn} bytes are a line cut off" if found.torn else ""
        sys.stdout.write(
            f"{folder}: {verdict}: {found.lines:,} lines in {found.files} files{signed}{torn};"
            f" last hash {found.last_hash}\n"
        )
    return Exit.OK if found.is_sound else Exit.FAILED


def show_log(source: str, *, kinds: tuple[str, ...], limit: int | None) -> int:
    """Print a log's lines, the newest last; return the exit code."""
    from regimeflow.adapters.audit.export import entries_of

    found = entries_of(Path(log_of(source)))
    wanted = (each for each in found if not kinds or each.fields.get("kind") in kinds)
    for each in itertools.islice(wanted, limit):
        sys.stdout.write(json.dumps({**each.fields, "hash": each.hash}, ensure_ascii=False) + "\n")
    return Exit.OK


def export_log(source: str, to: str) -> int:
    """Write a log as CSV; return the exit code."""
    from regimeflow.adapters.audit.export import export_csv

    path = Path(to)
    if path.suffix.lower() != ".csv":
        raise NotFound(f"{to}: expected a name that ends in .csv")
    new = path.with_name(path.name + ".new")
    try:
        count = export_csv(Path(log_of(source)), new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    complain(f"{path}: {count:,} lines")
    return Exit.OK


def write_log(source: str, *, follow: bool) -> int:
    """Bring a log up to its journal, and on with it if asked to; return the exit code."""
    from regimeflow.adapters.audit.jsonl import AuditLogger
    from regimeflow.engine.audit.trail import AuditTrail

    journal, config = journal_of(source)
    settings = None if config is None else config.audit
    key = None if settings is None else settings.sign_key
    rotate_mb = 64 if settings is None else settings.rotate_mb
    folder = _log_beside(journal, config)
    sink = AuditLogger(folder, rotate_mb=rotate_mb, sign_key=key)
    before = sink.last_seq
    trail = AuditTrail(sink, journal, lambda fault: complain(f"{folder}: {fault}"))
    try:
        while follow:
            if not trail.catch_up():
                time.sleep(_FOLLOW_EVERY_S)
    except KeyboardInterrupt:
        complain("stopped")
    trail.stop()
    complain(f"{folder}: {sink.last_seq - before:,} lines more, {sink.last_seq:,} in all")
    return Exit.OK
