"""A configuration as TOML text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, Protocol

from regimeflow.types.reading import looks_secret
from regimeflow.types.secrets import SecretStr
from regimeflow.types.settings import Settings, rules_of

_LAST_OF_FOUR_DIGITS: Final = 0xFFFF


class Described(Protocol):
    """What the tables of a configuration are read from."""

    @property
    def broker(self) -> object:
        """What the adapter takes."""


def as_toml(config: Described) -> str:
    """Return every setting of a configuration as TOML that reads back equal.

    What is None stands in a comment. A secret shows as its reference. A value of a free table
    whose key is named like a secret shows as ``***``.
    """
    names = list(rules_of(type(config)))
    names.insert(names.index("dry_run") + 1, "broker")
    plain, tables = [], []
    for name in names:
        value = getattr(config, name)
        if isinstance(value, Settings | Mapping):
            tables += ["", f"[{name}]", *_lines(value, name)]
        elif isinstance(value, Sequence) and value and isinstance(value[0], Settings):
            for each in value:
                tables += ["", f"[[{name}]]", *_lines(each, name)]
        elif not (isinstance(value, Sequence) and not value and name == "strategy"):
            plain.append(_line(name, value, name))
    return "\n".join([*plain, *tables]) + "\n"


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Settings):
        for name in rules_of(type(value)):
            yield name, getattr(value, name)
    elif isinstance(value, Mapping):
        yield from value.items()


def _lines(value: object, path: str) -> list[str]:
    return [_line(key, each, f"{path}.{key}") for key, each in _entries(value)]


def _line(key: str, value: object, path: str) -> str:
    if value is None:
        return f"# {_key(key)}: none"
    return f"{_key(key)} = {toml_value(value, path)}"


def toml_value(value: object, path: str = "") -> str:
    """Return one value as TOML on one line."""
    if isinstance(value, Settings | Mapping):
        inner = [
            f"{_key(key)} = {toml_value(each, f'{path}.{key}')}"
            for key, each in _entries(value)
            if each is not None
        ]
        return "{ " + ", ".join(inner) + " }" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(each, path) for each in value if each is not None) + "]"
    if isinstance(value, SecretStr):
        return _quoted(value.reference)
    if looks_secret(path):
        return '"***"'
    if isinstance(value, str):
        return _quoted(value)
    return _number(value)


def _number(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "_").replace("_", "a").isalnum()
    return key if plain else _quoted(key)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else _escape(each) for each in escaped) + '"'


def _escape(letter: str) -> str:
    return (
        f"\\u{ord(letter):04X}" if ord(letter) <= _LAST_OF_FOUR_DIGITS else f"\\U{ord(letter):08X}"
    )
