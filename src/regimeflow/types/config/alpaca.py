"""What the Alpaca adapter takes from ``[broker]``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.config.hosts import (
    address_faults,
    is_loopback,
    rest_url_fault,
    ws_url_fault,
)
from regimeflow.types.errors import Fault
from regimeflow.types.option_symbol import option_of
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, setting


class AlpacaHosts(NamedTuple):
    """The addresses of one environment; order events come from the host of ``base_url``."""

    base_url: str
    data_url: str
    stream_url: str

    @property
    def updates_url(self) -> str:
        """Where order events come from."""
        return self.base_url.replace("http", "ws", 1) + "/stream"


_DATA: Final = ("https://data.alpaca.markets", "wss://stream.data.alpaca.markets")
# Source: docs.alpaca.markets, "Paper trading", "WebSocket streaming", "Real-time stock data".
HOSTS: Final = {
    "live": AlpacaHosts("https://api.alpaca.markets", *_DATA),
    "paper": AlpacaHosts("https://paper-api.alpaca.markets", *_DATA),
    "local": AlpacaHosts("http://127.0.0.1:8182", "http://127.0.0.1:8182", "ws://127.0.0.1:8182"),
}
_URLS: Final = ("base_url", "data_url", "stream_url")
# Longest names of US shares are 5 letters and a class; pairs are written BTC/USD.
_LONGEST_SYMBOL: Final = 12


class AlpacaSettings(Settings):
    """Alpaca: which of its hosts, with which key, and what is asked of the connection."""

    environment: Literal["paper", "local", "live"] = setting(
        "paper",
        "Whose hosts: play money at paper, `regimeflow-live venue alpaca` as local.",
        also=("env", "mode", "paper", "sandbox"),
    )
    api_key: SecretStr | None = setting(
        None, "Where the key is; none, at a local venue: its own.", also=("key", "key_id", "apikey")
    )
    secret_key: SecretStr | None = setting(
        None, "Where the secret is.", also=("secret", "api_secret", "apisecret")
    )
    base_url: str | None = setting(
        None,
        "Address of the trading API and of order events; none: the environment's.",
        check=rest_url_fault,
        also=("url", "url_override"),
    )
    data_url: str | None = setting(
        None, "Address of the market data API; none: the environment's.", check=rest_url_fault
    )
    stream_url: str | None = setting(
        None, "Address of the market data streams; none: the environment's.", check=ws_url_fault
    )
    feed: Literal["iex", "sip", "delayed_sip"] = setting(
        "iex",
        "Which stock market data: iex is free, sip needs a subscription.",
        also=("data_feed",),
    )
    option_feed: Literal["indicative", "opra"] = setting(
        "indicative", "Which option market data: opra needs a subscription."
    )
    ca_bundle: str | None = setting(
        None, "File of certificates to trust instead of the system's.", also=("ca", "cafile")
    )
    when_closed: Literal["refuse", "queue"] = setting(
        "refuse",
        "What becomes of an order that cannot work now: refused here, or left to wait at Alpaca.",
        also=("closed", "after_hours"),
    )
    connect_timeout_s: float = setting(
        10.0, "How long a connection may take to open.", above=0, at_most=300
    )
    request_timeout_s: float = setting(
        10.0, "How long an answer may take.", above=0, at_most=300, also=("timeout",)
    )
    quotes: bool = setting(True, "Whether best bid and ask are subscribed.")
    trades: bool = setting(True, "Whether trade prints are subscribed.")
    bars: bool = setting(True, "Whether bars of a minute are subscribed.")
    conflate_ms: float | None = setting(
        None,
        "How long quotes of a symbol are held back for the newest of them; none: all are told.",
        above=0,
        at_most=60_000,
    )
    max_stream_silence_s: float | None = setting(
        60.0,
        "Silence of a symbol's quotes, while its market is open, after which they are stale;"
        " none: never.",
        above=0,
        at_most=86_400,
    )
    reconnect_grace_s: float = setting(
        10.0,
        "How long a lost connection of order events may take to return before trading is held.",
        at_least=0,
        at_most=600,
    )
    max_orders_per_second: float = setting(
        3.0, "Orders are paced to it; requests of all kinds have a limit a minute.", above=0,
        at_most=1_000,
    )  # fmt: skip
    max_requests_per_minute: int = setting(
        180,
        "Questions stay below it, orders and cancels may use what is left of Alpaca's 200.",
        at_least=10,
        at_most=1_000_000,
    )

    @property
    def venue(self) -> str:
        """The venue's name: play money and money never share a journal."""
        return "alpaca" if self.environment == "live" else f"alpaca-{self.environment}"

    @property
    def hosts(self) -> AlpacaHosts:
        """The addresses in force; those of data follow a loopback ``base_url``."""
        preset = HOSTS[self.environment]
        base = self.base_url or preset.base_url
        if self.base_url is not None and is_loopback(base):
            preset = AlpacaHosts(base, base, base.replace("http", "ws", 1))
        return AlpacaHosts(
            base.rstrip("/"),
            (self.data_url or preset.data_url).rstrip("/"),
            (self.stream_url or preset.stream_url).rstrip("/"),
        )

    def faults_together(self) -> Iterator[Fault]:
        """Say what would trade real money unasked, send keys in the clear, or is missing."""
        given = dict(zip(_URLS, self.hosts, strict=True))
        play = {"paper": HOSTS["paper"]}
        yield from address_faults(given, is_live=self.environment == "live", play=play)
        if self.environment == "local":
            return
        for name in ("api_key", "secret_key"):
            if getattr(self, name) is None:
                yield Fault(name, f"is missing; expected {SecretStr.EXPECTED}")

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say which symbols cannot be Alpaca's."""
        for i, symbol in enumerate(symbols):
            plain = symbol.replace("/", "", 1).replace(".", "")
            if option_of(symbol) is not None:
                continue
            if symbol != symbol.upper() or not plain.isalnum() or len(symbol) > _LONGEST_SYMBOL:
                near = symbol.upper().replace("-", "/")
                yield Fault(
                    f"symbols[{i}]",
                    f'found "{symbol}"; expected a symbol as Alpaca spells it, such as "AAPL",'
                    f' "BTC/USD" or "AAPL261218C00230000"; perhaps "{near}"',
                )
        del path
