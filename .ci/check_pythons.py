"""Run the unit tests on every other supported Python that this machine has."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wheels import HERE, ROOT, SUPPORTED, find, run, wheel_of

TOOLS = ("pytest", "pytest-benchmark", "hypothesis", "ib_async>=2.1,<3")


def run_tests(version: str, python: Path) -> tuple[int, str]:
    """Install the wheel as a user would, and run the unit tests on what was installed.

    Returns:
        The exit code of what failed, 0 when nothing did, and what was printed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(scratch, "venv", "bin", "python")
        try:
            wheel = wheel_of(version, python, Path(scratch))
            run(python, "-m", "venv", Path(scratch, "venv"))
            run(own, "-m", "pip", "install", "-q", wheel, *TOOLS)
        except subprocess.CalledProcessError as error:
            return error.returncode, f"{error}\n{error.output}"
        tests = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit"]
        done = subprocess.run(tests, cwd=ROOT, check=False, text=True, capture_output=True)
        return done.returncode, done.stdout + done.stderr


def main() -> int:
    """Return 0 when the unit tests pass on each; they run side by side."""
    pythons = {version: find(version) for version in SUPPORTED if version != HERE}
    failed = []
    with ThreadPoolExecutor() as side_by_side:
        runs = {
            version: side_by_side.submit(run_tests, version, python)
            for version, python in pythons.items()
            if python is not None
        }
        for version, python in pythons.items():
            if python is None:
                print(f"Python {version}: not on this machine")
                continue
            code, said = runs[version].result()
            print(f"Python {version}: {python}", said, sep="\n", flush=True)
            if code:
                failed.append(version)
    if failed:
        print("failed on Python", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
