"""What the Binance Spot adapter takes from ``[broker]``."""

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
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, setting


class Hosts(NamedTuple):
    """The three addresses of one environment."""

    base_url: str
    stream_url: str
    ws_api_url: str


# Source: binance-spot-api-docs a5e0bc3: rest-api.md, web-socket-api.md, web-socket-streams.md,
# testnet/general-info.md, demo-mode/general-info.md.
HOSTS: Final = {
    "live": Hosts(
        "https://api.binance.com",
        "wss://stream.binance.com:9443",
        "wss://ws-api.binance.com:443/ws-api/v3",
    ),
    "testnet": Hosts(
        "https://testnet.binance.vision",
        "wss://stream.testnet.binance.vision",
        "wss://ws-api.testnet.binance.vision/ws-api/v3",
    ),
    "demo": Hosts(
        "https://demo-api.binance.com",
        "wss://demo-stream.binance.com",
        "wss://demo-ws-api.binance.com/ws-api/v3",
    ),
    "local": Hosts("http://127.0.0.1:8181", "ws://127.0.0.1:8181", "ws://127.0.0.1:8181/ws-api/v3"),
}
_URLS: Final = ("base_url", "stream_url", "ws_api_url")
_PLAY_HOSTS: Final = ("testnet", "demo")
_BOOK_INTERVALS_MS: Final = (100, 1_000)
# Spot has no other intervals of up to a day; market-data-endpoints.md, klines.
_INTERVALS: Final = (
    "1s",
    "1m",
    "3m",
    "5m",
    "15m",
    "30m",
    "1h",
    "2h",
    "4h",
    "6h",
    "8h",
    "12h",
    "1d",
)


def _interval(text: str) -> str | None:
    return None if text in (*_INTERVALS, "none") else f'one of {", ".join(_INTERVALS)}, or "none"'


