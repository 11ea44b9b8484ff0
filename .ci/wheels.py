"""Build the wheels that the checks install.

Usage: wheels.py FOLDER, which REGIMEFLOW_WHEELS then names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
# What the optimiser does is tested on the Python that runs this; it takes half of the time.
UNOPTIMISED = ("-C", "cmake.build-type=Debug")


def find(version: str) -> Path | None:
    """Find an interpreter that really starts: this one, pyenv's own folder, PATH."""
    if version == HERE:
        return Path(sys.executable)
    candidates = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if on_path := shutil.which(f"python{version}"):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def wheel_of(version: str, python: Path, folder: Path) -> Path:
    """Return the wheel for a Python: the one that was built before, else one built into ``folder``.

    Raises:
        subprocess.CalledProcessError: it cannot be built; ``output`` says why.
    """
    ready = Path(os.environ.get("REGIMEFLOW_WHEELS", folder)) / version
    if not (found := list(ready.glob("*.whl"))):
        build(version, python, folder)
        found = list((folder / version).glob("*.whl"))
    return found[0]


def build(version: str, python: Path, folder: Path) -> None:
    """Build a wheel into ``folder/VERSION``, in an environment of its own."""
    flags = () if version == HERE else UNOPTIMISED
    with tempfile.TemporaryDirectory() as scratch:
        own, made = Path(scratch, "venv", "bin", "python"), Path(scratch, "made")
        run(python, "-m", "venv", Path(scratch, "venv"))
        run(own, "-m", "pip", "wheel", "-q", "--no-deps", "-w", made, *flags, ROOT)
        shutil.move(made, folder / version)  # whole, or not there


def run(*command: str | Path) -> None:
    """Run a command from the root; what it printed is in the error."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    subprocess.run(command, cwd=ROOT, check=True, text=True, **piped)


def main() -> int:
    """Build one for each supported Python that this machine has, this one's last."""
    folder = Path(sys.argv[1])
    for version in sorted(SUPPORTED, key=HERE.__eq__):
        if python := find(version):
            try:
                build(version, python, folder)
            except subprocess.CalledProcessError as error:
                print(f"Python {version}: {error}", error.output, sep="\n")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
