"""Run the unit tests on every other supported Python that this machine has."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13")
TOOLS = ("pytest", "pytest-benchmark", "hypothesis")
# The compilers' optimiser is half of the time, and what it does is tested on the first Python.
UNOPTIMISED = ("-C", "cmake.build-type=Debug")


def find(version: str) -> Path | None:
    """Find an interpreter that really starts: pyenv's own folder first, then PATH."""
    candidates = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if on_path := shutil.which(f"python{version}"):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def run_tests(python: Path) -> tuple[int, str]:
    """Install the package as a user would, and run the unit tests on what was installed.

    Returns:
        The exit code of what failed first, 0 when nothing did, and all that was printed.
    """
    said = ""
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(scratch) / "venv" / "bin" / "python"
        flags = ["-q", "-p", "no:cacheprovider"]
        for step in (
            [python, "-m", "venv", Path(scratch) / "venv"],
            [own, "-m", "pip", "install", "-q", *UNOPTIMISED, ROOT, *TOOLS],
            [own, "-m", "pytest", *flags, "tests/unit"],
        ):
            done = subprocess.run(
                step,
                cwd=ROOT,
                check=False,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            said += done.stdout
            if done.returncode:
                return done.returncode, said
    return 0, said


def main() -> int:
    """Return 0 when the unit tests pass on each; they run side by side."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    pythons = {version: find(version) for version in SUPPORTED if version != here}
    failed = []
    with ThreadPoolExecutor() as side_by_side:
        runs = {
            version: side_by_side.submit(run_tests, python)
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
