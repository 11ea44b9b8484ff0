"""Which planted bug makes which known failure: a patch of this folder, or of ``tests/mutants``."""

from __future__ import annotations

from dataclasses import dataclass

ORIGINAL, RIVALS = "original", "rivals"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One failure that happened to others."""

    source: str
    number: int
    says: str
    bug: str


def original(number: int, says: str, bug: str) -> Row:
    return Row(source=ORIGINAL, number=number, says=says, bug=bug)


def rival(number: int, says: str, bug: str) -> Row:
    return Row(source=RIVALS, number=number, says=says, bug=bug)


ROWS = (
    original(5, "cumulative quantities are added up", "orders_add_up_what_is_cumulative"),
    original(6, "an odd state ends an order as an error", "orders_end_in_error_at_an_odd_state"),
    original(7, "reconciling books fills again", "orders_count_an_execution_again"),
    original(8, "a fill that beats a cancel is lost", "orders_lose_the_fill_that_beats_a_cancel"),
    original(9, "executions are forgotten", "orders_come_back_without_their_executions"),
    original(10, "a fill before its order", "orders_drop_a_fill_that_comes_before_its_order"),
    original(11, "a timeout is a rejection", "orders_take_a_timeout_for_a_rejection"),
    original(12, "orders are sent without a name", "orders_are_sent_without_a_name"),
    original(16, "missing orders go unnoticed", "orders_missing_at_the_broker_go_unnoticed"),
    original(17, "two sessions share their names", "orders_of_two_sessions_are_counted_alike"),
    original(18, "restored orders have no side", "orders_come_back_without_their_side"),
    original(19, "a rejected order is pending again", "orders_are_set_back_after_a_rejection"),
    original(20, "changes never reach the broker", "orders_changes_never_reach_the_broker"),
    original(21, "fills are told to nobody", "orders_tell_no_fills"),
    original(22, "fills of strangers are booked", "orders_book_the_fills_of_strangers"),
    original(27, "what has ended is cancelled", "orders_that_have_ended_are_cancelled_again"),
    original(27, "a change changes nothing", "orders_changes_change_nothing"),
    original(27, "all end at a failure", "orders_cancel_all_stops_at_the_first_failure"),
    original(27, "a quantity that is no number", "orders_for_no_number_are_taken"),
    original(28, "six digits make two orders one", "gate_duplicate_key_has_six_digits"),
    original(44, "a reconnect asks for nothing", "session_comes_back_without_agreeing"),
    original(45, "orders of others are cancelled", "orders_of_others_are_cancelled_with_ours"),
    original(76, "the journal comes after the call", "journal_is_written_after_the_brokers_call"),
    original(77, "a torn end fails the whole", "journal_fails_as_a_whole_at_a_torn_tail"),
    rival(1, "memory grows with the session", "orders_are_let_go_only_when_many_are_sent"),
    rival(2, "what is tracked is never let go", "errors_of_retired_orders_are_kept"),
    rival(3, "no answer in time is a rejection", "orders_take_a_timeout_for_a_rejection"),
    rival(4, "a replaced order is cancelled here", "replacing_leg_stays_cancelled"),
    rival(5, "a submit is tried again", "submit_is_tried_again"),
    rival(6, "a fill never arrives", "missed_fills_stay_missed"),
    rival(7, "fills of what is not known", "fills_of_the_unknown_are_dropped"),
    rival(8, "reconciling never converges", "hold_for_books_is_never_released"),
    rival(9, "a restart replays fills", "orders_come_back_without_their_executions"),
    rival(10, "positions of others cannot be closed", "positions_of_others_are_not_closed"),
    rival(11, "a failed read is an empty list", "failed_read_is_an_empty_list"),
    rival(16, "fills of an outage stay lost", "executions_are_asked_from_now_on"),
    rival(17, "orders of others are not applied", "orders_of_others_are_not_taken_in"),
    rival(18, "a failed question ends an order", "failed_question_means_no_such_order"),
    rival(19, "a restart loses open orders", "restart_forgets_the_open_orders"),
)
