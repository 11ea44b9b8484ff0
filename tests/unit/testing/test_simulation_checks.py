"""What the simulation demands of a run, and what it takes away from a journal."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from regimeflow._core.bus import EventBus
from regimeflow._core.messages import AccountInfo, Position
from regimeflow._core.reports import ExecutionReport
from regimeflow.adapters.clock import ReplayClock
from regimeflow.domain.orders.transitions import ROWS, OrderEvent
from regimeflow.testing import simulate
from regimeflow.testing.simulation.disk import lose_pages, tear
from regimeflow.testing.simulation.endings import not_flat
from regimeflow.testing.simulation.faults import Fault
from regimeflow.testing.simulation.hearing import Hearing, misheard, unheard
from regimeflow.testing.simulation.ledger import Ledger
from regimeflow.testing.simulation.news import News
from regimeflow.testing.simulation.styles import STYLES
from regimeflow.testing.simulation.tally import Tally
from regimeflow.testing.simulation.tickets import Ticket
from regimeflow.testing.simulation.trace import Trace
from regimeflow.testing.simulation.venue import ModelVenue
from regimeflow.testing.simulation.world import PRODUCTS, Run
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from tests.support.orders import X, a_report

PAGE = 4096


def reports(*names: str) -> list[ExecutionReport]:
    return [a_report(X.NEW, broker_order_id=name) for name in names]


@pytest.mark.parametrize(
    ("told", "got", "most_lost", "is_fine"),
    [
        ("abc", "abc", 0, True),
        ("abc", "axbyc", 0, True),  # between them what it has asked for
        ("abc", "ab", 0, False),
        ("abc", "ab", 1, True),  # it was killed with the last in its hand
        ("abc", "acb", 0, False),
        ("aa", "a", 0, False),
    ],
)
def test_every_report_that_was_told_must_come_out_of_the_bus_in_order(
    told: str, got: str, most_lost: int, is_fine: bool
) -> None:
    found = unheard(reports(*told), reports(*got), most_lost)

    assert is_fine is (not found)


def test_a_position_that_was_told_and_did_not_come_out_of_the_bus_is_missed() -> None:
    bus = EventBus()
    hearing = Hearing(bus, lambda _: None)
    told = [Position("ALPHA", quantity, ts_event_ns=1) for quantity in (1, 2, 3)]
    for news in told[:2]:
        bus.dispatch(news)

    assert [] == list(hearing.differences([], told[:2], 0))
    assert [] == list(hearing.differences([], told, 1))
    (text,) = hearing.differences([], told, 0)
    assert text.startswith("of 3 positions and accounts that were told 2 came out")


def test_a_number_of_the_bus_that_is_left_out_is_seen() -> None:
    bus = EventBus()
    hearing = Hearing(bus, lambda _: None)
    bus.dispatch(Position("ALPHA", 1))
    bus.continue_from(7)
    bus.dispatch(Position("ALPHA", 2))

    assert "after message 1 of the bus came 8" == hearing.missing


def test_the_account_as_last_heard_is_compared_with_the_venues() -> None:
    ledger = Ledger(STYLES[0], PRODUCTS[:1], 100)
    cash = {"equity": 100, "buying_power": 100, "currency": "USD"}

    right = [Position("ALPHA", 1), Position("ALPHA", 0), AccountInfo(cash=100, **cash)]
    wrong = [Position("ALPHA", 0), Position("ALPHA", 1), AccountInfo(cash=99, **cash)]

    assert [] == list(misheard(right, ledger))
    assert 2 == len(list(misheard(wrong, ledger)))
    assert 2 == len(list(misheard([], ledger)))


def test_what_is_still_held_was_not_closed_unless_somebody_elses_order_closes_it() -> None:
    venue = ModelVenue(STYLES[0], PRODUCTS[:1], ReplayClock(0), random.Random(1))
    venue.ledger.positions["ALPHA"] = 3
    held = list(not_flat(venue))
    venue.new_order(a_ticket(OrderSide.SELL, 3))

    assert ["position ALPHA was not closed: 3 steps are left"] == held
    assert [] == list(not_flat(venue))


def a_ticket(side: OrderSide, qty: int) -> Ticket:
    return Ticket(
        client_id="c-1",
        product=PRODUCTS[0],
        side=side,
        type=OrderType.LIMIT,
        tif=TimeInForce.GTC,
        qty=qty,
        limit_px=20_000,
        stop_px=None,
        expire_ns=0,
        made_ns=0,
        is_ours=False,
    )


def a_segment(folder: Path, number: int, pages: int) -> Path:
    path = folder / f"journal-{number:016d}.rfj"
    path.write_bytes(b"x" * PAGE * pages + bytes(PAGE))
    return path


def test_a_loss_of_power_takes_some_of_what_was_not_on_disk_and_nothing_else(
    tmp_path: Path,
) -> None:
    before, last = a_segment(tmp_path, 1, 8), a_segment(tmp_path, 2, 20)
    on_disk = (2 << 32) + 3 * PAGE + 100

    lost = lose_pages(str(tmp_path), on_disk, random.Random(3))

    content = last.read_bytes()
    kept = {content[at : at + PAGE] for at in range(4 * PAGE, 20 * PAGE, PAGE)}
    assert b"x" * (3 * PAGE + 100) == content[: 3 * PAGE + 100]
    assert {b"x" * PAGE, bytes(PAGE)} == kept
    assert 0 < lost < 17
    assert 21 * PAGE == len(content)
    assert b"x" * PAGE * 8 + bytes(PAGE) == before.read_bytes()


def test_a_torn_frame_is_half_there(tmp_path: Path) -> None:
    path = a_segment(tmp_path, 1, 1)

    tear(str(tmp_path), (1 << 32) + PAGE - 100)

    assert PAGE - 50 == len(path.read_bytes().rstrip(b"\0"))
    assert 2 * PAGE == path.stat().st_size


def test_a_fault_and_a_row_that_were_never_hit_are_named() -> None:
    tally = Tally()
    tally.add(Run(seed=1, style="-"))

    never = tally.never()

    assert f"fault: {Fault.REPORT_LOST.value}" in never
    assert any("NEW in INACTIVE" in each for each in never)
    assert len(Fault) < len(never) < len(Fault) + len(ROWS)
    assert not any(OrderEvent.REPLACE_REQUESTED.name + " in PENDING_NEW" in each for each in never)
    assert any("keeps a change back" in line for line in tally.lines())


def test_a_report_in_a_trace_is_shown_by_what_it_says() -> None:
    trace = Trace()
    news = News(
        exec_type=X.NEW, ord_status=1, broker_order_id="B1", exec_id="", cum_qty="0", order_qty="7"
    )
    trace.add(5, "told", "c-1", news, Fault.REPORT_LATE)

    (line,) = trace.about(["c-1"])

    assert line.endswith("NEW NEW B1 0 7 a report comes seconds late")


def test_seeds_played_by_several_processes_come_to_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = []
    for jobs in ("1", "2"):
        simulate.main(["--seeds", "4", "--hours", "0.2", "--jobs", jobs])
        lines = capsys.readouterr().out.splitlines()
        said.append([line.partition(" hours in ")[0] for line in lines])

    assert said[0] == said[1]


def test_a_seed_that_raises_is_a_failed_seed_and_the_next_is_played(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_seed(seed: int, **_: object) -> Run:
        if seed == 1:
            raise KeyError(seed)
        return Run(seed, "-")

    monkeypatch.setattr(simulate, "run_seed", run_seed)

    assert 1 == simulate.main(["--seeds", "3"])
    said = capsys.readouterr().out
    assert "it ended with KeyError(1)" in said
    assert "1 diverged: seeds [1]" in said
    assert "3 seeds" in said
