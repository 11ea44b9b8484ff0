"""Rate limits: request weight per address, unfilled orders per account, bans."""

from __future__ import annotations

from collections import defaultdict

from regimeflow.apps.venues.binance.refusals import Refusal

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
WEIGHT_LIMIT = 6_000
RAW_LIMIT = 300_000
ORDER_LIMITS = {"10S": (10 * SECOND, "SECOND", 10, 50), "1D": (DAY, "DAY", 1, 160_000)}
# Who goes on after so many refusals within one ban's reach is banned.
REFUSALS_BEFORE_A_BAN = 10
FIRST_BAN = 120 * SECOND
MOST_COUNTS = 1_000  # then those of the past are forgotten


def weight_exceeded(limit: int, retry_s: int, retry_after_ms: int, now_ms: int) -> Refusal:
    """Return the answer to one request too many."""
    text = (
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return _limited(429, text, retry_s, retry_after_ms, now_ms)


def banned(until_ms: int, now_ms: int) -> Refusal:
    """Return the answer to a banned address."""
    text = (
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use WebSocket Streams for live updates to avoid bans."
    )
    return _limited(418, text, max(1, -(-(until_ms - now_ms) // 1000)), until_ms, now_ms)


def _limited(status: int, text: str, retry_s: int, retry_after_ms: int, now_ms: int) -> Refusal:
    data = {"serverTime": now_ms, "retryAfter": retry_after_ms}
    return Refusal(-1003, text, status=status, data=data, headers={"Retry-After": str(retry_s)})


def too_many_orders(limit: int, count: int, unit: str) -> Refusal:
    """Return the answer to one order too many."""
    text = f"Too many new orders; current limit is {limit} orders per {count} {unit}."
    return Refusal(-1015, text, status=429)


class Weights:
    """How much each address used within the running minute.

    Args:
        limit: The most that an address may use.
    """

    def __init__(self, limit: int = WEIGHT_LIMIT) -> None:
        self.limit = limit
        self._minute = 0
        self._used: dict[str, int] = defaultdict(int)
        self._refused: dict[str, int] = defaultdict(int)
        self._banned_until: dict[str, int] = {}
        self._bans: dict[str, int] = defaultdict(int)

    def used(self, address: str, now_ns: int) -> int:
        """Return what an address used within this minute."""
        self._turn(now_ns)
        return self._used[address]

    def add(self, address: str, weight: int, now_ns: int) -> None:
        """Count what a request costs."""
        self._turn(now_ns)
        self._used[address] += weight

    def ban(self, address: str, seconds: float, now_ns: int) -> None:
        """Refuse an address with 418 for some time."""
        self._banned_until[address] = now_ns + int(seconds * SECOND)

    def admit(self, address: str, weight: int, now_ns: int) -> None:
        """Let a request in.

        Raises:
            Refusal: 429 for one too many; 418 for whoever goes on all the same.
        """
        self._turn(now_ns)
        now_ms = now_ns // 1_000_000
        until = self._banned_until.get(address, 0)
        if until > now_ns:
            raise banned(until // 1_000_000, now_ms)
        if self._used[address] + weight <= self.limit:
            return
        self._refused[address] += 1
        if self._refused[address] > REFUSALS_BEFORE_A_BAN:
            self._bans[address] += 1
            self.ban(address, FIRST_BAN // SECOND * 2 ** (self._bans[address] - 1), now_ns)
            raise banned(self._banned_until[address] // 1_000_000, now_ms)
        ends = (now_ns // MINUTE + 1) * MINUTE
        retry_s = -(-(ends - now_ns) // SECOND)
        raise weight_exceeded(self.limit, retry_s, ends // 1_000_000, now_ms)

    def _turn(self, now_ns: int) -> None:
        minute = now_ns // MINUTE
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
            self._refused.clear()


class OrderCounts:
    """How many unfilled orders each account placed within the running intervals."""

    def __init__(self) -> None:
        self.limits = {name: limit for name, (_, _, _, limit) in ORDER_LIMITS.items()}
        self._counts: dict[tuple[str, str, int], int] = defaultdict(int)

    def count(self, account: str, name: str, now_ns: int) -> int:
        """Return what an account placed within an interval (``10S``, ``1D``)."""
        return self._counts.get(self._key(account, name, now_ns), 0)

    def admit(self, account: str, orders: int, now_ns: int) -> None:
        """Let new orders in.

        Raises:
            Refusal: -1015.
        """
        for name, (_, unit, number, _) in ORDER_LIMITS.items():
            if self.count(account, name, now_ns) + orders > self.limits[name]:
                raise too_many_orders(self.limits[name], number, unit)

    def add(self, account: str, orders: int, now_ns: int) -> None:
        """Count new orders; a negative number gives back, as fills do."""
        for name in ORDER_LIMITS:
            key = self._key(account, name, now_ns)
            self._counts[key] = max(0, self._counts[key] + orders)
        if len(self._counts) > MOST_COUNTS:
            current = {self._key(key[0], key[1], now_ns) for key in self._counts}
            self._counts = defaultdict(
                int, {key: count for key, count in self._counts.items() if key in current}
            )

    def _key(self, account: str, name: str, now_ns: int) -> tuple[str, str, int]:
        return account, name, now_ns // ORDER_LIMITS[name][0]

    def rows(self, account: str, now_ns: int) -> list[dict[str, object]]:
        """Return the limits with their counts, as rateLimit/order shows them."""
        return [
            {
                "rateLimitType": "ORDERS",
                "interval": unit,
                "intervalNum": number,
                "limit": self.limits[name],
                "count": self.count(account, name, now_ns),
            }
            for name, (_, unit, number, _) in ORDER_LIMITS.items()
        ]


def limits_form(weights: Weights, counts: OrderCounts) -> list[dict[str, object]]:
    """Return every limit, as exchangeInfo shows them."""
    rows: list[dict[str, object]] = [_limit("REQUEST_WEIGHT", "MINUTE", 1, weights.limit)]
    for name, (_, unit, number, _) in ORDER_LIMITS.items():
        rows.append(_limit("ORDERS", unit, number, counts.limits[name]))
    rows.append(_limit("RAW_REQUESTS", "MINUTE", 5, RAW_LIMIT))
    return rows


def weight_row(used: int, limit: int) -> dict[str, object]:
    """Return the weight used, as answers of the WebSocket API show it."""
    return {**_limit("REQUEST_WEIGHT", "MINUTE", 1, limit), "count": used}


def _limit(kind: str, unit: str, number: int, limit: int) -> dict[str, object]:
    return {"rateLimitType": kind, "interval": unit, "intervalNum": number, "limit": limit}
