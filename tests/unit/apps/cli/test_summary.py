from __future__ import annotations

import json
from decimal import Decimal
from types import MappingProxyType

from regimeflow.apps.cli.summary import as_lines, plain
from regimeflow.types.enums import OrderSide, TradingState
from regimeflow.types.events import ExitCause
from tests.support.sessions import a_summary


def value_of(label: str, lines: list[str]) -> str:
    (line,) = [line for line in lines if line.strip().startswith(label)]
    return line.strip().removeprefix(label).strip()


def test_the_summary_says_all_that_was_counted() -> None:
    lines = as_lines(a_summary())

    assert "28,040 quotes, 9,757 trades, 3,451 depth updates, 1 snapshot" == value_of(
        "messages", lines
    )
    assert "2 filled, 1 cancelled" == value_of("orders", lines)
    assert value_of("fills", lines).startswith("3 (2 bought, 1 sold, 1 partial)")
    assert "realized +1.5  unrealized -0.25  commission 171.0003  net -169.7503 USDT" == value_of(
        "P&L", lines
    )
    assert "p50 900 ns  p90 2.1 us  p99 1.3 ms  max 2.0 s" == value_of("latency", lines)
    assert "BTCUSDT bid 57000.10 ask 57000.20" == value_of("last quote", lines)
    assert "0" == value_of("book gaps", lines)
    assert "ACTIVE" == value_of("trading", lines)


def test_a_price_keeps_its_zeros_as_the_venue_sent_them() -> None:
    lines = as_lines(a_summary(quotes={"X": (Decimal("1.500"), Decimal("1E+1"))}))

    assert "X bid 1.500 ask 10" == value_of("last quote", lines)


def test_each_strategy_has_its_own_line() -> None:
    (line,) = [line for line in as_lines(a_summary()) if "maker" in line]

    assert "3 orders, 3 fills" in line
    assert line.endswith("holds 0.01 BTCUSDT")


def test_an_idle_session_says_none() -> None:
    lines = as_lines(
        a_summary(messages={}, orders={}, fills=0, strategies=(), latency_ns={}, wall_s=0.0)
    )

    assert "none" == value_of("messages", lines)
    assert "none" == value_of("orders", lines)
    assert "none" == value_of("fills", lines)
    assert "0.00 s, 0 messages/s" == value_of("wall time", lines)


def test_what_went_wrong_is_shown() -> None:
    lines = as_lines(
        a_summary(
            bad_lines=2,
            reconnects=3,
            trading_state=TradingState.HALTED,
            trading_cause="strategy maker raised",
            exit_cause=ExitCause.FAILED,
            exit_text="gave up reconnecting",
        )
    )

    assert "2" == value_of("bad lines", lines)
    assert "3" == value_of("reconnects", lines)
    assert "HALTED: strategy maker raised" == value_of("trading", lines)
    assert "failed: gave up reconnecting" == value_of("ended", lines)


def test_plain_values_are_json_and_exact() -> None:
    values = plain(
        {
            "qty": Decimal("0.1000"),
            "side": OrderSide.BUY,
            "deep": MappingProxyType({1: (Decimal(1),)}),
            "none": None,
        }
    )

    assert {"qty": "0.1000", "side": "BUY", "deep": {"1": ["1"]}, "none": None} == json.loads(
        json.dumps(values)
    )


def test_the_whole_summary_becomes_json() -> None:
    values = json.loads(json.dumps(plain(a_summary())))

    assert "-169.7503" == values["net_pnl"]
    assert ["57000.10", "57000.20"] == values["quotes"]["BTCUSDT"]
    assert "FEED_END" == values["exit_cause"]
    assert "maker" == values["strategies"][0]["name"]


def test_a_recording_that_is_torn_says_where_it_ended() -> None:
    faults = [f"a.gz:{line}: no event" for line in (3, 5, 8, 13)]
    torn = "a.gz:21: the file is torn here"

    lines = as_lines(a_summary(bad_lines=1_234, feed_faults=(*faults, torn)))

    at = next(place for place, line in enumerate(lines) if "bad lines" in line)
    assert "1,234" == value_of("bad lines", lines)
    assert [*faults[:3], torn] == [line.strip() for line in lines[at + 1 : at + 5]]


def test_a_kind_of_message_that_never_came_is_left_out() -> None:
    lines = as_lines(a_summary(messages={"quotes": 2, "trades": 1, "bars": 0}))

    assert "2 quotes, 1 trade" == value_of("messages", lines)
