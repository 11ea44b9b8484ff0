"""Build the wheel, look inside, install it into a clean venv, and use it outside the tree."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from wheels import HERE, ROOT, wheel_of

SHIPPED = {".py", ".pyi", ".so", ".typed", ".xml", ".html", ".js", ".css"}
USE = "import sys, regimeflow.live as live; print(len(live.__all__), 'public names', live.__file__)"


def strangers(wheel: Path) -> list[str]:
    """Name what has no place in a wheel: sources of the core, tests, build leftovers."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    ours = [name for name in names if ".dist-info/" not in name]
    return [
        name
        for name in ours
        if not name.startswith("regimeflow/") or Path(name).suffix not in SHIPPED
    ]


def main() -> int:
    """Return 0 when the wheel is good."""
    with tempfile.TemporaryDirectory() as scratch:
        outside = Path(scratch)
        wheel = wheel_of(HERE, Path(sys.executable), outside)
        if found := strangers(wheel):
            print("not for a wheel:", *found, sep="\n  ")
            return 1

        venv.create(outside / "clean", with_pip=True)
        clean = outside / "clean" / "bin"
        subprocess.run([clean / "pip", "install", "-q", wheel], check=True)
        subprocess.run([clean / "python", "-W", "error", "-c", USE], cwd=outside, check=True)
        for command in ("regimeflow-live", "regimeflow_live"):
            subprocess.run([clean / command, "--version"], cwd=outside, check=True)
        quickstart = [clean / "regimeflow-live", "run", ROOT / "examples" / "quickstart.toml"]
        subprocess.run([*quickstart, "--duration", "2"], cwd=outside, check=True)
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes; installs, imports and runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
