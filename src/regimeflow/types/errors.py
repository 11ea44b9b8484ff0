"""Every error that RegimeFlow raises on purpose.

::

    RegimeFlowError
        ConfigError (ValueError)      a configuration is wrong; .faults lists every fault
        InvalidArgument (ValueError)  an argument is wrong; .faults lists every fault
        InvalidState                  the call makes no sense in this state; nothing was changed
        NotFound (LookupError)        no such order, symbol, subscription
        AlreadyExists                 the same thing again; the first one stands
        RiskDenied                    the gate said no; .rule .limit .value; nothing was sent
        CodecError (ValueError)       bytes are not a message; .offset .reason
        BrokerError                   the broker said no, or may have; .outcome .retry_after_s
            NetworkError              the broker was not reached, or did not answer in time

The axis of a broker error is not what failed but whether the order may be alive: see ``Outcome``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

from regimeflow._core import faults
from regimeflow.types.records import Record


class Outcome(enum.Enum):
    """What the venue may know about a request that raised."""

    NOT_SENT = "not sent"  # nothing left this process: safe to send again
    REFUSED = "refused"  # the venue answered no: do not send again
    UNKNOWN = "unknown"  # it left and no answer came: find out before anything else


class Fault(Record):
    """One thing that is wrong with an input.

    ``path`` is where (``risk.max_order_qty``, ``orders[2].quantity``), ``text`` what was found,
    what was expected and what to do.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


# The compiled floor raises some of these itself, so they are made there.
RegimeFlowError = faults.RegimeFlowError


class _Faulty(RegimeFlowError, ValueError):
    """An error that lists every fault at once."""

    def __init__(self, faults: Iterable[Fault] | str) -> None:
        listed = (Fault("", faults),) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in listed))
        self.faults: Final[tuple[Fault, ...]] = listed


class ConfigError(_Faulty):
    """A configuration is wrong; raised before anything connects. ``faults`` lists every fault."""


class InvalidArgument(_Faulty):
    """An argument is wrong; nothing was changed. ``faults`` lists every fault."""


InvalidState = faults.InvalidState


class NotFound(RegimeFlowError, LookupError):
    """There is no such order, symbol or subscription."""


class AlreadyExists(RegimeFlowError):
    """The same thing was there already; it stands as it was."""


class RiskDenied(RegimeFlowError):
    """The pre-trade gate said no; nothing was sent.

    ``rule`` names the limit in the configuration's words, ``limit`` and ``value`` carry their unit
    as text.
    """

    def __init__(self, rule: str, *, limit: str, value: str, text: str = "") -> None:
        super().__init__(text or f"{rule}: {value} is beyond the limit of {limit}")
        self.rule: Final = rule
        self.limit: Final = limit
        self.value: Final = value


CodecError = faults.CodecError


class BrokerError(RegimeFlowError):
    """The broker refused, or the request's fate is unknown: ``outcome`` says which.

    ``text`` is the venue's own words, ``code`` its own number, ``retry_after_s`` how long it asked
    us to wait [s].
    """

    def __init__(
        self,
        text: str,
        *,
        venue: str = "",
        outcome: Outcome = Outcome.REFUSED,
        code: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{venue}: {text}" if venue else text)
        self.text: Final = text
        self.venue: Final = venue
        self.outcome: Final = outcome
        self.code: Final = code
        self.retry_after_s: Final = retry_after_s


class NetworkError(BrokerError):
    """The broker could not be reached (``NOT_SENT``) or did not answer in time (``UNKNOWN``)."""

    def __init__(
        self,
        text: str,
        *,
        venue: str = "",
        outcome: Outcome = Outcome.NOT_SENT,
        code: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(text, venue=venue, outcome=outcome, code=code, retry_after_s=retry_after_s)
