"""Client order ids of our own making: unique across restarts, legal on every venue."""

from __future__ import annotations

from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS: Final = 13  # of base 32: a 64-bit id
_VALUES: Final = {digit: value for value, digit in enumerate(_ALPHABET)}
_LEGAL: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_BOOT: Final = "rf"  # what a nonce made from a moment begins with
MAX_NONCE: Final = 36 - _DIGITS - 1
MARK_DIGITS: Final = 6


class ClientOrderIds:
    """The client order ids of one session: its boot nonce, a dash, the internal id in 13 digits.

    The compiled order table writes and reads the same text; a test compares the two.

    Args:
        nonce: 1 to 22 of ``[A-Za-z0-9_-]``, never used by another session on the account.
    """

    def __init__(self, nonce: str) -> None:
        if not 1 <= len(nonce) <= MAX_NONCE - 1 or not _LEGAL.issuperset(nonce):
            raise ValueError(
                f"boot nonce {nonce!r}: expected 1 to {MAX_NONCE - 1} of letters, digits, _ and -"
            )
        self.prefix: Final = nonce + "-"

    @classmethod
    def booted_at(cls, now_ns: int) -> ClientOrderIds:
        """Return the ids of a session that started at a moment [ns UTC]."""
        return cls(_BOOT + _digits(now_ns).lstrip("0"))

    def marked(self, mark: str) -> ClientOrderIds:
        """Return those of a host among several on one account; ``host_mark`` gives its mark."""
        return ClientOrderIds(self.prefix.removesuffix("-") + mark)

    def make(self, order_id: int) -> str:
        """Return the client order id of an internal id."""
        return self.prefix + _digits(order_id)

    def order_id_of(self, client_order_id: str) -> int | None:
        """Return the internal id in a client order id of this session; None for any other text."""
        digits = client_order_id.removeprefix(self.prefix)
        if len(digits) != _DIGITS or len(digits) == len(client_order_id):
            return None
        order_id = 0
        for digit in digits:
            if digit not in _VALUES:
                return None
            order_id = order_id << 5 | _VALUES[digit]
        return order_id


def host_mark(name: str) -> str:
    """Return what the boot nonces of a host end with, so that no two hosts make the same id."""
    import hashlib

    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return _digits(number)[-MARK_DIGITS:]


def mark_of(client_order_id: str) -> str:
    """Return the mark of the host that made a client order id; "" where none of ours did."""
    nonce = client_order_id.rpartition("-")[0]
    is_marked = len(nonce) == MAX_NONCE - 1 and is_of_our_making(client_order_id)
    return nonce[-MARK_DIGITS:] if is_marked else ""


def is_of_our_making(client_order_id: str) -> bool:
    """Whether a session of ours, this one or any other, may have made a client order id."""
    nonce, dash, digits = client_order_id.rpartition("-")
    made = nonce.removeprefix(_BOOT)
    return (
        bool(dash and made)
        and made != nonce
        and len(digits) == _DIGITS
        and _VALUES.keys() >= {*made, *digits}
    )


def _digits(number: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_DIGITS)))
