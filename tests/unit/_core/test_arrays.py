"""Messages as NumPy sees them."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest

from regimeflow._core.dtypes import dtype
from regimeflow._core.messages import (
    Balance,
    Bar,
    LiveMessage,
    OrderBook,
    Quote,
    SystemMessage,
    Tick,
    column,
    from_array,
    to_array,
)
from tests.support.messages import TOPICS, a_report, one_of_each

EACH = pytest.mark.parametrize("message", one_of_each(), ids=lambda message: type(message).__name__)


def some_quotes() -> list[Quote]:
    return [Quote("BTCUSDT", f"{n}.25", n, f"{n}.5", n, update_id=n) for n in range(10)]


def test_numpy_is_not_loaded_before_an_array_is_asked_for() -> None:
    script = (
        "import sys, regimeflow._core.messages as m; q = m.Quote('A', 1, 1, 1, 1); "
        "assert 'numpy' not in sys.modules; m.to_array([q]); assert 'numpy' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


@EACH
def test_messages_go_through_an_array_unchanged(message) -> None:
    array = to_array([message, message])

    assert [message, message] == from_array(array)
    assert (2,) == array.shape
    assert 0 == array.dtype.itemsize % 128


@EACH
def test_an_array_can_be_copied_picked_from_saved_and_loaded(message) -> None:
    array, file = to_array([message] * 4), io.BytesIO()
    np.save(file, array)
    file.seek(0)

    assert [message] * 2 == from_array(array[::2])
    assert [message] * 3 == from_array(array[np.array([True, False, True, True])])
    assert [message] * 4 == from_array(array.copy())
    assert [message] * 4 == from_array(np.load(file))


@EACH
def test_a_live_message_gives_its_payload(message) -> None:
    live = LiveMessage(TOPICS[type(message)], message, "host-1")

    assert [message] == from_array(to_array([live]))


@pytest.mark.parametrize("cls", list(TOPICS))
def test_each_class_knows_its_dtype(cls) -> None:
    example = next(each for each in one_of_each() if type(each) is cls)
    found = to_array([example]).dtype

    assert cls.dtype() is cls.dtype()
    assert set(cls.dtype().names) <= set(found.names)
    for name in cls.dtype().names:
        assert found.fields[name][1] == cls.dtype().fields[name][1]


def test_fields_read_as_the_attributes_do() -> None:
    quotes = some_quotes()

    array = to_array(quotes)

    for name in ("bid_px_raw", "ask_qty_raw", "update_id", "ts_event_ns", "px_exp", "symbol_id"):
        assert [getattr(quote, name) for quote in quotes] == array[name].tolist()
    assert [quote.ask_px for quote in quotes] == column(array, "ask_px").tolist()


def test_columns_take_the_exponent_of_each_record() -> None:
    ticks = [Tick("BTCUSDT", "1.5", 2), Tick("BTCUSDT", "1.25", "0.001"), Tick("BTCUSDT", 7, 8)]

    array = to_array(ticks)

    assert [1.5, 1.25, 7.0] == column(array, "last_px").tolist()
    assert [2.0, 0.001, 8.0] == column(array, "last_qty").tolist()


def test_a_column_of_what_was_not_given_is_nan() -> None:
    array = to_array([a_report(avg_px="1.5", commission="0.25"), a_report()])

    assert [1.5, None] == [None if np.isnan(x) else x for x in column(array, "avg_px")]
    assert [0.25, None] == [None if np.isnan(x) else x for x in column(array, "commission")]


def test_columns_of_a_book_have_ten_levels() -> None:
    array = to_array([OrderBook("BTCUSDT", [("1.5", 1), ("1.25", 2)], [])])

    assert [1.5, 1.25] == column(array, "bid_px")[0, :2].tolist()
    assert [1.0, 2.0] == column(array, "bid_qty")[0, :2].tolist()
    assert ([2], [0]) == (array["bid_count"].tolist(), array["ask_count"].tolist())


def test_a_volume_is_a_quantity() -> None:
    bar = Bar("BTCUSDT", 1, 1, 1, 1, "0.125", interval_ns=1)

    assert [0.125] == column(to_array([bar]), "volume").tolist()


def test_a_column_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'seq'; expected one of bid_px, bid_qty, ask_px, ask_qty"):
        column(to_array(some_quotes()), "seq")


def test_texts_are_columns_where_they_fit() -> None:
    reports = to_array([a_report(text="short", exec_id="e1"), a_report(text="x" * 300)])

    assert [b"short", b"x" * 300] == reports["text"].tolist()
    assert [b"e1", b""] == reports["exec_id"].tolist()
    assert [b"hello"] == to_array([SystemMessage("hello")])["text"].tolist()


def test_balances_are_a_column_of_records() -> None:
    account = next(each for each in one_of_each() if getattr(each, "balances", ()))

    found = to_array([account])["balances"][0]

    assert [b"USDT", b"BTC", b"", b""] == found["asset"].tolist()
    assert Balance("USDT", 7, "0.5") == account.balances[0]


def test_messages_of_several_kinds_have_no_common_array() -> None:
    with pytest.raises(ValueError, match=r"messages\[1\] is a record of kind 2; expected kind 1"):
        to_array([Quote("BTCUSDT", 1, 1, 1, 1), Tick("BTCUSDT", 1, 1)])


def test_nothing_has_no_dtype() -> None:
    with pytest.raises(ValueError, match="at least one"):
        to_array([])


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(TypeError, match="no message"):
        to_array([1])


def test_an_empty_array_gives_no_messages() -> None:
    assert [] == from_array(np.zeros(0, Quote.dtype()))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kind", 0, "of no known kind"),
        ("kind", 9, "of no known kind"),
        ("n_cells", 2, "longer than its bytes"),
        ("n_cells", 0, "longer than its cells"),
        ("px_exp", 1, "exponent outside"),
        ("qty_exp", -19, "exponent outside"),
        ("symbol_id", 2**32 - 1, "symbol_id 4294967295, which this process never gave"),
        ("kind", 4, "longer than its cells"),
    ],
)
def test_an_element_that_is_no_sound_record_is_refused(name, value, words) -> None:
    array = to_array(some_quotes())
    array[name][3] = value

    with pytest.raises(ValueError, match=rf"element 3 .*{words}"):
        from_array(array)


@pytest.mark.parametrize(
    ("message", "name", "value", "words"),
    [
        (a_report(), "avg_px_exp", 5, "exponent outside"),
        (a_report(), "exec_id_len", 65, "longer than its field"),
        (a_report(), "exec_ref_id_len", 65, "longer than its field"),
        (a_report(), "broker_order_id_len", 57, "longer than its field"),
        (a_report(), "text_bytes", 1, "longer than its cells"),
        (a_report(text="x" * 1024), "text_bytes", 1025, "longer than its cells"),
        (SystemMessage("x"), "text_bytes", 73, "longer than its cells"),
        (OrderBook("BTCUSDT", [], []), "bid_count", 11, "too many levels"),
        (OrderBook("BTCUSDT", [], []), "ask_count", 255, "too many levels"),
        (OrderBook("BTCUSDT", [], []), "spare", 1, "too many levels"),
        (one_of_each()[7], "balance_count", 5, "longer than its cells"),
        (one_of_each()[7], "currency_len", 16, "longer than its field"),
    ],
)
def test_lengths_and_counts_are_checked_before_anything_is_read(
    message, name, value, words
) -> None:
    array = to_array([message])
    array[name] = value

    with pytest.raises(ValueError, match=words):
        from_array(array)


def test_a_broken_balance_is_refused() -> None:
    array = to_array([one_of_each()[7]])
    array["balances"]["asset_len"][0, 1] = 15

    with pytest.raises(ValueError, match="broken balance"):
        from_array(array)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros(3, "V100"), np.zeros(3, "V0")])
def test_an_array_of_anything_else_is_refused(array) -> None:
    with pytest.raises(ValueError, match="expected a multiple of 128"):
        from_array(array)


@pytest.mark.parametrize(("kind", "cells"), [(0, 1), (9, 1), (4, 2), (5, 2), (1, 0), (1, 256)])
def test_a_dtype_of_no_record_is_refused(kind, cells) -> None:
    with pytest.raises(ValueError, match="expected"):
        dtype(kind, cells)
