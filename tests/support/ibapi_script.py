"""A program on IB's own client, of either generation: places, changes, cancels, asks again.

It is run with the port as its argument, by an interpreter that has ``ibapi``; each line that it
prints is one JSON value: what it saw, or ``{"please": ...}`` for what the market should do now.
"""

from __future__ import annotations

import json
import queue
import sys
import threading

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

PATIENCE_S = 10
INFORMATION = range(2100, 2170)


class App(EWrapper, EClient):
    """Every callback of interest becomes an item of a queue."""

    def __init__(self):
        EClient.__init__(self, self)
        self.seen = queue.Queue()

    def nextValidId(self, orderId):
        self.seen.put(("id", orderId))

    def error(self, reqId, *rest):
        code = next(item for item in rest if isinstance(item, int) and 0 < item < 100_000)
        if code not in INFORMATION:
            self.seen.put(("error", reqId, code))

    def contractDetails(self, reqId, contractDetails):
        contract = contractDetails.contract
        self.seen.put(("contract", contract.conId, contract.symbol, contract.primaryExchange))

    def tickPrice(self, reqId, tickType, price, attrib):
        self.seen.put(("tick", tickType, price))

    def orderStatus(self, orderId, status, filled, remaining, *rest):
        self.seen.put(("status", orderId, status, float(filled), float(remaining)))

    def execDetails(self, reqId, contract, execution):
        row = (execution.orderRef, float(execution.shares), execution.price, execution.side)
        self.seen.put(("execution", reqId, *row))

    def execDetailsEnd(self, reqId):
        self.seen.put(("executions end", reqId))

    def commissionReport(self, commissionReport):
        self.seen.put(("commission", commissionReport.commission))

    def commissionAndFeesReport(self, report):
        self.seen.put(("commission", report.commissionAndFees))

    def completedOrder(self, contract, order, orderState):
        self.seen.put(("completed", order.orderRef, orderState.status))

    def completedOrdersEnd(self):
        self.seen.put(("completed end",))

    def position(self, account, contract, position, avgCost):
        self.seen.put(("position", account, contract.symbol, float(position)))

    def historicalData(self, reqId, bar):
        self.seen.put(("bar", bar.open > 0))

    def historicalDataEnd(self, reqId, start, end):
        self.seen.put(("bars end", reqId))

    def until(self, *wanted):
        """Return all that was seen up to an item that begins so."""
        found = []
        while True:
            found.append(self.seen.get(timeout=PATIENCE_S))
            if found[-1][: len(wanted)] == wanted:
                return found


def connect(port):
    app = App()
    app.connect("127.0.0.1", port, 5)
    threading.Thread(target=app.run, daemon=True).start()
    return app, app.until("id")[-1][1]


def disconnect(app):
    """Hang up, and wait until the thread that reads has let go of the socket."""
    reader = app.reader
    app.disconnect()
    reader.join(PATIENCE_S)


def say(**what):
    print(json.dumps(what), flush=True)


def an_order(kind, quantity, price, ref):
    order = Order()
    order.action, order.orderType, order.totalQuantity = "BUY", kind, quantity
    order.lmtPrice, order.tif, order.orderRef = price, "DAY", ref
    for name in ("eTradeOnly", "firmQuoteOnly"):  # 9.81 sends these as True; IB refuses that
        if hasattr(order, name):
            setattr(order, name, False)
    return order


def cancel(app, order_id):
    try:
        from ibapi.order_cancel import OrderCancel
    except ImportError:
        app.cancelOrder(order_id)
    else:
        app.cancelOrder(order_id, OrderCancel())


def main(port):
    apple = Contract()
    apple.symbol, apple.secType, apple.exchange, apple.currency = "AAPL", "STK", "SMART", "USD"
    app, first = connect(port)
    say(version=app.serverVersion())
    app.reqContractDetails(900, apple)
    say(contract=app.until("contract")[-1])
    app.reqMktData(901, apple, "", False, False, [])
    say(bid=app.until("tick", 1)[-1][2])
    app.reqHistoricalData(902, apple, "", "1 D", "1 hour", "TRADES", 0, 1, False, [])
    say(bars=sum(item[0] == "bar" for item in app.until("bars end", 902)))

    app.placeOrder(first, apple, an_order("LMT", 100, 199.0, "parts"))
    app.until("status", first, "Submitted")
    say(please=["199.00", "40"])
    say(partial=app.until("status", first, "Submitted", 40.0)[-1], cost=app.until("commission")[-1])
    app.placeOrder(first, apple, an_order("LMT", 90, 198.5, "parts"))
    say(modified=app.until("status", first, "Submitted", 40.0, 50.0)[-1])
    cancel(app, first)
    say(cancelled=app.until("error", first, 202)[-1])
    app.placeOrder(first + 1, apple, an_order("MKT", 10, 0, "whole"))
    app.until("status", first + 1, "Filled")
    app.placeOrder(first + 2, apple, an_order("MIDPRICE", 10, 0, "refused"))
    say(refused=app.until("error", first + 2)[-1])
    disconnect(app)

    again, following = connect(port)
    say(following=following)
    again.reqExecutions(903, ExecutionFilter())
    found = again.until("executions end", 903)
    say(executions=[item[2:] for item in found if item[0] == "execution"])
    again.reqCompletedOrders(True)
    found = again.until("completed end")
    say(completed=[item[1:] for item in found if item[0] == "completed"])
    again.reqPositions()
    say(position=again.until("position")[-1])
    disconnect(again)


if __name__ == "__main__":
    main(int(sys.argv[1]))
