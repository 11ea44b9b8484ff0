"""The fuzzers of tests/fuzz: how one is built, under the sanitizers of the compiler.

A target is compiled with those of addresses and of undefined behaviour, and, for the driver to see
what is new, with the compiler's coverage of branches.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "_core"
FUZZ = ROOT / "tests" / "fuzz"
SANITIZED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
GUIDED = "-fsanitize-coverage=trace-pc"
CPP = [
    *("-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-DNDEBUG", "-DSIMDJSON_EXCEPTIONS=0"),
    # The plainest of simdjson's ways: it is what a look beyond the end is seen in.
    *(f"-DSIMDJSON_IMPLEMENTATION_{name}=0" for name in ("ICELAKE", "HASWELL", "WESTMERE")),
]
TARGETS = {
    "codec": (FUZZ / "codec_target.c",),
    "binance": (FUZZ / "binance_target.cpp", CORE / "binance_json.cpp"),
    "alpaca": (FUZZ / "alpaca_target.cpp", CORE / "binance_json.cpp", CORE / "alpaca_frames.cpp"),
}


class CannotFuzzError(Exception):
    """There is no compiler, no sanitizer, or no simdjson."""


def build(target: str, folder: Path, *includes: Path) -> Path:
    """Return the program of one target; ``includes`` come before the core's own headers.

    Raises:
        CannotFuzzError: this machine has not all that it takes.
    """
    is_cpp = TARGETS[target][0].suffix == ".cpp"
    compiler = shutil.which(os.environ.get("CXX", "c++") if is_cpp else os.environ.get("CC", "cc"))
    if compiler is None:
        raise CannotFuzzError("there is no compiler")
    driver, program = folder / "driver.o", folder / f"fuzz-{target}"
    if not driver.exists():
        run(
            shutil.which("cc") or compiler,
            "-std=gnu11",
            "-O2",
            "-c",
            FUZZ / "driver.c",
            "-o",
            driver,
        )
    paths = [f"-I{path}" for path in (*includes, CORE)]
    if not is_cpp:
        libraries = ["-pthread", "-lm"]
        flags = ["-std=gnu11", *SANITIZED, GUIDED, *paths]
        run(compiler, *flags, *TARGETS[target], driver, *libraries, "-o", program)
        return program
    spec = find_spec("simdjson")
    if spec is None or spec.origin is None:
        raise CannotFuzzError("pysimdjson is not installed")
    origin, simdjson = Path(spec.origin).parent, folder / "simdjson.o"
    flags = [*CPP, *SANITIZED, *paths, "-isystem", str(origin)]
    if not simdjson.exists():
        run(compiler, *flags, "-c", origin / "simdjson.cpp", "-o", simdjson)
    run(compiler, *flags, GUIDED, *TARGETS[target], simdjson, driver, "-o", program)
    return program


def run(*command: str | Path) -> None:
    """Run a compiler.

    Raises:
        CannotFuzzError: it lacks a sanitizer.
        RuntimeError: it refuses the source.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and ("sanitize" in done.stderr or "lasan" in done.stderr):
        raise CannotFuzzError(done.stderr[-400:])
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
