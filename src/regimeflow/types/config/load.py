"""A configuration file as plain tables, or a ``ConfigError`` that says why not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import InvalidOperation
from typing import Final

from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.fixed import Written

_LARGEST_BYTES: Final = 256 * 1024
_ENDINGS: Final = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


def load_file(path: str) -> dict[str, object]:
    """Return the tables of a TOML or YAML file; decimals come as ``Written``, digit for digit.

    Raises:
        ConfigError: one fault, under the file's path: it cannot be read, or is not what its
            ending says.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending not in _ENDINGS:
        raise _unreadable(path, f"found the ending {ending[:12]!r}; expected .toml, .yaml or .yml")
    text = _text_of(path)
    try:
        tables = _parse_toml(text) if _ENDINGS[ending] == "toml" else _parse_yaml(text)
    except ValueError as error:  # both parsers' own errors are of this type
        raise _unreadable(path, str(error)) from None
    except RecursionError:
        raise _unreadable(path, "it is nested too deep") from None
    if not tables and tables in (None, {}):
        raise _unreadable(path, "it is empty; expected at least broker_type and symbols")
    if not isinstance(tables, dict):
        raise _unreadable(path, "it is not a table; expected keys with values, such as symbols")
    return tables


def merged(tables: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """Return ``tables`` with each value of ``overrides`` put at its dotted key."""
    result = dict(tables)
    for dotted, value in overrides.items():
        head, _, rest = dotted.partition(".")
        inner = result.get(head)
        table = inner if isinstance(inner, Mapping) else {}
        result[head] = merged(table, {rest: value}) if rest else value
    return result


def _text_of(path: str) -> str:
    try:
        with open(path, "rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, (error.strerror or "cannot be read").lower()) from None
    except ValueError:  # a NUL in the name
        raise _unreadable(path, "is not a file's name") from None
    if len(raw) > _LARGEST_BYTES:
        raise _unreadable(path, f"it is too large; expected at most {_LARGEST_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"it is not UTF-8 (byte {error.start})") from None


def _parse_toml(text: str) -> object:
    import tomllib  # only where a file is read

    return tomllib.loads(text, parse_float=_exact)


def _parse_yaml(text: str) -> object:
    from regimeflow.types.config.yaml_text import parse_yaml  # PyYAML costs 15 ms to import

    return parse_yaml(text)


def _exact(text: str) -> Written:
    try:
        return Written(text)
    except InvalidOperation:  # an exponent beyond any machine
        return Written("Infinity")


def _unreadable(path: str, text: str) -> ConfigError:
    return ConfigError([Fault(path, text)])
