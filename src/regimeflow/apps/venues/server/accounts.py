"""The accounts file: who may trade at a local venue, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from regimeflow.apps.venues.exchange.requests import Fees
from regimeflow.apps.venues.server.faults import toml_tables
from regimeflow.apps.venues.server.venue import AccountEntry
from regimeflow.types.errors import ConfigError, Fault

_FEES: Final = {"maker", "taker", "discount", "per_unit", "asset", "asset_prices"}
_OWN: Final = {"name", "key", "secret", "public_key", "public_key_file", "balances", "fees"}


def read_accounts(path: str | Path, *, has_keys: bool = True) -> list[AccountEntry]:
    """Return the accounts of a TOML file: tables ``[[account]]``.

    Each has ``name``, ``key``, one of ``secret``, ``public_key``, ``public_key_file``, a table
    ``balances`` (asset to amount) and perhaps ``fees`` (``maker``, ``taker``, ``asset``, ...).
    Without ``has_keys`` nobody asks for keys, and none need be given.

    Raises:
        ConfigError: lists all that is wrong in it.
    """
    faults: list[Fault] = []
    entries: list[AccountEntry] = []
    for at, table in enumerate(toml_tables(path, "account")):
        try:
            entries.append(_entry(table, Path(path).parent, has_keys=has_keys))
        except ValueError as error:
            faults.append(Fault(f"account[{at}]", str(error)))
    for what in ("name", "key") if has_keys else ("name",):
        given = [getattr(entry, what) for entry in entries]
        twice = sorted({each for each in given if given.count(each) > 1})
        faults.extend(Fault("account", f"two have the {what} {one!r}") for one in twice)
    if not (entries or faults):
        faults.append(Fault(str(path), "names no account"))
    if faults:
        raise ConfigError(faults)
    return entries


def _entry(table: Mapping[str, object], folder: Path, *, has_keys: bool) -> AccountEntry:
    public_key = _text(table, "public_key", "")
    named = _text(table, "public_key_file", "")
    if named:
        try:
            public_key = (folder / named).read_text(encoding="utf-8")
        except OSError as error:
            raise ValueError(f"public_key_file: cannot read {named!r}: {error.strerror}") from None
    secret = _text(table, "secret", "")
    if has_keys and bool(secret) == bool(public_key):
        raise ValueError("expected either secret, or public_key, or public_key_file")
    balances = _table(table, "balances")
    fees = table.get("fees")
    return AccountEntry(
        name=_text(table, "name", None),
        key=_text(table, "key", None if has_keys else ""),
        secret=secret,
        public_key=public_key,
        balances={asset: _number(amount, asset) for asset, amount in balances.items()},
        fees=None if fees is None else _fees(_table(table, "fees")),
        options={name: value for name, value in table.items() if name not in _OWN},
    )


def _fees(table: Mapping[str, object]) -> Fees:
    strange = sorted(set(table) - _FEES)
    if strange:
        raise ValueError(f"fees has no {strange[0]!r}; there are: {', '.join(sorted(_FEES))}")
    usual = Fees()
    return Fees(
        maker=_number(table.get("maker", usual.maker), "fees.maker"),
        taker=_number(table.get("taker", usual.taker), "fees.taker"),
        discount=_number(table.get("discount", usual.discount), "fees.discount"),
        per_unit=_number(table.get("per_unit", usual.per_unit), "fees.per_unit"),
        asset=_text(table, "asset", usual.asset),
        asset_prices={
            asset: _number(price, f"fees.asset_prices.{asset}")
            for asset, price in _table(table, "asset_prices").items()
        },
    )


def _text(table: Mapping[str, object], name: str, default: str | None) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise ValueError(f"{name} is {'missing' if value is None else repr(value)}; expected text")
    return value


def _table(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = table.get(name, {})
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {value!r}; expected a table")  # noqa: TRY004  # as any fault
    return value


def _number(value: object, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"{name} is {value!r}; expected a number")  # noqa: TRY004  # as any fault
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{name} is {value!r}; expected a number") from None
    if not number.is_finite():
        raise ValueError(f"{name} is {value!r}; expected a finite number")
    return number
