from __future__ import annotations

import pytest

from regimeflow.adapters.gateway.parcels import EVERYBODY, Parcel, Unpacking, packed
from regimeflow.types.errors import CodecError

SMALL = Parcel("desk-a", 7, {"kind": "hello"})
LARGE = Parcel("desk-a", 8, {"kind": "answer", "value": [str(n * n) for n in range(2_000)]})


def taken(unpacking: Unpacking, *texts: str, sender: str = "gateway") -> list[Parcel]:
    found = (unpacking.take(sender, text) for text in texts)
    return [each for each in found if each is not None]


@pytest.mark.parametrize("parcel", [SMALL, LARGE])
def test_a_parcel_comes_out_as_it_went_in_whatever_its_size(parcel):
    texts = packed(parcel)

    assert [parcel] == taken(Unpacking("desk-a"), *texts)
    assert all(len(text.encode()) <= 1_024 for text in texts)


def test_parcels_for_everybody_are_for_us_and_those_for_others_are_not():
    for_all = Parcel(EVERYBODY, 1, {"kind": "beat"})

    assert [for_all] == taken(Unpacking("desk-b"), *packed(SMALL), *packed(for_all))


def test_parcels_of_two_senders_under_one_number_stay_apart():
    unpacking, texts = Unpacking("desk-a"), packed(LARGE)

    assert [] == taken(unpacking, *texts[:-1], sender="one")
    assert [] == taken(unpacking, texts[-1], sender="other")
    assert [LARGE] == taken(unpacking, texts[-1], sender="one")


def test_a_part_that_is_missing_or_comes_again_makes_no_parcel():
    texts = packed(LARGE)

    assert [] == taken(Unpacking("desk-a"), texts[0], *texts[2:])
    assert [] == taken(Unpacking("desk-a"), *texts[1:])
    assert [LARGE] == taken(Unpacking("desk-a"), texts[0], texts[1], texts[1], *texts[2:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "desk-a x 0 1 aaaa",
        "desk-a 1 1 1 aaaa",
        "desk-a 1 0 999999999 aaaa",
        "desk-a 1 0 1 !!!!",
        "desk-a 1 0 1 aaaa",
        packed(Parcel("desk-a", 1, {}))[0][:-4],
    ],
)
def test_what_is_no_part_of_a_parcel_is_said_to_be_none(text):
    with pytest.raises(CodecError):
        Unpacking("desk-a").take("stranger", text)


def test_parcels_that_never_become_whole_do_not_pile_up():
    unpacking, first = Unpacking("desk-a"), packed(LARGE)[0]
    for number in range(1_000):
        taken(unpacking, first.replace(" 8 ", f" {number} ", 1))

    assert len(unpacking._open) <= 256
