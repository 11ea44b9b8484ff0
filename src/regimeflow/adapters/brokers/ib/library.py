"""ib_async, imported when it is used: an extra."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from regimeflow.types.errors import ConfigError, Fault

if TYPE_CHECKING:
    from ib_async.client import Client
    from ib_async.contract import Contract, ContractDetails
    from ib_async.objects import BarData, CommissionReport, Execution, ExecutionFilter
    from ib_async.order import Order, OrderState

    Requests: TypeAlias = Client
    TwsContract: TypeAlias = Contract
    TwsDetails: TypeAlias = ContractDetails
    TwsOrder: TypeAlias = Order
    TwsOrderState: TypeAlias = OrderState
    TwsExecution: TypeAlias = Execution
    TwsCommission: TypeAlias = CommissionReport
    TwsBar: TypeAlias = BarData
    TwsFilter: TypeAlias = ExecutionFilter

INSTALL: Final = "pip install 'regimeflow[ib]'"


@lru_cache(maxsize=1)
def library() -> ModuleType:
    """Return the library.

    Raises:
        ConfigError: it is not installed; says how to.
    """
    demand_library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # eventkit asks for a loop
        import ib_async
        import ib_async.decoder
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)  # what matters is told by us
    return ib_async


def demand_library() -> None:
    """Say that the library is missing, before anything is begun.

    Raises:
        ConfigError: it is not installed; says how to.
    """
    if find_spec("ib_async") is None:
        text = f'"ib" needs the library ib_async, which is not installed; install it: {INSTALL}'
        raise ConfigError([Fault("broker_type", text)])


def contract(**fields: object) -> TwsContract:
    """Return a contract of the library's."""
    return cast("TwsContract", library().Contract(**fields))


def order(fields: Mapping[str, object]) -> TwsOrder:
    """Return an order of the library's; numbers are text, which leaves as it stands."""
    return cast("TwsOrder", library().Order(**fields))


def every_execution_of(account: str) -> TwsFilter:
    """Return a filter that lets all of an account's executions through."""
    return cast("TwsFilter", library().ExecutionFilter(acctCode=account))
