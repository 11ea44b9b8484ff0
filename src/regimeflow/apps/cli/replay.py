"""``regimeflow-live replay``: would the engine decide the same again."""

from __future__ import annotations

import json
import sys
import time

from regimeflow.apps.cli.exits import Exit, complain
from regimeflow.apps.cli.sources import journal_of


def run_replay(source: str, *, session: int | None, config_path: str | None, as_json: bool) -> int:
    """Replay a session; return the exit code."""
    from regimeflow.engine.journal.replay import replay_session
    from regimeflow.types.config import LiveConfig

    folder, _ = journal_of(source)
    config = None
    if config_path is not None:
        config = LiveConfig.from_file(config_path).frozen()
    began_s = time.perf_counter()
    replayed = replay_session(folder, number=session, config=config)
    took_s = time.perf_counter() - began_s
    difference = replayed.difference
    for name in replayed.changed:
        complain(f"{folder}: strategy {name}: its code is not what it was in the session")
    if replayed.lost:
        text = f"{replayed.lost} frames of the session are not in it ({replayed.fault})"
        complain(f"{folder}: {text}: what followed from them cannot be the same in a replay")
    if as_json:
        values = {
            "session": replayed.session,
            "frames": replayed.frames,
            "same": difference is None,
            "difference": None if difference is None else str(difference),
            "lost_frames": replayed.lost,
            "changed_strategies": list(replayed.changed),
        }
        sys.stdout.write(json.dumps(values) + "\n")
    elif difference is None:
        sys.stdout.write(
            f"session {replayed.session}: the same, {replayed.frames:,} frames in {took_s:.2f} s\n"
        )
    else:
        sys.stdout.write(
            f"session {replayed.session}: different after {replayed.frames:,} frames\n"
            f"{difference}\n"
        )
    return Exit.OK if difference is None else Exit.FAILED
