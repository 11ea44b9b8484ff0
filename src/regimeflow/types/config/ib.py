"""What the Interactive Brokers adapter takes from ``[broker]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal

from regimeflow.types.config.hosts import is_loopback_host
from regimeflow.types.errors import Fault
from regimeflow.types.fixed import listed
from regimeflow.types.frozen import FrozenTable
from regimeflow.types.reading import join
from regimeflow.types.settings import Settings, setting, table

SecurityType = Literal["STK", "CASH", "FUT", "OPT", "CRYPTO"]
# TWS; IB Gateway listens at 4002 and 4001.
_PORTS: Final = {"paper": 7497, "local": 7497, "live": 7496}
_BAR_STEP_S: Final = 5
_MONTH_DIGITS: Final = (6, 8)


def _month(text: str) -> str | None:
    is_one = text.isdigit() and len(text) in _MONTH_DIGITS
    return None if is_one else "a month YYYYMM or a day YYYYMMDD"


def _zone(text: str) -> str | None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return 'a time zone, such as "US/Eastern"'
    return None


class IBContract(Settings):
    """Which contract a symbol stands for; what is not given is IB's to find."""

    symbol_override: str | None = setting(
        None, "IB's symbol; none: the symbol itself, of EURUSD its first half.", also=("symbol",)
    )
    security_type: SecurityType | None = setting(
        None,
        "Kind of contract; none: CASH for a pair such as EURUSD, else STK.",
        also=("sec_type",),
    )
    exchange: str | None = setting(
        None, "Where orders go; none: SMART, IDEALPRO for CASH, PAXOS for CRYPTO."
    )
    currency: str | None = setting(
        None, "What it is paid with; none: USD, of EURUSD its second half."
    )
    primary_exchange: str | None = setting(None, "Where it is listed, to tell namesakes apart.")
    local_symbol: str | None = setting(None, "The exchange's own name, such as ESZ6.")
    trading_class: str | None = setting(None, "Its trading class, such as ES.")
    last_trade_date_or_contract_month: str | None = setting(
        None, "YYYYMM or YYYYMMDD, of futures and options.", check=_month, also=("expiry", "month")
    )
    right: Literal["C", "P"] | None = setting(None, "Call or put, of options.")
    multiplier: Decimal | None = setting(None, "To tell contracts of one month apart.", above=0)
    strike: Decimal | None = setting(None, "Of options.", above=0)
    con_id: int | None = setting(
        None, "IB's number of the contract: nothing else is needed.", above=0
    )
    include_expired: bool | None = setting(None, "Whether an expired future may be found.")


_NO_CONTRACTS: Final[FrozenTable[IBContract]] = FrozenTable()


class IBSettings(Settings):
    """TWS or IB Gateway: where it listens, for which account, and what a symbol is there."""

    environment: Literal["paper", "local", "live"] = setting(
        "paper",
        "paper: only a paper account is traded; local: `regimeflow-live venue ib`.",
        also=("env", "mode", "paper"),
    )
    host: str = setting("127.0.0.1", "Where TWS or IB Gateway runs.", also=("address", "ip"))
    port: int | None = setting(
        None, "Its socket port; none: that of TWS, 7497 or, live, 7496.", above=0, at_most=65_535
    )
    client_id: int = setting(
        1, "Ours at TWS; of two sessions with one, the second is refused.", at_least=0
    )
    account: str | None = setting(
        None, "The account that is traded; none: the only one of the login."
    )
    allow_plain_text: bool = setting(
        False, "Whether TWS may be on another machine: its protocol is not encrypted."
    )
    defaults: IBContract = table(IBContract, "What holds for every contract.")
    contracts: Mapping[str, IBContract] = setting(
        _NO_CONTRACTS, "Which contract a symbol is, by symbol."
    )
    order_id_file: str | None = setting(
        None, "Where the highest order id is kept; none: beside the journal."
    )
    time_zone: str = setting(
        "US/Eastern", "Zone of TWS, for times that name none.", check=_zone, also=("timezone",)
    )
    connect_timeout_s: float = setting(
        10.0, "How long a connection may take to open.", above=0, at_most=300
    )
    request_timeout_s: float = setting(
        10.0, "How long an answer may take.", above=0, at_most=300, also=("timeout",)
    )
    heartbeat_s: float = setting(
        10.0, "Silence after which TWS is asked whether it is there.", above=0, at_most=600
    )
    reconnect_grace_s: float = setting(
        10.0,
        "How long a lost line may take to return before trading is held.",
        at_least=0,
        at_most=600,
    )
    market_data: Literal["live", "frozen", "delayed", "delayed_frozen"] = setting(
        "live", "Which data is asked for; delayed needs no subscription."
    )
    quotes: bool = setting(True, "Whether best bid and ask are subscribed.")
    trades: Literal["last", "tick_by_tick", "none"] = setting(
        "last", "Trades as IB samples them, each of them (a few symbols only), or none."
    )
    book_levels: int = setting(
        0,
        "Levels of the depth book; 0: none. IB gives three books at a time.",
        at_least=0,
        at_most=20,
    )
    bar_interval_s: int = setting(
        60, "Length of the bars that are told when they close; 0: none.", at_least=0, at_most=86_400
    )
    regular_hours_only: bool = setting(
        False, "Whether bars leave out what is outside regular hours."
    )
    max_data_silence_s: float | None = setting(
        60.0,
        "Silence of a symbol's quotes or book, while its market is open, after which it is asked"
        " for again and stale until it speaks; none: never.",
        above=0,
        at_most=86_400,
    )
    max_orders_per_second: float = setting(
        20.0, "Orders are paced to it; TWS takes 50 messages in all.", above=0, at_most=40
    )

    @property
    def venue(self) -> str:
        """The venue's name: play money and money never share a journal."""
        return "ib" if self.environment == "live" else f"ib-{self.environment}"

    @property
    def port_in_force(self) -> int:
        """The port, as given or usual."""
        return self.port if self.port is not None else _PORTS[self.environment]

    def faults_together(self) -> Iterator[Fault]:
        """Say what would send orders in the clear, and which bars cannot be made."""
        if not is_loopback_host(self.host) and not self.allow_plain_text:
            yield Fault(
                "host",
                f"{self.host} is another machine, and TWS does not encrypt; tunnel the port"
                " (ssh -L) and use 127.0.0.1, or set allow_plain_text = true",
            )
        if self.bar_interval_s % _BAR_STEP_S:
            yield Fault(
                "bar_interval_s",
                f"found {self.bar_interval_s}; expected a multiple of {_BAR_STEP_S}",
            )

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say what names a symbol that is not traded."""
        for symbol in self.contracts:
            if symbol not in symbols:
                yield Fault(
                    join(join(path, "contracts"), symbol),
                    f"is not in symbols; expected one of {listed(symbols)}",
                )
