"""What each broker's adapter takes from ``[broker]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal

from regimeflow.types.config.alpaca import AlpacaSettings
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.config.gateway import QueueBrokerSettings
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.frozen import FrozenTable
from regimeflow.types.instrument import AssetClass, Instrument
from regimeflow.types.intervals import interval_ns_of
from regimeflow.types.reading import join
from regimeflow.types.records import replace
from regimeflow.types.session import SessionCalendar
from regimeflow.types.settings import Settings, rules_of, setting

NO_BARS: Final = "none"
_DAY_NS: Final = interval_ns_of("1d")
_NO_AMOUNTS: Final[FrozenTable[Decimal]] = FrozenTable()


def _interval_fault(text: str) -> str | None:
    try:
        fits = text == NO_BARS or interval_ns_of(text) <= _DAY_NS
    except ValueError:
        fits = False
    return None if fits else f'up to a day in s, m, h or d, such as "1m", or "{NO_BARS}"'


class InstrumentOverride(Settings):
    """What to change of an instrument that the feed describes; None leaves a field as it is."""

    asset_class: AssetClass | None = setting(None, "What kind of thing it is.")
    base_currency: str | None = setting(None, "What is bought.")
    quote_currency: str | None = setting(None, "What it is paid with.")
    tick_size: Decimal | None = setting(None, "Step of the price.", above=0)
    lot_size: Decimal | None = setting(None, "Step of the quantity.", above=0)
    min_qty: Decimal | None = setting(None, "Smallest quantity of an order.", at_least=0)
    max_qty: Decimal | None = setting(None, "Largest quantity of an order.", above=0)
    min_notional: Decimal | None = setting(None, "Smallest price times quantity.", at_least=0)
    max_notional: Decimal | None = setting(None, "Largest price times quantity.", above=0)
    multiplier: Decimal | None = setting(None, "Money per price times quantity.", above=0)
    allows_negative_px: bool | None = setting(None, "Whether a price may be zero or below.")
    session: SessionCalendar | None = setting(None, "When it trades.")

    def apply(self, instrument: Instrument) -> Instrument:
        """Return ``instrument`` with what is set here."""
        given = {
            name: value
            for name in rules_of(type(self))
            if (value := getattr(self, name)) is not None
        }
        return replace(instrument, **given)


_AS_THE_FEED_HAS_THEM: Final[FrozenTable[InstrumentOverride]] = FrozenTable()


class PaperSettings(Settings):
    """The paper venue: an account, its fees and latency, and the market that it trades against."""

    environment: Literal["paper"] = setting(
        "paper", "Money is never real here.", also=("paper", "live", "mode")
    )
    cash: Decimal = setting(
        Decimal(100_000),
        "Money at the start.",
        at_least=0,
        also=("initial_capital", "balance", "initial_cash"),
    )
    currency: str = setting("USDT", "What the account is kept in.")
    positions: Mapping[str, Decimal] = setting(
        _NO_AMOUNTS, "Quantities held at the start, by symbol."
    )
    maker_fee_rate: Decimal = setting(
        Decimal("0.001"),
        "Part of the notional that a resting fill costs; below zero is a rebate.",
        at_least=-1,
        at_most=1,
    )
    taker_fee_rate: Decimal = setting(
        Decimal("0.001"),
        "Part of the notional that a fill on arrival costs.",
        at_least=-1,
        at_most=1,
    )
    latency_ms: float = setting(5.0, "One way to the venue, and back.", at_least=0, at_most=60_000)
    latency_jitter_ms: float = setting(
        2.0, "Most that chance adds to the latency.", at_least=0, at_most=60_000
    )
    seed: int = setting(1, "Where chance starts; one seed gives one result.", at_least=0)
    allow_short: bool = setting(False, "Whether more may be sold than is held.")
    feed: tuple[str, ...] = setting(
        (),
        "Recorded files, plain or .gz, from the configuration's folder; none: a synthetic market.",
        lone=True,
    )
    speed: float | Literal["max"] = setting(
        1.0, 'How many times real time a feed plays, or "max".', above=0
    )
    bar_interval: str = setting(
        "1m",
        'Length of the bars that are told when they close, such as 1s, 5m, 1h, or "none".',
        check=_interval_fault,
    )
    duration_s: float | None = setting(
        None, "How much of the feed plays; none: all of it.", above=0
    )
    instruments: Mapping[str, InstrumentOverride] = setting(
        _AS_THE_FEED_HAS_THEM, "What to change of the feed's instruments, by symbol."
    )

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say what names a symbol that is not traded."""
        for name in ("positions", "instruments"):
            for symbol in getattr(self, name):
                if symbol not in symbols:
                    yield Fault(
                        join(join(path, name), symbol),
                        f"is not in symbols; expected one of {listed(symbols)}",
                    )


NetworkSettings = BinanceSettings | AlpacaSettings
BrokerSettings = PaperSettings | NetworkSettings | IBSettings | QueueBrokerSettings

# What [broker] may hold, by broker type.
BROKERS: Final[Mapping[str, type[BrokerSettings]]] = {
    "paper": PaperSettings,
    "binance": BinanceSettings,
    "alpaca": AlpacaSettings,
    "ib": IBSettings,
    "queue": QueueBrokerSettings,
}
