"""The audit log: nothing is changed, lost or forged without being found."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from regimeflow.adapters.audit import jsonl
from regimeflow.adapters.audit.folder import HEAD
from regimeflow.adapters.audit.jsonl import AuditLogger
from regimeflow.adapters.audit.verify import verify_audit
from regimeflow.live import AuditEvent
from regimeflow.types.errors import ConfigError, InvalidState, NotFound

FILE = "audit-00000001.jsonl"


def fill(number: int, text: str = "") -> AuditEvent:
    data = {"symbol": "BTCUSDT", "last_px": "60000.10", "last_qty": "0.001"}
    return AuditEvent(
        kind="fill", ts_ns=1_767_225_600_000_000_000 + number, text=text, data=data, position=number
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with AuditLogger(tmp_path / "log") as logger:
        for number in range(40):
            logger.log(fill(number, f"fill {number}"))
    return tmp_path / "log"


def texts(log: Path, **more: str) -> list[str]:
    return [finding.text for finding in verify_audit(log, **more).findings]


def lines_of(log: Path) -> list[bytes]:
    return (log / FILE).read_bytes().splitlines(keepends=True)


def with_another_byte(lines: list[bytes], dice: random.Random) -> list[bytes]:
    whole = b"".join(lines)
    at = dice.randrange(len(whole))
    other = dice.choice([each for each in range(256) if each != whole[at]])
    return [whole[:at], bytes([other]), whole[at + 1 :]]


def without_a_line(lines: list[bytes], dice: random.Random) -> list[bytes]:
    gone = dice.randrange(len(lines))
    return lines[:gone] + lines[gone + 1 :]


def with_two_swapped(lines: list[bytes], dice: random.Random) -> list[bytes]:
    one, other = dice.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def test_a_log_as_it_was_written_is_sound(log: Path) -> None:
    found = verify_audit(log)

    assert found.is_sound
    assert (40, 1, 0) == (found.lines, found.files, found.torn)


@pytest.mark.parametrize("change", [with_another_byte, without_a_line, with_two_swapped])
def test_every_changed_removed_or_moved_line_is_found(
    log: Path, change: Callable[[list[bytes], random.Random], list[bytes]]
) -> None:
    dice, before = random.Random(1), lines_of(log)

    for _ in range(60):
        (log / FILE).write_bytes(b"".join(change(list(before), dice)))
        assert not verify_audit(log).is_sound


def test_lines_cut_off_the_end_are_found_and_counted(log: Path) -> None:
    (log / FILE).write_bytes(b"".join(lines_of(log)[:-3]))

    assert ["the log goes on to line 40: 3 lines at its end are gone"] == texts(log)


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    with AuditLogger(tmp_path, rotate_mb=1) as logger:
        for number in range(6):
            logger.log(fill(number, "x" * 600_000))
    assert verify_audit(tmp_path).files == 3

    (tmp_path / "audit-00000002.jsonl").unlink()

    assert "audit-00000002.jsonl is missing before it" in texts(tmp_path)


def test_a_missing_note_of_the_end_is_found(log: Path) -> None:
    (log / HEAD).unlink()

    assert ["it is missing: the log may have been longer"] == texts(log)


def test_a_line_that_was_half_written_is_cut_and_the_log_goes_on(log: Path) -> None:
    with (log / FILE).open("ab") as file:
        file.write(lines_of(log)[-1][:50])
    assert 50 == verify_audit(log).torn

    with AuditLogger(log) as logger:
        assert 39 == logger.newest.position
        logger.log(fill(40))

    found = verify_audit(log)
    assert (True, 41, 0) == (found.is_sound, found.lines, found.torn)


def test_a_damaged_end_stays_as_it_is_and_the_log_says_so(log: Path) -> None:
    with (log / FILE).open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"\0" * 19)

    with AuditLogger(log) as logger:
        logger.log(fill(40))

    found = [text for text in texts(log) if text.startswith("the log itself says")]
    assert [f"the log itself says: {FILE}: its last 1 lines cannot be read"] == found


def test_lines_gone_between_two_sessions_are_said_in_the_log_for_good(log: Path) -> None:
    (log / FILE).write_bytes(b"".join(lines_of(log)[:-2]))

    with AuditLogger(log) as logger:
        logger.log(fill(40))

    assert ["the log itself says: lines 39 to 40 are gone"] == texts(log)


def test_row_75_any_character_stays_one_line_of_json(tmp_path: Path) -> None:
    nasty = 'a"b\\c\n\r\t\x00\x1b\x7f\u2028\ud800é'
    with AuditLogger(tmp_path) as logger:
        logger.log(AuditEvent(kind="log", ts_ns=1, text=nasty, data={nasty: [nasty, 2**70, 1.5]}))

    (line,) = (tmp_path / FILE).read_bytes().splitlines()
    read = json.loads(line)
    assert nasty.replace("\ud800", "\\ud800") == read["text"]
    assert [str(2**70), "1.5"] == next(iter(read["data"].values()))[1:]
    assert verify_audit(tmp_path).is_sound


def test_row_75_a_full_disk_is_an_error_and_nothing_is_half_written(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AuditLogger(log) as logger:
        true_write = os.write

        def full(descriptor: int, data: bytes) -> int:
            if len(data) > 30:
                return true_write(descriptor, bytes(data[:30]))
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(jsonl.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            logger.write([fill(40), fill(41)])
        assert 40 == logger.last_seq

        monkeypatch.setattr(jsonl.os, "write", true_write)
        logger.write([fill(40), fill(41)])

    assert (True, 42) == (verify_audit(log).is_sound, verify_audit(log).lines)


def test_one_logger_at_a_time_has_a_folder(log: Path) -> None:
    with AuditLogger(log), pytest.raises(InvalidState, match=f"in use by process {os.getpid()}"):
        AuditLogger(log)


def test_a_closed_logger_refuses(log: Path) -> None:
    logger = AuditLogger(log)
    logger.close()
    logger.close()

    with pytest.raises(InvalidState, match="closed"):
        logger.log(fill(1))


def test_no_log_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(NotFound, match=folder.name):
            verify_audit(folder)


def keys(folder: Path) -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return str(private), str(public)


def test_a_signature_tells_a_log_that_was_written_anew(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    (tmp_path / "other").mkdir()
    forger, _ = keys(tmp_path / "other")
    for name, key in (("true", private), ("forged", forger)):
        with AuditLogger(tmp_path / name, sign_key=key) as logger:
            logger.log(fill(1))

    assert 2 == verify_audit(tmp_path / "true", public_key=public).signed
    assert verify_audit(tmp_path / "forged").is_sound
    assert ["its signature does not hold"] == texts(tmp_path / "forged", public_key=public)


def test_a_key_that_is_none_is_refused_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")

    with pytest.raises(ConfigError, match="expected an Ed25519 key") as caught:
        AuditLogger(tmp_path / "log", sign_key=str(path))

    assert "c2VjcmV0" not in str(caught.value)
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
