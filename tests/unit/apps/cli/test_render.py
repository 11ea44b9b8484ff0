from __future__ import annotations

import io
import json
from decimal import Decimal

from regimeflow.apps.cli.render import JsonScreen, Output, PlainScreen
from regimeflow.apps.cli.terminal import TerminalScreen, status_text
from regimeflow.types.enums import TradingState
from regimeflow.types.events import EngineEvent
from tests.support.sessions import NOON_NS, a_status, a_summary

FILL = EngineEvent("fill", NOON_NS, "BUY 0.5 BTCUSDT at 57000.10", {"price": Decimal("57000.10")})


class ClosedPipe(io.StringIO):
    """What is left of a pipe when its reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def an_output(stream: io.StringIO, gone: list[str]) -> Output:
    return Output(stream, lambda: gone.append("gone"))


def test_a_plain_line_has_time_label_and_text() -> None:
    stream = io.StringIO()
    screen = PlainScreen(an_output(stream, []))

    screen.event(FILL)

    assert "2024-08-08T12:00:00.000Z fill       BUY 0.5 BTCUSDT at 57000.10\n" == stream.getvalue()


def test_a_plain_screen_has_no_colours_and_no_status_line() -> None:
    stream = io.StringIO()
    screen = PlainScreen(an_output(stream, []))

    screen.event(FILL)
    screen.progress(a_status(), 0.5)
    screen.summary(a_summary())
    screen.close()

    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
    assert "50%" not in stream.getvalue()


def test_a_traceback_is_shown_below_its_line() -> None:
    stream = io.StringIO()
    screen = PlainScreen(an_output(stream, []))

    screen.event(
        EngineEvent(
            "strategy_error", NOON_NS, "maker raised", {"traceback": "Traceback:\n  boom\n"}
        )
    )

    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("strategy   maker raised")
    assert ["    Traceback:", "      boom"] == rest


def test_json_is_one_object_a_line_with_exact_numbers_and_the_summary_last() -> None:
    stream = io.StringIO()
    screen = JsonScreen(an_output(stream, []))

    screen.event(FILL)
    screen.progress(a_status(), 0.5)
    screen.summary(a_summary())
    screen.close()

    fill, summary = (json.loads(line) for line in stream.getvalue().splitlines())
    assert {
        "kind": "fill",
        "ts_ns": NOON_NS,
        "text": "BUY 0.5 BTCUSDT at 57000.10",
        "data": {"price": "57000.10"},
    } == fill
    assert ("summary", 3) == (summary["kind"], summary["fills"])


def test_a_reader_that_went_away_is_told_of_once_and_nothing_raises() -> None:
    gone: list[str] = []
    screen = PlainScreen(an_output(ClosedPipe(), gone))

    screen.event(FILL)
    screen.event(FILL)
    screen.summary(a_summary())
    screen.close()

    assert ["gone"] == gone


def test_a_full_disk_is_said_once_and_ends_the_session(capsys) -> None:
    class FullDisk(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    gone: list[str] = []
    screen = PlainScreen(an_output(FullDisk(), gone))

    screen.progress(a_status(), None)
    screen.progress(a_status(), None)

    assert ["gone"] == gone
    assert "regimeflow-live: cannot write the output: No space left on device\n" == (
        capsys.readouterr().err
    )


def test_a_terminal_gets_colours_and_a_status_line_that_goes_away(monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    screen = TerminalScreen(stream, an_output(stream, []))

    screen.event(FILL)
    screen.progress(a_status(), 0.5)
    screen.summary(a_summary())
    screen.close()

    shown = stream.getvalue()
    assert "\x1b[1;36mfill\x1b[0m" in shown
    assert " 50%" in shown
    assert shown.index("\x1b[?25h") > shown.index("\x1b[?25l")  # the cursor came back


def test_no_color_is_honoured(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    screen = TerminalScreen(stream, an_output(stream, []))

    screen.event(FILL)
    screen.close()

    assert "36m" not in stream.getvalue()


def test_a_terminal_that_went_away_is_no_error() -> None:
    gone: list[str] = []
    screen = TerminalScreen(ClosedPipe(), an_output(ClosedPipe(), gone))

    screen.event(FILL)
    screen.progress(a_status(), None)
    screen.close()

    assert ["gone"] == gone


def test_the_status_line_says_where_the_session_stands() -> None:
    text = status_text(a_status(trading_state=TradingState.HALTED), 0.25)

    assert " #####............... " in text
    assert "25%" in text
    assert "HALTED" in text
    assert "2 open" in text
    assert "equity 100,012.3" in text
    assert "today +12.3" in text


def test_the_status_line_leaves_out_what_is_unknown() -> None:
    text = status_text(a_status(equity=None, daily_pnl=None), None)

    assert "%" not in text
    assert "equity" not in text
    assert "today" not in text
