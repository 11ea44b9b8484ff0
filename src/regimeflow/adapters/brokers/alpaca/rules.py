"""What may be ordered of an asset, as Alpaca says it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from regimeflow.adapters.brokers._shared.answers import Answers, Json
from regimeflow.adapters.brokers.alpaca.errors import VENUE, not_sent
from regimeflow.types.fixed import plain
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record
from regimeflow.types.session import SessionCalendar

CRYPTO: Final = "crypto"
_ONE: Final = Decimal(1)
_CENT: Final = Decimal("0.01")
_PART_OF_A_CENT: Final = Decimal("0.0001")
_FRACTION: Final = Decimal("0.000000001")  # quantities have up to nine decimals
_ANSWERS: Final = Answers(VENUE)


class AssetRules(Record, kw_only=True):
    """One asset: its instrument, and what Alpaca says beyond it."""

    instrument: Instrument
    is_crypto: bool
    takes_fractions: bool
    is_tradable: bool
    is_shortable: bool
    status: str
    is_option: bool = False

    def demand_price(self, name: str, price: Decimal | None) -> Decimal:
        """Return a price that Alpaca takes: at most 2 decimals from 1.00 up, 4 below.

        Raises:
            BrokerError: NOT_SENT.
        """
        if price is None:
            raise not_sent(f"{name} is missing")
        if not price.is_finite() or price <= 0:
            raise not_sent(f"{name} {price}; expected a price above 0")
        step = self.instrument.tick_size
        if not (self.is_crypto or self.is_option):
            step = _CENT if price >= _ONE else _PART_OF_A_CENT
        if price % step:
            text = f"{name} {plain(price)} is no multiple of {plain(step)}"
            raise not_sent(f"{text}, the price increment of {self.instrument.symbol} there")
        return price

    def demand_quantity(self, quantity: Decimal) -> Decimal:
        """Return a quantity that Alpaca takes.

        Raises:
            BrokerError: NOT_SENT.
        """
        instrument = self.instrument
        if not quantity.is_finite() or quantity <= 0:
            raise not_sent(f"quantity {quantity}; expected one above 0")
        if quantity % instrument.lot_size:
            lot = plain(instrument.lot_size)
            raise not_sent(f"quantity {plain(quantity)} is no multiple of {lot}")
        if quantity < instrument.min_qty:
            least = plain(instrument.min_qty)
            raise not_sent(f"quantity {plain(quantity)} is below the least of {least}")
        return quantity


@_ANSWERS.reading("a question about an asset")
def rules_of(asset: Json, last_px: Decimal | None, session: SessionCalendar) -> AssetRules:
    """Read an answer of ``/v2/assets``.

    Args:
        asset: As answered.
        last_px: What it traded at last; None: not known. It decides a share's tick.
        session: When shares trade.

    Raises:
        BrokerError: it is no asset.
    """
    what = "a question about an asset"
    symbol = str(asset.get("symbol"))
    is_crypto = asset.get("class") == CRYPTO
    takes_fractions = is_crypto or asset.get("fractionable") is True
    if is_crypto:
        tick = _step(asset, "price_increment", what)
        lot = _step(asset, "min_trade_increment", what)
        least = (
            _ANSWERS.amount(asset, "min_order_size", what) if _has(asset, "min_order_size") else lot
        )
        base, _, quote = symbol.partition("/")
    else:
        tick = _CENT if last_px is None or last_px >= _ONE else _PART_OF_A_CENT
        lot = least = _FRACTION if takes_fractions else _ONE
        base, quote = symbol, "USD"
    instrument = Instrument(
        symbol=symbol,
        asset_class="crypto" if is_crypto else "equity",
        base_currency=base,
        quote_currency=quote or "USD",
        tick_size=tick,
        lot_size=lot,
        min_qty=least,
        session=SessionCalendar() if is_crypto else session,
    )
    return AssetRules(
        instrument=instrument,
        is_crypto=is_crypto,
        takes_fractions=takes_fractions,
        is_tradable=asset.get("tradable") is True,
        is_shortable=asset.get("shortable") is True,
        status=str(asset.get("status")),
    )


@_ANSWERS.reading("a question about an option")
def option_rules(contract: Json, session: SessionCalendar) -> AssetRules:
    """Read an answer of ``/v2/options/contracts``: whole contracts, priced in cents.

    Raises:
        BrokerError: it is no contract.
    """
    what = "a question about an option"
    instrument = Instrument(
        symbol=str(contract.get("symbol")),
        asset_class="option",
        base_currency=str(contract.get("underlying_symbol")),
        quote_currency="USD",
        tick_size=_CENT,
        lot_size=_ONE,
        min_qty=_ONE,
        multiplier=_ANSWERS.amount(
            contract, "multiplier" if _has(contract, "multiplier") else "size", what
        ),
        session=session,
    )
    return AssetRules(
        instrument=instrument,
        is_crypto=False,
        takes_fractions=False,
        is_tradable=contract.get("tradable") is True,
        is_shortable=False,
        status=str(contract.get("status")),
        is_option=True,
    )


def _has(asset: Json, name: str) -> bool:
    return asset.get(name) is not None


def _step(asset: Mapping[str, object], name: str, what: str) -> Decimal:
    return _ANSWERS.amount(asset, name, what) if _has(asset, name) else _FRACTION
