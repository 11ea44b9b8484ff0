"""YAML as configuration wants it: YAML 1.2's plain values, no aliases, no tags, no key twice.

PyYAML follows YAML 1.1, where the ticker ``ON`` is true, ``16:00`` is 960 and ``1e3`` is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from decimal import InvalidOperation
from typing import ClassVar, Final, TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from regimeflow.types.fixed import Written

T = TypeVar("T")
_TAG: Final = "tag:yaml.org,2002:"
_PLAIN: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9][0-9_]*|0x[0-9a-fA-F]+|0o[0-7]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.\d+|\d[\d_]*(\.[\d_]*)?)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with the plain values and the refusals of this module."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012
    yaml_constructors: ClassVar[dict[str | None, Callable[..., object]]] = {}

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Refuse an alias: a few lines of them unfold into millions of values."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stub lacks it
            raise yaml.MarkedYAMLError(
                problem="aliases are not supported", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: MappingNode,
        deep: bool = False,  # noqa: ARG002, FBT001, FBT002  # PyYAML's signature
    ) -> dict[Hashable, object]:
        """Refuse a key that stands twice: one of the two would be ignored."""
        entries: dict[Hashable, object] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.MarkedYAMLError(
                    problem="a key is a list or a table", problem_mark=key_node.start_mark
                )
            if key in entries:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            entries[key] = self.construct_object(value_node, deep=True)
        return entries


def parse_yaml(text: str) -> object:
    """Return the one document in ``text``; decimals come as ``Written``.

    Raises:
        ValueError: says what is wrong and on which line, without quoting the file.
    """
    loader: yaml.SafeLoader | None = None
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise ValueError(f"{where}{error.problem or error.context or 'not YAML'}") from None
    except (yaml.YAMLError, OverflowError, RecursionError) as error:
        reason = (
            "it is nested too deep"
            if isinstance(error, RecursionError)
            else "it holds a character YAML has not"
        )
        raise ValueError(reason) from None
    finally:
        if loader is not None:
            loader.dispose()


def _int(loader: yaml.SafeLoader, node: ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    base = 10 if text.lstrip("+-").isdigit() else 0
    return _made(node, lambda: int(text, base))


def _decimal(loader: yaml.SafeLoader, node: ScalarNode) -> Written:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    return _made(node, lambda: Written(text.replace(".inf", "inf").replace(".nan", "nan")))


def _made(node: ScalarNode, make: Callable[[], T]) -> T:
    try:
        return make()
    except (ValueError, InvalidOperation):
        raise yaml.MarkedYAMLError(
            problem="not a number that can be read", problem_mark=node.start_mark
        ) from None


def _bool(loader: yaml.SafeLoader, node: ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() == "true"


def _nothing(loader: yaml.SafeLoader, node: ScalarNode) -> None:
    del loader, node


def _tagged(loader: yaml.SafeLoader, node: Node) -> None:
    del loader
    raise yaml.MarkedYAMLError(problem="tags are not supported", problem_mark=node.start_mark)


def _text(loader: yaml.SafeLoader, node: ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _mapping(loader: yaml.SafeLoader, node: MappingNode) -> dict[Hashable, object]:
    return loader.construct_mapping(node, deep=True)


def _sequence(loader: yaml.SafeLoader, node: SequenceNode) -> list[object]:
    return list(loader.construct_sequence(node, deep=True))


for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z", re.ASCII), _first)
_Loader.add_constructor(None, _tagged)
_Loader.add_constructor(_TAG + "null", _nothing)
_Loader.add_constructor(_TAG + "bool", _bool)
_Loader.add_constructor(_TAG + "int", _int)
_Loader.add_constructor(_TAG + "float", _decimal)
_Loader.add_constructor(_TAG + "str", _text)
_Loader.add_constructor(_TAG + "seq", _sequence)
_Loader.add_constructor(_TAG + "map", _mapping)
