"""The process is killed while its audit log is being written."""

from __future__ import annotations

from tests.crash.audit_kill import run


def test_nothing_that_was_appended_is_missing_after_a_kill() -> None:
    assert [] == run(3, seed=7)
