"""Answers to questions: what a message means after another."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from chat_api.assistant.understanding import understand
from chat_api.assistant.understanding.intents import Ambiguous, Context, KnownTask, Option, Question, Understanding
from tests.unit.chat_api.understanding.corpus import NOW, ZONE
from tests.unit.chat_api.understanding.notation import notation


def answered(question: str, answer: str, context: Context | None = None) -> Understanding:
    context = context or Context()
    asked = understand(question, NOW, ZONE, context)
    assert isinstance(asked, Ambiguous), question
    return understand(answer, NOW, ZONE, Context(context.mentioned, context.listed, pending=asked.question))


@pytest.mark.parametrize(
    ("question", "answer", "meaning"),
    [
        ("add dentist 12/5", "the first one", "add <dentist> due 2026-12-05"),
        ("add dentist 12/5", "2", "add <dentist> due 2027-05-12"),
        ("add dentist 12/5", "Wed 12 May 2027", "add <dentist> due 2027-05-12"),
        ("add dentist 12/5", "5 dec", "add <dentist> due 2026-12-05"),
        ("add dentist 12/5", "delete 3", "delete 3"),
        ("stretch daily until 5/12", "the first one", "add <stretch> due 2026-11-24 repeat FREQ=DAILY;UNTIL=20261205"),
        ("stretch daily until 5/12", "12 May 2027", "add <stretch> due 2026-11-24 repeat FREQ=DAILY;UNTIL=20270512"),
        ("buy milk", "yes please", "add <buy milk>"),
        ("buy milk", "no thanks", "declined"),
        ("buy milk", "never mind", "declined"),
        ("buy milk", "add eggs", "add <eggs>"),
        ("remind me to buy milk", "tomorrow at 5", "add <buy milk> due 2026-11-25 17:00 remind 0m before"),
        ("remind me to buy milk", "in 10 minutes", "add <buy milk> due 2026-11-24 10:10 remind 2026-11-24 10:10"),
        ("remind me to buy milk", "no reminder, just add it", "add <buy milk>"),
        ("remind me to buy milk", "show my tasks", "list"),
        ("remind me at 5pm", "call mom", "add <call mom> due 2026-11-24 17:00 remind 0m before"),
        ("remind me today to buy milk", "at 6pm", "add <buy milk> due 2026-11-24 18:00 remind 0m before"),
        ("move 3", "friday", "move 3 2026-11-27"),
        ("move 3", "to friday at 5", "move 3 2026-11-27 17:00"),
        ("snooze 3", "10 minutes", "remind 3 at 2026-11-24 10:10"),
        ("complete it", "3", "complete 3"),
        ("add tomorrow", "buy milk", "add <buy milk> due 2026-11-25"),
        ("finish the report", "add it", "add <finish the report>"),
        ("finish the report", "the second", "complete <the report>"),
        ("cancel 3", "delete it", "delete 3"),
        ("clear my list", "yes", "delete every(done)"),
        ("add x, remind me 1 hour before", "friday at 5pm", "add <x> due 2026-11-27 17:00 remind 60m before"),
    ],
)
def test_an_answer_completes_the_question(question: str, answer: str, meaning: str) -> None:
    assert notation(answered(question, answer)) == meaning


def test_the_number_of_a_task_is_not_taken_for_the_place_of_an_option() -> None:
    context = Context(listed=(KnownTask(3, "Buy milk"), KnownTask(1, "Dentist")))
    assert notation(answered("complete it", "1", context)) == "complete 1"


def test_of_two_dates_with_two_readings_each_the_second_is_asked_for_after_the_first() -> None:
    asked = answered("stretch weekly from 5/12 until 6/12", "the first one")
    assert isinstance(asked, Ambiguous)
    assert [option.message for option in asked.question.options] == [
        "stretch weekly from 2026-12-05 until 2026-12-06",
        "stretch weekly from 2026-12-05 until 2027-06-12",
    ]


def test_a_repeat_until_a_date_is_read_in_the_order_that_the_user_is_known_to_write() -> None:
    context = Context(date_order="month-first")
    meaning = notation(understand("stretch daily until 5/12", NOW, ZONE, context))
    assert meaning == "add <stretch> due 2026-11-24 repeat FREQ=DAILY;UNTIL=20270512"


def test_yes_to_a_choice_asks_again() -> None:
    assert answered("add dentist 12/5", "yes") == understand("add dentist 12/5", NOW, ZONE)


def test_an_answer_that_leaves_the_question_open_asks_it_again_as_it_was() -> None:
    assert answered("remind me to buy milk", "what do you mean") == understand("remind me to buy milk", NOW, ZONE)


def test_a_question_of_somebody_else_is_answered_with_its_options() -> None:
    question = Question("Which one?", (Option("3 Dentist", "complete 3"), Option("8 Dentist bill", "complete 8")))
    assert notation(understand("8", NOW, ZONE, Context(pending=question))) == "complete 8"
    assert notation(understand("the bill", NOW, ZONE, Context(pending=question))) != "complete 3"


def test_the_order_that_a_user_writes_dates_in_spares_the_question() -> None:
    day_first = Context(date_order="day-first")
    assert notation(understand("add dentist 5/12", NOW, ZONE, day_first)) == "add <dentist> due 2026-12-05"
    month_first = Context(date_order="month-first")
    assert notation(understand("add dentist 5/12", NOW, ZONE, month_first)) == "add <dentist> due 2027-05-12"


def test_a_week_can_begin_on_sunday() -> None:
    sunday = Context(week_start=6)
    assert notation(understand("what's due this week", NOW, ZONE, sunday)) == "list from 2026-11-22 before 2026-11-29"
    assert notation(understand("add x next sunday", NOW, ZONE, sunday)) == "add <x> due 2026-11-29"


def test_today_is_the_users_and_not_the_servers() -> None:
    late = dt.datetime(2026, 11, 24, 23, 30, tzinfo=dt.UTC)
    assert notation(understand("add x tomorrow", late, "Asia/Tokyo")) == "add <x> due 2026-11-26"
    assert notation(understand("add x tomorrow", late, "America/New_York")) == "add <x> due 2026-11-25"


@pytest.mark.parametrize(
    ("now", "message", "instant"),
    [
        ("2026-03-28 12:00", "remind me about 3 tomorrow at 2:30am", "2026-03-29T01:00:00+00:00"),
        ("2026-10-24 12:00", "remind me about 3 tomorrow at 2:30am", "2026-10-25T00:30:00+00:00"),
        ("2026-03-29 01:30", "remind me about 3 in 1 hour", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25 01:30", "remind me about 3 in 2 hours", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_reminders_keep_to_the_clock_when_it_changes(now: str, message: str, instant: str) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(ZONE))
    understood = understand(message, moment, ZONE)
    at = understood.intents[0].when.at  # type: ignore[union-attr]
    assert at.astimezone(dt.UTC).isoformat() == instant


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        understand("add x", dt.datetime(2026, 11, 24), ZONE)  # noqa: DTZ001 -- what is refused
