"""What every test may take for granted."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Hear signals, and have the processes that tests start hear them.

    Under nohup, or in the background of a script, they are ignored, and whoever is started inherits
    that: a test that interrupts something would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