class BinanceSettings(Settings):
    """Binance Spot: which of its hosts, with which key, and what is asked of the connection."""

    environment: Literal["testnet", "demo", "local", "live"] = setting(
        "testnet",
        "Whose hosts: play money at testnet and demo, `regimeflow-live venue binance` as local.",
        also=("env", "mode", "sandbox", "testnet"),
    )
    api_key: SecretStr | None = setting(
        None, "Where the key is; none, at a local venue: its own.", also=("key", "apikey")
    )
    secret_key: SecretStr | None = setting(
        None, "Where the secret of an HMAC key is.", also=("secret", "api_secret", "apisecret")
    )
    private_key: SecretStr | None = setting(
        None,
        "Where the PEM text of an Ed25519 or RSA key is, as file:KEY.pem; instead of secret_key.",
        also=("private_key_path", "key_file", "ed25519"),
    )
    private_key_password: SecretStr | None = setting(
        None, "Where the password of an encrypted private_key is.", also=("passphrase",)
    )
    base_url: str | None = setting(
        None,
        "Address of the REST API; none: the environment's.",
        check=rest_url_fault,
        also=("url",),
    )
    stream_url: str | None = setting(
        None, "Address of the market streams; none: the environment's.", check=ws_url_fault
    )
    ws_api_url: str | None = setting(
        None, "Address of the WebSocket API; none: the environment's.", check=ws_url_fault
    )
    ca_bundle: str | None = setting(
        None, "File of certificates to trust instead of the system's.", also=("ca", "cafile")
    )
    currency: str | None = setting(
        None, "What the account is kept in; none: what the first symbol is paid with."
    )
    recv_window_ms: float = setting(
        5_000.0, "How old a signed request may be on arrival.", above=0, at_most=60_000
    )
    connect_timeout_s: float = setting(
        10.0, "How long a connection may take to open.", above=0, at_most=300
    )
    request_timeout_s: float = setting(
        10.0, "How long an answer may take.", above=0, at_most=300, also=("timeout",)
    )
    quotes: bool = setting(True, "Whether best bid and ask are subscribed.")
    trades: bool = setting(True, "Whether trade prints are subscribed.")
    book: bool = setting(True, "Whether a depth book is kept.", also=("depth",))
    book_interval_ms: int = setting(100, "How often the book is told: 100 or 1000.", above=0)
    book_levels: int = setting(
        1_000, "Levels of the snapshot that a book begins with.", at_least=5, at_most=5_000
    )
    bar_interval: str = setting(
        "1m", 'Length of the bars that are told when they close, or "none".', check=_interval
    )
    conflate_ms: float | None = setting(
        None,
        "How long quotes of a symbol are held back for the newest of them; none: all are told.",
        above=0,
        at_most=60_000,
    )
    max_stream_silence_s: float | None = setting(
        30.0,
        "Silence after which a stream of quotes or depth is stale; none: never.",
        above=0,
        at_most=86_400,
    )
    max_trade_silence_s: float | None = setting(
        None,
        "The same of trades and bars, which may be quiet by right.",
        above=0,
        at_most=86_400,
    )
    connection_life_s: float = setting(
        84_600.0,
        "Age at which a connection is replaced; the venue cuts it at 24 hours.",
        above=0,
        at_most=86_400,
    )
    reconnect_grace_s: float = setting(
        10.0,
        "How long a lost order connection may take to return before trading is held.",
        at_least=0,
        at_most=600,
    )
    max_orders_per_second: float = setting(
        5.0, "Orders are paced to it; 50 in 10 s is the usual limit.", above=0, at_most=1_000
    )
    max_weight_per_minute: int = setting(
        4_800, "Request weight to stay below; the venue allows 6,000.", at_least=100, at_most=60_000
    )

    @property
    def venue(self) -> str:
        """The venue's name: play money and money never share a journal."""
        return "binance" if self.environment == "live" else f"binance-{self.environment}"

    @property
    def hosts(self) -> Hosts:
        """The addresses in force; those of the streams follow a loopback ``base_url``."""
        preset = HOSTS[self.environment]
        base = self.base_url or preset.base_url
        if self.base_url is not None and is_loopback(base):
            there = base.rstrip("/").replace("http", "ws", 1)
            preset = Hosts(base, there, there + "/ws-api/v3")
        return Hosts(
            base.rstrip("/"),
            (self.stream_url or preset.stream_url).rstrip("/"),
            self.ws_api_url or preset.ws_api_url,
        )

    def faults_together(self) -> Iterator[Fault]:
        """Say what would trade real money unasked, or send keys in the clear; which key to use."""
        given = dict(zip(_URLS, self.hosts, strict=True))
        yield from address_faults(given, is_live=self.environment == "live", play=_play_hosts())
        if self.book_interval_ms not in _BOOK_INTERVALS_MS:
            yield Fault("book_interval_ms", f"found {self.book_interval_ms}; expected 100 or 1000")
        if self.secret_key is not None and self.private_key is not None:
            yield Fault("private_key", "is given beside secret_key; expected one of them")
        if self.environment == "local":
            return
        if self.api_key is None:
            yield Fault("api_key", f"is missing; expected {SecretStr.EXPECTED}")
        if self.secret_key is None and self.private_key is None:
            yield Fault(
                "secret_key", f"is missing, and so is private_key; expected {SecretStr.EXPECTED}"
            )

    def faults_for(self, symbols: tuple[str, ...], path: str) -> Iterator[Fault]:
        """Say which symbols cannot be Binance's."""
        for i, symbol in enumerate(symbols):
            if symbol != symbol.upper() or not symbol.isalnum():
                near = symbol.upper().replace("-", "").replace("/", "").replace("_", "")
                yield Fault(
                    f"symbols[{i}]",
                    f'found "{symbol}"; expected a symbol as Binance spells it, such as "{near}"',
                )
        del path


def _play_hosts() -> dict[str, Hosts]:
    return {name: HOSTS[name] for name in _PLAY_HOSTS}
