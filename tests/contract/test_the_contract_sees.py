"""An adapter that does one thing wrong fails the test of the contract that is about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.live import ExecType, ExecutionReport, Position
from regimeflow.testing.contract import BrokerContract
from tests.contract.paper_bench import PaperBench


def changed(report: ExecutionReport, **fields: object) -> ExecutionReport:
    names = (
        "symbol", "exec_type", "ord_status", "side", "order_id", "client_order_id",
        "broker_order_id", "exec_id", "commission_currency", "ts_event_ns",
    )  # fmt: skip
    given = {name: getattr(report, name) for name in names}
    for name in ("order_qty", "cum_qty", "leaves_qty", "last_qty", "last_px", "limit_px"):
        given[name] = getattr(report, f"{name}_dec")
    given["commission"] = report.commission_dec
    return ExecutionReport(**{**given, **fields})


class EmptyWhenDown(PaperAdapter):
    async def get_positions(self) -> Sequence[Position]:
        return await super().get_positions() if self.is_connected() else []


class OtherIdsWhenRead(PaperAdapter):
    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        found = await super().get_executions(since_ns)
        return [changed(each, exec_id=f"read-{each.exec_id}") for each in found]


class Restless(PaperAdapter):
    """Each execution under a new id every time it is told."""

    def on_execution_report(self, cb: Callable[[ExecutionReport], object]) -> None:
        def twice(report: ExecutionReport) -> None:
            cb(report)
            if report.exec_type == ExecType.TRADE:
                cb(changed(report, exec_id=f"{report.exec_id}-again"))

        super().on_execution_report(twice)


class Forgetful(PaperAdapter):
    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        found = await super().find_order(client_order_id)
        return found if found is None or found.leaves_qty else None


@pytest.mark.parametrize(
    ("broken", "number"),
    [
        (EmptyWhenDown, "r08"),
        (OtherIdsWhenRead, "r03"),
        (Restless, "o03"),
        (Forgetful, "r02"),
    ],
)
def test_what_is_wrong_turns_its_test_red(
    broken: type[PaperAdapter], number: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.contract.paper_bench.PaperAdapter", broken)
    monkeypatch.setattr("regimeflow.testing.contract.desk.PATIENCE_S", 2.0)
    (name,) = [each for each in dir(BrokerContract) if each.startswith(f"test_{number}_")]

    class Broken(BrokerContract):
        def make_bench(self) -> PaperBench:
            return PaperBench()

    with pytest.raises((AssertionError, TimeoutError)):
        getattr(Broken(), name)()
