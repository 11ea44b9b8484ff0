"""A gate, a portfolio and the limits that need a view of both, for tests."""

from __future__ import annotations

from decimal import Decimal

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import AccountInfo, Position, Quote
from regimeflow.domain.portfolio import Portfolio
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.domain.risk.wider import WiderLimits
from regimeflow.types.config import RiskLimits
from regimeflow.types.enums import OrderSide, TradingState
from regimeflow.types.errors import RiskDenied
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import RegimeState
from tests.support.risk import Time, a_live_order, an_order

BTC, ETH, EUR = "BTCUSDT", "ETHUSDT", "BTCEUR"
QTY_STEP = Decimal("0.00001")


def an_instrument(symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        base_currency=symbol[:3],
        quote_currency=symbol[3:],
        tick_size=Decimal("0.01"),
        lot_size=QTY_STEP,
    )


class Desk:
    """An account that is kept in USDT; every price is 100 at first."""

    def __init__(
        self, limits: RiskLimits, *, cash: str = "10000", symbols: tuple[str, ...] = (BTC, ETH)
    ) -> None:
        self.instruments = {symbol: an_instrument(symbol) for symbol in symbols}
        self.board, self.regime = QuoteBoard(), RegimeState(name="neutral")
        self.portfolio = Portfolio(self.instruments, self.board)
        self.gate = RiskGate(limits, self.board, self.instruments, Time())
        self.wider = WiderLimits(
            limits, self.gate, self.portfolio, self.instruments, lambda: self.regime
        )
        self.gate.wider = self.wider
        self._cash = cash
        for symbol in symbols:
            self.price(symbol, "100")
        self.hold()

    def price(self, symbol: str, px: str) -> None:
        self.board.observe(Quote(symbol, px, "1", px, "1"))

    def hold(self, **quantities: str) -> None:
        """Begin with these positions, and with that much cash beside them."""
        account = AccountInfo(
            equity=self._cash, cash=self._cash, buying_power=self._cash, currency="USDT"
        )
        held = [Position(symbol, quantity, "100") for symbol, quantity in quantities.items()]
        self.portfolio.open(account, held, 0)
        for symbol, quantity in quantities.items():
            self.gate.set_position(symbol, Decimal(quantity))

    def rest(self, symbol: str, side: OrderSide, quantity: str, order_id: int = 1) -> None:
        """Have an order open."""
        order = a_live_order(side, quantity, "100", order_id=order_id, symbol=symbol)
        self.gate.on_order_update(order)

    def ask(self, symbol: str, side: OrderSide, quantity: str, **changes: object) -> str:
        """Ask for an order; "" when it may leave, else the rule that it breaks."""
        return self.refusal(symbol, side, quantity, **changes)[0]

    def refusal(
        self, symbol: str, side: OrderSide, quantity: str, **changes: object
    ) -> tuple[str, str, str]:
        order = an_order(side, quantity, symbol=symbol, **changes)  # type: ignore[arg-type]
        try:
            self.wider.judge(order, int(Decimal(quantity) / QTY_STEP), "")
        except RiskDenied as denied:
            return denied.rule, denied.limit, denied.value
        return "", "", ""

    def halt(self) -> None:
        self.gate.set_state(TradingState.REDUCE_ONLY)
