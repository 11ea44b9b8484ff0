"""Named tuples behave as those of ``typing`` do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import NamedTuple as TypingNamedTuple

import pytest

from regimeflow._core.tuples import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 2

    def sum(self) -> int:
        """Both."""
        return self.x + self.y


class Same(TypingNamedTuple):
    x: int
    y: int = 2


@pytest.mark.parametrize(
    "seen",
    [
        lambda cls: tuple(cls(1)),
        lambda cls: tuple(cls(1, y=3)),
        lambda cls: cls(1)._replace(y=5)._asdict(),
        lambda cls: tuple(cls._make([3, 4])),
        lambda cls: repr(cls(1)).partition("(")[2],
        lambda cls: (cls._fields, cls._field_defaults, cls.__match_args__),
        lambda cls: hash(cls(1)),
        lambda cls: (cls(1) == (1, 2), cls(1) < (1, 3), cls(7).x),
        lambda cls: hasattr(cls(1), "__dict__"),
    ],
)
def test_they_answer_as_those_of_typing(seen: Callable[[type], object]) -> None:
    assert seen(Same) == seen(Point)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda cls: cls(), TypeError),
        (lambda cls: cls(1, 2, 3), TypeError),
        (lambda cls: cls(1, z=3), TypeError),
        (lambda cls: cls._make([1]), TypeError),
        (lambda cls: cls(1)._replace(z=3), (TypeError, ValueError)),
        (lambda cls: setattr(cls(1), "x", 3), AttributeError),
    ],
)
def test_they_refuse_what_those_of_typing_refuse(
    wrong: Callable[[type], object], error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    for cls in (Same, Point):
        with pytest.raises(error):
            wrong(cls)


def test_they_are_copied_and_pickled_by_value() -> None:
    point = Point(1, 3)

    assert point == copy.deepcopy(point) == pickle.loads(pickle.dumps(point))  # noqa: S301
    assert type(point) is type(pickle.loads(pickle.dumps(point)))  # noqa: S301


def test_methods_of_their_own_are_kept() -> None:
    assert 4 == Point(1, 3).sum()


def test_the_repr_names_the_class() -> None:
    assert "Point(x=1, y=2)" == repr(Point(1))
