"""Client order ids as Binance takes them; a cancel-replace there is a leg of one order of ours."""

from __future__ import annotations

import re
from typing import Final

from regimeflow.adapters.brokers._shared.legs import leg_id, split_leg

__all__ = ["LEGAL_CLIENT_ORDER_ID", "MAX_CLIENT_ORDER_ID", "leg_id", "split_leg"]

MAX_CLIENT_ORDER_ID: Final = 36
LEGAL_CLIENT_ORDER_ID: Final = re.compile(r"[a-zA-Z0-9-_]{1,36}")  # rest-api.md, newClientOrderId
