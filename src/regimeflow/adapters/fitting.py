"""Where a model is fitted: in this process, or in one of its own, so that no loop waits for it.

``python -m regimeflow.adapters.fitting`` reads a request on stdin and writes the model to stdout.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final

from regimeflow.types.errors import InvalidState, RegimeFlowError

_NICE: Final = 10  # whoever trades comes first
_FAILED: Final = 1


async def fit_here(request: str) -> str:
    """Fit in this process, at once: over a feed time stands still meanwhile."""
    return _fit(request)


async def fit_in_process(request: str) -> str:
    """Fit in another process, which is ended when nobody waits any more.

    Raises:
        InvalidState: it could not be done; says why.
    """
    import asyncio
    import subprocess

    process = subprocess.Popen(  # noqa: ASYNC220 - this interpreter; it starts in a moment
        [sys.executable, "-m", "regimeflow.adapters.fitting"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        model, said = await asyncio.to_thread(process.communicate, request)
    finally:
        if process.poll() is None:
            process.kill()
    if process.returncode:
        lines = said.strip().splitlines() or [f"it ended with {process.returncode}"]
        raise InvalidState(lines[-1])
    return model


def _fit(request: str) -> str:
    from regimeflow.domain.regime.training import request_of, train

    return train(request_of(request)).as_json()


def main() -> int:
    """Fit what is asked for on stdin; return the exit code."""
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    try:
        sys.stdout.write(_fit(sys.stdin.read()))
    except (RegimeFlowError, ValueError) as error:
        sys.stderr.write("; ".join(str(error).splitlines()) + "\n")
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
