"""A signal that comes at the worst moment of waiting for it."""

from __future__ import annotations

import subprocess
import sys

# Each line that the wait executes in Python is the moment of one signal, in a run of its own.
EVERY_MOMENT = """
import signal
import sys

from regimeflow.apps.cli.stopping import stop_signals


def interrupted_at(step):
    left = step

    def trace(frame, event, argument):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                signal.raise_signal(signal.SIGINT)
        return trace

    with stop_signals() as stop:
        sys.settrace(trace)
        try:
            stop.wait(0.001)
        finally:
            sys.settrace(None)
        return left, stop.wait(0)


step = 1
while True:
    left, was_heard = interrupted_at(step)
    if left > 0:
        break
    if not was_heard:
        sys.exit(f"the signal at step {step} was not heard")
    step += 1
print(step)
"""


def test_a_signal_is_heard_at_each_step_of_the_wait_for_it():
    done = subprocess.run(
        [sys.executable, "-c", EVERY_MOMENT], capture_output=True, text=True, timeout=30, check=True
    )

    assert int(done.stdout) > 2


def test_a_signal_ends_a_wait_without_an_end():
    script = (
        "import os, signal, threading\n"
        "from regimeflow.apps.cli.stopping import stop_signals\n"
        "with stop_signals() as stop:\n"
        "    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
        "    print(stop.wait(), stop.is_set())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )

    assert "True True" == done.stdout.strip()
