"""What may be ordered, as an order manager knows it: from its session, or from its broker."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from types import CoroutineType
from typing import Final, TypeVar

from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.errors import BrokerError, NotFound
from regimeflow.types.instrument import Instrument

T = TypeVar("T")


class OrderInstruments:
    """Instruments by symbol.

    Without a list of them the broker is asked at a symbol's first order, as far as it can answer on
    the spot; a broker that must ask its venue first is not waited for, and numbers are then taken
    as they are.
    """

    def __init__(
        self, listed: Mapping[str, Instrument] | None, broker: BrokerAdapter | None
    ) -> None:
        self._listed: Final = listed
        self._broker: Final = broker
        self._learnt: dict[str, Instrument] = {}

    def get(self, symbol: str) -> Instrument | None:
        """The instrument, or None where there is no way to know.

        Raises:
            NotFound: there is no such symbol; says which there are.
        """
        listed = self._listed
        if listed is not None:
            found = listed.get(symbol)
            if found is None:
                names = ", ".join(sorted(listed)[:10]) or "no symbol"
                raise NotFound(f"found {symbol!r}; there is {names}")
            return found
        found = self._learnt.get(symbol)
        if found is None and self._broker is not None:
            found = _answer_now(self._broker.get_instrument(symbol))
            if found is not None:
                self._learnt[symbol] = found
        return found

    def known(self, symbol: str) -> Instrument | None:
        """The instrument as far as it is known already."""
        return (self._learnt if self._listed is None else self._listed).get(symbol)


def _answer_now(question: Coroutine[object, object, T]) -> T | None:
    """What a coroutine returns without waiting for anything; None when it would wait, or fails."""
    if not isinstance(question, CoroutineType):
        return None
    try:
        question.send(None)
    except StopIteration as answer:
        found: T = answer.value
        return found
    except BrokerError:
        return None
    finally:
        question.close()
    return None
