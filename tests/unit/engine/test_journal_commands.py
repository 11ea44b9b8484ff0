"""What is asked of the broker goes into the journal straight from the order's row."""

from __future__ import annotations

from pathlib import Path

import pytest

from regimeflow._core.journal_reader import JournalReader
from regimeflow._core.messages import ExecutionReport
from regimeflow._core.order_table import OrderTable
from regimeflow.domain.orders.transitions import as_lookup, status_events
from regimeflow.engine.journal.tape import command_of
from regimeflow.types.enums import ExecType
from regimeflow.types.errors import InvalidState
from tests.support.journal import a_writer


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("client_order_id", ["", "c" * 40])
@pytest.mark.parametrize("broker_order_id", ["", "b" * 30, "ö" * 18])
def test_a_command_goes_from_the_row_to_the_frame_that_it_says(
    tmp_path: Path, kind: int, client_order_id: str, broker_order_id: str
) -> None:
    table = OrderTable(as_lookup(), status_events(), id_prefix="t-")
    terms = {"client_order_id": client_order_id, "expire_time_ns": 9, "strategy": "größe"}
    order_id = table.submit("BTCUSDT", 1, 2, 3, 100, -2, 6_000_010, None, -1, **terms)
    if broker_order_id:
        seen = {"order_id": order_id, "broker_order_id": broker_order_id}
        table.apply(ExecutionReport(symbol="BTCUSDT", exec_type=ExecType.NEW, ord_status=1, **seen))
    row = table.get(order_id)
    with a_writer(tmp_path) as writer:
        position = writer.append_command(row, kind, 77, "text é")
        reader = JournalReader(tmp_path)

        assert command_of(row, kind, 77, "text é") == reader.read().message
        assert position == writer.position
        assert [] == list(reader)


def test_a_command_that_does_not_fit_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    table = OrderTable(as_lookup(), status_events(), id_prefix="t-")
    row = table.get(table.submit("BTCUSDT", 1, 2, 3, 100, -2, 6_000_010, None, -1))
    with a_writer(tmp_path) as writer:
        before = writer.position

        with pytest.raises(ValueError, match=r"Command\.kind is 255"):
            writer.append_command(row, 255, 77)
        with pytest.raises(ValueError, match="too much"):
            writer.append_command(row, 1, 77, "x" * 65536)
        with pytest.raises(TypeError):
            writer.append_command(None, 1, 77)

        assert before == writer.position
        writer.close()
        with pytest.raises(InvalidState, match="closed"):
            writer.append_command(row, 1, 77)


def test_enumerations_go_into_frames_as_their_numbers(tmp_path: Path) -> None:
    with a_writer(tmp_path) as writer:
        writer.append_values(106, (1, 2, ExecType.TRADE, ""))

        assert (1, 2, ExecType.TRADE, "") == JournalReader(tmp_path).read().message
