"""Fuzz the codec and the parsers of venues' frames for a while, each under the sanitizers.

Usage: python -m tests.fuzz.run [--minutes M] [--seed N] [TARGET ...]

The minutes are shared by the targets; two run at a time. What fails lies in
build/fuzz/TARGET/fuzz-failed.bin; ``build/fuzz/fuzz-TARGET replay FILE`` shows it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.support.fuzzing import ROOT, TARGETS, CannotFuzzError, build

FOLDER = ROOT / "build" / "fuzz"


def fuzz(target: str, seed: int, seconds: float) -> tuple[str, int, str]:
    """Run one fuzzer; return its name, its exit code, and the last that it said."""
    own = FOLDER / target
    own.mkdir(exist_ok=True)
    command = [FOLDER / f"fuzz-{target}", str(seed), str(int(seconds))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=own)
    return target, done.returncode, (done.stdout + done.stderr[-6000:]).strip()


def main() -> int:
    """Return 0 when no input was taken badly."""
    parser = argparse.ArgumentParser(description="Fuzz the codec and the parsers.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    asked = parser.parse_args()
    targets = asked.targets or list(TARGETS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob("*.o"):
        stale.unlink()
    try:
        for target in targets:
            build(target, FOLDER)
    except CannotFuzzError as error:
        print(f"cannot fuzz here: {error}")
        return 2
    seconds = asked.minutes * 60 / len(targets) * min(2, len(targets))
    print(f"seed {asked.seed}, {seconds:.0f} s for each of {', '.join(targets)}", flush=True)
    failed = 0
    with ThreadPoolExecutor(2) as side_by_side:
        runs = [side_by_side.submit(fuzz, target, asked.seed, seconds) for target in targets]
        for done in runs:
            target, code, said = done.result()
            print(f"{target}: {'FAILED' if code else 'nothing found'}: {said}", flush=True)
            failed += code != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
