"""Symbols as small integers."""

from __future__ import annotations

import pytest

from regimeflow._core import symbols
from regimeflow._core.messages import LiveMessage, Quote


def test_a_symbol_has_one_id_and_one_text_object() -> None:
    first = symbols.intern("BTC" + "USDT")

    assert first == symbols.intern("btcusdt".upper())
    assert "BTCUSDT" == symbols.name_of(first)
    assert symbols.name_of(first) is symbols.name_of(first)


def test_what_was_looked_up_stays_as_the_table_grows() -> None:
    first = symbols.intern("BTCUSDT")
    text, quote = symbols.name_of(first), Quote("BTCUSDT", 1, 1, 1, 1)

    more = [symbols.intern(f"GROWING-{number}") for number in range(5000)]

    assert first == symbols.intern("BTCUSDT")
    assert text is symbols.name_of(first) is quote.symbol
    assert [f"GROWING-{number}" for number in range(5000)] == [symbols.name_of(id_) for id_ in more]


def test_a_text_of_31_bytes_is_a_symbol() -> None:
    assert "\N{GREEK SMALL LETTER MU}" * 15 + "m" == symbols.name_of(
        symbols.intern("\N{GREEK SMALL LETTER MU}" * 15 + "m")
    )


@pytest.mark.parametrize(
    "text", ["x" * 32, "\N{GREEK SMALL LETTER MU}" * 16, "A B", "A\n", "A\x00", "\ud800"]
)
def test_what_cannot_be_a_symbol_is_refused(text) -> None:
    with pytest.raises(ValueError, match="symbol"):
        symbols.intern(text)


def test_nothing_has_the_id_zero() -> None:
    assert "" == symbols.name_of(0)
    assert 0 == symbols.intern("")


def test_an_id_that_was_never_given_is_an_error() -> None:
    with pytest.raises(LookupError, match="never given"):
        symbols.name_of(2**32 - 1)


def test_a_text_that_is_no_str_is_refused() -> None:
    with pytest.raises(TypeError):
        symbols.intern(b"BTCUSDT")  # type: ignore[arg-type]


def test_a_subclass_of_str_is_taken_as_its_text() -> None:
    class Symbol(str):
        __slots__ = ()

    assert "BTCUSDT" == Quote(Symbol("BTCUSDT"), 1, 1, 1, 1).symbol


def test_origins_are_bounded_too() -> None:
    quote = Quote("BTCUSDT", 1, 1, 1, 1)

    assert "host-1" == LiveMessage(0, quote, "host-1").origin
    with pytest.raises(ValueError, match=r"origin .* has 40 bytes; expected 1 to 31"):
        LiveMessage(0, quote, "h" * 40)
