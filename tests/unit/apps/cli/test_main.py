"""The command's first moments, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# Stands in for a module that takes its time to import.
SLOW_MODULE = """
import sys
print("importing", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("burst", [1, 20])
@pytest.mark.parametrize("module", ["click", "regimeflow_strategy"])
def test_ctrl_c_before_a_session_runs_is_one_line(module: str, burst: int, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(SLOW_MODULE)
    config = tmp_path / "live.toml"
    config.write_text('symbols = ["X"]\n[[strategy]]\nname = "regimeflow_strategy:Slow"\n')
    command = [sys.executable, "-m", "regimeflow.apps.cli", "run", str(config)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "importing\n" == process.stdout.readline()
        for _ in range(burst):
            process.send_signal(signal.SIGINT)
        _, said = process.communicate()

    assert 130 == process.returncode
    assert "regimeflow-live: interrupted; no session is running\n" == said


def test_a_host_that_hears_ctrl_c_itself_goes_on_doing_so() -> None:
    script = """
import signal, sys
def own(*_): pass
signal.signal(signal.SIGINT, own)
from regimeflow.apps.cli.__main__ import main
sys.argv = ["regimeflow-live", "--version"]
assert 0 == main()
assert signal.getsignal(signal.SIGINT) is own
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert (0, b"") == (done.returncode, done.stderr)


def test_the_first_thing_that_is_imported_is_small() -> None:
    script = """
import sys
before = set(sys.modules)
import regimeflow.apps.cli.__main__
ours = {name for name in set(sys.modules) - before if name.startswith("regimeflow")}
assert "click" not in sys.modules
print(len(ours))
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert 4 == int(done.stdout)  # itself and the packages that it is in
