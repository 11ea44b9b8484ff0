"""What a setting may hold: one ``Kind`` per annotation.

A kind checks a value, converts it, and says what it expects. Every fault is noted in the
``Reading``, none is raised: a user wants to see all of them at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import NoneType, UnionType
from typing import Final, Literal, Union, get_args, get_origin

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.fixed import INT64_MAX, Written
from regimeflow.types.frozen import FrozenTable
from regimeflow.types.reading import BAD, Reading, found, join, near
from regimeflow.types.secrets import SecretStr

_UNITS: Final = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_pct": "percent",
    "_bps": "basis points",
    "_bytes": "bytes",
}
_NOTHING: Final = "nothing"
_LARGEST: Final = 10**18
_MOST_PLACES: Final = 18
_DEEPEST: Final = 32  # tables and lists in one another


class Rules(NamedTuple):
    """What a setting demands beyond its type, and what it means."""

    meaning: str = ""
    above: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    may_be_empty: bool = False
    lone: bool = False  # one item may stand without its list
    also: tuple[str, ...] = ()  # what other programs call it
    check: Callable[[str], str | None] | None = None  # for text: what was expected, None when right
    unit: str = ""


class Kind(NamedTuple):
    """How to read one value: what is expected, whether its shape fits, and what it becomes."""

    expected: str
    takes: Callable[[object], bool]
    parse: Callable[[object, str, Reading], object]

    def read(self, value: object, path: str, reading: Reading) -> object:
        """Return what ``value`` becomes, or ``BAD`` with the fault noted."""
        if self.takes(value):
            return self.parse(value, path, reading)
        return reading.mismatch(path, value, self.expected)


TableKind = Callable[[type], Kind | None]


def unit_of(name: str) -> str:
    """Return the unit that a setting's name ends with, in words, or ""."""
    return next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), "")


def kind_of(hint: object, rules: Rules, table_kind: TableKind) -> Kind:
    """Return the kind for a type annotation.

    ``table_kind`` gives the kind of a class that is a table of settings, None for any other class.
    """
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _union([kind_of(arm, rules, table_kind) for arm in get_args(hint)])
    if origin is Literal:
        return _choice([str(choice) for choice in get_args(hint)])
    if origin in (tuple, Sequence):
        return _list(kind_of(get_args(hint)[0], rules, table_kind), lone=rules.lone)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(kind_of(get_args(hint)[1], rules, table_kind))
    table = table_kind(hint) if isinstance(hint, type) else None
    return _SCALARS[hint](rules) if table is None else table


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _range(rules: Rules) -> str:
    parts = []
    if rules.above is not None:
        parts.append(f"above {rules.above}")
    if rules.at_least is not None:
        parts.append(f"at least {rules.at_least}")
    if rules.at_most is not None:
        parts.append(f"at most {rules.at_most}")
    return (", " + " and ".join(parts)) if parts else ""


def _in_range(value: Decimal | float, rules: Rules) -> bool:
    return not (
        (rules.above is not None and value <= rules.above)
        or (rules.at_least is not None and value < rules.at_least)
        or (rules.at_most is not None and value > rules.at_most)
    )


def _number(
    rules: Rules,
    noun: str,
    plain: Callable[[object], bool],
    make: Callable[[object], Decimal | float],
) -> Kind:
    in_unit = f" in {rules.unit}" if rules.unit else ""
    expected = f"{noun}{in_unit}{_range(rules)}"

    def parse(value: object, path: str, reading: Reading) -> object:
        try:
            number = make(value)
            fits = -_LARGEST <= number <= _LARGEST
        except (InvalidOperation, OverflowError, ValueError):  # NaN, or beyond any float
            return reading.mismatch(path, value, expected)
        if not fits or not _has_place(number):
            digits = f"at most {_MOST_PLACES} digits before and after the point"
            return reading.mismatch(path, value, digits)
        return number if _in_range(number, rules) else reading.mismatch(path, value, expected)

    return Kind(expected, plain, parse)


def _to_decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        number = Decimal(value)
    else:  # a float counts as its shortest text: 0.1 is one tenth
        text = float.__repr__(value) if isinstance(value, float) else value
        number = Decimal(text if isinstance(text, str | int) else str(text))
    if not number.is_finite():
        raise ValueError
    return number


def _has_place(number: Decimal | float) -> bool:
    """Whether a number has no more digits after the point than a record can hold."""
    if not isinstance(number, Decimal):
        return True
    exp = number.as_tuple().exponent
    return isinstance(exp, int) and exp >= -_MOST_PLACES


def _to_float(value: object) -> float:
    assert isinstance(value, int | float | Decimal)
    return float(value)


def _to_int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _decimal(rules: Rules) -> Kind:
    return _number(
        rules, "a number", lambda value: _is_number(value) or isinstance(value, str), _to_decimal
    )


def _float(rules: Rules) -> Kind:
    return _number(rules, "a number", _is_number, _to_float)


def _int(rules: Rules) -> Kind:
    return _number(
        rules,
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
        _to_int,
    )


