"""A journal whose writer is killed, and one whose machine loses power."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regimeflow._core.journal_reader import JournalReader
from tests.support.journal import SMALL, a_writer, some_quotes, update_ids

WRITER = Path(__file__).with_name("journal_killed.py")
PAGE = 4096
LONGEST_S = 20.0


def wait_for(path: Path, size: int) -> None:
    """Return when the writer has said so many bytes; what it does then is a matter of chance."""
    until = time.monotonic() + LONGEST_S
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < until, "the writer says nothing"


def killed_after(folder: Path, said: Path, more: int) -> None:
    before = said.stat().st_size if said.exists() else 0
    with subprocess.Popen([sys.executable, str(WRITER), str(folder), str(said)]) as process:
        try:
            wait_for(said, before + more)
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.mark.slow
def test_every_frame_that_append_returned_for_survives_kill_9(tmp_path: Path) -> None:
    chance = random.Random(77)
    folder, said = tmp_path / "journal", tmp_path / "said"
    reader, read = None, []
    for _ in range(12):
        killed_after(folder, said, chance.randrange(1, 9000))
        reader = reader or JournalReader(folder)
        read += [frame.message.payload.update_id for frame in reader]

    promised = [int(line) for line in said.read_bytes().split()]
    # The kernel had each frame before the process said so; once a time, it could not say so.
    assert set(promised) <= set(read)
    assert len(read) - len(promised) <= 12
    assert sorted(set(read)) == read == update_ids(folder)
    assert all("torn" in damage.reason for damage in reader.damages)


def journal_with_lost_pages(
    source: Path, target: Path, synced: dict[Path, bytes], seed: int
) -> None:
    """Copy a journal as a disk may have it: what was synced, and of the rest any pages or none."""
    chance = random.Random(seed)
    target.mkdir()
    for path in sorted(source.glob("*.rfj")):
        now = path.read_bytes()
        then = synced.get(path, bytes(len(now)))
        pages = [
            (now if chance.random() < 0.5 else then)[at : at + PAGE]
            for at in range(0, len(now), PAGE)
        ]
        (target / path.name).write_bytes(b"".join(pages))


@pytest.mark.parametrize("seed", range(15))
def test_every_frame_that_was_synced_survives_the_loss_of_power(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    count, more = chance.randrange(1, 2000), chance.randrange(1, 1500)
    source, target = tmp_path / "source", tmp_path / "target"
    with a_writer(source) as writer:
        for quote in some_quotes(count):
            writer.append(quote)
        assert writer.position == writer.sync()
        synced = {path: path.read_bytes() for path in source.glob("*.rfj")}
        for quote in some_quotes(more, first=count + 1):
            writer.append(quote)
        journal_with_lost_pages(source, target, synced, seed)

    before = update_ids(target)
    with a_writer(target) as writer:
        writer.append(some_quotes(1, first=9999)[0])
    after = update_ids(target)

    assert list(range(1, count + 1)) == before[:count]
    assert sorted(set(before)) == before
    # Behind a lost page there may be frames: they are found once nobody can be writing there.
    assert set(before) <= set(after)
    assert sorted(set(after)) == after
    assert count <= after[-2] <= count + more
    assert 9999 == after[-1]


def test_a_copy_of_a_live_journal_is_a_journal(tmp_path: Path) -> None:
    with a_writer(tmp_path / "source", segment_bytes=2 * SMALL) as writer:
        for quote in some_quotes(100):
            writer.append(quote)
        shutil.copytree(tmp_path / "source", tmp_path / "copy")

    with a_writer(tmp_path / "copy") as writer:
        assert 0 == writer.recovery.torn_bytes
    assert list(range(1, 101)) == update_ids(tmp_path / "copy")
