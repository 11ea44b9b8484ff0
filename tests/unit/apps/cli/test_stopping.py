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


def test_a_signal_is_heard_at_each_step_of_the_wait_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERY_MOMENT], capture_output=True, text=True, timeout=30, check=True
    )

    assert int(done.stdout) > 2


ON_ANOTHER_THREAD = """
import signal
import threading

from regimeflow.apps.cli.stopping import stop_signals

asleep = threading.Event()


def send():
    asleep.wait(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    asleep.wait()


with stop_signals() as stop:
    threading.Thread(target=send, daemon=True).start()
    print(stop.wait(), stop.is_set())
"""


def test_a_signal_that_another_thread_hears_ends_the_wait() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_THREAD],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert "True True" == done.stdout.strip()
