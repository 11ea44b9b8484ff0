"""What a session leaves in its audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regimeflow.adapters.audit.jsonl import AuditLogger
from regimeflow.adapters.audit.verify import verify_audit
from regimeflow.apps.cli.commands import main
from regimeflow.engine.audit.trail import AuditTrail
from regimeflow.engine.journal.replay import replay_session
from regimeflow.live import Order, OrderSide, OrderType, RiskDenied
from tests.support.journalled import BUY, LEAVE, a_journalled_run, play
from tests.support.keeping import KeepingVenue, until


def entries(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = (folder / "audit" / "audit-00000001.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["kind"] == kind]


def a_session(folder: Path, venue: KeepingVenue | None = None, **tables: object) -> KeepingVenue:
    """One in which an order fills in two parts, and another one is denied."""
    venue = venue or KeepingVenue()
    name = f"V{len(venue.orders) + 1}"
    run = a_journalled_run(venue, folder, risk={"max_order_qty": 10}, **{**LEAVE, **tables})

    async def act() -> None:
        manager = run.engine.order_manager
        manager.submit_order(BUY)
        await until(lambda: name in venue.orders)
        venue.fill(name, f"E1{name}", "0.4")
        venue.fill(name, f"E2{name}", "0.6")
        await until(lambda: run.engine.summary().fills == 2)
        with pytest.raises(RiskDenied):
            manager.submit_order(
                Order("BTCUSDT", OrderSide.SELL, OrderType.LIMIT, 50, limit_price=100)
            )

    play(run, act)
    return venue


def test_row_74_each_fill_is_there_with_price_and_quantity_partial_ones_too(tmp_path: Path) -> None:
    a_session(tmp_path)

    fills = [each["data"] for each in entries(tmp_path, "fill")]
    assert [("E1V1", "0.40000"), ("E2V1", "0.60000")] == [
        (f["exec_id"], f["last_qty"]) for f in fills
    ]
    assert ["60000.00", "60000.00"] == [fill["last_px"] for fill in fills]
    assert verify_audit(tmp_path / "audit").is_sound


def test_starts_orders_limits_states_operators_and_ends_are_there(tmp_path: Path) -> None:
    a_session(tmp_path)

    (started,) = entries(tmp_path, "session_started")
    assert 'broker_type = "paper"' in started["data"]["config"]
    (sent,) = entries(tmp_path, "order_sent")
    assert ("BTCUSDT", "1.00000", "100.00") == tuple(
        sent["data"][name] for name in ("symbol", "qty", "limit_px")
    )
    (denied,) = entries(tmp_path, "denied")
    assert ("max_order_qty", "10 BTC", "50 BTC") == tuple(
        denied["data"][name] for name in ("rule", "limit", "value")
    )
    states = [each["data"]["state"] for each in entries(tmp_path, "trading_state")]
    assert ["HALTED", "ACTIVE", "HALTED"] == states
    asked = [each["data"]["call"] for each in entries(tmp_path, "operator")]
    assert ["submit_order", "submit_order", "request_stop"] == asked
    assert 1 == len(entries(tmp_path, "session_ended"))


def test_the_log_goes_on_where_the_session_before_left_it(tmp_path: Path) -> None:
    venue = a_session(tmp_path)
    first = verify_audit(tmp_path / "audit").lines
    a_session(tmp_path, venue)

    found = verify_audit(tmp_path / "audit")
    positions = [each["position"] for each in entries(tmp_path, "order_sent")]
    assert found.is_sound
    assert found.lines > first
    assert (2, 2) == (len(set(positions)), len(entries(tmp_path, "session_started")))


def test_what_is_audited_does_not_change_a_replay(tmp_path: Path) -> None:
    a_session(tmp_path)

    assert replay_session(str(tmp_path)).difference is None


def test_a_log_that_cannot_be_written_falls_behind_and_catches_up(tmp_path: Path) -> None:
    a_session(tmp_path, audit={"enabled": "no"})
    faults: list[str] = []

    class Failing:
        """A log on a disk that is full at first."""

        def __init__(self) -> None:
            self.true = AuditLogger(tmp_path / "audit")
            self.fails = 2

        newest = property(lambda self: self.true.newest)

        def write(self, events: Any) -> None:
            self.fails -= 1
            if self.fails >= 0:
                raise OSError(28, "No space left on device")
            self.true.write(events)

        def close(self) -> None:
            self.true.close()

    trail = AuditTrail(Failing(), str(tmp_path), faults.append)
    tries: list[Callable[[], bool]] = [trail.catch_up] * 2
    for each in tries:
        with pytest.raises(OSError, match="No space"):
            each()
    trail.stop()

    assert 2 == len(entries(tmp_path, "fill"))
    assert verify_audit(tmp_path / "audit").is_sound


def test_a_log_of_another_journal_begins_again_with_this_one(tmp_path: Path) -> None:
    a_session(tmp_path / "one")
    audit = {"folder": str(tmp_path / "one" / "audit")}
    a_session(tmp_path / "two", audit=audit)

    assert 4 == len(entries(tmp_path / "one", "fill"))
    assert verify_audit(tmp_path / "one" / "audit").is_sound


def test_the_command_verifies_shows_exports_and_catches_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a_session(tmp_path, audit={"enabled": "no"})
    folder = str(tmp_path)
    assert 1 == main(["audit", "verify", folder])
    assert "there is no audit log" in capfd.readouterr().err

    assert 0 == main(["audit", "write", folder])
    assert 0 == main(["audit", "verify", folder])
    assert ": sound: " in capfd.readouterr().out
    assert 0 == main(["audit", "show", folder, "--kind", "fill", "--limit", "1"])
    assert "E1V1" == json.loads(capfd.readouterr().out)["data"]["exec_id"]
    assert 0 == main(["audit", "export", folder, str(tmp_path / "out.csv")])
    assert (tmp_path / "out.csv").read_text().startswith("seq,ts,kind")

    log = tmp_path / "audit" / "audit-00000001.jsonl"
    log.write_bytes(log.read_bytes().replace(b"60000.00", b"60001.00", 1))
    capfd.readouterr()
    assert 1 == main(["audit", "verify", folder])
    assert "its hash is not that of its text" in capfd.readouterr().err
