from __future__ import annotations

from pathlib import Path

from regimeflow.engine.awaiting import Given
from regimeflow.engine.journal.writing import SessionLog
from tests.support.journal import SMALL, a_writer
from tests.support.messages import a_report


def test_an_answer_that_is_longer_than_a_segment_is_lost_and_stops_nothing(tmp_path: Path) -> None:
    with a_writer(tmp_path, segment_bytes=SMALL) as writer:
        log = SessionLog(writer)
        many = [a_report(exec_id=f"E{number}") for number in range(1_000)]

        log.answered(1, "get_executions", 5, Given(many), at_once=False)

        assert 1 == log.lost
        assert log.is_full
        assert "longer than a segment" in log.fault
