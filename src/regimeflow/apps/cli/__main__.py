"""``regimeflow-live``: Ctrl-C is heard first, then everything else is imported."""

from __future__ import annotations

import os
import signal
import sys

_SIGINT_EXIT = 128 + signal.SIGINT


def main() -> int:
    """Run the command; return its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from regimeflow.apps.cli.commands import main as run

    return run()


def _leave(_number: int, _frame: object) -> None:
    # While a session runs another handler stands in for this one, so there is nothing to close.
    # An exception instead would come out of whatever is being imported, with a traceback each.
    # Those that come after the first find a handler that does nothing: Python itself complains of
    # signals which were on their way when they began to be ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        os.write(2, b"regimeflow-live: interrupted; no session is running\n")
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError, RuntimeError):
        pass  # an output that is gone, closed, or in the middle of a write
    finally:
        os._exit(_SIGINT_EXIT)


if __name__ == "__main__":
    sys.exit(main())
