"""Records behave as frozen, slotted dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import ClassVar

import pytest

from regimeflow.types.records import Record, aside, hidden, made, replace


class Point(Record):
    UNIT: ClassVar[str] = "m"

    x: int
    y: int = 0


class Basket(Record, kw_only=True):
    name: str
    items: dict[str, int] = made(dict)
    key: str = aside("")
    inner: str = made(str, is_shown=False)
    size: int = hidden(int)

    def settle(self) -> None:
        object.__setattr__(self, "size", len(self.items))
        if not self.name:
            raise ValueError("a basket has a name")


class Counter(Record, frozen=False):
    count: int = 0


def test_fields_are_given_by_place_or_name_and_defaults_fill_the_rest():
    assert (1, 2) == (Point(1, 2).x, Point(1, 2).y)
    assert (1, 0) == (Point(x=1).x, Point(x=1).y)
    assert "m" == Point.UNIT


@pytest.mark.parametrize(
    "make",
    [
        Point,
        lambda: Point(1, 2, 3),
        lambda: Point(1, z=2),
        lambda: Point(1, x=1),
        lambda: Basket("by place"),
        lambda: Basket(name="a", size=3),
    ],
)
def test_what_does_not_fit_is_a_type_error_at_the_first_use_and_after_it(
    make: Callable[[], object],
):
    for _ in range(2):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            make()


def test_a_default_that_is_made_is_made_for_each_record():
    first, second = Basket(name="a"), Basket(name="a")

    first.items["pear"] = 1

    assert {} == second.items


def test_a_class_fills_in_and_checks_what_it_likes():
    assert 2 == Basket(name="a", items={"pear": 1, "plum": 2}).size
    with pytest.raises(ValueError, match="a basket has a name"):
        Basket(name="")


def test_records_are_equal_by_the_fields_that_are_compared_and_only_to_their_kind():
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    assert Point(1) != (1, 0)
    assert Point(1) != Counter(1)
    assert Basket(name="a", key="left") == Basket(name="a", key="right")


def test_frozen_records_are_hashable_and_others_are_not():
    assert {Point(1): "here"} == {Point(1, 0): "here"}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Counter())


def test_a_frozen_record_cannot_change():
    point = Point(1)

    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot change x"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete y"):
        del point.y
    with pytest.raises(AttributeError):
        point.z = 3

    assert Point(1) == point


def test_a_record_that_is_not_frozen_changes_and_takes_no_unknown_name():
    counter = Counter()

    counter.count += 1

    assert 1 == counter.count
    with pytest.raises(AttributeError):
        counter.coutn = 1
    assert not hasattr(counter, "__dict__")


def test_the_repr_is_how_it_is_made_without_what_is_not_shown():
    assert "Point(x=1, y=2)" == repr(Point(1, 2))
    assert "Basket(name='a', items={}, key='')" == repr(Basket(name="a", inner="hidden"))


def test_records_are_copied_and_pickled():
    basket = Basket(name="a", items={"pear": 1}, key="k", inner="p")

    for again in (
        pickle.loads(pickle.dumps(basket)),  # noqa: S301  # our own bytes
        copy.copy(basket),
        copy.deepcopy(basket),
    ):
        assert basket == again
        assert ("k", "p", 1) == (again.key, again.inner, again.size)


def test_a_changed_copy_is_checked_again():
    basket = Basket(name="a", items={"pear": 1}, key="k")

    changed = replace(basket, items={})

    assert (0, "k") == (changed.size, changed.key)
    assert 1 == basket.size
    with pytest.raises(ValueError, match="a basket has a name"):
        replace(basket, name="")


def test_the_functions_of_dataclasses_know_records():
    basket = Basket(name="a", items={"pear": 1})

    assert dataclasses.is_dataclass(basket)
    assert {"name": "a", "items": {"pear": 1}, "key": "", "inner": "", "size": 1} == (
        dataclasses.asdict(basket)
    )
    assert Basket(name="b", items={"pear": 1}) == dataclasses.replace(basket, name="b")
    assert [("x", dataclasses.MISSING), ("y", 0)] == [
        (field.name, field.default) for field in dataclasses.fields(Point)
    ]


def test_patterns_match_by_place_or_by_name():
    match Point(1, 2):
        case Point(x, y):
            assert (1, 2) == (x, y)
    match Basket(name="a"):
        case Basket(name=name):
            assert "a" == name


def test_the_signature_says_what_a_record_takes():
    assert "(x: 'int', y: 'int' = 0)" == str(inspect.signature(Point))
    assert "(*, name: 'str', items: 'dict[str, int]' = {}, key: 'str' = '', inner: 'str' = '')" == (
        str(inspect.signature(Basket))
    )


def test_a_record_is_not_extended_by_fields():
    with pytest.raises(TypeError, match="cannot have the fields of another one"):

        class Deep(Point):
            z: int = 0
