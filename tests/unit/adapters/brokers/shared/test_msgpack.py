from __future__ import annotations

import msgspec
import pytest

from regimeflow.adapters.brokers._shared.msgpack import packed


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31, 32, 300])
def test_a_message_is_read_as_it_was_written(length: int):
    message = {
        "action": "subscribe",
        "ü" * length: ["A" * length] * length,
        "of": {str(number): "" for number in range(length)},
    }

    assert message == msgspec.msgpack.decode(packed(message))


def test_what_no_message_has_is_refused():
    with pytest.raises(TypeError, match="int"):
        packed({"a": 1})
    with pytest.raises(ValueError, match="65536"):
        packed({"a": "x" * 65_536})
