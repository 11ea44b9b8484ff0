"""The engine on a tape: a journal stands in for the broker, the clock and the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Never, TypeVar

from regimeflow._core.bus import EventBus
from regimeflow._core.frames import Answer, Call, Note, TimerFired
from regimeflow._core.messages import LiveMessage, Payload
from regimeflow.domain.orders.values import modification_of
from regimeflow.engine.awaiting import Reply, Waiting
from regimeflow.engine.journal.answers import decoded, load
from regimeflow.engine.journal.calls import order_of
from regimeflow.engine.journal.codes import AnswerFlag, NoteCode
from regimeflow.engine.journal.groups import group_of
from regimeflow.engine.journal.tape import Tape
from regimeflow.engine.kill_switch import Hold
from regimeflow.engine.runtime import Runtime
from regimeflow.engine.turns import Turns
from regimeflow.ports.broker import Capabilities
from regimeflow.ports.clock import TimerHandle
from regimeflow.types.enums import TradingState
from regimeflow.types.errors import RegimeFlowError
from regimeflow.types.events import ExitCause

T = TypeVar("T")

_DECIDED: Final = AnswerFlag.AT_ONCE | AnswerFlag.PENDING
# Questions that are put to ourselves: what they do must be done again.
_OUR_OWN: Final = frozenset({"stop"})


class TapeClock:
    """Time as the tape tells it; timers wait for their turn on the tape."""

    def __init__(self, now_ns: int) -> None:
        self.time_ns = now_ns
        self._timers: dict[int, Callable[[], None]] = {}
        self._count = 0

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970."""
        return self.time_ns

    def monotonic_ns(self) -> int:
        """The same."""
        return self.time_ns

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> TimerHandle:
        """Keep a timer until the tape says that it fired."""
        del when_ns
        self._count += 1
        self._timers[self._count] = callback
        return _TapeTimer(self._timers, self._count)

    def fire(self, number: int, now_ns: int) -> bool:
        """Fire a timer; false when there is none of this number."""
        callback = self._timers.pop(number, None)
        if callback is None:
            return False
        self.time_ns = now_ns
        callback()
        return True


class _TapeTimer:
    def __init__(self, timers: dict[int, Callable[[], None]], number: int) -> None:
        self._timers = timers
        self._number = number

    def cancel(self) -> None:
        self._timers.pop(self._number, None)


class _Open:
    """A question whose answer comes later on the tape, or never."""

    def __init__(self, answers: dict[int, Callable[[Any], None]], number: int) -> None:
        self._answers = answers
        self._number = number

    def cancel(self) -> None:
        self._answers.pop(self._number, None)

    def on_gone(self, cb: Callable[[], None]) -> None:
        cb()


class TapeTurns(Turns):
    """Turns whose answers are on the tape; nobody is asked."""

    def __init__(self, clock: TapeClock, tape: Tape, bus: EventBus) -> None:
        super().__init__(clock, bus=bus)
        self._tape: Final = tape
        self._answers: Final[dict[int, Callable[[Any], None]]] = {}
        self.on_step: Callable[[], None] = lambda: None

    def put(
        self, name: str, call: Callable[[], Awaitable[T]], take: Callable[[Reply[T]], None]
    ) -> Waiting | Reply[T]:
        """Find the answer on the tape."""
        number = self._next_question()
        if name in _OUR_OWN:
            call()
        while (answer := self._decision(number)) is None and not self._tape.is_done:
            self.on_step()  # what happened while the call was under way
        if answer is None:
            return _Open(self._answers, number)
        if answer.flags & AnswerFlag.PENDING:
            self._log_pending(number, name)
            self._answers[number] = self._taker(number, name, take)
            return _Open(self._answers, number)
        reply = decoded(answer.kind & 0xFF, answer.payload)
        self._log_answer(number, name, reply)
        return reply  # type: ignore[return-value]

    def answer(self, answer: Answer) -> bool:
        """Give a later answer to whoever waits; false when nobody does."""
        take = self._answers.pop(answer.ask_id, None)
        if take is None:
            return False
        take(decoded(answer.kind & 0xFF, answer.payload))
        return True

    def _decision(self, number: int) -> Answer | None:
        frame = self._tape.peek()
        if not isinstance(frame, Answer) or frame.ask_id != number or not frame.flags & _DECIDED:
            return None
        return frame


