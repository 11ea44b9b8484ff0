"""Whatever is configured reads back equal; whatever is not a configuration is a ConfigError."""

from __future__ import annotations

import contextlib
import tempfile
from decimal import Decimal
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.types.config import LiveConfig
from regimeflow.types.errors import ConfigError, InvalidArgument
from regimeflow.types.session import SessionCalendar
from regimeflow.types.settings import kinds

SYMBOLS = ["BTCUSDT", "BRK.B", "ES-24"]
AMOUNTS = st.one_of(
    st.integers(1, 10**12),
    st.decimals(min_value="0.000001", max_value=10**9, places=6),
    st.floats(min_value=0.1, max_value=1e9),
)
LIMITS = st.one_of(
    st.none(), AMOUNTS, st.fixed_dictionaries(dict.fromkeys([*SYMBOLS, "*"], AMOUNTS))
)
SECONDS = st.floats(min_value=0.001, max_value=600)
OF_AN_ORDER = {
    "max_order_qty": LIMITS,
    "max_order_notional": LIMITS,
    "max_position_qty": LIMITS,
    "max_orders_per_second": st.one_of(st.none(), st.integers(1, 1000)),
    "duplicate_window_s": SECONDS,
    "price_collar_pct": st.integers(1, 100),
}
STRATEGY_RISK = st.fixed_dictionaries({}, optional=OF_AN_ORDER)
GROUPS = st.dictionaries(st.sampled_from(SYMBOLS), st.just("a sector"), min_size=1)
RISK = st.fixed_dictionaries(
    {},
    optional={
        **OF_AN_ORDER,
        "daily_loss_limit": AMOUNTS,
        "daily_loss_limit_pct": st.integers(1, 100),
        "max_drawdown": AMOUNTS,
        "max_position_pct": LIMITS,
        "max_leverage": AMOUNTS,
        "sector_of": GROUPS,
        "correlated": st.lists(
            st.fixed_dictionaries({"symbols": st.just(SYMBOLS[:2]), "max_exposure": AMOUNTS}),
            max_size=2,
        ),
        "by_regime": st.dictionaries(
            st.sampled_from(["crisis", "a mood"]),
            st.fixed_dictionaries({"new_exposure": st.booleans(), "max_order_qty": AMOUNTS}),
        ),
        "stops": st.fixed_dictionaries({"atr_bars": st.integers(1, 99), "max_hold_s": AMOUNTS}),
        "on_loss": st.sampled_from(["halt", "flatten"]),
    },
)
PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.dates(),
)
KEYS = st.text(st.characters(categories=["L", "N", "P"]), max_size=12).filter(
    lambda key: not any(word in key.lower() for word in ("secret", "passw", "token", "cred", "key"))
)
FREE = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
STRATEGY = st.fixed_dictionaries(
    {"name": st.sampled_from(["buy_and_hold", "a.b:Trend", "maker:Maker"])},
    optional={"params": st.dictionaries(KEYS, FREE, max_size=4), "limits": STRATEGY_RISK},
)
TABLES = st.fixed_dictionaries(
    {"symbols": st.just(SYMBOLS)},
    optional={
        "dry_run": st.booleans(),
        "risk": RISK,
        "strategy": st.one_of(STRATEGY, st.lists(STRATEGY, max_size=3)),
        "broker": st.fixed_dictionaries(
            {},
            optional={
                "cash": AMOUNTS,
                "positions": st.dictionaries(st.sampled_from(SYMBOLS), AMOUNTS),
                "speed": st.one_of(st.just("max"), SECONDS, st.integers(1, 100)),
                "maker_fee_rate": st.decimals(-1, 1, places=8),
                "instruments": st.dictionaries(
                    st.sampled_from(SYMBOLS),
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "tick_size": AMOUNTS,
                            "session": st.just({"open_time": "09:30", "close_time": "16:00"}),
                        },
                    ),
                ),
            },
        ),
        "heartbeat": st.fixed_dictionaries(
            {}, optional={"stale_after_s": SECONDS, "resume": st.booleans()}
        ),
        "reconnect": st.fixed_dictionaries(
            {}, optional={"give_up_after": st.one_of(st.none(), st.integers(1, 99))}
        ),
    },
)
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(max_size=12),
        st.binary(max_size=4),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=8), st.integers()), inner, max_size=3),
    ),
    max_leaves=6,
)


def from_text(text: str, ending: str) -> LiveConfig:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return LiveConfig.from_file(path)


@given(tables=TABLES)
@settings(max_examples=40, deadline=None)
def test_a_description_reads_back_equal(tables):
    config = LiveConfig.from_dict(tables)

    text = config.describe()
    again = from_text(text, "toml")

    assert config.frozen() == again.frozen()
    assert text == again.describe()


@given(tables=TABLES)
@settings(max_examples=40, deadline=None)
def test_toml_and_yaml_mean_the_same(tables):
    config = LiveConfig.from_dict(tables).frozen()
    plain = yaml.safe_dump(_for_yaml(tables), allow_unicode=True, sort_keys=False)

    again = from_text(plain, "yaml").frozen()

    assert _dates_as_text(config.describe()) == _dates_as_text(again.describe())


def _for_yaml(value: object) -> object:
    if isinstance(value, dict):
        return {key: _for_yaml(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_for_yaml(each) for each in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _dates_as_text(text: str) -> str:
    """YAML keeps a date as text; TOML has dates of its own."""
    return text.replace('"', "")


@given(tables=st.dictionaries(st.sampled_from([*kinds(LiveConfig), "broker"]), JUNK))
def test_junk_under_known_keys_is_a_config_error_and_nothing_else(tables):
    with contextlib.suppress(ConfigError):
        LiveConfig.from_dict(tables).describe()


@given(
    table=st.sampled_from(["broker", "risk", "orders", "heartbeat", "reconnect", "strategy"]),
    data=st.data(),
)
@settings(max_examples=100)
def test_junk_inside_a_table_is_a_config_error_and_nothing_else(table, data):
    inner = data.draw(st.dictionaries(st.sampled_from(_names(table)), JUNK, max_size=4))

    with contextlib.suppress(ConfigError):
        LiveConfig.from_dict({"symbols": ["X"], table: inner}).describe()


def _names(table: str) -> list[str]:
    part = getattr(LiveConfig(symbols=["X"], strategy={"name": "m:C"}).frozen(), table)
    return list(kinds(type(part[0] if isinstance(part, tuple) else part)))


@given(text=st.text(max_size=60), ending=st.sampled_from(["toml", "yaml"]))
def test_junk_in_a_file_is_a_config_error_and_nothing_else(text, ending):
    with contextlib.suppress(ConfigError):
        from_text(text, ending)


@given(text=st.text("[]{}:-!&*#'\"\\ \nabx01=.,|>%?@", max_size=40))
@settings(max_examples=150)
def test_punctuation_in_yaml_is_a_config_error_and_nothing_else(text):
    with contextlib.suppress(ConfigError):
        from_text(text, "yaml")


@given(given_=st.dictionaries(st.sampled_from(list(kinds(SessionCalendar))), JUNK))
def test_junk_in_a_session_is_an_invalid_argument_and_nothing_else(given_):
    with contextlib.suppress(InvalidArgument):
        SessionCalendar(**given_)
