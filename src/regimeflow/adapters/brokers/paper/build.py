"""From settings to the parts of a paper session: the feed, the specs, the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from regimeflow.adapters.brokers.paper.account import Account
from regimeflow.adapters.brokers.paper.spec import Spec, spec_of, to_mantissa
from regimeflow.adapters.feeds.feed import Feed
from regimeflow.types.config.brokers import NO_BARS, PaperSettings
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.instrument import Instrument
from regimeflow.types.intervals import interval_ns_of
from regimeflow.types.records import replace

NS_PER_S: Final = 10**9


def bar_interval_ns_of(settings: PaperSettings) -> int | None:
    """The length of the bars that are told; None: none are."""
    return None if settings.bar_interval == NO_BARS else interval_ns_of(settings.bar_interval)


def feed_of(settings: PaperSettings, symbols: Sequence[str]) -> Feed:
    """The recorded files that are named, else a synthetic market of ``symbols``."""

    def adjust(instrument: Instrument) -> Instrument:
        if not settings.feed and instrument.asset_class == "equity":
            # Nobody knows where a made-up share is listed: it settles in what the account holds.
            instrument = replace(instrument, quote_currency=settings.currency)
        override = settings.instruments.get(instrument.symbol)
        return instrument if override is None else override.apply(instrument)

    if settings.feed:
        from regimeflow.adapters.feeds.recorded import RecordedFeed

        return RecordedFeed(settings.feed, adjust=adjust)
    from regimeflow.adapters.feeds.synthetic import SyntheticFeed

    return SyntheticFeed(symbols, seed=settings.seed, duration_s=settings.duration_s, adjust=adjust)


def specs_of(feed: Feed, symbols: Sequence[str]) -> dict[str, Spec]:
    """The specs of everything in the feed.

    Raises:
        ConfigError: a symbol is not in the feed, or its steps do not fit it.
    """
    instruments, scales = feed.instruments(), feed.scales()
    there = ", ".join(instruments)
    faults = [
        Fault(f"symbols[{at}]", f"{symbol!r} is not in the feed; it has {there}")
        for at, symbol in enumerate(symbols)
        if symbol not in instruments
    ]
    if faults:
        raise ConfigError(faults)
    return {symbol: spec_of(one, scales[symbol]) for symbol, one in instruments.items()}


def account_of(settings: PaperSettings, specs: Mapping[str, Spec]) -> Account:
    """The account as it begins.

    Raises:
        ConfigError: a position is of no symbol of the feed, no multiple of the lot, or short where
        that is not allowed.
    """
    account = Account(
        settings.currency,
        cash=settings.cash,
        maker_fee_rate=settings.maker_fee_rate,
        taker_fee_rate=settings.taker_fee_rate,
        allow_short=settings.allow_short,
    )
    faults: list[Fault] = []
    for symbol, quantity in settings.positions.items():
        where, spec = f"broker.positions.{symbol}", specs.get(symbol)
        qty = None if spec is None else to_mantissa(quantity, spec.qty_exp)
        if spec is None:
            faults.append(Fault(where, "is not in the feed"))
        elif qty is None or qty % spec.lot:
            faults.append(
                Fault(where, f"{quantity} is no multiple of the lot {spec.qty(spec.lot):f}")
            )
        elif qty < 0 and not settings.allow_short:
            faults.append(Fault(where, f"{quantity} is short; set allow_short to begin so"))
        else:
            account.holding(spec).qty = qty
    if faults:
        raise ConfigError(faults)
    return account
