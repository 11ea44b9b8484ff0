"""Run the unit tests on every other supported Python that this machine has."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13")
TOOLS = ("pytest", "pytest-benchmark", "hypothesis")


def find(version: str) -> Path | None:
    """Find an interpreter that really starts: pyenv's own folder first, then PATH."""
    candidates = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if on_path := shutil.which(f"python{version}"):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def run_tests(python: Path, scratch: Path) -> int:
    """Install the package as a user would, and run the unit tests on what was installed."""
    subprocess.run([python, "-m", "venv", scratch / "venv"], check=True)
    own = scratch / "venv" / "bin" / "python"
    subprocess.run([own, "-m", "pip", "install", "-q", ROOT, *TOOLS], check=True)
    flags = ["-q", "-p", "no:cacheprovider"]
    done = subprocess.run([own, "-m", "pytest", *flags, "tests/unit"], cwd=ROOT, check=False)
    return done.returncode


def main() -> int:
    """Return 0 when the unit tests pass on each."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed = []
    for version in SUPPORTED:
        if version == here:
            continue
        python = find(version)
        if python is None:
            print(f"Python {version}: not on this machine")
            continue
        print(f"Python {version}: {python}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            if run_tests(python, Path(scratch)):
                failed.append(version)
    if failed:
        print("failed on Python", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