def _as_it_is(value: object, path: str, reading: Reading) -> object:
    del path, reading
    return value


def _bool(rules: Rules) -> Kind:
    del rules
    return Kind("true or false", lambda value: isinstance(value, bool), _as_it_is)


def _none(rules: Rules) -> Kind:
    del rules
    return Kind(_NOTHING, lambda value: value is None, _as_it_is)


def _text(rules: Rules) -> Kind:
    def parse(value: object, path: str, reading: Reading) -> object:
        assert isinstance(value, str)
        if not value and not rules.may_be_empty:
            return reading.mismatch(path, value, "text")
        if value and not value.isprintable():
            return reading.mismatch(path, value, "text of printable characters")
        expected = rules.check(value) if rules.check is not None else None
        return value if expected is None else reading.mismatch(path, value, expected)

    return Kind("text", lambda value: isinstance(value, str), parse)


def _secret(rules: Rules) -> Kind:
    del rules

    def parse(value: object, path: str, reading: Reading) -> object:
        if isinstance(value, SecretStr):
            return value
        assert isinstance(value, str)
        try:
            secret = SecretStr(value, folder=reading.folder)
        except ValueError as refused:
            return reading.fault(path, str(refused))
        missing = secret.missing()
        return secret if missing is None else reading.fault(path, missing)

    return Kind(SecretStr.EXPECTED, lambda value: isinstance(value, str | SecretStr), parse)


def _anything(rules: Rules) -> Kind:
    del rules
    return Kind("any value", lambda value: value is not None, freeze)


def freeze(value: object, path: str, reading: Reading) -> object:
    """Return a free value as one that cannot change; the decimals of a file become floats."""
    if path.count("[") + path.count(".") > _DEEPEST:
        return reading.fault(path[:80] + "...", f"is nested too deep; expected at most {_DEEPEST}")
    if isinstance(value, Mapping):
        return _mapping(_anything(Rules())).parse(value, path, reading)
    if isinstance(value, list | tuple):
        return _list(_anything(Rules()), lone=False).parse(value, path, reading)
    if isinstance(value, bool) or hasattr(value, "isoformat"):  # TOML has dates and times
        return value
    if isinstance(value, int):
        return (
            value if abs(value) <= INT64_MAX else reading.mismatch(path, value, "at most 18 digits")
        )
    if isinstance(value, float | Decimal):
        number = float(value) if isinstance(value, Written) else value
        fits = math.isfinite(number) and _has_place(number)
        return number if fits else reading.mismatch(path, value, "a finite number")
    if isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value):
        return value
    return reading.mismatch(path, value, "text, a number, true or false, a date, a list or a table")


def _choice(choices: list[str]) -> Kind:
    listed = " or ".join(f'"{choice}"' for choice in choices)

    def parse(value: object, path: str, reading: Reading) -> object:
        if value in choices:
            return value
        assert isinstance(value, str)
        return reading.fault(
            path, f"found {found(value, path)}; expected {listed}{near(value, choices)}"
        )

    return Kind(listed, lambda value: isinstance(value, str), parse)


def _list(item: Kind, *, lone: bool) -> Kind:
    def parse(value: object, path: str, reading: Reading) -> object:
        if not isinstance(value, list | tuple):
            one = item.read(value, path, reading)
            return one if one is BAD else (one,)
        items = tuple(item.read(each, f"{path}[{i}]", reading) for i, each in enumerate(value))
        return BAD if any(each is BAD for each in items) else items

    return Kind(
        f"a list, each {item.expected}",
        lambda value: isinstance(value, list | tuple) or (lone and item.takes(value)),
        parse,
    )


def _mapping(entry: Kind) -> Kind:
    def parse(value: object, path: str, reading: Reading) -> object:
        assert isinstance(value, Mapping)
        entries: dict[str, object] = {}
        for key, each in value.items():
            if isinstance(key, str) and key.isprintable():
                entries[key] = entry.read(each, join(path, key), reading)
            else:
                entries[""] = reading.fault(
                    path, f"found the key {found(key)}; expected printable text"
                )
        return BAD if any(each is BAD for each in entries.values()) else FrozenTable(entries)

    return Kind(f"a table, each {entry.expected}", lambda value: isinstance(value, Mapping), parse)


def _union(arms: list[Kind]) -> Kind:
    given = [arm for arm in arms if arm.expected != _NOTHING]
    expected = " or ".join(arm.expected for arm in given)
    if len(given) < len(arms):
        expected += ", or leave it out"

    def parse(value: object, path: str, reading: Reading) -> object:
        return next(arm for arm in arms if arm.takes(value)).parse(value, path, reading)

    return Kind(expected, lambda value: any(arm.takes(value) for arm in arms), parse)


_SCALARS: Final[dict[object, Callable[[Rules], Kind]]] = {
    bool: _bool,
    int: _int,
    float: _float,
    Decimal: _decimal,
    str: _text,
    NoneType: _none,
    SecretStr: _secret,
    object: _anything,
}
