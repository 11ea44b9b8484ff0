"""What the command's exit code says, and how an error becomes one line per fault."""

from __future__ import annotations

import enum
import sys

from regimeflow.types.errors import ConfigError, RegimeFlowError

COMMAND = "regimeflow-live"


class Exit(enum.IntEnum):
    """Exit codes; ``--help`` lists them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    STRATEGY = 4
    INTERNAL = 70  # sysexits.h EX_SOFTWARE
    OUTPUT_GONE = 141  # as a shell reports SIGPIPE
    SIGNAL = 128  # plus the signal's number

    @classmethod
    def by_signal(cls, number: int) -> int:
        """Return what a shell reports for a process that this signal ended."""
        return int(cls.SIGNAL) + number


MEANINGS = """\b
Exit codes:
    0  the feed or the duration ended, or the configuration is valid
    1  the session failed: the broker refused, was lost, or the engine could not go on
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
    4  a strategy raised; trading was disabled, the session ran to its end
       (a strategy that calls sys.exit(N) ends the session, with N)
   70  an error inside RegimeFlow; --debug shows its traceback
  130  stopped by SIGINT (Ctrl-C); 143 by SIGTERM, 129 by SIGHUP; the stop is clean,
       a second signal leaves at once
  141  the reader of the output went away (| head); the stop is clean
"""

CHECK_MEANINGS = """\b
Exit codes:
    0  the configuration is valid
    2  wrong usage: an unknown option, a missing file
    3  the configuration is wrong: one line per fault
   70  an error inside RegimeFlow; --debug shows its traceback
"""


def complain(*lines: str) -> None:
    """Write lines to stderr, where there still is one."""
    try:
        for line in lines:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return  # ValueError: it was closed


def one_line(text: str) -> str:
    """Fold a text into one line."""
    return " ".join(text.split())


def fault_lines(error: ConfigError, source: str) -> list[str]:
    """Return one line per fault, each complete in itself; one of the file itself names it once."""
    return [
        f"{source}: {one_line(fault.text if fault.path == source else str(fault))}"
        for fault in error.faults
    ]


def failure_line(error: RegimeFlowError | OSError) -> str:
    """Return an error as one line; the system's own speak for themselves."""
    text = one_line(str(error))
    named = text if isinstance(error, OSError) else f"{type(error).__name__}: {text}"
    return f"{COMMAND}: {named}"
