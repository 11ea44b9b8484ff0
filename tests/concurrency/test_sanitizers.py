"""The ring and the lanes in C, without the GIL, under the sanitizers of the compiler.

ThreadSanitizer must be silent about the ring as it is, and must not be silent when any one of its
memory orders is weakened: so each of them is needed, and the test would notice if one were lost.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORE = HERE.parents[1] / "src" / "_core"
COMPILER = shutil.which(os.environ.get("CC", "gcc")) or shutil.which("cc")
ORDERS = sorted(re.findall(r"#ifndef (RING_ORDER_\w+)", (CORE / "ring.h").read_text()))
RACE = 66  # ThreadSanitizer's exit code
# The producers share a ring of 16 cells, so that it is full, wraps and hands cells on all the time.
RING = ("ring_stress.c", "3", "2", "20000", "16")
# gcc warns that it cannot follow fences; they guard the sleeping flag only, never a record.
FLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-tsan", "-pthread"]


def build(folder: Path, source: str, *flags: str) -> Path:
    assert COMPILER is not None
    program = folder / "program"
    command = [COMPILER, *FLAGS, *flags, f"-I{CORE}", str(HERE / source), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return program


@functools.cache
def fixed_addresses() -> tuple[str, ...]:
    """Return what runs a program without address randomisation, where that is possible.

    Some kernels randomise so much that memory lies where ThreadSanitizer wants its own.
    """
    prefix = (shutil.which("setarch") or "", "-R")
    if not prefix[0]:
        return ()
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else ()


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*fixed_addresses(), str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "TSAN_OPTIONS": f"halt_on_error=1:exitcode={RACE}"},
    )


@functools.cache
def why_not(flag: str) -> str | None:
    """Return why a sanitizer cannot be used here; None when it can."""
    if COMPILER is None:
        return "there is no C compiler"
    try:
        tried = subprocess.run(
            [COMPILER, flag, "-x", "c", "-", "-o", os.devnull],
            input="int main(void) { return 0; }",
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        return str(error)
    return None if tried.returncode == 0 else f"{COMPILER} has no {flag}"


def needs(flag: str) -> pytest.MarkDecorator:
    reason = why_not(flag)
    return pytest.mark.skipif(reason is not None, reason=reason or "")


@needs("-fsanitize=thread")
def test_thread_sanitizer_finds_nothing_in_the_ring(tmp_path: Path) -> None:
    source, *arguments = RING
    program = build(tmp_path, source, "-fsanitize=thread")

    done = run(program, *arguments)

    assert (0, "") == (done.returncode, done.stderr)


@needs("-fsanitize=thread")
@pytest.mark.parametrize("order", ORDERS)
def test_thread_sanitizer_notices_when_a_memory_order_is_missing(
    tmp_path: Path, order: str
) -> None:
    source, *arguments = RING
    program = build(tmp_path, source, "-fsanitize=thread", f"-D{order}=memory_order_relaxed")

    done = run(program, *arguments)

    assert RACE == done.returncode
    assert "WARNING: ThreadSanitizer: data race" in done.stderr


def test_the_ring_has_the_orders_that_it_documents() -> None:
    assert ["CONSUME", "GATE", "PEEK", "PUBLISH", "SHARE", "TRUST"] == [
        order.removeprefix("RING_ORDER_") for order in ORDERS
    ]


@needs("-fsanitize=address,undefined")
@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        (RING[0], RING[1:]),
        ("lanes_stress.c", ("3", "20000", "16", "0")),
        ("lanes_stress.c", ("3", "20000", "16", "1")),
    ],
    ids=["ring", "lanes", "conflation"],
)
def test_address_and_undefined_sanitizers_find_nothing(
    tmp_path: Path, source: str, arguments: tuple[str, ...]
) -> None:
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    program = build(tmp_path, source, *flags)

    done = run(program, *arguments)

    assert (0, "") == (done.returncode, done.stderr)


@needs("-fsanitize=thread")
@pytest.mark.parametrize("conflate", ["0", "1"])
def test_thread_sanitizer_finds_nothing_in_lanes_that_sleep_and_wait(
    tmp_path: Path, conflate: str
) -> None:
    program = build(tmp_path, "lanes_stress.c", "-fsanitize=thread")

    done = run(program, "3", "20000", "16", conflate)

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.parametrize(
    ("capacity", "records"), [("1", "3000"), ("16", "50000"), ("4096", "200000")]
)
def test_c_producers_lose_nothing_at_full_speed(
    tmp_path: Path, capacity: str, records: str
) -> None:
    program = build(tmp_path, "lanes_stress.c", "-O2")

    done = run(program, "4", records, capacity, "0")

    assert (0, "") == (done.returncode, done.stderr)
