"""Holds on trading: the strictest decides, each ends by its own cause."""

from __future__ import annotations

from regimeflow.engine.kill_switch import Hold, KillSwitch
from regimeflow.types.enums import TradingState


def a_hold(cause: str, state: TradingState = TradingState.HALTED, since_ns: int = 0) -> Hold:
    return Hold(cause=cause, state=state, text=cause, ends_with="its end", since_ns=since_ns)


class Heard:
    def __init__(self) -> None:
        self.changes: list[tuple[TradingState, str | None]] = []
        self.switch = KillSwitch(self.hear)

    def hear(self, state: TradingState, hold: Hold | None) -> None:
        self.changes.append((state, hold.cause if hold is not None else None))


def test_trading_is_active_without_holds() -> None:
    heard = Heard()

    assert TradingState.ACTIVE is heard.switch.state
    assert heard.switch.strictest is None


def test_the_strictest_hold_decides_and_the_next_one_follows_it() -> None:
    heard = Heard()

    heard.switch.hold(a_hold("loss", TradingState.REDUCE_ONLY))
    heard.switch.hold(a_hold("operator"))
    heard.switch.release("operator")
    heard.switch.release("loss")

    assert [
        (TradingState.REDUCE_ONLY, "loss"),
        (TradingState.HALTED, "operator"),
        (TradingState.REDUCE_ONLY, "loss"),
        (TradingState.ACTIVE, None),
    ] == heard.changes


def test_one_causes_end_does_not_end_another() -> None:
    heard = Heard()
    heard.switch.hold(a_hold("operator"))
    heard.switch.hold(a_hold("stale BTCUSDT", since_ns=1))

    released = heard.switch.release("stale BTCUSDT")

    assert released
    assert TradingState.HALTED is heard.switch.state
    assert [(TradingState.HALTED, "operator")] == heard.changes


def test_a_cause_that_holds_already_keeps_its_first_hold() -> None:
    heard = Heard()
    first = a_hold("books")
    heard.switch.hold(first)

    is_new = heard.switch.hold(a_hold("books", TradingState.REDUCE_ONLY, since_ns=9))

    assert not is_new
    assert (first,) == heard.switch.holds


def test_releasing_what_does_not_hold_is_harmless() -> None:
    heard = Heard()

    assert not heard.switch.release("nothing")
    assert [] == heard.changes


def test_of_equally_strict_holds_the_oldest_is_named() -> None:
    heard = Heard()
    heard.switch.hold(a_hold("later", since_ns=2))
    heard.switch.hold(a_hold("earlier", since_ns=1))

    strictest = heard.switch.strictest

    assert strictest is not None
    assert "earlier" == strictest.cause


def test_a_hold_that_does_not_decide_is_told_too() -> None:
    told: list[int] = []
    switch = KillSwitch(lambda *_: None, lambda: told.append(len(switch.holds)))

    switch.hold(a_hold("first"))
    switch.hold(a_hold("second", since_ns=1))
    switch.release("second")

    assert [1, 2, 1] == told
