"""The enumerations of C and of Python are the same."""

from __future__ import annotations

import enum
import re
from pathlib import Path

import pytest

from regimeflow._core.messages import ExecutionReport, LiveMessage, SystemMessage, Tick
from regimeflow.types import enums
from tests.support.messages import a_report

LAYOUT = Path(__file__).parents[3] / "src" / "_core" / "layout.h"
PAIRS: dict[str, tuple[str, type[enum.IntEnum]]] = {
    "rf_side": ("RF_SIDE_", enums.OrderSide),
    "rf_ord_type": ("RF_ORD_", enums.OrderType),
    "rf_tif": ("RF_TIF_", enums.TimeInForce),
    "rf_status": ("RF_STATUS_", enums.LiveOrderStatus),
    "rf_exec": ("RF_EXEC_", enums.ExecType),
    "rf_liquidity": ("RF_LIQUIDITY_", enums.Liquidity),
    "rf_reject": ("RF_REJECT_", enums.OrdRejReason),
}


def in_c(name: str) -> dict[str, int]:
    match = re.search(rf"^enum {name} \{{(.*?)\}};", LAYOUT.read_text(), re.DOTALL | re.MULTILINE)
    assert match is not None
    return {key: int(value) for key, value in re.findall(r"(RF_\w+) = (\d+)", match[1])}


def test_every_enumeration_of_the_layout_is_compared() -> None:
    named = set(re.findall(r"^enum (\w+) \{", LAYOUT.read_text(), re.MULTILINE))

    assert {*PAIRS, "rf_kind", "rf_topic"} == named


@pytest.mark.parametrize("name", PAIRS)
def test_c_and_python_give_each_member_the_same_number(name) -> None:
    prefix, members = PAIRS[name]
    expected = {f"{prefix}{member.name}": member.value for member in members}

    assert {**expected, f"{prefix}COUNT": len(expected)} == in_c(name)


def test_topics_have_the_numbers_of_live_topic() -> None:
    found = {key.removeprefix("RF_"): value for key, value in in_c("rf_topic").items()}

    assert {
        **{member.name: member.value for member in enums.LiveTopic if member.name != "SYSTEM"},
        "SYSTEM_TOPIC": enums.LiveTopic.SYSTEM,
        "TOPIC_COUNT": len(enums.LiveTopic),
    } == found


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("exec_type", enums.ExecType),
        ("ord_status", enums.LiveOrderStatus),
        ("side", enums.OrderSide),
        ("ord_type", enums.OrderType),
        ("time_in_force", enums.TimeInForce),
        ("liquidity", enums.Liquidity),
        ("ord_rej_reason", enums.OrdRejReason),
    ],
)
def test_a_report_takes_every_member_and_shows_it_by_name(field, members) -> None:
    for member in members:
        report = a_report(**{field: member})

        assert member == getattr(report, field)
        assert member == 0 or f"{field}={members.__name__}.{member.name}" in repr(report)
    with pytest.raises(ValueError, match=f"{field} is {len(members)}"):
        a_report(**{field: len(members)})


def test_codes_topics_and_sides_are_shown_by_name() -> None:
    for code in [code for code in enums.SystemCode if code]:
        assert f"SystemMessage('', code=SystemCode.{code.name})" == repr(
            SystemMessage("", code=code)
        )
    for side in [side for side in enums.OrderSide if side]:
        assert f"side=OrderSide.{side.name}" in repr(Tick("BTCUSDT", 1, 1, side=side))
    report: ExecutionReport = a_report()
    assert repr(LiveMessage(1, report)).startswith("LiveMessage(LiveTopic.EXECUTION_REPORT, ")
    assert "code=99" in repr(SystemMessage("", code=99))
