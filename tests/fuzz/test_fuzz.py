"""A short run of each fuzzer; ``nox -s fuzz -- --minutes 10`` for a long one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.fuzzing import CORE, TARGETS, CannotFuzzError, build

SECONDS = "60"  # at most; what ends a run here is the number of inputs
INPUTS = {"codec": 60_000, "binance": 20_000, "alpaca": 20_000}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def run(target: str, folder: Path, *includes: Path) -> subprocess.CompletedProcess[str]:
    try:
        program = build(target, folder, *includes)
    except CannotFuzzError as error:
        pytest.skip(str(error))
    command = [program, "1", SECONDS, str(INPUTS[target])]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_makes_a_reader_look_beyond_it_or_give_what_is_not_sound(
    folder: Path, target: str
) -> None:
    done = run(target, folder)

    assert (0, "") == (done.returncode, done.stderr[-4000:])
    assert " kept, " in done.stdout


@pytest.mark.parametrize(
    ("file", "check"),
    [
        ("wire_decode.h", "    if (rfw_left(in) - width < *length)"),
        ("wire_batch.h", "    if (length > left - RFW_LENGTH_BYTES)"),
    ],
    ids=["of a text", "of a message in a batch"],
)
def test_the_fuzzer_notices_when_a_length_is_not_checked(
    tmp_path: Path, file: str, check: str
) -> None:
    headers = tmp_path / "headers"
    headers.mkdir()
    for path in CORE.glob("*.h"):  # all: a header finds the others beside itself
        text = path.read_text()
        if path.name == file:
            assert 1 == text.count(check)
            text = text.replace(check, "    if (0)")
        (headers / path.name).write_text(text)

    done = run("codec", tmp_path, headers)

    assert 0 != done.returncode
    assert "AddressSanitizer" in done.stderr
    assert (tmp_path / "fuzz-failed.bin").exists()
    again = [tmp_path / "fuzz-codec", "replay", "fuzz-failed.bin"]
    assert 0 != subprocess.run(again, capture_output=True, check=False, cwd=tmp_path).returncode
