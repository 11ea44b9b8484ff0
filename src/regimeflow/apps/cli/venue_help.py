"""What ``regimeflow-live venue NAME --help`` says below its options: each venue its own."""

from __future__ import annotations

from typing import Final

_RUNNING: Final = """
The first line printed is `listening on ADDRESS:PORT`, the second `control token TOKEN`: requests to
/control/faults, /control/truth and /control/market with the token in X-Control-Token switch faults,
tell the truth, and turn the market. A venue runs until SIGINT or SIGTERM and then exits with 0.
"""
EXAMPLES: Final = """\b
Examples:
  regimeflow-live venue binance --port 9000
  regimeflow-live venue alpaca --port 9100
  regimeflow-live venue ib
  regimeflow-live venue ib --list-faults
"""
_ALPACA: Final = """\b
Examples:
  regimeflow-live venue alpaca --port 9100
  regimeflow-live venue alpaca --symbol AAPL --symbol BTC/USD --speed 10
  regimeflow-live venue alpaca --faults outage.toml --accounts accounts.toml

\b
Files:
  accounts   [[account]] name, key, secret, balances = {USD = "1000000"}, fees = {...},
             multiplier, requests_per_minute, feeds, most_symbols
  faults     [[fault]] name, count, after, probability, where = {symbol = "AAPL"},
             and the fault's own parameters; --list-faults shows them
"""
_BINANCE: Final = """\b
Examples:
  regimeflow-live venue binance --port 9000
  regimeflow-live venue binance --feed btcusdt.gz --speed 10
  regimeflow-live venue binance --faults outage.toml --accounts accounts.toml

\b
Files:
  accounts   [[account]] name, key, secret (or public_key, public_key_file),
             balances = {USDT = "1000"}, fees = {maker = "0.001", taker = "0.001"},
             orders_per_10s, orders_per_day, weight_per_minute
  faults     [[fault]] name, count, after, probability, where = {symbol = "BTCUSDT"},
             and the fault's own parameters; --list-faults shows them
"""
_IB: Final = """\b
Examples:
  regimeflow-live venue ib
  regimeflow-live venue ib --port 4002 --symbol AAPL --symbol EURUSD
  regimeflow-live venue ib --faults outage.toml --accounts accounts.toml

\b
Files:
  accounts   [[account]] name (DU1, ...), balances = {USD = "1000000"}, fees = {...};
             the first one's table says how TWS is set up: time_zone, time_form,
             master_client_id, market_data, is_read_only, messages_per_s,
             market_data_lines, daily_restart
  faults     [[fault]] name, count, after, probability, where = {at = "fill",
             symbol = "AAPL", client = 1}, and the fault's own parameters;
             --list-faults shows them
"""
HELP: Final = {
    name: f"{text}{_RUNNING}"
    for name, text in (("alpaca", _ALPACA), ("binance", _BINANCE), ("ib", _IB))
}