class TapeBroker:
    """What the engine sees of a broker while it replays: what the tape says was seen."""

    def __init__(self, tape: Tape, abilities: Capabilities, rates: tuple[float, float]) -> None:
        self._tape = tape
        self._abilities = abilities
        self._rates = rates
        self._is_up = False

    def is_connected(self) -> bool:
        """Whether the session was up when the engine looked."""
        frame = self._tape.peek()
        if isinstance(frame, Note) and frame.code == NoteCode.LINK:
            self._is_up = bool(load(frame.body)["is_up"])
        return self._is_up

    def capabilities(self) -> Capabilities:
        """As they were."""
        return self._abilities

    def max_orders_per_second(self) -> float:
        """As it was."""
        return self._rates[0]

    def max_messages_per_second(self) -> float:
        """As it was."""
        return self._rates[1]

    def poll(self) -> None:
        """Do nothing: what polling brought is on the tape."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("on_"):
            return lambda _: None
        if name.startswith("_"):
            raise AttributeError(name)
        return _nobody_is_asked


def _nobody_is_asked(*_: object) -> Never:
    raise RegimeFlowError("a replay asks nobody")


class TapeIntake:
    """Takes what the engine publishes: it must be what the tape has."""

    def __init__(self, tape: Tape, bus: EventBus) -> None:
        self._tape = tape
        self._bus = bus
        self.own: list[Payload] = []
        self.on_step: Callable[[], None] = lambda: None

    def __call__(self, message: Payload, /) -> bool:
        """Expect a message of our own; outside a dispatch it is handed out before this returns."""
        self.own.append(message)
        if not self._bus.draining:
            while self.own and not self._tape.is_done:
                self.on_step()
        return True

    def counts(self) -> dict[str, int]:
        """Nothing is counted."""
        return {}


class Player:
    """Plays a tape to a runtime, frame by frame."""

    def __init__(
        self, tape: Tape, runtime: Runtime, clock: TapeClock, turns: TapeTurns, intake: TapeIntake
    ) -> None:
        self._tape = tape
        self._runtime = runtime
        self._clock = clock
        self._turns = turns
        self._intake = intake
        turns.on_step = intake.on_step = self.step

    def play(self) -> None:
        """Play to the end, or to the first difference: ``tape.difference``."""
        while not self._tape.is_done:
            self.step()
            if self._intake.own and not self._tape.is_done:
                self._expect(self._intake.own[0])

    def _expect(self, own: Payload) -> None:
        """Demand a message of our own next, as it is when it was published inside a dispatch."""
        frame = self._tape.peek()
        if isinstance(frame, LiveMessage) and frame.origin:
            return  # another host's: it was in the lane before
        if not isinstance(frame, LiveMessage) or frame.payload != own:
            self._tape.differ(own)

    def step(self) -> None:
        """Let the next thing on the tape happen; a decision there is one that was not made here."""
        before = self._tape.read
        self._play_next()
        if self._tape.read == before and not self._tape.is_done:
            self._tape.differ(None)  # it came to nothing here: it would come next for ever

    def _play_next(self) -> None:
        frame = self._tape.peek()
        if isinstance(frame, LiveMessage):
            self._tape.skip()
            self._hand_out(frame)
        elif isinstance(frame, TimerFired):
            if not self._clock.fire(frame.timer_id, frame.now_ns):
                self._tape.differ(None)
        elif isinstance(frame, Answer):
            self._clock.time_ns = frame.now_ns
            if not self._turns.answer(frame):
                self._tape.differ(None)
        elif isinstance(frame, Call):
            self._clock.time_ns = frame.now_ns
            self._call(frame)
        elif frame is not None:
            self._tape.differ(None)

    def _hand_out(self, message: LiveMessage) -> None:
        payload = message.payload
        if self._intake.own and not message.origin and self._intake.own[0] == payload:
            del self._intake.own[0]
        self._runtime.parts.bus.dispatch(payload)

    def _call(self, call: Call) -> None:
        args: dict[str, Any] = load(call.arguments)
        runtime, manager = self._runtime, self._runtime.parts.manager
        calls: dict[str, Callable[[], object]] = {
            "begin": lambda: runtime.begin(_ignore),
            "end": lambda: runtime.end(_ignore),
            "request_stop": lambda: runtime.request_stop(ExitCause[args["cause"]], args["text"]),
            "submit_order": lambda: manager.submit_order(order_of(args), strategy=args["strategy"]),
            "submit_linked_orders": lambda: manager.submit_linked_orders(
                group_of(args), strategy=args["strategy"]
            ),
            "cancel_order": lambda: manager.cancel_order(args["order_id"]),
            "modify_order": lambda: manager.modify_order(args["order_id"], modification_of(args)),
            "cancel_orders": lambda: (
                manager.cancel_orders(args["symbol"])
                if "symbol" in args
                else manager.cancel_all_orders()
            ),
            "close_all_positions": runtime.flattener.start,
            "reconcile": runtime.reconcile,
            "journal_room": lambda: runtime.journal_watch.tell_room(args["why"]),
            "reconcile_with_broker": lambda: self._turns.start(
                manager.agree(), _ignore, name="reconcile_with_broker"
            ),
            "holds": lambda: _set_holds(runtime, args["holds"]),
        }
        action = calls.get(call.name)
        if action is None:
            raise RegimeFlowError(f"a call of {call.name!r}: this version cannot replay that")
        try:
            action()
        except RegimeFlowError:
            return  # as it was raised to the host then


def _set_holds(runtime: Runtime, holds: list[list[Any]]) -> None:
    """Have these holds, as a call of the host left them."""
    switch, turns = runtime.parts.switch, runtime.parts.turns

    def change() -> None:
        wanted = {each[0]: each for each in holds}
        for hold in switch.holds:
            if hold.cause not in wanted:
                switch.release(hold.cause)
        for cause, state, text, ends_with, since_ns in wanted.values():
            switch.hold(Hold(cause, TradingState[state], text, ends_with, since_ns))

    turns.call("holds", change, lambda: {"holds": holds})


def _ignore(_: object) -> None:
    """Nobody waits for the outcome."""
